/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's way into pcscd: a TCP connection out to the reader of libifdvpcd, which listens. As long as
 * nobody listens there, or after pcscd has gone away, it tries again, less and less often, up to once a
 * second. A pulled card has no connection and makes none, until it is inserted.
 */
#ifndef COUNTERSIGN_APPLET_PORT_VPCD_H
#define COUNTERSIGN_APPLET_PORT_VPCD_H

#include <poll.h>

#include "applet/port/address.h"
#include "applet/port/link.h"

#define VPCD_PORT_DEFAULT "35963" /* 0x8C7B */

enum vpcd_state { VPCD_PULLED, VPCD_WAITING, VPCD_CONNECTING, VPCD_CONNECTED };

struct vpcd {
	enum vpcd_state state;
	const char *name; /* HOST:PORT as given, for messages; borrowed */
	struct slot *slot;
	struct address addr;
	int fd;		   /* VPCD_CONNECTING */
	struct link *link; /* VPCD_CONNECTED */
	uint64_t next_ms;  /* VPCD_WAITING: when to try again */
	uint32_t backoff_ms;
	bool complained; /* that nobody listens has been said */
};

/* where is HOST:PORT or HOST; [::1]:PORT for an IPv6 address. CS_ERR_MALFORMED; CS_ERR_NOT_FOUND: no such
 * host. */
CS_MUST_CHECK enum cs_err vpcd_init(struct vpcd *v, const char *where, struct slot *slot);
void vpcd_close(struct vpcd *v);

void vpcd_pull(struct vpcd *v);
void vpcd_insert(struct vpcd *v);

/* What to poll for (fd -1: nothing), and how many milliseconds poll may block because of us (-1: for ever).
 */
int vpcd_poll(struct vpcd *v, uint64_t now_ms, struct pollfd *pfd);

/* After poll: connects, exchanges, starts anew. Says on stderr when the reader comes and goes. */
void vpcd_step(struct vpcd *v, uint64_t now_ms, short events);

#endif
