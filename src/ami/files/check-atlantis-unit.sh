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
for unit in atlantis.service atlantis-credentials.socket; do
  systemctl is-enabled --quiet "$unit" || fail "$unit is not enabled"
done
for program in /usr/libexec/cdk-atlantis/*; do
  [ "$(stat --format '%U:%G %a' "$program")" = 'root:root 755' ] || fail "$program has to be root's, and executable"
done
for unit in atlantis-credentials@.service atlantis-secrets.service atlantis.service; do
  sed -n 's/^Exec[A-Za-z]*=[+]\{0,1\}\([^ ]*\).*/\1/p' "$unit" | while read -r program; do
    [ -x "$program" ] || fail "$unit runs $program, which is missing"
  done
done
