#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Debian's nginx with docs/examples/nginx/countersign.conf: pages for whoever has a one-time password.
. "${top_srcdir:-.}/tests/lib/door.sh"
tap_need nginx
example=$(realpath "$top_srcdir/docs/examples/nginx/countersign.conf")
cd "$DAEMON_DIR" || exit 1
door_begin "tries = 100" "address_tries = 1000"

mkdir www cache
echo "the page" >www/index.html
for i in 1 2 3 4 5 6; do echo "part $i" >"www/$i"; done
chmod -R o+rX . # its workers are nobody's
printf 'proxy_set_header Countersign-Credential %s;\n' "$(cat web.credential)" >nginx.credential
sed "s,127.0.0.1:8443,${DAEMON_URL#https://},; s,/srv/www,$DAEMON_DIR/www,; s,/etc/nginx/countersign.credential,$DAEMON_DIR/nginx.credential,
	s,/etc/nginx/countersign.pem,$DAEMON_CA,; s,/run/countersign-nginx,$DAEMON_DIR/cache," "$example" >countersign.conf
cat >nginx.conf <<-END
	daemon off;
	user root;
	pid $DAEMON_DIR/nginx.pid;
	error_log stderr notice;
	worker_processes 2;
	events { }
	http {
		access_log off;
		include $DAEMON_DIR/countersign.conf;
	}
END
tap_ok "nginx takes the configuration" nginx -t -p "$DAEMON_DIR" -c "$DAEMON_DIR/nginx.conf" || tap_done
door_run nginx nginx -p "$DAEMON_DIR" -c "$DAEMON_DIR/nginx.conf"
door_wait_port 8080

page() # CURL-ARGUMENT...
{
	curl -s --noproxy '*' --max-time 120 -D headers -o body -w '%{http_code} ' "$@" "http://127.0.0.1:8080${path-/}"
	tr -d '\n' <body
}
spent() # [CLASS]: how often the daemon was asked, and answered so
{
	daemon_metrics | sed -n "s/^countersign_http_requests_total{operation=\"otp_verify\",class=\"${1:-2xx}\"} //p"
}
tap_like "without a code the page is not shown" "$(page)" "^401 "
tap_like "... but a code asked for" "$(cat headers)" 'WWW-Authenticate: Basic realm="one-time password"'
tap_like "a wrong code does not show it" "$(page -u alice:000000)" "^401 "
tap_is "... and counts for the browser's address" "$(door_client)" "web alice client 127.0.0.1"
before=$(spent 4xx)
tap_ok "... which was one attempt" test "$before" -gt 0
for i in 1 2 3 4 5 6; do
	path=/$i page -u alice:000000 >/dev/null
done
tap_is "... and stays one, whatever else the browser wants with it" "$(spent 4xx)" "$before"
tap_is "a right code shows it" "$(page -u "alice:$(door_code 0)")" "200 the page"
before=$(spent)
for i in 1 2 3 4 5 6; do
	path=/$i page -u "alice:$(door_code 0)" >/dev/null
done
tap_is "the same visit goes on, and asks the daemon no more" "$(spent)" "$before"
tap_like "another address does not have the visit" "$(page -u "alice:$(door_code 0)" --interface 127.0.0.2)" "^401 "
tap_is "... which its code counts for" "$(door_client)" "web alice client 127.0.0.2"
tap_like "another name does not either" "$(page -u "bob:$(door_code 0)")" "^401 "
# Six at once with a fresh code: a browser.
fetches=()
for i in 1 2 3 4 5 6; do
	curl -s --noproxy '*' --max-time 120 -u "alice:$(door_code 1)" "http://127.0.0.1:8080/$i" >"part.$i" &
	fetches+=($!)
done
wait "${fetches[@]}"
tap_is "six requests at once with one fresh code are one visit" "$(cat part.?)" "$(cat www/[1-6])"
kill "${door_pid[nginx]}"
wait "${door_pid[nginx]}"
sed -i 's,5m;$,1s;,' countersign.conf
door_run nginx nginx -p "$DAEMON_DIR" -c "$DAEMON_DIR/nginx.conf"
door_wait_port 8080
tap_is "where a visit is a second long a code opens the page" "$(page -u "alice:$(door_code 2)")" "200 the page"
over()
{
	[[ $(page -u "alice:$(door_code 2)") = "401 "* ]]
}
tap_ok "when its time is over the code does not open the page again" door_patience over
tap_is "the next code does" "$(page -u "alice:$(door_code 3)")" "200 the page"
tap_like "the place that asks the daemon cannot be asked from outside" "$(path=/_countersign page -u "alice:$(door_code 4)")" "^404 "
printf 'proxy_set_header Countersign-Credential cs_wrong;\n' >nginx.credential
kill -HUP "${door_pid[nginx]}"
door_wait nginx 'gracefully shutting down'
broken()
{
	[[ $(page -u "alice:$(door_code 4)") = "500 "* ]]
}
tap_ok "with a wrong credential of nginx's own it is an error, not a question to the user" door_patience broken
daemon_stop
tap_like "where the daemon is not there the page is not shown" "$(page -u "alice:$(door_code 5)")" "^50[0-9] "
tap_done
