# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Our module beside OpenSC's and ykcs11 on the same virtual card, with 4 and with 24 certificates: commands to the card, counted
# between it and the reader, from C_Initialize to all objects listed and for a signature; and, with nothing in between, milliseconds
# (loading, listing: the least of 11) of the same, of loading, a signature's overhead over its command sent raw, memory after
# the listing and at the end, and 16 threads beside one. Prints the figures as one JSON object. Needs root. A peer that is not installed or cannot do it is left out.
# "piv card": the same card without the Countersign application, and peers beside it again.
# "All objects" are those that C_FindObjects with an empty template shows before a login: public keys, certificates and profiles, and of our card data
# objects, one-time passwords and what else INVENTORY tells that is public. Of a piv card data objects and one-time passwords are not among them: they are
# asked for by a search for their class alone, with a command for each container and a few for OATH. Nor are retired certificates that no key history
# object counts: those come after a login. A signature is one of a key that was used before: the first one on a piv card asks for its policies, too.
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
	pkcs11-tool --module "$CARD_MODULE" --read-object --type pubkey --id "$1" --output-file "$CARD_DIR/public.der" &&
		openssl pkey -pubin -inform DER -in "$CARD_DIR/public.der" -out "$CARD_DIR/public.pem" &&
		openssl x509 -req -in "$CARD_DIR/request" -CA "$CARD_DIR/ca.pem" -CAkey "$CARD_DIR/ca.key" -days 20 \
			-force_pubkey "$CARD_DIR/public.pem" -outform DER -out "$CARD_DIR/certificate" &&
		tool --write-object "$CARD_DIR/certificate" --type cert --id "$1"
} >>"$CARD_DIR/tool.log" 2>&1

keys()
{
	local id type
	for id in $(seq -f %02g "$1" "$2"); do
		type=EC:secp256r1
		[ "$id" != 01 ] || type=rsa:2048
		id=$(printf %02x "$((10#$id))")
		tool --keypairgen --key-type "$type" --id "$id" && certificate "$id" || card_die "the keys cannot be made"
	done
}

# ykcs11 looks at readers of this name only.
pcscd_start "Yubico Virtual"
"$top_builddir/tests/bench/relay" 35999 35963 "$CARD_DIR/count" 2>"$CARD_DIR/relay.log" &
relay=$!
card_at_exit "kill $relay"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$CARD_DIR/ca.key" -out "$CARD_DIR/ca.pem" -subj /CN=CA -days 30 2>>"$CARD_DIR/tool.log" &&
	openssl req -new -key "$CARD_DIR/ca.key" -subj "/CN=Key" -out "$CARD_DIR/request" || card_die "no authority for certificates"

# measure NAME MODULE COUNTER
measure()
{
	local name=$1 module=$2
	[ -e "$module" ] || { tap_note "$name: $module is not installed"; echo null >"$CARD_DIR/$name.json"; return; }
	timeout 100 "$top_builddir/tests/bench/bench_p11" "$module" 123456 "$3" >"$CARD_DIR/$name.json" 2>"$CARD_DIR/$name.err" ||
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
opensc=$(first "/usr/lib/$arch/opensc-pkcs11.so" "/usr/lib/$arch/pkcs11/opensc-pkcs11.so")
ykcs11=$(first "/usr/lib/$arch/libykcs11.so.2" "/usr/lib/$arch/libykcs11.so")

# all WHAT VPCD COUNTER: cold, warm, peers, and the same on the card without the Countersign application.
all()
{
	rm -rf "$XDG_CACHE_HOME"
	COUNTERSIGN_PKCS11_CONF=$CARD_DIR/cold measure "$1_cold" "$CARD_MODULE" "$3"
	measure first "$CARD_MODULE" "$3"
	measure "$1_warm" "$CARD_MODULE" "$3"
	measure "$1_opensc" "$opensc" "$3"
	measure "$1_ykcs11" "$ykcs11" "$3"
	card_stop
	card_resume --plain --vpcd "127.0.0.1:$2"
	COUNTERSIGN_PKCS11_CONF=$CARD_DIR/cold measure "$1_plain" "$CARD_MODULE" "$3"
	measure first "$CARD_MODULE" "$3"
	measure "$1_plain_warm" "$CARD_MODULE" "$3"
	measure "$1_plain_opensc" "$opensc" "$3"
	measure "$1_plain_ykcs11" "$ykcs11" "$3"
	card_stop
}

export COUNTERSIGN_PKCS11_CONF=
echo 'cache = off' >"$CARD_DIR/cold"
card_start piv --vpcd 127.0.0.1:35999
keys 1 4
all count_4 35999 "$CARD_DIR/count"
card_resume --vpcd 127.0.0.1:35963
all time_4 35963 -
card_resume --vpcd 127.0.0.1:35999
keys 5 24
printf '\301\001\024\302\001\000\376\000' >"$CARD_DIR/history"
tool --write-object "$CARD_DIR/history" --type data --label "Key History Object" || card_die "no key history"
all count_24 35999 "$CARD_DIR/count"
card_resume --vpcd 127.0.0.1:35963
all time_24 35963 -

for file in "$CARD_DIR"/{count,time}_*.json; do
	name=${file##*/}
	jq -n --arg name "${name%.json}" --slurpfile of "$file" '{($name): $of[0]}'
done | jq -s 'add as $all |
	def beside(run; key): {opensc: $all[run + "_opensc"][key]?, ykcs11: $all[run + "_ykcs11"][key]?} | map_values(values);
	def figure(run; kind; key; unit): {value: $all[run + "_" + kind][key], unit: unit, beside: beside(run; key)};
	def of(run; kind; key; unit): {value: $all[run + "_" + kind][key], unit: unit};
	def plain(run; kind; key; unit): of(run; kind; key; unit) | .beside = beside(run + "_plain"; key);
	{
		p11_load_ms: figure("time_4"; "cold"; "load_ms"; "ms"),
		p11_memory_kb: figure("time_24"; "cold"; "memory_kb"; "KiB"),
		p11_end_memory_kb: figure("time_24"; "cold"; "end_memory_kb"; "KiB"),
		p11_list_objects: figure("count_4"; "cold"; "list_objects"; "objects")
	} + ([4, 24] | map(tostring) | map(. as $n | {
		"p11_\($n)_list_apdus": figure("count_\($n)"; "cold"; "list_apdus"; "APDUs"),
		"p11_\($n)_warm_list_apdus": of("count_\($n)"; "warm"; "list_apdus"; "APDUs"),
		"p11_\($n)_read_apdus": figure("count_\($n)"; "cold"; "read_apdus"; "APDUs"),
		"p11_\($n)_warm_read_apdus": of("count_\($n)"; "warm"; "read_apdus"; "APDUs"),
		"p11_\($n)_piv_card_list_apdus": plain("count_\($n)"; "plain"; "list_apdus"; "APDUs"),
		"p11_\($n)_piv_card_warm_list_apdus": of("count_\($n)"; "plain_warm"; "list_apdus"; "APDUs"),
		"p11_\($n)_list_ms": figure("time_\($n)"; "cold"; "list_ms"; "ms"),
		"p11_\($n)_warm_list_ms": of("time_\($n)"; "warm"; "list_ms"; "ms"),
		"p11_\($n)_read_ms": figure("time_\($n)"; "cold"; "read_ms"; "ms"),
		"p11_\($n)_warm_read_ms": of("time_\($n)"; "warm"; "read_ms"; "ms"),
		"p11_\($n)_piv_card_list_ms": plain("time_\($n)"; "plain"; "list_ms"; "ms"),
		"p11_\($n)_piv_card_warm_list_ms": of("time_\($n)"; "plain_warm"; "list_ms"; "ms")
	}) | add) + (["rsa2048", "p256"] | map(. as $n | {
		"p11_sign_\($n)_apdus": figure("count_4"; "cold"; "\($n)_apdus"; "APDUs"),
		"p11_sign_\($n)_ms": (figure("time_4"; "cold"; "\($n)_ms"; "ms") | .beside.raw = $all.time_4_cold["\($n)_raw_ms"]),
		"p11_sign_\($n)_overhead": figure("time_4"; "cold"; "\($n)_overhead"; "%"),
		"p11_sign_\($n)_24_overhead": figure("time_24"; "cold"; "\($n)_overhead"; "%"),
		"p11_sign_\($n)_24_apdus": figure("count_24"; "cold"; "\($n)_apdus"; "APDUs"),
		"p11_sign_\($n)_piv_card_apdus": plain("count_4"; "plain"; "\($n)_apdus"; "APDUs"),
		"p11_sign_\($n)_24_piv_card_apdus": plain("count_24"; "plain"; "\($n)_apdus"; "APDUs"),
		"p11_sign_\($n)_piv_card_overhead": plain("time_4"; "plain"; "\($n)_overhead"; "%"),
		"p11_sign_\($n)_24_piv_card_overhead": plain("time_24"; "plain"; "\($n)_overhead"; "%")
	}) | add) + {
		p11_threads_1: figure("time_4"; "cold"; "threads_1"; "sign/s"),
		p11_threads_16: figure("time_4"; "cold"; "threads_16"; "sign/s")
	}' >&3
