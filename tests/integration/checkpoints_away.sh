#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The audit log's checkpoints on another machine: a receiver with a network of its own and none of the server's files, an auditor's credential
# and the public key that was noted when the server was set up. It fetches checkpoints and the log over the network, and finds out that the
# server, with all that lies there, was put back to an earlier day. Needs root.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
top_builddir=$(cd "$top_builddir" && pwd)
# shellcheck source=tests/lib/door.sh
. "$top_srcdir/tests/lib/door.sh"
tap_need nsenter

daemon_port() # of the one address that is all of them
{
	sed -n 's/.*listening for HTTPS on 0\.0\.0\.0:\([0-9]*\).*/\1/p' "$DAEMON_DIR/daemon.log" | tail -n 1
}

# ---- two machines ----

door_run receiver unshare -m -n --propagation private sleep infinity
receiver() # CMD...: there, in its directory, which nobody else sees
{
	nsenter -t "${door_pid[receiver]}" -m -n -r sh -c 'cd /mnt && exec "$@"' - "$@"
}
apart() { [ "$(readlink "/proc/${door_pid[receiver]}/ns/net")" != "$(readlink /proc/self/ns/net)" ] && receiver ls / >/dev/null; }
tap_ok "the receiver has a network of its own" door_patience apart || tap_done
wire()
{
	ip link add wire type veth peer name wire netns "${door_pid[receiver]}" && ip addr add 192.0.2.1/24 dev wire && ip link set wire up &&
		receiver ip addr add 192.0.2.2/24 dev wire && receiver ip link set wire up
}
if ! wire 2>/dev/null; then
	tap_skip "checkpoints on another machine" "this kernel makes no pair of network devices"
	tap_done
fi
tap_ok "the server is set up" daemon_init "tls_names = 192.0.2.1" "checkpoint_entries = 4" || tap_done
sed -i 's/^listen = .*/listen = 0.0.0.0:0/' "$DAEMON_DIR/countersignd.conf"
staff() # NAME: an auditor, whose credential is printed
{
	local credential=$DAEMON_ADMIN
	api POST /v1/staff "{\"name\":\"$1\",\"role\":\"auditor\"}"
	jq -re .credential <<<"$answer"
}
tap_ok "... and started" daemon_start && tap_ok "... with an auditor" eval 'auditor=$(staff eve)' || tap_done
made() { ls "$DAEMON_DIR"/server/checkpoints/checkpoint-*.txt >/dev/null 2>&1; }
for user in a b c d e; do user_make "$user" "$door_seed"; done
tap_ok "... and makes checkpoints" door_patience made
give()
{
	receiver mount -t tmpfs none /mnt && receiver mount -t tmpfs none "$DAEMON_DIR/server" || return
	receiver cp /dev/stdin /mnt/ca.pem <"$DAEMON_CA" && receiver cp /dev/stdin /mnt/auditor <<<"$auditor" && receiver chmod 600 /mnt/auditor &&
		receiver cp /dev/stdin /mnt/noted.pem <"$(echo "$DAEMON_DIR"/server/checkpoints/key-*.pem)"
}
tap_ok "the receiver gets its CA, an auditor's credential and the key's public half" give || tap_done
tap_is "... and sees nothing of the server's files" "$(receiver ls "$DAEMON_DIR/server")" ""

# ---- what it finds ----

away() # countersign audit ..., asked from there
{
	receiver env COUNTERSIGN_SERVER="https://192.0.2.1:$(daemon_port)" COUNTERSIGN_CA=ca.pem COUNTERSIGN_CREDENTIAL_FILE=auditor \
		"$top_builddir/tools/countersign" audit "$@" 2>&1
}
look()
{
	receiver rm -f log.jsonl && away export log.jsonl && away verify --log log.jsonl --checkpoints kept --key noted.pem
}
keep() { daemon_stop && cp -a "$DAEMON_DIR/server" "$DAEMON_DIR/earlier" && daemon_start; }
put_back() { daemon_stop && rm -r "$DAEMON_DIR/server" && mv "$DAEMON_DIR/earlier" "$DAEMON_DIR/server" && daemon_start; }
tap_ok "an earlier day of the server is kept by somebody" keep
for user in f g h i j; do user_make "$user" "$door_seed"; done
newest() { find "$DAEMON_DIR/$1/checkpoints" -name 'checkpoint-*.txt' | sed 's/.*checkpoint-\([0-9]*\)-.*/\1/' | sort -n | tail -n 1; }
newer() { [ "$(newest server)" -gt "$(newest earlier)" ]; }
tap_ok "... and there are newer checkpoints" door_patience newer
tap_like "the receiver fetches them" "$(away checkpoints kept)" '[1-9][0-9]* checkpoints'
tap_is "... the newest one too, as the server has it" "$(receiver sh -c "cat kept/checkpoint-*.txt" | sha256sum)" \
	"$(cat "$DAEMON_DIR"/server/checkpoints/checkpoint-*.txt | sha256sum)"
tap_like "... and the log agrees with them" "$(look)" 'agrees with: [1-9]'
tap_ok "the server is put back to that day, its checkpoints too" put_back
tap_like "on its own machine all is well" "$("$top_builddir/tools/countersign" audit verify --database "$DAEMON_DIR/server/countersign.db" 2>&1)" 'entries'
tap_like "the receiver says that the end was cut off" "$(look)" 'the end was cut off'
tap_done
