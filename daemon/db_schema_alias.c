/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The migration that gives users other names. A name is a user's or an alias, never both, whoever writes: a
 * row that would make it both is passed over, as ON CONFLICT DO NOTHING passes over one that is there. A
 * server's transactions do not see what others have not committed: those that make users share a lock, and
 * who makes an alias is alone with it. Aliases go with their user.
 */
#include "daemon/db_sql.h"

#define TABLES(NUMBER, TEXT, FIXED)                                                                          \
	"CREATE TABLE alias ("                                                                               \
	" name " TEXT " PRIMARY KEY NOT NULL CHECK (length(name) > 0),"                                      \
	" \"user\" " NUMBER " NOT NULL REFERENCES \"user\" (id) ON DELETE CASCADE,"                          \
	" created " NUMBER " NOT NULL"                                                                       \
	")" FIXED ";"                                                                                        \
	"CREATE INDEX alias_user ON alias (\"user\", name);"

#define STAYS "'a name is not changed'"

/* Of each of the two tables, the other one. */
#define SQLITE_NAME(table, quoted, other)                                                                    \
	"CREATE TRIGGER " table "_name_free BEFORE INSERT ON " quoted " WHEN EXISTS (SELECT 1 FROM " other   \
	" WHERE name = NEW.name) BEGIN SELECT RAISE(IGNORE); END;"                                           \
	"CREATE TRIGGER " table "_name_stays BEFORE UPDATE OF name ON " quoted                               \
	" WHEN NEW.name <> OLD.name BEGIN SELECT RAISE(ABORT, " STAYS "); END;"

#define LOCK "(1129531214, -1)" /* beside those of db_statement.c */
#define POSTGRESQL_NAME(table, quoted, other, lock)                                                          \
	"CREATE FUNCTION countersign_" table "_name() RETURNS trigger LANGUAGE plpgsql AS $$"                \
	"BEGIN PERFORM " lock LOCK "; IF EXISTS (SELECT 1 FROM " other                                       \
	" WHERE name = NEW.name) THEN RETURN NULL; END IF; RETURN NEW; END$$;"                               \
	"CREATE TRIGGER " table "_name_free BEFORE INSERT ON " quoted                                        \
	" FOR EACH ROW EXECUTE FUNCTION countersign_" table "_name();"                                       \
	"CREATE TRIGGER " table "_name_stays BEFORE UPDATE OF name ON " quoted                               \
	" FOR EACH ROW WHEN (NEW.name <> OLD.name) EXECUTE FUNCTION countersign_refuse(" STAYS ");"

const char db_schema_alias_sqlite[] = TABLES("INTEGER", "TEXT", " STRICT")
    SQLITE_NAME("user", "\"user\"", "alias") SQLITE_NAME("alias", "alias", "\"user\"");

const char db_schema_alias_postgresql[] = TABLES("BIGINT", "TEXT COLLATE \"C\"", "")
    POSTGRESQL_NAME("user", "\"user\"", "alias", "pg_advisory_xact_lock_shared")
	POSTGRESQL_NAME("alias", "alias", "\"user\"", "pg_advisory_xact_lock");
