"""Fails where the bill of materials lacks something that was downloaded."""
import glob
import json

with open("/usr/share/cdk-atlantis/sbom.cdx.json", encoding="utf-8") as file:
    listed = {(component["name"], component["version"]) for component in json.load(file)["components"]}
wanted = set()
for path in glob.glob("/usr/share/cdk-atlantis/releases/*.json"):
    with open(path, encoding="utf-8") as file:
        release = json.load(file)
    wanted.add((release["name"], release["version"]))
missing = wanted - listed
if missing or not listed:
    raise SystemExit("cdk-atlantis: the bill of materials lacks %s" % (sorted(missing) or "everything"))
