# shellcheck shell=bash
# Switches off what a machine that runs one service does not need. Wants SSH, which is true where people come in with SSH.
# Ubuntu has it started by a socket, and Debian has two names for it; a masked unit stays off when its package comes later
for unit in ssh.service ssh.socket sshd.service sshd.socket; do
  link="/etc/systemd/system/$unit"
  if [ "$SSH" != true ]; then
    ln -sfn /dev/null "$link"
  elif [ "$(readlink "$link")" = /dev/null ]; then
    # the image that this one is made from had it off
    rm "$link"
  fi
done
# Ubuntu's collector of crashes would set the kernel's pattern for core dumps anew at each start
ln -sfn /dev/null /etc/systemd/system/apport.service
