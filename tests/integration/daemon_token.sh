#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A daemon whose sealing key is sealed by an AES key on our own card, through our own module: it starts with the card, goes on
# without it, does not start without it, and can be brought from a bare key to a sealed one.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"

for need in pkcs11-tool curl jq oathtool; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
DAEMON_DIR=$CARD_DIR/daemon
mkdir "$DAEMON_DIR"
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
card_at_exit daemon_end

so_pin=82918273
pin=482913
seed=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ # the 20 bytes of RFC 4226, appendix D

tool()
{
	pkcs11-tool --module "$CARD_MODULE" "$@" >/dev/null 2>&1
}

verify() # COUNTER: the code of it
{
	local credential=$DAEMON_DIR/web.credential
	api POST /v1/otp/verify "{\"user\":\"alice\",\"code\":\"$(oathtool -b -c "$1" "$seed")\"}"
	[ "$status" = 200 ]
}

refused_start() # what it says
{
	timeout 120 "$daemon_program" --config "$DAEMON_DIR/countersignd.conf" >"$DAEMON_DIR/daemon.log" 2>&1 && return 1
	cat "$DAEMON_DIR/daemon.log"
}

card_start countersign
tool --init-token --so-pin "$so_pin" --label Vault
tool --login --login-type so --so-pin "$so_pin" --init-pin --new-pin "$pin"
tap_ok "the card makes an AES key for the daemon" \
	tool --login --pin "$pin" --keygen --key-type AES:32 --id 0b --label countersign-kek --usage-decrypt --sensitive --private
(umask 077 && echo "$pin" >"$DAEMON_DIR/pin")
uri="pkcs11:token=Vault;object=countersign-kek?module-path=$CARD_MODULE&pin-source=file:$DAEMON_DIR/pin"

tap_ok "countersignd --init has the card seal the sealing key" daemon_init "sealing_token = $uri" || tap_done
tap_like "its file holds nothing else" "$(cat "$DAEMON_DIR/server/sealing.key")" '^pkcs11:[0-9a-f]{122}$'
tap_ok "the daemon starts with the card" daemon_start || tap_done
app_make web && user_make alice "$seed"
tap_ok "a code is accepted" verify 0
card_stop
tap_ok "and another when the card is away" verify 1
daemon_stop
said=$(refused_start)
tap_like "without the card it does not start, and says why" "$said" "none of the [0-9]+ tokens present is the one that the URI names"
card_resume
tap_ok "with the card it does" daemon_start
tap_ok "and opens what it sealed before" verify 2
daemon_stop

# ---- there and back ----

sed -i '/^sealing_token/d' "$DAEMON_DIR/countersignd.conf"
said=$(refused_start)
tap_like "a sealed key without sealing_token is told" "$said" "a token sealed it: set sealing_token"
tap_refused "a key is not made bare without the token that sealed it" "$daemon_program" --config "$DAEMON_DIR/countersignd.conf" --rewrap-key
tap_ok "with that it is" "$daemon_program" --config "$DAEMON_DIR/countersignd.conf" --rewrap-key --former-token "$uri"
tap_like "as 64 digits" "$(cat "$DAEMON_DIR/server/sealing.key")" '^[0-9a-f]{64}$'
tap_is "for its owner alone" "$(stat -c %a "$DAEMON_DIR/server/sealing.key")" 600
tap_ok "the daemon starts" daemon_start
tap_ok "and opens what it sealed before the change" verify 3
echo "sealing_token = $uri" >>"$DAEMON_DIR/countersignd.conf"
tap_ok "the card seals the key while the daemon runs" "$daemon_program" --config "$DAEMON_DIR/countersignd.conf" --rewrap-key
tap_ok "which is not disturbed" verify 4
rewraps()
{
	local credential=$DAEMON_ADMIN
	api GET '/v1/audit?limit=1000'
	jq -r '.entries | sort_by(.sequence)[] | select(.action == "rewrap_key") | [.actor, .user, .result, .detail] | join("|")' <<<"$answer"
}
account=$(id -un)
both="countersignd|$account|done|from Vault/countersign-kek to bare
countersignd|$account|done|from bare to Vault/countersign-kek"
tap_is "the audit log has both changes, by whom, and from which key to which" "$(rewraps | sed 's/|[a-z0-9_-]* as /|/')" "$both"
sed "s,^database = .*,," "$DAEMON_DIR/countersignd.conf" >"$DAEMON_DIR/elsewhere.conf"
echo "database = $DAEMON_DIR/none.db" >>"$DAEMON_DIR/elsewhere.conf"
key=$(cat "$DAEMON_DIR/server/sealing.key")
said=$("$daemon_program" --config "$DAEMON_DIR/elsewhere.conf" --rewrap-key --former-token "$uri" 2>&1)
tap_like "where the audit log cannot be told, nothing is changed" "$said" "nothing was changed"
tap_is "... indeed" "$(cat "$DAEMON_DIR/server/sealing.key")" "$key"
daemon_stop
tap_ok "the daemon starts with the card again" daemon_start
tap_ok "and opens what it sealed at the very beginning" verify 5

# ---- the key of checkpoints on the card, under a daemon that runs ----

daemon_stop
rm -r "$DAEMON_DIR/server/checkpoints" # of the key in a file
tap_ok "the card makes a key pair for checkpoints" tool --login --pin "$pin" --keypairgen --key-type EC:prime256v1 --id 0c --label countersign-audit
cs=$top_builddir/tools/countersign
cat >>"$DAEMON_DIR/countersignd.conf" <<END
audit_token = pkcs11:token=Vault;object=countersign-audit?module-path=$CARD_MODULE&pin-source=file:$DAEMON_DIR/pin
checkpoint_entries = 1
END
checkpoint_follows() # until a checkpoint proves what was asked a moment ago
{
	local credential=$DAEMON_ADMIN tries=1800 head
	api GET '/v1/audit?limit=1000'
	head=$(jq '[.entries[].sequence] | max' <<<"$answer")
	until api GET '/v1/audit/checkpoints?limit=1000' && [ "$(jq '[.checkpoints[].sequence] | max // 0' <<<"$answer")" -ge "$head" ]; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}
patience() # CMD...: until it is so
{
	local tries=1800
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}
vault() # the process that has the module: the only grandchild of keeper's
{
	pgrep -P "$(pgrep -P "$(pgrep -P "$DAEMON_PID" -f 'child keeper')")"
}
tap_ok "the daemon starts with it" daemon_start
verify 6
tap_ok "the card signs a checkpoint" checkpoint_follows
before=$(vault)
kill -9 "$before"
another() { now=$(vault) && [ "$now" != "$before" ]; }
patience another
verify 7
tap_ok "after a SIGKILL of what holds the token another one has the card sign" checkpoint_follows
tap_is "which is told once" "$(grep -c 'was ended by signal 9' "$DAEMON_DIR/daemon.log")" 1
# A signature that does not come: what is to give it stands still, and is still there after the codes, so nobody waited for its end.
before=$(vault)
kill -STOP "$before"
tap_ok "while the card's signature does not come a code is accepted" verify 8
tap_ok "and another, asked after the checkpoint was" verify 9
tap_is "by a keeper that waits for neither of them" "$(vault)" "$before"
kill -CONT "$before"
tap_ok "and the signature comes when it can" checkpoint_follows
card_stop
verify 10
patience grep -q "no checkpoint of the audit log" "$DAEMON_DIR/daemon.log"
tap_ok "without the card codes are accepted" verify 11
card_resume
tap_ok "and once it is there again it signs what was done meanwhile" checkpoint_follows
tap_ok "the log is exported" "$cs" audit export --server "$DAEMON_URL" --ca "$DAEMON_CA" --credential-file "$DAEMON_ADMIN" "$DAEMON_DIR/log"
daemon_stop
key=("$DAEMON_DIR"/server/checkpoints/key-*.pem)
tap_ok "the checkpoints prove the log, off line" "$cs" audit verify --log "$DAEMON_DIR/log" \
	--checkpoints "$DAEMON_DIR/server/checkpoints" --key "${key[0]}"
sed -i '/^audit_token/d' "$DAEMON_DIR/countersignd.conf"
daemon_start

# A PIN that is wrong costs one try, also where it became wrong under a daemon that runs.
echo 000000 >"$DAEMON_DIR/pin"
kill -9 "$(pgrep -P "$DAEMON_PID" -f 'child keeper')"
wait "$DAEMON_PID"
tap_is "a keeper that finds the PIN refused ends the daemon" $? 3
DAEMON_PID=
tap_is "after one try" "$(grep -c C_Login "$DAEMON_DIR/daemon.log")" 1
echo "$pin" >"$DAEMON_DIR/pin"
tap_ok "with the right PIN it starts" daemon_start
daemon_stop
echo 000000 >"$DAEMON_DIR/pin"
said=$(refused_start)
tap_is "a wrong PIN at the start is tried once" "$(grep -c C_Login <<<"$said")" 1
flags=$(pkcs11-tool --module "$CARD_MODULE" -L 2>/dev/null)
tap_refused "and the card is not blocked" grep -q "user PIN locked" <<<"$flags"
tap_done
