/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log in a PostgreSQL database, as of the transaction that is open: what audit.h has for a file.
 */
#ifndef COUNTERSIGN_TOOLS_AUDIT_POSTGRESQL_H
#define COUNTERSIGN_TOOLS_AUDIT_POSTGRESQL_H

#include <libpq-fe.h>

#include "tools/audit.h"

enum cli_status audit_check_postgresql(const struct cli *cli, PGconn *pg, const char *name, struct audit_sum *out);
enum cli_status audit_append_postgresql(const struct cli *cli, PGconn *pg, const char *name, const char *action,
					const char *detail, struct audit_sum *sum);

#endif
