/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersignd --rewrap-key.
 */
#include "daemon/rewrap.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/audit.h"
#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "daemon/db.h"
#include "daemon/log.h"
#include "daemon/name.h"
#include "daemon/seal_key.h"

#define LOGIN_NOBODY 0xFFFFFFFFu /* a process that no login has begun */

/* ---- of what the entry tells ---- */

/* The attribute's value in the URI's path; "-" where it has none. */
static void uri_attribute(const char *uri, const char *name, char *out, size_t size)
{
	const size_t len = strlen(name), path = strcspn(uri, "?");
	const char *at = strchr(uri, ':');

	(void)snprintf(out, size, "-");
	while (at && (size_t)(at - uri) < path) {
		const char *value = at + 1 + len;
		if (strncmp(at + 1, name, len) == 0 && *value == '=') {
			(void)snprintf(out, size, "%.*s", (int)strcspn(value + 1, ";?"), value + 1);
			return;
		}
		at = strpbrk(at + 1, ";?");
	}
}

void rewrap_name(const char *uri, char out[REWRAP_NAME_SIZE])
{
	char token[12], object[REWRAP_NAME_SIZE];

	(void)snprintf(out, REWRAP_NAME_SIZE, "bare");
	if (!uri || !uri[0])
		return;
	uri_attribute(uri, "token", token, sizeof(token));
	uri_attribute(uri, "object", object, sizeof(object));
	if (strcmp(object, "-") == 0)
		uri_attribute(uri, "id", object, sizeof(object));
	(void)snprintf(out, REWRAP_NAME_SIZE, "%s/%.*s", token, (int)(REWRAP_NAME_SIZE - 2 - strlen(token)),
		       object);
	for (char *c = out; *c; c++)
		if (*c < 0x21 || *c > 0x7E)
			*c = '?'; /* a character cut in two would be no UTF-8, which the audit log is */
}

/* An account's name, or its number, too where the name is no text for the audit log. */
static void account_name(uid_t uid, char *out, size_t size)
{
	const struct passwd *account = getpwuid(uid);

	if (account && strlen(account->pw_name) <= 50 && !name_check(cs_view_string(account->pw_name)))
		(void)snprintf(out, size, "%s", account->pw_name);
	else
		(void)snprintf(out, size, "%u", (unsigned)uid);
}

/* Who has logged in, which sudo does not change. */
static uid_t login_uid(void)
{
	char text[16] = "";
	FILE *file = fopen("/proc/self/loginuid", "re");

	if (!file)
		return getuid();
	bool got = fgets(text, sizeof(text), file) != NULL;
	(void)fclose(file);
	const unsigned long uid = strtoul(text, NULL, 10);
	return !got || uid == LOGIN_NOBODY ? getuid() : (uid_t)uid;
}

/* Whoever runs this, as "anna as root" where that is known. */
static void rewrap_who(char *out, size_t size)
{
	const uid_t login = login_uid();
	char real[64], first[64];

	account_name(getuid(), real, sizeof(real));
	account_name(login, first, sizeof(first));
	if (login == getuid())
		(void)snprintf(out, size, "%s", real);
	else
		(void)snprintf(out, size, "%.50s as %.50s", first, real);
}

/* ---- the audit log ---- */

struct note {
	const struct config *config;
	const char *former; /* as it was given, needed or not */
	struct audit_entry entry;
	bool told;
};

static enum cs_err note_append(const struct config *config, struct audit_entry *entry)
{
	struct db *db = NULL;

	enum cs_err err = privilege_drop(config);
	if (!err)
		err = db_open_beside(config->database, &db);
	if (err == CS_ERR_STATE) {
		log_line(LOG_LEVEL_ERROR,
			 "database %s: it is of an older version: restart countersignd first, or where none "
			 "runs: countersignd --migrate",
			 db_place(config->database));
		return err;
	}
	if (!err)
		err = db_begin(db);
	if (!err)
		err = audit_append(db, entry);
	if (!err)
		err = db_commit(db);
	if (err)
		log_line(LOG_LEVEL_ERROR, "database %s: %s", db_place(config->database), cs_err_text(err));
	db_close(db);
	return err;
}

/* In a process of its own: the sealing key's file may be none that the daemon's account may write. */
static enum cs_err note_tell(struct note *note, const char *result)
{
	struct clock clock = clock_system();
	int how = 0;

	note->entry.time_ms = clock_now(&clock);
	(void)snprintf(note->entry.result, sizeof(note->entry.result), "%s", result);
	pid_t pid = fork();
	if (pid == 0)
		_exit(note_append(note->config, &note->entry) ? EXIT_FAILURE : EXIT_SUCCESS);
	if (pid < 0 || waitpid(pid, &how, 0) != pid || !WIFEXITED(how) || WEXITSTATUS(how) != EXIT_SUCCESS)
		return CS_ERR_IO;
	note->told = true;
	return CS_OK;
}

static enum cs_err note_done(void *ctx, bool sealed, char error[CONFIG_ERROR_MAX])
{
	struct note *note = ctx;
	char from[REWRAP_NAME_SIZE], to[REWRAP_NAME_SIZE];

	rewrap_name(sealed ? note->former : NULL, from);
	rewrap_name(note->config->sealing_token, to);
	(void)snprintf(note->entry.detail, sizeof(note->entry.detail), "from %s to %s", from, to);
	if (!note_tell(note, "done"))
		return CS_OK;
	(void)snprintf(error, CONFIG_ERROR_MAX,
		       "sealing key %s: the audit log cannot be told of it, and nothing was changed",
		       note->config->sealing_key);
	return CS_ERR_IO;
}

enum cs_err rewrap_run(const struct config *config, const char *former, char error[CONFIG_ERROR_MAX])
{
	struct note note = {
	    .config = config, .former = former, .entry = {.actor = "countersignd", .action = "rewrap_key"}};

	rewrap_who(note.entry.user, sizeof(note.entry.user));
	enum cs_err err = seal_key_rewrap(config, former, note_done, &note, error);
	if (err && err != CS_ERR_STATE && note.told && note_tell(&note, "failed"))
		log_line(LOG_LEVEL_ERROR, "the audit log could not be told that it failed");
	return err;
}
