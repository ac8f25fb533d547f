#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# kill -9 under load, again and again, of whatever process the daemon has, with the database in SQLite and on PostgreSQL: no code is
# accepted again, nothing acknowledged is lost, the audit log holds, and each user who was added is told to a web hook. Where SoftHSM is
# installed it seals the sealing key and signs checkpoints, so that there are vaults to be killed, too; what the log and its checkpoints say
# agrees in any case. COUNTERSIGN_TEST_SEED repeats a run; COUNTERSIGN_TEST_KILLS changes the numbers (make kills: 200).

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
for need in curl jq python3; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
# shellcheck source=tests/lib/postgresql.sh
. "$top_srcdir/tests/lib/postgresql.sh"
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"

gateway=
softhsm=/usr/lib/softhsm/libsofthsm2.so

clean()
{
	local status=$?
	trap - EXIT
	daemon_stop
	[ -z "$gateway" ] || { kill "$gateway" && wait "$gateway"; }
	pg_end
	rm -rf "$DAEMON_DIR"
	exit "$status"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

seed=${COUNTERSIGN_TEST_SEED:-$RANDOM$RANDOM}
tap_note "COUNTERSIGN_TEST_SEED=$seed"

kill_run() # KILLS
{
	# The port must stay the same, as the clients do.
	sed -i "s/^listen = .*/listen = ${DAEMON_URL#https://}/" "$DAEMON_DIR/countersignd.conf"
	"$top_builddir/tests/integration/daemon_kill" "$daemon_program" "$DAEMON_DIR/countersignd.conf" "$DAEMON_URL" "$DAEMON_CA" \
		"$DAEMON_ADMIN" "$DAEMON_DIR/web.credential" "$1" "$seed" 2>"$DAEMON_DIR/kill.log" >"$DAEMON_DIR/kill.out"
	local status=$?
	[ "$status" -eq 0 ] || tail -n 20 "$DAEMON_DIR/kill.out" "$DAEMON_DIR/kill.log"
	return "$status"
}

# A token with a key for each purpose; what the configuration says of it is in token_lines.
token_make()
{
	local tool=(pkcs11-tool --module "$softhsm" --token-label Vault) uri
	mkdir "$DAEMON_DIR/token"
	export SOFTHSM2_CONF=$DAEMON_DIR/softhsm.conf
	printf 'directories.tokendir = %s\nobjectstore.backend = file\n' "$DAEMON_DIR/token" >"$SOFTHSM2_CONF"
	(umask 077 && echo 271828 >"$DAEMON_DIR/pin")
	{
		pkcs11-tool --module "$softhsm" --init-token --slot-index 0 --so-pin 82918273 --label Vault &&
			"${tool[@]}" --login --login-type so --so-pin 82918273 --init-pin --new-pin 271828 &&
			"${tool[@]}" --login --pin 271828 --keygen --key-type AES:32 --label kek --sensitive --private &&
			"${tool[@]}" --login --pin 271828 --keypairgen --key-type EC:prime256v1 --label audit
	} >"$DAEMON_DIR/token.log" 2>&1 || return
	uri="?module-path=$softhsm&pin-source=file:$DAEMON_DIR/pin"
	token_lines=("sealing_token = pkcs11:token=Vault;object=kek$uri" "audit_token = pkcs11:token=Vault;object=audit$uri"
		"checkpoint_entries = 100")
}

hook_make()
{
	mkdir "$DAEMON_DIR/world"
	echo 0123456789abcdef0123456789abcdef >"$DAEMON_DIR/secret"
	python3 "$top_srcdir/tests/lib/gateway.py" "$DAEMON_DIR/world" {tap_fd}>&- &
	gateway=$!
	until_so test -e "$DAEMON_DIR/world/ports" || return 1
	read -r hook_port _ <"$DAEMON_DIR/world/ports"
}

# What was told every half second alone would wait for longer than until_so does.
outbox_empty()
{
	local credential=$DAEMON_ADMIN
	api GET /v1/outbox
	[ "$(jq '.messages | length' <<<"$answer")" = 0 ]
}

# How many of the users who were added no event came of.
untold()
{
	jq -r '.body | fromjson | select(.event == "user.added") | .user' "$DAEMON_DIR/world/http" | sort -u >"$DAEMON_DIR/told"
	seq 0 $(($(sed -n 's/.*users added: //p' "$DAEMON_DIR/kill.out") - 1)) | sed 's/^/made-/' | sort | comm -23 - "$DAEMON_DIR/told" | wc -l
}

# Each checkpoint that was signed under way is of this log, as far as it goes.
checkpoints_agree()
{
	local cs=$top_builddir/tools/countersign away=$DAEMON_DIR/away log=$DAEMON_DIR/audit.jsonl
	local -x COUNTERSIGN_SERVER=$DAEMON_URL COUNTERSIGN_CA=$DAEMON_CA COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_ADMIN
	rm -rf "$away" "$log"
	"$cs" audit checkpoints "$away" && "$cs" audit export "$log" &&
		"$cs" audit verify --log "$log" --checkpoints "$away" --key "$(echo "$away"/key-*.pem)"
}

kill_test() # STORE KILLS [LINE]
{
	: >"$DAEMON_DIR/world/http"
	tap_ok "a daemon is made, $1" daemon_init "hook_urls = http://127.0.0.1:$hook_port/" "hook_secret = $DAEMON_DIR/secret" \
		"hook_events = user.added" "courier_allow = 127.0.0.1" "${token_lines[@]}" "${@:3}" || return
	tap_ok "it starts" daemon_start || return
	tap_ok "an application gets a credential" app_make web || return
	tap_ok "it stops when asked to" daemon_stop
	tap_ok "after $2 kills under load no code was accepted twice, nothing acknowledged is lost, and the audit log holds" kill_run "$2"
	tap_note "$(sed 's/^# //' "$DAEMON_DIR/kill.out")"
	tap_ok "it starts once more" daemon_start || return
	tap_ok "... and its checkpoints are of its audit log" checkpoints_agree
	tap_ok "... and sends what waits" until_so outbox_empty
	tap_is "... so that each user who was added is told to the web hook" "$(untold)" 0
	daemon_stop
	rm -rf "$DAEMON_DIR/server"
}

token_lines=()
if [ -e "$softhsm" ] && command -v pkcs11-tool >/dev/null; then
	tap_ok "a token is made for the daemon's keys" token_make
else
	tap_skip "a vault among what is killed" "softhsm2 or opensc is not installed"
fi
tap_ok "a web hook's receiver stands" hook_make || tap_done
kill_test "on SQLite" "${COUNTERSIGN_TEST_KILLS:-40}"
if [ -x "$pg_programs/initdb" ]; then
	tap_ok "a PostgreSQL server is made" pg_make alone && tap_ok "it starts" pg_start alone &&
		kill_test "on PostgreSQL" "${COUNTERSIGN_TEST_KILLS:-15}" \
			"database = postgresql:host=$(pg_hosts alone) dbname=postgres user=countersign"
else
	tap_skip "the same on PostgreSQL" "it is not installed"
fi
tap_done
