# shellcheck shell=bash
# Installs the Systems Manager agent if it is the one that was asked for. Wants URL, SHA256 and WORKING_DIRECTORY.
set -euo pipefail
# where user data is given, Image Builder removes host keys, logs and the machine's identity only when it finds this file
mkdir -p "$WORKING_DIRECTORY"
touch "$WORKING_DIRECTORY/perform_cleanup"
package=$(mktemp --suffix=.deb)
curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 5 --output "$package" "$URL"
if ! printf '%s  %s\n' "$SHA256" "$package" | sha256sum --check --status; then
  echo "cdk-atlantis: $URL is not the file with the SHA-256 $SHA256; the Systems Manager agent is not installed" >&2
  exit 1
fi
dpkg --install "$package"
rm "$package"
systemctl enable --now amazon-ssm-agent
