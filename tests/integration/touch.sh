#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A card that waits for its user: what the countersign command says meanwhile, over the socket and over PC/SC; the touch that comes
# from another terminal; ykman, which knows nothing of it.

. "$(dirname "$0")/../lib/card.sh"

command -v jq >/dev/null || tap_skip_all "jq is not installed"

cli=$top_builddir/tools/countersign
cd "$CARD_DIR" || exit 1
export COUNTERSIGN_PIN=271828 COUNTERSIGN_PUK=31415926
seed=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP

# A notifier that leaves what it was told.
cat >notify <<'SCRIPT'
#!/bin/sh
printf '%s: %s\n' "$1" "$2" >"$0.new"
mv "$0.new" "$0.said"
SCRIPT
chmod 700 notify

over_socket()
{
	COUNTERSIGN_TRANSPORT=socket:$CARD_SOCKET "$cli" "$@"
}

over_pcsc()
{
	COUNTERSIGN_TRANSPORT=pcsc "$cli" "$@"
}

# Until the card says that it waits.
await_asking()
{
	local tries
	for tries in {1..1200}; do
		[ "$(over_socket card status --json | jq -r .touch)" = null ] || return 0
		read -rt 0.05 <> <(:)
	done
	tap_note "nothing asked for a touch after $tries looks"
	return 1
}

# while_waiting COMMAND...: runs it, waits until the card wants a touch, leaves what the card wants in $wanted, touches; what it printed
# is in $out and $err, its exit status is the result.
while_waiting()
{
	local pid
	"$@" >out 2>err </dev/null &
	pid=$!
	await_asking
	wanted=$(over_socket card status)
	over_socket card touch >touched
	wait "$pid"
	local status=$?
	out=$(cat out) err=$(cat err)
	return "$status"
}

pcscd_start "Yubico YubiKey CCID" # newer ykman reads in the reader's name what it talks to
card_start countersign --touch ask --notify "$CARD_DIR/notify"
COUNTERSIGN_TRANSPORT=socket:$CARD_SOCKET
tap_ok "card init" over_socket card init --yes
tap_ok "an OTP credential that wants a touch" env COUNTERSIGN_OTP_SECRET=$seed COUNTERSIGN_TRANSPORT="$COUNTERSIGN_TRANSPORT" "$cli" otp add touched --touch
tap_ok "a key that wants one" over_socket key generate --slot 9c --algorithm p256 --touch-policy always

tap_is "a card that waits for nothing says so" "$(over_socket card status)" "Ready."
over_socket card touch >touched
tap_is "a touch that nobody asked for is refused" "$?" 1
tap_is "and said to be nobody's" "$(cat touched)" "The card was waiting for no touch."

tap_ok "otp code over the socket" while_waiting over_socket otp code touched
tap_like "yields a code" "$out" '^[0-9]{6}$'
tap_is "while it waited it said so" "$err" "countersign: touch the token"
tap_is "the card said what for" "$wanted" "Waiting for a touch to make a one-time password."
tap_is "the touch was wanted" "$(cat touched)" "Touched."
tap_is "the desktop was told" "$(cat notify.said)" "Countersign: Touch the card to make a one-time password"

tap_ok "otp code over PC/SC" while_waiting over_pcsc otp code touched
tap_like "yields a code as well" "$out" '^[0-9]{6}$'
tap_is "and said so as well" "$err" "countersign: touch the token"

tap_ok "cert request, PIN and touch for each signature" while_waiting over_socket cert request --slot 9c --subject /CN=Ada
tap_like "is signed" "$out" 'END CERTIFICATE REQUEST'
tap_is "after the touch" "$wanted" "Waiting for a touch to use a private key."

over_pcsc card touch 2>err
tap_is "card touch over PC/SC is a usage error" "$?" 2
tap_like "that says what to do" "$(cat err)" 'COUNTERSIGN_TRANSPORT to socket:PATH'

if command -v ykman >/dev/null; then
	tap_ok "ykman, which waits without knowing" while_waiting ykman --reader "$CARD_READER" oath accounts code -s touched
	tap_like "gets its code" "$out" '^[0-9]{6}$'
else
	tap_skip "ykman, which waits without knowing" "ykman is not installed"
fi

# A program with the module: the person sees the card ask, the program waits.
tap_ok "a counter that wants a touch" env COUNTERSIGN_OTP_SECRET=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ COUNTERSIGN_TRANSPORT="$COUNTERSIGN_TRANSPORT" \
	"$cli" otp add counted --type hotp --touch
for code in 755224 287082; do
	tap_ok "C_Sign of CKM_HOTP waits for the touch" \
		while_waiting env COUNTERSIGN_TRANSPORT=pcsc "$top_builddir/docs/examples/otp" "$CARD_MODULE" counted
	tap_is "and yields the next code" "$out" "$code"
done

# A button that the card inherits. What was pressed before, while it did not run and while it did, is no touch.
card_stop
mkfifo button
exec 7<>button
echo >&7
card_resume --touch fd:7
echo >&7
over_socket otp code touched >out 2>err </dev/null &
pid=$!
tap_ok "a touch made before the card asks is none: it asks" await_asking
# The card takes what follows a touch within a third of a second for its bounce, so a person presses again.
while kill -0 "$pid" 2>/dev/null; do
	echo >&7
	read -rt 0.5 <> <(:)
done
tap_ok "a touch behind it" wait "$pid"
tap_like "yields the code" "$(cat out)" '^[0-9]{6}$'
refused() { "$top_builddir/countersign-card" --image other.image --socket other --touch "$1" 2>&1 </dev/null; }
tap_is "a descriptor that is not open is no button" "$(refused fd:99)" "countersign-card: --touch fd:99: no such descriptor is open"
tap_is "nor is a chip that is not there" "$(refused gpio:no-such-chip/3)" \
	"countersign-card: --touch gpio:no-such-chip/3: there is no such chip, or no such line of it"
tap_is "nor a line without its chip" "$(refused gpio:3)" "countersign-card: --touch gpio:3: wants gpio:CHIP/LINE, for example gpio:gpiochip0/17"
exec 7>&-

tap_done
