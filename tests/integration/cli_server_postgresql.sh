#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# cli_server.sh with the daemon's database on PostgreSQL.
export DAEMON_POSTGRESQL=yes
# shellcheck source=tests/integration/cli_server.sh
. "$(dirname "${BASH_SOURCE[0]}")/cli_server.sh"
