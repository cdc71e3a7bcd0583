# shellcheck shell=bash
# Fails unless security updates are on, and restarts are off.
fail() {
  echo "security updates: $1" >&2
  exit 1
}

setting() {
  apt-config dump --format '%v%n' "$1"
}

# shellcheck source=/dev/null
. /etc/os-release
case "$ID" in
  debian | ubuntu)
    systemctl --quiet is-enabled apt-daily-upgrade.timer || fail 'apt-daily-upgrade.timer is not enabled'
    [ "$(setting APT::Periodic::Unattended-Upgrade)" = 1 ] || fail 'APT::Periodic::Unattended-Upgrade is not 1'
    [ "$(setting Unattended-Upgrade::Automatic-Reboot)" = false ] || fail 'Unattended-Upgrade::Automatic-Reboot is not false'
    if setting Unattended-Upgrade::Origins-Pattern | grep -v security | grep -q .; then fail 'more than security updates are installed'; fi
    [ -z "$(setting Unattended-Upgrade::Allowed-Origins)" ] || fail 'more than security updates are installed'
    ;;
  amzn)
    systemctl --quiet is-enabled dnf-automatic.timer || fail 'dnf-automatic.timer is not enabled'
    grep -qx 'apply_updates = yes' /etc/dnf/automatic.conf || fail 'apply_updates is not yes'
    grep -qx 'upgrade_type = security' /etc/dnf/automatic.conf || fail 'upgrade_type is not security'
    if grep -E '^reboot *=' /etc/dnf/automatic.conf | grep -qv never; then fail 'reboot is not never'; fi
    ;;
esac
