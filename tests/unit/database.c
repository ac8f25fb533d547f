/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Databases for tests of the daemon.
 */
#include "tests/unit/database.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/sql.h"

static struct {
	pid_t keeper;
	int held; /* as long as this is open, the server runs */
	bool failed;
	char directory[64], programs[128];
} server;

/* The newest release's programs. */
static bool server_find(void)
{
	glob_t found;

	if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0)
		return false;
	const char *last = found.gl_pathv[found.gl_pathc - 1];
	(void)snprintf(server.programs, sizeof(server.programs), "%.*s",
		       (int)(strlen(last) - strlen("/initdb")), last);
	globfree(&found);
	return true;
}

/* Starts a program of the server's, not as root, whom it refuses; it dies with its keeper. What it says
 * goes to output. */
static pid_t server_run(const char *const *arguments, int output)
{
	char path[192], *writable[16] = {NULL};
	const struct passwd *nobody = getpwnam("nobody");

	(void)snprintf(path, sizeof(path), "%s/%s", server.programs, arguments[0]);
	/* It looks for its other programs where its own name says that it is. */
	for (size_t i = 0; arguments[i] && i < 15; i++)
		writable[i] = strdup(i ? arguments[i] : path);
	(void)fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && (!nobody || setgid(nobody->pw_gid) || setuid(nobody->pw_uid)))
			_exit(127);
		(void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
		if (!freopen("/dev/null", "r", stdin) || dup2(output, 1) < 0 || dup2(output, 2) < 0)
			_exit(127);
		(void)execv(path, writable);
		_exit(127);
	}
	for (size_t i = 0; writable[i]; i++)
		free(writable[i]);
	return pid;
}

static bool server_ended_well(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void server_place(char place[160])
{
	(void)snprintf(place, 160, "postgresql:host=%s dbname=postgres user=countersign", server.directory);
}

/* Reads what a program says until it says this; what it said instead is told. */
static bool server_says(int fd, const char *wanted)
{
	static char said[16384];
	size_t len = 0;
	ssize_t got;

	said[0] = '\0';
	while (!strstr(said, wanted) && len < sizeof(said) - 1 &&
	       (got = read(fd, said + len, sizeof(said) - 1 - len)) > 0) {
		len += (size_t)got;
		said[len] = '\0';
	}
	if (strstr(said, wanted))
		return true;
	for (char *line, *rest = said; (line = strsep(&rest, "\n")) != NULL;)
		printf("# %s\n", line);
	return false;
}

/* Starts a program and waits until it has said this. */
static bool server_run_until(const char *const *arguments, const char *wanted, pid_t *pid)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	*pid = server_run(arguments, ends[1]);
	(void)close(ends[1]);
	bool done = server_says(ends[0], wanted);
	(void)close(ends[0]);
	return done;
}

/* In a folder that is there, and is this process's. */
static bool server_start(pid_t *pid)
{
	static const char *const make[] = {"initdb", "-D", "data", "-U",   "countersign", "-A",
					   "trust",  "-N", "-E",   "UTF8", "--locale=C",  NULL};
	char sockets[128], data[96];
	pid_t made;

	(void)snprintf(sockets, sizeof(sockets), "unix_socket_directories=%s", server.directory);
	(void)snprintf(data, sizeof(data), "%s/data", server.directory);
	/* Durability is another test's matter: this one may be quick. */
	const char *const run[] = {"postgres", "-D", data,	  "-c", "listen_addresses=",	 "-c",
				   sockets,    "-c", "fsync=off", "-c", "deadlock_timeout=50ms", NULL};
	return server_run_until(make, "Success", &made) && server_ended_well(made) &&
	       server_run_until(run, "ready to accept connections", pid);
}

static bool remove_all(const char *directory)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", directory, (char *)NULL);
		_exit(127);
	}
	return server_ended_well(pid);
}

/* A process that has the server until the last who may use it has ended, by whatever: it is told by nothing
 * more to be read. Of a session of its own, since a signal to all of the test's is none to it. */
_Noreturn static void server_keep(int until, int ready)
{
	pid_t pid = 0;
	char byte;
	bool up = setsid() != -1 && chdir(server.directory) == 0 && server_start(&pid);

	/* Nobody may be there any more to be told. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)fflush(NULL);
	if (up && write(ready, "", 1) != 1)
		up = false;
	(void)close(ready);
	while (up && (read(until, &byte, 1) > 0 || errno == EINTR))
		;
	if (pid > 0) {
		(void)kill(pid, SIGQUIT);
		(void)waitpid(pid, NULL, 0);
	}
	_exit(remove_all(server.directory) ? 0 : 1);
}

static bool server_have(void)
{
	const struct passwd *nobody = getpwnam("nobody");
	int until[2], ready[2];
	char byte;

	(void)snprintf(server.directory, sizeof(server.directory), "/tmp/countersign-server.XXXXXX");
	if (!mkdtemp(server.directory) || pipe2(until, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0)
		return false;
	if (geteuid() == 0 && (!nobody || chown(server.directory, nobody->pw_uid, nobody->pw_gid) != 0))
		return false;
	(void)fflush(NULL);
	server.keeper = fork();
	if (server.keeper == 0) {
		(void)close(until[1]);
		(void)close(ready[0]);
		server_keep(until[0], ready[1]);
	}
	(void)close(until[0]);
	(void)close(ready[1]);
	server.held = until[1];
	bool up = server.keeper > 0 && read(ready[0], &byte, 1) == 1;
	(void)close(ready[0]);
	return up;
}

static bool server_ready(void)
{
	if (server.keeper > 0 || server.failed)
		return !server.failed;
	if (!server_find()) {
		printf("# PostgreSQL is not installed\n");
		server.failed = true;
	} else if (!server_have()) {
		printf("# PostgreSQL does not start\n");
		server.failed = true;
	}
	return !server.failed;
}

int database_server_end(void **state)
{
	pid_t keeper = server.keeper;

	(void)state;
	if (keeper <= 0)
		return 0;
	server.keeper = 0;
	(void)close(server.held);
	return server_ended_well(keeper) ? 0 : -1;
}

/* ---- databases ---- */

bool database_execute(const struct database *database, const char *sqlite, const char *postgresql)
{
	struct sql *sql = NULL;

	if (sql_open(database->place, &sql))
		return false;
	bool done = sql_execute(sql, database->server ? postgresql : sqlite) == CS_OK;
	sql_close(sql);
	return done;
}

bool database_make(bool on_server, struct database *out)
{
	memset(out, 0, sizeof(*out));
	out->server = on_server;
	if (on_server && !server_ready())
		return false;
	(void)snprintf(out->directory, sizeof(out->directory), "/tmp/countersign-database.XXXXXX");
	if (!mkdtemp(out->directory))
		return false;
	if (on_server) {
		server_place(out->place);
		return database_execute(out, NULL, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
	}
	(void)snprintf(out->place, sizeof(out->place), "%s/countersign.db", out->directory);
	return true;
}

bool database_remove(const struct database *database)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".schema-1"};
	char path[192];

	for (size_t i = 0; !database->server && i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", database->place, ends[i]);
		(void)unlink(path);
	}
	return rmdir(database->directory) == 0;
}
