/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The migration that keeps, of tokens that are deleted, how far their seeds have been used. Triggers see to
 * it, whoever deletes; and what has been kept is neither taken back nor lost.
 */
#include "daemon/db_sql.h"

#define TABLES(NUMBER, TEXT, BYTES, FIXED)                                                                   \
	"CREATE TABLE spent_seed ("                                                                          \
	" fingerprint " BYTES " NOT NULL CHECK (length(fingerprint) = 32),"                                  \
	" type " NUMBER " NOT NULL,"                                                                         \
	" hash " NUMBER " NOT NULL,"                                                                         \
	" period " NUMBER " NOT NULL,"                                                                       \
	" suite " TEXT " NOT NULL,"                                                                          \
	" next " NUMBER " NOT NULL CHECK (next >= 0),"                                                       \
	" PRIMARY KEY (fingerprint, type, hash, period, suite)"                                              \
	")" FIXED ";"

/* Of HOTP, TOTP and OCRA: their seeds can be given from outside, and so again. */
#define KEPT "OLD.fingerprint IS NOT NULL AND OLD.type IN (1, 2, 3)"
#define KEEP                                                                                                 \
	"INSERT INTO spent_seed (fingerprint, type, hash, period, suite, next)"                              \
	" VALUES (OLD.fingerprint, OLD.type, OLD.hash, OLD.period, OLD.suite, OLD.next)"                     \
	" ON CONFLICT (fingerprint, type, hash, period, suite)"                                              \
	" DO UPDATE SET next = excluded.next WHERE excluded.next > spent_seed.next;"

#define NEVER_BACK "'what was spent is never given back'"

const char db_schema_spent_sqlite[] =
    TABLES("INTEGER", "TEXT", "BLOB",
	   " STRICT") "CREATE TRIGGER token_spent_seed AFTER DELETE ON token WHEN " KEPT " BEGIN " KEEP
		      " END;"
		      "CREATE TRIGGER spent_seed_next BEFORE UPDATE ON spent_seed WHEN NEW.next < OLD.next"
		      " BEGIN SELECT RAISE(ABORT, " NEVER_BACK "); END;"
		      "CREATE TRIGGER spent_seed_delete BEFORE DELETE ON spent_seed"
		      " BEGIN SELECT RAISE(ABORT, " NEVER_BACK "); END;";

const char db_schema_spent_postgresql[] =
    TABLES("BIGINT", "TEXT COLLATE \"C\"", "BYTEA",
	   "") "CREATE FUNCTION countersign_spent() RETURNS trigger LANGUAGE plpgsql AS $$"
	       "BEGIN " KEEP " RETURN NULL; END$$;"
	       "CREATE TRIGGER token_spent_seed AFTER DELETE ON token FOR EACH ROW"
	       " WHEN (" KEPT ") EXECUTE FUNCTION countersign_spent();"
	       "CREATE TRIGGER spent_seed_next BEFORE UPDATE ON spent_seed FOR EACH ROW"
	       " WHEN (NEW.next < OLD.next) EXECUTE FUNCTION countersign_refuse(" NEVER_BACK ");"
	       "CREATE TRIGGER spent_seed_delete BEFORE DELETE ON spent_seed FOR EACH ROW"
	       " EXECUTE FUNCTION countersign_refuse(" NEVER_BACK ");"
	       "CREATE TRIGGER spent_seed_truncate BEFORE TRUNCATE ON spent_seed FOR EACH STATEMENT"
	       " EXECUTE FUNCTION countersign_refuse(" NEVER_BACK ");";
