/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Courier's process.
 *
 *   idle --a second, or an answer--> asking --message--> sending --over--> telling --answer--> asking
 *                                    asking --nothing--> idle
 *   A new socket pair begins anew with asking; what was under way goes on, and is told over the new one.
 */
#include "daemon/courier.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/daemon.h"
#include "daemon/log.h"

#define COURIER_IDLE_MS 500

struct courier {
	struct courier_send *send;
	struct settings *settings;
	int link_fd, stream_fd; /* stream_fd -1: none yet */
	bool waiting;		/* for keeper's answer */
	bool sending;
	struct courier_ask next; /* what is said when nothing is waited for */
};

bool courier_wanted(const struct config *config)
{
	return config->sms_url[0] || config->smtp_url[0];
}

static void courier_stream_close(struct courier *c)
{
	if (c->stream_fd >= 0)
		(void)close(c->stream_fd);
	c->stream_fd = -1;
	c->waiting = false;
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
	if (kind == LINK_STREAM) {
		courier_stream_close(c);
		c->stream_fd = fd;
	}
	return kind != LINK_END;
}

static void courier_say(struct courier *c)
{
	if (c->stream_fd < 0 || c->waiting || c->sending)
		return;
	if (send(c->stream_fd, &c->next, sizeof(c->next), MSG_NOSIGNAL) == (ssize_t)sizeof(c->next))
		c->waiting = true;
	else
		courier_stream_close(c);
}

/* Keeper's answer: a message to send, or none for now. True: courier may idle. */
static bool courier_hear(struct courier *c)
{
	struct courier_message message;
	const bool asked = c->next.word == COURIER_NEXT;

	if (recv(c->stream_fd, &message, sizeof(message), 0) != (ssize_t)sizeof(message)) {
		courier_stream_close(c);
		return true;
	}
	c->waiting = false;
	c->next = (struct courier_ask){.word = COURIER_NEXT};
	if (message.id[0])
		c->sending = courier_send_begin(c->send, &message, &c->next);
	cs_wipe(&message, sizeof(message));
	return asked && !message.id[0] && !c->sending && c->next.word == COURIER_NEXT;
}

static volatile sig_atomic_t courier_stopping;

static void courier_on_signal(int number)
{
	(void)number;
	courier_stopping = 1;
}

/* Waits for the link, and for keeper where it has been asked. */
static bool courier_wait(struct courier *c, bool idle)
{
	struct pollfd fds[2] = {{.fd = c->link_fd, .events = POLLIN},
				{.fd = c->waiting ? c->stream_fd : -1, .events = POLLIN}};
	bool rest = false;

	(void)poll(fds, 2, c->waiting || c->stream_fd < 0 ? 1000 : idle ? COURIER_IDLE_MS : 0);
	if (fds[1].revents)
		rest = courier_hear(c);
	if (fds[0].revents && !courier_link_read(c))
		courier_stopping = 1;
	return rest;
}

static int courier_turns(struct courier *c)
{
	bool idle = false;

	while (!courier_stopping) {
		if (c->sending) {
			struct pollfd link = {.fd = c->link_fd, .events = POLLIN};
			c->sending = !courier_send_go_on(c->send, c->link_fd, &c->next);
			if (poll(&link, 1, 0) > 0 && !courier_link_read(c))
				return DAEMON_EXIT_DONE;
			continue;
		}
		if (!idle)
			courier_say(c);
		idle = courier_wait(c, idle);
	}
	return DAEMON_EXIT_DONE;
}

int courier_main(int link_fd, struct settings *settings)
{
	struct courier c = {
	    .settings = settings, .link_fd = link_fd, .stream_fd = -1, .next = {.word = COURIER_NEXT}};
	struct sigaction action = {.sa_handler = courier_on_signal};
	int status = DAEMON_EXIT_FAILED;

	log_name("countersignd courier");
	(void)sigaction(SIGTERM, &action, NULL);
	c.send = courier_send_new(settings);
	if (privilege_drop(&settings->config)) {
		log_line(LOG_LEVEL_ERROR, "cannot become user %s", settings->config.user);
		status = DAEMON_EXIT_CONFIG;
	} else if (courier_sandbox()) {
		log_line(LOG_LEVEL_ERROR, "the kernel refused the system call filter");
	} else if (c.send) {
		status = courier_turns(&c);
	}
	courier_stream_close(&c);
	courier_send_free(c.send);
	return status;
}
