#!/bin/bash
# The first process of a machine, in namespaces of its own: mounts what a kernel would have mounted, and becomes systemd.
set -euo pipefail

new=$SCRATCH/root
mkdir -p "$new"
# What the machine changes is not a part of the image that it is booted from.
mount -t overlay -o "lowerdir=$ROOT,upperdir=$CHANGES/upper,workdir=$CHANGES/work" overlay "$new"

mount -t proc -o nosuid,nodev,noexec proc "$new/proc"
# The kernel's settings are those of the whole machine below, except for the network's, which is the machine's own.
mount --bind "$new/proc/sys" "$new/proc/sys"
mount --bind "$new/proc/sys/net" "$new/proc/sys/net"
mount -o remount,ro,bind "$new/proc/sys"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$new/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$new/sys/fs/cgroup"

mount -t tmpfs -o mode=0755,nosuid tmpfs "$new/dev"
(
  umask 0
  for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
    IFS=: read -r name major minor <<< "$node"
    mknod -m 0666 "$new/dev/$name" c "$major" "$minor"
  done
  mknod -m 0600 "$new/dev/console" c 1 3
)
for volume in $VOLUMES; do
  IFS=: read -r path major minor <<< "$volume"
  mkdir -p "$(dirname "$new$path")"
  mknod -m 0660 "$new$path" b "$major" "$minor"
done
ln -s /proc/self/fd "$new/dev/fd"
ln -s /proc/self/fd/0 "$new/dev/stdin"
ln -s /proc/self/fd/1 "$new/dev/stdout"
ln -s /proc/self/fd/2 "$new/dev/stderr"
ln -s pts/ptmx "$new/dev/ptmx"
mkdir "$new/dev/pts" "$new/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$new/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$new/dev/shm"
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs "$new/run"
cp -r "$SCRATCH/given/." "$new/"

if [ -n "$HOSTS" ]; then
  mkdir -p "$new/run/cdk-atlantis"
  { printf '%s\n' "$HOSTS"; cat "$new/etc/hosts"; } > "$new/run/cdk-atlantis/hosts"
  mount --bind "$new/run/cdk-atlantis/hosts" "$new/etc/hosts"
fi

ip link set lo up
for address in $ADDRESSES; do
  case $address in
    *:*) ip address add "$address/128" dev lo nodad ;;
    *) ip address add "$address/32" dev lo ;;
  esac
done
hostname "$MACHINE"

cd "$new"
pivot_root . .
umount --lazy .
mount --make-rshared /
# There is no terminal that somebody could log in at.
exec env -i container=other TERM=dumb /lib/systemd/systemd --system systemd.unified_cgroup_hierarchy=1 systemd.show_status=no \
  systemd.mask=console-getty.service
