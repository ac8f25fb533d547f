#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# OpenVPN and strongSwan with the module, each with a server of the same kind on loopback.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not installed"
cd "$CARD_DIR" || exit 1
module=$(realpath "$CARD_MODULE")
tap_ok "a token is made" token_make
ca_make
usage=(keyUsage=digitalSignature extendedKeyUsage=clientAuth)
tap_ok "an RSA key gets a certificate" token_certify 01 /CN=Ada "${usage[@]}" subjectAltName=email:ada@example.org
tap_ok "and a P-256 key another" token_certify 03 /CN=Bob "${usage[@]}" subjectAltName=email:bob@example.org
openssl req -new -newkey rsa:2048 -nodes -keyout server.key -subj /CN=server -out server.csr 2>/dev/null
ca_issue server.csr server.crt keyUsage=digitalSignature,keyEncipherment extendedKeyUsage=serverAuth subjectAltName=DNS:server

pause()
{
	read -rt 0.1 <> <(:)
}

# The right PIN, so that the next wrong ones do not block it.
tries_back()
{
	token_tool --login --pin "$PIN" -O >/dev/null 2>&1
}

# ---- OpenVPN: no tunnel, for the handshake is what the card is for ----

openvpn_serve()
{
	: >server.log
	openvpn --dev null --proto tcp-server --local 127.0.0.1 --port 1194 --mode p2p --tls-server --ca ca.pem --cert server.crt --key server.key \
		--dh none --remote-cert-tls client --verb 3 >server.log 2>&1 {tap_fd}>&- &
	server=$!
	card_at_exit "kill $server 2>/dev/null"
	until grep -q Listening server.log || ! kill -0 "$server" 2>/dev/null; do pause; done
}

# openvpn_connect ID PIN: connected, with a PIN that a person would give to the management interface when asked.
openvpn_connect()
{
	local id client line connected=1 asked=0
	id=$(openvpn --show-pkcs11-ids "$module" | sed -n "s/.*Serialized id: *\(.*\/$1\)$/\1/p")
	openvpn_serve
	openvpn --dev null --proto tcp-client --remote 127.0.0.1 1194 --nobind --tls-client --ca ca.pem --pkcs11-providers "$module" --pkcs11-id "$id" \
		--remote-cert-tls server --tls-exit --management 127.0.0.1 7505 --management-query-passwords --verb 3 >client.log 2>&1 {tap_fd}>&- &
	client=$!
	until { exec 9<>/dev/tcp/127.0.0.1/7505; } 2>/dev/null || ! kill -0 "$client" 2>/dev/null; do pause; done
	echo "state on" >&9
	while read -rt 120 -u 9 line; do
		case $line in
		">PASSWORD:Need"*)
			asked=$((asked + 1))
			[ "$asked" -lt 3 ] || break
			echo "password \"Test token\" \"$2\"" >&9
			;;
		*",CONNECTED,"*) connected=0 && break ;;
		*",EXITING,"*) break ;;
		esac
	done
	exec 9>&-
	kill "$client" "$server" 2>/dev/null
	wait "$client" "$server" 2>/dev/null
	[ "$connected" -eq 0 ] || cat client.log
	return "$connected"
}

if command -v openvpn >/dev/null; then
	client_begin openvpn openvpn "--show-pkcs11-ids" "--pkcs11-id, RSA" "--pkcs11-id, P-256"
	tap_is "--show-pkcs11-ids" "$(openvpn --show-pkcs11-ids "$module" | grep -c 'Serialized id')" 2
	for key in "01 RSA Ada" "03 P-256 Bob"; do
		read -r id name who <<<"$key"
		tap_ok "--pkcs11-id, $name: connected" openvpn_connect "$id" "$PIN"
		tap_ok "--pkcs11-id, $name: the server saw whose it is" grep -q "VERIFY OK: depth=0, CN=$who" server.log
	done
	tap_refused "--pkcs11-id, P-256, with a wrong PIN" openvpn_connect 03 999999
	tries_back
	client_end
else
	tap_skip "OpenVPN" "openvpn is not installed"
fi

# ---- strongSwan: two of them, one the initiator with the card ----

charon=/usr/lib/ipsec/charon
plugins="random nonce openssl x509 pubkey pem pkcs1 pkcs8 constraints kdf hmac socket-default kernel-netlink vici"

# strongswan_start NAME PORT PORT-FOR-NAT PLUGIN...
strongswan_start()
{
	local name=$1 port=$2 nat=$3 pid
	shift 3
	cat >"$name/strongswan.conf" <<-END
		charon {
			load = $* $plugins
			port = $port
			port_nat_t = $nat
			install_routes = no
			install_virtual_ip = no
			filelog {
				stderr {
					default = 1
				}
			}
			plugins {
				vici {
					socket = unix://$CARD_DIR/$name/vici
				}
				pkcs11 {
					modules {
						countersign {
							path = $module
						}
					}
				}
			}
		}
	END
	# A /run of its own: there can be one in each.
	STRONGSWAN_CONF=$CARD_DIR/$name/strongswan.conf unshare -m sh -c "mount -t tmpfs tmpfs /run && exec $charon" >"$name.log" 2>&1 {tap_fd}>&- &
	pid=$! # which a pause changes
	card_at_exit "kill $pid 2>/dev/null"
	until [ -S "$name/vici" ] || ! kill -0 "$pid" 2>/dev/null; do pause; done
}
swan()
{
	local name=$1
	shift
	STRONGSWAN_CONF=$CARD_DIR/$name/strongswan.conf SWANCTL_DIR=$CARD_DIR/$name timeout 120 swanctl "$@" --uri "unix://$CARD_DIR/$name/vici" 2>&1
}
# connection NAME ID WHO, and token NAME ID PIN: for swanctl.conf
connection()
{
	echo "$1 { version = 2
		remote_addrs = 127.0.0.1
		remote_port = 500
		local { auth = pubkey
			id = $3
			cert1 { handle = $2
				module = countersign
			}
		}
		remote { auth = pubkey
			id = server
		}
	}"
}
token()
{
	echo "token$1 { handle = $1
		module = countersign
		pin = $2
	}"
}

if [ -x "$charon" ] && command -v swanctl >/dev/null; then
	client_begin strongswan strongswan-charon "IKEv2, RSA" "IKEv2, P-256"
	mkdir -p responder/x509ca responder/x509 responder/private initiator/x509ca
	cp ca.pem responder/x509ca
	cp ca.pem initiator/x509ca
	cp server.crt responder/x509
	cp server.key responder/private
	echo "connections { all { version = 2
		local { auth = pubkey
			certs = server.crt
			id = server
		}
		remote { auth = pubkey
			cacerts = ca.pem
		}
	} }" >responder/swanctl.conf
	{
		echo "connections {"
		connection rsa 01 ada@example.org
		connection p256 03 bob@example.org
		echo "}"
		echo "secrets {"
		token 01 "$PIN"
		token 03 "$PIN"
		echo "}"
	} >initiator/swanctl.conf
	strongswan_start responder 500 4500
	strongswan_start initiator 1500 1501 pkcs11
	tap_ok "IKEv2, RSA: a responder" swan responder --load-all
	mv initiator/swanctl.conf right.conf
	{ echo "secrets {"; token 03 999999; echo "}"; } >initiator/swanctl.conf
	tap_like "IKEv2, P-256, with a wrong PIN: the key is not loaded" "$(swan initiator --load-creds --noprompt)" "loading 'token03' failed"
	tries_back
	mv right.conf initiator/swanctl.conf
	tap_ok "IKEv2, P-256: the initiator has the card's keys" swan initiator --load-all
	for key in "rsa RSA ada" "p256 P-256 bob"; do
		read -r ike name who <<<"$key"
		tap_ok "IKEv2, $name" swan initiator --initiate --ike "$ike"
		tap_like "IKEv2, $name: the responder saw whose it is" "$(swan responder --list-sas)" "remote +'$who@example.org'"
	done
	client_end
else
	tap_skip "strongSwan" "strongswan-charon or strongswan-swanctl is not installed"
fi
tap_done
