/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Running another program. Its standard error goes to a file without a name: a pipe more would have to be
 * read beside the first one.
 */
#include "tools/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* For program_stop, which a signal handler calls; 0: none. */
static volatile sig_atomic_t running;

struct child {
	const char *const *arguments;
	pid_t parent;
	int out, said;
	int report; /* gets errno where there is no program; exec closes it */
	sigset_t signals;
};

/* System calls alone: other threads may have held any lock. Whoever started it and is gone wants nothing more
 * of it. */
static _Noreturn void child_run(const struct child *child)
{
	/* It gets a copy of them; the prototype is older than const. */
	union {
		const char *const *in;
		char *const *out;
	} list = {.in = child->arguments};
	const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(child->out, STDOUT_FILENO) >= 0 &&
	    dup2(child->said, STDERR_FILENO) >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
	    getppid() == child->parent && sigprocmask(SIG_SETMASK, &child->signals, NULL) == 0) {
		(void)execvp(child->arguments[0], list.out);
	}
	const int fault = errno;
	(void)!write(child->report, &fault, sizeof fault);
	_exit(127);
}

static void program_wait(pid_t pid, int *how)
{
	siginfo_t info;

	/* It keeps its number until nobody would send it a signal any more. */
	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	running = 0;
	while (waitpid(pid, how, 0) < 0 && errno == EINTR)
		;
}

static int program_spawn(pid_t *pid, const char *const arguments[], int out, int said)
{
	struct child child = {.arguments = arguments, .parent = getpid(), .out = out, .said = said};
	int report[2], fault = 0, how;
	sigset_t all;

	if (pipe2(report, O_CLOEXEC) != 0) {
		return errno;
	}
	child.report = report[1];
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &child.signals);
	const pid_t made = fork();
	if (made == 0) {
		child_run(&child);
	}
	fault = made < 0 ? errno : 0;
	running = made < 0 ? 0 : made;
	(void)pthread_sigmask(SIG_SETMASK, &child.signals, NULL);
	(void)close(report[1]);
	while (made > 0 && read(report[0], &fault, sizeof fault) < 0 && errno == EINTR)
		;
	(void)close(report[0]);
	if (made > 0 && fault != 0) {
		program_wait(made, &how);
	}
	*pid = fault == 0 ? made : -1;
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
	if (program->pid > 0) {
		program_wait(program->pid, &how);
	}
	if (program->said != NULL) {
		if (said != NULL) {
			said_read(program->said, said);
		}
		(void)fclose(program->said);
	}
	return program->pid > 0 && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

void program_stop(void)
{
	const pid_t pid = running;

	running = 0;
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
}
