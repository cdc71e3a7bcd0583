# shellcheck shell=sh
# What people make in their sessions is not for everybody.
umask 027
