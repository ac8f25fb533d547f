#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The module as it was built: it exports the standard's entry points and nothing else, and takes none from another module.
. "$top_srcdir/tests/lint/lint.sh"

module=$top_builddir/pkcs11/.libs/countersign-pkcs11.so
[ -e "$module" ] || tap_skip_all "the module is not built"

exported=$(nm -D --defined-only "$module" | awk '{ sub(/@.*/, "", $NF); print $NF }' | LC_ALL=C sort)
lint_none "nothing but C_ functions is exported" "$(grep -vE '^C_[A-Z][A-Za-z0-9]*$' <<<"$exported")"
for name in C_GetFunctionList C_GetInterface C_GetInterfaceList C_Initialize C_Finalize; do
	tap_ok "$name is exported" grep -qx "$name" <<<"$exported"
done
lint_none "no C_ function is looked up outside" "$(nm -D --undefined-only "$module" | grep -E ' C_')"
tap_done
