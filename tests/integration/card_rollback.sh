#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A card with a counter: it goes on over restarts and SIGKILL, and refuses an older image, saying why.

. "$(dirname "$0")/../lib/card.sh"

card=$top_builddir/countersign-card
cli=$top_builddir/tools/countersign
counter=$CARD_DIR/counter
export COUNTERSIGN_PIN=271828 COUNTERSIGN_PUK=31415926

over_socket()
{
	COUNTERSIGN_TRANSPORT=socket:$CARD_SOCKET "$cli" "$@"
}

# refused WHY OPTION...: the card does not start, and says so.
refused()
{
	local why=$1 said
	shift
	if said=$("$card" --image "$CARD_IMAGE" --socket "$CARD_DIR/refused" "$@" 2>&1 </dev/null); then
		tap_note "it ended as if all were well"
		return 1
	fi
	[[ $said == *"$why"* ]] || { tap_note "$said"; return 1; }
}

card_start countersign --counter "$counter"
tap_ok "a card beside a counter is initialised" over_socket card init --yes
cp "$CARD_IMAGE" "$CARD_DIR/old"
tap_ok "and changed" env COUNTERSIGN_TRANSPORT="socket:$CARD_SOCKET" "$cli" key generate --slot 9c --algorithm p256
card_kill9
card_resume --counter "$counter"
tap_ok "after SIGKILL it is as it was" over_socket card info
card_stop
cp "$CARD_IMAGE" "$CARD_DIR/newest"

tap_ok "without its counter it does not start" refused "name that with --counter"
tap_ok "nor beside another" refused "not the newest" --counter "$CARD_DIR/another"
cp "$CARD_DIR/old" "$CARD_IMAGE"
tap_ok "an older image does not start" refused "not the newest" --counter "$counter"
echo "no counter, but a file of some length" >"$CARD_DIR/letter"
tap_ok "another file is not taken for a counter" refused "this is no counter" --counter "$CARD_DIR/letter"
cp "$CARD_DIR/newest" "$CARD_IMAGE"
card_resume --counter "$counter"
tap_ok "the newest image starts again" over_socket card info
tap_ok "a counter serves one card at a time" refused "another process is using it" --image "$CARD_DIR/second" --counter "$counter"
card_stop

tap_done
