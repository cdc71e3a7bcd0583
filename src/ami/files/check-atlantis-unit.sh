# shellcheck shell=bash
# Fails unless systemd takes the units without a word, the server's is as closed as it has to be, and it starts with the machine.
fail() {
  echo "cdk-atlantis: $1" >&2
  exit 1
}
cd /etc/systemd/system || exit 1
said="$(systemd-analyze verify --man=no --recursive-errors=no atlantis*.service atlantis*.socket 2>&1)" || fail "systemd does not take the units: $said"
[ -z "$said" ] || fail "systemd says of the units: $said"
# 15 is an exposure of 1.5
systemd-analyze security --offline=yes --threshold=15 --no-pager atlantis.service >/dev/null ||
  fail "the unit is less closed than an exposure of 1.5; look at: systemd-analyze security atlantis.service"
for program in /usr/libexec/cdk-atlantis/*; do
  [ "$(stat --format '%U:%G %a' "$program")" = 'root:root 755' ] || fail "$program has to be root's, and executable"
done
for unit in atlantis*.service atlantis*.socket; do
  if grep -q '^\[Install\]' "$unit"; then
    systemctl is-enabled --quiet "$unit" || fail "$unit is not enabled"
  fi
  # the programs, and what they are told: another program, or a file
  words="$(sed -n 's/^Exec[A-Za-z]*=[-@:+!]*//p' "$unit" | tr ' ' '\n' | sed -n '/^\//p')"
  while read -r path; do
    [ -z "$path" ] || [ -e "$path" ] || fail "$unit runs $path, which is missing"
  done <<<"$words"
done
