# shellcheck shell=bash
# Everybody may run the server and nobody but root may read it: the kernel then keeps a process's memory from other processes of its user.
chmod 0711 /usr/bin/atlantis
# the help leaves out the two flags that take the numbers of GitHub
{
  env -i PATH="$PATH" HOME=/nonexistent /usr/bin/atlantis server --help 2>&1 | grep -oE '^  --[a-z0-9-]+' | cut -c 5-
  printf 'gh-app-id\ngh-app-installation-id\n'
} | sort -u >/usr/share/cdk-atlantis/atlantis-flags
chmod 0644 /usr/share/cdk-atlantis/atlantis-flags
