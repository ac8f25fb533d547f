#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# privacyidea.sh with the daemon's database on PostgreSQL.
export DAEMON_POSTGRESQL=yes
# shellcheck source=tests/integration/privacyidea.sh
. "$(dirname "${BASH_SOURCE[0]}")/privacyidea.sh"
