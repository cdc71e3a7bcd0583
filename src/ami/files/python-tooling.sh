# shellcheck shell=bash
# Makes the virtual environment of the machine's own tools. Wants PYTHON, the interpreter, and REQUIREMENTS, a file whose hashes pip checks.
fail() {
  echo "Python tooling: $1" >&2
  exit 1
}

# pip says much when it fails; what it was is in one of its lines
reason() {
  if grep -q 'DO NOT MATCH THE HASHES' <<<"$said"; then
    echo "$(grep -m 1 -oE '^ +[A-Za-z0-9._-]+==[^ ]+' <<<"$said" | tr -d ' ') has another hash"
  elif grep -q 'Failed to establish a new connection' <<<"$said"; then
    echo "could not reach the index of packages: $(grep -m 1 -oE "Failed to establish a new connection: [^']+" <<<"$said")"
  else
    grep -m 1 '^ERROR: ' <<<"$said" || tail -n 1 <<<"$said"
  fi
}

tooling=/opt/python-tooling
if ! said="$("$PYTHON" -m venv --clear "$tooling" 2>&1)"; then fail "could not make $tooling: $(tail -n 1 <<<"$said")"; fi
if ! said="$("$tooling/bin/python" -B -m pip install --disable-pip-version-check --no-input --no-cache-dir --no-compile --quiet \
  --retries 3 --require-hashes --only-binary :all: --requirement "$REQUIREMENTS" 2>&1)"; then
  fail "could not install what $REQUIREMENTS names: $(reason)"
fi
# compiled ahead, and by content: by time they would differ from build to build, and whoever ran a program as root would write them
find "$tooling" -name __pycache__ -type d -prune -exec rm -rf {} +
"$tooling/bin/python" -B -m compileall -q --invalidation-mode unchecked-hash "$tooling/lib"
