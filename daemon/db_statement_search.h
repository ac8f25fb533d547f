/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of the table of statements (db_statement.c, which alone includes this): lists that are narrowed. Each looks at no
 * more rows of an index than a page has, or than a window that ends where another statement has said: however rare the
 * rows are that are wanted, a page takes no longer.
 */
#ifndef COUNTERSIGN_DAEMON_DB_STATEMENT_SEARCH_H
#define COUNTERSIGN_DAEMON_DB_STATEMENT_SEARCH_H

/* As the index user_realm has it (db_schema_search.c): what stands behind the last @; "" where nothing does. */
#define REALM                                                                                                \
	"CASE WHEN replace(name, '@', '') = name THEN ''"                                                    \
	" ELSE substr(name, length(rtrim(name, replace(name, '@', ''))) + 1) END"

#define ANY(parameter, column) " AND CAST(" parameter " AS BIGINT) IN (0, " column ")"

/* Of one type in one state the next ones, where the two parameters want them. */
#define KIND(state, type)                                                                                    \
	"SELECT id FROM (SELECT id FROM token WHERE state = " state " AND type = " type                      \
	" AND id > $1" ANY("$3", type) ANY("$4", state) " ORDER BY id LIMIT $2) AS k" state type
#define KINDS(state)                                                                                         \
	KIND(state, "1") " UNION ALL " KIND(state, "2") " UNION ALL " KIND(state, "3") " UNION ALL "         \
	KIND(state, "4") " UNION ALL " KIND(state, "5") " UNION ALL " KIND(state, "6") " UNION ALL "         \
	KIND(state, "7") " UNION ALL " KIND(state, "8") " UNION ALL " KIND(state, "9")

#define DB_STATEMENTS_SEARCH                                                                                 \
	[DB_SQL_USER_SEARCH_REALM] = {USER_COLUMNS "WHERE " REALM                                            \
						   " = $3 AND name > $1 ORDER BY name LIMIT $2", NULL},      \
	[DB_SQL_USER_SEARCH_CLASS] = {USER_COLUMNS                                                           \
				      "WHERE class = $3 AND name > $1 ORDER BY name LIMIT $2", NULL},        \
	/* The class as an expression: it is the index of realms that is bounded. */                         \
	[DB_SQL_USER_SEARCH_BOTH] = {USER_COLUMNS "WHERE " REALM " = $3 AND name > $1 AND name <= $5"        \
						  " AND class || '' = $4 ORDER BY name LIMIT $2", NULL},     \
	[DB_SQL_USER_SEARCH_END] = {"SELECT name FROM \"user\" WHERE " REALM                                 \
				    " = $3 AND name > $1 ORDER BY name LIMIT 1 OFFSET $2", NULL},            \
	[DB_SQL_TOKEN_SEARCH] = {TOKEN_COLUMNS "WHERE t.id IN (SELECT id FROM (" KINDS("1") " UNION ALL "    \
				 KINDS("2") ") AS kinds ORDER BY id LIMIT $2) ORDER BY t.id LIMIT $2", NULL},\
	[DB_SQL_TOKEN_SEARCH_USER] = {TOKEN_COLUMNS "WHERE t.\"user\" = $5 AND t.id > $1"                    \
				      ANY("$3", "t.type") ANY("$4", "t.state")                               \
				      " AND ($6 = '' OR t.serial = $6) ORDER BY t.id LIMIT $2", NULL},       \
	[DB_SQL_TOKEN_SEARCH_SERIAL] = {TOKEN_COLUMNS "WHERE t.serial = $5 AND t.serial <> '' AND t.id > $1" \
					ANY("$3", "t.type") ANY("$4", "t.state")                             \
					" ORDER BY t.id LIMIT $2", NULL},                                    \
	[DB_SQL_AUDIT_SEARCH] = {"SELECT " AUDIT_COLUMNS " FROM audit WHERE sequence > $1"                   \
				 " AND sequence <= $3 AND time_ms >= $4"                                     \
				 " AND ($5 = '' OR \"user\" = $5 OR \"user\" = $6)"                          \
				 " AND ($7 = '' OR action = $7) AND ($8 = '' OR result = $8)"                \
				 " ORDER BY sequence LIMIT $2", NULL},                                       \
	[DB_SQL_AUDIT_AT] = {"SELECT sequence, time_ms FROM audit WHERE sequence >= $1"                      \
			     " ORDER BY sequence LIMIT 1", NULL}

#endif
