#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# PIV secure messaging driven by OpenSC. Its driver has it only where it was configured with --enable-piv-sm, which Debian's
# packages (0.23 and 0.26) are not: the code is not in their libopensc. make opensc-sm builds Debian 13's source so, on Debian 13;
# OPENSC_SM names the source tree of another OpenSC that was.
. "${top_srcdir:-.}/tests/lib/card.sh"

: "${OPENSC_SM:=${top_builddir:-.}/opensc-sm/tree}"
[ -e "$OPENSC_SM/src/libopensc/.libs/libopensc.so" ] ||
	tap_skip_all "no OpenSC was built with --enable-piv-sm: make opensc-sm does it on Debian 13, where its source can be had"
OPENSC_SM=$(cd "$OPENSC_SM" && pwd)
grep -q piv_sm_open "$OPENSC_SM"/src/libopensc/.libs/libopensc.so || tap_skip_all "the OpenSC in $OPENSC_SM has no PIV secure messaging"
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR XDG_CACHE_HOME=$CARD_DIR/cache LD_LIBRARY_PATH=$OPENSC_SM/src/libopensc/.libs
printf 'app default {\n\tcard_drivers = PIV-II;\n}\n' >opensc.conf
export OPENSC_CONF=$CARD_DIR/opensc.conf
card_start countersign

tool()
{
	local name=$1
	shift
	timeout 120 "$OPENSC_SM/src/tools/.libs/$name" --reader "$CARD_READER" "$@" </dev/null
}

# The PIN's holder, who may do that in this profile, makes the key; CS2, then CS7. A PIN of the factory is for nothing else.
for suite in 27 2E; do
	made=$(tool opensc-tool -s 00:A4:04:00:05:A0:00:00:03:08 -s 00:20:00:80:08:31:32:33:34:35:36:FF:FF \
		-s "00:47:00:04:05:AC:03:80:01:$suite:00" 2>&1)
	tap_like "slot 04 gets a key of suite $suite" "$made" "7F 49"
	log=$CARD_DIR/$suite.log
	verified=$(PIV_USE_SM=always OPENSC_DEBUG=9 tool pkcs15-tool --verify-pin --pin 123456 2>"$log") && status=0 || status=$?
	tap_is "OpenSC verifies the PIN, suite $suite" "$status" 0
	[ "$status" -eq 0 ] || tap_note "$verified $(grep -E "SM|6A|69 8" "$log" | tail -n 20)"
	tap_is "the card has proved to have the key" "$(grep -c "AuthCryptogram compare$" "$log")" 1
	tap_is "and not failed to" "$(grep -c 'AuthCryptogram compare failed' "$log")" 0
	tap_is "the PIN goes in secure messaging" "$(tr -s " \n" " " <"$log" | grep -oc "0C 20 00 80 1D 87 11 01")" 1
	tap_is "and never in the clear" "$(grep -c '00 20 00 80 08' "$log")" 0
	PIV_USE_SM=always OPENSC_DEBUG=9 tool pkcs15-tool --list-info >/dev/null 2>"$log" && status=0 || status=$?
	tap_is "OpenSC reads the card, suite $suite" "$status" 0
	tap_note "$(grep -cE "^0C CB 3F FF" "$log") objects were read in secure messaging"
done
tap_done
