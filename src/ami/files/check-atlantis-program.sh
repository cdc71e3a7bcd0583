# shellcheck shell=bash
# Fails unless the server is what was asked for and its folders are whose they have to be. Wants VERSION.
fail() {
  echo "cdk-atlantis: $1" >&2
  exit 1
}
expect() {
  local found
  found="$(stat --format '%U:%G %a' "$1")" || fail "$1 is missing"
  [ "$found" = "$2" ] || fail "$1 is $found and has to be $2"
}
expect /usr/bin/atlantis 'root:root 711'
expect /opt/atlantis 'root:root 755'
expect /opt/atlantis/config.yaml 'root:root 644'
expect /opt/atlantis/data 'atlantis:atlantis 700'
expect /etc/atlantis/targets.json 'root:root 644'
expect /etc/atlantis/secrets.json 'root:root 644'
said="$(env -i PATH="$PATH" HOME=/nonexistent /usr/bin/atlantis version)"
case "$said" in
  "atlantis $VERSION "* | "atlantis v$VERSION "*) ;;
  *) fail "/usr/bin/atlantis says \"$said\", and $VERSION was asked for" ;;
esac
[ "$(wc -l </usr/share/cdk-atlantis/atlantis-flags)" -gt 100 ] || fail 'the flags of the server could not be read from its help'
