# shellcheck shell=bash
# Fails unless what is not needed is off. Wants SSH, which is true where people come in with SSH.
fail() {
  echo "hardening: $1" >&2
  exit 1
}

if [ "$SSH" != true ]; then
  for unit in ssh.service ssh.socket sshd.service sshd.socket; do
    [ "$(readlink "/etc/systemd/system/$unit")" = /dev/null ] || fail "$unit is not masked"
  done
elif command -v sshd >/dev/null; then
  install -d -m 0755 /run/sshd
  settings="$(sshd -T 2>/dev/null)" || fail 'the settings of sshd are wrong'
  for setting in 'passwordauthentication no' 'permitrootlogin no' 'kbdinteractiveauthentication no' 'x11forwarding no'; do
    grep -qx "$setting" <<<"$settings" || fail "sshd does not have \"$setting\""
  done
fi
if awk -F : '$2 == "" { print $1 }' /etc/shadow | grep -q .; then fail 'a user has an empty password'; fi
if awk -F : '$3 == 0 && $1 != "root" { print $1 }' /etc/passwd | grep -q .; then fail 'root has another name'; fi
