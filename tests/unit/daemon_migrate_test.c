/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Databases of older versions, brought forward: what was in them is in them afterwards, a copy from before is
 * beside a file, and a server's is left alone until someone says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "daemon/db_sql.h"
#include "daemon/rewrap.h"
#include "daemon/role.h"
#include "daemon/seal_key.h"
#include "tests/unit/database.h"

/* Version 1, as its release made it: kept here for good, whatever becomes of db_schema.c. */
static const char version_1[] =
    "CREATE TABLE user ( id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (length(name) > 0),"
    " failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0), created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE token ( id TEXT PRIMARY KEY NOT NULL, user INTEGER NOT NULL REFERENCES user (id),"
    " type INTEGER NOT NULL CHECK (type IN (1, 2)), hash INTEGER NOT NULL CHECK (hash IN (1, 2, 3, 4)),"
    " digits INTEGER NOT NULL CHECK (digits BETWEEN 6 AND 8), period INTEGER NOT NULL CHECK (period > 0),"
    " seed BLOB NOT NULL, next INTEGER NOT NULL CHECK (next >= 0), drift INTEGER NOT NULL DEFAULT 0,"
    " failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),"
    " state INTEGER NOT NULL CHECK (state IN (1, 2)), label TEXT NOT NULL DEFAULT '',"
    " created INTEGER NOT NULL) STRICT;"
    "CREATE INDEX token_user ON token (user, id);"
    "CREATE TRIGGER token_next BEFORE UPDATE OF next ON token WHEN NEW.next < OLD.next"
    " BEGIN SELECT RAISE(ABORT, 'a token''s next position never goes down'); END;"
    "CREATE TABLE application ( name TEXT PRIMARY KEY NOT NULL,"
    " credential BLOB NOT NULL UNIQUE CHECK (length(credential) = 32), created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE admin ( name TEXT PRIMARY KEY NOT NULL,"
    " credential BLOB NOT NULL UNIQUE CHECK (length(credential) = 32), created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE audit ( sequence INTEGER PRIMARY KEY CHECK (sequence > 0), time_ms INTEGER NOT NULL,"
    " actor TEXT NOT NULL, action TEXT NOT NULL, user TEXT NOT NULL, token TEXT NOT NULL, result TEXT NOT "
    "NULL,"
    " reason TEXT NOT NULL, address TEXT NOT NULL, detail TEXT NOT NULL,"
    " previous BLOB NOT NULL CHECK (length(previous) = 32), hash BLOB NOT NULL CHECK (length(hash) = 32)) "
    "STRICT;"
    "CREATE TRIGGER audit_update BEFORE UPDATE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;"
    "CREATE TRIGGER audit_delete BEFORE DELETE ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;"
    "PRAGMA application_id = 1129531214; PRAGMA user_version = 1;";

#define CONTENT(BYTES32, SEED)                                                                               \
	"INSERT INTO \"user\" (name, failures, created) VALUES ('alice', 0, 11), ('bob', 3, 12), ('carol', " \
	"10, 12);"                                                                                           \
	"INSERT INTO token (id, \"user\", type, hash, digits, period, seed, next, drift, failures, state, "  \
	"label, created) VALUES ('t_1', 1, 1, 1, 6, 30, " SEED ", 7, 0, 0, 1, 'first', 13),"                 \
	" ('t_2', 2, 2, 2, 8, 60, " SEED ", 99, -2, 3, 2, '', 14),"                                          \
	" ('t_3', 1, 1, 1, 6, 30, " SEED ", 7, 0, 10, 1, '', 15);"                                           \
	"INSERT INTO application (name, credential, created) VALUES ('web', " BYTES32 ", 15);"               \
	"INSERT INTO admin (name, credential, created) VALUES ('admin', " BYTES32 ", 16);"

static const bool on_sqlite = false, on_postgresql = true;

static struct {
	struct database database;
	struct db *db;
} world;

/* Three entries of format 1, chained, as older versions wrote them. */
static bool audit_fill(void)
{
	static const struct sql_text append[] = {
	    {"INSERT INTO audit (sequence, time_ms, actor, action, \"user\", token, result, reason, address, "
	     "detail,"
	     " previous, hash) VALUES ($1, $2, $3, '', '', '', '', '', '', '', $4, $5)",
	     NULL}};
	struct audit_entry entries[3] = {{.actor = "test"}, {.actor = "test", .time_ms = 2}, {.actor = "x"}};
	struct sql *sql = NULL;

	bool done = sql_open(world.database.place, &sql) == CS_OK && sql_prepare(sql, append, 1) == CS_OK;
	for (size_t i = 0; done && i < 3; i++) {
		struct sql_statement *s = sql_statement(sql, 0);
		entries[i].format = 1;
		entries[i].sequence = i + 1;
		if (i)
			memcpy(entries[i].previous, entries[i - 1].hash, AUDIT_HASH_LEN);
		done = audit_hash(&entries[i], entries[i].hash) == CS_OK;
		sql_bind_number(s, 1, (int64_t)entries[i].sequence);
		sql_bind_number(s, 2, (int64_t)entries[i].time_ms);
		sql_bind_text(s, 3, entries[i].actor);
		sql_bind_bytes(s, 4, CS_VIEW_OF(entries[i].previous));
		sql_bind_bytes(s, 5, CS_VIEW_OF(entries[i].hash));
		done = done && sql_run(s, NULL) == CS_OK;
	}
	sql_close(sql);
	return done;
}

/* A database of version 1 with something in it. On a server it is made by the first migration, which is where
 * version 1 was never released. */
static int world_make(void **state)
{
	struct sql *sql = NULL;
	sqlite3 *raw = NULL;
	bool done;

	memset(&world, 0, sizeof(world));
	if (!database_make(*(const bool *)*state, &world.database))
		return -1;
	if (world.database.server) {
		done = !sql_open(world.database.place, &sql) && !db_schema_migrate(sql, 0, 1);
		sql_close(sql);
	} else {
		done = sqlite3_open(world.database.place, &raw) == SQLITE_OK &&
		       sqlite3_exec(raw, version_1, NULL, NULL, NULL) == SQLITE_OK;
		(void)sqlite3_close(raw);
	}
	return done &&
		       database_execute(
			   &world.database, CONTENT("zeroblob(32)", "zeroblob(48)"),
			   CONTENT("decode(repeat('00', 32), 'hex')", "decode(repeat('00', 48), 'hex')")) &&
		       audit_fill()
		   ? 0
		   : -1;
}

static int world_end(void **state)
{
	(void)state;
	db_close(world.db);
	return database_remove(&world.database) ? 0 : -1;
}

static void require_content(void)
{
	static const uint8_t zeros[CREDENTIAL_HASH_LEN];
	struct verify_decision back = {.outcome = VERIFY_ACCEPTED, .at = 6, .next = 7};
	struct db_user user;
	struct db_token token;
	struct db_caller caller;
	uint64_t last, broken;

	assert_int_equal(db_user_find(world.db, "alice", &user), CS_OK);
	assert_int_equal(user.created, 11);
	assert_int_equal(db_token_find(world.db, "t_1", &token), CS_OK);
	assert_int_equal(token.user_id, user.id);
	assert_int_equal(token.next, 7);
	assert_int_equal(token.sealed_len, 48);
	assert_string_equal(token.label, "first");
	assert_int_equal(db_token_accept(world.db, "t_1", &back), CS_ERR_STATE);
	assert_int_equal(db_token_find(world.db, "t_2", &token), CS_OK);
	assert_int_equal(token.state, DB_TOKEN_DISABLED);
	assert_int_equal(token.drift, -2);
	assert_string_equal(token.user, "bob");
	assert_int_equal(db_caller_find(world.db, DB_BY_APPLICATION, zeros, &caller), CS_OK);
	assert_string_equal(caller.name, "web");
	assert_int_equal(caller.roles, ROLE_APPLICATION);
	/* Who was an administrator then may what he could. */
	assert_int_equal(db_caller_find(world.db, DB_BY_STAFF, zeros, &caller), CS_OK);
	assert_string_equal(caller.name, "admin");
	assert_int_equal(caller.roles, ROLE_STAFF);
	assert_int_equal(audit_check(world.db, 0, &last, &broken), CS_OK);
	assert_in_range(last, 3, 5);
	/* An entry of the new format follows the old ones. */
	struct audit_entry entry = {.actor = "test", .user = "alice"};
	assert_int_equal(audit_append(world.db, &entry), CS_OK);
	assert_int_equal(entry.sequence, last + 1);
	assert_int_equal(audit_check(world.db, 0, &last, &broken), CS_OK);
	assert_int_equal(last, entry.sequence);
}

static void require_budget(const struct budget *budget, uint32_t failures, bool locked)
{
	const uint64_t in_a_century = (uint64_t)time(NULL) + 3155760000u;

	assert_int_equal(budget->failures, failures);
	assert_int_equal(budget->last != 0, failures != 0);
	assert_true(locked ? budget_wait(budget, in_a_century) > 0 : budget->until == 0);
}

/* Version 1 locked at ten failures, until an administrator enabled the token. */
static void what_version_1_had_locked_stays_locked(void **state)
{
	struct db_user user;
	struct db_token token;

	(void)state;
	assert_int_equal(db_open_migrating(world.database.place, &world.db), CS_OK);
	assert_int_equal(db_user_find(world.db, "alice", &user), CS_OK);
	require_budget(&user.budget, 0, false);
	assert_int_equal(db_user_find(world.db, "bob", &user), CS_OK);
	require_budget(&user.budget, 3, false);
	assert_int_equal(db_user_find(world.db, "carol", &user), CS_OK);
	require_budget(&user.budget, 10, true);
	assert_int_equal(db_token_find(world.db, "t_2", &token), CS_OK);
	require_budget(&token.budget, 3, false);
	assert_int_equal(db_token_find(world.db, "t_3", &token), CS_OK);
	require_budget(&token.budget, 10, true);
	assert_int_equal(db_token_set_state(world.db, "t_3", DB_TOKEN_ACTIVE), CS_OK);
	assert_int_equal(db_token_find(world.db, "t_3", &token), CS_OK);
	assert_int_equal(token.budget.until, 0);
}

/* Version 7 locked addresses for all applications. */
static void what_was_locked_for_all_is_locked_for_each(void **state)
{
	static const char locked[] = "INSERT INTO budget (subject, failures, failed_at, locked_until)"
				     " VALUES ('address:192.0.2.1', 5, 1, 99), ('name:a b', 5, 1, 99)";
	struct budget found;
	struct sql *sql;

	(void)state;
	assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
	assert_int_equal(db_schema_migrate(sql, 1, 7), CS_OK);
	assert_int_equal(sql_execute(sql, locked), CS_OK);
	assert_int_equal(db_schema_migrate(sql, 7, db_schema_version()), CS_OK);
	sql_close(sql);
	assert_int_equal(db_open(world.database.place, &world.db), CS_OK);
	assert_int_equal(db_budget_find(world.db, "address:192.0.2.1 web", &found), CS_OK);
	assert_int_equal(found.failures, 5);
	assert_int_equal(found.until, 99);
	assert_int_equal(db_budget_find(world.db, "address:192.0.2.1", &found), CS_OK);
	assert_int_equal(found.failures, 0);
	assert_int_equal(db_budget_find(world.db, "name:a b", &found), CS_OK);
	assert_int_equal(found.failures, 5);
}

/* Entries of the audit log, of which nothing matters but these, which SQL calls column1 to column4. */
#define BOUND_ROWS                                                                                           \
	"(11, 'certificate_add', 'alice', 'done'),"                                                          \
	"(12, 'certificate_remove', 'alice', 'done'),"                                                       \
	"(13, 'certificate_add', 'bob', 'refused'),"                                                         \
	"(14, 'certificate_add', 'carol', 'done'),"                                                          \
	"(15, 'user_certificates', 'carol', 'done'),"                                                        \
	"(16, 'certificate_add', '', 'done')"
#define BOUND_ALL(BYTES32)                                                                                   \
	"INSERT INTO audit (sequence, time_ms, actor, action, \"user\", token, result, reason, address,"     \
	" detail, previous, hash) SELECT column1, 0, '', column2, column3, '', column4, '', '', "            \
	"'', " BYTES32 ", " BYTES32 " FROM (VALUES " BOUND_ROWS ") AS entry"

/* Version 18 forgot whom a certificate had been bound to once it was taken away. */
static void who_had_a_certificate_bound_long_ago_is_known_by_it_alone(void **state)
{
	struct db_user user;
	struct sql *sql;

	(void)state;
	assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
	assert_int_equal(db_schema_migrate(sql, 1, 20), CS_OK);
	assert_true(database_execute(&world.database, BOUND_ALL("zeroblob(32)"),
				     BOUND_ALL("decode(repeat('00', 32), 'hex')")));
	assert_int_equal(db_schema_migrate(sql, 20, db_schema_version()), CS_OK);
	sql_close(sql);
	assert_int_equal(db_open(world.database.place, &world.db), CS_OK);
	assert_int_equal(db_user_find(world.db, "alice", &user), CS_OK);
	assert_true(user.bound_only);
	assert_int_equal(db_user_find(world.db, "bob", &user), CS_OK);
	assert_false(user.bound_only);
	/* Someone has said since that his names are good. */
	assert_int_equal(db_user_find(world.db, "carol", &user), CS_OK);
	assert_false(user.bound_only);
}

static void a_file_of_version_1_is_migrated_when_it_is_opened_and_copied_before(void **state)
{
	char copy[192];
	struct sql *sql;
	int64_t version;

	(void)state;
	assert_int_equal(db_open(world.database.place, &world.db), CS_OK);
	require_content();
	assert_int_equal(sql_version(world.db->sql, &version), CS_OK);
	assert_int_equal(version, db_schema_version());
	(void)snprintf(copy, sizeof(copy), "%s.schema-1", world.database.place);
	assert_int_equal(sql_open(copy, &sql), CS_OK);
	assert_int_equal(sql_version(sql, &version), CS_OK);
	sql_close(sql);
	assert_int_equal(version, 1);
	db_close(world.db);
	/* The second time there is nothing to do: the copy is as it was. */
	assert_int_equal(unlink(copy), 0);
	assert_int_equal(db_open(world.database.place, &world.db), CS_OK);
	require_content();
	assert_int_equal(access(copy, F_OK), -1);
}

static void a_file_that_cannot_be_copied_is_not_migrated(void **state)
{
	char copy[192];
	struct sql *sql;
	int64_t version;

	(void)state;
	/* rename(2) does not replace a directory by a file. */
	(void)snprintf(copy, sizeof(copy), "%s.schema-1", world.database.place);
	assert_int_equal(mkdir(copy, 0700), 0);
	assert_int_equal(db_open(world.database.place, &world.db), CS_ERR_IO);
	world.db = NULL;
	assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
	assert_int_equal(sql_version(sql, &version), CS_OK);
	sql_close(sql);
	assert_int_equal(version, 1);
	assert_int_equal(rmdir(copy), 0);
}

/* A daemon of the version before may be at work with it. */
static void a_rewrapped_sealing_key_leaves_an_older_database_as_it_was_and_stays_too(void **state)
{
	char error[CONFIG_ERROR_MAX] = "", copy[192];
	struct config config;
	struct seal_key key;
	struct stat before, after;
	struct sql *sql;
	int64_t version;

	(void)state;
	config_defaults(&config);
	(void)snprintf(config.database, sizeof(config.database), "%s", world.database.place);
	(void)snprintf(config.sealing_key, sizeof(config.sealing_key), "%s/sealing.key",
		       world.database.directory);
	assert_int_equal(seal_key_create(&config, error), CS_OK);
	assert_int_equal(stat(config.sealing_key, &before), 0);
	assert_int_equal(rewrap_run(&config, NULL, error), CS_ERR_IO);
	assert_non_null(strstr(error, "nothing was changed"));
	assert_int_equal(stat(config.sealing_key, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
	assert_int_equal(sql_version(sql, &version), CS_OK);
	sql_close(sql);
	assert_int_equal(version, 1);
	(void)snprintf(copy, sizeof(copy), "%s.schema-1", world.database.place);
	assert_int_equal(access(copy, F_OK), -1);
	assert_int_equal(db_open_migrating(world.database.place, &world.db), CS_OK);
	db_close(world.db);
	world.db = NULL;
	assert_int_equal(rewrap_run(&config, NULL, error), CS_OK);
	assert_int_equal(seal_key_open(&config, &key, error), CS_OK);
	seal_key_wipe(&key);
	assert_int_equal(unlink(config.sealing_key), 0);
}

static void a_servers_database_is_migrated_only_where_someone_says_so(void **state)
{
	(void)state;
	assert_int_equal(db_open(world.database.place, &world.db), CS_ERR_STATE);
	world.db = NULL;
	assert_int_equal(db_open_migrating(world.database.place, &world.db), CS_OK);
	require_content();
	db_close(world.db);
	assert_int_equal(db_open(world.database.place, &world.db), CS_OK);
	require_content();
}

static void a_program_decides_nothing_in_a_database_that_another_one_has_migrated_meanwhile(void **state)
{
	int64_t version;

	(void)state;
	assert_int_equal(db_open_migrating(world.database.place, &world.db), CS_OK);
	assert_int_equal(db_begin(world.db), CS_OK);
	assert_int_equal(db_ping(world.db), CS_OK);
	assert_int_equal(db_commit(world.db), CS_OK);
	assert_true(database_execute(&world.database, "PRAGMA user_version = 9999",
				     "UPDATE schema_version SET version = 9999"));
	enum cs_err err = db_begin(world.db);
	if (!err)
		err = db_ping(world.db);
	assert_int_equal(err, CS_ERR_UNSUPPORTED);
	assert_true(db_lost(world.db));
	assert_false(db_broken(world.db));
	db_rollback(world.db);
	assert_int_equal(sql_version(world.db->sql, &version), CS_OK);
	assert_int_equal(version, 9999);
	db_close(world.db);
	assert_int_equal(db_open(world.database.place, &world.db), CS_ERR_UNSUPPORTED);
	world.db = NULL;
}

static void a_migration_waits_for_who_is_deciding(void **state)
{
	struct sql *sql;

	(void)state;
	assert_int_equal(db_open_migrating(world.database.place, &world.db), CS_OK);
	assert_int_equal(db_begin(world.db), CS_OK);
	assert_int_equal(db_ping(world.db), CS_OK);
	assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
	assert_int_equal(sql_execute(sql, "SET lock_timeout = 100"), CS_OK);
	assert_int_equal(sql_begin(sql), CS_OK);
	assert_int_equal(db_schema_migrate(sql, db_schema_version(), db_schema_version()), CS_ERR_TIMEOUT);
	sql_rollback(sql);
	db_rollback(world.db);
	assert_int_equal(sql_begin(sql), CS_OK);
	assert_int_equal(db_schema_migrate(sql, db_schema_version(), db_schema_version()), CS_OK);
	assert_int_equal(sql_commit(sql), CS_OK);
	sql_close(sql);
	assert_int_equal(db_begin(world.db), CS_OK);
	assert_int_equal(db_ping(world.db), CS_OK);
	db_rollback(world.db);
}

/* Both have seen version 1, and one waits for the other. */
static void of_two_that_migrate_the_second_finds_it_done(void **state)
{
	int64_t version;
	struct sql *sql;

	(void)state;
	assert_int_equal(sql_open(world.database.place, &sql), CS_OK);
	assert_int_equal(db_migrate(sql, 1), CS_OK);
	assert_int_equal(db_migrate(sql, 1), CS_OK);
	assert_int_equal(sql_version(sql, &version), CS_OK);
	assert_int_equal(version, db_schema_version());
	assert_true(database_execute(&world.database, "PRAGMA user_version = 9999",
				     "UPDATE schema_version SET version = 9999"));
	assert_int_equal(db_migrate(sql, 1), CS_ERR_UNSUPPORTED);
	sql_close(sql);
}

#define IN_WORLD(test, where)                                                                                \
	{                                                                                                    \
#test, test, world_make, world_end, (void *)(uintptr_t) & (where)                            \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_file_of_version_1_is_migrated_when_it_is_opened_and_copied_before, on_sqlite),
	    IN_WORLD(a_file_that_cannot_be_copied_is_not_migrated, on_sqlite),
	    IN_WORLD(what_version_1_had_locked_stays_locked, on_sqlite),
	    {"what_version_1_had_locked_stays_locked_on_postgresql", what_version_1_had_locked_stays_locked,
	     world_make, world_end, (void *)(uintptr_t)&on_postgresql},
	    IN_WORLD(what_was_locked_for_all_is_locked_for_each, on_sqlite),
	    {"what_was_locked_for_all_is_locked_for_each_on_postgresql",
	     what_was_locked_for_all_is_locked_for_each, world_make, world_end,
	     (void *)(uintptr_t)&on_postgresql},
	    IN_WORLD(who_had_a_certificate_bound_long_ago_is_known_by_it_alone, on_sqlite),
	    {"who_had_a_certificate_bound_long_ago_is_known_by_it_alone_on_postgresql",
	     who_had_a_certificate_bound_long_ago_is_known_by_it_alone, world_make, world_end,
	     (void *)(uintptr_t)&on_postgresql},
	    IN_WORLD(a_program_decides_nothing_in_a_database_that_another_one_has_migrated_meanwhile,
		     on_sqlite),
	    {"a_program_decides_nothing_in_a_database_that_another_one_has_migrated_meanwhile_on_postgresql",
	     a_program_decides_nothing_in_a_database_that_another_one_has_migrated_meanwhile, world_make,
	     world_end, (void *)(uintptr_t)&on_postgresql},
	    IN_WORLD(a_migration_waits_for_who_is_deciding, on_postgresql),
	    IN_WORLD(of_two_that_migrate_the_second_finds_it_done, on_sqlite),
	    {"of_two_that_migrate_the_second_finds_it_done_on_postgresql",
	     of_two_that_migrate_the_second_finds_it_done, world_make, world_end,
	     (void *)(uintptr_t)&on_postgresql},
	    IN_WORLD(a_servers_database_is_migrated_only_where_someone_says_so, on_postgresql),
	    IN_WORLD(a_rewrapped_sealing_key_leaves_an_older_database_as_it_was_and_stays_too, on_sqlite),
	    {"a_rewrapped_sealing_key_leaves_an_older_database_as_it_was_and_stays_too_on_postgresql",
	     a_rewrapped_sealing_key_leaves_an_older_database_as_it_was_and_stays_too, world_make, world_end,
	     (void *)(uintptr_t)&on_postgresql},
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
