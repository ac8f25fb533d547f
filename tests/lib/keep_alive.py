#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Clients that each keep one HTTPS connection and ask over it, one question after the other, until they are told to stop.

   keep_alive.py PORT CA CONNECTIONS STOP_FILE CREDENTIAL_FILE

Says "going" when each connection has had an answer, and at the end how many answers came in all. Fails, and says why, where an
answer is not 200, or a connection ends: none is opened a second time.
"""
import http.client
import os
import ssl
import sys
import threading

port, ca, connections, stop, credential_file = sys.argv[1:6]
with open(credential_file, encoding="ascii") as file:
    credential = file.read().strip()
answered = [0] * int(connections)
failed = []
begun = threading.Barrier(int(connections) + 1)


def ask(connection, number):
    if number % 2:
        connection.request("GET", "/readyz")
    else:
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + credential}
        connection.request("POST", "/v1/otp/verify", '{"user":"nobody","code":"123456"}', headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {body!r}")


def client(number):
    connection = http.client.HTTPSConnection("127.0.0.1", int(port), context=ssl.create_default_context(cafile=ca), timeout=120)
    try:
        connection.connect()
        connection.auto_open = 0
        ask(connection, number)
        begun.wait()
        while not os.path.exists(stop):
            answered[number] += 1
            ask(connection, answered[number])
    except Exception as error:  # whatever it is, it must not have happened
        failed.append(f"connection {number}, after {answered[number]} answers: {error!r}")
        begun.abort()
    connection.close()


threads = [threading.Thread(target=client, args=(i,)) for i in range(len(answered))]
for thread in threads:
    thread.start()
try:
    begun.wait()
    print("going", flush=True)
except threading.BrokenBarrierError:
    pass
for thread in threads:
    thread.join()
for text in failed:
    print(text)
print(sum(answered))
sys.exit(1 if failed else 0)
