/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The way to a PostgreSQL server: connecting to where the configuration says, and waiting for what the server says no
 * longer than is told, so that a server that hangs holds nobody up for good.
 */
#ifndef COUNTERSIGN_DAEMON_SQL_POSTGRESQL_LINK_H
#define COUNTERSIGN_DAEMON_SQL_POSTGRESQL_LINK_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define PG_NO_DEADLINE UINT64_MAX

/* Connects to a place as sql.h has it. The connection is the caller's (PQfinish), good or not; NULL: no memory. */
PGconn *pg_connect(const char *where);

/* What there is to tell of a connection that failed. libpq's own words may repeat a part of a place that it cannot
 * read, or reads otherwise than it was meant, and a password may be in there: such a place gets words of ours.
 * Borrowed from the connection. */
const char *pg_connect_fault(const char *where, const PGconn *pg);

/* In milliseconds, for pg_await: when it is wait_ms from now. */
uint64_t pg_deadline(unsigned wait_ms);

/* Sends what waits to be sent, and waits until PQgetResult will not block. False: the connection is broken, or
 * the deadline is over (*late). */
bool pg_await(PGconn *pg, uint64_t deadline, bool *late);

/* What an error of the server means to us. text: in place of the server's own words. */
struct pg_fault {
	const char *state; /* the first characters of an SQLSTATE */
	enum cs_err err;
	bool lost, broken, outdated; /* as sql.h has them */
	const char *text;
};
const struct pg_fault *pg_fault_of(const char *state);

/* PQexec with a deadline. NULL: as pg_await says false. The caller clears it. */
PGresult *pg_query(PGconn *pg, const char *text, uint64_t deadline, bool *late);

#endif
