#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Listens for HTTPS on port 443 of every address of the machine, and says at which one somebody came.

   anywhere.py FOLDER CERTIFICATE KEY

FOLDER/connections gets a line with the local address of each connection, before a byte of it is read; FOLDER/posts one with the Host
header of each request. FOLDER/anywhere is made when it listens.
"""
import http.server
import os
import socket
import ssl
import sys

folder = sys.argv[1]


def note(name, line):
    with open(os.path.join(folder, name), "a", encoding="utf-8") as file:
        file.write(line + "\n")


class Gateway(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        note("posts", self.headers["Host"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def get_request(self):
        connection, peer = self.socket.accept()
        note("connections", connection.getsockname()[0])
        connection.settimeout(60)
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), peer

    def handle_error(self, request, client_address):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server = Server(("::", 443), Gateway)
note("anywhere", "")
server.serve_forever()
