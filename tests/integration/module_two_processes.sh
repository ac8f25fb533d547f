# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Programs that sign at once with the same card, while others select other applications on it, do not disturb each other.
# COUNTERSIGN_TEST_SECONDS says how long two sign; with a third program beside them it is a quarter of that.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"

seconds=${COUNTERSIGN_TEST_SECONDS:-60}
client=("$top_builddir/tests/integration/p11_client" "$CARD_MODULE" "$PIN")

both()
{
	local first second status=0 seconds=$1
	shift
	"${client[@]}" sign "$seconds" >"$CARD_DIR/first" &
	first=$!
	"${client[@]}" sign "$seconds" >"$CARD_DIR/second" &
	second=$!
	if [ -n "${1-}" ]; then
		while kill -0 "$first" 2>/dev/null; do
			"$@" >/dev/null 2>&1
		done
	fi
	wait "$first" || status=1
	wait "$second" || status=1
	tap_note "$(cat "$CARD_DIR/first") and $(cat "$CARD_DIR/second")"
	return "$status"
}

# Objects of each kind, by two programs at once: what one makes the other neither writes over nor takes for its own.
both_make()
{
	local first status=0
	"${client[@]}" make first 5 >"$CARD_DIR/first" &
	first=$!
	"${client[@]}" make second 5 >"$CARD_DIR/second" || status=1
	wait "$first" || status=1
	return "$status"
}

count_of()
{
	token_tool --login --pin "$PIN" --list-objects --type "$1" 2>/dev/null | grep -cE 'label: +.?(first|second)-[0-4].?$'
}

tap_ok "a token is made" token_make
tap_ok "two processes sign at once for $seconds seconds" both "$seconds"
if command -v ykman >/dev/null; then
	tap_ok "they do while another program uses OATH on the card" both $((seconds / 4)) ykman oath info
else
	tap_ok "they do while another program selects other applications" both $((seconds / 4)) opensc-tool -s 00:A4:04:00:07:A0:00:00:05:27:21:01
fi
tap_ok "two processes make and unwrap at once, and rename and destroy one-time passwords" both_make
for kind in secrkey data cert privkey; do
	tap_is "what they made is there, of $kind" "$(count_of "$kind")" 10
done
tap_done
