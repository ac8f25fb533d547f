#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Codes a second that the daemon accepts, durably, once each and with an entry in its audit log, beside others that Debian has,
# each with 64 and with 1,000 users, in the same run on the same file system:
#
#   liboath      called directly, with its file of users, which it writes anew for each code
#   pam_oath     the same behind PAM, as a login has it
#   FreeRADIUS   rlm_totp over UDP, with radclient's 64 requests at once; it puts nothing on disk
#   Glewlwyd     its OTP scheme over HTTP, on SQLite, with curl's 64 requests at once; with 64 users only: it is slow. Its packages
#                are fetched with apt-get, and not installed
#
# Then what a check costs without disk or network, beside liboath's, and whether a code that is asked about several times at once, as
# by two servers, or by whoever has read it over a shoulder, is accepted more than once: liboath reads its file before it locks it.
#
# Every code is right and new; then the same codes are sent again, and how many of them are accepted once more is told, too. What is
# not installed is left out, and that is said. Prints one JSON object of figures on standard output, a table on standard error.

# shellcheck disable=SC2034
BENCH_NETWORK=host
# shellcheck source=tests/bench/daemon_bench.sh
. "$(dirname "$0")/daemon_bench.sh"

peer_oath=$top_builddir/tests/bench/bench_oath
figures='{}'

missing() # PEER REASON
{
	printf '%-12s left out: %s\n' "$1" "$2" >&2
}

# One row, and its figures: what the first round and the second accepted, of how many, in how many seconds.
row() # PEER USERS COUNT SECONDS ACCEPTED AGAIN
{
	local rate
	rate=$(jq -n "$3 / $4")
	printf '%-12s %8d %12.0f %12d %12d %12d\n' "$1" "$2" "$rate" "$3" "$5" "$6" >&2
	figures=$(jq --arg name "peer_$1_$2_users_per_second" --argjson rate "$rate" --argjson count "$3" --argjson accepted "$5" \
		--argjson again "$6" --argjson daemon "$daemon_rate" '. + {($name): {value: $rate, unit: "1/s",
			beside: {daemon_64_connections: $daemon, codes: $count, accepted: $accepted, accepted_again: $again}}}' <<<"$figures")
}

# ---- liboath ----

oath_row() # PEER USERS ARGUMENTS...
{
	local peer=$1 count=$2 status=0
	shift 2
	"$bench_codes" usersfile "$count" >"$DAEMON_DIR/usersfile"
	chmod 600 "$DAEMON_DIR/usersfile"
	"$bench_codes" plain "$count" 0 $((count < 500 ? 4 : 1)) >"$DAEMON_DIR/plain"
	"$peer_oath" "$@" <"$DAEMON_DIR/plain" >"$DAEMON_DIR/first" || status=$?
	if [ "$status" -ne 0 ]; then
		missing "$peer" "status $status: no liboath.so.0, or it does not work"
		return
	fi
	"$peer_oath" "$@" <"$DAEMON_DIR/plain" >"$DAEMON_DIR/again"
	row "$peer" "$count" "$(jq .count "$DAEMON_DIR/first")" "$(jq .seconds "$DAEMON_DIR/first")" "$(jq .accepted "$DAEMON_DIR/first")" \
		"$(jq .accepted "$DAEMON_DIR/again")"
}

oath()
{
	local users module
	if [ ! -x "$peer_oath" ]; then
		missing liboath "bench_oath is not built, as there is no PAM"
		return
	fi
	module=$(find /lib /usr/lib -name pam_oath.so -print -quit 2>/dev/null)
	mkdir -p "$DAEMON_DIR/pam"
	printf 'auth required %s usersfile=%s window=10\n' "$module" "$DAEMON_DIR/usersfile" >"$DAEMON_DIR/pam/bench"
	for users in 64 1000; do
		oath_row liboath "$users" usersfile "$DAEMON_DIR/usersfile"
		if [ -n "$module" ]; then
			oath_row pam_oath "$users" pam "$DAEMON_DIR/pam" bench
		else
			missing pam_oath "libpam-oath is not installed"
		fi
	done
}

# Checks of a code at the end of a window of 10, a second of one core.
evaluations()
{
	local said
	said=$("$peer_oath" evaluate) || { missing evaluation "no liboath.so.0"; return; }
	jq -r '"checks of a window of 10, a second of a core: countersignd \(.checks), liboath \(.liboath_checks)"' <<<"$said" >&2
	figures=$(jq --argjson said "$said" '. + {hotp_checks_per_second_of_a_core: {value: $said.checks, unit: "1/s",
		beside: ($said | {codes, liboath: .liboath_checks, times_liboath})}}' <<<"$figures")
}

# 500 codes, each asked about 64 times at once: how often they are accepted. Ours are new ones of users whom the rows above have used.
raced()
{
	local said ours
	"$bench_codes" usersfile 100 >"$DAEMON_DIR/usersfile"
	chmod 600 "$DAEMON_DIR/usersfile"
	said=$("$bench_codes" plain 100 0 5 | "$peer_oath" race "$DAEMON_DIR/usersfile" 64) || { missing races "no liboath.so.0"; return; }
	"$bench_codes" verify 100 8 5 | awk '{ for (i = 0; i < 64; i++) print }' >"$DAEMON_DIR/raced"
	ours=$(loaded 64 32000 /v1/otp/verify "$DAEMON_DIR/raced" | jq .accepted)
	printf '500 codes, each 64 times at once, accepted: countersignd %d, liboath %d, %d of the codes more than once\n' "$ours" \
		"$(jq .accepted <<<"$said")" "$(jq .more_than_once <<<"$said")" >&2
	figures=$(jq --argjson said "$said" --argjson ours "$ours" '. + {peer_liboath_accepted_of_500_raced: {value: $said.accepted, unit: "",
		beside: {more_than_once: $said.more_than_once, countersignd: $ours}}}' <<<"$figures")
}

# ---- FreeRADIUS ----

radius_configure() # PORT USERS
{
	mkdir -p "$DAEMON_DIR/raddb"
	"$bench_codes" radius "$2" >"$DAEMON_DIR/raddb/users"
	cat >"$DAEMON_DIR/raddb/radiusd.conf" <<-END
		libdir = $(dirname "$radius_module")
		logdir = $DAEMON_DIR/raddb
		run_dir = $DAEMON_DIR/raddb
		pidfile = $DAEMON_DIR/raddb/pid
		max_requests = 16384
		security {
			reject_delay = 0
		}
		thread pool {
			start_servers = 2
			max_servers = 2
		}
		client localhost {
			ipaddr = 127.0.0.1
			secret = testing123
		}
		modules {
			files {
				usersfile = $DAEMON_DIR/raddb/users
			}
			totp {
			}
		}
		server bench {
			listen {
				type = auth
				ipaddr = 127.0.0.1
				port = $1
			}
			authorize {
				files
				update request {
					TOTP-Password := &User-Password
				}
			}
			authenticate {
				Auth-Type totp {
					totp
				}
			}
		}
	END
}

# How many of the packets were accepted.
radius_send() # PORT
{
	# It fails where one was refused.
	{ radclient -q -s -f "$DAEMON_DIR/packets" -p 64 -r 3 -t 5 "127.0.0.1:$1" auth testing123 2>&1 || true; } |
		sed -n 's/^\s*\(Access-Accepts\|Accepted\)\s*:\s*\([0-9]*\).*/\2/p'
}

radius_row() # USERS
{
	local port=$((20000 + RANDOM % 10000)) repeat=$((2000 / $1)) tries=600 began seconds accepted again
	radius_configure "$port" "$1"
	: >"$DAEMON_DIR/radius.log"
	freeradius -f -l stdout -d "$DAEMON_DIR/raddb" >>"$DAEMON_DIR/radius.log" 2>&1 &
	radius=$!
	until grep -q 'Ready to process requests' "$DAEMON_DIR/radius.log"; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ] || ! kill -0 "$radius" 2>/dev/null; then
			missing FreeRADIUS "$(tail -n 1 "$DAEMON_DIR/radius.log")"
			return
		fi
		sleep 0.05
	done
	# All within one step of the codes' time.
	while [ $(($(date +%s) % 30)) -gt 9 ]; do sleep 0.5; done
	"$bench_codes" packet "$1" 0 "$repeat" >"$DAEMON_DIR/packets"
	began=$EPOCHREALTIME
	accepted=$(radius_send "$port")
	seconds=$(jq -n "$EPOCHREALTIME - $began")
	again=$(radius_send "$port")
	row FreeRADIUS "$1" $(($1 * repeat)) "$seconds" "$accepted" "$again"
	kill "$radius"
	wait "$radius" || true
	radius=
}

radius=
radius()
{
	radius_module=$(find /usr/lib -name rlm_totp.so -print -quit 2>/dev/null)
	if [ -z "$radius_module" ] || ! command -v freeradius radclient >/dev/null; then
		missing FreeRADIUS "freeradius, freeradius-utils or rlm_totp is not installed"
		return
	fi
	radius_row 64
	radius_row 1000
}

# ---- Glewlwyd ----

# Its package with the libraries that are not here, unpacked and not installed: that would leave a service behind with a password which
# everybody knows, does not end well where no database is at hand, and has the tables in its documentation, which may be left out.
glewlwyd_fetch() # DIRECTORY
{
	local packages package
	mkdir -p "$1/packages"
	packages=$(LC_ALL=C apt-get -qs --no-install-recommends install glewlwyd 2>/dev/null | sed -n 's/^Inst \(glewlwyd\|lib[^ ]*\) .*/\1/p')
	# shellcheck disable=SC2086 # words
	[ -n "$packages" ] && (cd "$1/packages" && apt-get -qq -o APT::Sandbox::User=root download $packages) >&2 || return 1
	for package in "$1"/packages/*.deb; do
		dpkg-deb -x "$package" "$1" || return 1
	done
}

glewlwyd_configure() # PORT DIRECTORY
{
	zcat "$glewlwyd/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz" | sqlite3 "$2/glewlwyd.db"
	# Unasked, it wants a certificate, even if it speaks no TLS.
	cat >"$2/glewlwyd.conf" <<-END
		port = $1
		bind_address = "127.0.0.1"
		external_url = "http://127.0.0.1:$1"
		login_url = "login.html"
		api_prefix = "api"
		log_mode = "file"
		log_level = "ERROR"
		log_file = "$2/glewlwyd.log"
		cookie_domain = "127.0.0.1"
		cookie_secure = 0
		session_expiration = 86400
		session_key = "SESSION"
		admin_session_authentication = "cookie"
		profile_session_authentication = "cookie"
		allow_multiple_user_per_session = true
		admin_scope = "g_admin"
		profile_scope = "g_profile"
		user_module_path = "$glewlwyd/usr/lib/glewlwyd/user"
		user_middleware_module_path = "$glewlwyd/usr/lib/glewlwyd/user_middleware"
		client_module_path = "$glewlwyd/usr/lib/glewlwyd/client"
		user_auth_scheme_module_path = "$glewlwyd/usr/lib/glewlwyd/scheme"
		plugin_module_path = "$glewlwyd/usr/lib/glewlwyd/plugin"
		use_secure_connection = false
		secure_connection_key_file = "/dev/null"
		secure_connection_pem_file = "/dev/null"
		secure_connection_ca_file = "/dev/null"
		hash_algorithm = "SHA512"
		database = { type = "sqlite3" path = "$2/glewlwyd.db" };
	END
}

# The scheme, by its administrator; users and their seeds straight into its tables.
glewlwyd_fill() # URL DIRECTORY USERS
{
	local call=(curl -sf -H 'Content-Type: application/json' -b "$2/cookies")
	"${call[@]}" -c "$2/cookies" -d '{"username": "admin", "password": "password"}' "$1/auth"
	"${call[@]}" -d '{"module": "otp", "name": "otp", "display_name": "OTP", "expiration": 600, "max_use": 0, "allow_user_register": true,
		"forbid_user_profile": false, "forbid_user_reset_credential": false, "parameters": {"issuer": "bench", "secret-minimum-size": 16,
			"otp-length": 6, "hotp-allow": true, "hotp-window": 10, "totp-allow": true, "totp-window": 1, "totp-start-offset": 0}}' \
		"$1/mod/scheme"
	"${call[@]}" -X PUT -d '{"display_name": "profile", "password_required": true, "password_max_age": 600, "scheme_required": {"2": 1},
		"scheme": {"2": [{"scheme_type": "otp", "scheme_name": "otp"}]}}' "$1/scope/g_profile"
	"$bench_codes" radius "$3" | jq -rR 'capture("^(?<user>[^ ]+) .*Secret := \"(?<secret>[A-Z2-7]+)\"") |
		"INSERT INTO g_user (gu_username) VALUES (\u0027\(.user)\u0027);
		INSERT INTO g_user_scope_user (gu_id, gus_id) SELECT gu_id, gus_id FROM g_user, g_user_scope
			WHERE gu_username = \u0027\(.user)\u0027 AND gus_name = \u0027g_profile\u0027;
		INSERT INTO gs_otp (gso_mod_name, gso_username, gso_otp_type, gso_secret, gso_hotp_moving_factor)
			VALUES (\u0027otp\u0027, \u0027\(.user)\u0027, 0, \u0027\(.secret)\u0027, 0);"' |
		{ echo 'BEGIN;'; cat; echo 'COMMIT;'; } | sqlite3 "$2/glewlwyd.db"
}

# How many of the codes were accepted.
glewlwyd_send() # URL DIRECTORY
{
	curl -s -Z --parallel-max 64 -K "$2/requests" 2>/dev/null | grep -c '^200$' || true
}

glewlwyd_row() # USERS
{
	local port=$((20000 + RANDOM % 10000)) dir=$DAEMON_DIR/glewlwyd url tries=600 began seconds accepted
	url=http://127.0.0.1:$port/api
	mkdir -p "$dir"
	glewlwyd_configure "$port" "$dir"
	LD_LIBRARY_PATH=$glewlwyd/usr/lib/$(gcc -print-multiarch) "$glewlwyd/usr/bin/glewlwyd" --config-file="$dir/glewlwyd.conf" >"$dir/out" 2>&1 &
	glewlwyd_pid=$!
	until curl -so /dev/null "$url/auth"; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ] || ! kill -0 "$glewlwyd_pid" 2>/dev/null; then
			missing Glewlwyd "$(tail -n 1 "$dir/out")"
			return
		fi
		sleep 0.05
	done
	glewlwyd_fill "$url" "$dir" "$1" || { missing Glewlwyd "its scheme cannot be configured"; return; }
	"$bench_codes" plain "$1" 0 8 | jq -rR --arg url "$url/auth" 'split(" ") |
		{username: .[0], scheme_type: "otp", scheme_name: "otp", value: {value: .[1]}} |
		"next", "url = \($url | tojson)", "header = \"Content-Type: application/json\"", "output = \"/dev/null\"",
		"write-out = \"%{http_code}\\n\"", "data = \(tojson | tojson)"' >"$dir/requests"
	began=$EPOCHREALTIME
	accepted=$(glewlwyd_send "$url" "$dir")
	seconds=$(jq -n "$EPOCHREALTIME - $began")
	row Glewlwyd "$1" $(($1 * 8)) "$seconds" "$accepted" "$(glewlwyd_send "$url" "$dir")"
	kill "$glewlwyd_pid"
	wait "$glewlwyd_pid" || true
	glewlwyd_pid=
}

peer_glewlwyd()
{
	glewlwyd=$DAEMON_DIR/glewlwyd.root
	if ! glewlwyd_fetch "$glewlwyd"; then
		missing Glewlwyd "its packages cannot be fetched: apt-get update"
		return
	fi
	glewlwyd_row 64
}

glewlwyd_pid=
trap '[ -z "$glewlwyd_pid" ] || kill "$glewlwyd_pid" || true; [ -z "$radius" ] || kill "$radius" || true; daemon_stop || true; rm -rf "$DAEMON_DIR"' EXIT
daemon_init
daemon_start
enrol
bodies 0 8
printf '%-12s %8s %12s %12s %12s %12s\n' server users "codes/s" codes accepted again >&2
verify 64 $((8 * users)) >"$DAEMON_DIR/verify"
daemon_rate=$(jq .per_second "$DAEMON_DIR/verify")
printf '%-12s %8d %12.0f %12d %12d %12d\n' countersignd "$users" "$daemon_rate" $((8 * users)) "$(jq .accepted "$DAEMON_DIR/verify")" \
	"$(loaded 64 $((8 * users)) /v1/otp/verify "$DAEMON_DIR/bodies" | jq .accepted)" >&2
oath
if [ -x "$peer_oath" ]; then
	evaluations
	raced
fi
radius
peer_glewlwyd
printf '%s\n' "$figures"
