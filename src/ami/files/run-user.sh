# shellcheck shell=bash
# Makes the user that the service runs as. Wants RUN_USER and RUN_USER_ID, its number and its group's.
fail() {
  echo "run user: $1" >&2
  exit 1
}

home="/home/$RUN_USER"
if found="$(getent passwd "$RUN_USER")"; then
  IFS=: read -r _ _ id group _ directory _ <<<"$found"
  if [ "$id:$group" != "$RUN_USER_ID:$RUN_USER_ID" ]; then fail "$RUN_USER is there already, with the numbers $id:$group and not $RUN_USER_ID"; fi
  if [ "$directory" != "$home" ]; then fail "$RUN_USER is there already, and its home is $directory and not $home"; fi
else
  if found="$(getent passwd "$RUN_USER_ID" || getent group "$RUN_USER_ID")"; then fail "the number $RUN_USER_ID is that of ${found%%:*} already"; fi
  if getent group "$RUN_USER" >/dev/null; then fail "there is a group $RUN_USER already"; fi
  groupadd --gid "$RUN_USER_ID" "$RUN_USER"
  # a number outside of what systems give away by themselves: files on a volume keep their owner when the image is another one
  useradd --key SYS_UID_MAX="$RUN_USER_ID" --system --uid "$RUN_USER_ID" --gid "$RUN_USER_ID" --home-dir "$home" --no-create-home --shell /usr/sbin/nologin "$RUN_USER"
fi
install -d --owner="$RUN_USER" --group="$RUN_USER" --mode=0700 "$home"
