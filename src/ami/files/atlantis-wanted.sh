# shellcheck shell=bash
# Fails with one line where something is missing that the common level makes, and makes the folders.
fail() {
  echo "cdk-atlantis: $1; put ImageLevel.common() before ImageLevel.atlantis(), or make it in a level of your own" >&2
  exit 1
}
getent passwd atlantis >/dev/null || fail 'there is no user atlantis for the server to run as'
getent group atlantis >/dev/null || fail 'there is no group atlantis for the server to run as'
/opt/python-tooling/bin/python -I -B -c 'import boto3' 2>/dev/null || fail '/opt/python-tooling has no Python with boto3, which fetches the secrets'
command -v git >/dev/null || fail 'there is no git, which the server clones with'
install -d -m 0755 /opt/atlantis /etc/atlantis /etc/atlantis/secrets.d /etc/atlantis/targets.d /etc/atlantis/server-environment.d \
  /usr/libexec/cdk-atlantis /usr/share/cdk-atlantis
install -d -o atlantis -g atlantis -m 0700 /opt/atlantis/data
