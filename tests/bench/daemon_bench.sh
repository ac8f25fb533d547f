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
seed=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ # the 20 bytes of RFC 4226, appendix D
