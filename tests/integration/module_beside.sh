# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The module and others beside it: SoftHSM in the same process, p11-kit's proxy that has the module twice, or that a program uses
# beside the module itself; a second reader and card that come while a program waits; and a connection over PC/SC to the same card, which
# sees a login's end.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/integration/module_talk.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR
tap_ok "a token is made" token_make || tap_done

# ---- SoftHSM ----

softhsm=/usr/lib/softhsm/libsofthsm2.so
softhsm_make()
{
	local tool=(pkcs11-tool --module "$softhsm" --token-label Soft)
	mkdir softhsm
	printf 'directories.tokendir = %s\nobjectstore.backend = file\n' "$CARD_DIR/softhsm" >softhsm.conf
	{
		pkcs11-tool --module "$softhsm" --init-token --slot-index 0 --so-pin 82918273 --label Soft &&
			"${tool[@]}" --login --login-type so --so-pin 82918273 --init-pin --new-pin "$PIN" &&
			"${tool[@]}" --login --pin "$PIN" --keypairgen --key-type EC:secp256r1 --id 03
	} >softhsm.log 2>&1
}

if [ -e "$softhsm" ]; then
	export SOFTHSM2_CONF=$CARD_DIR/softhsm.conf
	tap_ok "SoftHSM has a token with the same PIN and ID" softhsm_make
	said "SoftHSM comes first, with all its symbols in sight, and both sign" \
		"beside 0 load 0 init 0 open 0 login 0 sign 0 over 0 load 0 init 0 open 0 login 0 sign 0 over 0 sign 0" \
		beside "$softhsm" load init open login sign over load init open login sign over sign
	said "the module comes first, and both sign, at the same time too" \
		"load 0 init 0 open 0 login 0 beside 0 load 0 init 0 open 0 login 0 sign 0 both 0 over 0 sign 0" \
		load init open login beside "$softhsm" load init open login sign both over sign
	said "what ends in one goes on in the other" \
		"load 0 init 0 open 0 login 0 beside 0 load 0 init 0 open 0 login 0 finalize 0 sign 0x190 over 0 sign 0 finalize 0 over 0 init 0 open 0 login 0 sign 0" \
		load init open login beside "$softhsm" load init open login finalize sign over sign finalize over init open login sign
else
	tap_skip "SoftHSM in the same process" "softhsm2 is not installed"
fi

# ---- p11-kit's proxy ----

proxy=$(find /usr/lib -name 'p11-kit-proxy.so' | head -n 1)
if [ -n "$proxy" ] && [ -d /usr/share/p11-kit/modules ]; then
	p11_kit_alone
	readers=$(host load init slots | sed -n 's/ slots .*//p')
	cp p11-kit.modules/countersign.module p11-kit.modules/again.module
	host_module=$proxy said "a proxy that has the module twice, by two names, shows each reader once, and signs, life after life" \
		"load 0 init 0 $readers slots 0 open 0 login 0 sign 0 finalize 0 init 0 open 0 login 0 sign 0" \
		load init slots open login sign finalize init open login sign
	# One library is one application to the token, whichever way it is called.
	said "a program with the module that loads the proxy too goes on, and is the same user to both" \
		"load 0 init 0 open 0 login 0 sign 0 beside 0 load 0 init 0 open 0 login 0x100 sign 0 logout 0 over 0 login 0 sign 0" \
		load init open login sign beside "$proxy" load init open login sign logout over login sign
	host_module=$proxy said "a program with the proxy that loads the module too is told that it is initialised, and both sign" \
		"load 0 init 0 open 0 login 0 sign 0 beside 0 load 0 init 0x191 open 0 login 0x100 sign 0 both 0 over 0 sign 0 finalize 0" \
		load init open login sign beside "$CARD_MODULE" load init open login sign both over sign finalize
	cp "$CARD_MODULE" copy.so
	printf 'module: %s\n' "$CARD_DIR/copy.so" >p11-kit.modules/again.module
	host_module=$proxy said "a proxy that has the module and a copy of it shows each reader twice, and signs" \
		"load 0 init 0 $((2 * readers)) slots 0 open 0 login 0 sign 0 finalize 0" load init slots open login sign finalize
	rm p11-kit.modules/again.module
	umount /usr/share/p11-kit/modules
	said "the module and a copy of it in one process sign at the same time, each with a login of its own" \
		"load 0 init 0 open 0 login 0 beside 0 load 0 init 0 open 0 login 0 both 0 logout 0 over 0 sign 0 finalize 0" \
		load init open login beside "$CARD_DIR/copy.so" load init open login both logout over sign finalize
else
	tap_skip "p11-kit's proxy" "p11-kit-proxy.so is not installed"
fi

# ---- a second card, and more readers ----

# second_start PORT READER
second_start()
{
	"$top_builddir/countersign-card" --image second.image --vpcd "127.0.0.1:$1" >>card.log 2>&1 {tap_fd}>&- &
	second_pid=$!
	"$top_builddir/tests/lib/card_wait" present "$2" >/dev/null
}

second_stop()
{
	kill "$second_pid"
	wait "$second_pid"
}

cp "$CARD_IMAGE" second.image
talk load init past pause event open login sign pause event slots pause event pause event slots pause event open login sign
talked paused
go
second_start 35964 "${CARD_READER% *} 01"
talked paused
go
second_stop
talked paused
go
pcscd_stop
talked paused
pcscd_reader "Another PCD" 35981
pcscd_start
card_wait present
go
talked paused
go
second_start 35981 "Another PCD"
talk_end "who waits is told of a second card, of its going, and of one in a reader that was not there; each signs" \
	"load 0 init 0 past 0 paused pause 0 1 event 0 open 0 login 0 sign 0 paused pause 0 1 event 0 2 slots 0 paused pause 0 \
0 event 0 paused pause 0 0 event 0 4 slots 0 paused pause 0 2 event 0 open 0 login 0 sign 0"
second_stop
card_stop

# ---- another connection to the same card ----

# It can do what the officer may as long as he is logged in, since what was proved was proved by the card; and then no more. Other
# vendors' cards forget the management key with a reset alone, which every connection is told of once. The user's logout they are told.
P11_HOST_OFFICER=$(moved 010203040506070801020304050607080102030405060708)
export P11_HOST_OFFICER
card_start piv --plain
moved_pin=$(moved 123456)
for way in logout close finalize; do
	said "another vendor's card is reset when the officer's login ends ($way), and who is beside is told; the management key is not proved any more" \
		"load 0 init 0 open 0 watch 0 officer 0 write 0x9000 state 0 $way 0 state 0x80100068 write 0x69* select 0x9000 write 0x6982 state 0" \
		load init open watch officer write state "$way" state write select write state
done
for way in logout close finalize; do
	said "it is not reset when the user's ends ($way): who is beside stays as he was, and the PIN is not verified any more" \
		"load 0 init 0 open 0 watch 0 login 0 verified 0x9000 $way 0 state 0 verified 0x63c3" load init open watch login verified "$way" state verified
done
said "who has logged in beside the officer has to do so again" \
	"load 0 init 0 open 0 watch 0 officer 0 verify 0x9000 logout 0 state 0x80100068 select 0x9000 verified 0x63c3 verify 0x9000 verified 0x9000 finalize 0 state 0 verified 0x9000" \
	load init open watch officer verify 123456 logout state select verified verify 123456 verified finalize state verified
card_stop
card_start piv
for way in logout close finalize; do
	said "our card is not reset when the officer's login ends ($way): who is beside notices nothing, and the management key is not proved any more" \
		"load 0 init 0 open 0 watch 0 officer 0 write 0x9000 state 0 $way 0 state 0 write 0x6[9DEde]* select 0x9000 write 0x6982 state 0" \
		load init open watch officer write state "$way" state write select write state
done
tap_done
