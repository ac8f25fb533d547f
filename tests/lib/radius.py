#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sends RADIUS requests (RFC 2865, RFC 3579) to 127.0.0.1:1812 as no client does, and says which attributes an answer begins with.

   radius.py [--from ADDRESS] pap USER PASSWORD    a request with a Message-Authenticator: prints what came, as "Access-Accept 80 18"
   radius.py [--from ADDRESS] eap USER             the beginning of EAP: likewise
   radius.py [--from ADDRESS] bare USER PASSWORD   one without, then one with it, of nobody: prints "answered", or "no answer" where
                                                   the second one's answer is the first to come
The secret is testing123.
"""
import hashlib
import hmac
import os
import socket
import sys

SECRET = b"testing123"
CODES = {2: "Access-Accept", 3: "Access-Reject", 11: "Access-Challenge"}
USER_NAME, USER_PASSWORD, EAP_MESSAGE, MESSAGE_AUTHENTICATOR = 1, 2, 79, 80


def attribute(number, value):
    return bytes([number, 2 + len(value)]) + value


def request(identifier, attributes, signed):
    """attributes: of the authenticator, as passwords are hidden with it."""
    authenticator = os.urandom(16)
    body = attributes(authenticator)
    if signed:
        empty = body + attribute(MESSAGE_AUTHENTICATOR, bytes(16))
        head = bytes([1, identifier]) + (20 + len(empty)).to_bytes(2, "big") + authenticator
        body += attribute(MESSAGE_AUTHENTICATOR, hmac.new(SECRET, head + empty, "md5").digest())
    return bytes([1, identifier]) + (20 + len(body)).to_bytes(2, "big") + authenticator + body


def pap(user, password):
    def attributes(authenticator):
        stream = hashlib.md5(SECRET + authenticator).digest()
        hidden = bytes(a ^ b for a, b in zip(password.encode().ljust(16, b"\0"), stream))
        return attribute(USER_NAME, user.encode()) + attribute(USER_PASSWORD, hidden)

    return attributes


def eap(user):
    identity = b"\x01" + user.encode()
    message = b"\x02\x01" + (4 + len(identity)).to_bytes(2, "big") + identity
    return lambda _: attribute(USER_NAME, user.encode()) + attribute(EAP_MESSAGE, message)


def types(packet):
    at, found = 20, []
    while at < len(packet):
        found.append(str(packet[at]))
        at += packet[at + 1]
    return found


def main():
    arguments = sys.argv[1:]
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if arguments[0] == "--from":
        link.bind((arguments[1], 0))
        arguments = arguments[2:]
    link.connect(("127.0.0.1", 1812))
    link.settimeout(120)
    kind, user, *password = arguments
    if kind == "bare":
        link.send(request(1, pap(user, *password), signed=False))
        link.send(request(2, pap("nobody", "000000"), signed=True))
        print("no answer" if link.recv(4096)[1] == 2 else "answered")
        return
    link.send(request(1, eap(user) if kind == "eap" else pap(user, *password), signed=True))
    answer = link.recv(4096)
    print(CODES[answer[0]], *types(answer))


main()
