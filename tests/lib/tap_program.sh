#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs a test program of cmocka's: PROGRAM [ARGUMENT...]. Debian 12's cmocka writes "not ok N # SKIP" for a test that skipped itself,
# which automake's driver counts as a failure; it is "ok N # SKIP" here, as Debian 13's writes it.
set -o pipefail
"$@" | sed -u 's/^not ok \([0-9]* # SKIP\)/ok \1/'
