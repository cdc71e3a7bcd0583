# shellcheck shell=bash
# Fails unless the user that the service runs as is there and nobody can log in as it. Wants RUN_USER and RUN_USER_ID.
fail() {
  echo "run user: $1" >&2
  exit 1
}

found="$(getent passwd "$RUN_USER")" || fail "there is no user $RUN_USER"
IFS=: read -r _ _ id group _ home shell <<<"$found"
[ "$id:$group" = "$RUN_USER_ID:$RUN_USER_ID" ] || fail "$RUN_USER has the numbers $id:$group and not $RUN_USER_ID"
[ "$shell" = /usr/sbin/nologin ] || fail "the shell of $RUN_USER is $shell"
[ "$(stat --format '%u:%g %a' "$home")" = "$RUN_USER_ID:$RUN_USER_ID 700" ] || fail "$home is not the user's own"
case "$(getent shadow "$RUN_USER" | cut -d : -f 2)" in
  '!'* | '*'*) ;;
  *) fail "$RUN_USER has a password" ;;
esac
