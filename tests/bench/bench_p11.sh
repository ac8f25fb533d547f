# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Our module beside OpenSC's and ykcs11 on the same virtual card: commands to the card, counted between it and the reader, and
# milliseconds, from C_Initialize to all objects listed, and for a signature. Prints the figures as one JSON object. Needs root. A
# peer that is not installed or cannot do it is left out.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"

exec 3>&1 1>&2
management=010203040506070801020304050607080102030405060708
export HOME=$CARD_DIR

tool()
{
	pkcs11-tool --module "$CARD_MODULE" --login --login-type so --so-pin "$management" "$@" >>"$CARD_DIR/tool.log" 2>&1
}

certificate()
{
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$CARD_DIR/ca.key" -out "$CARD_DIR/ca.pem" -subj /CN=CA -days 30 &&
		pkcs11-tool --module "$CARD_MODULE" --read-object --type pubkey --id "$1" --output-file "$CARD_DIR/public.der" &&
		openssl pkey -pubin -inform DER -in "$CARD_DIR/public.der" -out "$CARD_DIR/public.pem" &&
		openssl req -new -key "$CARD_DIR/ca.key" -subj "/CN=Key $1" -out "$CARD_DIR/request" &&
		openssl x509 -req -in "$CARD_DIR/request" -CA "$CARD_DIR/ca.pem" -CAkey "$CARD_DIR/ca.key" -days 20 \
			-force_pubkey "$CARD_DIR/public.pem" -outform DER -out "$CARD_DIR/certificate" &&
		tool --write-object "$CARD_DIR/certificate" --type cert --id "$1"
} >>"$CARD_DIR/tool.log" 2>&1

# ykcs11 looks at readers of this name only.
pcscd_start "Yubico Virtual"
"$top_builddir/tests/bench/relay" 35999 35963 "$CARD_DIR/count" 2>"$CARD_DIR/relay.log" &
relay=$!
card_at_exit "kill $relay"
card_start piv --vpcd 127.0.0.1:35999
tool --keypairgen --key-type rsa:2048 --id 01 && certificate 01 &&
	tool --keypairgen --key-type EC:secp256r1 --id 04 && certificate 04 || card_die "the keys cannot be made"

measure()
{
	local name=$1 module=$2
	[ -e "$module" ] || { tap_note "$name: $module is not installed"; echo null >"$CARD_DIR/$name.json"; return; }
	timeout 100 "$top_builddir/tests/bench/bench_p11" "$module" 123456 "$CARD_DIR/count" >"$CARD_DIR/$name.json" 2>"$CARD_DIR/$name.err" ||
		{ tap_note "$name: $(tail -n 1 "$CARD_DIR/$name.err")"; echo null >"$CARD_DIR/$name.json"; }
}

arch=$(gcc -print-multiarch 2>/dev/null)
first()
{
	local file
	for file in "$@"; do
		[ -e "$file" ] && { echo "$file"; return; }
	done
	echo "$1"
}
measure countersign "$CARD_MODULE"
measure opensc "$(first "/usr/lib/$arch/opensc-pkcs11.so" "/usr/lib/$arch/pkcs11/opensc-pkcs11.so")"
measure ykcs11 "$(first "/usr/lib/$arch/libykcs11.so.2" "/usr/lib/$arch/libykcs11.so")"

jq -n --slurpfile ours "$CARD_DIR/countersign.json" --slurpfile opensc "$CARD_DIR/opensc.json" --slurpfile ykcs11 "$CARD_DIR/ykcs11.json" '
	def figure(key; unit): {value: $ours[0][key], unit: unit, beside: ({opensc: $opensc[0][key]?, ykcs11: $ykcs11[0][key]?} | map_values(values))};
	{
		p11_list_apdus: figure("list_apdus"; "APDUs"), p11_list_ms: figure("list_ms"; "ms"),
		p11_list_objects: figure("list_objects"; "objects"),
		p11_sign_rsa2048_apdus: figure("rsa2048_apdus"; "APDUs"), p11_sign_rsa2048_ms: figure("rsa2048_ms"; "ms"),
		p11_sign_p256_apdus: figure("p256_apdus"; "APDUs"), p11_sign_p256_ms: figure("p256_ms"; "ms")
	}' >&3
