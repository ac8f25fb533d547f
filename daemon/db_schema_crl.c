/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The migration that keeps the highest number of each CA's revocation lists. It never goes down, whoever
 * writes; that it is forgotten is an operator's word.
 */
#include "daemon/db_sql.h"

#define TABLES(TEXT, BYTES, UPDATED)                                                                         \
	"CREATE TABLE crl ("                                                                                 \
	" scope " BYTES " PRIMARY KEY NOT NULL CHECK (length(scope) = 32),"                                  \
	" issuer " TEXT " NOT NULL,"                                                                         \
	" number " BYTES " NOT NULL CHECK (length(number) = 20)"                                             \
	")" UPDATED ";"

#define NEVER_BACK "'the number of a list never goes back'"

const char db_schema_crl_sqlite[] =
    TABLES("TEXT", "BLOB", " STRICT") "CREATE TRIGGER crl_number BEFORE UPDATE ON crl"
				      " WHEN NEW.number < OLD.number"
				      " BEGIN SELECT RAISE(ABORT, " NEVER_BACK "); END;";

const char db_schema_crl_postgresql[] =
    TABLES("TEXT COLLATE \"C\"", "BYTEA",
	   " WITH (fillfactor = 85)") "CREATE TRIGGER crl_number BEFORE UPDATE ON crl FOR EACH ROW WHEN "
				      "(NEW.number < OLD.number)"
				      " EXECUTE FUNCTION countersign_refuse(" NEVER_BACK ");";
