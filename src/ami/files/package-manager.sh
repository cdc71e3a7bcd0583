# shellcheck shell=bash
# Stands in front of the scripts that install something, and gives them install_packages. It says in one line what went wrong.
packages_fail() {
  # a package manager says much when it fails; what it was is in the first line with an error in it
  echo "packages: $1: $(grep -m 1 -E '^(E|W|Error|Err)[: ]' <<<"$2" || tail -n 1 <<<"$2")" >&2
  return 1
}

# A machine that has just started fetches the lists by itself. apt-get waits for the lock of dpkg only, so the others are waited for
# here: ten minutes, as for that one.
patient_apt_get() {
  local tries=120
  # a restart of services while the image is made would end the agent that makes it
  until said="$(LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o APT::Update::Error-Mode=any -qq "$@" 2>&1)"; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ] || ! grep -q 'Could not get lock' <<<"$said"; then return 1; fi
    sleep 5
  done
}

install_packages() {
  local said=''
  if command -v apt-get >/dev/null; then
    patient_apt_get update || packages_fail 'could not fetch the lists of packages' "$said" || return 1
    patient_apt_get -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --yes --no-install-recommends \
      install "$@" || packages_fail "could not install $*" "$said" || return 1
    # lists grow old in an image, and each installation fetches them again
    patient_apt_get clean || packages_fail 'could not remove the caches of apt-get' "$said" || return 1
    find /var/lib/apt/lists -type f -delete
  else
    said="$(dnf --assumeyes --quiet --setopt=install_weak_deps=False install "$@" 2>&1)" ||
      packages_fail "could not install $*" "$said" || return 1
    said="$(dnf --quiet clean all 2>&1)" || packages_fail 'could not remove the caches of dnf' "$said" || return 1
  fi
}
