/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Running another program. Its standard error goes to a file without a name: a pipe more would have to be
 * read beside the first one.
 */
#include "tools/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int program_spawn(pid_t *pid, const char *const arguments[], int out, int said)
{
	posix_spawn_file_actions_t actions;
	/* It gets a copy of them; the prototype is older than const. */
	union {
		const char *const *in;
		char *const *out;
	} list = {.in = arguments};
	int fault = posix_spawn_file_actions_init(&actions);

	if (fault != 0) {
		return fault;
	}
	fault = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	fault = fault != 0 ? fault : posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	fault = fault != 0 ? fault : posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
	fault = fault != 0 ? fault : posix_spawnp(pid, arguments[0], &actions, NULL, list.out, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return fault;
}

int program_start(struct program *program, const char *const arguments[])
{
	int ends[2], fault;

	program->pid = -1;
	program->out = NULL;
	(void)setenv("LC_ALL", "C", 1); /* what it says is read here */
	program->said = tmpfile();
	if (program->said == NULL || pipe2(ends, O_CLOEXEC) != 0) {
		fault = errno;
	} else {
		program->out = fdopen(ends[0], "r");
		fault = program->out != NULL
			    ? program_spawn(&program->pid, arguments, ends[1], fileno(program->said))
			    : errno;
		(void)close(ends[1]);
		if (program->out == NULL) {
			(void)close(ends[0]);
		}
	}
	if (fault != 0) {
		program->pid = -1;
		(void)program_end(program, false, NULL);
	}
	return fault;
}

/* The first line that says error, or the first one at all: before it may stand warnings. */
static void said_read(FILE *file, char said[PROGRAM_SAID_MAX])
{
	char line[PROGRAM_SAID_MAX];

	(void)snprintf(said, PROGRAM_SAID_MAX, "it ended without a word");
	rewind(file);
	for (bool first = true; fgets(line, sizeof line, file) != NULL; first = false) {
		const bool error = strstr(line, "error:") != NULL;

		line[strcspn(line, "\n")] = '\0';
		if (first || error) {
			(void)snprintf(said, PROGRAM_SAID_MAX, "%s", line);
		}
		if (error) {
			return;
		}
	}
}

bool program_end(struct program *program, bool wanted, char said[PROGRAM_SAID_MAX])
{
	char rest[4096];
	int how = -1;

	while (wanted && program->out != NULL && fread(rest, 1, sizeof rest, program->out) > 0)
		;
	if (!wanted && program->pid > 0) {
		(void)kill(program->pid, SIGTERM);
	}
	if (program->out != NULL) {
		(void)fclose(program->out);
	}
	while (program->pid > 0 && waitpid(program->pid, &how, 0) < 0 && errno == EINTR)
		;
	if (program->said != NULL) {
		if (said != NULL) {
			said_read(program->said, said);
		}
		(void)fclose(program->said);
	}
	return program->pid > 0 && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}
