# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A program that uses a bit of everything of the module, under valgrind: no error, and nothing left behind.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"
command -v valgrind >/dev/null || tap_skip_all "valgrind is not installed"
nm -D "$CARD_MODULE" | grep -q __asan_init && tap_skip_all "built with sanitizers, which valgrind can't run"

tap_ok "a token is made" token_make
tap_ok "valgrind finds no error and no leak" \
	timeout 200 valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect,possible \
	--errors-for-leak-kinds=definite,indirect,possible \
	"$top_builddir/tests/integration/p11_client" "$CARD_MODULE" "$PIN" smoke
tap_done
