import { LOCK_WAIT_SECONDS, PATHS } from './container';

/**
 * The script that starts the server. The configuration with the secrets is read once through a FIFO and is gone before the first plan
 * runs. A server that is started twice in one task would find none, so its container is essential and ends the task.
 */
export function serverScript(): string {
  return `set -eu
config=${PATHS.run}/config/server.json; fifo=${PATHS.run}/config/once.json; lock=${PATHS.data}/atlantis.db
[ -f "$config" ] || { echo "cdk-atlantis: the configuration was read already; a task starts its server once, so let a new task start" >&2; exit 1; }
if [ -f "$lock" ]; then
  exec 9<>"$lock"; waited=0
  until flock -n 9; do
    [ "$waited" -lt ${LOCK_WAIT_SECONDS} ] || { echo "cdk-atlantis: $lock is still locked after $waited s; another server runs on this file system" >&2; exit 1; }
    [ "$waited" -gt 0 ] || echo "cdk-atlantis: $lock is locked by a server that was here before; waiting up to ${LOCK_WAIT_SECONDS} s"
    sleep 1; waited=$((waited + 1))
  done
  exec 9<&-
fi
mkfifo -m 0600 "$fifo"
(cat "$config" >"$fifo"; rm -f "$fifo" "$config") &
export PATH="${PATHS.run}/bin:$PATH"
exec docker-entrypoint.sh server --config "$fifo"
`;
}
