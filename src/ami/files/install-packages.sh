# shellcheck shell=bash
# Installs packages. Wants PACKAGES, names with spaces between them.
fail() {
  echo "packages: $1" >&2
  exit 1
}

log="$(mktemp /var/tmp/install-packages.XXXXXXXX)"
trap 'rm -f "$log"' EXIT

# a package manager says much when it fails; what it was is in the first line with an error in it
reason() {
  grep -m 1 -E '^(E|W|Error|Err)[: ]' "$log" || tail -n 1 "$log"
}

read -r -a names <<<"$PACKAGES"
# shellcheck source=/dev/null
. /etc/os-release
case "$ID" in
  debian | ubuntu)
    # a restart of services while the image is made would end the agent that makes it
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    lock=(-o DPkg::Lock::Timeout=600)
    if ! apt-get "${lock[@]}" -o Acquire::Retries=3 -o APT::Update::Error-Mode=any -qq update >"$log" 2>&1; then
      fail "could not fetch the lists of packages: $(reason)"
    fi
    if ! apt-get "${lock[@]}" -o Acquire::Retries=3 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
      -qq --yes --no-install-recommends install "${names[@]}" >"$log" 2>&1; then
      fail "could not install ${names[*]}: $(reason)"
    fi
    # lists grow old in an image, and each installation fetches them again
    apt-get "${lock[@]}" clean
    find /var/lib/apt/lists -type f -delete
    ;;
  amzn)
    if ! dnf --assumeyes --quiet --setopt=install_weak_deps=False install "${names[@]}" >"$log" 2>&1; then
      fail "could not install ${names[*]}: $(reason)"
    fi
    dnf --quiet clean all >"$log" 2>&1 || fail "could not remove the caches of dnf: $(reason)"
    ;;
  *) fail "got the system \"$ID\"; Amazon Linux 2023, Ubuntu and Debian are known" ;;
esac
