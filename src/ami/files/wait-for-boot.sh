# shellcheck shell=bash
# Waits until a fresh machine has done what it does by itself. Its first runs of the package manager hold locks for which an update does not wait.
if command -v cloud-init >/dev/null; then
  # its own problems are told by what they leave undone
  cloud-init status --wait >/dev/null || true
fi
# for as long as this machine runs: they are enabled on the image
for unit in apt-daily apt-daily-upgrade; do
  if systemctl cat "$unit.timer" >/dev/null 2>&1; then systemctl stop "$unit.timer" "$unit.service"; fi
done
