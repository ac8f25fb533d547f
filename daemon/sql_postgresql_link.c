/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connecting to PostgreSQL, and waiting for it.
 */
#include "daemon/sql_postgresql_link.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>

static uint64_t pg_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t pg_deadline(unsigned wait_ms)
{
	return pg_now() + wait_ms;
}

/* ---- connecting ---- */

/* libpq's URI as it is; what follows postgresql: else. */
static const char *pg_conninfo(const char *where)
{
	static const char scheme[] = "postgresql:", uri[] = "postgresql://";

	return strncmp(where, uri, sizeof(uri) - 1) == 0 ? where : where + sizeof(scheme) - 1;
}

/* Before the place stand defaults that it may override: who waits for a server that is gone must learn of it
 * while front still waits. */
PGconn *pg_connect(const char *where)
{
	const char *const keywords[] = {"application_name",	"connect_timeout",
					"tcp_user_timeout",	"keepalives_idle",
					"keepalives_count",	"keepalives_interval",
					"target_session_attrs", "dbname",
					"client_encoding",	NULL};
	const char *const values[] = {"countersignd",	  "5",	  "8000", "5", "3", "2", "read-write",
				      pg_conninfo(where), "UTF8", NULL};

	return PQconnectdbParams(keywords, values, 1);
}

/* Whether libpq reads the place, and as it was meant: of postgresql://user:pass@word@host it makes a host
 * word@host, of a password with a slash a database. */
static bool pg_place_clear(const char *where)
{
	static const char *const never[] = {"host", "port", "dbname"};
	char *fault = NULL;
	PQconninfoOption *options = PQconninfoParse(pg_conninfo(where), &fault);
	bool clear = options != NULL;

	for (const PQconninfoOption *option = options; option && option->keyword; option++)
		for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
			if (strcmp(option->keyword, never[i]) == 0 && option->val && strchr(option->val, '@'))
				clear = false;
	PQconninfoFree(options);
	PQfreemem(fault);
	return clear;
}

const char *pg_connect_fault(const char *where, const PGconn *pg)
{
	if (!pg)
		return "out of memory";
	if (pg_place_clear(where))
		return PQerrorMessage(pg);
	return "what follows postgresql: in the setting database cannot be read as libpq's URI or keywords; "
	       "it is "
	       "not repeated here, as a password may be in it. In a URI write such characters of a password "
	       "as @ / : "
	       "with a percent sign (%40 %2F %3A); with keywords, a value that has spaces stands in single "
	       "quotes";
}

/* ---- waiting ---- */

/* Waits for the socket. False where the time is over, or poll fails. */
static bool pg_poll(const PGconn *pg, bool writing, uint64_t deadline)
{
	struct pollfd wanted = {.fd = PQsocket(pg), .events = (short)(POLLIN | (writing ? POLLOUT : 0))};

	for (;;) {
		uint64_t now = pg_now(), left = deadline > now ? deadline - now : 0;
		int got = poll(&wanted, 1,
			       deadline == PG_NO_DEADLINE ? -1
			       : left > INT_MAX		  ? INT_MAX
							  : (int)left);
		if (got > 0)
			return true;
		if (got == 0 || errno != EINTR)
			return false;
	}
}

bool pg_await(PGconn *pg, uint64_t deadline, bool *late)
{
	for (;;) {
		int unsent = PQflush(pg);
		if (unsent < 0)
			return false;
		if (!PQisBusy(pg))
			return true;
		if (!pg_poll(pg, unsent > 0, deadline)) {
			*late = true;
			return false;
		}
		if (!PQconsumeInput(pg))
			return false;
	}
}

PGresult *pg_query(PGconn *pg, const char *text, uint64_t deadline, bool *late)
{
	PGresult *last = NULL, *next;

	if (!PQsendQuery(pg, text))
		return NULL;
	for (;;) {
		if (!pg_await(pg, deadline, late)) {
			PQclear(last);
			return NULL;
		}
		next = PQgetResult(pg);
		if (!next)
			return last;
		PQclear(last);
		last = next;
	}
}

/* Classes of SQLSTATE: 08 connection, 57P the server stops, 25006 it is only a standby (any more): in these
 * cases another server may be the right one. 53100 and 58 are its disk, XX001 and XX002 what is on that. The
 * last one is everything else. */
const struct pg_fault *pg_fault_of(const char *state)
{
	static const struct pg_fault faults[] = {
	    {.state = "40001", .err = CS_ERR_BUSY},
	    {.state = "40P01", .err = CS_ERR_BUSY},
	    {.state = "55P03", .err = CS_ERR_TIMEOUT},
	    {.state = "53100", .err = CS_ERR_FULL, .broken = true},
	    {.state = "53200", .err = CS_ERR_MEMORY},
	    {.state = "23", .err = CS_ERR_CORRUPT},
	    {.state = "XX001", .err = CS_ERR_CORRUPT, .broken = true},
	    {.state = "XX002", .err = CS_ERR_CORRUPT, .broken = true},
	    {.state = "58", .err = CS_ERR_IO, .broken = true},
	    {.state = "08", .err = CS_ERR_IO, .lost = true},
	    {.state = "57P", .err = CS_ERR_IO, .lost = true},
	    {.state = "25006", .err = CS_ERR_IO, .lost = true},
	    {.state = "22012",
	     .err = CS_ERR_UNSUPPORTED,
	     .outdated = true,
	     .text = "another version of countersignd has migrated the database"},
	    {.state = "", .err = CS_ERR_IO},
	};
	size_t i = 0;

	while (strncmp(state, faults[i].state, strlen(faults[i].state)) != 0)
		i++;
	return &faults[i];
}
