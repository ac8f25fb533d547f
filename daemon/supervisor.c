/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The supervisor. It reads nothing from the network and nothing from its children but how they ended.
 *
 * Invariants:
 *  1. Each running child holds one end of its link, the supervisor the other; nobody else holds either
 * (CLOEXEC), so that a link ends exactly when the process at its other end does.
 *  2. Whenever a child has been started and both run, both have been sent the two ends of one new stream.
 *
 *   each child:  waiting --due--> running --ended--> waiting (pause doubles, or starts anew after a steady
 * run) SIGTERM: both are told to end, and killed where they take longer than SUPERVISOR_STOP_MS
 */
#include "daemon/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/log.h"

#define SUPERVISOR_STOP_MS	10000
#define SUPERVISOR_STEADY_MS	300 /* who ran so long did not die of its start */
#define SUPERVISOR_PAUSE_MS	50
#define SUPERVISOR_PAUSE_MAX_MS 2000

struct child {
	const char *name;
	int (*run)(int link_fd, const struct config *config);
	pid_t pid;	  /* 0: not running */
	int link_fd;	  /* -1: not running */
	uint64_t due;	  /* not running: when to start */
	uint64_t started; /* running: since when */
	unsigned pause;	  /* ms, before the next start if it dies at once */
	bool proved;	  /* it has run for a steady time once */
};

struct supervisor {
	struct child children[2];
	const char *config_path;
	sigset_t before; /* the signal mask to give to children */
	bool stopping;
	int status;
};

static const struct child supervisor_children[2] = {
    {.name = "keeper", .run = keeper_main, .link_fd = -1},
    {.name = "front", .run = front_main, .link_fd = -1},
};

static uint64_t supervisor_now(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* In the child: nothing but its standard descriptors and the link stays open. */
static void supervisor_execute(const struct supervisor *s, const char *name, int link_fd)
{
	const char *const args[] = {
	    "countersignd", "--" SUPERVISOR_CHILD_OPTION, name, "--config", s->config_path, NULL};
	char *writable[sizeof(args) / sizeof(args[0])];

	memcpy(writable, args, sizeof(args));
	(void)sigprocmask(SIG_SETMASK, &s->before, NULL);
	/* dup2 leaves the copy without CLOEXEC; where the number is right already, that is taken off by hand.
	 */
	if (link_fd == SUPERVISOR_LINK_FD ? fcntl(link_fd, F_SETFD, 0) == 0
					  : dup2(link_fd, SUPERVISOR_LINK_FD) == SUPERVISOR_LINK_FD) {
		(void)close_range(SUPERVISOR_LINK_FD + 1, ~0U, 0);
		(void)execv("/proc/self/exe", writable);
	}
	_exit(DAEMON_EXIT_FAILED);
}

static bool supervisor_start(struct supervisor *s, struct child *child)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0)
		supervisor_execute(s, child->name, pair[1]);
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return false;
	}
	child->pid = pid;
	child->link_fd = pair[0];
	child->started = supervisor_now();
	return true;
}

/* Gives both children the ends of one new stream. A child that cannot take it is ended, and so started again.
 */
static void supervisor_connect(struct supervisor *s)
{
	int pair[2];

	if (!s->children[0].pid || !s->children[1].pid)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		log_line(LOG_LEVEL_ERROR, "no socket for the children: %s", strerror(errno));
		(void)kill(s->children[0].pid, SIGTERM);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		if (link_send(s->children[i].link_fd, pair[i]))
			(void)kill(s->children[i].pid, SIGTERM);
		(void)close(pair[i]);
	}
}

/* Starts what is due; the time until the next one is due, or -1. */
static int64_t supervisor_start_due(struct supervisor *s)
{
	int64_t wait = -1;
	bool started = false;

	for (size_t i = 0; i < 2 && !s->stopping; i++) {
		struct child *child = &s->children[i];
		uint64_t now = supervisor_now();
		if (child->pid)
			continue;
		if (child->due <= now && supervisor_start(s, child)) {
			started = true;
			continue;
		}
		if (child->due <= now)
			child->due = now + SUPERVISOR_PAUSE_MAX_MS;
		int64_t left = (int64_t)(child->due - now);
		wait = wait < 0 || left < wait ? left : wait;
	}
	if (started)
		supervisor_connect(s);
	return wait;
}

/* Ends the whole: with the next turn everyone is told to stop. */
static void supervisor_stop(struct supervisor *s, int status)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->status = status;
	for (size_t i = 0; i < 2; i++)
		if (s->children[i].pid)
			(void)kill(s->children[i].pid, SIGTERM);
}

static void supervisor_ended(struct supervisor *s, struct child *child, int how)
{
	uint64_t now = supervisor_now();
	int status = WIFEXITED(how) ? WEXITSTATUS(how) : DAEMON_EXIT_FAILED;
	/* Who cannot start is not steady, however long it took him to find out. */
	bool steady = now - child->started >= SUPERVISOR_STEADY_MS && status != DAEMON_EXIT_CONFIG;

	(void)close(child->link_fd);
	child->link_fd = -1;
	child->pid = 0;
	if (s->stopping)
		return;
	if (WIFSIGNALED(how))
		log_line(LOG_LEVEL_ERROR, "%s was ended by signal %d", child->name, WTERMSIG(how));
	else
		log_line(LOG_LEVEL_ERROR, "%s ended with status %d", child->name, WEXITSTATUS(how));
	child->proved = child->proved || steady;
	if ((!child->proved && status == DAEMON_EXIT_CONFIG) || status == DAEMON_EXIT_PIN) {
		supervisor_stop(s, status == DAEMON_EXIT_PIN ? DAEMON_EXIT_PIN : DAEMON_EXIT_FAILED);
		return;
	}
	child->due = steady ? now : now + child->pause;
	child->pause = steady ? SUPERVISOR_PAUSE_MS : child->pause * 2;
	if (child->pause > SUPERVISOR_PAUSE_MAX_MS)
		child->pause = SUPERVISOR_PAUSE_MAX_MS;
}

static void supervisor_reap(struct supervisor *s)
{
	pid_t pid;
	int how;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0)
		for (size_t i = 0; i < 2; i++)
			if (s->children[i].pid == pid)
				supervisor_ended(s, &s->children[i], how);
}

static void supervisor_wait(const sigset_t *signals, int64_t ms, struct supervisor *s)
{
	struct timespec timeout = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	int number = ms < 0 ? sigwaitinfo(signals, NULL) : sigtimedwait(signals, NULL, &timeout);

	if (number == SIGTERM || number == SIGINT || number == SIGHUP)
		supervisor_stop(s, DAEMON_EXIT_DONE);
	supervisor_reap(s);
}

/* Waits for those that still run; kills them when their time is up. */
static void supervisor_finish(struct supervisor *s, const sigset_t *signals)
{
	uint64_t end = supervisor_now() + SUPERVISOR_STOP_MS;

	while (s->children[0].pid || s->children[1].pid) {
		uint64_t now = supervisor_now();
		if (now >= end)
			for (size_t i = 0; i < 2; i++)
				if (s->children[i].pid)
					(void)kill(s->children[i].pid, SIGKILL);
		supervisor_wait(signals, now < end ? (int64_t)(end - now) : 1000, s);
	}
}

int supervisor_run(const char *config_path)
{
	struct supervisor s = {.config_path = config_path};
	static const int handled[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	sigset_t signals;

	memcpy(s.children, supervisor_children, sizeof(s.children));
	s.children[0].pause = s.children[1].pause = SUPERVISOR_PAUSE_MS;
	(void)sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		(void)sigaddset(&signals, handled[i]);
	(void)sigprocmask(SIG_BLOCK, &signals, &s.before);
	while (!s.stopping) {
		int64_t wait = supervisor_start_due(&s);
		supervisor_wait(&signals, wait, &s);
	}
	supervisor_finish(&s, &signals);
	return s.status;
}

int supervisor_child(const char *name, const struct config *config)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	/* An interrupt from the terminal is for the supervisor, which then stops its children in order. */
	(void)sigaction(SIGINT, &ignore, NULL);
	(void)sigaction(SIGHUP, &ignore, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	if (fcntl(SUPERVISOR_LINK_FD, F_SETFD, FD_CLOEXEC) != 0)
		return DAEMON_EXIT_FAILED;
	for (size_t i = 0; i < 2; i++)
		if (strcmp(supervisor_children[i].name, name) == 0)
			return supervisor_children[i].run(SUPERVISOR_LINK_FD, config);
	return DAEMON_EXIT_FAILED;
}
