#!/bin/bash
# Mounts the data volume before the server starts. A blank volume gets a file system; one that holds something else is left alone.
set -euo pipefail
DEVICE=/dev/sdf WAIT_SECONDS=20
# shellcheck source=/dev/null
. /etc/atlantis/data-volume
mount_point=/opt/atlantis/data

# Says it to who looks at this unit, and to who looks at the server's.
fail() {
  printf 'MESSAGE=cdk-atlantis: %s\nPRIORITY=3\nSYSLOG_IDENTIFIER=mount-data\nOBJECT_SYSTEMD_UNIT=atlantis.service\n' "$*" |
    logger --journald 2>/dev/null || echo "cdk-atlantis: $*" >&2
  exit 1
}

# The name under which the volume is attached is kept in the volume's own NVMe identification; udev makes it a link.
find_device() {
  local name candidate
  name=$(basename "$DEVICE")
  for candidate in "/dev/$name" "/dev/xv${name#s}" "/dev/disk/by-ebs-name/$name"; do
    [ ! -b "$candidate" ] || { readlink -f "$candidate"; return; }
  done
  for candidate in /dev/nvme*n1; do
    [ -b "$candidate" ] || continue
    [ "$(/usr/libexec/cdk-atlantis/ebs-device-name "$candidate")" != "$name" ] || { echo "$candidate"; return; }
  done
  return 1
}

if ! mountpoint -q "$mount_point"; then
  waited=0
  until device=$(find_device); do
    [ "$waited" -lt "$WAIT_SECONDS" ] || fail "no volume is attached as $DEVICE after $waited s; attach the data volume under that name"
    sleep 1
    waited=$((waited + 1))
  done
  status=0
  kind=$(blkid --probe --output value --match-tag TYPE "$device") || status=$?
  parts=$(blkid --probe --output value --match-tag PTTYPE "$device") || true
  [ "$status" != 8 ] || fail "$device ($DEVICE) holds more than one kind of content; give a blank volume, or one that was made here"
  case $kind$parts in
    '')
      [ "$(head --bytes=1M "$device" | tr --delete '\0' | wc --bytes)" = 0 ] ||
        fail "$device ($DEVICE) is not blank and holds no ext4 file system; give a blank volume, or one that was made here"
      mkfs.ext4 -q -L atlantis-data "$device"
      ;;
    ext4)
      [ "$(blkid --probe --output value --match-tag LABEL "$device")" = atlantis-data ] ||
        fail "$device ($DEVICE) holds a file system that was not made here; give a blank volume, or label it atlantis-data"
      e2fsck -p "$device" >/dev/null || [ "$?" -le 1 ] || fail "the file system of $device ($DEVICE) is damaged; mend it with e2fsck"
      ;;
    *) fail "$device ($DEVICE) holds ${kind:-partitions}; give a blank volume, or one that was made here" ;;
  esac
  mount -t ext4 -o nodev,nosuid,noatime "$device" "$mount_point"
fi
# the volume may have grown since
resize2fs "$(findmnt --noheadings --output SOURCE "$mount_point")" >/dev/null 2>&1 || true
chown atlantis:atlantis "$mount_point"
chmod 0700 "$mount_point"
