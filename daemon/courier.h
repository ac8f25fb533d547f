/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The courier: the process that sends what is to be sent, codes by SMS or mail, and has neither the database nor a
 * key. It asks keeper for one message after the other, over a socket pair of its own (SOCK_SEQPACKET, a struct a
 * packet: both ends are the same program), sends it, and says what became of it.
 *
 * Keeper counts a try before it hands a message over, and lends it for OUTBOX_LEASE_S. So one that was sent, and of
 * which keeper does not hear, is sent again: at least once, the same code, with the same id by which a gateway can
 * tell. None is sent after it has expired.
 */
#ifndef COUNTERSIGN_DAEMON_COURIER_H
#define COUNTERSIGN_DAEMON_COURIER_H

#include <netinet/in.h>
#include <poll.h>

#include "daemon/db_outbox.h"
#include "daemon/settings.h"

#define COURIER_REASON_MAX 64
#define COURIER_BODY_MAX   (DB_MESSAGE_TEXT_MAX + 1u)
#define COURIER_SIGNATURE_MAX 128u

enum courier_word { COURIER_NEXT = 1, COURIER_SENT, COURIER_FAILED };

/* From courier. */
struct courier_ask {
	enum courier_word word;
	char id[DB_TOKEN_ID_SIZE];	 /* SENT, FAILED */
	bool hooks;			 /* NEXT: there is a lane for a web hook, too */
	bool final;			 /* FAILED: another try is of no use */
	char reason[COURIER_REASON_MAX]; /* FAILED: a word for the audit log */
};

/* From keeper, to NEXT: a message, or id empty: none is due. To the others: an empty one. */
struct courier_message {
	char id[DB_TOKEN_ID_SIZE];
	char kind[8];
	char destination[DB_DESTINATION_SIZE];
	char body[COURIER_BODY_MAX]; /* the code, or the event */
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

/* ---- what is sent (courier_template.c) ---- */

enum courier_form { COURIER_PLAIN, COURIER_URL, COURIER_JSON };

/* Puts values in the place of {destination}, {text}, {code} and {id}, escaped as form wants it. False: longer than
 * cap bytes with its NUL. */
bool courier_fill(const char *template, const struct courier_message *message, const char *text,
		  enum courier_form form, char *out, size_t cap);

/* ---- web hooks (courier_hook.c) ---- */

/* Whether urls, parted by blanks, has this one: courier posts to none that only the database names. */
bool courier_hook_known(const char *urls, const char *url);
/* What is wrong with them, as a sentence for who configures them; NULL: nothing. */
const char *courier_hook_urls_fault(const char *urls);
/* "t=TIME,v1=HEX": the HMAC-SHA-256 under secret of TIME, a full stop, and the body. False: the body is too long. */
bool courier_hook_sign(const char *secret, uint64_t time, const char *body, char out[COURIER_SIGNATURE_MAX]);

/* ---- sending (courier_send.c) ---- */

struct courier_send; /* what sends, in OUTBOX_LANES lanes at once */

/* Borrows settings. NULL: no memory. */
struct courier_send *courier_send_new(const struct settings *settings);
void courier_send_free(struct courier_send *send);

/* Whether a lane is free; hooks: and one for web hooks, which get half of them. */
bool courier_send_may_begin(struct courier_send *send, bool *hooks);
/* Begins to send the message, which is copied, in a free lane. Where it cannot be, the lane is over at once. */
void courier_send_begin(struct courier_send *send, const struct courier_message *message);
/* Goes on with all lanes, waiting until something happens there, one of fds (at most 2) can be read, which revents
 * says, or the time is over. */
void courier_send_go_on(struct courier_send *send, struct pollfd *fds, unsigned count, int milliseconds);
/* A lane that is over, and ask what keeper is to be told; -1: none is. It stays so until keeper was told. */
int courier_send_over(const struct courier_send *send, struct courier_ask *ask);
void courier_send_told(struct courier_send *send, int lane);
/* Nothing is under way, and nothing over. */
bool courier_send_idle(const struct courier_send *send);

/* The sandbox (courier_sandbox.c): what resolving and TLS read, and call, over IP alone. CS_ERR_UNSUPPORTED: this kernel, or
 * a sanitizer's build, does without. */
CS_MUST_CHECK enum cs_err courier_sandbox_files(void);
CS_MUST_CHECK enum cs_err courier_sandbox_calls(void);
/* Whether a name that may be read is another file's since: it cannot be read, and courier is to be started again. */
bool courier_sandbox_stale(void);

/* ---- keeper's side (keeper_outbox.c) ---- */

struct keeper;

/* A new courier: what another one had been lent, and did not answer for, is due now. */
void outbox_begin(struct keeper *keeper);

/* Every few seconds: what has expired is sent no more, and loses its code; what is dead for long goes; an alarm
 * where messages wait for too long. */
void outbox_tend(struct keeper *keeper);

/* Answers what courier asks, in a transaction of its own. */
CS_MUST_CHECK enum cs_err outbox_answer(struct keeper *keeper, const struct courier_ask *ask,
					struct courier_message *out);
/* One packet from courier, answered. False: the socket is of no use any more. */
bool outbox_serve(struct keeper *keeper, int fd);

#endif
