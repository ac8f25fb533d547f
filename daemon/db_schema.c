/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The schema, as a list of migrations: number n brings a database of version n - 1 to version n. What has
 * been released is never changed; a new version is a new entry at the end.
 *
 * Both databases get the same tables from one text; the words that differ are its parameters, the triggers
 * stand apart. type 1 HOTP, 2 TOTP; hash as enum cs_hash; state as enum db_token_state. The checks repeat
 * what keeper has checked: a row that they refuse is a defect, not a user's mistake.
 */
#include "daemon/db_sql.h"

/* ID: a table's own numbering. NUMBER, TEXT, BYTES: types; texts are compared by their bytes. UPDATED:
 * options of a table whose rows change all the time, FIXED: of any other one. */
#define TABLES_1(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                    \
	"CREATE TABLE \"user\" ("                                                                            \
	" id " ID ","                                                                                        \
	" name " TEXT " NOT NULL UNIQUE CHECK (length(name) > 0),"                                           \
	" failures " NUMBER " NOT NULL DEFAULT 0 CHECK (failures >= 0),"                                     \
	" created " NUMBER " NOT NULL"                                                                       \
	")" UPDATED ";"                                                                                      \
	"CREATE TABLE token ("                                                                               \
	" id " TEXT " PRIMARY KEY NOT NULL,"                                                                 \
	" \"user\" " NUMBER " NOT NULL REFERENCES \"user\" (id),"                                            \
	" type " NUMBER " NOT NULL CHECK (type IN (1, 2)),"                                                  \
	" hash " NUMBER " NOT NULL CHECK (hash IN (1, 2, 3, 4)),"                                            \
	" digits " NUMBER " NOT NULL CHECK (digits BETWEEN 6 AND 8),"                                        \
	" period " NUMBER " NOT NULL CHECK (period > 0),"                                                    \
	" seed " BYTES " NOT NULL,"                                                                          \
	" next " NUMBER " NOT NULL CHECK (next >= 0),"                                                       \
	" drift " NUMBER " NOT NULL DEFAULT 0,"                                                              \
	" failures " NUMBER " NOT NULL DEFAULT 0 CHECK (failures >= 0),"                                     \
	" state " NUMBER " NOT NULL CHECK (state IN (1, 2)),"                                                \
	" label " TEXT " NOT NULL DEFAULT '',"                                                               \
	" created " NUMBER " NOT NULL"                                                                       \
	")" UPDATED ";"                                                                                      \
	"CREATE INDEX token_user ON token (\"user\", id);"                                                   \
	"CREATE TABLE application ("                                                                         \
	" name " TEXT " PRIMARY KEY NOT NULL,"                                                               \
	" credential " BYTES " NOT NULL UNIQUE CHECK (length(credential) = 32),"                             \
	" created " NUMBER " NOT NULL"                                                                       \
	")" FIXED ";"                                                                                        \
	"CREATE TABLE admin ("                                                                               \
	" name " TEXT " PRIMARY KEY NOT NULL,"                                                               \
	" credential " BYTES " NOT NULL UNIQUE CHECK (length(credential) = 32),"                             \
	" created " NUMBER " NOT NULL"                                                                       \
	")" FIXED ";"                                                                                        \
	"CREATE TABLE audit ("                                                                               \
	" sequence " NUMBER " PRIMARY KEY CHECK (sequence > 0),"                                             \
	" time_ms " NUMBER " NOT NULL,"                                                                      \
	" actor " TEXT " NOT NULL,"                                                                          \
	" action " TEXT " NOT NULL,"                                                                         \
	" \"user\" " TEXT " NOT NULL,"                                                                       \
	" token " TEXT " NOT NULL,"                                                                          \
	" result " TEXT " NOT NULL,"                                                                         \
	" reason " TEXT " NOT NULL,"                                                                         \
	" address " TEXT " NOT NULL,"                                                                        \
	" detail " TEXT " NOT NULL,"                                                                         \
	" previous " BYTES " NOT NULL CHECK (length(previous) = 32),"                                        \
	" hash " BYTES " NOT NULL CHECK (length(hash) = 32)"                                                 \
	")" FIXED ";"

/* Nine kinds of token; budgets that lock for a time; challenges and what is sent. A token's row is made anew,
 * as SQLite changes no CHECK. */
#define BUDGET_COLUMNS(NUMBER)                                                                               \
	" failures " NUMBER " NOT NULL DEFAULT 0 CHECK (failures >= 0),"                                     \
	" failed_at " NUMBER " NOT NULL DEFAULT 0,"                                                          \
	" locked_until " NUMBER " NOT NULL DEFAULT 0"
#define TABLES_2(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                    \
	"ALTER TABLE \"user\" ADD COLUMN failed_at " NUMBER " NOT NULL DEFAULT 0;"                           \
	"ALTER TABLE \"user\" ADD COLUMN locked_until " NUMBER " NOT NULL DEFAULT 0;"                        \
	"CREATE TABLE token_2 ("                                                                             \
	" id " TEXT " PRIMARY KEY NOT NULL,"                                                                 \
	" \"user\" " NUMBER " NOT NULL REFERENCES \"user\" (id),"                                            \
	" type " NUMBER " NOT NULL CHECK (type BETWEEN 1 AND 9),"                                            \
	" hash " NUMBER " NOT NULL CHECK (hash IN (1, 2, 3, 4)),"                                            \
	" digits " NUMBER " NOT NULL CHECK (digits BETWEEN 6 AND 8),"                                        \
	" period " NUMBER " NOT NULL CHECK (period > 0),"                                                    \
	" seed " BYTES " NOT NULL,"                                                                          \
	" next " NUMBER " NOT NULL CHECK (next >= 0),"                                                       \
	" drift " NUMBER " NOT NULL DEFAULT 0,"                                                              \
	" spent " NUMBER " NOT NULL DEFAULT 0,"                                                              \
	" amount " NUMBER " NOT NULL DEFAULT 0 CHECK (amount >= 0),"                                         \
	" expires " NUMBER " NOT NULL DEFAULT 0,"                                                            \
	" suite " TEXT " NOT NULL DEFAULT '',"                                                               \
	" destination " TEXT " NOT NULL DEFAULT '',"                                                         \
	" pin " NUMBER " NOT NULL DEFAULT 0 CHECK (pin IN (0, 1, 2)),"                                       \
	" pin_hash " BYTES " CHECK (pin = 0 OR pin_hash IS NOT NULL),"                                       \
	" state " NUMBER " NOT NULL CHECK (state IN (1, 2)),"                                                \
	" label " TEXT " NOT NULL DEFAULT '',"                                                               \
	" created " NUMBER " NOT NULL," BUDGET_COLUMNS(                                                      \
	    NUMBER) ")" UPDATED ";"                                                                          \
		    "INSERT INTO token_2 (id, \"user\", type, hash, digits, period, seed, next, drift, "     \
		    "state, label,"                                                                          \
		    " created, failures) SELECT id, \"user\", type, hash, digits, period, seed, next, "      \
		    "drift, state, label,"                                                                   \
		    " created, failures FROM token;"                                                         \
		    "DROP TABLE token;"                                                                      \
		    "ALTER TABLE token_2 RENAME TO token;"                                                   \
		    "CREATE INDEX token_user ON token (\"user\", id);"                                       \
		    "CREATE TABLE budget ("                                                                  \
		    " subject " TEXT " PRIMARY KEY NOT NULL," BUDGET_COLUMNS(                                \
			NUMBER) ")" UPDATED ";"                                                              \
				"CREATE INDEX budget_failed ON budget (failed_at);"                          \
				"CREATE TABLE known ("                                                       \
				" \"user\" " NUMBER " NOT NULL REFERENCES \"user\" (id),"                    \
				" address " TEXT " NOT NULL,"                                                \
				" seen " NUMBER " NOT NULL," BUDGET_COLUMNS(                                 \
				    NUMBER) ","                                                              \
					    " PRIMARY KEY (\"user\", address)"                               \
					    ")" UPDATED ";"                                                  \
					    "CREATE TABLE challenge ("                                       \
					    " id " TEXT " PRIMARY KEY NOT NULL,"                             \
					    " \"user\" " NUMBER " NOT NULL REFERENCES \"user\" (id),"        \
					    " token " TEXT " NOT NULL REFERENCES token (id),"                \
					    " question " TEXT " NOT NULL,"                                   \
					    " data " TEXT " NOT NULL,"                                       \
					    " mac " BYTES " CHECK (length(mac) = 32),"                       \
					    " created " NUMBER " NOT NULL,"                                  \
					    " expires " NUMBER " NOT NULL,"                                  \
					    " spent " NUMBER " NOT NULL DEFAULT 0 CHECK (spent IN (0, 1))"   \
					    ")" UPDATED ";"                                                  \
					    "CREATE INDEX challenge_token ON challenge (token, created);"    \
					    "CREATE INDEX challenge_user ON challenge (\"user\", expires);"  \
					    "CREATE TABLE outbox ("                                          \
					    " number " ID ","                                                \
					    " id " TEXT " NOT NULL UNIQUE,"                                  \
					    " kind " TEXT " NOT NULL CHECK (kind IN ('sms', 'email')),"      \
					    " \"user\" " TEXT " NOT NULL,"                                   \
					    " destination " TEXT " NOT NULL,"                                \
					    " sealed " BYTES " NOT NULL,"                                    \
					    " created " NUMBER " NOT NULL,"                                  \
					    " expires " NUMBER " NOT NULL"                                   \
					    ")" UPDATED ";"

/* What version 1 had locked, at ten failures and until an administrator lifted it, stays so; a run of
 * failures that was under way goes on. */
#define NEVER_ENDS "253402300799" /* the last second of the year 9999 */
#define LOCKED_OF(TABLE, NOW)                                                                                \
	"UPDATE " TABLE " SET failed_at = " NOW ", locked_until = CASE WHEN failures >= 10 THEN " NEVER_ENDS \
	" ELSE 0 END WHERE failures > 0;"
#define LOCKED_2(NOW) LOCKED_OF("\"user\"", NOW) LOCKED_OF("token", NOW)

/* Logins. factors as keeper_login.h has them. */
#define TABLES_3(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                    \
	"CREATE TABLE class ("                                                                               \
	" name " TEXT " PRIMARY KEY NOT NULL CHECK (length(name) > 0),"                                      \
	" factors " NUMBER " NOT NULL CHECK (factors BETWEEN 1 AND 3)"                                       \
	")" FIXED ";"                                                                                        \
	"INSERT INTO class (name, factors) VALUES ('default', 3);"                                           \
	"ALTER TABLE \"user\" ADD COLUMN class " TEXT " NOT NULL DEFAULT 'default';"                         \
	"ALTER TABLE \"user\" ADD COLUMN password " BYTES ";"                                                \
	"ALTER TABLE \"user\" ADD COLUMN password_change " NUMBER " NOT NULL DEFAULT 0;"                     \
	"CREATE TABLE signing_key ("                                                                         \
	" id " TEXT " PRIMARY KEY NOT NULL,"                                                                 \
	" sealed " BYTES " NOT NULL,"                                                                        \
	" public " BYTES " NOT NULL CHECK (length(public) = 65),"                                            \
	" created " NUMBER " NOT NULL"                                                                       \
	")" FIXED ";"

/* Which tokens have one seed: they share the position that their codes are used up to. */
#define TABLES_4(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                    \
	"ALTER TABLE token ADD COLUMN fingerprint " BYTES ";"                                                \
	"CREATE INDEX token_fingerprint ON token (fingerprint);"
#define RAISE_TWINS                                                                                          \
	"UPDATE token SET next = NEW.next WHERE fingerprint = NEW.fingerprint AND type = NEW.type"           \
	" AND hash = NEW.hash AND period = NEW.period AND suite = NEW.suite AND next < NEW.next;"

/* Whose a challenge is. Those that are open when this runs are nobody's: they are asked again. */
#define TABLES_5(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                    \
	"ALTER TABLE challenge ADD COLUMN application " TEXT " NOT NULL DEFAULT '';"

/* One row, sealed under the sealing key: who opens it has the right one. */
#define TABLES_6(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                    \
	"CREATE TABLE key_check ("                                                                           \
	" id " NUMBER " PRIMARY KEY NOT NULL CHECK (id = 1),"                                                \
	" sealed " BYTES " NOT NULL"                                                                         \
	")" FIXED ";"

/* Three powers, and what two persons do together. Who was an administrator before had all powers, and keeps
 * them. */
#define TABLES_7(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                    \
	"ALTER TABLE admin ADD COLUMN roles " NUMBER " NOT NULL DEFAULT 28"                                  \
	" CHECK (roles > 0 AND (roles & 28) = roles);"                                                       \
	"ALTER TABLE admin ADD COLUMN disabled " NUMBER " NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1));"    \
	"CREATE TABLE approval ("                                                                            \
	" id " TEXT " PRIMARY KEY NOT NULL,"                                                                 \
	" action " TEXT " NOT NULL,"                                                                         \
	" subject " TEXT " NOT NULL,"                                                                        \
	" proposer " TEXT " NOT NULL,"                                                                       \
	" approver " TEXT " NOT NULL DEFAULT '',"                                                            \
	" state " NUMBER " NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 4),"                                \
	" created " NUMBER " NOT NULL,"                                                                      \
	" expires " NUMBER " NOT NULL,"                                                                      \
	" CHECK (state NOT IN (2, 4) OR (approver <> '' AND approver <> proposer))"                          \
	")" FIXED ";"

/* Locks of addresses are an application's own; what was locked for all is locked for each. Challenges tell
 * whether they were asked for at an address known for the user. */
#define TABLES_8(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                    \
	"ALTER TABLE challenge ADD COLUMN known " NUMBER " NOT NULL DEFAULT 0 CHECK (known IN (0, 1));"      \
	"INSERT INTO budget (subject, failures, failed_at, locked_until)"                                    \
	" SELECT budget.subject || ' ' || application.name, budget.failures, budget.failed_at,"              \
	" budget.locked_until FROM budget CROSS JOIN application WHERE budget.subject LIKE 'address:%';"     \
	"DELETE FROM budget WHERE subject LIKE 'address:%' AND subject NOT LIKE '% %';"

/* Serial numbers; files of tokens on their way in, and tokens that nobody has. A staged row's user is no
 * reference: who was made for a file goes with it. users as enum db_import_users. */
#define TABLES_10(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"ALTER TABLE token ADD COLUMN serial " TEXT " NOT NULL DEFAULT '';"                                  \
	"CREATE UNIQUE INDEX token_serial ON token (serial) WHERE serial <> '';"                             \
	"CREATE TABLE import ("                                                                              \
	" id " TEXT " PRIMARY KEY NOT NULL,"                                                                 \
	" digest " TEXT " NOT NULL UNIQUE CHECK (length(digest) = 64),"                                      \
	" name " TEXT " NOT NULL,"                                                                           \
	" users " NUMBER " NOT NULL CHECK (users IN (1, 2, 3)),"                                             \
	" amount " NUMBER " NOT NULL CHECK (amount > 0),"                                                    \
	" staged " NUMBER " NOT NULL DEFAULT 0 CHECK (staged BETWEEN 0 AND amount),"                         \
	" refused " NUMBER " NOT NULL DEFAULT 0 CHECK (refused >= 0),"                                       \
	" state " NUMBER " NOT NULL DEFAULT 1 CHECK (state IN (1, 2)),"                                      \
	" assigned " NUMBER " NOT NULL DEFAULT 0,"                                                           \
	" created " NUMBER " NOT NULL"                                                                       \
	")" UPDATED ";"                                                                                      \
	"CREATE TABLE stock ("                                                                               \
	" id " TEXT " PRIMARY KEY NOT NULL,"                                                                 \
	" import " TEXT " NOT NULL REFERENCES import (id),"                                                  \
	" serial " TEXT " NOT NULL,"                                                                         \
	" \"user\" " NUMBER ","                                                                              \
	" made " NUMBER " NOT NULL CHECK (made IN (0, 1)),"                                                  \
	" type " NUMBER " NOT NULL CHECK (type IN (1, 2, 3)),"                                               \
	" hash " NUMBER " NOT NULL CHECK (hash IN (1, 2, 3, 4)),"                                            \
	" digits " NUMBER " NOT NULL CHECK (digits BETWEEN 6 AND 8),"                                        \
	" period " NUMBER " NOT NULL CHECK (period > 0),"                                                    \
	" seed " BYTES " NOT NULL,"                                                                          \
	" next " NUMBER " NOT NULL CHECK (next >= 0),"                                                       \
	" label " TEXT " NOT NULL,"                                                                          \
	" expires " NUMBER " NOT NULL,"                                                                      \
	" suite " TEXT " NOT NULL,"                                                                          \
	" fingerprint " BYTES " NOT NULL CHECK (length(fingerprint) = 32)"                                   \
	")" FIXED ";"                                                                                        \
	"CREATE INDEX stock_import ON stock (import);"                                                       \
	"CREATE INDEX stock_fingerprint ON stock (fingerprint);"                                             \
	"CREATE INDEX stock_serial ON stock (serial);"                                                       \
	"CREATE INDEX stock_user ON stock (\"user\");"

/* What an application's credential is good for (scope.h). */
#define TABLES_11(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"ALTER TABLE application ADD COLUMN calls " TEXT " NOT NULL DEFAULT '';"                             \
	"ALTER TABLE application ADD COLUMN realms " TEXT " NOT NULL DEFAULT '';"                            \
	"ALTER TABLE application ADD COLUMN addresses " TEXT " NOT NULL DEFAULT '';"

/* Client certificates, by their keys. */
#define TABLES_12(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"ALTER TABLE admin ADD COLUMN certificate " BYTES " CHECK (length(certificate) = 32);"               \
	"ALTER TABLE application ADD COLUMN certificate " BYTES " CHECK (length(certificate) = 32);"         \
	"CREATE UNIQUE INDEX application_certificate ON application (certificate);"

/* Answers for who asks again. */
#define TABLES_13(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"CREATE TABLE kept ("                                                                                \
	" holder " TEXT " NOT NULL,"                                                                         \
	" name " TEXT " NOT NULL,"                                                                           \
	" sealed " BYTES " NOT NULL,"                                                                        \
	" created " NUMBER " NOT NULL,"                                                                      \
	" PRIMARY KEY (holder, name)"                                                                        \
	")" UPDATED ";"                                                                                      \
	"CREATE INDEX kept_created ON kept (created);"

/* Tokens that have an end, by it: few of many. */
#define TABLES_14(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"CREATE INDEX token_expires ON token (expires) WHERE expires > 0;"

/* What courier makes of a message: tries, when the next is due, whether there will be none. */
#define TABLES_15(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"ALTER TABLE outbox ADD COLUMN attempts " NUMBER " NOT NULL DEFAULT 0 CHECK (attempts >= 0);"        \
	"ALTER TABLE outbox ADD COLUMN due " NUMBER " NOT NULL DEFAULT 0;"                                   \
	"ALTER TABLE outbox ADD COLUMN dead " NUMBER " NOT NULL DEFAULT 0 CHECK (dead IN (0, 1));"           \
	"ALTER TABLE outbox ADD COLUMN reason " TEXT " NOT NULL DEFAULT '';"                                 \
	"CREATE INDEX outbox_dead ON outbox (dead, number);"

/* Data keys, which one seals, and what is sealed in the order of their keys. */
#define TABLES_16(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"CREATE TABLE data_key ("                                                                            \
	" number " NUMBER " PRIMARY KEY CHECK (number > 0),"                                                 \
	" sealed " BYTES " NOT NULL,"                                                                        \
	" created " NUMBER " NOT NULL,"                                                                      \
	" total " NUMBER " NOT NULL,"                                                                        \
	" done " NUMBER " NOT NULL DEFAULT 0,"                                                               \
	" unreadable " NUMBER " NOT NULL DEFAULT 0,"                                                         \
	" finished " NUMBER " NOT NULL DEFAULT 0"                                                            \
	")" UPDATED ";"                                                                                      \
	"CREATE TABLE data_key_now ("                                                                        \
	" id " NUMBER " PRIMARY KEY CHECK (id = 1),"                                                         \
	" number " NUMBER " NOT NULL,"                                                                       \
	" version " NUMBER " NOT NULL"                                                                       \
	")" UPDATED ";"                                                                                      \
	"INSERT INTO data_key_now (id, number, version) VALUES (1, 0, 0);"                                   \
	"CREATE INDEX token_sealed ON token (substr(seed, 1, 5));"                                           \
	"CREATE INDEX stock_sealed ON stock (substr(seed, 1, 5));"

/* The outbox anew: web hooks have a place there, and what is due is found without a look at what waits. */
#define TABLES_17(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"ALTER TABLE outbox RENAME TO outbox_15;"                                                            \
	"CREATE TABLE outbox ("                                                                              \
	" number " ID ","                                                                                    \
	" id " TEXT " NOT NULL UNIQUE,"                                                                      \
	" kind " TEXT " NOT NULL CHECK (kind IN ('sms', 'email', 'hook')),"                                  \
	" \"user\" " TEXT " NOT NULL,"                                                                       \
	" destination " TEXT " NOT NULL,"                                                                    \
	" sealed " BYTES " NOT NULL,"                                                                        \
	" created " NUMBER " NOT NULL,"                                                                      \
	" expires " NUMBER " NOT NULL,"                                                                      \
	" attempts " NUMBER " NOT NULL DEFAULT 0 CHECK (attempts >= 0),"                                     \
	" due " NUMBER " NOT NULL DEFAULT 0,"                                                                \
	" dead " NUMBER " NOT NULL DEFAULT 0 CHECK (dead IN (0, 1)),"                                        \
	" reason " TEXT " NOT NULL DEFAULT ''"                                                               \
	")" UPDATED ";"                                                                                      \
	"INSERT INTO outbox (id, kind, \"user\", destination, sealed, created, expires, attempts, due, "     \
	"dead,"                                                                                              \
	" reason) SELECT id, kind, \"user\", destination, sealed, created, expires, attempts, due, dead, "   \
	"reason"                                                                                             \
	" FROM outbox_15 ORDER BY number;"                                                                   \
	"DROP TABLE outbox_15;"                                                                              \
	"CREATE INDEX outbox_due ON outbox (due, number) WHERE dead = 0 AND kind <> 'hook';"                 \
	"CREATE INDEX outbox_hook ON outbox (destination, number) WHERE dead = 0 AND kind = 'hook';"         \
	"CREATE INDEX outbox_expires ON outbox (dead, expires);"

/* Certificates of users as a factor of logins; nonces that were signed and are used up. The factors of a
 * class are held to what keeper_login.h has, with the certificate (4) beside one other, which wants the table
 * made anew. */
#define TABLES_18(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"CREATE TABLE class_new ("                                                                           \
	" name " TEXT " PRIMARY KEY NOT NULL CHECK (length(name) > 0),"                                      \
	" factors " NUMBER " NOT NULL CHECK (factors IN (1, 2, 3, 5, 6))"                                    \
	")" FIXED ";"                                                                                        \
	"INSERT INTO class_new (name, factors) SELECT name, factors FROM class;"                             \
	"DROP TABLE class;"                                                                                  \
	"ALTER TABLE class_new RENAME TO class;"                                                             \
	"CREATE TABLE user_certificate ("                                                                    \
	" fingerprint " BYTES " PRIMARY KEY NOT NULL CHECK (length(fingerprint) = 32),"                      \
	" \"user\" " NUMBER " NOT NULL REFERENCES \"user\" (id),"                                            \
	" label " TEXT " NOT NULL,"                                                                          \
	" created " NUMBER " NOT NULL"                                                                       \
	")" FIXED ";"                                                                                        \
	"CREATE INDEX user_certificate_user ON user_certificate (\"user\");"                                 \
	"CREATE TABLE login_nonce ("                                                                         \
	" id " BYTES " PRIMARY KEY NOT NULL CHECK (length(id) = 16),"                                        \
	" expires " NUMBER " NOT NULL"                                                                       \
	")" FIXED ";"                                                                                        \
	"CREATE INDEX login_nonce_expires ON login_nonce (expires);"

/* For whom names in certificates count no more, as one was bound to him once. */
#define TABLES_19(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"ALTER TABLE \"user\" ADD COLUMN bound_only " NUMBER " NOT NULL DEFAULT 0"                           \
	" CHECK (bound_only IN (0, 1));"                                                                     \
	"UPDATE \"user\" SET bound_only = 1 WHERE id IN (SELECT \"user\" FROM user_certificate);"

/* Exports of a realm's seeds that are under way. */
#define TABLES_20(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"CREATE TABLE export ("                                                                              \
	" id " TEXT " PRIMARY KEY NOT NULL,"                                                                 \
	" holder " TEXT " NOT NULL,"                                                                         \
	" realm " TEXT " NOT NULL,"                                                                          \
	" approval " TEXT " NOT NULL,"                                                                       \
	" place " TEXT " NOT NULL,"                                                                          \
	" page " NUMBER " NOT NULL CHECK (page > 1),"                                                        \
	" expires " NUMBER " NOT NULL"                                                                       \
	")" UPDATED ";"

/* Beside the keys that sign assertions the one that cards seal seeds to (2), of which there is one. */
#define TABLES_21(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"ALTER TABLE signing_key ADD COLUMN purpose " NUMBER " NOT NULL DEFAULT 1"                           \
	" CHECK (purpose IN (1, 2));"                                                                        \
	"CREATE UNIQUE INDEX signing_key_one ON signing_key (purpose) WHERE purpose = 2;"

/* Bindings that came and went before version 19 are in the audit log, as far as it has not been masked since.
 */
#define TABLES_23(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"UPDATE \"user\" SET bound_only = 1 WHERE bound_only = 0 AND name IN (SELECT \"user\" FROM audit"    \
	" WHERE result = 'done' AND action IN ('certificate_add', 'user_certificates') GROUP BY \"user\""    \
	" HAVING max(CASE action WHEN 'certificate_add' THEN sequence ELSE 0 END)"                           \
	" > max(CASE action WHEN 'user_certificates' THEN sequence ELSE 0 END));"

/* Which classes users have is asked for each name that is nobody's. */
#define TABLES_24(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED) "CREATE INDEX user_class ON \"user\" (class);"

/* What is removed once it has had its time is found by that time. */
#define TABLES_25(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"CREATE INDEX challenge_expires ON challenge (expires);"                                             \
	"CREATE INDEX known_seen ON known (seen);"

/* Users whom no door knows for a time. */
#define TABLES_28(ID, NUMBER, TEXT, BYTES, UPDATED, FIXED)                                                   \
	"ALTER TABLE \"user\" ADD COLUMN disabled " NUMBER " NOT NULL DEFAULT 0"                             \
	" CHECK (disabled IN (0, 1));"

/* A table's text in the words of each. */
#define IN_SQLITE(TABLES) TABLES("INTEGER PRIMARY KEY", "INTEGER", "TEXT", "BLOB", " STRICT", " STRICT")
#define IN_POSTGRESQL(TABLES)                                                                                \
	TABLES("BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "BIGINT", "TEXT COLLATE \"C\"",        \
	       "BYTEA", " WITH (fillfactor = 85)", "")

#define SQLITE_NOW     "CAST(strftime('%s', 'now') AS INTEGER)"
#define POSTGRESQL_NOW "CAST(extract(epoch FROM now()) AS BIGINT)"

/* The high-water mark of a token never goes down, whoever writes; the audit log is only appended to. */
#define NEVER_DOWN  "'a token''s next position never goes down'"
#define NEVER_BACK  "'what was spent is never given back'"
#define APPEND_ONLY "'the audit log is append-only'"

static const struct {
	const char *sqlite, *postgresql;
} db_migrations[] = {
    {IN_SQLITE(TABLES_1) "CREATE TRIGGER token_next BEFORE UPDATE OF next ON token WHEN NEW.next < OLD.next"
			 " BEGIN SELECT RAISE(ABORT, " NEVER_DOWN "); END;"
			 "CREATE TRIGGER audit_update BEFORE UPDATE ON audit"
			 " BEGIN SELECT RAISE(ABORT, " APPEND_ONLY "); END;"
			 "CREATE TRIGGER audit_delete BEFORE DELETE ON audit"
			 " BEGIN SELECT RAISE(ABORT, " APPEND_ONLY "); END;",
     IN_POSTGRESQL(TABLES_1) "CREATE FUNCTION countersign_refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
			     "BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0],"
			     " ERRCODE = 'integrity_constraint_violation'; END$$;"
			     "CREATE TRIGGER token_next BEFORE UPDATE OF next ON token FOR EACH ROW"
			     " WHEN (NEW.next < OLD.next) EXECUTE FUNCTION countersign_refuse(" NEVER_DOWN
			     ");"
			     "CREATE TRIGGER audit_update BEFORE UPDATE OR DELETE ON audit FOR EACH ROW"
			     " EXECUTE FUNCTION countersign_refuse(" APPEND_ONLY ");"
			     "CREATE TRIGGER audit_delete BEFORE TRUNCATE ON audit FOR EACH STATEMENT"
			     " EXECUTE FUNCTION countersign_refuse(" APPEND_ONLY ");"},
    {IN_SQLITE(TABLES_2) LOCKED_2(
	 SQLITE_NOW) "CREATE TRIGGER token_next BEFORE UPDATE OF next ON token WHEN NEW.next < OLD.next"
		     " BEGIN SELECT RAISE(ABORT, " NEVER_DOWN "); END;"
		     "CREATE TRIGGER token_spent BEFORE UPDATE OF spent ON token"
		     " WHEN (NEW.spent & OLD.spent) <> OLD.spent"
		     " BEGIN SELECT RAISE(ABORT, " NEVER_BACK "); END;"
		     "CREATE TRIGGER challenge_spent BEFORE UPDATE OF spent ON challenge"
		     " WHEN NEW.spent < OLD.spent BEGIN SELECT RAISE(ABORT, " NEVER_BACK "); END;",
     IN_POSTGRESQL(TABLES_2) LOCKED_2(
	 POSTGRESQL_NOW) "CREATE TRIGGER token_next BEFORE UPDATE OF next ON token FOR EACH ROW"
			 " WHEN (NEW.next < OLD.next) EXECUTE FUNCTION countersign_refuse(" NEVER_DOWN ");"
			 "CREATE TRIGGER token_spent BEFORE UPDATE OF spent ON token FOR EACH ROW"
			 " WHEN ((NEW.spent & OLD.spent) <> OLD.spent)"
			 " EXECUTE FUNCTION countersign_refuse(" NEVER_BACK ");"
			 "CREATE TRIGGER challenge_spent BEFORE UPDATE OF spent ON challenge FOR EACH ROW"
			 " WHEN (NEW.spent < OLD.spent)"
			 " EXECUTE FUNCTION countersign_refuse(" NEVER_BACK ");"},
    {IN_SQLITE(TABLES_3), IN_POSTGRESQL(TABLES_3)},
    {IN_SQLITE(TABLES_4) "CREATE TRIGGER token_twins AFTER UPDATE OF next ON token"
			 " WHEN NEW.next > OLD.next AND NEW.fingerprint IS NOT NULL"
			 " BEGIN " RAISE_TWINS " END;",
     IN_POSTGRESQL(TABLES_4) "CREATE FUNCTION countersign_twins() RETURNS trigger LANGUAGE plpgsql AS $$"
			     "BEGIN " RAISE_TWINS " RETURN NULL; END$$;"
			     "CREATE TRIGGER token_twins AFTER UPDATE OF next ON token FOR EACH ROW"
			     " WHEN (NEW.next > OLD.next AND NEW.fingerprint IS NOT NULL)"
			     " EXECUTE FUNCTION countersign_twins();"},
    {IN_SQLITE(TABLES_5), IN_POSTGRESQL(TABLES_5)},
    {IN_SQLITE(TABLES_6), IN_POSTGRESQL(TABLES_6)},
    {IN_SQLITE(TABLES_7), IN_POSTGRESQL(TABLES_7)},
    {IN_SQLITE(TABLES_8), IN_POSTGRESQL(TABLES_8)},
    {db_schema_audit_sqlite, db_schema_audit_postgresql},
    {IN_SQLITE(TABLES_10), IN_POSTGRESQL(TABLES_10)},
    {IN_SQLITE(TABLES_11), IN_POSTGRESQL(TABLES_11)},
    {IN_SQLITE(TABLES_12), IN_POSTGRESQL(TABLES_12)},
    {IN_SQLITE(TABLES_13), IN_POSTGRESQL(TABLES_13)},
    {IN_SQLITE(TABLES_14), IN_POSTGRESQL(TABLES_14)},
    {IN_SQLITE(TABLES_15), IN_POSTGRESQL(TABLES_15)},
    {IN_SQLITE(TABLES_16), IN_POSTGRESQL(TABLES_16)},
    {IN_SQLITE(TABLES_17), IN_POSTGRESQL(TABLES_17)},
    {IN_SQLITE(TABLES_18), IN_POSTGRESQL(TABLES_18)},
    {IN_SQLITE(TABLES_19), IN_POSTGRESQL(TABLES_19)},
    {IN_SQLITE(TABLES_20), IN_POSTGRESQL(TABLES_20)},
    {IN_SQLITE(TABLES_21), IN_POSTGRESQL(TABLES_21)},
    {db_schema_alias_sqlite, db_schema_alias_postgresql},
    {IN_SQLITE(TABLES_23), IN_POSTGRESQL(TABLES_23)},
    {IN_SQLITE(TABLES_24), IN_POSTGRESQL(TABLES_24)},
    {IN_SQLITE(TABLES_25), IN_POSTGRESQL(TABLES_25)},
    {db_schema_search, db_schema_search},
    {db_schema_spent_sqlite, db_schema_spent_postgresql},
    {IN_SQLITE(TABLES_28), IN_POSTGRESQL(TABLES_28)},
    {db_schema_crl_sqlite, db_schema_crl_postgresql},
};

int64_t db_schema_version(void)
{
	return sizeof(db_migrations) / sizeof(db_migrations[0]);
}

enum cs_err db_schema_migrate(struct sql *sql, int64_t from, int64_t to)
{
	enum cs_err err = sql_alone(sql);

	for (int64_t i = from; !err && i < to; i++)
		err = sql_execute(sql, sql_dialect(sql) == SQL_SQLITE ? db_migrations[i].sqlite
								      : db_migrations[i].postgresql);
	return err ? err : sql_version_set(sql, to);
}
