#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The module as it was built: it exports the standard's entry points and nothing else, takes none from another module, and needs no library
# that need not be there.
. "$top_srcdir/tests/lint/lint.sh"

module=$top_builddir/pkcs11/.libs/countersign-pkcs11.so
[ -e "$module" ] || tap_skip_all "the module is not built"

exported=$(nm -D --defined-only "$module" | awk '{ sub(/@.*/, "", $NF); print $NF }' | LC_ALL=C sort)
lint_none "nothing but C_ functions is exported" "$(grep -vE '^C_[A-Z][A-Za-z0-9]*$' <<<"$exported")"
for name in C_GetFunctionList C_GetInterface C_GetInterfaceList C_Initialize C_Finalize; do
	tap_ok "$name is exported" grep -qx "$name" <<<"$exported"
done
lint_none "no C_ function is looked up outside" "$(nm -D --undefined-only "$module" | grep -E ' C_')"
# What a program waits for and keeps in memory with the module. libusb is loaded when it is wanted.
needed=$(readelf -d "$module" | sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p')
tap_like "what the module needs can be read" "$needed" 'libc\.so\.'
lint_none "the module needs libpcsclite, libcrypto, libz and libc, and nothing else" \
	"$(grep -vE '^(lib(pcsclite|crypto|z|c|asan|ubsan|tsan)\.so\.|ld-linux)' <<<"$needed")"
# What the compiler puts there alone: a destructor of ours would be run while other threads of the host still call.
if grep -qE 'lib(asan|ubsan|tsan)\.so' <<<"$needed"; then
	tap_skip "the module has no destructors" "a sanitizer has some"
else
	word=$(readelf -h "$module" | awk '/Class:/ { print $2 == "ELF64" ? 8 : 4 }')
	tap_is "the module has no destructors" "$(readelf -d "$module" | awk '/FINI_ARRAYSZ/ { print $3 }')" "$word"
	lint_none "and registers none" "$(nm -D --undefined-only "$module" | grep -E ' (atexit|on_exit|__cxa_atexit|__cxa_thread_atexit_impl)(@|$)')"
fi

pam=$top_builddir/pam/.libs/pam_countersign.so
if [ -e "$pam" ]; then
	tap_is "the PAM module exports its two entry points and nothing else" \
		"$(nm -D --defined-only "$pam" | awk '{ sub(/@.*/, "", $NF); print $NF }' | LC_ALL=C sort | xargs)" \
		"pam_sm_authenticate pam_sm_setcred"
	tap_is "the PAM module needs libpam and libc alone" \
		"$(readelf -d "$pam" | sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p' | grep -vE '^lib(asan|ubsan|tsan)\.' | LC_ALL=C sort | xargs)" "libc.so.6 libpam.so.0"
else
	tap_skip "the PAM module's exports" "it is not built"
fi
tap_done
