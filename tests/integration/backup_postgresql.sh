#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# countersign server backup and restore of a PostgreSQL database: under load, with programs that are not there, too old, killed or
# cut off, and what is good and is not good after a restore. What they do to a SQLite file, cli_server.sh has.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
top_srcdir=$(cd "$top_srcdir" && pwd)
top_builddir=$(cd "$top_builddir" && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
tap_need curl jq oathtool pg_dump pg_restore
DAEMON_POSTGRESQL=yes
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
# shellcheck source=tests/lib/import.sh
. "$top_srcdir/tests/lib/import.sh"
end()
{
	daemon_end
	rm -rf "$DAEMON_DIR"
}
trap end EXIT

tap_ok "a daemon on PostgreSQL" daemon_init && tap_ok "it starts" daemon_start || tap_done
reach
# shellcheck disable=SC2164
cd "$DAEMON_DIR"
app_make web
seed=$(seed 1) seed_bob=$(seed 2)
user_make alice "$seed"
user_make bob "$seed_bob"
place="postgresql:host=$(pg_hosts daemon) dbname=postgres user=countersign"
again="postgresql:host=$(pg_hosts daemon) dbname=again user=countersign"
copy=$DAEMON_DIR/copy.pg
sql() # DATABASE SQL
{
	"$pg_programs/psql" -XAtq -h "$(pg_hosts daemon)" -U countersign -d "$1" -c "$2"
}
code() # COUNTER SEED
{
	oathtool --hotp -b -c "$1" "$2"
}
sessions_over()
{
	[ "$(sql postgres "SELECT count(*) FROM pg_stat_activity WHERE datname = '$1' AND usename IS NOT NULL AND pid <> pg_backend_pid()")" = 0 ]
}
emptied()
{
	sql postgres 'DROP DATABASE IF EXISTS again' 2>/dev/null && sql postgres 'CREATE DATABASE again'
}
empty()
{
	[ "$(sql again "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")" = 0 ]
}

# What the server's administrator put there is no part of a copy: nobody else could put it back.
sql postgres 'CREATE EXTENSION pg_trgm; CREATE SCHEMA other; CREATE TABLE other.notes (a TEXT)'

# A program that stands before PostgreSQL's own one of this name in PATH, and calls it as $real.
mkdir fake
stands_in() # NAME, and a script on standard input
{
	{
		printf '#!/bin/bash\nreal=%q dir=%q\n' "$(PATH=$clean command -v "$1")" "$DAEMON_DIR"
		cat
	} >"fake/$1"
	chmod 755 "fake/$1"
}
clean=$PATH
faked() # CMD...
{
	PATH=$DAEMON_DIR/fake:$clean "$@"
}

# ---- a backup under load, and what is accepted before its snapshot and after it
for counter in 0 1 2 3; do
	verify "a code is accepted before the backup: $counter" true alice "$(code "$counter" "$seed")"
done
stands_in pg_dump <<'SH'
[ "$1" = --version ] && exec "$real" "$@"
printf '%s\n' "$@" >"$dir/arguments"
printf '%s\n' "${PGPASSWORD-}" >"$dir/password"
: >"$dir/started"
while [ ! -e "$dir/go" ]; do read -rt 0.1 <>"$dir/never"; done
exec "$real" "$@"
SH
mkfifo never
exec {never}<>never # so that nobody waits who writes to it
mkdir load && cp web.credential load/
load() # bob's codes, one after the other, until there is an end
(
	counter=0
	base=$DAEMON_DIR
	DAEMON_DIR=$base/load
	until [ -e "$base/end" ]; do
		verify "load" true bob "$(code "$counter" "$seed_bob")" >"$base/load.tap"
		grep -q '^ok' "$base/load.tap" || echo "$counter" >>"$base/load.failed"
		counter=$((counter + 1))
		echo "$counter" >"$base/load.count"
	done
)
loaded()
{
	[ "$(cat load.count 2>/dev/null || echo 0)" -ge "$1" ]
}
load &
load_pid=$!
tap_ok "a daemon under load" until_so loaded 5
PGPASSWORD=sesame faked "$cs" server backup "$place" "$copy" >backup.out 2>backup.err </dev/null &
backup_pid=$!
tap_ok "its backup has its snapshot" until_so [ -e started ]
for counter in 4 5 6; do
	verify "a code is accepted after that: $counter" true alice "$(code "$counter" "$seed")"
done
tap_ok "the load goes on" until_so loaded $(($(cat load.count) + 5))
: >go
tap_ok "the backup is made" wait "$backup_pid"
: >end
wait "$load_pid"
tap_ok "nobody was refused meanwhile" [ ! -e load.failed ]
tap_like "it says what it has" "$(cat backup.out)" "^$copy: [0-9]+ audit entries, the last with the hash [0-9a-f]{64}$"
tap_is "it is for its owner alone, and nothing is beside it" "$(stat -c %a "$copy") $(ls "$copy"*)" "600 $copy"
tap_is "a password stands in pg_dump's environment" "$(cat password)" sesame
tap_is "... and not in its arguments" "$(grep -c sesame arguments)" 0
verify "the next code is accepted" true alice "$(code 7 "$seed")"

# ---- what is refused, and leaves nothing
other=$DAEMON_DIR/other.pg
tap_is "a service's password" "$(printf '[there]\nhost=%s\ndbname=postgres\nuser=countersign\npassword=open\n' "$(pg_hosts daemon)" >service
	PGSERVICEFILE=$DAEMON_DIR/service faked "$cs" server backup postgresql:service=there "$DAEMON_DIR/by.service" >/dev/null 2>&1
	echo "$(cat password) $(grep -c 'open\|service' arguments)")" "open 1"
check "a backup does not replace one" 2 'is there already' server backup "$place" "$copy"
check "a password in the place: usage" 2 'read by everybody' server backup "$place password=hidden" "$other"
tap_is "... and is not repeated" "$("$cs" server backup "$place password=hidden" "$other" 2>&1 | grep -c hidden)" 0
check "... nor in a URI" 2 'read by everybody' server backup postgresql://countersign:hidden@localhost/postgres "$other"
check "a place that cannot be read: usage" 2 'cannot be read' server backup postgresql:countersign "$other"
check "a copy is a file" 2 'name one' server backup "$place" "$again"
check "a server that does not answer: status 3" 3 'not reached' server backup "postgresql:host=$DAEMON_DIR user=countersign" "$other"
sql postgres 'CREATE DATABASE foreigner'
check "somebody else's database is refused" 1 'not a database of countersignd' server backup "${place/=postgres /=foreigner }" "$other"
mkdir few && ln -s "$(command -v true)" few/true
PATH=$DAEMON_DIR/few check "without pg_dump the package is named" 2 'pg_dump does not run: it is not in PATH; install the package postgresql-client' \
	server backup "$place" "$other"
stands_in pg_dump <<'SH'
[ "$1" = --version ] && echo 'pg_dump (PostgreSQL) 9.6.1' && exit
exec "$real" "$@"
SH
faked check "a pg_dump that is older than the server, too" 2 'version 9, older than the server.*package postgresql-client-[0-9]+' \
	server backup "$place" "$other"
stands_in pg_dump <<'SH'
[ "$1" = --version ] && exec "$real" "$@"
"$real" "$@"
echo 'pg_dump: error: no more' >&2
exit 1
SH
faked check "one that fails at its end" 2 'pg_dump: error: no more; nothing was left' server backup "$place" "$other"
stands_in pg_dump <<'SH'
[ "$1" = --version ] && exec "$real" "$@"
"$real" "$@"
for argument; do case $argument in --file=*) file=${argument#--file=} ;; esac; done
truncate -s -3000 "$file"
SH
faked check "one whose copy is not whole" 1 'the copy: it is damaged' server backup "$place" "$other"
tap_is "none of these left a file" "$(ls "$other"* 2>/dev/null)" ""
stands_in pg_dump <<'SH'
[ "$1" = --version ] && exec "$real" "$@"
for argument; do case $argument in --file=*) echo half >"${argument#--file=}" ;; esac; done
echo $$ >"$dir/dumping"
read -r <"$dir/never"
SH
gone() # PID
{
	[ -z "$(tr -d '\0' 2>/dev/null <"/proc/$1/cmdline")" ]
}
for signal in TERM HUP KILL; do
	rm -f dumping
	# Where the test runs under nohup, SIGHUP is ignored, and a backup leaves it so.
	PATH=$DAEMON_DIR/fake:$clean env --default-signal "$cs" server backup "$place" "$other" >/dev/null 2>&1 &
	backup_pid=$!
	tap_ok "pg_dump is at work" until_so [ -s dumping ]
	kill -"$signal" "$backup_pid"
	wait "$backup_pid" 2>/dev/null
	tap_is "... its backup ends by SIG$signal" "$(kill -l $?)" "$signal"
	tap_ok "... and so does pg_dump" until_so gone "$(cat dumping)"
	# Nobody is there who could remove what SIGKILL left.
	[ "$signal" != KILL ] || rm -f "$other".part.*
	tap_is "... and no file is left" "$(ls "$other"* 2>/dev/null)" ""
done
mkdir full
if [ "$(id -u)" -eq 0 ] && unshare -m true; then
	# shellcheck disable=SC2016
	on_full_disk=$(unshare -m bash -c 'mount -t tmpfs -o size=16k none full && "$1" server backup "$2" "$PWD/full/copy" 2>&1; echo "status $?"; ls full' - \
		"$cs" "$place")
	tap_like "a disk that gets full: it is told" "$on_full_disk" 'No space left on device; nothing was left of the copy'
	tap_is "... and there is nothing on it" "$(sed -n '/^status/,$p' <<<"$on_full_disk")" "status 2"
else
	tap_skip "a disk that gets full" "nothing can be mounted here"
fi

# ---- what the server, a database or an account may have set
settings='-c statement_timeout=7000000 -c lock_timeout=7000000 -c idle_in_transaction_session_timeout=7000000'
outlast() # CMD...: where pg_dump and pg_restore begin when a transaction that began after the command's was cut off
{
	rm -f outlasted
	PGOPTIONS='-c transaction_timeout=1000' faked "$@"
}
if [ "$(sql postgres 'SHOW server_version_num')" -ge 170000 ]; then
	settings="$settings -c transaction_timeout=7000000"
	for program in pg_dump pg_restore; do
		stands_in "$program" <<SH
case "\$*" in --version | *--file=/dev/null*) exec "\$real" "\$@" ;; esac
"$pg_programs/psql" -Xq -h "$(pg_hosts daemon)" -U countersign -d postgres -c 'SELECT pg_sleep(600)' 2>>"\$dir/outlasted"
exec "\$real" "\$@"
SH
	done
	outlast check "transaction_timeout does not cut off a backup" 0 'audit entries' server backup "$place" "$DAEMON_DIR/timeout.pg"
	tap_like "... that lasts longer" "$(cat outlasted)" 'transaction timeout'
	emptied
	outlast check "... nor a restore" 0 'audit entries' server restore "$copy" "$again"
	tap_like "... that lasts longer" "$(cat outlasted)" 'transaction timeout'
else
	tap_skip "a transaction_timeout" "this PostgreSQL has none"
fi
# The trigger's warning comes with the commit, as the server's own that it waits for a standby no longer.
stands_in pg_restore <<'SH'
case "$*" in *--file=/dev/null*) exec "$real" "$@" ;; esac
"$real" "$@"
cat <<'END'
CREATE FUNCTION public.warn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE said TEXT;
BEGIN
	SELECT string_agg(setting, ' ' ORDER BY name) INTO said FROM pg_settings WHERE setting <> '0' AND (name = 'synchronous_commit'
		OR name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout'));
	RAISE WARNING 'it has %.', said;
	RETURN NULL;
END$$;
CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON public.audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.warn();
END
SH
for set in off=on remote_write=on remote_apply=remote_apply; do
	emptied
	PGOPTIONS="$settings -c client_min_messages=error -c synchronous_commit=${set%=*}" \
		faked check "a commit that the server warns of is not told as one, without timeouts, and as durable as the daemon's: $set" 2 \
		"whether it has the copy for good is not known, look there: it has ${set#*=}\\." server restore "$copy" "$again"
done

# ---- a restore
check "a database that has tables is not replaced" 2 'are there already' server restore "$copy" "$place"
verify "... and the daemon serves on" true alice "$(code 8 "$seed")"
tap_ok "the daemon stops" daemon_stop
tap_ok "an empty database" emptied
head -c 4096 /dev/urandom >garbage.pg
check "garbage: usage" 2 'no copy of a PostgreSQL database' server restore "$DAEMON_DIR/garbage.pg" "$again"
"$pg_programs/pg_dump" -h "$(pg_hosts daemon)" -U countersign -f script.pg postgres
check "nor is pg_dump's script one" 2 'no copy of a PostgreSQL database' server restore "$DAEMON_DIR/script.pg" "$again"
check "a file that is not there: usage" 2 'No such file' server restore "$DAEMON_DIR/nowhere.pg" "$again"
check "a copy of PostgreSQL's is no SQLite file" 2 'not a database' server restore "$copy" "$DAEMON_DIR/other.db"
sql foreigner 'CREATE TABLE notes (a TEXT); INSERT INTO notes VALUES (1)'
"$pg_programs/pg_dump" -h "$(pg_hosts daemon)" -U countersign -Fc -f foreign.pg foreigner
check "somebody else's copy is refused" 1 'the PostgreSQL database again: it is not a database of countersignd' \
	server restore "$DAEMON_DIR/foreign.pg" "$again"
{
	head -c 5 "$copy"
	printf '\1\377'
	tail -c +8 "$copy"
} >newer.pg
check "a copy of a newer pg_dump: the package is named" 2 'unsupported version .* postgresql-client' server restore "$DAEMON_DIR/newer.pg" "$again"
{
	head -c 2000 "$copy"
	head -c 400 garbage.pg
	tail -c +2401 "$copy"
} >garbled.pg
check "a copy that is garbled is refused" 1 'garbled.pg: it is damaged' server restore "$DAEMON_DIR/garbled.pg" "$again"
head -c $(($(stat -c %s "$copy") - 3000)) "$copy" >cut.pg
check "a copy that is cut off is refused" 1 'cut.pg: it is damaged' server restore "$DAEMON_DIR/cut.pg" "$again"
PATH=$DAEMON_DIR/few check "without pg_restore the package is named" 2 'pg_restore does not run: .* package postgresql-client' \
	server restore "$copy" "$again"
stands_in pg_restore <<'SH'
case "$*" in *--file=/dev/null*) exec "$real" "$@" ;; esac
"$real" "$@" | sed '/^COPY public.audit /,$d'
echo 'pg_restore: error: no more' >&2
exit 1
SH
faked check "a pg_restore that fails half way" 2 'no more; .* is left empty' server restore "$copy" "$again"
stands_in pg_restore <<'SH'
case "$*" in *--file=/dev/null*) exec "$real" "$@" ;; esac
"$real" "$@" | sed '/^COPY public.audit /{n;q}'
SH
faked check "a script that is cut off among the rows" 2 'does not take the copy' server restore "$copy" "$again"
stands_in pg_restore <<'SH'
case "$*" in *--file=/dev/null*) exec "$real" "$@" ;; esac
"$real" "$@" | sed '/^COPY public.audit /,/^\\\.$/s/alice/mallory/'
SH
faked check "a copy whose audit log does not hold is not restored" 1 'tampered with or damaged: entry [0-9]+:' server restore "$copy" "$again"
stands_in pg_restore <<'SH'
case "$*" in *--file=/dev/null*) exec "$real" "$@" ;; esac
"$real" "$@" | sed '/^COPY public.token /,$d'
: >"$dir/half"
read -r <"$dir/never"
SH
PATH=$DAEMON_DIR/fake:$clean "$cs" server restore "$copy" "$again" >/dev/null 2>&1 &
restore_pid=$!
tap_ok "a restore is half way" until_so [ -e half ]
kill -9 "$restore_pid"
wait "$restore_pid" 2>/dev/null
echo >&"$never"
tap_ok "... and is killed" until_so sessions_over again
tap_ok "none of these left anything" empty
coproc session { "$pg_programs/psql" -XAtq -h "$(pg_hosts daemon)" -U countersign -d again; }
session_pid=$!
echo 'SELECT 1;' >&"${session[1]}"
read -r <&"${session[0]}"
check "nothing is restored where somebody is at work" 2 '1 more sessions' server restore "$copy" "$again"
kill "$session_pid"
wait "$session_pid" 2>/dev/null
until_so sessions_over again
entries=$(sed 's/.*: \([0-9]*\) audit.*/\1/' backup.out) hash=$(sed 's/.*hash //' backup.out)
check "the copy is restored" 0 "the PostgreSQL database again: $((entries + 1)) audit entries" server restore "$copy" "$again"
tap_is "its audit log tells of it, and of what it was restored from" \
	"$(sql again "SELECT action, detail, encode(previous, 'hex') FROM audit ORDER BY sequence DESC LIMIT 1")" \
	"restored|from a copy that ends with entry $entries|$hash"
tap_is "every row is of one moment: bob is where his audit entries are" \
	"$(sql again "SELECT next FROM token JOIN \"user\" ON \"user\".id = token.\"user\" WHERE name = 'bob'")" \
	"$(sql again "SELECT count(*) FROM audit WHERE action = 'otp_verify' AND result = 'accepted' AND \"user\" = 'bob'")"
check "it is not restored twice" 2 'are there already' server restore "$copy" "$again"
tap_is "the administrator's own is not in it" "$(sql again "SELECT to_regnamespace('other'), count(*) FROM pg_extension WHERE extname <> 'plpgsql'")" "|0"
sql postgres 'CREATE ROLE guest LOGIN' && sql postgres 'CREATE DATABASE bare OWNER guest'
sql bare 'DROP SCHEMA public'
check "it is restored where there is no schema public, by an account that owns no more than the database" 0 'the PostgreSQL database bare: ' \
	server restore "$copy" "postgresql:host=$(pg_hosts daemon) dbname=bare user=guest"

sed -i "s|^database = .*|database = $again|" countersignd.conf
tap_ok "the daemon starts with it" daemon_start
reach
check "... and finds the audit log whole" 0 'is whole' audit verify
for counter in 0 1 2 3; do
	verify "what was accepted before the backup is not accepted again: $counter" false alice "$(code "$counter" "$seed")"
done
verify "what was accepted after it is good again, as the page says" true alice "$(code 4 "$seed")"
verify "... once" false alice "$(code 4 "$seed")"
user_make carol "$(seed 3)"
verify "users and tokens are added to what is there" true carol "$(code 0 "$(seed 3)")"
tap_is "... with numbers of their own" "$(sql again 'SELECT count(*) = count(DISTINCT id) AND count(*) = 3 FROM "user"')" t
check "a backup of what was restored is made" 0 'audit entries' server backup "$again" "$other"
tap_ok "the daemon stops" daemon_stop
sql again 'UPDATE schema_version SET version = 1'
check "a database of an older version is saved, too, before it is migrated" 0 'audit entries' server backup "$again" "$DAEMON_DIR/older.pg"
tap_like "... which the daemon asks for" "$("$daemon_program" --config countersignd.conf 2>&1)" \
	'save it \(countersign server backup\), then run countersignd --migrate --saved'
tap_done
