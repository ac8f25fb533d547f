/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The courier: the process that sends what is to be sent, codes by SMS or mail, and has neither the database nor a
 * key. It asks keeper for one message after the other, over a socket pair of its own (SOCK_SEQPACKET, a struct a
 * packet: both ends are the same program), sends it, and says what became of it.
 *
 * Keeper counts a try before it hands a message over. So one that was sent, and of which keeper does not hear, is
 * sent again: at least once, with an id by which a gateway can tell. None is sent after it has expired.
 */
#ifndef COUNTERSIGN_DAEMON_COURIER_H
#define COUNTERSIGN_DAEMON_COURIER_H

#include <netinet/in.h>

#include "daemon/db_outbox.h"
#include "daemon/settings.h"

#define COURIER_REASON_MAX 64

enum courier_word { COURIER_NEXT = 1, COURIER_SENT, COURIER_FAILED };

/* From courier. */
struct courier_ask {
	enum courier_word word;
	char id[DB_TOKEN_ID_SIZE];	 /* SENT, FAILED */
	bool final;			 /* FAILED: another try is of no use */
	char reason[COURIER_REASON_MAX]; /* FAILED: a word for the audit log */
};

/* From keeper, to NEXT: a message, or id empty: none is due. To the others: an empty one. */
struct courier_message {
	char id[DB_TOKEN_ID_SIZE];
	char kind[8];
	char destination[DB_DESTINATION_SIZE];
	char code[CS_OATH_CODE_MAX];
};

/* The work of the process, as in daemon.h. */
int courier_main(int link_fd, struct settings *settings);

/* Whether there is anything to do for a courier. */
bool courier_wanted(const struct config *config);

/* ---- addresses (courier_address.c) ---- */

/* Whether a connection may be made to this address. Loopback, private, link-local and all other addresses that are
 * nobody's on the Internet only where allow names them: addresses, or networks as 10.1.0.0/16, parted by blanks.
 * An IPv4 address in the clothes of an IPv6 one (mapped, NAT64, 6to4) is taken for the IPv4 address. */
bool courier_may_connect(const struct sockaddr *address, const char *allow);

/* Whether allow names it: then it may be spoken with without TLS, too. */
bool courier_is_named(const struct sockaddr *address, const char *allow);

/* Whether allow is such a list. */
bool courier_allow_valid(const char *allow);

/* ---- sending (courier_send.c) ---- */

struct courier_send; /* what sends; one at a time */

/* Borrows settings. NULL: no memory. */
struct courier_send *courier_send_new(const struct settings *settings);
void courier_send_free(struct courier_send *send);

/* Begins to send the message, which is copied. False where it cannot be: ask is the answer for keeper. */
bool courier_send_begin(struct courier_send *send, const struct courier_message *message,
			struct courier_ask *ask);
/* Goes on, waiting at most a second, or until fd is readable. True: it is over, and ask is the answer. */
bool courier_send_go_on(struct courier_send *send, int fd, struct courier_ask *ask);

/* The sandbox (courier_sandbox.c): files to read alone, and few of them; no program, no listening. */
CS_MUST_CHECK enum cs_err courier_sandbox(void);

/* ---- keeper's side (keeper_outbox.c) ---- */

struct keeper;

/* Answers what courier asks, in a transaction of its own. */
CS_MUST_CHECK enum cs_err outbox_answer(struct keeper *keeper, const struct courier_ask *ask,
					struct courier_message *out);
/* One packet from courier, answered. False: the socket is of no use any more. */
bool outbox_serve(struct keeper *keeper, int fd);

#endif
