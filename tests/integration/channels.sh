#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Logical channels through pcscd: two on one connection, and a program on a channel of its own beside one that knows no
# channels.
. "${top_srcdir:-.}/tests/lib/card.sh"

for need in opensc-tool pkcs11-tool; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR XDG_CACHE_HOME=$CARD_DIR/cache
card_start piv

# The status words and data of each command, one line each.
apdus()
{
	local arguments=() apdu
	for apdu in "$@"; do
		arguments+=(--send-apdu "$apdu")
	done
	timeout 120 opensc-tool --reader "$CARD_READER" --card-driver default "${arguments[@]}" </dev/null 2>&1 |
		awk '/SW1=/ { gsub(/.*SW1=0x|, SW2=0x|\).*/, ""); sw = $0; sub(/:.*/, "", sw); print sw }'
}

select=A4:04:00:05:A0:00:00:03:08
pin=20:00:80:08:31:32:33:34:35:36:FF:FF

tap_is "two channels on one connection have each their own PIN state" "$(apdus \
	00:$select 00:$pin 00:70:00:00:01 01:20:00:80 01:$select 01:20:00:80 00:20:00:80 01:$pin 01:20:00:80 00:70:80:01 01:20:00:80 | xargs)" \
	"9000 9000 9000 6D00 9000 63C3 9000 9000 9000 9000 6881"
tap_is "the basic channel's key is not used with another channel's PIN" "$(apdus \
	00:$select 00:20:FF:80 00:70:00:02 02:$select 02:$pin 00:CB:3F:FF:05:5C:03:5F:C1:09:00 02:CB:3F:FF:05:5C:03:5F:C1:09:00 00:70:80:02 | xargs)" \
	"9000 9000 9000 9000 9000 6982 6A82 9000"

# pkcs11-tool, which knows no channels, logs in on the basic one while another program works on its own.
apdus 00:70:00:01 01:$select 01:$pin >/dev/null
login=$(timeout 120 pkcs11-tool --module "$CARD_MODULE" --login --pin 123456 --list-objects 2>&1) && status=0 || status=$?
tap_is "a program that knows no channels works beside one that has its own" "$status" 0
[ "$status" -eq 0 ] || tap_note "$login"

tap_done
