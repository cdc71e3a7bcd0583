# shellcheck shell=bash
# Has the data volume mounted before the server starts, and sees to it that the system can make and mend its file system.
if ! command -v mkfs.ext4 >/dev/null; then
  if command -v apt-get >/dev/null; then
    apt-get -o DPkg::Lock::Timeout=600 -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq --yes --no-install-recommends install e2fsprogs
  else
    dnf --assumeyes --quiet install e2fsprogs
  fi
fi
systemctl enable atlantis-data.service
