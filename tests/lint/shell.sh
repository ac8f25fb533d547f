#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Our scripts, read by shellcheck.
. "$top_srcdir/tests/lint/lint.sh"

command -v shellcheck >/dev/null || tap_skip_all "shellcheck is not installed"
mapfile -t files < <(
	lint_files "${lint_folders[@]}" docs -- '*.sh'
	cd "$top_srcdir" && find check quickstart .ci/run applet/port/countersign-gadget -maxdepth 0 2>/dev/null
)
for file in "${files[@]}"; do
	# What is sourced is checked on its own, and sets variables for those who source it.
	tap_ok "shellcheck is content with $file" \
		env -C "$top_srcdir" shellcheck --severity=warning --shell=bash --exclude=SC2154,SC2034,SC1090,SC1091 "$file"
done
tap_done
