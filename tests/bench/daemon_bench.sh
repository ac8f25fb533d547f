# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What benchmarks of the daemon begin with: a scratch directory and the functions of tests/lib/daemon.sh; figures go to standard output,
# everything else to standard error. Source it first.

set -euo pipefail
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
tap_fd=9
tap_note() { printf '%s\n' "$1" >&2; }
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
trap 'daemon_stop || true; rm -rf "$DAEMON_DIR"' EXIT
exec 9>/dev/null

load=$top_builddir/tests/integration/http_load

# A user's seed, of 20 bytes: no two tokens may have the same one.
seed_of() # NUMBER
{
	local alphabet=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567
	printf 'GEZDGNBVGY3TQOJQGEZDGNBVGY3T%s%s%s%s' "${alphabet:$1 >> 10 & 31:1}" "${alphabet:$1 >> 5 & 31:1}" "${alphabet:$1 & 31:1}" Q
}
