#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# pam_countersign.so with pamtester, and with a sshd that asks by keyboard-interactive; and all the ways in which it lets nobody in.
. "${top_srcdir:-.}/tests/lib/door.sh"
tap_need base32 od openssl pamtester perl setpriv ssh ssh-keygen /usr/sbin/sshd

module=$top_builddir/pam/.libs/pam_countersign.so
[ -e "$module" ] || tap_skip_all "the PAM module is not built"
module=$(realpath "$module")
cd "$DAEMON_DIR" || exit 1
chmod 711 .
mkdir -m 755 run pam.d dev

# PAM's services, and a /dev with a syslog, for this test.
mount --bind pam.d /etc/pam.d
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty ptmx; do
	: >"dev/$node"
	mount --bind "/dev/$node" "dev/$node"
done
mkdir dev/pts
mount --rbind /dev/pts dev/pts
ln -s /proc/self/fd dev/fd
mount --rbind dev /dev
# shellcheck disable=SC2016 # perl's variables
door_run syslog perl -MIO::Socket::UNIX -e '
	my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "/dev/log") or die "$!";
	chmod 0666, "/dev/log";
	$| = 1;
	print "ready\n";
	while (defined $s->recv(my $line, 8192)) { $line =~ s/\0//g; print "$line\n" }'
door_wait syslog ready

socket=$DAEMON_DIR/run/door.sock
door_begin "socket = $socket" "socket_users = daemon" "tries = 100" "address_tries = 1000"
option="nodelay socket=$socket credential=$DAEMON_DIR/web.credential"

service() # NAME LINE...
{
	local name=$1
	shift
	printf '%s\n' "$@" "account required pam_permit.so" "session required pam_permit.so" >"pam.d/$name"
}
log_in() # SERVICE ANSWER...: what the person types, a line each
{
	local name=$1
	shift
	printf '%s\n' "$@" | setsid -w timeout 120 pamtester ${host+-I "rhost=$host"} "$name" "${user-alice}" authenticate >typed 2>&1
}
logged() # REGEX: the log has such a line
{
	door_patience grep -qsE -- "$1" syslog.log || { tail -n 5 syslog.log; return 1; }
}
refuses() # DESC SERVICE ANSWER LOGGED
{
	: >syslog.log
	tap_refused "$1" log_in "$2" "$3" && tap_ok "... and the log says why" logged "$4"
}

# ---- it lets in ----

service otp "auth required $module $option"
service prompt "auth required $module ${option#nodelay } [prompt=Code, please: ]"
tap_ok "a right code lets in" log_in otp "$(door_code 0)"
tap_like "... asked for by the usual words" "$(cat typed)" "One-time password: "
refuses "the same code does not let in again" otp "$(door_code 0)" 'user alice: refused \(wrong\)'
refuses "a wrong code does not" otp 000000 'user alice: refused'
tap_is "a code counts for no address where PAM tells none" "$(door_client)" "web alice nowhere"
host=192.0.2.7 refuses "a wrong code from an address does not either" otp 000000 'user alice: refused'
tap_is "... and counts for it (PAM_RHOST)" "$(door_client)" "web alice client 192.0.2.7"
host=host.example refuses "... nor one from a host that is told by its name" otp 000000 'user alice: refused'
tap_is "... which is no address" "$(door_client)" "web alice nowhere"
tap_ok "the next code does, asked for by words of the administrator" log_in prompt "$(door_code 1)"
tap_like "... which are shown" "$(cat typed)" "Code, please: "
user=nobody refuses "a user that the daemon does not know is refused in the same way" otp "$(door_code 2)" 'user nobody: refused \(wrong\)'

# ---- behind a module that asks for a password ----

# An earlier module that asks, and leaves what it got: pam_exec takes it from whoever types.
printf '#!/bin/sh\ncat >/dev/null\n' >yes.sh
chmod 755 yes.sh
first="auth optional pam_exec.so quiet expose_authtok $DAEMON_DIR/yes.sh"
service try "$first" "auth required $module $option try_first_pass"
service use "$first" "auth required $module $option use_first_pass"
service use_alone "auth required $module $option use_first_pass"
tap_ok "use_first_pass takes the earlier password for the code" log_in use "$(door_code 2)"
tap_refused "use_first_pass asks for no other" log_in use 000000 "$(door_code 3)"
tap_refused "use_first_pass without an earlier password lets nobody in" log_in use_alone "$(door_code 3)"
tap_ok "try_first_pass takes the earlier password for the code" log_in try "$(door_code 3)"
tap_ok "try_first_pass asks where it is none" log_in try password "$(door_code 4)"
tap_refused "try_first_pass refuses where neither is" log_in try password 000000

# ---- challenges ----

credential=$DAEMON_ADMIN
api POST /v1/users '{"user":"oscar"}'
api POST /v1/aliases '{"user":"alice","alias":"ally@example.org"}'
api POST /v1/tokens '{"user":"oscar","type":"ocra","suite":"OCRA-1:HOTP-SHA1-6:QN08","secret":"'"$door_seed"'"}'
service challenge "auth required $module $option challenge=ocra"
# Answers what it is asked: the question stands in the prompt.
answer_question()
{
	local prompt='' piece pid
	coproc pamtester challenge "$1" authenticate 2>&1
	pid=$COPROC_PID
	until [[ $prompt =~ Challenge\ ([0-9]{8}):\  ]]; do
		IFS= read -rN 1 -t 10 -u "${COPROC[0]}" piece || break
		prompt+=$piece
	done
	printf '%s\n' "${2-$(door_ocra "${BASH_REMATCH[1]}")}" >&"${COPROC[1]}"
	wait "$pid"
}
tap_ok "a challenge that is answered lets in" answer_question oscar
tap_refused "a wrong answer does not" answer_question oscar 000000
service challenge_any "auth required $module $option challenge"
tap_ok "who has no token for challenges is asked for a code" log_in challenge_any "$(door_code 5)"
tap_like "... by the usual words" "$(cat typed)" "One-time password: "
user=nobody refuses "who is not known is asked in the same way" challenge_any "$(door_code 6)" 'user nobody: refused \(wrong\)'

# ---- it fails closed ----

service misspelt "auth required $module $option try_first_pas"
refuses "a misspelt option lets nobody in" misspelt "$(door_code 6)" 'option try_first_pas is not understood'
service no_file "auth required $module nodelay socket=$socket credential=$DAEMON_DIR/none"
refuses "no credential lets nobody in" no_file "$(door_code 6)" 'credential .*none: No such file'
cp web.credential open.credential
chmod 644 open.credential
service open_file "auth required $module nodelay socket=$socket credential=$DAEMON_DIR/open.credential"
refuses "a credential that others may read lets nobody in" open_file "$(door_code 6)" 'only its owner may have rights'
(umask 077 && : >empty.credential && echo cs_wrong >wrong.credential)
service empty_file "auth required $module nodelay socket=$socket credential=$DAEMON_DIR/empty.credential"
refuses "an empty credential lets nobody in" empty_file "$(door_code 6)" 'it has no credential in it'
service wrong_file "auth required $module nodelay socket=$socket credential=$DAEMON_DIR/wrong.credential"
refuses "a credential that the daemon does not know lets nobody in" wrong_file "$(door_code 6)" 'cannot say \(401 unauthorized\)'
service admin_file "auth required $module nodelay socket=$socket credential=$DAEMON_ADMIN"
refuses "an administrator's credential lets nobody in" admin_file "$(door_code 6)" 'cannot say \(403 forbidden\)'
service no_socket "auth required $module nodelay socket=$DAEMON_DIR/none credential=$DAEMON_DIR/web.credential"
refuses "no socket lets nobody in" no_socket "$(door_code 6)" 'none: No such file.*is countersignd running'
refuses "what cannot be a code does not" otp $'a\tb' "refused \(The member 'code'"
refuses "nothing typed does not" otp "" 'refused \(nothing was typed\)'
refuses "a code of a kilobyte does not" otp "$(head -c 300 /dev/zero | tr '\0' 1)" 'refused \(too long\)'
user=$(printf 'al\033[31mice') refuses "a name with control characters does not colour the log" otp "$(door_code 6)" \
	'user al\?\[31mice: refused'
user='a","user":"alice' refuses "a name with quotes is a name with quotes" otp "$(door_code 6)" 'user a","user":"alice: refused'
# Somebody at the socket who only listens, and somebody who answers as a daemon would not.
for answer in "" 'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"accepted":"yes"' 'HTTP/1.1 200 OK\r\n\r\n{"accepted":true}' \
	'HTTP/1.1 202 OK\r\nContent-Length: 17\r\n\r\n{"accepted":true}' 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'; do
	rm -f run/other.sock
	# shellcheck disable=SC2016
	door_run other perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Listen => 1, Local => "run/other.sock") or die "$!";
		$| = 1;
		print "ready\n";
		my $c = $s->accept;
		my $answer = shift;
		$answer =~ s/\\r\\n/\r\n/g;
		print $c $answer;
		$c->flush;
		sleep 600;' "$answer"
	door_wait other ready
	service other "auth required $module nodelay socket=$DAEMON_DIR/run/other.sock credential=$DAEMON_DIR/web.credential timeout=1"
	refuses "an answer that is none lets nobody in: ${answer:-silence}" other "$(door_code 6)" \
		'(no answer within 1 seconds|input does not parse|malformed|cannot say)'
	kill "${door_pid[other]}"
	wait "${door_pid[other]}" 2>/dev/null
	unset 'door_pid[other]'
done
tap_ok "after all that the code is still good" log_in otp "$(door_code 6)"

# ---- whose programs may knock ----

over_socket()
{
	curl -s --max-time 120 --unix-socket "$socket" -H "Authorization: Bearer $(cat web.credential)" -w '%{http_code}' \
		http://localhost/v1/otp/verify -H 'Content-Type: application/json' -d '{"user":"alice","code":"000000"}'
}
tap_like "the socket speaks plain HTTP" "$(over_socket)" '"accepted":false.*200$'
as()
{
	setpriv --reuid "$1" --regid "$1" --clear-groups curl -s --max-time 120 --unix-socket "$socket" -o /dev/null -w '%{http_code}' \
		http://localhost/healthz
}
tap_is "an account that is named may use it" "$(as daemon)" 200
tap_is "another one is hung up on" "$(as games)" 000
tap_like "... and counted" "$(curl -s --unix-socket "$socket" http://localhost/metrics)" 'countersign_http_refused_total 1'
tap_is "a credential is wanted there too" \
	"$(curl -s --unix-socket "$socket" -o /dev/null -w '%{http_code}' http://localhost/v1/users)" 401
printf 'state_directory = %s\nlisten = 127.0.0.1:0\nsocket = %s\n' "$DAEMON_DIR/server" "$socket" >second.conf
tap_refused "a second daemon does not take the first one's socket away" timeout 120 "$daemon_program" --config second.conf
tap_ok "... which goes on" test "$(as daemon)" = 200
printf 'state_directory = %s\nlisten = 127.0.0.1:0\nsocket = %s\nsocket_users = nobodyatall\n' "$DAEMON_DIR/server" "$socket" >second.conf
tap_refused "an account that is none is refused at the start" timeout 120 "$daemon_program" --config second.conf
daemon_kill9
tap_ok "after kill -9 of all the socket that was left is taken over" daemon_start
user=ally@example.org tap_ok "... and serves, under an alias too" log_in otp "$(door_code 7)"

# ---- sshd ----

mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f host
cat >sshd.conf <<-END
	ListenAddress 127.0.0.1:2222
	HostKey $DAEMON_DIR/host
	PidFile none
	StrictModes no
	UsePAM yes
	PasswordAuthentication no
	PubkeyAuthentication no
	KbdInteractiveAuthentication yes
	PermitRootLogin yes
END
root_seed=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
user_make root "$root_seed"
service sshd "auth required $module $option"
door_run sshd /usr/sbin/sshd -D -e -f sshd.conf
door_wait sshd listening
printf '#!/bin/sh\ncat %s/typing\n' "$DAEMON_DIR" >askpass
chmod 700 askpass
ssh_in()
{
	echo "$1" >typing
	SSH_ASKPASS=$DAEMON_DIR/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=:0 timeout 120 ssh -F none -p 2222 -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o NumberOfPasswordPrompts=1 -o PreferredAuthentications=keyboard-interactive root@127.0.0.1 \
		echo logged in </dev/null 2>ssh.log
}
tap_is "sshd lets in with a right code" "$(ssh_in "$(door_code 0 "$root_seed")")" "logged in"
tap_is "sshd does not let in with the same code again" "$(ssh_in "$(door_code 0 "$root_seed")")" ""
tap_is "... which counts for where ssh came from" "$(door_client)" "web root client 127.0.0.1"
tap_is "sshd lets in with the next code" "$(ssh_in "$(door_code 1 "$root_seed")")" "logged in"
daemon_stop
tap_is "sshd lets nobody in where the daemon is not there" "$(ssh_in "$(door_code 2 "$root_seed")")" ""
tap_ok "... and the log says why" logged 'sshd.*door\.sock: Connection refused'
tap_done
