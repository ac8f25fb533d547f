#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A USB/IP host that says nothing keeps the token from the next one only where it has attached it, and is there: one that never asked for
# it is sent away, and one that vanished (its computer is off: no end of its connection ever comes) is found out. Each has a token of its
# own, so that all three are waited for at once, for 15 seconds with nothing to do.

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"

for need in python3 unshare ip; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
if [ -z "${USB_NAMESPACE-}" ]; then
	unshare -n true 2>/dev/null || tap_skip_all "namespaces: needs root"
	USB_NAMESPACE=1 exec unshare -n bash "$0" "$@"
fi
ip link set lo up || tap_skip_all "no loopback interface here"

dir=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; wait; rm -rf "$dir"' EXIT
export dir
mkfifo "$dir/go"

# host PORT HOW: attaches the token at the port, and
#   vanish   is gone, without a word to the other end: TCP_REPAIR is what makes a kernel forget a connection so
#   stay     says "attached"; when somebody has written to the pipe $dir/go it asks for the device's status, and says how that went: 0
#   list     asks for the list of devices instead, and says how that begins
host()
{
	python3 - "$@" <<-'END'
		import os, socket, struct, sys
		port, how = int(sys.argv[1]), sys.argv[2]
		line = socket.create_connection(("127.0.0.1", port))
		def take(count):
		    got = b""
		    while len(got) < count:
		        piece = line.recv(count - len(got))
		        if not piece:
		            sys.exit("the connection has ended")
		        got += piece
		    return got
		if how == "list":
		    line.sendall(struct.pack(">HHI", 0x111, 0x8005, 0))
		    print(take(8).hex())
		    sys.exit()
		line.sendall(struct.pack(">HHI32s", 0x111, 0x8003, 0, b"1-1"))
		take(8 + 312)
		if how == "vanish":
		    line.setsockopt(socket.IPPROTO_TCP, 19, 1)
		    line.close()
		    sys.exit()
		print("attached", flush=True)
		with open(os.environ["dir"] + "/go") as go:
		    go.readline()
		line.sendall(struct.pack(">IIIIIIIIII8s", 1, 1, 0x10001, 1, 0, 0, 2, 0, 0, 0, bytes.fromhex("8000000000000200")))
		print(int.from_bytes(take(48 + 2)[20:24], "big"))
	END
}

token()
{
	"$top_builddir/countersign-card" --image "$dir/$1" --init countersign --usbip "$1" 2>"$dir/$1.log" &
	pids+=" $!"
}

listening() { (: <>"/dev/tcp/127.0.0.1/$1"); }
has_list() { [ "$(cat "$dir/$1.list")" = 0111000500000000 ]; }

for port in 3241 3242 3243; do token "$port"; done
for port in 3241 3242 3243; do
	tap_ok "a token is served at port $port" within 120 listening "$port" || tap_note "$(cat "$dir/$port.log")"
done
exec {silent}<>/dev/tcp/127.0.0.1/3241
host 3242 vanish 2>"$dir/vanish"
vanished=$?
host 3243 stay >"$dir/stay" 2>&1 &
pids+=" $!"
tap_ok "a host attaches a token and says nothing more" within 120 grep -q attached "$dir/stay"
for port in 3241 3242; do
	host "$port" list >"$dir/$port.list" 2>&1 &
	pids+=" $!"
done

tap_ok "behind a peer that connects and asks for nothing the next one is answered" within 300 has_list 3241
tap_like "the silent one was sent away, as the token says" "$(cat "$dir/3241.log")" 'a USB/IP peer did not attach the token'
if grep -q "Operation not permitted" "$dir/vanish"; then
	tap_skip "behind a host that vanished with the token attached the next one is answered" "connections cannot be forgotten here"
else
	tap_is "a host vanishes with the token attached" "$vanished $(cat "$dir/vanish")" "0 "
	tap_ok "behind it the next one is answered" within 300 has_list 3242
fi
exec {go}<>"$dir/go" # which blocks nowhere, should there be no host
echo >&"$go"
tap_ok "a host that is there has kept its token all the while" within 120 grep -qx 0 "$dir/stay" || tap_note "$(cat "$dir/stay")"
exec {silent}>&- {go}>&-
tap_done
