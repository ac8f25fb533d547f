/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersignd --rewrap-key where the disk fails: what the audit log says of it, and which file is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/db_sql.h"
#include "daemon/rewrap.h"
#include "daemon/seal_key.h"
#include "tests/unit/database.h"

/* Of a file that is replaced: its contents, its own name, the old one's name. */
enum { SYNC_FILE = 1, SYNC_NEW, SYNC_REPLACED };

static struct {
	struct database database;
	struct config config;
	unsigned syncs, failing; /* the number of the one that fails; 0: none */
} world;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
	return ++world.syncs == world.failing ? -1 : __real_fsync(fd);
}

static int world_make(void **state)
{
	char error[CONFIG_ERROR_MAX] = "";

	(void)state;
	memset(&world, 0, sizeof(world));
	if (!database_make(false, &world.database) || db_create(world.database.place))
		return -1;
	config_defaults(&world.config);
	(void)snprintf(world.config.database, sizeof(world.config.database), "%s", world.database.place);
	(void)snprintf(world.config.sealing_key, sizeof(world.config.sealing_key), "%s/sealing.key",
		       world.database.directory);
	return seal_key_create(&world.config, error) ? -1 : 0;
}

static int world_end(void **state)
{
	(void)state;
	return unlink(world.config.sealing_key) == 0 && database_remove(&world.database) ? 0 : -1;
}

/* Rewraps the key where that sync fails; whether the file is another one then. */
static bool rewrap(unsigned failing, enum cs_err want, const char *says)
{
	char error[CONFIG_ERROR_MAX] = "";
	struct stat before, after;

	assert_int_equal(stat(world.config.sealing_key, &before), 0);
	world.syncs = 0;
	world.failing = failing;
	assert_int_equal(rewrap_run(&world.config, NULL, error), want);
	assert_true(world.syncs >= failing);
	assert_non_null(strstr(error, says));
	assert_int_equal(stat(world.config.sealing_key, &after), 0);
	return before.st_ino != after.st_ino;
}

static void take_result(void *ctx, const struct audit_entry *entry)
{
	char *results = ctx;
	const size_t len = strlen(results);

	assert_string_equal(entry->action, "rewrap_key");
	assert_string_equal(entry->detail, "from bare to bare");
	(void)snprintf(results + len, 64 - len, "%s ", entry->result);
}

/* The results of all entries that the audit log has. */
static void require_audited(const char *want)
{
	char results[64] = "";
	struct db *db;

	assert_int_equal(db_open(world.database.place, &db), CS_OK);
	assert_int_equal(db_audit_list(db, 0, 10, take_result, results), CS_OK);
	db_close(db);
	assert_string_equal(results, want);
}

static void a_sealing_key_that_was_not_replaced_is_as_before_and_the_audit_log_says_failed(void **state)
{
	(void)state;
	assert_false(rewrap(SYNC_FILE, CS_ERR_IO, "input or output error"));
	require_audited("done failed ");
	assert_false(rewrap(SYNC_NEW, CS_ERR_IO, "input or output error"));
	require_audited("done failed done failed ");
}

static void a_sealing_key_that_was_replaced_and_may_not_be_on_disk_has_not_failed(void **state)
{
	(void)state;
	assert_true(rewrap(SYNC_REPLACED, CS_ERR_STATE, "replaced, and is not known to be on disk"));
	require_audited("done ");
	assert_true(rewrap(0, CS_OK, ""));
	assert_int_equal(world.syncs, SYNC_REPLACED); /* there are no more */
	require_audited("done done ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_sealing_key_that_was_not_replaced_is_as_before_and_the_audit_log_says_failed, world_make,
		world_end),
	    cmocka_unit_test_setup_teardown(
		a_sealing_key_that_was_replaced_and_may_not_be_on_disk_has_not_failed, world_make, world_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
