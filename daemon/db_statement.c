/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every statement that runs against the database. What is read so that something is decided from it locks its
 * user's row first, then the token's. A parameter whose type PostgreSQL cannot take from where it stands has
 * a CAST.
 */
#include <stddef.h>

#include "daemon/db_sql.h"
#include "daemon/db_statement.h"
#include "daemon/db_statement_search.h"

const struct sql_text db_sql_text[DB_SQL_COUNT] = {
    [DB_SQL_PING] = {"SELECT count(*) FROM admin", NULL},
    [DB_SQL_STANDING] = {"SELECT 0",
			 " + CASE WHEN pg_is_in_recovery() THEN 1"
			 " WHEN current_setting('synchronous_standby_names') = '' THEN 2"
			 " WHEN pg_has_role(current_user, 'pg_monitor', 'USAGE') AND NOT EXISTS"
			 " (SELECT 1 FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')) THEN 3"
			 " ELSE 0 END"},
    [DB_SQL_LOCK] = {"SELECT CAST($1 AS TEXT)",
		     " FROM (SELECT count(pg_advisory_xact_lock(" AUDIT_LOCK ", number)) FROM"
		     " unnest(CAST(CAST($1 AS TEXT) AS INTEGER[])) AS number) AS locked"},
    [DB_SQL_ENROLMENTS_LOCK] = {"SELECT 1",
				", set_config('lock_timeout', '200', true),"
				" pg_advisory_xact_lock_shared" ENROLMENTS_LOCK
				", set_config('lock_timeout', usual, true)"
				" FROM (SELECT current_setting('lock_timeout') AS usual OFFSET 0) AS before"},
    [DB_SQL_ENROLMENTS_STOP] = {"SELECT 1", " FROM pg_advisory_xact_lock" ENROLMENTS_LOCK},
    [DB_SQL_USER_ADD] = {"INSERT INTO \"user\" (name, created) VALUES ($1, $2) ON CONFLICT DO NOTHING", NULL},
    /* By an alias or by his name: the same two looks for whoever is asked for. */
    [DB_SQL_USER_FIND] = {USER_COLUMNS
			  "WHERE id = coalesce((SELECT a.\"user\" FROM alias a WHERE a.name = $1),"
			  " (SELECT o.id FROM \"user\" o WHERE o.name = $1))",
			  " FOR NO KEY UPDATE"},
    [DB_SQL_ALIAS_ADD] =
	{"INSERT INTO alias (name, \"user\", created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", NULL},
    [DB_SQL_ALIAS_FIND] = {ALIAS_COLUMNS "WHERE a.name = $1", NULL},
    [DB_SQL_ALIAS_COUNT] = {"SELECT count(*) FROM alias WHERE \"user\" = $1", NULL},
    [DB_SQL_ALIAS_LIST] = {ALIAS_COLUMNS "WHERE a.name > $1 ORDER BY a.name LIMIT $2", NULL},
    [DB_SQL_ALIAS_LIST_USER] = {ALIAS_COLUMNS
				"WHERE a.name > $1 AND a.\"user\" = $3 ORDER BY a.name LIMIT $2",
				NULL},
    [DB_SQL_ALIAS_REMOVE] = {"DELETE FROM alias WHERE name = $1", NULL},
    [DB_SQL_USER_LIST] = {USER_COLUMNS "WHERE name > $1 ORDER BY name LIMIT $2", NULL},
    [DB_SQL_USER_CLEARED] = {"UPDATE \"user\" SET " NO_BUDGET " WHERE id = $1", NULL},
    [DB_SQL_USER_BUDGET] = {"UPDATE \"user\" SET " BUDGET(2, 3, 4) " WHERE id = $1" STANDS(5, 6, 7), NULL},
    [DB_SQL_USER_SET_PASSWORD] = {"UPDATE \"user\" SET password = $2, password_change = $3 WHERE id = $1",
				  NULL},
    [DB_SQL_USER_SET_CLASS] = {"UPDATE \"user\" SET class = $2 WHERE id = $1", NULL},
    [DB_SQL_USER_SET_BOUND_ONLY] = {"UPDATE \"user\" SET bound_only = $2 WHERE id = $1", NULL},
    [DB_SQL_USER_SET_DISABLED] = {"UPDATE \"user\" SET disabled = $2 WHERE id = $1", NULL},
    [DB_SQL_USER_STAGED] = {"SELECT count(*) FROM stock WHERE \"user\" = $1", NULL},
    [DB_SQL_USER_UNMARKED] = {"SELECT count(*) FROM token WHERE \"user\" = $1 AND NOT " KNOWN_AGAIN, NULL},
    [DB_SQL_USER_CHALLENGES_REMOVE] = {"DELETE FROM challenge WHERE \"user\" = $1", NULL},
    [DB_SQL_USER_KNOWN_REMOVE] = {"DELETE FROM known WHERE \"user\" = $1", NULL},
    [DB_SQL_USER_BINDINGS_REMOVE] = {"DELETE FROM user_certificate WHERE \"user\" = $1", NULL},
    [DB_SQL_USER_TOKENS_REMOVE] = {"DELETE FROM token WHERE \"user\" = $1", NULL},
    [DB_SQL_USER_MESSAGES_REMOVE] = {"DELETE FROM outbox WHERE kind <> 'hook' AND \"user\" ="
				     " (SELECT name FROM \"user\" WHERE id = $1)",
				     NULL},
    [DB_SQL_USER_REMOVE] = {"DELETE FROM \"user\" WHERE id = $1", NULL},
    [DB_SQL_CLASS_FIND] = {"SELECT name, factors FROM class WHERE name = $1", NULL},
    [DB_SQL_CLASS_SET] = {"INSERT INTO class (name, factors) VALUES ($1, $2)"
			  " ON CONFLICT (name) DO UPDATE SET factors = $2",
			  NULL},
    /* The offset keeps PostgreSQL from a join that reads all users, for a login of somebody unknown; the
     * order from reading them for one of a class, where it takes nearly all for that. */
    [DB_SQL_CLASS_USED] = {"SELECT name, factors FROM class"
			   " WHERE EXISTS (SELECT 1 FROM \"user\" u WHERE u.class = class.name"
			   " ORDER BY u.name LIMIT 1 OFFSET 0)",
			   NULL},
    [DB_SQL_CLASS_LIST] = {"SELECT name, factors FROM class WHERE name > $1 ORDER BY name LIMIT $2", NULL},
    [DB_SQL_BINDING_ADD] =
	{"INSERT INTO user_certificate (fingerprint, \"user\", label, created) VALUES ($1, $2, $3, $4)"
	 " ON CONFLICT DO NOTHING",
	 NULL},
    [DB_SQL_BINDING_FIND] = {"SELECT " BINDING_COLUMNS " WHERE c.fingerprint = $1", NULL},
    [DB_SQL_BINDING_COUNT] = {"SELECT count(*) FROM user_certificate WHERE \"user\" = $1", NULL},
    [DB_SQL_BINDING_LIST] = {"SELECT " BINDING_COLUMNS
			     " WHERE c.fingerprint > $1 ORDER BY c.fingerprint LIMIT $2",
			     NULL},
    [DB_SQL_BINDING_LIST_USER] = {"SELECT " BINDING_COLUMNS " WHERE c.\"user\" = $3 AND c.fingerprint > $1"
				  " ORDER BY c.fingerprint LIMIT $2",
				  NULL},
    [DB_SQL_BINDING_REMOVE] = {"DELETE FROM user_certificate WHERE fingerprint = $1", NULL},
    [DB_SQL_NONCE_ADD] = {"INSERT INTO login_nonce (id, expires) VALUES ($1, $2) ON CONFLICT DO NOTHING",
			  NULL},
    [DB_SQL_NONCE_FIND] = {"SELECT 1 FROM login_nonce WHERE id = $1", NULL},
    [DB_SQL_NONCE_PURGE] = {"DELETE FROM login_nonce WHERE expires < $1", NULL},
    [DB_SQL_CRL_FIND] = {"SELECT number FROM crl WHERE scope = $1", NULL},
    [DB_SQL_CRL_OTHERS] = {"SELECT count(*) FROM crl WHERE scope <> $1", NULL},
    [DB_SQL_CRL_SET] = {"INSERT INTO crl (scope, issuer, number) VALUES ($1, $2, $3) ON CONFLICT (scope)"
			" DO UPDATE SET number = $3 WHERE crl.number <= $3",
			NULL},
    [DB_SQL_CRL_FORGET] = {"DELETE FROM crl WHERE issuer = $1", NULL},
    [DB_SQL_CRL_ISSUER] = {"SELECT issuer FROM crl WHERE issuer > $1 ORDER BY issuer LIMIT 1", NULL},
    [DB_SQL_SIGNING_KEY_ADD] =
	{"INSERT INTO signing_key (id, sealed, public, created, purpose) VALUES ($1, $2, $3, $4, $5)"
	 " ON CONFLICT DO NOTHING",
	 NULL},
    [DB_SQL_SIGNING_KEYS] = {"SELECT id, sealed, public, created FROM signing_key WHERE created > $1"
			     " AND purpose = $3 ORDER BY created DESC, id LIMIT $2",
			     NULL},
    [DB_SQL_SIGNING_KEY_PURGE] = {"DELETE FROM signing_key WHERE created <= $1 AND purpose = $2", NULL},
    [DB_SQL_KEY_CHECK_ADD] = {"INSERT INTO key_check (id, sealed) VALUES (1, $1) ON CONFLICT DO NOTHING",
			      NULL},
    [DB_SQL_KEY_CHECK_FIND] = {"SELECT sealed FROM key_check", NULL},
    [DB_SQL_DATA_KEY_NOW] = {"SELECT number, version FROM data_key_now", NULL},
    [DB_SQL_DATA_KEY_HOLD] = {"SELECT number, version FROM data_key_now", " FOR SHARE"},
    [DB_SQL_DATA_KEY_ALONE] = {"SELECT number, version FROM data_key_now", " FOR UPDATE"},
    [DB_SQL_DATA_KEY_CHANGE] = {"UPDATE data_key_now SET number = $1, version = $2", NULL},
    [DB_SQL_DATA_KEYS] = {"SELECT number, sealed, created, total, done, unreadable, finished FROM data_key"
			  " ORDER BY number",
			  NULL},
    [DB_SQL_DATA_KEY_ADD] = {"INSERT INTO data_key (number, sealed, created, total) VALUES ($1, $2, $3, $4)",
			     NULL},
    [DB_SQL_DATA_KEY_PROGRESS] =
	{"UPDATE data_key SET done = done + $2, unreadable = unreadable + $3 WHERE number = $1", NULL},
    [DB_SQL_DATA_KEY_FINISH] = {"UPDATE data_key SET finished = $2 WHERE number = $1 AND finished = 0", NULL},
    [DB_SQL_DATA_KEY_AGAIN] =
	{"UPDATE data_key SET finished = 0, total = $2, done = 0, unreadable = 0 WHERE number = $1", NULL},
    [DB_SQL_DATA_KEY_REMOVE] = {"DELETE FROM data_key WHERE number = $1", NULL},
    [DB_SQL_RESEAL_STOCK] = {"SELECT id, coalesce(\"user\", 0), seed FROM stock WHERE " SEALED(
				 "seed") " LIMIT $2",
			     " FOR UPDATE SKIP LOCKED"},
    [DB_SQL_RESEAL_STOCK_SET] = {"UPDATE stock SET seed = $2 WHERE id = $1", NULL},
    [DB_SQL_RESEAL_TOKEN] = {"SELECT id, \"user\", seed FROM token WHERE " SEALED("seed") " LIMIT $2",
			     " FOR NO KEY UPDATE SKIP LOCKED"},
    [DB_SQL_RESEAL_TOKEN_SET] = {"UPDATE token SET seed = $2 WHERE id = $1", NULL},
    [DB_SQL_RESEAL_SIGNING] = {"SELECT id, 0, sealed FROM signing_key WHERE " SEALED("sealed") " LIMIT $2",
			       " FOR UPDATE SKIP LOCKED"},
    [DB_SQL_RESEAL_SIGNING_SET] = {"UPDATE signing_key SET sealed = $2 WHERE id = $1", NULL},
    [DB_SQL_RESEAL_COUNT] =
	{"SELECT (SELECT count(*) FROM token WHERE " SEALED(
	     "seed") ") + (SELECT count(*) FROM stock"
		     " WHERE " SEALED("seed") ") + (SELECT count(*) FROM signing_key WHERE " SEALED(
			 "sealed") ")",
	 NULL},
    [DB_SQL_RESEAL_LEFT] =
	{"SELECT 1 WHERE EXISTS (SELECT 1 FROM token WHERE " SEALED(
	     "seed") ") OR EXISTS (SELECT 1"
		     " FROM stock WHERE " SEALED(
			 "seed") ") OR EXISTS (SELECT 1 FROM signing_key WHERE " SEALED("sealed") ")",
	 NULL},
    [DB_SQL_ASIDE_LEFT] =
	{"SELECT 1 WHERE EXISTS (SELECT 1 FROM token WHERE " ASIDE(
	     "seed") ") OR EXISTS (SELECT 1"
		     " FROM stock WHERE " ASIDE("seed") ") OR EXISTS (SELECT 1 FROM signing_key WHERE " ASIDE(
			 "sealed") ")",
	 NULL},
    [DB_SQL_ASIDE_STOCK] = {"UPDATE stock SET seed = substr(seed, 2) WHERE " MARKED("seed"), NULL},
    [DB_SQL_ASIDE_TOKEN] = {"UPDATE token SET seed = substr(seed, 2) WHERE " MARKED("seed"), NULL},
    [DB_SQL_ASIDE_SIGNING] = {"UPDATE signing_key SET sealed = substr(sealed, 2) WHERE " MARKED("sealed"),
			      NULL},
    [DB_SQL_TOKEN_ADD] =
	{"INSERT INTO token (id, \"user\", type, hash, digits, period, seed, next, drift,"
	 " state, label, created, amount, expires, suite, destination, pin, pin_hash, fingerprint, serial)"
	 " SELECT $1, $2, $3, $4, $5, $6, $7, (SELECT max(position) FROM (SELECT CAST($8 AS BIGINT) AS "
	 "position"
	 " UNION ALL SELECT next FROM token WHERE fingerprint = $20 AND type = $3 AND hash = $4"
	 " AND period = $6 AND suite = $15 UNION ALL SELECT next FROM spent_seed WHERE fingerprint = $20"
	 " AND type = $3 AND hash = $4 AND period = $6 AND suite = $15) AS used), $9, $10, $11, $12, $13, "
	 "$14, $15, $16, $17,"
	 " $18, $20, $21 WHERE (SELECT count(*) FROM token WHERE \"user\" = $2 AND " IN_USE("$12") ") < $19",
	 NULL},
    [DB_SQL_TOKEN_FIND] = {TOKEN_COLUMNS "WHERE t.id = $1", " FOR NO KEY UPDATE OF u, t"},
    [DB_SQL_TOKEN_OF_USER] = {TOKEN_COLUMNS_NAMED("CAST($2 AS TEXT)") "WHERE t.\"user\" = $1 ORDER BY t.id",
			      NULL},
    [DB_SQL_TOKEN_IN_USE] = {"SELECT count(*) FROM token WHERE \"user\" = $1 AND " IN_USE("$2"), NULL},
    [DB_SQL_TOKEN_LIST] = {TOKEN_COLUMNS "WHERE t.id > $1 ORDER BY t.id LIMIT $2", NULL},
    [DB_SQL_TOKEN_LIST_USER] = {TOKEN_COLUMNS "WHERE t.id > $1 AND u.name = $3 ORDER BY t.id LIMIT $2", NULL},
    [DB_SQL_TOKEN_ACCEPT] = {"UPDATE token SET next = $2, drift = $3, spent = spent | $5"
			     " WHERE id = $1 AND next <= $4 AND (spent & $5) = 0 AND state = 1",
			     NULL},
    [DB_SQL_TOKEN_BUDGET] = {"UPDATE token SET " BUDGET(2, 3, 4) " WHERE id = $1" STANDS(5, 6, 7), NULL},
    [DB_SQL_TOKEN_SET_STATE] =
	{"UPDATE token SET state = $2, failures = CASE WHEN CAST($2 AS BIGINT) = 1 THEN 0 ELSE failures END,"
	 " locked_until = CASE WHEN CAST($2 AS BIGINT) = 1 THEN 0 ELSE locked_until END WHERE id = $1",
	 NULL},
    [DB_SQL_TOKEN_SET_PIN] = {"UPDATE token SET pin = $2, pin_hash = $3 WHERE id = $1", NULL},
    [DB_SQL_TOKEN_SET_EXPIRES] = {"UPDATE token SET expires = $2 WHERE id = $1", NULL},
    [DB_SQL_TOKEN_DELETE] = {"DELETE FROM token WHERE id = $1 AND " KNOWN_AGAIN, NULL},
    [DB_SQL_TOKEN_CHALLENGES_REMOVE] = {"DELETE FROM challenge WHERE token = $1", NULL},
    [DB_SQL_TOKEN_TWIN] = {"SELECT id FROM token WHERE fingerprint = $1 AND id <> $2 AND " IN_USE(
			       "$4") " AND (type = $3 OR (type IN (1, 2) AND CAST($3 AS BIGINT) IN (1, 2)))"
				     " ORDER BY id LIMIT 1",
			   NULL},
    [DB_SQL_TOKEN_HOLD] = {"SELECT id FROM token WHERE fingerprint = $1 ORDER BY id", " FOR NO KEY UPDATE"},
    [DB_SQL_TOKEN_UNMARKED] = {TOKEN_COLUMNS "WHERE t.fingerprint IS NULL AND t.id > $1"
					     " ORDER BY t.id LIMIT $2",
			       NULL},
    [DB_SQL_TOKEN_MARK] = {"UPDATE token SET fingerprint = $2, next = " FURTHER(
			       "token", "$2") " WHERE id = $1 AND fingerprint IS NULL",
			   NULL},
    [DB_SQL_TOKEN_LEVEL] = {"UPDATE token SET next = (SELECT max(o.next) FROM token o WHERE " TWINS ")"
			    " WHERE fingerprint = $1 AND next < (SELECT max(o.next) FROM token o WHERE " TWINS
			    ")",
			    NULL},
    [DB_SQL_IMPORT_ADD] = {"INSERT INTO import (id, digest, name, users, amount, created)"
			   " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
			   NULL},
    [DB_SQL_IMPORT_FIND] = {IMPORT_COLUMNS "WHERE id = $1", " FOR NO KEY UPDATE"},
    [DB_SQL_IMPORT_FIND_DIGEST] = {IMPORT_COLUMNS "WHERE digest = $1", " FOR NO KEY UPDATE"},
    [DB_SQL_IMPORT_SET] = {"UPDATE import SET staged = $2, refused = $3 WHERE id = $1", NULL},
    [DB_SQL_IMPORT_LIST] = {IMPORT_COLUMNS "WHERE id > $1 ORDER BY id LIMIT $2", NULL},
    [DB_SQL_IMPORT_REMOVE] = {"DELETE FROM import WHERE id = $1", NULL},
    [DB_SQL_IMPORT_STOCK_NEXT] = {"SELECT id, \"user\", made FROM stock WHERE import = $1 LIMIT $2", NULL},
    /* Not by the index on import, for each of a great file's rows. */
    [DB_SQL_IMPORT_MADE_PASS] = {"UPDATE stock SET made = 1 WHERE \"user\" = $1 AND import || '' = $2", NULL},
    [DB_SQL_IMPORT_USER_HOLD] = {"SELECT id FROM \"user\" WHERE id = $1", " FOR UPDATE"},
    /* A user who was made for an import and has got nothing else since. He is held first, in a statement of
     * its own: one that waits for his row sees what he had before it waited. */
    [DB_SQL_IMPORT_USER_REMOVE] =
	{"DELETE FROM \"user\" WHERE id = $1"
	 " AND password IS NULL AND class = 'default' AND disabled = 0"
	 " AND NOT EXISTS (SELECT 1 FROM token t WHERE t.\"user\" = \"user\".id)"
	 " AND NOT EXISTS (SELECT 1 FROM user_certificate c WHERE c.\"user\" = \"user\".id)"
	 " AND NOT EXISTS (SELECT 1 FROM alias a WHERE a.\"user\" = \"user\".id)"
	 " AND NOT EXISTS (SELECT 1 FROM known k WHERE k.\"user\" = \"user\".id)"
	 " AND NOT EXISTS (SELECT 1 FROM challenge c WHERE c.\"user\" = \"user\".id)"
	 " AND NOT EXISTS (SELECT 1 FROM stock o WHERE o.\"user\" = \"user\".id)",
	 NULL},
    [DB_SQL_IMPORT_KNOWN] = {"SELECT count(*) FROM stock s WHERE s.import = $1"
			     " AND (EXISTS (SELECT 1 FROM token t WHERE t.fingerprint = s.fingerprint)"
			     " OR (s.serial <> '' AND EXISTS (SELECT 1 FROM token t WHERE t.serial = "
			     "s.serial AND t.serial <> ''))"
			     " OR EXISTS (SELECT 1 FROM stock o JOIN import i ON i.id = o.import"
			     " WHERE o.fingerprint = s.fingerprint AND i.state = 2)"
			     " OR (s.serial <> '' AND EXISTS (SELECT 1 FROM stock o JOIN import i"
			     " ON i.id = o.import WHERE o.serial = s.serial AND i.state = 2)))",
			     NULL},
    [DB_SQL_IMPORT_OVERFULL] =
	{"SELECT count(*) FROM (SELECT s.\"user\" FROM stock s WHERE s.import = $1 AND s.\"user\" IS NOT NULL"
	 " GROUP BY s.\"user\" HAVING count(*) + (SELECT count(*) FROM token WHERE token.\"user\" = "
	 "s.\"user\""
	 " AND " IN_USE("$3") ") > $2) AS overfull",
	 NULL},
    [DB_SQL_IMPORT_TOKENS] =
	{"INSERT INTO token (id, \"user\", type, hash, digits, period, seed, next, state, label, created,"
	 " expires, suite, serial, fingerprint) SELECT id, \"user\", type, hash, digits, period, "
	 "seed, " FURTHER("stock",
			  "stock.fingerprint") ", 1, label, $2, expires, suite, serial, fingerprint"
					       " FROM stock WHERE import = $1 AND \"user\" IS NOT NULL",
	 NULL},
    [DB_SQL_IMPORT_ASSIGNED_REMOVE] = {"DELETE FROM stock WHERE import = $1 AND \"user\" IS NOT NULL", NULL},
    [DB_SQL_IMPORT_DONE] = {"UPDATE import SET state = 2, assigned = $2 WHERE id = $1 AND state = 1", NULL},
    [DB_SQL_STOCK_ADD] = {"INSERT INTO stock (id, import, serial, \"user\", made, type, hash, digits, period,"
			  " seed, next, label, expires, suite, fingerprint)"
			  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
			  " ON CONFLICT DO NOTHING",
			  NULL},
    [DB_SQL_STOCK_SEED_KNOWN] = {"SELECT id FROM token WHERE fingerprint = $1"
				 " UNION ALL SELECT id FROM stock WHERE fingerprint = $1 LIMIT 1",
				 NULL},
    [DB_SQL_SEED_SEEN] = {"SELECT 1 FROM token WHERE fingerprint = $1"
			  " UNION ALL SELECT 1 FROM stock WHERE fingerprint = $1"
			  " UNION ALL SELECT 1 FROM spent_seed WHERE fingerprint = $1 LIMIT 1",
			  NULL},
    [DB_SQL_STOCK_SERIAL_KNOWN] = {"SELECT id FROM token WHERE serial = $1 AND serial <> ''"
				   " UNION ALL SELECT id FROM stock WHERE serial = $1 LIMIT 1",
				   NULL},
    [DB_SQL_STOCK_USER_COUNT] = {"SELECT (SELECT count(*) FROM token WHERE \"user\" = $1 AND " IN_USE(
				     "$2") ")"
					   " + (SELECT count(*) FROM stock WHERE \"user\" = $1)",
				 NULL},
    /* A serial number that is another token's id is not meant by it, be that one in stock still or not. */
    [DB_SQL_STOCK_FIND] = {STOCK_COLUMNS "AND (s.id = $1 OR (s.serial = $1"
					 " AND NOT EXISTS (SELECT 1 FROM stock o WHERE o.id = $1)"
					 " AND NOT EXISTS (SELECT 1 FROM token t WHERE t.id = $1)))",
			   " FOR NO KEY UPDATE OF s"},
    [DB_SQL_STOCK_LIST] = {STOCK_COLUMNS "AND s.id > $1 ORDER BY s.id LIMIT $2", NULL},
    [DB_SQL_STOCK_REMOVE] = {"DELETE FROM stock WHERE id = $1", NULL},
    [DB_SQL_BUDGET_FIND] = {"SELECT failures, failed_at, locked_until FROM budget WHERE subject = $1",
			    " FOR NO KEY UPDATE"},
    [DB_SQL_BUDGET_ADD] = {"INSERT INTO budget (subject, failures, failed_at, locked_until)"
			   " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
			   NULL},
    [DB_SQL_BUDGET_SET] = {"UPDATE budget SET " BUDGET(2, 3, 4) " WHERE subject = $1" STANDS(5, 6, 7), NULL},
    [DB_SQL_BUDGET_REMOVE] = {"DELETE FROM budget WHERE subject = $1" STANDS(2, 3, 4), NULL},
    [DB_SQL_BUDGET_PURGE] = {"DELETE FROM budget WHERE failed_at < $1 AND locked_until <= $2", NULL},
    [DB_SQL_LOCK_LIST] = {"SELECT subject, failures, failed_at, locked_until FROM budget"
			  " WHERE subject > $1 AND (subject LIKE 'address:%' OR subject LIKE 'asking:%')"
			  " AND locked_until > $2 ORDER BY subject LIMIT $3",
			  NULL},
    [DB_SQL_LOCK_LIFT] = {"DELETE FROM budget WHERE subject >= $1 AND subject < $2", NULL},
    [DB_SQL_KNOWN_FIND] = {"SELECT failures, failed_at, locked_until, seen FROM known"
			   " WHERE \"user\" = $1 AND address = $2",
			   " FOR NO KEY UPDATE"},
    [DB_SQL_KNOWN_BUDGET] = {"UPDATE known SET " BUDGET(
				 3, 4, 5) " WHERE \"user\" = $1 AND address = $2" STANDS(6, 7, 8),
			     NULL},
    [DB_SQL_KNOWN_SEEN] = {"INSERT INTO known (\"user\", address, seen) VALUES ($1, $2, $3)"
			   " ON CONFLICT (\"user\", address) DO UPDATE SET seen = $3, " NO_BUDGET,
			   NULL},
    [DB_SQL_KNOWN_KEEP] =
	{"DELETE FROM known WHERE \"user\" = $1 AND (address LIKE 'mac:%') = ($3 LIKE 'mac:%')"
	 " AND address NOT IN (SELECT address FROM known WHERE \"user\" = $1"
	 " AND (address LIKE 'mac:%') = ($3 LIKE 'mac:%') ORDER BY seen DESC, address LIMIT $2)",
	 NULL},
    [DB_SQL_CHALLENGE_ADD] = {"INSERT INTO challenge (id, \"user\", token, question, data, mac, created,"
			      " expires, application, known) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
			      " ON CONFLICT DO NOTHING",
			      NULL},
    [DB_SQL_CHALLENGE_FIND] = {"SELECT " CHALLENGE " FROM challenge WHERE id = $1", " FOR NO KEY UPDATE"},
    [DB_SQL_CHALLENGE_OPEN] =
	{"SELECT " CHALLENGE " FROM challenge WHERE token = $1 AND application = $2"
	 " AND data = $3 AND spent = 0 AND expires > $4 ORDER BY created DESC, id LIMIT 1",
	 NULL},
    [DB_SQL_CHALLENGE_SET_QUESTION] = {"UPDATE challenge SET question = $2 WHERE id = $1 AND spent = 0",
				       NULL},
    [DB_SQL_CHALLENGE_SPEND] = {"UPDATE challenge SET spent = 1 WHERE id = $1 AND spent = 0", NULL},
    [DB_SQL_CHALLENGE_COUNT] =
	{"SELECT count(*) FROM challenge WHERE token = $1 AND known = $2 AND created > $3", NULL},
    [DB_SQL_CHALLENGE_PURGE] = {"DELETE FROM challenge WHERE \"user\" = $1 AND expires < $2", NULL},
    [DB_SQL_CHALLENGE_FORGET] = {"DELETE FROM challenge WHERE id IN (SELECT id FROM challenge"
				 " WHERE expires < $1 ORDER BY expires, id LIMIT $2)",
				 NULL},
    [DB_SQL_KNOWN_FORGET] = {"DELETE FROM known WHERE (\"user\", address) IN (SELECT \"user\", address"
			     " FROM known WHERE seen <= $1 ORDER BY seen, \"user\", address LIMIT $2)",
			     NULL},
    [DB_SQL_OUTBOX_ADD] = {"INSERT INTO outbox (id, kind, \"user\", destination, sealed, created, expires)"
			   " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
			   NULL},
    [DB_SQL_OUTBOX_REMOVE] = {"DELETE FROM outbox WHERE id = $1", NULL},
    [DB_SQL_OUTBOX_PAGE] = {OUTBOX_COLUMNS " WHERE id > $1 ORDER BY id LIMIT $2", NULL},
    [DB_SQL_OUTBOX_FIGURES] =
	{"SELECT count(*) FILTER (WHERE dead = 0), min(created) FILTER (WHERE dead = 0),"
	 " count(*) FILTER (WHERE dead = 1) FROM outbox",
	 NULL},
    [DB_SQL_OUTBOX_DUE] = {OUTBOX_COLUMNS " WHERE dead = 0 AND kind <> 'hook' AND due <= $1 AND expires > $1"
					  " ORDER BY due, number LIMIT 1",
			   " FOR NO KEY UPDATE SKIP LOCKED"},
    [DB_SQL_OUTBOX_HOOK] = {OUTBOX_COLUMNS " WHERE dead = 0 AND kind = 'hook' AND destination = $1"
					   " ORDER BY number LIMIT 1",
			    NULL},
    [DB_SQL_OUTBOX_EXPIRED] = {OUTBOX_COLUMNS " WHERE dead = 0 AND expires <= $1 ORDER BY expires LIMIT 1",
			       NULL},
    [DB_SQL_OUTBOX_FIND] = {OUTBOX_COLUMNS " WHERE id = $1", " FOR NO KEY UPDATE"},
    [DB_SQL_OUTBOX_TAKE] = {"UPDATE outbox SET attempts = attempts + 1, due = $3"
			    " WHERE id = $1 AND attempts = $2 AND dead = 0",
			    NULL},
    [DB_SQL_OUTBOX_PUT_OFF] = {"UPDATE outbox SET due = $2 WHERE id = $1 AND dead = 0", NULL},
    [DB_SQL_OUTBOX_BURY] = {"UPDATE outbox SET dead = 1, reason = $3,"
			    " sealed = CASE WHEN expires > $2 THEN sealed ELSE $4 END"
			    " WHERE id = $1 AND dead = 0",
			    NULL},
    [DB_SQL_OUTBOX_REVIVE] = {"UPDATE outbox SET dead = 0, reason = '', attempts = 0, due = $2"
			      " WHERE id = $1 AND dead = 1 AND expires > $2",
			      NULL},
    [DB_SQL_OUTBOX_EMPTY] = {"UPDATE outbox SET sealed = $2"
			     " WHERE dead = 1 AND expires <= $1 AND length(sealed) > 0",
			     NULL},
    [DB_SQL_OUTBOX_PURGE] = {"DELETE FROM outbox WHERE dead = 1 AND expires < $1", NULL},
    [DB_SQL_APPLICATION_ADD] =
	{"INSERT INTO application (name, calls, realms, addresses, credential, created)"
	 " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
	 NULL},
    [DB_SQL_APPLICATION_LIST] = {APPLICATION_COLUMNS "WHERE name > $1 ORDER BY name LIMIT $2", NULL},
    [DB_SQL_APPLICATION_FIND] = {APPLICATION_COLUMNS "WHERE name = $1", " FOR NO KEY UPDATE"},
    [DB_SQL_APPLICATION_SET_SCOPE] =
	{"UPDATE application SET calls = $2, realms = $3, addresses = $4 WHERE name = $1", NULL},
    [DB_SQL_APPLICATION_REMOVE] = {"DELETE FROM application WHERE name = $1", NULL},
    [DB_SQL_APPLICATION_CALLER] =
	{"SELECT name, credential, CAST(2 AS BIGINT), calls, realms, addresses, certificate"
	 " FROM application WHERE credential = $1",
	 NULL},
    [DB_SQL_CERTIFICATE_CALLER] =
	{"SELECT name, certificate, CAST(2 AS BIGINT), calls, realms, addresses, certificate"
	 " FROM application WHERE certificate = $1",
	 NULL},
    [DB_SQL_APPLICATION_SET_CERTIFICATE] = {"UPDATE application SET certificate = $2 WHERE name = $1", NULL},
    [DB_SQL_STAFF_SET_CERTIFICATE] = {"UPDATE admin SET certificate = $2 WHERE name = $1", NULL},
    [DB_SQL_APPLICATION_ROTATE] = {"UPDATE application SET credential = $2 WHERE name = $1", NULL},
    [DB_SQL_STAFF_ADD] = {"INSERT INTO admin (name, credential, roles, created) VALUES ($1, $2, $3, $4)"
			  " ON CONFLICT DO NOTHING",
			  NULL},
    [DB_SQL_STAFF_CALLER] = {"SELECT name, credential, roles, '', '', '', certificate FROM admin WHERE "
			     "credential = $1 AND disabled = 0",
			     NULL},
    [DB_SQL_STAFF_FIND] = {STAFF_COLUMNS "WHERE name = $1", " FOR NO KEY UPDATE"},
    [DB_SQL_STAFF_LIST] = {STAFF_COLUMNS "WHERE name > $1 ORDER BY name LIMIT $2", NULL},
    [DB_SQL_STAFF_SET_DISABLED] = {"UPDATE admin SET disabled = $2 WHERE name = $1", NULL},
    [DB_SQL_STAFF_ROTATE] = {"UPDATE admin SET credential = $2 WHERE name = $1", NULL},
    [DB_SQL_STAFF_ADMINISTRATORS] =
	{"SELECT count(*), CAST(coalesce(sum(1 - disabled), 0) AS BIGINT) FROM admin"
	 " WHERE " ADMINISTRATOR,
	 NULL},
    [DB_SQL_APPROVAL_ADD] = {"INSERT INTO approval (id, action, subject, proposer, created, expires)"
			     " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
			     NULL},
    [DB_SQL_APPROVAL_FIND] = {APPROVAL_COLUMNS "WHERE id = $1", " FOR NO KEY UPDATE"},
    [DB_SQL_APPROVAL_LIST] = {APPROVAL_COLUMNS "WHERE id > $1 ORDER BY id LIMIT $2", NULL},
    [DB_SQL_APPROVAL_GRANT] = {"UPDATE approval SET state = 2, approver = $2"
			       " WHERE id = $1 AND state = 1 AND proposer <> $2 AND expires > $3",
			       NULL},
    [DB_SQL_APPROVAL_REFUSE] = {"UPDATE approval SET state = 3, approver = $2"
				" WHERE id = $1 AND state IN (1, 2) AND expires > $3",
				NULL},
    [DB_SQL_APPROVAL_EXECUTE] = {"UPDATE approval SET state = 4 WHERE " APPROVAL_IS_GOOD, NULL},
    [DB_SQL_APPROVAL_LOOK] = {"SELECT 1 FROM approval WHERE " APPROVAL_IS_GOOD, NULL},
    [DB_SQL_APPROVAL_PURGE] = {"DELETE FROM approval WHERE created < $1", NULL},
    [DB_SQL_EXPORT_ADD] = {"INSERT INTO export (id, holder, realm, approval, place, page, expires)"
			   " VALUES ($1, $2, $3, $4, $5, 2, $6)",
			   NULL},
    [DB_SQL_EXPORT_FIND] = {"SELECT approval, place FROM export WHERE id = $1 AND page = $2 AND holder = $3"
			    " AND realm = $4 AND expires > $5",
			    " FOR NO KEY UPDATE"},
    [DB_SQL_EXPORT_TURN] = {"UPDATE export SET page = page + 1, place = $3 WHERE id = $1 AND page = $2",
			    NULL},
    [DB_SQL_EXPORT_END] = {"DELETE FROM export WHERE id = $1 AND page = $2", NULL},
    [DB_SQL_EXPORT_PURGE] = {"DELETE FROM export WHERE expires < $1", NULL},
    [DB_SQL_KEPT_FIND] = {"SELECT sealed FROM kept WHERE holder = $1 AND name = $2 AND created > $3", NULL},
    [DB_SQL_KEPT_SET] = {"INSERT INTO kept (holder, name, sealed, created) VALUES ($1, $2, $3, $4)"
			 " ON CONFLICT (holder, name) DO UPDATE SET sealed = $3, created = $4",
			 NULL},
    [DB_SQL_KEPT_PURGE] = {"DELETE FROM kept WHERE created <= $1", NULL},
    [DB_SQL_KEPT_FORGET] = {"DELETE FROM kept WHERE holder = $1", NULL},
    [DB_SQL_AUDIT_LOCK] = {"SELECT 1", " FROM pg_advisory_xact_lock(" AUDIT_LOCK ")"},
    [DB_SQL_AUDIT_HEAD] = {"SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1", NULL},
    [DB_SQL_AUDIT_APPEND] = {"INSERT INTO audit (" AUDIT_COLUMNS
			     ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
			     NULL},
    [DB_SQL_AUDIT_LIST] = {"SELECT " AUDIT_COLUMNS
			   " FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2",
			   NULL},
    [DB_SQL_AUDIT_ROOT] = {"SELECT root FROM installation", NULL},
    [DB_SQL_INSTALLATION_ADD] =
	{"INSERT INTO installation (number, id) VALUES (1, $1) ON CONFLICT DO NOTHING", NULL},
    [DB_SQL_INSTALLATION_FIND] = {"SELECT id FROM installation", NULL},
    [DB_SQL_CHECKPOINT_ADD] = {"INSERT INTO checkpoint (" CHECKPOINT_COLUMNS
			       ") VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
			       NULL},
    [DB_SQL_CHECKPOINT_FIND] = {"SELECT " CHECKPOINT_COLUMNS " FROM checkpoint WHERE sequence = $1", NULL},
    [DB_SQL_CHECKPOINT_LAST] = {"SELECT " CHECKPOINT_COLUMNS
				" FROM checkpoint ORDER BY sequence DESC LIMIT 1",
				NULL},
    [DB_SQL_CHECKPOINT_LIST] = {"SELECT " CHECKPOINT_COLUMNS
				" FROM checkpoint WHERE sequence > $1 ORDER BY sequence LIMIT $2",
				NULL},
    [DB_SQL_CHECKPOINT_HELD] = {"SELECT " CHECKPOINT_COLUMNS
				" FROM checkpoint WHERE exported = 0 ORDER BY sequence LIMIT $1",
				NULL},
    [DB_SQL_CHECKPOINT_EXPORTED] = {"UPDATE checkpoint SET exported = 1 WHERE sequence = $1", NULL},
    [DB_SQL_CHECKPOINT_UP_TO] = {"SELECT " CHECKPOINT_COLUMNS
				 " FROM checkpoint WHERE sequence <= $1 AND time_ms < $2"
				 " ORDER BY sequence DESC LIMIT 1",
				 NULL},
    [DB_SQL_CHECKPOINT_REMOVE] = {"DELETE FROM checkpoint WHERE sequence < $1 AND exported = 1", NULL},
    [DB_SQL_REPORT_THERE] = {"SELECT 1 FROM report WHERE day = $1", NULL},
    [DB_SQL_REPORT_ADD] = {"INSERT INTO report (day, text, text_signature, html, html_signature)"
			   " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
			   NULL},
    [DB_SQL_REPORT_FIND] = {"SELECT day, text, text_signature, html, html_signature FROM report"
			    " WHERE day = $1",
			    NULL},
    [DB_SQL_TOKEN_TYPE] = {"SELECT type FROM token WHERE id = $1", NULL},
    [DB_SQL_TOKEN_EXPIRING] =
	{"SELECT count(*) FROM token WHERE +state = 1 AND expires >= $1 AND expires < $2"
	 " AND expires > 0",
	 NULL},
    [DB_SQL_RETENTION_FIND] = {"SELECT sequence FROM retention WHERE class = $1", NULL},
    [DB_SQL_RETENTION_SET] = {"INSERT INTO retention (class, sequence) VALUES ($1, $2)"
			      " ON CONFLICT (class) DO UPDATE SET sequence = $2",
			      NULL},
    [DB_SQL_AUDIT_MASK] =
	{"UPDATE audit SET \"user\" = '', token = '', address = '', detail = '', salt = NULL"
	 " WHERE sequence = $1",
	 NULL},
    [DB_SQL_AUDIT_ROOT_MOVE] = {"UPDATE installation SET root = $1", NULL},
    [DB_SQL_AUDIT_REMOVE] = {"DELETE FROM audit WHERE sequence IN (SELECT sequence FROM audit"
			     " WHERE sequence <= $1 ORDER BY sequence LIMIT $2)",
			     NULL},
    DB_STATEMENTS_SEARCH,
};
