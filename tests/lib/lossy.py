#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""An HTTPS proxy before a countersignd that loses what the daemon answers to a POST: the call is done, and nobody hears of it.

   lossy.py DAEMON_PORT CERTIFICATE KEY LOSSES_FILE

Says the port that it listens on. LOSSES_FILE has two words: how many answers are still to be lost (all: each one), which is counted
down, and what is said in their place: nothing (the connection ends), or a status; the first of several with commas between them is
said once.
"""
import http.client
import http.server
import ssl
import sys

daemon, certificate, key, losses = sys.argv[1:5]


def is_lost():
    with open(losses, encoding="ascii") as file:
        left, how = file.read().split()
    if left == "0":
        return None
    now, _, then = how.partition(",")
    with open(losses, "w", encoding="ascii") as file:
        file.write(f"{left if left == 'all' else int(left) - 1} {then or now}")
    return now


class Lossy(http.server.BaseHTTPRequestHandler):
    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPSConnection("127.0.0.1", int(daemon), context=ssl.create_default_context(cafile=certificate))
        connection.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k != "Host"})
        answer = connection.getresponse()
        text, status, how = answer.read(), answer.status, None
        if self.command == "POST":
            how = is_lost()
        if how == "nothing":
            return
        if how is not None:
            text, status = b'{"error":{"code":"lost","message":"The answer is lost."}}', int(how)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = forward

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lossy)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
