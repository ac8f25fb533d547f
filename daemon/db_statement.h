/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What several statements of db_statement.c are put together from.
 */
#ifndef COUNTERSIGN_DAEMON_DB_STATEMENT_H
#define COUNTERSIGN_DAEMON_DB_STATEMENT_H

#define TOKEN_COLUMNS_NAMED(user)                                                                            \
	"SELECT t.id, t.\"user\", " user ", t.type, t.hash, t.digits, t.period, t.seed, t.next, t.drift,"    \
	" t.state, t.label, t.created, t.spent, t.amount, t.expires, t.suite, t.destination, t.pin,"         \
	" t.pin_hash, t.failures, t.failed_at, t.locked_until, t.fingerprint, t.serial FROM token t "
#define TOKEN_COLUMNS TOKEN_COLUMNS_NAMED("u.name") "JOIN \"user\" u ON u.id = t.\"user\" "

/* A token that can take codes at a time. The sign keeps SQLite from the index of states, where nearly all tokens
 * are one: it has nothing that tells it how few those of one user or of one seed are. */
#define IN_USE(now) "+state = 1 AND (expires = 0 OR expires > " now ")"

/* Its seed would be known again, or never comes again: those of other types are made here, and not given. */
#define KNOWN_AGAIN "(fingerprint IS NOT NULL OR type NOT IN (1, 2, 3))"

/* The next position of a token of a table whose seed has this fingerprint: its own, or what deleted ones have
 * left behind. */
#define FURTHER(table, fingerprint)                                                                          \
	"coalesce((SELECT max(s.next) FROM spent_seed s WHERE s.fingerprint = " fingerprint                  \
	" AND s.type = " table ".type AND s.hash = " table ".hash AND s.period = " table ".period"           \
	" AND s.suite = " table ".suite AND s.next > " table ".next), " table ".next)"

/* The tokens o whose codes are those of a token. */
#define TWINS                                                                                                \
	"o.fingerprint = token.fingerprint AND o.type = token.type AND o.hash = token.hash"                  \
	" AND o.period = token.period AND o.suite = token.suite"

#define IMPORT_COLUMNS                                                                                       \
	"SELECT id, digest, name, users, amount, staged, refused, state, created, assigned FROM import "

#define STOCK_COLUMNS                                                                                        \
	"SELECT s.id, s.import, s.serial, s.type, s.hash, s.digits, s.period, s.seed, s.next, s.label,"      \
	" s.expires, s.suite, s.fingerprint FROM stock s JOIN import i ON i.id = s.import WHERE i.state = "  \
	"2 "

#define USER_COLUMNS                                                                                         \
	"SELECT id, name, created, failures, failed_at, locked_until, class, password, password_change,"     \
	" bound_only, disabled FROM \"user\" "

/* A budget from $n on, and the condition that another one, from $m on, still stands. */
#define BUDGET(n0, n1, n2) "failures = $" #n0 ", failed_at = $" #n1 ", locked_until = $" #n2
#define STANDS(n0, n1, n2) " AND failures = $" #n0 " AND failed_at = $" #n1 " AND locked_until = $" #n2
#define NO_BUDGET	   "failures = 0, failed_at = 0, locked_until = 0"

#define APPLICATION_COLUMNS "SELECT name, calls, realms, addresses, created FROM application "
#define STAFF_COLUMNS	    "SELECT name, roles, disabled, created FROM admin "
#define ADMINISTRATOR	    "(roles & 16) <> 0"
#define APPROVAL_COLUMNS                                                                                     \
	"SELECT id, action, subject, proposer, approver, state, created, expires FROM approval "

#define APPROVAL_IS_GOOD                                                                                     \
	"id = $1 AND state = 2 AND action = $2 AND subject = $3 AND proposer = $4 AND expires > $5"          \
	" AND EXISTS (SELECT 1 FROM admin WHERE admin.name = approval.approver AND disabled = 0"             \
	" AND " ADMINISTRATOR ")"

#define AUDIT_COLUMNS                                                                                        \
	"sequence, time_ms, actor, action, \"user\", token, result, reason, address, detail, previous, "     \
	"hash,"                                                                                              \
	" format, salt, commitment"

#define CHECKPOINT_COLUMNS "sequence, time_ms, hash, text, signature"

/* Of PostgreSQL's advisory locks (CSGN): the one with this number is for who appends to the audit log, those
 * with this number and another one for what db_lock names; -1 is db_schema_alias.c's. */
#define AUDIT_LOCK "1129531214"
#define ENROLMENTS_LOCK "(" AUDIT_LOCK ", -2)"

#define BINDING_COLUMNS                                                                                      \
	"c.fingerprint, c.\"user\", u.name, c.label, c.created FROM user_certificate c"                      \
	" JOIN \"user\" u ON u.id = c.\"user\""

#define ALIAS_COLUMNS                                                                                        \
	"SELECT a.name, a.\"user\", u.name, a.created FROM alias a JOIN \"user\" u ON u.id = a.\"user\" "

#define CHALLENGE "id, \"user\", token, question, data, mac, created, expires, spent, application, known"

#define OUTBOX_COLUMNS                                                                                       \
	"SELECT id, kind, \"user\", destination, sealed, created, expires, attempts, due, dead, reason "     \
	"FROM outbox"

/* What was sealed under a key before the one that $1 begins with; as the indexes have it (db_schema.c). */
#define SEALED(column) "substr(" column ", 1, 5) < $1"
/* What was set aside: of one key (both parameters are its mark and head, the first one cut as the index has
 * it), and all of it, between two marks. */
#define ASIDE(column)  "substr(" column ", 1, 5) = $1 AND substr(" column ", 1, 6) = $2"
#define MARKED(column) "substr(" column ", 1, 5) >= $1 AND substr(" column ", 1, 5) < $2"

#endif
