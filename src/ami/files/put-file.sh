# shellcheck shell=bash
# Puts a fetched file where it belongs. Wants FETCHED and DESTINATION.
mkdir -p "$(dirname "$DESTINATION")"
mv "$FETCHED" "$DESTINATION"
