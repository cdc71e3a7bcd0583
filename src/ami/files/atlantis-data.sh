# shellcheck shell=bash
# Has the data volume mounted before the server starts, and sees to it that the system can make and mend its file system.
if ! command -v mkfs.ext4 >/dev/null; then install_packages e2fsprogs; fi
systemctl enable atlantis-data.service
