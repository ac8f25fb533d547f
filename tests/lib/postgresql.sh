# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# PostgreSQL servers of the test's own, each on a Unix socket in a directory of its own and nowhere else, run by an account that is
# not root. Source it after tests/lib/tap.sh; they end with the script, however that ends.
#
#   pg_needs                 skips the script where PostgreSQL is not installed
#   pg_make NAME             a new server's files
#   pg_start NAME [SETTING=VALUE...]   starts it, waits until it answers
#   pg_copy NAME FROM        a standby of FROM's, which runs; it follows FROM once it is started
#   pg_promote NAME          the standby takes changes from now on
#   pg_sql NAME SQL          what the SQL yields, as plain text
#   pg_stop NAME             stops it; fails where it does not stop
#   pg_kill9 NAME            kills all of its processes at once
#   pg_end                   ends all servers and removes their files
#   pg_hosts NAME...         what stands after host= in a connection string for these
#
# Variables: PG_DIR (a scratch directory that everyone may look through).

PG_DIR=$(mktemp -d)
chmod 755 "$PG_DIR"
declare -A pg_pid=()
pg_programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
pg_user=()
[ "$(id -u)" -ne 0 ] || pg_user=(--reuid=nobody --regid=nogroup --clear-groups)

pg_needs()
{
	[ -x "$pg_programs/initdb" ] || tap_skip_all "PostgreSQL is not installed"
}

# A program of the server's, in a directory that its account may enter.
pg_run()
{
	(cd "$PG_DIR" && setpriv "${pg_user[@]}" "$pg_programs/$1" "${@:2}" >>"$PG_DIR/log" 2>&1)
}

pg_directory()
{
	mkdir -p "$PG_DIR/$1/socket"
	[ ${#pg_user[@]} -eq 0 ] || chown -R nobody:nogroup "$PG_DIR/$1"
}

pg_make()
{
	pg_directory "$1"
	pg_run initdb -D "$PG_DIR/$1/data" -U countersign -A trust -N -E UTF8 --locale=C
}

pg_start()
{
	local name=$1 setting arguments=() tries=1200
	shift
	for setting in listen_addresses= unix_socket_directories="$PG_DIR/$name/socket" "$@"; do
		arguments+=(-c "$setting")
	done
	setpriv "${pg_user[@]}" --pdeathsig QUIT "$pg_programs/postgres" -D "$PG_DIR/$name/data" "${arguments[@]}" >>"$PG_DIR/$name/log" 2>&1 \
		{tap_fd}>&- &
	pg_pid[$name]=$!
	until "$pg_programs/pg_isready" -q -h "$PG_DIR/$name/socket"; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ] || ! kill -0 "${pg_pid[$name]}" 2>/dev/null; then
			tap_note "PostgreSQL does not answer: $(tail -n 5 "$PG_DIR/$name/log")"
			return 1
		fi
		sleep 0.05
	done
}

pg_copy()
{
	pg_directory "$1"
	pg_run pg_basebackup -D "$PG_DIR/$1/data" -R -c fast -d "host=$PG_DIR/$2/socket user=countersign application_name=$1"
}

pg_promote()
{
	pg_run pg_ctl promote -w -D "$PG_DIR/$1/data"
}

pg_sql()
{
	"$pg_programs/psql" -XAtq -h "$PG_DIR/$1/socket" -U countersign -d postgres -c "$2"
}

pg_stop()
{
	pg_run pg_ctl stop -w -m fast -D "$PG_DIR/$1/data" || return
	wait "${pg_pid[$1]}" 2>/dev/null
	unset "pg_pid[$1]"
}

pg_kill9()
{
	local pids
	mapfile -t pids < <(pgrep -P "${pg_pid[$1]}")
	kill -9 "${pg_pid[$1]}" "${pids[@]}" 2>/dev/null
	wait "${pg_pid[$1]}" 2>/dev/null
	unset "pg_pid[$1]"
}

pg_end()
{
	local name
	for name in "${!pg_pid[@]}"; do
		kill -QUIT "${pg_pid[$name]}" 2>/dev/null
		wait "${pg_pid[$name]}" 2>/dev/null
	done
	pg_pid=()
	rm -rf "$PG_DIR"
}

pg_hosts()
{
	local hosts
	hosts=$(printf "$PG_DIR/%s/socket," "$@")
	printf '%s' "${hosts%,}"
}
