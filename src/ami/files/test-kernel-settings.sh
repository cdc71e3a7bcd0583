# shellcheck shell=bash
# Fails unless the running kernel has what CONFIG, a file of sysctl.d, says. Wants CONFIG.
wrong=0
while read -r key _ value; do
  case "$key" in '' | '#'*) continue ;; esac
  optional=false
  if [ "${key#-}" != "$key" ]; then optional=true; fi
  key="${key#-}"
  file="/proc/sys/${key//.//}"
  if [ "$optional" = true ] && ! [ -e "$file" ]; then
    echo "kernel settings: this kernel has no $key"
    continue
  fi
  found="$(cat "$file")"
  # between several values the kernel puts tabs
  [ "${found//$'\t'/ }" = "$value" ] && continue
  if ! [ -w "$file" ] && systemd-detect-virt --container --quiet; then
    echo "kernel settings: $key is not settable here: container"
  else
    echo "kernel settings: $key is $found and not $value" >&2
    wrong=1
  fi
done <"$CONFIG"
exit "$wrong"
