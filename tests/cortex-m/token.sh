#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A token on a Cortex-M4: the card core, CCID on a serial line, and cryptography by BearSSL, on a board that QEMU plays, used through
# pcscd by OpenSC, ykman and our module. tests/cortex-m/relay stands between the serial line and pcscd. Prints what the token takes;
# with an argument also writes it there, as figures for make bench.

# In the namespaces of the test there is no network.
if [ -z "${CARD_NAMESPACE-}" ]; then
	# shellcheck source=tests/cortex-m/bearssl.sh
	. "$top_srcdir/tests/cortex-m/bearssl.sh"
	TOKEN_BEARSSL=$(bearssl_source) || TOKEN_MISSING=$TOKEN_BEARSSL
	export TOKEN_BEARSSL TOKEN_MISSING
fi
. "$top_srcdir/tests/lib/card.sh"
. "$top_srcdir/tests/cortex-m/bearssl.sh"
cd "$top_srcdir" || exit 1
. tests/cortex-m/cross.sh

figures=${1-}
missing=$(cross_have) || tap_skip_all "$missing"
[ -z "${TOKEN_MISSING-}" ] || tap_skip_all "$TOKEN_MISSING"
for tool in pkcs11-tool opensc-tool openssl oathtool ykman; do
	command -v "$tool" >/dev/null || tap_skip_all "$tool is not installed"
done
work=$CARD_DIR
cpu=cortex-m4
module=(pkcs11-tool --module "$CARD_MODULE")
select_piv=00:A4:04:00:05:A0:00:00:03:08

token_build()
{
	local files bear="-isystem $TOKEN_BEARSSL/inc"
	mapfile -t files < <(bearssl_files "$TOKEN_BEARSSL")
	cross_core $cpu &&
		cross_compile $cpu bearssl "-w -ffreestanding $bear -I$TOKEN_BEARSSL/src" "${files[@]}" &&
		cross_compile $cpu port "$cross_warnings -ffreestanding $bear" applet/port/crypto_bearssl{,_ec,_rsa}.c \
			applet/port/ccid.c applet/port/ccid_input.c applet/port/ccid_serial.c &&
		cross_compile $cpu board "$cross_warnings $bear -D_GNU_SOURCE -DSTACK_PAINT=65536u -Itests/cortex-m" tests/cortex-m/board.c \
			tests/cortex-m/token.c applet/port/flash_ram.c &&
		${cross}gcc -mthumb -mcpu=$cpu -nostartfiles --specs=rdimon.specs -Wl,--gc-sections -T tests/cortex-m/board.ld \
			-Wl,--defsym=BOARD_FLASH=0x400000 -Wl,--defsym=BOARD_RAM=0x400000 -Wl,--no-warn-rwx-segments -Wl,-Map="$work/token.map" \
			-o "$work/token.elf" "$work/$cpu"/{core,bearssl,port,board}/*.o
}

# token_start EVERY [TWICE]: the board and the relay, which spoils each so manieth byte, and sends each message so many times more
token_start()
{
	: >"$work/token.log"
	qemu-system-arm -M mps2-an386 -nographic -monitor none -serial "unix:$work/uart,server=on,wait=off" \
		-semihosting-config enable=on,target=native -kernel "$work/token.elf" >>"$work/token.log" 2>&1 </dev/null {tap_fd}>&- &
	board_pid=$!
	until grep -q '^# ram' "$work/token.log"; do
		kill -0 $board_pid 2>/dev/null || return 1
		sleep 0.1
	done
	# What ykman takes for a token of USB; it wants to see it in the reader's name.
	[ -n "$card_pcscd_pid" ] || pcscd_start "Yubico YubiKey CCID"
	# pcscd may not have seen yet that the board before is gone: its card is not the one waited for below.
	card_wait absent
	"$top_builddir/tests/cortex-m/relay" "$work/uart" 35963 "$@" >>"$work/relay.log" 2>&1 {tap_fd}>&- &
	relay_pid=$!
	card_wait present
}

token_end()
{
	[ -z "${relay_pid-}" ] || { kill "$relay_pid"; wait "$relay_pid"; }
	[ -z "${board_pid-}" ] || { kill "$board_pid"; wait "$board_pid"; }
	relay_pid='' board_pid=''
} 2>/dev/null
card_at_exit token_end

# sign ID MECHANISM PKCS11-TOOL-ARGUMENT...: a signature of the token's over $work/text, in $work/signature
sign()
{
	local id=$1 mechanism=$2
	shift 2
	echo "a text" >"$work/text"
	"${module[@]}" --login --pin 739251 --sign --id "$id" --mechanism "$mechanism" --input-file "$work/text" --output-file "$work/signature" "$@"
}

# This OpenSC cannot read a public key of P-384.
sign_and_verify()
{
	sign "$@" && "${module[@]}" --verify --id "$1" --mechanism "$2" --input-file "$work/text" --signature-file "$work/signature"
}

sign_with()
{
	local id=$1
	sign "$@" &&
		"${module[@]}" --read-object --type pubkey --id "$id" --output-file "$work/public.der" &&
		openssl dgst -sha256 -keyform DER -verify "$work/public.der" -signature "$work/signature" "$work/text"
}

# Bytes of code and constants of BearSSL's that are in the program.
bearssl_code()
{
	local size total=0
	while read -r size; do total=$((total + size)); done < <(awk '
		/^Linker script and memory map/ { linked = 1 }
		/^ \.[a-z]/ { section = $1 }
		linked && section ~ /^\.(text|rodata)/ && /\/cortex-m4\/bearssl\// { print $(NF - 1) }' "$work/token.map")
	echo "$total"
}

figures_write()
{
	cat >"$figures" <<-EOT
		{
		"token_cortexm4_code": {"value": $1, "unit": "bytes", "beside": {"core": $2, "bearssl": $3}},
		"token_cortexm4_ram": {"value": $4, "unit": "bytes", "beside": {"stack_in_tests": $5}}
		}
	EOT
}

oath_code()
{
	ykman --reader "$CARD_READER" oath accounts code --single test
}

use_oath()
{
	local counter
	tap_ok "$1: ykman puts an HOTP credential there" \
		ykman --reader "$CARD_READER" oath accounts add --oath-type HOTP test GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
	for counter in 0 1 2; do
		tap_is "$1: code $counter is what oathtool computes" "$(oath_code)" "$(oathtool --counter=$counter 3132333435363738393031323334353637383930)"
	done
}

use_token()
{
	tap_like "$1: OpenSC reads the card's ATR" "$(opensc-tool -a 2>/dev/null)" '^3b:fb:13:00:00:81:31:fe:45'
	tap_like "$1: SELECT of PIV is answered" "$(opensc-tool -s "$select_piv" 2>&1)" 'SW1=0x90, SW2=0x00'
	tap_ok "$1: our module initialises it" "${module[@]}" --init-token --so-pin 82918273 --label Board
	tap_ok "$1: and gives it a PIN" "${module[@]}" --login --login-type so --so-pin 82918273 --init-pin --new-pin 739251
	tap_ok "$1: a P-256 key is made on the board" "${module[@]}" --login --pin 739251 --keypairgen --key-type EC:prime256v1 --id 01
	tap_ok "$1: its signature is good to OpenSSL" sign_with 01 ECDSA-SHA256 --signature-format openssl
}

tap_ok "the token is built for $cpu without a warning" token_build || tap_done
tap_ok "the board starts, and pcscd sees its card" token_start 0 || tap_done
use_token "over the serial line"
tap_ok "a P-384 key too" "${module[@]}" --login --pin 739251 --keypairgen --key-type EC:secp384r1 --id 02
tap_ok "whose signature our module finds good, without the board" sign_and_verify 02 ECDSA-SHA256
tap_refused "a wrong PIN is refused" "${module[@]}" --login --pin 654321 --list-objects
tap_ok "and the right one then taken" "${module[@]}" --login --pin 739251 --list-objects
tap_ok "an RSA-3072 key is made, for which the host waits" "${module[@]}" --login --pin 739251 --keypairgen --key-type rsa:3072 --id 03
tap_ok "its signature is good to OpenSSL" sign_with 03 SHA256-RSA-PKCS
tap_ok "what pkcs11-tool tests holds, with all three keys" "${module[@]}" --login --pin 739251 --test
use_oath "over the serial line"
token_end
tap_like "no frame came broken" "$(cat "$work/relay.log")" ' 0 broken frames again, .* [1-9][0-9]* times more time'

deepest=$(sed -n 's/^# stack //p' "$work/token.log" | tail -n 1)
: >"$work/relay.log"
tap_ok "a token whose line spoils each 499th byte, and brings each message twice, starts" token_start 499 1 || tap_done
use_token "over a bad line"
use_oath "over a bad line, each command executed once"
token_end
tap_like "many frames were sent again" "$(cat "$work/relay.log")" ' [1-9][0-9]+ broken frames again'

read -r core _ < <(cross_code $cpu core)
read -r whole _ < <(${cross}size "$work/token.elf" | awk 'NR == 2 { print $1 + $2 }')
bear=$(bearssl_code)
ram=$(sed -n 's/^# ram //p' "$work/token.log")
tap_note "$cpu, -Os: the whole program $whole bytes of code and constants, of them the core $core, BearSSL $bear"
tap_note "$cpu: RAM $ram bytes beside flash and stack; deepest stack below card_transmit $deepest, cryptography included"
[ -z "$figures" ] || figures_write "$whole" "$core" "$bear" "$ram" "$deepest"
tap_done
