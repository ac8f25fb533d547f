#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Receives countersignd's web hooks, believes those that are signed, and prints each event once.

   receiver.py SECRET-FILE [PORT]

A line of SECRET-FILE is a secret; with two of them both are good, while one is being replaced. It listens on 127.0.0.1 (PORT 0: on a
port that it prints), behind a server that speaks TLS: hook_urls = https://your.host/countersign.

What a receiver of your own has to do stands in believe() and new(): compare in constant time, refuse what is older than five minutes or
was seen before, and answer 2xx only when the event is safe, since then it is not sent again.
"""
import hashlib
import hmac
import http.server
import json
import re
import sys
import time

WINDOW = 300  # seconds that a signature is good for
BODY_MAX = 65536


def believe(secrets, header, body, now):
    """Whether one of the secrets signed this body, lately."""
    found = re.fullmatch(r"t=([0-9]{1,15}),v1=([0-9a-f]{64})", header)
    if not found or abs(now - int(found[1])) > WINDOW:
        return False
    signed = found[1].encode() + b"." + body
    return any(hmac.compare_digest(hmac.new(secret, signed, hashlib.sha256).hexdigest(), found[2]) for secret in secrets)


seen = {}  # a database, in a receiver that may be started again


def new(event, now):
    """Whether the event has not come before: one that was not answered in time comes again."""
    for old in [key for key, when in seen.items() if now - when > 2 * 86400]:
        del seen[old]
    return seen.setdefault(event["id"], now) == now


class Receiver(http.server.BaseHTTPRequestHandler):
    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_MAX:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not believe(SECRETS, self.headers.get("Countersign-Signature", ""), body, time.time()):
            return self.answer(401)
        event = json.loads(body)
        if new(event, time.time()):
            print(json.dumps(event), flush=True)
        return self.answer(204)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        SECRETS = file.read().split()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 8080), Receiver)
    print("listening on port", server.server_address[1], flush=True)
    server.serve_forever()
