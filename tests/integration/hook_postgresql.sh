#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# hook.sh with the daemon's database on PostgreSQL.
export DAEMON_POSTGRESQL=yes
# shellcheck source=tests/integration/hook.sh
. "$(dirname "${BASH_SOURCE[0]}")/hook.sh"
