# shellcheck shell=bash
# Fails unless packages are installed. Wants PACKAGES, names with spaces between them.
read -r -a names <<<"$PACKAGES"
missing=()
for package in "${names[@]}"; do
  if command -v dpkg-query >/dev/null; then
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  else
    rpm --query --quiet --whatprovides "$package" || missing+=("$package")
  fi
done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "packages: ${missing[*]} not installed" >&2
  exit 1
fi
