#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""An SMS gateway and a mail server on ports of 127.0.0.1 that the kernel picks; what they get, they write to files.

   gateway.py FOLDER

FOLDER/ports has the two ports, HTTP's first, once both listen. FOLDER/http gets a line of JSON for each request, FOLDER/mail one for
each mail. What the gateway answers stands in FOLDER/answer, as "STATUS", or "302 LOCATION"; 200 where it is missing;
it does not answer while there is FOLDER/hold. The mail server
answers recipients with what stands in FOLDER/mail-answer, "250" where it is missing.
"""
import http.server
import json
import os
import socketserver
import sys
import threading
import time

folder = sys.argv[1]


def read(name, default):
    try:
        with open(os.path.join(folder, name), encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return default


def note(name, entry):
    with open(os.path.join(folder, name), "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


class Gateway(http.server.BaseHTTPRequestHandler):
    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        note("http", {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body})
        while os.path.exists(os.path.join(folder, "hold")):
            time.sleep(0.05)
        status, _, location = read("answer", "200").partition(" ")
        self.send_response(int(status))
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = serve
    do_POST = serve

    def log_message(self, *args):
        pass


class Mail(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def data(self):
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline().rstrip(b"\r\n")) != b".":
            lines.append(line.decode())
        return lines

    def handle(self):
        mail = {"to": []}
        self.say("220 test")
        while line := self.rfile.readline().decode().strip():
            word = line.upper()
            if word.startswith("RCPT"):
                answer = read("mail-answer", "250")
                mail["to"].append(line[8:])
                self.say(answer + " recipient")
            elif word.startswith("MAIL"):
                mail["from"] = line[10:]
                self.say("250 sender")
            elif word.startswith("DATA"):
                mail["lines"] = self.data()
                note("mail", mail)
                self.say("250 taken")
            elif word.startswith("QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("250 test")


servers = [
    http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway),
    socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail),
]
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
with open(os.path.join(folder, "ports.new"), "w", encoding="ascii") as out:
    out.write(" ".join(str(server.server_address[1]) for server in servers) + "\n")
os.rename(os.path.join(folder, "ports.new"), os.path.join(folder, "ports"))
threading.Event().wait()
