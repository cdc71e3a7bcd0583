# shellcheck shell=bash
# Fails unless services and sessions may have as many open files as was asked for, and no core dumps. Wants OPEN_FILES and RUN_USER.
fail() {
  echo "limits: $1" >&2
  exit 1
}

asked="$(systemctl show --property DefaultLimitNOFILE --value)"
[ "$asked" = "$OPEN_FILES" ] || fail "systemd was told $asked open files and not $OPEN_FILES"

expected="$OPEN_FILES"
most="$(awk '/^Max open files/ { print $5 }' /proc/1/limits)"
if [ "$most" -lt "$OPEN_FILES" ] && systemd-detect-virt --container --quiet; then
  echo "limits: $OPEN_FILES open files are not settable here: container, which may have $most"
  expected="$most"
fi
# shellcheck disable=SC2016 # for the other shells
limits='echo "$(ulimit -Sn) $(ulimit -Hn) $(ulimit -c)"'
check() {
  [ "$2" = "$expected $expected 0" ] || fail "$1 has $2 and not $expected $expected 0 (open files, their hard limit, core dumps)"
}
check 'a service' "$(systemd-run --quiet --pipe --wait bash -c "$limits")"
# with a session's own rules, as a login has them
check 'a session' "$(systemd-run --quiet --pipe --wait --property=PAMName=login --property=User="$RUN_USER" bash -c "$limits")"
