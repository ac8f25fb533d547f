#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A line between vpcd's reader and a virtual card, on which an answer can be kept for as long as a test wants.

   vpcd_hold.py CARD_PORT READER_PORT COMMANDS

The card connects to CARD_PORT, and stays; the reader is at READER_PORT, and is looked for again when it has gone. The first four bytes
of each command go to the file COMMANDS when they come, a line each. On standard input, a line each:

   before HEX   the next command with this instruction byte, on whatever channel, is kept from the card
   after HEX    the card is given it, and its answer is kept
   go           what is kept goes on its way

Says on standard output: "held" when it keeps something; "lost" when the reader went meanwhile, with which what was kept is gone.
"""
import os
import select
import socket
import sys

card_port, reader_port, commands = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
CONTROLS_WITHOUT_ANSWER = (b"\x00", b"\x01", b"\x02")  # power off, power on, reset


def say(line):
    print(line, flush=True)


def message(sock):
    """A length of two bytes, and as many; None where the other side has gone."""
    data = b""
    want = 2
    while len(data) < want:
        try:
            part = sock.recv(want - len(data))
        except ConnectionError:
            part = b""
        if not part:
            return None
        data += part
        if len(data) == 2:
            want = 2 + int.from_bytes(data, "big")
    return data[2:]


def send(sock, data):
    try:
        sock.sendall(len(data).to_bytes(2, "big") + data)
    except ConnectionError:
        pass  # the next look at it says that it has gone


class Line:
    def __init__(self):
        self.rule = None  # when, and which instruction
        self.unread = b""

    def orders(self):
        """What has come on standard input; the end of it ends the program."""
        data = os.read(0, 4096)
        if not data:
            sys.exit(0)
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            words = line.decode().split()
            if words == ["go"]:
                return True
            self.rule = (words[0], bytes.fromhex(words[1]))
        return False

    def reader(self):
        """Until there is one. What is ordered meanwhile is taken note of."""
        while True:
            try:
                return socket.create_connection(("127.0.0.1", reader_port))
            except ConnectionError:
                if select.select([0], [], [], 0.05)[0]:
                    self.orders()

    def keep(self, reader):
        """Until it is let go (true), or the reader goes."""
        self.rule = None
        say("held")
        while True:
            ready = select.select([0, reader], [], [])[0]
            if reader in ready and message(reader) is None:
                say("lost")
                return False
            if 0 in ready and self.orders():
                return True

    def command(self, reader, card, data):
        when = None
        if len(data) >= 4:
            with open(commands, "a", encoding="ascii") as file:
                file.write(data[:4].hex() + "\n")
            if self.rule and data[1:2] == self.rule[1]:
                when = self.rule[0]
        if when == "before" and not self.keep(reader):
            return False
        send(card, data)
        if data in CONTROLS_WITHOUT_ANSWER:
            return True
        answer = message(card)
        if answer is None:
            sys.exit(0)
        if when == "after" and not self.keep(reader):
            return False
        send(reader, answer)
        return True

    def run(self, card):
        while True:
            reader = self.reader()
            going = True
            while going:
                if 0 in select.select([0, reader], [], [])[0]:
                    self.orders()
                    continue
                data = message(reader)
                going = data is not None and self.command(reader, card, data)
            reader.close()
            send(card, b"\x00")  # whoever comes next finds it without power, as any reader begins with a reset


with socket.socket() as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", card_port))
    listener.listen(1)
    say("listening")
    connection = listener.accept()[0]
Line().run(connection)
