#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# reload.sh with the daemon's database on PostgreSQL.
export DAEMON_POSTGRESQL=yes
# shellcheck source=tests/integration/reload.sh
. "$(dirname "${BASH_SOURCE[0]}")/reload.sh"
