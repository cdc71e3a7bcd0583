# shellcheck shell=bash
# Fails unless what CONFIG, a file of sysctl.d, sets is what stays when systemd has read all files. Wants CONFIG.
program=/usr/lib/systemd/systemd-sysctl
if ! [ -x "$program" ]; then program=/lib/systemd/systemd-sysctl; fi

settings() {
  awk '/^[[:space:]]*([#;]|$)/ { next }
    { key = $0; sub(/[[:space:]]*=.*/, "", key); sub(/^[[:space:]]*-?/, "", key); gsub("/", ".", key)
      value = $0; sub(/^[^=]*=[[:space:]]*/, "", value); last[key] = value }
    END { for (key in last) print key " = " last[key] }' | sort
}

lost="$(comm -23 <(settings <"$CONFIG") <("$program" --cat-config | settings))"
if [ -n "$lost" ]; then
  echo "kernel settings: another file of sysctl.d sets something else than ${lost%%$'\n'*}" >&2
  exit 1
fi
