# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The module in the program that loads it: loaded and unloaded many times, called late, forked under, through p11-kit's proxy;
# pcscd restarted, a reader that comes later, and GnuPG's scdaemon on the same reader.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/integration/module_talk.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR
unset XDG_CACHE_HOME XDG_CONFIG_HOME
tap_ok "a token is made" token_make || tap_done

sanitized()
{
	nm -D "$CARD_MODULE" | grep -qE '__(asan|tsan)_init'
}

# ---- loading, unloading, the end ----

if sanitized; then
	tap_skip "lives from dlopen to dlclose leave nothing behind" "a sanitizer's own memory grows with each"
else
	said "60 lives from dlopen to dlclose, a thread waiting in each, leave no descriptor, no thread and no memory behind" "* KiB reload 0" reload 60
fi
said "who waits for an event is told by C_Finalize, and may be joined before dlclose" \
	"load 0 init 0 waits 0 finalize 0 waited 0x190 unload 0 load 0 init 0 open 0 login 0 sign 0" \
	load init waits finalize waited unload load init open login sign
said "or after it: what he waits in is there still" "load 0 init 0 waits 0 finalize 0 unload 0 waited 0x190 load 0 init 0 open 0 login 0 sign 0" \
	load init waits finalize unload waited load init open login sign
said "unloaded without C_Finalize while a thread waits, it is found as it was, and C_Finalize ends the wait then" \
	"load 0 init 0 open 0 login 0 waits 0 unload 0 load 0 init 0x191 sign 0 finalize 0 waited 0x190 init 0 open 0 login 0 sign 0" \
	load init open login waits unload load init sign finalize waited init open login sign
said "a program that ends while a thread waits ends" "load 0 init 0 waits 0 open 0" load init waits open
said "unloaded with a session open and a user logged in, it is found again as it was" \
	"load 0 init 0 open 0 login 0 unload 0 load 0 init 0x191 sign 0 finalize 0 init 0 open 0 login 0 sign 0" \
	load init open login unload load init sign finalize init open login sign
said "a program that ends without C_Finalize ends" "load 0 init 0 open 0 login 0 sign 0" load init open login sign
said "calls after libcrypto's own end are borne, and those without it work" \
	"load 0 init 0 open 0 login 0 sign 0 digest 0 digest 0x* logout 0 close 0 finalize 0 finalize 0x190" \
	load init open login sign digest late digest logout close finalize finalize
said "what a program does at exit, registered once the module was initialised, comes before libcrypto's end" \
	"load 0 init 0 open 0 digest 0 digest 0" load init open atexit digest digest

# ---- forks ----

said "children of a program whose threads sign and look without pause begin anew, and it goes on" \
	"load 0 init 0 open 0 login 0 forks 0 sign 0" load init open login forks 60 sign
COUNTERSIGN_TRANSPORT=socket:$CARD_SOCKET said "and over the card's own socket" \
	"load 0 init 0 open 0 login 0 forks 0 sign 0" load init open login forks 20 sign

# ---- p11-kit's proxy ----

# The superuser's own p11-kit files are not read: the system's place has ours in this namespace. The last token is our module's.
proxy=$(find /usr/lib -name 'p11-kit-proxy.so' | head -n 1)
opensc=$(find /usr/lib -name 'opensc-pkcs11.so' | head -n 1)
if [ -n "$proxy" ] && [ -d /usr/share/p11-kit/modules ]; then
	mkdir modules
	mount --bind modules /usr/share/p11-kit/modules
	printf 'module: %s\n' "$CARD_MODULE" >modules/ours.module
	host_module=$proxy said "through p11-kit's proxy it signs, life after life" \
		"load 0 init 0 open 0 login 0 sign 0 logout 0 close 0 finalize 0 init 0 open 0 login 0 sign 0" \
		load init open login sign logout close finalize init open login sign
	printf 'module: %s\npriority: 5\n' "$opensc" >modules/opensc.module
	host_module=$proxy said "through the proxy, beside OpenSC's module on the same card, it signs" \
		"load 0 init 0 open 0 login 0 sign 0 sign 0 logout 0 finalize 0" load init open login sign sign logout finalize
	umount /usr/share/p11-kit/modules
else
	tap_skip "p11-kit's proxy" "p11-kit-proxy.so is not installed"
fi

# ---- what changes while a program runs ----

talk load init open login sign pause sign open login sign
talked paused
pcscd_stop
pcscd_start
card_wait present
go
talk_end "pcscd restarted: the session is gone, and the next one signs" \
	"load 0 init 0 open 0 login 0 sign 0 paused pause 0 sign 0x32 open 0 login 0 sign 0"

# Of a removal and a reset pcscd tells a program that was idle the later one alone.
verified() # how often a PIN went out
{
	grep -cE ' 00 20 00 80 .*Lc=8' reset.trace
}
another_card()
{
	card_stop
	card_resume
}
for change in "card_pull card_insert" another_card; do
	rm -f reset.trace
	COUNTERSIGN_TRACE=$CARD_DIR/reset.trace talk load init open login sign pause sign open login sign
	talked paused
	for step in $change; do $step; done
	tap_ok "... is reset by another program" opensc-tool --reset=cold --atr
	before=$(verified)
	go
	talk_end "a card that was away while nobody looked ($change), and is reset, is a new one: the session is gone, and the next one signs" \
		"load 0 init 0 open 0 login 0 sign 0 paused pause 0 sign 0x32 open 0 login 0 sign 0"
	tap_is "... to which no PIN goes but that of the new login" "$before $(verified)" "1 2"
done

talk load init past pause event pause event open login sign
talked paused
go
pcscd_stop
talked paused
pcscd_start
card_wait present
go
talk_end "who waits for a card outlives a restart of pcscd: told that the card is gone, and that it is back" \
	"load 0 init 0 past 0 paused pause 0 0 event 0 paused pause 0 0 event 0 open 0 login 0 sign 0"

# pcscd, and with it the readers, come only after the program has begun.
pcscd_stop
talk load init past slots pause event slots open login sign
talked paused
go
pcscd_start
card_wait present
talk_end "a reader that comes later is a slot, whose card is told of and signs" \
	"load 0 init 0 past 0 0 slots 0 paused pause 0 0 event 0 [1-9] slots 0 open 0 login 0 sign 0"

# ---- GnuPG ----

if command -v gpg-connect-agent >/dev/null && [ -x /usr/lib/gnupg/scdaemon ]; then
	export GNUPGHOME=$CARD_DIR/gnupg
	mkdir -m 700 "$GNUPGHOME"
	scd_conf=$(printf 'disable-ccid\nreader-port "%s"\ndebug cardio\nlog-file %s/scd.log' "$CARD_READER" "$CARD_DIR")
	echo "$scd_conf" >"$GNUPGHOME/scdaemon.conf"
	card_at_exit 'gpgconf --kill all'
	# By itself it wants the card for itself alone, and gets it where nobody has it; then it keeps it.
	scd_alone()
	{
		timeout 120 gpg-connect-agent "SCD SERIALNO undefined" /bye </dev/null 2>&1
	}
	scd_end()
	{
		local times=1200
		gpgconf --kill all
		until [ ! -S "$(gpgconf --list-dirs agent-socket)" ] && "$top_builddir/tools/countersign" card info >/dev/null 2>&1; do
			times=$((times - 1))
			[ "$times" -gt 0 ] || return 1
			read -rt 0.1 <> <(:)
		done
		return 0 # not what the last pause ended with
	}
	tap_like "scdaemon gets a card for itself that nobody uses" "$(scd_alone)" "S SERIALNO [0-9A-F]"
	COUNTERSIGN_TRACE=$CARD_DIR/scd.trace talk load init tokens open tokens pause tokens open login sign pause sign
	talked paused
	tap_like "... C_OpenSession says CKR_DEVICE_ERROR" "$(token_tool --slot 0 -O 2>&1)" "C_OpenSession failed: rv = CKR_DEVICE_ERROR"
	tap_like "... the command says that another program has the card" "$("$top_builddir/tools/countersign" card info 2>&1)" \
		"another program holds the card for itself"
	tap_like "... the trace says so, too" "$(cat scd.trace)" "- $CARD_READER -> in use by someone else"
	tap_ok "scdaemon is ended" scd_end
	go
	talked paused
	tap_is "... it gets no card for itself that the module uses" "$(scd_alone | grep -c '^S SERIALNO')" 0
	go
	# Never a slot with a token in it that nobody can open.
	talk_end "a program that looked for its token while scdaemon had it is told of none, and finds it once scdaemon lets go" \
		"load 0 init 0 0 0 tokens 0 open 0xe0 0 0 tokens 0 paused pause 0 1 1 tokens 0 open 0 login 0 sign 0 paused pause 0 sign 0"
	tap_ok "scdaemon is ended again" scd_end

	echo pcsc-shared >>"$GNUPGHOME/scdaemon.conf"
	# It looks for an application of its own, and talks to the card, or (2.4) tells what it remembers of it.
	gpg_look()
	{
		timeout 120 gpg-connect-agent "SCD RESET" "SCD SERIALNO" /bye </dev/null >>gpg.log 2>&1
		cat scd.log gpg.log | grep -c 'PCSC_data\|raw apdu\|send apdu\|^S SERIALNO [0-9A-F]'
	}
	before=$(gpg_look)
	talk load init open login sign pause sign pause sign logout
	talked paused
	between=$(gpg_look)
	go
	talked paused
	after=$(gpg_look)
	go
	talk_end "scdaemon on the same reader takes nobody's login" \
		"load 0 init 0 open 0 login 0 sign 0 paused pause 0 sign 0 paused pause 0 sign 0 logout 0"
	tap_ok "scdaemon is not kept from the card by a program that is logged in" \
		test 0 -lt "$((before > 0 && between > before && after > between))" || tap_note "$(tail -n 30 scd.log gpg.log)"
else
	tap_skip "scdaemon on the same reader" "gpg-connect-agent and scdaemon are not installed"
fi
tap_done
