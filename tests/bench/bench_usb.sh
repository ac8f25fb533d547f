#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The USB token beside an echo: milliseconds of a command's round trip, and P-256 signatures a second, through pcscd, libccid and a wire
# of dummy_hcd; beside them the same card over its Unix socket, and a device of the kernel's that sends back as many bytes as go
# over the wire. All of it is measured in one guest whose processor QEMU emulates (TCG): only the ratios mean anything.

set -euo pipefail
: "${top_srcdir:?}" "${top_builddir:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/guest/guest.sh
. "$top_srcdir/tests/guest/guest.sh"

# lost WHY: there are no figures, and whoever runs this is told so by the status, too
lost()
{
	printf 'bench_usb: no figures: %s\n' "$1" >&2
	exit 1
}

# What has not been installed is no loss.
missing=$(guest_have_token) && status=0 || status=$?
[ "$status" -ne 2 ] || lost "$missing"
[ "$status" -eq 0 ] || { printf 'bench_usb: left out: %s\n' "$missing" >&2; printf '{}\n'; exit 0; }
guest_modules+=" usb_f_ss_lb"
{ guest_new && guest_add_token; } >&2 || lost "a guest cannot be made"
guest_put "$top_builddir/tests/bench/bench_usb" /usr/bin/bench_usb
guest_run "$top_srcdir/tests/bench/bench_usb_inside.sh" >"$work/figures" || lost "the guest did not come to its end: $(tail -n 3 "$work/console")"
! failed=$(grep '^failed' "$work/figures") || lost "$failed"
awk '{ trip[$1] = $2; sign[$1] = $3 }
	END {
		if (!trip["usb"] || !sign["usb"] || !trip["socket"] || !sign["socket"] || !trip["echo_short"] || !trip["echo_sign"])
			exit 1
		printf "{\"usb_round_trip_emulated\": {\"value\": %.2f, \"unit\": \"ms\", \"beside\": {\"echo\": %.2f, \"unix_socket\": %.2f}},\n", \
			trip["usb"] / 1000, trip["echo_short"] / 1000, trip["socket"] / 1000
		printf "\"usb_p256_sign_emulated\": {\"value\": %.1f, \"unit\": \"1/s\", \"beside\": {\"echo\": %.1f, \"unix_socket\": %.1f}}}\n", \
			1e6 / sign["usb"], 1e6 / trip["echo_sign"], 1e6 / sign["socket"]
	}' "$work/figures" || lost "not all was measured: $(tr '\n' ' ' <"$work/figures")"
