#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The hostile card of fuzz_p11_card is asked by each function of PKCS #11 that talks to a card, as tests/unit/pkcs11_arguments_table.c has
# them.
. "$top_srcdir/tests/lint/lint.sh"
export LC_ALL=C

talking()
{
	sed -n 's/^    ROW(\(C_[A-Za-z]*\),.*, CARD),$/\1/p' "$top_srcdir/tests/unit/pkcs11_arguments_table.c" | sort
}

called()
{
	grep -ohE '\bC_[A-Za-z]+\(' "$top_srcdir"/tests/fuzz/p11_session*.c | tr -d '(' | sort -u
}

lint_none "each function that talks to a card is one of fuzz_p11_card's" "$(comm -23 <(talking) <(called))"
tap_ok "and these are not a few" [ "$(talking | wc -l)" -ge 50 ]
tap_done
