# shellcheck shell=bash
# Fails unless the time is taken care of, and nobody can come in with SSH unless that was asked for. Wants SSH.
fail() {
  echo "services: $1" >&2
  exit 1
}

systemctl --quiet is-active chrony.service || systemctl --quiet is-active chronyd.service || fail 'chrony does not run'
sources="$(chronyc -n sources)" || fail 'chrony does not answer'
grep -qF ' 169.254.169.123 ' <<<"$sources" || fail 'chrony does not ask 169.254.169.123'
if [ "$SSH" != true ]; then
  listening="$(ss -Hltn 'sport = :22')" || fail 'ss does not say what listens'
  if [ -n "$listening" ]; then fail 'something listens on port 22'; fi
fi
# Session Manager is how people come in; a machine of Image Builder has its agent, and a container has none
if systemd-detect-virt --container --quiet; then
  echo 'services: the agent of Session Manager is not looked for here: container'
elif ! systemctl --quiet is-active amazon-ssm-agent.service && ! systemctl --quiet is-active snap.amazon-ssm-agent.amazon-ssm-agent.service; then
  fail 'the agent of Session Manager does not run, so nobody could come in'
fi
