# shellcheck shell=bash
# Fails unless chrony is enabled, with Amazon's own source. Debian and Ubuntu must have no other one; on Amazon Linux that is up to
# its package.
fail() {
  echo "time: $1" >&2
  exit 1
}

# shellcheck source=/dev/null
. /etc/os-release
case "$ID" in
  debian | ubuntu)
    systemctl --quiet is-enabled chrony.service || fail 'chrony.service is not enabled'
    grep -qs '^server 169\.254\.169\.123 ' /etc/chrony/sources.d/*.sources || fail 'no source is 169.254.169.123'
    if grep -E '^(pool|server) ' /etc/chrony/chrony.conf; then fail 'chrony.conf has other sources'; fi
    ;;
  amzn)
    systemctl --quiet is-enabled chronyd.service || fail 'chronyd.service is not enabled'
    grep -qs '^server 169\.254\.169\.123 ' /usr/share/amazon-chrony-config/*.sources || fail 'no source is 169.254.169.123'
    ;;
esac
