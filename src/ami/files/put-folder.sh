# shellcheck shell=bash
# Puts the content of a fetched folder, which arrives as a zip file, where it belongs. Wants FETCHED and DESTINATION.
if ! command -v unzip >/dev/null; then
  if command -v apt-get >/dev/null; then
    apt-get -o DPkg::Lock::Timeout=600 -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq --yes --no-install-recommends install unzip
  else
    dnf --assumeyes --quiet install unzip
  fi
fi
mkdir -p "$DESTINATION"
unzip -q -o "$FETCHED" -d "$DESTINATION"
rm "$FETCHED"
