# shellcheck shell=bash
# Fetches one program of a release, compares its SHA-256, and puts it in its place.
# Wants NAME, PRODUCT, VERSION, URL, DESTINATION, and either SHA256 or LIST_URL, the publisher's list of checksums.
# Takes ENTRY, the program's name in a zip or tar archive; without it the file is the program.
# Takes LINK, another path that leads to the program, and RECORDS, the folder that says what was fetched, for the bill of materials.
fail() {
  echo "$NAME: $1" >&2
  exit 1
}

fetch() {
  local said
  if ! said="$(curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 5 --retry-connrefused \
    --connect-timeout 20 --max-time 900 --output "$2" "$1" 2>&1)"; then
    fail "could not fetch $1: $(grep '^curl: (' <<<"$said" | tail -n 1)"
  fi
}

wanted_by_list() {
  fetch "$LIST_URL" "$work/list"
  local file="${URL##*/}" sums
  # the name may stand behind a * that says how the file was read
  sums="$(tr -d '\r' <"$work/list" | awk -v file="$file" '{ name = $2; sub(/^\*/, "", name) } NF == 2 && name == file { print tolower($1) }')"
  if [ -z "$sums" ]; then fail "$LIST_URL has no line for $file"; fi
  if [ "$(wc -l <<<"$sums")" -ne 1 ]; then fail "$LIST_URL has more than one line for $file"; fi
  if ! [[ $sums =~ ^[0-9a-f]{64}$ ]]; then fail "$LIST_URL has no SHA-256 for $file"; fi
  wanted="$sums"
}

unpack() {
  local said
  if ! said="$(python3 -I -B - "$1" "$ENTRY" "$2" 2>&1 <<'PYTHON'
import posixpath, shutil, sys, tarfile, zipfile
archive, entry, program = sys.argv[1:]
try:
    if zipfile.is_zipfile(archive):
        opened = zipfile.ZipFile(archive)
        files = dict((posixpath.normpath(one.filename), one) for one in opened.infolist() if not one.is_dir())
        read = opened.open
    else:
        opened = tarfile.open(archive)
        files = dict((posixpath.normpath(one.name), one) for one in opened if one.isfile())
        read = opened.extractfile
    if entry not in files:
        sys.exit('the archive has no file ' + entry)
    with read(files[entry]) as source, open(program, 'wb') as target:
        shutil.copyfileobj(source, target)
except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
    sys.exit('the archive cannot be read: ' + str(error).splitlines()[0])
PYTHON
  )"; then
    fail "$said"
  fi
}

work="$(mktemp -d /var/tmp/fetch-release.XXXXXXXX)"
trap 'rm -rf "$work"' EXIT

if ! command -v curl >/dev/null; then
  said="$(install_packages curl ca-certificates 2>&1)" || fail "curl is missing; $said"
fi
wanted="${SHA256:-}"
if [ -n "$wanted" ]; then
  named='was asked for'
else
  wanted_by_list
  named="is what $LIST_URL names"
fi
fetch "$URL" "$work/file"
found="$(sha256sum "$work/file" | cut -d ' ' -f 1)"
if [ "$found" != "$wanted" ]; then fail "$URL has the SHA-256 $found, and $wanted $named"; fi

program="$work/file"
if [ -n "${ENTRY:-}" ]; then
  program="$work/program"
  unpack "$work/file" "$program"
fi
install -D --mode=0755 "$program" "$DESTINATION"
if [ -n "${LINK:-}" ]; then ln -sfn "$DESTINATION" "$LINK"; fi

record="${RECORDS:-/usr/share/cdk-atlantis/releases}/${DESTINATION##*/}.json"
install -d -m 0755 "${record%/*}"
printf '{"name": "%s", "version": "%s", "url": "%s", "sha256": "%s"}\n' "$PRODUCT" "$VERSION" "$URL" "$found" >"$record"
