/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One connection to a user of the card: a non-blocking stream socket with the frame that comes in and the
 * answer that goes out. A link is a user of the slot from link_new to link_free.
 */
#ifndef COUNTERSIGN_APPLET_PORT_LINK_H
#define COUNTERSIGN_APPLET_PORT_LINK_H

#include "applet/port/slot.h"

struct link;

/* Owns fd, which it makes non-blocking, from here on, and closes it also on failure. slot is borrowed; tcp:
 * fd is a TCP socket, whose acknowledgements must not be delayed (a peer that sends a frame in two pieces
 * waits for them). NULL: out of memory. */
struct link *link_new(int fd, bool tcp, struct slot *slot);
void link_free(struct link *link);

int link_fd(const struct link *link);

/* The events to poll for. 0: nothing until another link's transaction ends, or this one's command. To be called before
 * each poll. */
short link_events(struct link *link);

/* A whole frame waits, and may be executed now, or calls off what is being executed: poll must not block. */
bool link_runnable(const struct link *link);

/* Does what can be done without waiting, after poll yielded events: reads, executes at most one frame, sends.
 * CS_ERR_REMOVED: the peer has closed; CS_ERR_MALFORMED: it sent what is no frame; CS_ERR_IO (errno). */
CS_MUST_CHECK enum cs_err link_step(struct link *link, short events);

/* A frame has come over this link. */
bool link_used(const struct link *link);

#endif
