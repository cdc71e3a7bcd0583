"""Executes component documents of EC2 Image Builder on a root directory, or in a machine that was booted from one."""
