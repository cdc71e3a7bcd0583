"""Writes what is on this machine as a CycloneDX document: packages, Python packages of the tooling, and what was downloaded."""
import glob
import json
import os
import subprocess

DESTINATION = "/usr/share/cdk-atlantis/sbom.cdx.json"
RELEASES = "/usr/share/cdk-atlantis/releases"
TOOLING = "/opt/python-tooling"


def os_release():
    pairs = (line.rstrip("\n").split("=", 1) for line in open("/etc/os-release", encoding="utf-8") if "=" in line)
    return {name: value.strip('"') for name, value in pairs}


def lines(*command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, universal_newlines=True)
    return [line.split("\t") for line in done.stdout.splitlines() if line]


def packages(system):
    if os.path.exists("/usr/bin/dpkg-query"):
        found = lines("dpkg-query", "--show", "--showformat", "${Package}\t${Version}\t${Architecture}\t${db:Status-Abbrev}\n")
        return [part("library", name, version, "pkg:deb/%s/%s@%s?arch=%s" % (system["ID"], name, version, arch))
                for name, version, arch, status in found if status.startswith("ii")]
    found = lines("rpm", "--query", "--all", "--queryformat", "%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}\n")
    return [part("library", name, version, "pkg:rpm/%s/%s@%s?arch=%s" % (system["ID"], name, version, arch))
            for name, version, arch in found if name != "gpg-pubkey"]


def python_packages():
    names = []
    for folder in glob.glob(TOOLING + "/lib/python3*/site-packages/*.dist-info"):
        name, _, version = os.path.basename(folder)[: -len(".dist-info")].partition("-")
        names.append(part("library", name, version, "pkg:pypi/%s@%s" % (name.lower().replace("_", "-"), version)))
    return names


def releases():
    found = []
    for path in glob.glob(RELEASES + "/*.json"):
        with open(path, encoding="utf-8") as file:
            release = json.load(file)
        component = part("application", release["name"], release["version"], "pkg:generic/%s@%s?download_url=%s" % (
            release["name"], release["version"], release["url"].replace(":", "%3A").replace("/", "%2F")))
        component["hashes"] = [{"alg": "SHA-256", "content": release["sha256"]}]
        component["externalReferences"] = [{"type": "distribution", "url": release["url"]}]
        found.append(component)
    return found


def part(kind, name, version, purl):
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}


system = os_release()
everything = packages(system) + python_packages() + releases()
document = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {"component": {"type": "operating-system", "bom-ref": "os", "name": system["ID"], "version": system["VERSION_ID"]}},
    "components": sorted({component["bom-ref"]: component for component in everything}.values(), key=lambda component: component["bom-ref"]),
}
os.makedirs(os.path.dirname(DESTINATION), exist_ok=True)
with open(DESTINATION, "w", encoding="utf-8") as file:
    json.dump(document, file, indent=1, sort_keys=True)
    file.write("\n")
os.chmod(DESTINATION, 0o644)
print("%d parts are named in %s" % (len(document["components"]), DESTINATION))
