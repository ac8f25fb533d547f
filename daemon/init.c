/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersignd --init.
 */
#include "daemon/init.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/certificate.h"
#include "daemon/clock.h"
#include "daemon/credential.h"
#include "daemon/db.h"
#include "daemon/file.h"
#include "daemon/role.h"
#include "daemon/seal_key.h"

__attribute__((format(printf, 3, 4))) static enum cs_err init_error(char error[CONFIG_ERROR_MAX],
								    enum cs_err err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
	return err;
}

/* All that --init makes; yields how many files that are: a server's database is none. */
#define INIT_FILES 5
static size_t init_paths(const struct config *config, const char *paths[INIT_FILES])
{
	const char *const all[INIT_FILES] = {config->sealing_key, config->tls_key, config->tls_certificate,
					     config->admin_credential, config->database};

	memcpy(paths, all, sizeof(all));
	return db_is_file(config->database) ? INIT_FILES : INIT_FILES - 1;
}

static enum cs_err init_directory(const struct config *config, char error[CONFIG_ERROR_MAX])
{
	const char *paths[INIT_FILES];
	struct stat st;

	if (mkdir(config->state_directory, 0700) != 0 && errno != EEXIST)
		return init_error(error, CS_ERR_IO, "%s: %s", config->state_directory, strerror(errno));
	size_t count = init_paths(config, paths);
	for (size_t i = 0; i < count; i++)
		if (lstat(paths[i], &st) == 0)
			return init_error(
			    error, CS_ERR_EXISTS,
			    "%s is there already: --init replaces nothing; take another state_directory, or "
			    "move the files away yourself",
			    paths[i]);
	return CS_OK;
}

/* The first administrator, who has all roles until he gives some to others: credential in the file, its hash
 * in the database, the fact in the audit log. */
static enum cs_err init_administrator(struct db *db, const char *path)
{
	struct clock clock = clock_system();
	struct audit_entry entry = {.time_ms = clock_now(&clock),
				    .actor = "countersignd",
				    .action = "init",
				    .user = "admin",
				    .result = "done"};
	const struct db_staff first = {
	    .name = "admin", .roles = ROLE_STAFF, .created = clock_now(&clock) / 1000};
	char text[CREDENTIAL_TEXT_SIZE + 1];
	uint8_t hash[CREDENTIAL_HASH_LEN];

	enum cs_err err = credential_new(CREDENTIAL_STAFF, text, hash);
	if (!err) {
		text[CREDENTIAL_TEXT_LEN] = '\n';
		err = file_create(path, 0600, cs_view(text, CREDENTIAL_TEXT_LEN + 1));
	}
	cs_wipe(text, sizeof(text));
	if (!err)
		err = db_begin(db);
	if (!err)
		err = db_staff_add(db, &first, hash);
	if (!err)
		err = audit_append(db, &entry);
	return err ? err : db_commit(db);
}

static enum cs_err init_database(const struct config *config, char error[CONFIG_ERROR_MAX])
{
	struct db *db = NULL;

	enum cs_err err = db_create(config->database);
	if (err == CS_ERR_EXISTS && !db_is_file(config->database))
		return init_error(
		    error, CS_ERR_STATE,
		    "the database %s has been initialised: give this daemon the sealing key of the one "
		    "that did it, and a TLS key and certificate, instead of --init",
		    db_place(config->database));
	if (!err)
		err = db_open(config->database, &db);
	if (err)
		return init_error(error, err, "database %s: %s", db_place(config->database),
				  cs_err_text(err));
	err = init_administrator(db, config->admin_credential);
	db_close(db);
	if (err)
		return init_error(error, err, "first administrator (%s): %s", config->admin_credential,
				  cs_err_text(err));
	return CS_OK;
}

/* Root makes it for the configured user. */
static enum cs_err init_hand_over(const struct config *config, char error[CONFIG_ERROR_MAX])
{
	const char *paths[INIT_FILES];

	if (geteuid() != 0 || !config->user[0])
		return CS_OK;
	const struct passwd *account = getpwnam(config->user);
	if (!account)
		return init_error(error, CS_ERR_NOT_FOUND,
				  "there is no user `%s`: make the account, or change `user`", config->user);
	size_t count = init_paths(config, paths);
	/* A directory that is the account's already could get a link in a file's place: links are not
	 * followed. */
	bool done = chown(config->state_directory, account->pw_uid, account->pw_gid) == 0;
	for (size_t i = 0; i < count; i++)
		done = done && lchown(paths[i], account->pw_uid, account->pw_gid) == 0;
	return done ? CS_OK
		    : init_error(error, CS_ERR_IO, "%s: cannot hand the files over to user `%s`: %s",
				 config->state_directory, config->user, strerror(errno));
}

static enum cs_err init_files(const struct config *config, char error[CONFIG_ERROR_MAX])
{
	struct clock clock = clock_system();

	enum cs_err err = seal_key_create(config, error);
	if (err)
		return err;
	err = certificate_create(config->tls_key, config->tls_certificate, config->tls_names,
				 clock_now(&clock) / 1000);
	if (err)
		return init_error(error, err, "TLS key %s and certificate %s: %s%s", config->tls_key,
				  config->tls_certificate, cs_err_text(err),
				  err == CS_ERR_MALFORMED
				      ? "; `tls_names` takes DNS names and addresses parted by blanks"
				      : "");
	return init_database(config, error);
}

enum cs_err init_run(const struct config *config, char error[CONFIG_ERROR_MAX])
{
	const char *paths[INIT_FILES];

	enum cs_err err = init_directory(config, error);
	if (err)
		return err;
	err = init_files(config, error);
	if (!err)
		err = init_hand_over(config, error);
	/* The sealing key is made first: who finds it there lost to another --init and has made nothing. */
	if (err == CS_ERR_EXISTS)
		return err;
	size_t count = init_paths(config, paths);
	for (size_t i = 0; err && i < count; i++)
		(void)unlink(paths[i]);
	return err;
}

static enum cs_err restored_note(struct db *db, uint64_t *last, uint64_t *broken)
{
	struct clock clock = clock_system();
	struct audit_entry entry = {
	    .time_ms = clock_now(&clock), .actor = "countersignd", .action = "restored", .result = "done"};

	enum cs_err err = audit_check(db, 0, last, broken);
	if (err)
		return err;
	(void)snprintf(entry.detail, sizeof(entry.detail), "from a copy that ends with entry %llu",
		       (unsigned long long)*last);
	err = db_begin(db);
	if (!err)
		err = audit_append(db, &entry);
	return err ? err : db_commit(db);
}

enum cs_err init_restored(const struct config *config, uint64_t *last, char error[CONFIG_ERROR_MAX])
{
	uint64_t broken = 0;
	struct db *db = NULL;

	enum cs_err err = db_open(config->database, &db);
	if (!err)
		err = restored_note(db, last, &broken);
	db_close(db);
	if (broken)
		return init_error(error, err,
				  "database %s: the audit log's chain does not hold at entry %llu: restore "
				  "another copy, and find out who has changed this one",
				  db_place(config->database), (unsigned long long)broken);
	return err ? init_error(error, err, "database %s: %s", db_place(config->database), cs_err_text(err))
		   : CS_OK;
}

static enum cs_err crl_forget(struct db *db, const char *issuer)
{
	struct clock clock = clock_system();
	struct audit_entry entry = {
	    .time_ms = clock_now(&clock), .actor = "countersignd", .action = "crl_anew", .result = "done"};
	int64_t count = 0;

	(void)snprintf(entry.detail, sizeof(entry.detail), "%s", issuer);
	enum cs_err err = db_begin(db);
	if (!err)
		err = db_crl_forget(db, issuer, &count);
	if (!err && !count)
		err = CS_ERR_NOT_FOUND;
	if (!err)
		err = audit_append(db, &entry);
	if (!err)
		err = db_commit(db);
	if (err)
		db_rollback(db);
	return err;
}

/* Who typed another name sees those that there are, as many as there is room for. */
static enum cs_err crl_unknown(struct db *db, const char *issuer, char error[CONFIG_ERROR_MAX])
{
	char known[CONFIG_ERROR_MAX / 2] = "", name[DB_CRL_ISSUER_SIZE] = "";
	size_t len = 0;

	while (len + sizeof(name) + 2 < sizeof(known) && !db_crl_next(db, name)) {
		(void)snprintf(known + len, sizeof(known) - len, "%s%s", len ? ", " : "", name);
		len += strlen(known + len);
	}
	if (!len)
		return init_error(error, CS_ERR_NOT_FOUND,
				  "no list has counted, of `%.300s` or of another CA", issuer);
	return init_error(error, CS_ERR_NOT_FOUND,
			  "no list of `%.300s` has counted; those that have are of: %s", issuer, known);
}

enum cs_err init_crl_anew(const struct config *config, const char *issuer, char error[CONFIG_ERROR_MAX])
{
	struct db *db = NULL;

	enum cs_err err = db_open_beside(config->database, &db);
	const char *why = err == CS_ERR_STATE
			      ? "it is of an older version: restart countersignd first, or where none runs: "
				"countersignd --migrate"
			  : err == CS_ERR_UNSUPPORTED ? "it is of a newer version than this program"
						      : NULL;
	bool unknown = false;
	if (!err) {
		err = crl_forget(db, issuer);
		unknown = err == CS_ERR_NOT_FOUND;
	}
	if (unknown)
		err = crl_unknown(db, issuer, error);
	db_close(db);
	if (err && !unknown)
		return init_error(error, err, "database %s: %s", db_place(config->database),
				  why ? why : cs_err_text(err));
	return err;
}
