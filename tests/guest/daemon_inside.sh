#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What runs in the guest of daemon.sh, once systemd is the first process there.
. /tap.sh
[ "$(cat /proc/1/comm)" = systemd ] || { tap_done; exit; }

unit=countersignd.service
folder=$(sed -n 's/^d \([^ ]*\/etc\/countersign\) .*/\1/p' /usr/lib/tmpfiles.d/countersignd.conf)
state=$(sed -n 's/^d \([^ ]*\/lib\/countersign\) .*/\1/p' /usr/lib/tmpfiles.d/countersignd.conf)
daemon=$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "/usr/lib/systemd/system/$unit")
conf=$folder/countersignd.conf
socket=/run/countersign/countersignd.sock
url=https://127.0.0.1:8443
ca=$state/tls.crt
PATH=$PATH:${daemon%/*}

property() { systemctl show --property "$1" --value "$unit"; }
status() { tap_note "$(systemctl --no-pager --full status "$unit" 2>&1; journalctl --sync; journalctl --no-pager -n 60 2>&1)"; }
# another: it runs, with another process than $before
another() { systemctl --quiet is-active "$unit" && [ "$(property MainPID)" != "$before" ] && [ "$(property MainPID)" != 0 ]; }
# entries MATCH...: of the journal, a JSON object a line
entries() { journalctl --no-pager --quiet -o json -u "$unit" "$@" 2>/dev/null; }

# call CREDENTIAL PATH [BODY]: what the daemon answers, and its status
call()
{
	curl -s --max-time 170 --cacert "$ca" -H "Authorization: Bearer $(cat "$1")" -w ' %{http_code}' "$url$2" \
		${3:+-H 'Content-Type: application/json' --data-binary "$3"}
}
answers() { curl -sf --max-time 60 --cacert "$ca" "$url/healthz"; }
accepted() { [ "$(call /root/web.credential /v1/otp/verify "{\"user\":\"alice\",\"code\":\"$1\"}" | grep -o '"accepted":[a-z]*')" = "\"accepted\":$2" ]; }
# knocks ACCOUNT: the status that it gets on the Unix socket, 000 for none
knocks() { setpriv --reuid "$1" --regid "$1" --clear-groups curl -s --max-time 60 --unix-socket "$socket" -o /dev/null -w '%{http_code}' http://localhost/healthz; }

# children: the processes that serve, and their names
children() { grep -vx "$(property MainPID)" "/sys/fs/cgroup/system.slice/$unit/cgroup.procs"; }
child() { children | sed 's,.*,/proc/&/cmdline,' | xargs grep -lsa -- "--child.$1" | cut -d / -f 3; }
# locked PID: its accounts, capabilities, whether it may gain any, whether its system calls are filtered
locked() { sed -n 's/^\(Uid\|Gid\|CapEff\|CapBnd\|NoNewPrivs\|Seccomp\):[[:space:]]*\([^[:space:]]*\).*/\2/p' "/proc/$1/status" | tr '\n' ' '; }

# configure [LINE...]: the configuration, with messages by mail, so that there is a courier
configure()
{
	printf 'listen = %s\nsocket = %s\nsocket_users = web\n' "${url#*//}" "$socket"
	printf 'smtp_url = smtp://127.0.0.1:25\nsmtp_tls = no\ncourier_allow = 127.0.0.1\n'
	[ $# -eq 0 ] || printf '%s\n' "$@"
} >"$conf"

# ---- as the man page says ----

printf 'u web - -\nu games - -\n' >/usr/lib/sysusers.d/others.conf
tap_ok "the account is made" systemd-sysusers
tap_ok "and the folders" systemd-tmpfiles --create countersignd.conf
configure
tap_ok "the service's files are made" setpriv --reuid countersign --regid countersign --clear-groups countersignd --init
tap_ok "systemd enables the service, starts it, and hears that it is ready" systemctl enable --now countersignd || { status; tap_done; exit; }
tap_ok "it answers over TLS" answers || status
tap_is "systemd says what it does" "$(property StatusText)" "Serving."
tap_is "and the journal has the event" "$(entries COUNTERSIGN_EVENT=ready | jq -r .COUNTERSIGN_PROCESS)" countersignd

# ---- it serves ----

user=$(id -u countersign) group=$(id -g countersign)
admin=$state/admin.credential
tap_like "a user is made" "$(call "$admin" /v1/users '{"user":"alice"}')" ' 201$'
tap_like "with a token" "$(call "$admin" /v1/tokens '{"user":"alice","type":"hotp","secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}')" ' 201$'
call "$admin" /v1/applications '{"name":"web"}' | sed -n 's/.*"credential":"\([^"]*\)".*/\1/p' >/root/web.credential
tap_ok "its code is accepted" accepted 755224 true || status
tap_ok "and not a second time" accepted 755224 false
tap_is "an account that socket_users names may use the Unix socket" "$(knocks web)" 200
tap_is "another one is hung up on" "$(knocks games)" 000

# ---- what is left to it ----

main=$(property MainPID)
tap_is "the supervisor runs as its user, with no capabilities" "$(locked "$main")" "$user $group 0000000000000000 0000000000000000 1 2 "
count=0
for pid in $(children); do
	count=$((count + 1))
	tap_is "so does process $count of those that serve" "$(locked "$pid")" "$user $group 0000000000000000 0000000000000000 1 2 "
done
tap_is "which are front, keeper and courier" "$count $(child front | wc -l) $(child keeper | wc -l) $(child courier | wc -l)" "3 1 1 1"
tap_like "they write to their own files alone" "$(nsenter --target "$main" --mount touch /etc/new 2>&1)" 'Read-only file system'
tap_refused "and see no other's process" nsenter --target "$main" --mount setpriv --reuid countersign --regid countersign --clear-groups test -e /proc/1/status
tap_is "nobody else reads the state" "$(stat -L -c '%U %a' "$state")" "countersign 700"
nice_threads() { cat /proc/"$(child keeper)"/task/*/stat | sed 's/.*) //' | awk '$17 > 0 { n++ } END { print n + 0 }'; }
tap_like "keeper's threads for Argon2id give way to the others" "$(nice_threads)" '^[1-9]'

# ---- the journal ----

tap_is "the journal has where it listens, of which process, and how grave that is" \
	"$(entries COUNTERSIGN_PROCESS=front | jq -r 'select(.MESSAGE | startswith("listening for HTTPS")) | [.SYSLOG_IDENTIFIER, .PRIORITY] | join(" ")')" \
	"countersignd 5"
tap_is "and nothing of it a second time as text" "$(entries _TRANSPORT=stdout | jq -r .MESSAGE)" ""

# ---- a new configuration ----

mkfifo /run/asked
openssl s_client -quiet -connect "${url#*//}" -CAfile "$ca" -verify_return_error </run/asked >/run/answered 2>/run/s_client &
exec 7>/run/asked
ask() { printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n' >&7; }
answered() { [ "$(grep -o 'HTTP/1.1 200' /run/answered | wc -l)" -ge "$1" ]; }
ask
tap_ok "a connection is open" within 180 answered 1 || tap_note "$(cat /run/s_client)"
echo 'tries = 4' >>"$conf"
tap_ok "the configuration is read anew" systemctl reload countersignd
reloaded() { [ -n "$(entries COUNTERSIGN_EVENT=reloaded)" ]; }
tap_ok "as the journal says" within 180 reloaded || status
ask
tap_ok "the connection that was open is still served" within 180 answered 2 || tap_note "$(cat /run/s_client)"
tap_is "by the same process" "$(property MainPID)" "$main"
exec 7>&-
echo 'tires = 4' >>"$conf"
systemctl reload countersignd
refused() { [ -n "$(entries COUNTERSIGN_EVENT=reload_refused)" ]; }
tap_ok "with a mistake in it, it stays as it was" within 180 refused || status
sed -i '/^tires/d' "$conf"
tap_ok "and the service serves" answers

# ---- what ends, and what hangs ----

before=$main
kill -KILL "$before"
tap_ok "killed, it is started again" within 180 another || status
tap_ok "and answers" within 180 answers || status
tap_ok "what was accepted before is not accepted again" accepted 755224 false
tap_ok "and the next code is" accepted 287082 true || status

# The shipped minute is long for a test; it would be as right.
mkdir -p "/etc/systemd/system/$unit.d"
printf '[Service]\nWatchdogSec=20\n' >"/etc/systemd/system/$unit.d/watchdog.conf"
systemctl daemon-reload
tap_ok "with a shorter watchdog it is started anew" systemctl restart countersignd
before=$(property MainPID)
kill -STOP "$(child keeper)"
tap_ok "a keeper that hangs has all started again" within 180 another || status
tap_like "by the watchdog" "$(journalctl --no-pager --quiet -u "$unit" -o cat)" 'Watchdog timeout'
tap_ok "and it answers" within 180 answers || status
rm "/etc/systemd/system/$unit.d/watchdog.conf"

# ---- keys as credentials, a port below 1024 ----

mkdir -p /etc/countersign/private
chmod 700 /etc/countersign/private
mv "$state/sealing.key" "$state/tls.key" /etc/countersign/private/
cp "$state/tls.crt" /etc/countersign/private/
chown -R root: /etc/countersign/private
cp /usr/share/credentials.conf "/etc/systemd/system/$unit.d/"
printf '[Service]\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n' >"/etc/systemd/system/$unit.d/port.conf"
url=https://127.0.0.1:443
mapfile -t credentials < <(sed -n 's/^#   \([a-z_]* = credential:.*\)/\1/p' /usr/share/credentials.conf)
configure "${credentials[@]}"
systemctl daemon-reload
tap_ok "its keys come as credentials, and its port is 443" systemctl restart countersignd || status
tap_ok "there it answers" answers || status
tap_ok "and opens the seeds that it has" accepted 359152 true || status
tap_is "its account cannot read where they lie" "$(setpriv --reuid countersign --regid countersign --clear-groups cat /etc/countersign/private/sealing.key 2>&1 |
	grep -c 'Permission denied')" 1

tap_ok "it is stopped" systemctl stop countersignd
tap_is "without a failure" "$(property ActiveState) $(property Result)" "inactive success"
tap_ok "and nothing of it runs" test ! -e "/sys/fs/cgroup/system.slice/$unit"
tap_refused "nor is its socket there" test -e "$socket"
tap_note "$(cut -d ' ' -f 1 /proc/uptime) s since the guest's start"
tap_done
