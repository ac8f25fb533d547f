/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Courier's process.
 *
 *   idle --half a second, or an answer--> asking --message--> sending, in a lane (courier_send.c)
 *                                         asking --nothing--> idle
 *   a lane is over --> telling --answer--> the lane is free
 *
 * 1. There is one question at a time, and what is over is told before anything is asked for; then it is asked
 * at once, since a web hook's events wait for the one before.
 * 2. A lane is free only when keeper has answered what became of its message. A new socket pair changes
 * nothing in the lanes: what was not answered is told once more.
 */
#include "daemon/courier.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/daemon.h"
#include "daemon/log.h"

#define COURIER_IDLE_MS 500
#define COURIER_ALONE_MS                                                                                     \
	30000 /* without keeper, before it ends, and is started again with a new socket pair */

struct courier {
	struct courier_send *send;
	struct settings *settings;
	int link_fd, stream_fd; /* stream_fd -1: none */
	bool waiting;		/* for keeper's answer ... */
	int telling;		/* ... about this lane; -1: to a question for more */
	uint64_t ask_after;	/* ms: when to ask for more again */
	uint64_t alone_until;	/* ms */
	bool leaving;		/* as soon as nothing is under way: there are files that it cannot read */
};

bool courier_wanted(const struct config *config)
{
	return config->sms_url[0] || config->smtp_url[0] || config->hook_urls[0];
}

static uint64_t courier_now(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void courier_stream_set(struct courier *c, int fd)
{
	if (c->stream_fd >= 0)
		(void)close(c->stream_fd);
	c->stream_fd = fd;
	c->waiting = false;
	c->ask_after = 0;
	c->alone_until = courier_now() + COURIER_ALONE_MS;
}

/* What the supervisor says; false where it is gone. */
static bool courier_link_read(struct courier *c)
{
	int fd = -1;
	enum link_kind kind = link_receive(c->link_fd, &fd);

	if (kind == LINK_SETTINGS) {
		enum cs_err err = settings_take(fd, c->settings);
		if (!err)
			log_level_set(c->settings->config.log_level);
		return link_say(c->link_fd, err ? LINK_KEPT : LINK_SETTLED) == CS_OK;
	}
	if (kind == LINK_STREAM)
		courier_stream_set(c, fd);
	return kind != LINK_END;
}

/* Tells what is over, or asks for more where there is a lane for it. */
static void courier_say(struct courier *c)
{
	struct courier_ask ask = {.word = COURIER_NEXT};

	if (c->stream_fd < 0 || c->waiting)
		return;
	c->telling = courier_send_over(c->send, &ask);
	if (c->telling < 0 &&
	    (c->leaving || courier_now() < c->ask_after || !courier_send_may_begin(c->send, &ask.hooks)))
		return;
	if (send(c->stream_fd, &ask, sizeof(ask), MSG_NOSIGNAL) == (ssize_t)sizeof(ask))
		c->waiting = true;
	else
		courier_stream_set(c, -1);
}

/* Keeper's answer: that it has heard, a message to send, or none for now. */
static void courier_hear(struct courier *c)
{
	struct courier_message message;

	if (recv(c->stream_fd, &message, sizeof(message), MSG_DONTWAIT) != (ssize_t)sizeof(message)) {
		courier_stream_set(c, -1);
		return;
	}
	c->waiting = false;
	if (c->telling >= 0) {
		courier_send_told(c->send, c->telling);
		c->ask_after = 0; /* one that waited behind it may go now */
	} else if (message.id[0]) {
		courier_send_begin(c->send, &message);
	} else {
		c->ask_after = courier_now() + COURIER_IDLE_MS;
	}
	cs_wipe(&message, sizeof(message));
}

static volatile sig_atomic_t courier_stopping;

static void courier_on_signal(int number)
{
	(void)number;
	courier_stopping = 1;
}

static bool courier_left(struct courier *c)
{
	if (!c->leaving && courier_sandbox_stale()) {
		log_line(LOG_LEVEL_NOTICE, "what names are resolved with, or certificates, lie in another "
					   "file now: courier is started again");
		c->leaving = true;
	}
	return c->leaving && !c->waiting && courier_send_idle(c->send);
}

static int courier_turns(struct courier *c)
{
	while (!courier_stopping && !courier_left(c)) {
		courier_say(c);
		struct pollfd fds[2] = {{.fd = c->link_fd, .events = POLLIN},
					{.fd = c->stream_fd, .events = POLLIN}};
		courier_send_go_on(c->send, fds, c->stream_fd < 0 ? 1 : 2, COURIER_IDLE_MS);
		if (fds[1].revents && c->stream_fd >= 0)
			courier_hear(c);
		if (fds[0].revents && !courier_link_read(c))
			return DAEMON_EXIT_DONE;
		if (c->stream_fd < 0 && courier_now() >= c->alone_until)
			return DAEMON_EXIT_DONE;
	}
	return DAEMON_EXIT_DONE;
}

/* What a kernel, or a sanitizer's build, does without is said, and no reason to send nothing. */
static bool courier_confine(void)
{
	enum cs_err files = courier_sandbox_files(), calls = courier_sandbox_calls();

	if (files)
		log_line(LOG_LEVEL_WARNING, "without Landlock: %s", cs_err_text(files));
	if (calls == CS_ERR_UNSUPPORTED)
		log_line(LOG_LEVEL_WARNING, "without the system call filter: %s", cs_err_text(calls));
	return !calls || calls == CS_ERR_UNSUPPORTED;
}

int courier_main(int link_fd, struct settings *settings)
{
	struct courier c = {.settings = settings, .link_fd = link_fd, .stream_fd = -1};
	struct sigaction action = {.sa_handler = courier_on_signal};
	int status = DAEMON_EXIT_FAILED;

	log_name("countersignd courier");
	(void)sigaction(SIGTERM, &action, NULL);
	courier_stream_set(&c, -1);
	c.send = courier_send_new(settings);
	if (privilege_drop(&settings->config)) {
		log_line(LOG_LEVEL_ERROR, "cannot become user %s", settings->config.user);
		status = DAEMON_EXIT_CONFIG;
	} else if (!courier_confine()) {
		log_line(LOG_LEVEL_ERROR, "the kernel refused the system call filter");
	} else if (c.send) {
		status = courier_turns(&c);
	}
	courier_stream_set(&c, -1);
	courier_send_free(c.send);
	return status;
}
