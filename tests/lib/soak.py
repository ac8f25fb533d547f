#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Load of all kinds on a countersignd, and what its processes take of memory and descriptors meanwhile.

    soak.py --url URL --ca FILE --metrics URL --socket PATH --admin FILE --app FILE --pid PID --sent FILE
            --seconds N [--rate N]

FILE of --sent is what tests/lib/gateway.py was sent.

Prints a table and exits 0 where every answer was one that was to be expected, and every process stayed as large as it was.
What is measured is the proportional set size (smaps_rollup) and the number of open descriptors, of the supervisor and all below it.
The first third of the time is for caches to fill. Of the rest the median of the last quarter may lie above that of the first quarter by
the tolerance (KiB; of descriptors 2), and the slope (Theil-Sen: the median of all slopes between two samples, which a few odd samples
do not move) is told.
"""
import argparse
import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import signal
import socket
import ssl
import statistics
import struct
import sys
import threading
import time
import urllib.parse

WORKERS = 4
DESCRIPTORS = 2  # that a process may have more of


class Unexpected(Exception):
    pass


def hotp(key, counter):
    mac = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)


class Local(http.client.HTTPConnection):
    """The daemon's Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=300)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(300)
        self.sock.connect(self.path)


class Worker(threading.Thread):
    """Asks one thing after the other, over a connection that is a new one now and then."""

    def __init__(self, number, args):
        super().__init__()
        self.number, self.args = number, args
        self.random = random.Random(args.seed * 100 + number)
        self.context = ssl.create_default_context(cafile=args.ca)
        self.host = urllib.parse.urlsplit(args.url).netloc
        self.admin = open(args.admin).read().strip()
        self.app = open(args.app).read().strip()
        self.connections, self.answers, self.error = {}, {}, None
        self.user, self.counter, self.made = "soak%d" % number, 0, 0
        self.key = hashlib.sha1(b"soak %d" % number).digest()
        self.asked, self.owner, self.phone, self.read = 0, "", "", 0

    # ---- calls ----

    def connection(self, door):
        if door in self.connections and self.random.random() < 0.02:
            self.connections.pop(door).close()
        if door not in self.connections:
            if door == "socket":
                self.connections[door] = Local(self.args.socket)
            elif door == "metrics":
                self.connections[door] = http.client.HTTPConnection(
                    urllib.parse.urlsplit(self.args.metrics).netloc, timeout=300)
            else:
                self.connections[door] = http.client.HTTPSConnection(self.host, context=self.context, timeout=300)
        return self.connections[door]

    def call(self, method, path, body=None, credential=None, door="https", form=False, headers=None):
        headers = dict(headers or {})
        if credential:
            headers["Authorization"] = "Bearer " + credential
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
            body = urllib.parse.urlencode(body) if form else json.dumps(body)
        try:
            connection = self.connection(door)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (http.client.HTTPException, OSError):
            self.connections.pop(door).close()
            raise
        return answer.status, text

    def want(self, statuses, *what, **how):
        status, text = self.call(*what, **how)
        if status not in statuses:
            raise Unexpected("%s %s: %d %s" % (what[0], what[1], status, text[:300]))
        return status, text

    def code(self):
        self.counter += 1
        return hotp(self.key, self.counter - 1)

    # ---- what is asked ----

    def right(self, door="https"):
        _, text = self.want([200], "POST", "/v1/otp/verify", {"user": self.user, "code": self.code()}, self.app, door)
        if b'"accepted":true' not in text:
            raise Unexpected("a right code: %s" % text)

    def local(self):
        self.right("socket")

    def wrong(self):
        _, text = self.want([200], "POST", "/v1/otp/verify", {"user": self.user, "code": "abcdef"}, self.app)
        if b'"accepted":false' not in text:
            raise Unexpected("a wrong code: %s" % text)
        self.right()

    def replay(self):
        self.right()
        old = hotp(self.key, self.counter - 1)
        if old in (hotp(self.key, self.counter + i) for i in range(16)):
            return  # by chance it is one of those to come: one time in 100,000
        _, text = self.want([200], "POST", "/v1/otp/verify", {"user": self.user, "code": old}, self.app)
        if b'"accepted":true' in text:
            raise Unexpected("a code twice: %s" % text)

    def validate(self):
        self.want([200], "POST", "/validate/check", {"user": self.user, "pass": self.code()}, self.app, form=True)

    def radius(self):
        self.want([200, 204], "POST", "/v1/otp/radius", {"user": self.user, "code": self.code()}, self.app)

    def login(self):
        status, text = self.want([200, 503], "POST", "/v1/login",
                                 {"user": self.user + "p", "password": "a horse and a battery"}, self.app)
        if status == 200 and b'"accepted":true' not in text:
            raise Unexpected("a login: %s" % text)

    def challenge(self):
        status, text = self.want([201, 429], "POST", "/v1/challenges", {"user": self.user + "o", "type": "ocra"}, self.app)
        if status == 201:
            self.want([200], "GET", "/v1/challenges/" + json.loads(text)["challenge"], None, self.app)

    def texts(self):
        """What was sent to the phone since the last look."""
        with open(self.args.sent, "rb") as file:
            file.seek(self.read)
            lines = file.read()
        lines = lines[:lines.rfind(b"\n") + 1]
        self.read += len(lines)
        for line in lines.splitlines():
            sent = json.loads(line)
            if sent["path"] == "/sms" and json.loads(sent["body"])["to"] == self.phone:
                yield json.loads(sent["body"])["text"].rpartition(" ")[2]

    def sms(self):
        if self.asked % 900 == 0:  # an hour's share of a token is 1000
            self.owner = "%ss%d" % (self.user, self.asked)
            self.phone = "+49151%03d%06d" % (self.number, self.asked)
            self.want([201], "POST", "/v1/users", {"user": self.owner}, self.admin)
            self.want([201], "POST", "/v1/tokens", {"user": self.owner, "type": "sms", "destination": self.phone}, self.admin)
        self.asked += 1
        _, text = self.want([201], "POST", "/v1/challenges", {"user": self.owner, "type": "sms"}, self.app)
        challenge, late = json.loads(text)["challenge"], time.monotonic() + 300
        while time.monotonic() < late:
            for code in self.texts():  # one may come twice
                _, text = self.want([200], "POST", "/v1/otp/verify",
                                    {"user": self.owner, "code": code, "challenge": challenge}, self.app)
                if b'"accepted":true' in text:
                    return
            time.sleep(0.02)
        raise Unexpected("no code that is good was sent to %s" % self.phone)

    def stranger(self):
        self.want([401], "GET", "/v1/users", None, "cs_nobody_%d" % self.random.randrange(10 ** 9))

    def nonsense(self):
        self.want([400, 404, 405, 413, 415], self.random.choice(["POST", "PUT", "GET"]), self.random.choice(["/v1/otp/verify", "/v1", "/x"]),
                  {"user": 7}, self.app)

    def lists(self):
        self.want([200], "GET", self.random.choice(["/v1/users?limit=20", "/v1/tokens?limit=20", "/v1/audit?limit=50", "/v1/locks",
                                                    "/v1/applications", "/v1/audit/checkpoints"]), None, self.admin)

    def public(self):
        self.want([200], "GET", self.random.choice(["/healthz", "/livez", "/v1/openapi.json", "/.well-known/jwks.json"]))

    def figures(self):
        self.want([200], "GET", "/metrics", door="metrics")

    def administer(self):
        self.made += 1
        name = "%s-%d" % (self.user, self.made)
        key = {"Idempotency-Key": name}
        self.want([201], "POST", "/v1/users", {"user": name}, self.admin, headers=key)
        self.want([201], "POST", "/v1/users", {"user": name}, self.admin, headers=key)
        _, text = self.want([201], "POST", "/v1/tokens", {"user": name, "type": "totp"}, self.admin)
        token = json.loads(text)["token"]
        self.want([200], "POST", "/v1/tokens/%s/disable" % token, {}, self.admin)
        self.want([201], "POST", "/v1/tokens", {"user": name, "type": "list"}, self.admin)

    def begin(self):
        for name in (self.user, self.user + "p", self.user + "o"):
            self.want([201], "POST", "/v1/users", {"user": name}, self.admin)
        text = base64.b32encode(self.key).decode()
        self.want([201], "POST", "/v1/tokens", {"user": self.user, "type": "hotp", "secret": text}, self.admin)
        self.want([201], "POST", "/v1/tokens", {"user": self.user + "o", "type": "ocra", "suite": "OCRA-1:HOTP-SHA1-6:QN08"}, self.admin)
        self.want([200], "POST", "/v1/users/%sp/password" % self.user,
                  {"password": "a horse and a battery", "change": "never"}, self.admin)
        self.want([200], "POST", "/v1/users/%sp/class" % self.user, {"class": "soak"}, self.admin)

    SHARES = [(right, 40), (local, 15), (wrong, 5), (replay, 5), (validate, 8), (radius, 6), (login, 2), (challenge, 3), (sms, 2), (stranger, 4),
              (nonsense, 4), (lists, 4), (public, 6), (figures, 1), (administer, 1)]

    def run(self):
        try:
            self.begin()
            self.args.gate.wait()
            doings, weights = zip(*self.SHARES)
            for doing in doings:
                doing(self)
                self.answers[doing.__name__] = 1
            while time.monotonic() < self.args.end and not self.args.failed.is_set():
                doing = self.random.choices(doings, weights)[0]
                begun = time.monotonic()
                doing(self)
                if self.args.rate:
                    time.sleep(max(0.0, 1 / self.args.rate - (time.monotonic() - begun)))
                self.answers[doing.__name__] = self.answers.get(doing.__name__, 0) + 1
        except Exception as error:  # all that can go wrong in a worker is this run's end
            self.error = "%s: %s" % (type(error).__name__, error)
            self.args.failed.set()
        finally:
            if self.error and not self.args.begun:
                self.args.gate.abort()
            for connection in self.connections.values():
                connection.close()


# ---- measuring ----

def children(pid):
    found, queue = {}, [pid]
    while queue:
        parent = queue.pop()
        try:
            words = open("/proc/%d/cmdline" % parent, "rb").read().split(b"\0")
            found[parent] = words[2].decode() if len(words) > 2 and words[1].startswith(b"--child") else "supervisor"
            queue += [int(word) for word in open("/proc/%d/task/%d/children" % (parent, parent)).read().split()]
        except OSError:
            continue
    return found


def measure(pid):
    size = 0
    for line in open("/proc/%d/smaps_rollup" % pid):
        if line.startswith("Pss:"):
            size = int(line.split()[1])
    return size, len(os.listdir("/proc/%d/fd" % pid))


def slope(samples):
    """KiB a minute."""
    if len(samples) > 300:
        samples = samples[::len(samples) // 300 + 1]
    slopes = [(b[1] - a[1]) * 60 / (b[0] - a[0]) for i, a in enumerate(samples) for b in samples[i + 1:]]
    return statistics.median(slopes) if slopes else 0.0


def judge(name, samples, tolerance):
    steady = samples[len(samples) // 3:]
    quarter = max(1, len(steady) // 4)
    first = [statistics.median(s[i] for s in steady[:quarter]) for i in (1, 2)]
    last = [statistics.median(s[i] for s in steady[-quarter:]) for i in (1, 2)]
    flat = last[0] - first[0] <= tolerance and last[1] - first[1] <= DESCRIPTORS
    print("# %-10s PSS %7d -> %7d KiB, %+8.1f KiB/min, at most %7d; descriptors %d -> %d, at most %d: %s" % (
        name, first[0], last[0], slope(steady), max(s[1] for s in samples), first[1], last[1], max(s[2] for s in samples),
        "flat" if flat else "GROWS"))
    return flat


def watch(args, workers):
    """Samples until the end; what each process took, by its number and name."""
    samples, started, reload = {}, time.monotonic(), time.monotonic() + args.seconds / 8
    step = max(0.25, args.seconds / 600)
    while any(worker.is_alive() for worker in workers):
        now = time.monotonic()
        for pid, name in children(args.pid).items():
            try:
                samples.setdefault((pid, name), []).append((now - started, *measure(pid)))
            except OSError:
                continue
        if now >= reload and now < args.end:
            os.kill(args.pid, signal.SIGHUP)
            reload = now + args.seconds / 8
        workers[0].join(step)
        if not workers[0].is_alive():
            for worker in workers:
                worker.join()
    return samples


def main():
    parser = argparse.ArgumentParser()
    for name in ("url", "ca", "metrics", "socket", "admin", "app", "sent"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=0, help="things that each of the workers asks in a second; 0: as many as it can")
    parser.add_argument("--tolerance", type=int, default=0, help="KiB; 0: by the run's length")
    args = parser.parse_args()
    args.failed, args.begun, args.gate = threading.Event(), False, threading.Barrier(WORKERS + 1)
    args.end = float("inf")
    tolerance = args.tolerance or (2048 if args.seconds >= 600 else 8192)
    workers = [Worker(number, args) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    try:
        args.end = time.monotonic() + 3600
        args.gate.wait()
        args.begun = True
    except threading.BrokenBarrierError:
        pass
    args.end = time.monotonic() + args.seconds
    samples = watch(args, workers)
    counts = {}
    for worker in workers:
        if worker.error:
            print("# worker %d: %s" % (worker.number, worker.error))
        for name, count in sorted(worker.answers.items()):
            counts[name] = counts.get(name, 0) + count
    print("# asked: " + ", ".join("%s %d" % item for item in sorted(counts.items())))
    print("# %d in %d s" % (sum(counts.values()), args.seconds))
    whole = [(name, rows) for (_, name), rows in sorted(samples.items(), key=lambda item: item[0][1]) if len(rows) >= 12]
    flat = [judge(name, rows, tolerance) for name, rows in whole]
    names = {name for name, _ in whole}
    missing = {"supervisor", "keeper", "front", "courier"} - names
    if missing or len(names) != len(whole):
        print("# processes seen long enough: %s" % ", ".join(name for name, _ in whole))
    # Every kind has to have been asked, or the run was no soak.
    asked = all(doing.__name__ in counts for doing, _ in Worker.SHARES)
    return 0 if all(flat) and not missing and len(names) == len(whole) and not args.failed.is_set() and asked else 1


sys.exit(main())
