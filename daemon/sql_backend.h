/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What stands between sql.c and the databases: one table of functions for each. A backend's own connection
 * begins with struct sql.
 */
#ifndef COUNTERSIGN_DAEMON_SQL_BACKEND_H
#define COUNTERSIGN_DAEMON_SQL_BACKEND_H

#include "daemon/sql.h"

#define SQL_WAIT_MS 15000u /* for a server's answer, where sql_wait_at_most has not said otherwise */

enum sql_value_type { SQL_NULL, SQL_NUMBER, SQL_TEXT, SQL_BYTES };

struct sql_value {
	enum sql_value_type type;
	int64_t number;
	struct cs_view bytes; /* of a text too, without its NUL, which follows */
};

struct sql_backend;

struct sql {
	const struct sql_backend *backend;
	struct sql_statement *statements;
	size_t count;
	unsigned wait_ms; /* for a server's answer */
	bool broken;	  /* what sql_broken says */
	bool outdated;	  /* the schema is of another version than was expected */
};

struct sql_statement {
	struct sql *sql;
	size_t index;
	unsigned parameters; /* how many it has */
	struct sql_value values[SQL_PARAMETERS_MAX];
	int places[SQL_PARAMETERS_MAX]; /* SQLite: where parameter $n is bound, of each */
	bool started; /* values are bound, rows may come */
	void *handle; /* SQLite: the statement; PostgreSQL: the result of the run */
	int row;      /* PostgreSQL: in the result */
};

struct sql_backend {
	enum sql_dialect dialect;
	enum cs_err (*open)(const char *where, struct sql **out);
	/* Frees the connection; the statements' handles are released already, and the table of them is sql.c's. */
	void (*close)(struct sql *sql);
	enum cs_err (*prepare)(struct sql_statement *statement, const char *text);
	void (*finalize)(struct sql_statement *statement);

	const char *(*error_text)(const struct sql *sql);
	bool (*lost)(const struct sql *sql);
	enum cs_err (*version)(struct sql *sql, int64_t *out);
	enum cs_err (*version_set)(struct sql *sql, int64_t version);
	/* From now on begin looks whether the version is this one; where it is not, outdated is set, at the latest when
	 * the transaction's next answer comes. */
	enum cs_err (*expect)(struct sql *sql, int64_t version);
	/* In a transaction: waits until no other one is open that has looked, and keeps new ones from looking. */
	enum cs_err (*alone)(struct sql *sql);
	enum cs_err (*execute)(struct sql *sql, const char *text);
	enum cs_err (*copy)(struct sql *sql, const char *path);
	enum cs_err (*begin)(struct sql *sql);
	enum cs_err (*commit)(struct sql *sql);
	void (*rollback)(struct sql *sql);

	enum cs_err (*run)(struct sql_statement *statement, int64_t *changed);
	enum cs_err (*run_soon)(struct sql_statement *statement);
	enum cs_err (*step)(struct sql_statement *statement);
	void (*reset)(struct sql_statement *statement);
	int64_t (*number)(const struct sql_statement *statement, int column);
	bool (*is_null)(const struct sql_statement *statement, int column);
	struct cs_view (*bytes)(const struct sql_statement *statement, int column);
};

extern const struct sql_backend sql_sqlite, sql_postgresql;

#endif
