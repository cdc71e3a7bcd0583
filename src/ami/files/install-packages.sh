# shellcheck shell=bash
# Installs packages. Wants PACKAGES, names with spaces between them.
read -r -a names <<<"$PACKAGES"
install_packages "${names[@]}"
