"""Launch templates: versions made after $Latest or $Default, found by the image that they name, and deleted."""

from ministack.services import ec2

MOST_DELETED = 200

_describe_versions = ec2._describe_launch_template_versions
_create_version = ec2._create_launch_template_version


def _template(p):
    wanted, name = ec2._p(p, "LaunchTemplateId"), ec2._p(p, "LaunchTemplateName")
    return next(
        (
            each
            for each in ec2._launch_templates.values()
            if wanted == each["LaunchTemplateId"] or not wanted and name == each["LaunchTemplateName"]
        ),
        None,
    )


def _number(template, version):
    named = {"$Latest": template["LatestVersionNumber"], "$Default": template["DefaultVersionNumber"]}
    return str(named.get(version, version))


def _create(p):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html (SourceVersion)"""
    template, source = _template(p), ec2._p(p, "SourceVersion")
    if not template or not source:
        return _create_version(p)
    number = _number(template, source)
    if number not in [str(version["VersionNumber"]) for version in template["Versions"]]:
        return ec2._error("InvalidLaunchTemplateId.VersionNotFound", f"Could not find the launch template version {source}", 400)
    return _create_version({**p, "SourceVersion": [number]})


def _describe(p):
    """Filtered, and of all templates where none is named.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
    """
    filters = ec2._parse_filters(p)
    for name in filters:
        if name not in ("image-id", "is-default-version"):
            return ec2._error("InvalidParameterValue", f"The local cloud does not emulate the filter {name}", 400)
    named = ec2._p(p, "LaunchTemplateId") or ec2._p(p, "LaunchTemplateName")
    if named and not filters:
        return _describe_versions(p)
    template = _template(p)
    if named and not template:
        return _describe_versions(p)
    asked = ec2._parse_member_list(p, "LaunchTemplateVersion")
    if not named and (not asked or not set(asked) <= {"$Latest", "$Default"}):
        return ec2._error("InvalidParameterValue", "Without a launch template the versions are $Latest and $Default", 400)
    found = []
    for each in [template] if template else ec2._launch_templates.values():
        numbers = [_number(each, version) for version in asked]
        found += [version for version in reversed(each["Versions"]) if not asked or str(version["VersionNumber"]) in numbers]
    images, default = filters.get("image-id"), filters.get("is-default-version")
    items = "".join(
        ec2._lt_version_xml(version)
        for version in found
        if (not images or version["LaunchTemplateData"].get("ImageId") in images)
        and (not default or str(bool(version["DefaultVersion"])).lower() in default)
    )
    return ec2._xml(200, "DescribeLaunchTemplateVersionsResponse", f"<launchTemplateVersionSet>{items}</launchTemplateVersionSet>")


def _delete(p):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html: never the default version."""
    template, asked = _template(p), ec2._parse_member_list(p, "LaunchTemplateVersion")
    if not template:
        return ec2._error("InvalidLaunchTemplateId.NotFoundException", "The specified launch template does not exist", 400)
    if len(asked) > MOST_DELETED:
        return ec2._error("InvalidParameterValue", f"At most {MOST_DELETED} versions are deleted at once", 400)
    gone, kept = "", ""
    for number in asked:
        version = next((each for each in template["Versions"] if str(each["VersionNumber"]) == number), None)
        about = (
            f"<launchTemplateId>{template['LaunchTemplateId']}</launchTemplateId>"
            f"<launchTemplateName>{template['LaunchTemplateName']}</launchTemplateName><versionNumber>{number}</versionNumber>"
        )
        if version is None or version["DefaultVersion"]:
            code = "launchTemplateVersionDoesNotExist" if version is None else "unexpectedError"
            why = f"<code>{code}</code><message>It is the default, or does not exist</message>"
            kept += f"<item>{about}<responseError>{why}</responseError></item>"
            continue
        template["Versions"].remove(version)
        gone += f"<item>{about}</item>"
    return ec2._xml(
        200,
        "DeleteLaunchTemplateVersionsResponse",
        f"<successfullyDeletedLaunchTemplateVersionSet>{gone}</successfullyDeletedLaunchTemplateVersionSet>"
        f"<unsuccessfullyDeletedLaunchTemplateVersionSet>{kept}</unsuccessfullyDeletedLaunchTemplateVersionSet>",
    )


ec2._ACTION_MAP.update(
    {"CreateLaunchTemplateVersion": _create, "DescribeLaunchTemplateVersions": _describe, "DeleteLaunchTemplateVersions": _delete}
)
