# shellcheck shell=bash
# On a machine that was started from the image. It may have no secrets, as it is no server: then the journal has to say that, and nothing else.
# Wants PORT and SCHEME, where the server listens.
fail() {
  echo "cdk-atlantis: $1" >&2
  exit 1
}
systemctl is-enabled --quiet atlantis.service || fail 'atlantis.service is not enabled'
systemctl is-active --quiet atlantis-credentials.socket || fail 'atlantis-credentials.socket is not active'
container=
if systemd-detect-virt --container --quiet; then container=yes; fi

# The last of its complaints: that of what fetches its secrets, or its own about its settings, which is in red.
complaint() {
  local lines
  lines="$(journalctl --boot --unit=atlantis.service --output=cat --all --no-pager | sed 's/\x1b\[[0-9;]*m//g')"
  sed -n '/look at its own lines above$/d; /^cdk-atlantis: /p; /^Error: /p' <<<"$lines" | tail -n 1
}

# Whether this is what a machine says that is no server: it may not read the secrets, or cannot reach where they are, or what only the server's
# own machine brings is missing.
is_no_server() {
  case $1 in
    'cdk-atlantis: '*' cannot be read: this machine has no role; '*) ;;
    'cdk-atlantis: '*" cannot be read: the instance's role may not; "*) ;;
    'cdk-atlantis: '*' does not exist, or has no value yet; store it') ;;
    'cdk-atlantis: '*' holds no text; store its value as text') ;;
    'cdk-atlantis: '*" cannot be read ("*"); check the instance's way to "*) ;;
    'cdk-atlantis: the command '*' ended with '*'; look at its own lines in the journal') ;;
    'Error: '*' must be set' | 'Error: --repo-allowlist must be set for security purposes') ;;
    'cdk-atlantis: no volume is attached as '*) [ -n "$container" ] ;;
    *) return 1 ;;
  esac
}

said=
for _ in $(seq 60); do
  if curl --insecure --fail --silent --max-time 5 --output /dev/null "$SCHEME://127.0.0.1:$PORT/healthz"; then
    said='the server is healthy'
    break
  fi
  said="$(complaint)"
  # another complaint may be of the first seconds, when the network was not there yet: the start is tried again
  if is_no_server "$said"; then break; fi
  sleep 1
done
[ "$said" = 'the server is healthy' ] || is_no_server "$said" ||
  fail "the server is not healthy after a minute: ${said:-the journal of atlantis.service does not say why}"
echo "atlantis.service: $said"

if [ -e /etc/systemd/system/atlantis-data.service ]; then
  if mountpoint -q /opt/atlantis/data; then
    systemctl is-active --quiet atlantis-data.service || fail 'atlantis-data.service is not active'
    echo 'the data volume is mounted'
  elif [ -n "$container" ]; then
    echo 'the data volume is not looked for here: container'
  else
    fail 'the data volume is not mounted; look at the lines of atlantis-data.service in the journal'
  fi
fi

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
