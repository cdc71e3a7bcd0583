# shellcheck shell=bash
# Has security updates installed once a day. Nothing is restarted by itself: that would end an apply.
# shellcheck source=/dev/null
. /etc/os-release
case "$ID" in
  debian | ubuntu)
    systemctl --quiet enable apt-daily.timer apt-daily-upgrade.timer
    ;;
  amzn)
    systemctl --quiet enable dnf-automatic.timer
    ;;
esac
