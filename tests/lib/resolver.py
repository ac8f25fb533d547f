#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A DNS server on 127.0.0.1:53 that knows a few names, and may say something else the next time.

   resolver.py FOLDER NAME=ADDRESS[,ADDRESS...]...

The n-th question for a name's addresses of one family is answered with its n-th address of that family alone, later ones with the last.
FOLDER/queries gets a line "NAME ADDRESS" for each answer with an address, FOLDER/resolver is made when it serves.
"""
import ipaddress
import os
import socket
import sys

folder = sys.argv[1]
TYPES = {1: 4, 28: 6}
names = {}
for argument in sys.argv[2:]:
    name, _, addresses = argument.partition("=")
    for address in map(ipaddress.ip_address, addresses.split(",")):
        names.setdefault((name, address.version), []).append(address)


def name_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    return ".".join(labels), at + 1


def answer(query):
    name, end = name_of(query)
    kind = int.from_bytes(query[end : end + 2], "big")
    known = names.get((name, TYPES.get(kind)), [])
    found = known.pop(0) if len(known) > 1 else known[0] if known else None
    record = b""
    if found:
        record = b"\xc0\x0c" + query[end : end + 4] + (0).to_bytes(4, "big") + len(found.packed).to_bytes(2, "big") + found.packed
        with open(os.path.join(folder, "queries"), "a", encoding="ascii") as out:
            out.write(f"{name} {found}\n")
    return query[:2] + b"\x81\x80\x00\x01" + (b"\x00\x01" if found else b"\x00\x00") + b"\x00" * 4 + query[12 : end + 4] + record


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
with open(os.path.join(folder, "resolver"), "w", encoding="ascii"):
    pass
while True:
    question, peer = server.recvfrom(4096)
    server.sendto(answer(question), peer)
