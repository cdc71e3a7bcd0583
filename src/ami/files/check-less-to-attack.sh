# shellcheck shell=bash
# Fails unless what is not needed is off. Wants SSH, which is true where people come in with SSH.
fail() {
  echo "hardening: $1" >&2
  exit 1
}

for unit in ssh.service ssh.socket sshd.service sshd.socket; do
  if [ "$(readlink "/etc/systemd/system/$unit")" = /dev/null ]; then
    [ "$SSH" != true ] || fail "$unit is masked"
  else
    [ "$SSH" = true ] || fail "$unit is not masked"
  fi
done
if [ "$SSH" = true ] && command -v sshd >/dev/null; then
  install -d -m 0755 /run/sshd
  settings="$(sshd -T 2>/dev/null)" || fail 'the settings of sshd are wrong'
  for setting in 'passwordauthentication no' 'permitrootlogin no' 'kbdinteractiveauthentication no' 'x11forwarding no'; do
    grep -qx "$setting" <<<"$settings" || fail "sshd does not have \"$setting\""
  done
fi
open="$(awk -F : '$2 == "" { print $1 }' /etc/shadow)"
if [ -n "$open" ]; then fail "a user has an empty password: $open"; fi
others="$(awk -F : '$3 == 0 && $1 != "root" { print $1 }' /etc/passwd)"
if [ -n "$others" ]; then fail "root has another name: $others"; fi
