# shellcheck shell=bash
# Fails unless the virtual environment has exactly the versions that its requirements name. Wants REQUIREMENTS.
fail() {
  echo "Python tooling: $1" >&2
  exit 1
}

tooling=/opt/python-tooling
"$tooling/bin/python" -I -B -c 'import boto3; boto3.session.Session(region_name="us-east-1").client("sts")' || fail 'boto3 does not work'
if ! said="$("$tooling/bin/python" -I -B - "$REQUIREMENTS" 2>&1 <<'PYTHON'
import importlib.metadata, re, sys
for line in open(sys.argv[1]):
    pin = re.match(r'([\w.-]+)(?:\[[^]]*\])?==(\S+)', line)
    if pin and importlib.metadata.version(pin.group(1)) != pin.group(2):
        sys.exit(pin.group(1) + ' is ' + importlib.metadata.version(pin.group(1)) + ' and not ' + pin.group(2))
PYTHON
)"; then
  fail "$(tail -n 1 <<<"$said")"
fi
