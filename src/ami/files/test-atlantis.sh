# shellcheck shell=bash
# On a machine that was started from the image. It may have no secrets, as it is no server: then the journal has to say what is missing.
# Wants PORT and SCHEME, where the server listens.
fail() {
  echo "cdk-atlantis: $1" >&2
  exit 1
}
systemctl is-enabled --quiet atlantis.service || fail 'atlantis.service is not enabled'
systemctl is-active --quiet atlantis-credentials.socket || fail 'atlantis-credentials.socket is not active'

said=
for _ in $(seq 60); do
  if curl --insecure --fail --silent --max-time 5 --output /dev/null "$SCHEME://127.0.0.1:$PORT/healthz"; then
    said='the server is healthy'
    break
  fi
  # its own complaint about its settings, or that of what fetches its secrets
  said="$(journalctl --boot --unit=atlantis.service --output=cat --no-pager | grep -m 1 -E '^(cdk-atlantis|Error): ')" && break
  sleep 1
done
[ -n "$said" ] || fail 'the server is not healthy after a minute, and the journal does not say why'
echo "atlantis.service: $said"

# the program itself, with values that are no secrets, on another port and without a forge
folder="$(mktemp -d /var/tmp/test-atlantis.XXXXXXXX)"
chown atlantis:atlantis "$folder"
stop() {
  systemctl stop test-atlantis.service 2>/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT
systemd-run --quiet --collect --unit=test-atlantis --property=User=atlantis --setenv=HOME="$folder" \
  --property='IPAddressDeny=169.254.169.254/32 fd00:ec2::254/128' \
  /usr/bin/atlantis server --port=14141 --data-dir="$folder" --atlantis-url=http://127.0.0.1:14141 --default-tf-version=1.0.0 \
  --tf-download=false --gh-user=nobody --gh-token=none --repo-allowlist=github.com/nobody/nothing
healthy=
for _ in $(seq 30); do
  if curl --fail --silent --max-time 5 --output /dev/null http://127.0.0.1:14141/healthz; then
    healthy=yes
    break
  fi
  sleep 1
done
[ -n "$healthy" ] || fail "the server does not start with settings that are right: $(journalctl --unit=test-atlantis --output=cat --no-pager | tail -n 1)"

# where there is metadata, the unit's way to it has to be closed
ask=(curl --silent --output /dev/null --max-time 3 http://169.254.169.254/)
if "${ask[@]}"; then
  denied="$(systemctl show --property=IPAddressDeny --value atlantis.service)"
  [ -n "$denied" ] || fail 'atlantis.service has no addresses that are denied'
  ! systemd-run --quiet --wait --collect --property="IPAddressDeny=$denied" "${ask[@]}" || fail 'the metadata answers where it is denied'
  echo 'the metadata is denied'
fi
