#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Stands where systemd or its journal would: binds a Unix datagram socket, and writes what comes to a file.

   datagrams.py SOCKET FILE    one line for each datagram: its lines, joined by tabs; a field of the journal that has
                               its length before it stands there as NAME=VALUE too
"""
import os
import socket
import struct
import sys


def fields(data):
    while data:
        line, _, rest = data.partition(b"\n")
        if b"=" in line or not line:
            yield line
            data = rest
            continue
        (length,) = struct.unpack("<Q", rest[:8])
        yield line + b"=" + rest[8 : 8 + length].replace(b"\n", b"\\n")
        data = rest[8 + length + 1 :]


def main():
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(sys.argv[1])
    os.chmod(sys.argv[1], 0o666)
    with open(sys.argv[2], "wb", buffering=0) as out:
        while True:
            out.write(b"\t".join(fields(server.recv(65536))) + b"\n")


main()
