#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# card_sealed.sh with the daemon's database on PostgreSQL.
export DAEMON_POSTGRESQL=yes
# shellcheck source=tests/integration/card_sealed.sh
. "$(dirname "${BASH_SOURCE[0]}")/card_sealed.sh"
