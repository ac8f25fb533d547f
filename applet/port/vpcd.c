/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connects the card to pcscd's vpcd, and keeps it connected.
 *
 *   PULLED --insert--> WAITING --connect_begin--> CONNECTING --connect_end--> CONNECTED
 *                         ^------------ lost -----------+------------ lost -------+
 * vpcd_pull leads from any state to PULLED.
 */
#include "applet/port/vpcd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKOFF_FIRST_MS 20u
#define BACKOFF_LAST_MS	 1000u

static void try_at(struct vpcd *v, uint64_t when_ms)
{
	v->state = VPCD_WAITING;
	v->next_ms = when_ms;
}

enum cs_err vpcd_init(struct vpcd *v, const char *where, struct slot *slot)
{
	struct address addr;
	enum cs_err err = address_find(where, VPCD_PORT_DEFAULT, &addr);
	if (err)
		return err;
	*v = (struct vpcd){
	    .name = where, .slot = slot, .addr = addr, .fd = -1, .backoff_ms = BACKOFF_FIRST_MS};
	try_at(v, 0);
	return CS_OK;
}

void vpcd_close(struct vpcd *v)
{
	vpcd_pull(v);
}

void vpcd_pull(struct vpcd *v)
{
	if (v->fd >= 0)
		close(v->fd);
	link_free(v->link);
	v->fd = -1;
	v->link = NULL;
	v->state = VPCD_PULLED;
}

void vpcd_insert(struct vpcd *v)
{
	if (v->state != VPCD_PULLED)
		return;
	v->backoff_ms = BACKOFF_FIRST_MS;
	try_at(v, 0);
}

static void lost(struct vpcd *v, uint64_t now_ms, const char *why)
{
	if (v->state == VPCD_CONNECTED)
		fprintf(stderr,
			"countersign-card: the reader at %s is gone (%s); connecting again when it is back\n",
			v->name, why);
	else if (!v->complained)
		fprintf(stderr,
			"countersign-card: no reader at %s yet (%s); trying again until there is one\n",
			v->name, why);
	v->complained = true;
	vpcd_pull(v);
	try_at(v, now_ms + v->backoff_ms);
	v->backoff_ms = v->backoff_ms * 2 > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : v->backoff_ms * 2;
}

static void connect_begin(struct vpcd *v, uint64_t now_ms)
{
	v->fd = socket(v->addr.where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	v->state = VPCD_CONNECTING;
	if (v->fd < 0 ||
	    (connect(v->fd, (struct sockaddr *)&v->addr.where, v->addr.len) < 0 && errno != EINPROGRESS))
		lost(v, now_ms, strerror(errno));
}

static void connect_end(struct vpcd *v, uint64_t now_ms)
{
	int error = 0;
	socklen_t len = sizeof error;
	if (getsockopt(v->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error) {
		lost(v, now_ms, strerror(error));
		return;
	}
	int fd = v->fd;
	v->fd = -1;
	v->link = link_new(fd, true, v->slot);
	if (!v->link) {
		lost(v, now_ms, cs_err_text(CS_ERR_MEMORY));
		return;
	}
	v->state = VPCD_CONNECTED;
	v->complained = false;
	fprintf(stderr, "countersign-card: in the reader at %s\n", v->name);
}

int vpcd_poll(struct vpcd *v, uint64_t now_ms, struct pollfd *pfd)
{
	*pfd = (struct pollfd){.fd = -1};
	if (v->state == VPCD_WAITING && v->next_ms <= now_ms)
		connect_begin(v, now_ms);
	switch (v->state) {
	case VPCD_WAITING:
		return v->next_ms > now_ms ? (int)(v->next_ms - now_ms) : 0;
	case VPCD_CONNECTING:
		*pfd = (struct pollfd){.fd = v->fd, .events = POLLOUT};
		return -1;
	case VPCD_CONNECTED:
		*pfd = (struct pollfd){.fd = link_fd(v->link), .events = link_events(v->link)};
		return link_runnable(v->link) ? 0 : -1;
	case VPCD_PULLED:
		break;
	}
	return -1;
}

void vpcd_step(struct vpcd *v, uint64_t now_ms, short events)
{
	if (v->state == VPCD_CONNECTING && events) {
		connect_end(v, now_ms);
	} else if (v->state == VPCD_CONNECTED) {
		enum cs_err err = link_step(v->link, events);
		if (err)
			lost(v, now_ms, cs_err_text(err));
		else if (link_used(v->link))
			v->backoff_ms = BACKOFF_FIRST_MS;
	}
}
