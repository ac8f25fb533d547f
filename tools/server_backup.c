/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server backup and restore: a whole, checked copy of the daemon's database, and back. The
 * source may be in use. The copy is made beside its place under a name of its own, is checked there (SQLite's
 * own structure, every row's rules, the chain of the audit log), is on disk, and only then gets its name,
 * which nothing may have: so what is found under that name is whole, whatever happened on the way. What is
 * made, and how it is put back, for a PostgreSQL database is in backup_postgresql.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.h"
#include "tools/audit.h"
#include "tools/backup_postgresql.h"
#include "tools/program.h"
#include "tools/progress.h"
#include "tools/verbs.h"

#define BACKUP_APPLICATION_ID                                                                                \
	0x4353474E /* CSGN: what the daemon writes into its database (PRAGMA application_id) */

struct copy {
	const char *from, *to;
	char *part; /* where it is made */
	bool restoring;
	struct audit_sum sum;
};

static enum cli_status copy_fail(const struct cli *cli, const char *path, const char *what)
{
	return cli_fail(cli, CLI_USAGE, "copy_failed", "%s: %s; nothing was left there", path, what);
}

/* SQLite's way to copy a database that others write to: a snapshot, as of its first step. */
static int copy_pages(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int rc = backup != NULL ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
	int finished = sqlite3_backup_finish(backup);

	return rc == SQLITE_DONE ? finished : rc;
}

/* True where the query's first row is this text. */
static bool query_is(sqlite3 *db, const char *query, const char *wanted)
{
	sqlite3_stmt *row = NULL;
	bool is = sqlite3_prepare_v2(db, query, -1, &row, NULL) == SQLITE_OK &&
		  sqlite3_step(row) == SQLITE_ROW &&
		  strcmp((const char *)sqlite3_column_text(row, 0), wanted) == 0;

	(void)sqlite3_finalize(row);
	return is;
}

/* What is wrong with the copy; NULL: nothing. It becomes one file without a journal beside it. */
static const char *copy_fault(sqlite3 *db)
{
	char application[16];

	(void)snprintf(application, sizeof application, "%d", BACKUP_APPLICATION_ID);
	if (!query_is(db, "PRAGMA application_id", application)) {
		return "it is not a database of countersignd";
	}
	if (!query_is(db, "PRAGMA journal_mode = DELETE", "delete")) {
		return "the copy cannot be written";
	}
	if (!query_is(db, "PRAGMA integrity_check", "ok")) {
		return "it is damaged: SQLite's own check fails; take an older copy";
	}
	return NULL;
}

/* Copies from into the new file at part, and checks what is there then. */
static enum cli_status copy_make(const struct cli *cli, struct copy *copy)
{
	enum cli_status status = CLI_DONE;
	const char *fault = NULL;
	sqlite3 *from = NULL;
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(copy->from, &from, SQLITE_OPEN_READONLY, NULL);

	if (rc == SQLITE_OK) {
		(void)sqlite3_busy_timeout(from, 5000);
		rc = sqlite3_open_v2(copy->part, &to, SQLITE_OPEN_READWRITE, NULL);
	}
	if (rc == SQLITE_OK) {
		rc = copy_pages(from, to);
	}
	if (rc != SQLITE_OK) {
		status = cli_fail(cli, CLI_USAGE, "no_database",
				  "%s: %s; name the daemon's database file, or a copy of it", copy->from,
				  sqlite3_errstr(rc));
	} else if ((fault = copy_fault(to)) != NULL) {
		status = cli_fail(cli, CLI_REFUSED, "bad_database", "%s: %s", copy->from, fault);
	}
	(void)sqlite3_close(from);
	if (sqlite3_close(to) != SQLITE_OK && status == CLI_DONE) {
		status = copy_fail(cli, copy->to, "the copy cannot be written");
	}
	return status != CLI_DONE ? status : audit_check_file(cli, copy->part, copy->from, &copy->sum);
}

/* Has what stands at path on disk: a file, or a directory's names. */
static bool synced(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	return fd >= 0 && close(fd) == 0 && done;
}

/* Gives the whole copy its name, which must be free. A directory of somebody else's gets a file of theirs,
 * where root restores it. */
static enum cli_status copy_place(const struct cli *cli, const struct copy *copy)
{
	char path[PATH_MAX];
	const char *directory;
	struct stat st;

	(void)snprintf(path, sizeof path, "%s", copy->to);
	directory = dirname(path);
	if (geteuid() == 0 && (stat(directory, &st) != 0 || lchown(copy->part, st.st_uid, st.st_gid) != 0)) {
		return copy_fail(cli, copy->to, strerror(errno));
	}
	if (!synced(copy->part) || linkat(AT_FDCWD, copy->part, AT_FDCWD, copy->to, 0) != 0 ||
	    !synced(directory)) {
		return copy_fail(cli, copy->to, strerror(errno));
	}
	return CLI_DONE;
}

/* What a restore has to say for good: that there was one, and after which entry the log went on. That entry's
 * hash is this one's previous; those who kept a later state of the log find there what is missing. */
static enum cli_status copy_note_restore(const struct cli *cli, struct copy *copy)
{
	char detail[64]; /* as long as the daemon reads them */

	(void)snprintf(detail, sizeof detail, "from a copy that ends with entry %" PRIu64, copy->sum.last);
	return audit_append_file(cli, copy->part, copy->to, "restored", detail, &copy->sum);
}

/* ---- a copy that a signal breaks off ---- */

/* The file in which it is made, and what SQLite keeps beside it. */
static const char *const part_kinds[] = {"", "-journal", "-wal", "-shm"};
#define PARTS (sizeof part_kinds / sizeof part_kinds[0])
static char parts[PARTS][PATH_MAX];

static void parts_remove(void)
{
	for (size_t i = 0; i < PARTS; i++) {
		(void)unlink(parts[i]);
	}
}

/* pg_dump first: it could make the file again. */
static void on_signal(int number)
{
	program_stop();
	parts_remove();
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

/* False: the name is too long. */
static bool parts_begin(struct copy *copy)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGXFSZ};
	const struct sigaction act = {.sa_handler = on_signal};
	struct sigaction before;

	copy->part = parts[0];
	for (size_t i = 0; i < PARTS; i++) {
		if (snprintf(parts[i], sizeof parts[i], "%s.part.%d%s", copy->to, (int)getpid(),
			     part_kinds[i]) >= (int)sizeof parts[i]) {
			return false;
		}
	}
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
			(void)sigaction(ends[i], &act, NULL);
		}
	}
	return true;
}

static enum cli_status copy_run(const struct cli *cli, struct copy *copy)
{
	static const char *const beside[] = {"", "-wal", "-journal"};
	char path[PATH_MAX];
	struct stat st;
	enum cli_status status;
	int fd;

	for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
		(void)snprintf(path, sizeof path, "%s%s", copy->to, beside[i]);
		if (lstat(path, &st) == 0) {
			return cli_fail(
			    cli, CLI_USAGE, "exists",
			    "%s is there already, and is not replaced; name another file, or move it away",
			    path);
		}
	}
	if (!parts_begin(copy)) {
		return copy_fail(cli, copy->to, "the name is too long");
	}
	fd = open(copy->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || close(fd) != 0) {
		return copy_fail(cli, copy->to, strerror(errno));
	}
	progress_begin("copying the database and checking the copy");
	status = pg_place_is(copy->from) ? backup_postgresql(cli, copy->from, copy->part, &copy->sum)
					 : copy_make(cli, copy);
	progress_end();
	if (status == CLI_DONE && copy->restoring) {
		status = copy_note_restore(cli, copy);
	}
	if (status == CLI_DONE) {
		status = copy_place(cli, copy);
	}
	parts_remove();
	return status;
}

static void copy_text(const json_t *data)
{
	(void)printf("%s: %" JSON_INTEGER_FORMAT " audit entries, the last with the hash %s\n",
		     json_string_value(json_object_get(data, "file")),
		     json_integer_value(json_object_get(data, "entries")),
		     json_string_value(json_object_get(data, "hash")));
}

/* Into a database on a server: there is no file to be made. name gets what stands for the database. */
static enum cli_status copy_to_server(const struct cli *cli, struct copy *copy, char name[PG_NAME_MAX])
{
	progress_begin("checking the copy and restoring it");
	enum cli_status status = restore_postgresql(cli, copy->from, copy->to, name, &copy->sum);
	progress_end();
	return status;
}

static enum cli_status copy_verb(struct cli *cli, bool restoring, const char *note)
{
	struct copy copy = {.from = cli->args[0], .to = cli->args[1], .restoring = restoring};
	char hex[2 * CS_AUDIT_HASH_LEN + 1], name[PG_NAME_MAX];
	const bool to_server = pg_place_is(copy.to);
	enum cli_status status;

	if (pg_place_is(restoring ? copy.from : copy.to)) {
		return cli_fail(cli, CLI_USAGE, "no_file", "the copy is a file: name one");
	}
	status = to_server ? copy_to_server(cli, &copy, name) : copy_run(cli, &copy);
	if (status != CLI_DONE) {
		return status;
	}
	cs_hex_encode(CS_VIEW_OF(copy.sum.hash), hex);
	status = cli_print(cli,
			   json_pack("{s:s,s:I,s:s}", "file", to_server ? name : copy.to, "entries",
				     (json_int_t)copy.sum.entries, "hash", hex),
			   copy_text);
	cli_note(cli, "%s", note);
	return status;
}

static enum cli_status server_backup(struct cli *cli)
{
	return copy_verb(
	    cli, false,
	    "the sealing key is not in it: without that key the tokens' seeds in it are worth nothing. "
	    "Keep the two apart.");
}

static enum cli_status server_restore(struct cli *cli)
{
	return copy_verb(cli, true,
			 "everything is as it was when the backup was made. What was used since is good "
			 "again: codes of HOTP "
			 "tokens, lines of lists, answers of grids, backup codes, temporary passwords, OCRA "
			 "answers with a "
			 "counter, approvals that are not too old. What was taken "
			 "away since is there again: passwords and PINs that were changed, credentials that "
			 "were replaced, applications that were removed, persons and "
			 "tokens that were disabled or lost, certificates that were taken away. Where that "
			 "is not known to be nothing, do it "
			 "again, and have these "
			 "tokens enrolled anew. The audit log tells of the restore.");
}

const struct cli_verb cli_backup_verbs[] = {
    {"server", "backup", server_backup, 0, NULL, "DATABASE COPY", 2, 2,
     "Copy the daemon's database, which may be in use, into a new file, and check the copy"},
    {"server", "restore", server_restore, 0, NULL, "COPY DATABASE", 2, 2,
     "Check such a copy, and put it where the daemon looks for its database"},
    {.noun = NULL},
};
