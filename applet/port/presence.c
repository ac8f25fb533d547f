/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waits for the person.
 *
 *   idle --ask: the button is emptied--> asked --touch, or the button--> answered OK, idle
 *                   |----15 s--> answered TIMEOUT, idle
 *                   |----who asked has gone--> answered CANCELLED, idle
 *                   '----end; nobody asked again for 2 s--> idle
 */
#include "applet/port/presence.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum cs_err presence_init(struct presence *p, const char *how, const char *notify,
			  uint64_t (*now_ms)(void *ctx))
{
	*p = (struct presence){
	    .mode = PRESENCE_ASK, .button = BUTTON_NONE, .notify = notify, .now_ms = now_ms};
	/* The notifier's end is of no interest, and must leave nothing to wait for. */
	if (notify && signal(SIGCHLD, SIG_IGN) == SIG_ERR)
		return CS_ERR_IO;
	if (strcmp(how, "auto") == 0)
		p->mode = PRESENCE_AUTO;
	else if (strcmp(how, "never") == 0)
		p->mode = PRESENCE_NEVER;
	else if (strcmp(how, "ask") != 0)
		return button_open(how, &p->button);
	return CS_OK;
}

void presence_close(struct presence *p)
{
	button_close(&p->button);
}

static uint64_t now_ms(const struct presence *p)
{
	return p->now_ms(p->ctx);
}

/* ---- telling the person ---- */

static int spawn_plain(const char *program, char *const argv[])
{
	posix_spawnattr_t attr;
	sigset_t none, child;
	pid_t pid;
	int error = posix_spawnattr_init(&attr);
	if (error)
		return error;
	sigemptyset(&none);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	error = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (!error)
		error = posix_spawnattr_setsigmask(&attr, &none);
	if (!error)
		error = posix_spawnattr_setsigdefault(&attr, &child);
	if (!error)
		error = posix_spawnp(&pid, program, NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	return error;
}

static void announce(const struct presence *p)
{
	char program[256], title[] = "Countersign", text[128];
	char *argv[] = {program, title, text, NULL};
	fprintf(stderr, "countersign-card: touch the card to %s\n", p->why);
	if (!p->notify)
		return;
	snprintf(program, sizeof program, "%s", p->notify);
	snprintf(text, sizeof text, "Touch the card to %s", p->why);
	int error = spawn_plain(p->notify, argv);
	if (error)
		fprintf(stderr, "countersign-card: --notify %s: %s\n", p->notify, strerror(error));
}

/* ---- asking ---- */

bool presence_take(struct presence *p)
{
	return button_take(&p->button, now_ms(p));
}

static void begin(struct presence *p, const char *why)
{
	p->why = why;
	p->since_ms = now_ms(p);
	p->given = false;
	p->cancelled = false;
	(void)presence_take(p); /* was made before */
	announce(p);
}

void presence_end(struct presence *p)
{
	p->why = NULL;
}

void presence_arm(struct presence *p, bool armed)
{
	p->armed = armed;
}

/* The answer, if there is one by now; else CS_ERR_BUSY. */
static enum cs_err look(struct presence *p)
{
	if (p->given || presence_take(p))
		return CS_OK;
	if (p->cancelled)
		return CS_ERR_CANCELLED;
	return now_ms(p) - p->since_ms >= PRESENCE_WAIT_MS ? CS_ERR_TIMEOUT : CS_ERR_BUSY;
}

static void attend(struct presence *p)
{
	uint64_t gone = now_ms(p) - p->since_ms;
	int left = gone < PRESENCE_WAIT_MS ? (int)(PRESENCE_WAIT_MS - gone) : 0;
	struct pollfd pfd = {.fd = p->button.fd, .events = POLLIN};
	if (p->attend)
		p->attend(p->ctx, p->button.fd, left);
	else if (poll(&pfd, 1, left) < 0 && errno != EINTR)
		p->cancelled = true;
}

enum cs_err presence_ask(struct presence *p, const char *why, bool wait)
{
	enum cs_err err;
	if (p->armed || p->mode == PRESENCE_AUTO)
		return CS_OK;
	if (p->mode == PRESENCE_NEVER)
		return CS_ERR_TIMEOUT;
	if (!p->why || now_ms(p) - p->last_ms > PRESENCE_GAP_MS)
		begin(p, why);
	while ((err = look(p)) == CS_ERR_BUSY && wait)
		attend(p);
	p->last_ms = now_ms(p);
	if (err != CS_ERR_BUSY)
		presence_end(p);
	return err;
}

bool presence_touch(struct presence *p)
{
	if (!presence_wanted(p))
		return false;
	p->given = true;
	return true;
}

void presence_cancel(struct presence *p)
{
	p->cancelled = true;
}

const char *presence_wanted(const struct presence *p)
{
	return p->why && now_ms(p) - p->since_ms < PRESENCE_WAIT_MS ? p->why : NULL;
}
