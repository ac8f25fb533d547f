#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# daemon_token.sh with the daemon's database on PostgreSQL.
export DAEMON_POSTGRESQL=yes
# shellcheck source=tests/integration/daemon_token.sh
. "$(dirname "${BASH_SOURCE[0]}")/daemon_token.sh"
