# shellcheck shell=bash
# Fails unless a program is what was asked for, and only root can change it.
# Wants NAME, PROGRAM, VERSION, and ARGUMENT, which makes the program say its version.
fail() {
  echo "$NAME: $1" >&2
  exit 1
}

if ! [ -f "$PROGRAM" ]; then fail "$PROGRAM is missing"; fi
owned="$(stat --dereference --format '%U:%G %a' "$PROGRAM")"
if [ "$owned" != 'root:root 755' ]; then fail "$PROGRAM is $owned and has to be root:root 755"; fi

# a program that looks at its home, or for a newer release of itself, finds neither
home="$(mktemp -d /var/tmp/check-version.XXXXXXXX)"
trap 'rm -rf "$home"' EXIT
if ! said="$(cd "$home" && env -i PATH="$PATH" HOME="$home" CHECKPOINT_DISABLE=1 "$PROGRAM" "$ARGUMENT" 2>&1)"; then
  fail "$PROGRAM $ARGUMENT fails: ${said%%$'\n'*}"
fi
first="${said%%$'\n'*}"
case " $first " in
  *" $VERSION "* | *" v$VERSION "*) ;;
  *) fail "$PROGRAM says \"$first\", and $VERSION was asked for" ;;
esac
