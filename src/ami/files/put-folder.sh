# shellcheck shell=bash
# Puts the content of a fetched folder, which arrives as a zip file, where it belongs. Wants FETCHED and DESTINATION.
if ! command -v unzip >/dev/null; then install_packages unzip; fi
mkdir -p "$DESTINATION"
unzip -q -o "$FETCHED" -d "$DESTINATION"
rm "$FETCHED"
