/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The supervisor. It reads nothing from the network, and of its children how they ended and that they answer.
 *
 * Invariants:
 *  1. Each running child holds one end of its link, the supervisor the other; nobody else holds either
 * (CLOEXEC), so that a link ends exactly when the process at its other end does.
 *  2. Whenever a child has been started and both run, both have been sent the two ends of one new stream.
 *  3. systemd's watchdog is fed only when every child that runs has answered the ping before. One that has
 * ended and waits to be started again is no reason to have all of them started again.
 *
 *   each child:  waiting --due--> running --ended--> waiting (pause doubles, or starts anew after a steady
 * run) SIGTERM: both are told to end, and killed where they take longer than SUPERVISOR_STOP_MS
 */
#include "daemon/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/courier.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/supervisor_state.h"

#define SUPERVISOR_STOP_MS	10000
#define SUPERVISOR_STEADY_MS	300 /* who ran so long did not die of its start */
#define SUPERVISOR_PAUSE_MS	50
#define SUPERVISOR_PAUSE_MAX_MS 2000
#define SUPERVISOR_PING_MS	10000 /* between two pings, where no watchdog wants them more often */
#define SUPERVISOR_OPENING_MS	60000 /* that a child may take to open what it needs before it answers */

enum { KEEPER, FRONT, COURIER };

static const struct child supervisor_children[SUPERVISOR_CHILDREN] = {
    [KEEPER] = {.name = "keeper", .run = keeper_main, .whom = SETTINGS_FOR_KEEPER, .link_fd = -1},
    [FRONT] = {.name = "front", .run = front_main, .whom = SETTINGS_FOR_FRONT, .link_fd = -1},
    [COURIER] = {.name = "courier", .run = courier_main, .whom = SETTINGS_FOR_COURIER, .link_fd = -1},
};

static uint64_t supervisor_now(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* In the child: nothing but its standard descriptors, the link and its settings stays open. Both are moved
 * out of the way first, since either may have the number of the other. dup2 leaves copies without CLOEXEC. */
static void supervisor_execute(const struct supervisor *s, const char *name, int link_fd, int settings_fd)
{
	const char *const args[] = {
	    "countersignd", "--" SUPERVISOR_CHILD_OPTION, name, "--config", s->config_path, NULL};
	char *writable[sizeof(args) / sizeof(args[0])];

	memcpy(writable, args, sizeof(args));
	(void)sigprocmask(SIG_SETMASK, &s->before, NULL);
	link_fd = fcntl(link_fd, F_DUPFD_CLOEXEC, SUPERVISOR_SETTINGS_FD + 1);
	settings_fd = fcntl(settings_fd, F_DUPFD_CLOEXEC, SUPERVISOR_SETTINGS_FD + 1);
	if (link_fd >= 0 && settings_fd >= 0 && dup2(link_fd, SUPERVISOR_LINK_FD) == SUPERVISOR_LINK_FD &&
	    dup2(settings_fd, SUPERVISOR_SETTINGS_FD) == SUPERVISOR_SETTINGS_FD) {
		(void)close_range(SUPERVISOR_SETTINGS_FD + 1, ~0U, 0);
		(void)execv("/proc/self/exe", writable);
	}
	_exit(DAEMON_EXIT_FAILED);
}

static bool supervisor_start(struct supervisor *s, struct child *child)
{
	int pair[2], settings_fd = settings_share(s->settings, child->whom);

	if (settings_fd < 0)
		return false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		(void)close(settings_fd);
		return false;
	}
	pid_t pid = fork();
	if (pid == 0)
		supervisor_execute(s, child->name, pair[1], settings_fd);
	(void)close(settings_fd);
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return false;
	}
	child->pid = pid;
	child->link_fd = pair[0];
	child->started = supervisor_now();
	child->serves = false;
	child->asked = !link_say(child->link_fd, LINK_PING);
	return true;
}

/* Gives keeper and another the ends of one new stream. A child that cannot take it is ended, and so started
 * again. */
static void supervisor_connect(struct supervisor *s, struct child *other, int type, enum link_kind for_keeper)
{
	struct child *keeper = &s->children[KEEPER];
	int pair[2];

	if (!keeper->pid || !other->pid)
		return;
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0) {
		log_line(LOG_LEVEL_ERROR, "no socket for the children: %s", strerror(errno));
		(void)kill(other->pid, SIGTERM);
		return;
	}
	if (link_send(keeper->link_fd, for_keeper, pair[0]))
		(void)kill(keeper->pid, SIGTERM);
	if (link_send(other->link_fd, LINK_STREAM, pair[1]))
		(void)kill(other->pid, SIGTERM);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* Starts what is due; the time until the next one is due, or -1. */
static int64_t supervisor_start_due(struct supervisor *s)
{
	int64_t wait = -1;
	bool started[SUPERVISOR_CHILDREN] = {false};

	for (size_t i = 0; i < SUPERVISOR_CHILDREN && !s->stopping; i++) {
		struct child *child = &s->children[i];
		uint64_t now = supervisor_now();
		if (child->pid || child->unwanted)
			continue;
		if (child->due <= now && supervisor_start(s, child)) {
			started[i] = true;
			continue;
		}
		if (child->due <= now)
			child->due = now + SUPERVISOR_PAUSE_MAX_MS;
		int64_t left = (int64_t)(child->due - now);
		wait = wait < 0 || left < wait ? left : wait;
	}
	if (started[KEEPER] || started[FRONT])
		supervisor_connect(s, &s->children[FRONT], SOCK_STREAM, LINK_STREAM);
	if (started[KEEPER] || started[COURIER])
		supervisor_connect(s, &s->children[COURIER], SOCK_SEQPACKET, LINK_COURIER);
	return wait;
}

/* Ends the whole: with the next turn everyone is told to stop. */
static void supervisor_stop(struct supervisor *s, int status)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->status = status;
	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
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
	child->asked = child->serves = false;
	supervisor_settled(s, child, true);
	if (s->stopping)
		return;
	notify_send(&s->notify, "STATUS=%s ended, and is started again.\n", child->name);
	if (WIFSIGNALED(how))
		log_event(LOG_LEVEL_ERROR, "child_ended", "%s was ended by signal %d", child->name,
			  WTERMSIG(how));
	else
		log_event(LOG_LEVEL_ERROR, "child_ended", "%s ended with status %d", child->name,
			  WEXITSTATUS(how));
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
		for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
			if (s->children[i].pid == pid)
				supervisor_ended(s, &s->children[i], how);
}

/* ---- pings ---- */

static uint64_t supervisor_ping_every(const struct supervisor *s)
{
	uint64_t third = s->notify.watchdog_ms / 3;

	return third && third < SUPERVISOR_PING_MS ? third : SUPERVISOR_PING_MS;
}

/* Systemd hears that all serve when the last of them has said so. A child without a link is of no use: mostly
 * it is just about to end. */
static void supervisor_hear(struct supervisor *s, struct child *child)
{
	enum link_kind heard = child->pid ? link_heard(child->link_fd) : LINK_NOTHING;

	if (heard == LINK_END)
		(void)kill(child->pid, SIGKILL);
	if (heard == LINK_SETTLED || heard == LINK_KEPT)
		supervisor_settled(s, child, heard == LINK_SETTLED);
	if (heard != LINK_PONG)
		return;
	child->asked = false;
	if (child->serves)
		return;
	child->serves = true;
	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
		if (!s->children[i].serves && !s->children[i].unwanted)
			return;
	if (!s->ready)
		log_event(LOG_LEVEL_NOTICE, "ready", "all processes serve");
	notify_send(&s->notify, "READY=1\nSTATUS=Serving.\n");
	s->ready = true;
}

/* A child that was asked and has not answered; where it only just opens its files it has time. */
static bool supervisor_hangs(const struct child *child, uint64_t now)
{
	return child->pid && child->asked && (child->serves || now - child->started >= SUPERVISOR_OPENING_MS);
}

/* Feeds the watchdog if all have answered, and asks all that have. */
static void supervisor_ping(struct supervisor *s)
{
	uint64_t now = supervisor_now();
	bool all = true;

	if (now < s->next_ping)
		return;
	s->next_ping = now + supervisor_ping_every(s);
	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++) {
		struct child *child = &s->children[i];
		if (supervisor_hangs(child, now)) {
			all = false;
			log_event(LOG_LEVEL_ERROR, "child_hangs", "%s does not answer", child->name);
			notify_send(&s->notify, "STATUS=%s does not answer.\n", child->name);
		} else if (child->pid && !child->asked) {
			child->asked = !link_say(child->link_fd, LINK_PING);
		}
	}
	if (all && s->notify.watchdog_ms)
		notify_send(&s->notify, "WATCHDOG=1\n");
}

/* ---- turns ---- */

static void supervisor_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo == SIGHUP && !s->stopping)
			supervisor_reload(s);
		else if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			supervisor_stop(s, DAEMON_EXIT_DONE);
	supervisor_reap(s);
}

/* Waits at most ms, or without end, for a signal or a child's answer. */
static void supervisor_wait(struct supervisor *s, int64_t ms)
{
	struct pollfd fds[1 + SUPERVISOR_CHILDREN] = {{.fd = s->signal_fd, .events = POLLIN}};

	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
		fds[1 + i] = (struct pollfd){.fd = s->children[i].link_fd, .events = POLLIN};
	(void)poll(fds, 1 + SUPERVISOR_CHILDREN, (int)ms);
	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
		if (fds[1 + i].revents)
			supervisor_hear(s, &s->children[i]);
	supervisor_signals(s);
}

static void supervisor_turn(struct supervisor *s)
{
	int64_t due = supervisor_start_due(s);

	supervisor_ping(s);
	int64_t left = (int64_t)(s->next_ping - supervisor_now());
	if (left < 0)
		left = 0;
	supervisor_wait(s, due >= 0 && due < left ? due : left);
}

static bool supervisor_running(const struct supervisor *s)
{
	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
		if (s->children[i].pid)
			return true;
	return false;
}

/* Waits for those that still run; kills them when their time is up. */
static void supervisor_finish(struct supervisor *s)
{
	uint64_t end = supervisor_now() + SUPERVISOR_STOP_MS;

	notify_send(&s->notify, "STOPPING=1\nSTATUS=Stopping.\n");
	while (supervisor_running(s)) {
		uint64_t now = supervisor_now();
		for (size_t i = 0; i < SUPERVISOR_CHILDREN && now >= end; i++)
			if (s->children[i].pid)
				(void)kill(s->children[i].pid, SIGKILL);
		supervisor_wait(s, now < end ? (int64_t)(end - now) : 1000);
	}
}

int supervisor_run(const char *config_path, struct settings *settings)
{
	struct supervisor s = {.config_path = config_path, .settings = settings};
	static const int handled[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	sigset_t signals;

	notify_open(&s.notify);
	memcpy(s.children, supervisor_children, sizeof(s.children));
	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
		s.children[i].pause = SUPERVISOR_PAUSE_MS;
	s.children[COURIER].unwanted = !courier_wanted(&settings->config);
	(void)sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		(void)sigaddset(&signals, handled[i]);
	(void)sigprocmask(SIG_BLOCK, &signals, &s.before);
	s.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.signal_fd < 0)
		return DAEMON_EXIT_FAILED;
	s.next_ping = supervisor_now() + supervisor_ping_every(&s);
	while (!s.stopping)
		supervisor_turn(&s);
	supervisor_finish(&s);
	(void)close(s.signal_fd);
	return s.status;
}

int supervisor_child(const char *name, struct settings *settings)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	/* An interrupt from the terminal is for the supervisor, which then stops its children in order. */
	(void)sigaction(SIGINT, &ignore, NULL);
	(void)sigaction(SIGHUP, &ignore, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	if (fcntl(SUPERVISOR_LINK_FD, F_SETFD, FD_CLOEXEC) != 0)
		return DAEMON_EXIT_FAILED;
	for (size_t i = 0; i < SUPERVISOR_CHILDREN; i++)
		if (strcmp(supervisor_children[i].name, name) == 0)
			return supervisor_children[i].run(SUPERVISOR_LINK_FD, settings);
	return DAEMON_EXIT_FAILED;
}
