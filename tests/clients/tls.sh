# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A TLS server for the tests, and what one asks of it. Source it after tests/integration/module_token.sh. Not a test itself.
#
#   tls_serve PORT CERT OPTION...     openssl s_server on loopback; waits until it listens; its log is server.PORT.log
#   tls_end                           ends the last one
#   tls_demanding PORT [OPTION...]    one with a key of its own (a certificate by ca_make's CA), that wants a certificate by the same CA
#                                     and shows it in its page
#   tls_pages PORT                    the same, but it shows the files of the current folder
#   tls_page OPTION...                the page that openssl s_client gets; options as of s_client, after -connect and what checks the server

tls_pid=

tls_serve()
{
	local port=$1 cert=$2
	shift 2
	: >"server.$port.log" # of an earlier one, which said that it listens
	openssl s_server -accept "127.0.0.1:$port" -cert "$cert" "$@" >"server.$port.log" 2>&1 {tap_fd}>&- </dev/null &
	tls_pid=$!
	card_at_exit "kill $tls_pid 2>/dev/null"
	until grep -qs '^ACCEPT' "server.$port.log" || ! kill -0 "$tls_pid" 2>/dev/null; do read -rt 0.1 <> <(:); done
}

tls_end()
{
	kill "$tls_pid"
	wait "$tls_pid" 2>/dev/null
}

tls_localhost()
{
	[ ! -e localhost.crt ] || return 0
	openssl req -new -newkey rsa:2048 -nodes -keyout localhost.key -subj /CN=localhost -out localhost.csr 2>/dev/null
	ca_issue localhost.csr localhost.crt "subjectAltName=DNS:localhost,IP:127.0.0.1" "extendedKeyUsage=serverAuth"
}

tls_demanding()
{
	local port=$1
	shift
	tls_localhost
	tls_serve "$port" localhost.crt -key localhost.key -Verify 1 -verify_return_error -CAfile ca.pem -www "$@"
}

tls_pages()
{
	tls_localhost
	tls_serve "$1" localhost.crt -key localhost.key -Verify 1 -verify_return_error -CAfile ca.pem -WWW
}

tls_page()
{
	printf 'GET / HTTP/1.0\r\n\r\n' | timeout 120 openssl s_client -quiet -connect "$@" -CAfile ca.pem -verify_return_error 2>client.log
}
