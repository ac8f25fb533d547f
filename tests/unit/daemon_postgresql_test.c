/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the daemon asks of PostgreSQL beyond SQL: that it answers in time, that what it acknowledges is
 * durable, and that no password gets into the log.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/sql.h"
#include "tests/unit/database.h"

#define WAIT_MS 20u

static const struct sql_text statements[] = {
    {"SELECT CAST(pg_backend_pid() AS BIGINT)", NULL},
    {"SELECT current_setting('synchronous_commit')", NULL},
    {"SELECT CAST(1 AS BIGINT) FROM pg_sleep($1)", NULL},
};
enum { BACKEND, DURABLE, SLOW };

static struct database database;

static int server_make(void **state)
{
	(void)state;
	return database_make(true, &database) ? 0 : -1;
}

static int server_leave(void **state)
{
	(void)state;
	return database_remove(&database) ? 0 : -1;
}

static struct sql *connect_with(const char *options)
{
	char place[256];
	struct sql *sql;

	(void)snprintf(place, sizeof(place), "%s %s", database.place, options);
	assert_int_equal(sql_open(place, &sql), CS_OK);
	assert_int_equal(sql_prepare(sql, statements, sizeof(statements) / sizeof(statements[0])), CS_OK);
	return sql;
}

static pid_t backend_of(struct sql *sql)
{
	struct sql_statement *s = sql_statement(sql, BACKEND);

	assert_int_equal(sql_step(s), CS_OK);
	pid_t pid = (pid_t)sql_number(s, 0);
	sql_reset(s);
	assert_true(pid > 1);
	return pid;
}

/* ---- time ---- */

static void require_lost_in_time(struct sql *sql)
{
	assert_true(sql_lost(sql));
	assert_string_equal(sql_error_text(sql), "the server has not answered for 20 ms");
}

static void a_server_that_hangs_is_lost_and_not_waited_for(void **state)
{
	struct sql *sql = connect_with("");
	const pid_t backend = backend_of(sql);
	struct sql_statement *s;

	(void)state;
	sql_wait_at_most(sql, WAIT_MS);
	assert_int_equal(kill(backend, SIGSTOP), 0);
	s = sql_statement(sql, BACKEND);
	enum cs_err first = sql_step(s);
	enum cs_err commit = sql_commit(sql);
	sql_rollback(sql);
	assert_int_equal(kill(backend, SIGCONT), 0);
	assert_int_equal(first, CS_ERR_IO);
	assert_int_equal(commit, CS_ERR_IO);
	require_lost_in_time(sql);
	sql_close(sql);
}

/* More than its socket holds: whoever waited until it can be written would wait for good. */
static void a_server_that_reads_nothing_is_lost_and_not_waited_for(void **state)
{
	static char much[4u * 1024u * 1024u];
	struct sql *sql = connect_with("");
	const pid_t backend = backend_of(sql);

	(void)state;
	memset(much, ' ', sizeof(much) - 1);
	sql_wait_at_most(sql, WAIT_MS);
	assert_int_equal(kill(backend, SIGSTOP), 0);
	enum cs_err begun = sql_begin(sql);
	struct sql_statement *s = sql_statement(sql, SLOW);
	sql_bind_text(s, 1, much);
	enum cs_err sent = sql_run_soon(s), commit = sql_commit(sql);
	assert_int_equal(kill(backend, SIGCONT), 0);
	assert_int_equal(begun, CS_OK);
	assert_int_equal(sent, CS_OK);
	assert_int_equal(commit, CS_ERR_IO);
	require_lost_in_time(sql);
	sql_close(sql);
}

static void a_statement_that_takes_too_long_is_not_waited_for(void **state)
{
	struct sql *sql = connect_with("");
	struct sql_statement *s;

	(void)state;
	sql_wait_at_most(sql, WAIT_MS);
	s = sql_statement(sql, SLOW);
	sql_bind_text(s, 1, "1000000");
	assert_int_equal(sql_step(s), CS_ERR_IO);
	require_lost_in_time(sql);
	sql_close(sql);
}

static void a_migration_may_take_longer_than_an_answer(void **state)
{
	struct sql *sql = connect_with("");

	(void)state;
	sql_wait_at_most(sql, WAIT_MS);
	assert_int_equal(sql_execute(sql, "DO $$BEGIN PERFORM pg_sleep(0.1); END$$"), CS_OK);
	assert_false(sql_lost(sql));
	sql_close(sql);
}

/* ---- durability ---- */

static void require_durability(const char *set, const char *held)
{
	char options[96], is[32];

	(void)snprintf(options, sizeof(options), "options='-c synchronous_commit=%s'", set);
	struct sql *sql = connect_with(options);
	struct sql_statement *s = sql_statement(sql, DURABLE);
	assert_int_equal(sql_step(s), CS_OK);
	sql_copy_text(s, 0, is, sizeof(is));
	sql_reset(s);
	sql_close(sql);
	assert_string_equal(is, held);
}

static void a_commit_waits_for_disk_and_standby_whatever_is_set(void **state)
{
	(void)state;
	require_durability("off", "on");
	require_durability("local", "on");
	require_durability("remote_write", "on");
	require_durability("on", "on");
	require_durability("remote_apply", "remote_apply");
}

/* A server that no longer waits for its standby says so by a warning; here another one comes with the commit.
 */
static void a_commit_that_the_server_warns_of_is_none_whatever_is_set(void **state)
{
	static const char warn_at_commit[] =
	    "CREATE TEMPORARY TABLE warned (n INTEGER);"
	    "CREATE FUNCTION pg_temp.warn() RETURNS trigger LANGUAGE plpgsql AS "
	    "$$BEGIN RAISE WARNING 'no longer waits'; RETURN NULL; END$$;"
	    "CREATE CONSTRAINT TRIGGER warn AFTER INSERT ON warned DEFERRABLE INITIALLY DEFERRED"
	    " FOR EACH ROW EXECUTE FUNCTION pg_temp.warn();";
	static const char *const set[] = {"", "options='-c client_min_messages=error'"};

	(void)state;
	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
		struct sql *sql = connect_with(set[i]);
		assert_int_equal(sql_execute(sql, warn_at_commit), CS_OK);
		assert_int_equal(sql_begin(sql), CS_OK);
		assert_int_equal(sql_execute(sql, "INSERT INTO warned VALUES (1)"), CS_OK);
		assert_false(sql_lost(sql));
		assert_int_equal(sql_commit(sql), CS_ERR_IO);
		assert_true(sql_lost(sql));
		sql_close(sql);
	}
}

/* ---- the log ---- */

/* What the log says of a place that cannot be opened. */
static void log_of(const char *place, char text[4096])
{
	struct sql *sql = NULL;
	FILE *log = tmpfile();
	int before = dup(STDERR_FILENO);

	assert_non_null(log);
	assert_true(before >= 0 && dup2(fileno(log), STDERR_FILENO) >= 0);
	enum cs_err err = sql_open(place, &sql);
	assert_true(dup2(before, STDERR_FILENO) >= 0 && close(before) == 0);
	rewind(log);
	text[fread(text, 1, 4095, log)] = '\0';
	(void)fclose(log);
	assert_int_equal(err, CS_ERR_IO);
}

static void a_place_that_cannot_be_read_does_not_bring_its_password_into_the_log(void **state)
{
	static const char *const places[] = {
	    "postgresql:host=/nowhere user=countersign password=correct horse",
	    "postgresql:host=/nowhere password=x horse=y",
	    "postgresql://countersign:corr@horse@127.0.0.1:1/countersign",
	    "postgresql://countersign:corr/horse@127.0.0.1:1/countersign",
	    "postgresql://countersign:corr%horse@127.0.0.1:1/countersign",
	    "postgresql:/countersign:horse@127.0.0.1:1/countersign",
	};
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		log_of(places[i], text);
		assert_non_null(strstr(text, "cannot be read as libpq's URI or keywords"));
		assert_null(strstr(text, "horse"));
		assert_null(strstr(text, "corr"));
	}
	/* Where it can be read, libpq's words are the better ones. */
	log_of("postgresql:host=/nowhere user=countersign password=horse", text);
	assert_non_null(strstr(text, "/nowhere"));
	assert_null(strstr(text, "horse"));
}

/* ---- the tests' own server ---- */

/* It tells which files are the server's, and is killed. */
_Noreturn static void use_server_and_die(int told)
{
	struct database mine;

	if (database_make(true, &mine) && database_remove(&mine) &&
	    write(told, mine.place, sizeof(mine.place)) == (ssize_t)sizeof(mine.place))
		(void)kill(getpid(), SIGKILL);
	_exit(1);
}

/* What is inherited to be told by is closed when the last who has it ends, the one who removes the files. */
static void the_server_s_files_go_with_who_used_it_however_he_ends(void **state)
{
	char place[sizeof(database.place)], folder[64], none;
	int ends[2], status;
	struct stat st;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0)
		use_server_and_die(ends[1]);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(read(ends[0], place, sizeof(place)), sizeof(place));
	assert_int_equal(sscanf(place, "postgresql:host=%63s", folder), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read(ends[0], &none, 1), 0);
	assert_int_equal(stat(folder, &st), -1);
	assert_int_equal(close(ends[0]), 0);
}

#define ON_SERVER(test) cmocka_unit_test_setup_teardown(test, server_make, server_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    /* Before there is one of this process's. */
	    cmocka_unit_test(the_server_s_files_go_with_who_used_it_however_he_ends),
	    ON_SERVER(a_server_that_hangs_is_lost_and_not_waited_for),
	    ON_SERVER(a_server_that_reads_nothing_is_lost_and_not_waited_for),
	    ON_SERVER(a_statement_that_takes_too_long_is_not_waited_for),
	    ON_SERVER(a_migration_may_take_longer_than_an_answer),
	    ON_SERVER(a_commit_waits_for_disk_and_standby_whatever_is_set),
	    ON_SERVER(a_commit_that_the_server_warns_of_is_none_whatever_is_set),
	    cmocka_unit_test(a_place_that_cannot_be_read_does_not_bring_its_password_into_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
