# shellcheck shell=bash
# Has chrony take the time from Amazon's own source.
# shellcheck source=/dev/null
. /etc/os-release
case "$ID" in
  debian | ubuntu)
    # the pools on the internet treat leap seconds differently, so they must not be mixed with Amazon's source
    sed -i 's/^\(pool\|server\) /# &/' /etc/chrony/chrony.conf
    systemctl --quiet enable chrony.service
    ;;
  amzn)
    # amazon-chrony-config has the source already
    systemctl --quiet enable chronyd.service
    ;;
esac
