#!/usr/bin/python3 -IB
"""Prints the name under which an EBS volume is attached, such as sdf, of its NVMe device: the volume itself says it when it is identified.

See https://docs.aws.amazon.com/ebs/latest/userguide/identify-nvme-ebs-device.html
"""
import ctypes
import fcntl
import os
import sys

NVME_IOCTL_ADMIN_COMMAND = 0xC0484E41
IDENTIFY, CONTROLLER = 0x06, 1
AMAZON = 0x1D0F
SIZE, NAME_AT, NAME_SIZE = 4096, 3072, 32


class Command(ctypes.Structure):
    """struct nvme_admin_cmd of linux/nvme_ioctl.h"""

    _pack_ = 1
    _fields_ = [
        ("opcode", ctypes.c_uint8), ("flags", ctypes.c_uint8), ("rsvd1", ctypes.c_uint16), ("nsid", ctypes.c_uint32),
        ("cdw2", ctypes.c_uint32), ("cdw3", ctypes.c_uint32), ("metadata", ctypes.c_uint64), ("addr", ctypes.c_uint64),
        ("metadata_len", ctypes.c_uint32), ("data_len", ctypes.c_uint32), ("cdw10", ctypes.c_uint32), ("cdw11", ctypes.c_uint32),
        ("cdw12", ctypes.c_uint32), ("cdw13", ctypes.c_uint32), ("cdw14", ctypes.c_uint32), ("cdw15", ctypes.c_uint32),
        ("timeout_ms", ctypes.c_uint32), ("result", ctypes.c_uint32),
    ]


answer = ctypes.create_string_buffer(SIZE)
command = Command(opcode=IDENTIFY, addr=ctypes.addressof(answer), data_len=SIZE, cdw10=CONTROLLER)
device = os.open(sys.argv[1], os.O_RDONLY)
try:
    fcntl.ioctl(device, NVME_IOCTL_ADMIN_COMMAND, command)
except OSError:
    sys.exit(0)
if int.from_bytes(answer.raw[:2], "little") == AMAZON:
    name = answer.raw[NAME_AT:NAME_AT + NAME_SIZE].split(b"\0")[0].decode("ascii", "replace").strip()
    print(name[len("/dev/"):] if name.startswith("/dev/") else name)
