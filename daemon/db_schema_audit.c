/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The migration that gives the audit log commitments in place of personal texts, signed checkpoints, and the
 * way in which retention may take something away: entries lose their personal texts and nothing else; entries
 * go from the front, up to a root that is a checkpoint and never moves back. The triggers hold this against
 * mistakes, not against who owns the database: for him there are the checkpoints that lie elsewhere.
 */
#include "daemon/db_sql.h"

#define TABLES(NUMBER, TEXT, BYTES, FIXED)                                                                   \
	"ALTER TABLE audit ADD COLUMN format " NUMBER " NOT NULL DEFAULT 1 CHECK (format IN (1, 2));"        \
	"ALTER TABLE audit ADD COLUMN salt " BYTES " CHECK (length(salt) = 16);"                             \
	"ALTER TABLE audit ADD COLUMN commitment " BYTES " CHECK (length(commitment) = 32);"                 \
	"CREATE TABLE installation ("                                                                        \
	" number " NUMBER " PRIMARY KEY CHECK (number = 1),"                                                 \
	" id " TEXT " NOT NULL CHECK (length(id) = 32),"                                                     \
	" root " NUMBER " NOT NULL DEFAULT 0 CHECK (root >= 0)"                                              \
	")" FIXED ";"                                                                                        \
	"CREATE TABLE checkpoint ("                                                                          \
	" sequence " NUMBER " PRIMARY KEY CHECK (sequence > 0),"                                             \
	" time_ms " NUMBER " NOT NULL,"                                                                      \
	" hash " BYTES " NOT NULL CHECK (length(hash) = 32),"                                                \
	" text " TEXT " NOT NULL,"                                                                           \
	" signature " BYTES " NOT NULL,"                                                                     \
	" exported " NUMBER " NOT NULL DEFAULT 0 CHECK (exported IN (0, 1))"                                 \
	")" FIXED ";"                                                                                        \
	"CREATE INDEX checkpoint_held ON checkpoint (sequence) WHERE exported = 0;"                          \
	"CREATE TABLE report ("                                                                              \
	" day " TEXT " PRIMARY KEY NOT NULL CHECK (length(day) = 10),"                                       \
	" text " TEXT " NOT NULL,"                                                                           \
	" text_signature " BYTES " NOT NULL,"                                                                \
	" html " TEXT " NOT NULL,"                                                                           \
	" html_signature " BYTES " NOT NULL"                                                                 \
	")" FIXED ";"                                                                                        \
	"CREATE TABLE retention ("                                                                           \
	" class " NUMBER " PRIMARY KEY CHECK (class BETWEEN 0 AND 2),"                                       \
	" sequence " NUMBER " NOT NULL CHECK (sequence > 0)"                                                 \
	")" FIXED ";"

#define APPEND_ONLY "'the audit log is append-only'"
#define NO_WAY_BACK "'the root of the audit log is a checkpoint, and never moves back'"
#define SIGNED	    "'a checkpoint is not changed'"

#define SAME(column) "NEW." column " = OLD." column " AND "
/* What an update of an entry may do. */
#define MASKS                                                                                                \
	"OLD.format = 2 AND NEW.salt IS NULL AND NEW.\"user\" = '' AND NEW.token = '' AND NEW.address = ''"  \
	" AND NEW.detail = '' AND " SAME("format") SAME("commitment") SAME("sequence") SAME("time_ms")       \
	    SAME("actor") SAME("action") SAME("result") SAME("reason")                                       \
		SAME("previous") "NEW.hash = OLD.hash"
#define ROOT	"COALESCE((SELECT root FROM installation), 0)"
#define MOVED	"NEW.root < OLD.root OR NOT EXISTS (SELECT 1 FROM checkpoint WHERE sequence = NEW.root)"
#define RESIGNS SAME("sequence") SAME("time_ms") SAME("hash") SAME("text") "NEW.signature = OLD.signature"

#define SQLITE_REFUSE(name, when, condition, message)                                                        \
	"CREATE TRIGGER " name " BEFORE " when " WHEN " condition " BEGIN SELECT RAISE(ABORT, " message      \
	"); END;"

const char db_schema_audit_sqlite[] =
    TABLES("INTEGER", "TEXT", "BLOB",
	   " STRICT") "DROP TRIGGER audit_update; DROP TRIGGER audit_delete;" SQLITE_REFUSE("audit_update",
											    "UPDATE ON audit",
											    "(" MASKS
											    ") IS NOT TRUE",
											    APPEND_ONLY)
	SQLITE_REFUSE("audit_delete", "DELETE ON audit", "OLD.sequence > " ROOT, APPEND_ONLY) SQLITE_REFUSE(
	    "installation_update", "UPDATE ON installation", "NEW.id <> OLD.id OR " MOVED,
	    NO_WAY_BACK) SQLITE_REFUSE("installation_delete", "DELETE ON installation", "1", NO_WAY_BACK)
	    SQLITE_REFUSE("checkpoint_update", "UPDATE ON checkpoint", "(" RESIGNS ") IS NOT TRUE", SIGNED)
		SQLITE_REFUSE("checkpoint_delete", "DELETE ON checkpoint", "OLD.sequence >= " ROOT, SIGNED);

#define POSTGRESQL_REFUSE(name, when, condition, message)                                                    \
	"CREATE TRIGGER " name " BEFORE " when " FOR EACH ROW WHEN (" condition                              \
	") EXECUTE FUNCTION countersign_refuse(" message ");"
/* What needs a look into another table, which no WHEN may have. */
#define POSTGRESQL_ASK(name, when, table, condition, message)                                                \
	"CREATE FUNCTION countersign_" name "() RETURNS trigger LANGUAGE plpgsql AS $$"                      \
	"BEGIN IF " condition " THEN RAISE EXCEPTION USING MESSAGE = " message                               \
	", ERRCODE = 'integrity_constraint_violation'; END IF;"                                              \
	" IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END$$;"                                   \
	"CREATE TRIGGER " name " BEFORE " when " ON " table                                                  \
	" FOR EACH ROW EXECUTE FUNCTION countersign_" name "();"

const char db_schema_audit_postgresql[] = TABLES(
    "BIGINT", "TEXT COLLATE \"C\"", "BYTEA",
    "") "DROP TRIGGER audit_update ON audit;" POSTGRESQL_REFUSE("audit_update", "UPDATE ON audit",
								"(" MASKS ") IS NOT TRUE", APPEND_ONLY)
    POSTGRESQL_ASK("audit_row_delete", "DELETE", "audit", "OLD.sequence > " ROOT, APPEND_ONLY) POSTGRESQL_ASK(
	"installation_update", "UPDATE", "installation", "NEW.id <> OLD.id OR " MOVED,
	NO_WAY_BACK) POSTGRESQL_REFUSE("installation_delete", "DELETE ON installation", "true", NO_WAY_BACK)
	POSTGRESQL_REFUSE("checkpoint_update", "UPDATE ON checkpoint", "(" RESIGNS ") IS NOT TRUE", SIGNED)
	    POSTGRESQL_ASK("checkpoint_delete", "DELETE", "checkpoint", "OLD.sequence >= " ROOT, SIGNED);
