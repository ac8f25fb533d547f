/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The processes of countersignd. A supervisor starts two children by executing its own program again: the
 * front, which speaks with the network, and the keeper, which has the database and the keys. Each child
 * inherits one end of a socket pair, its link to the supervisor. Over the link the supervisor passes, as a
 * descriptor (SCM_RIGHTS), one end of a fresh stream socket pair whose other end the other child gets: that
 * stream carries daemon/ipc.h.
 *
 * So when one child dies it alone is started again, and both are handed a new stream; what stood half-way in
 * the old stream is gone with it. Front answers 503 from the end of one stream until the next arrives: an
 * answer that keeper did not send was not promised to anyone. A link that ends means that the supervisor is
 * gone: the child exits.
 */
#ifndef COUNTERSIGN_DAEMON_DAEMON_H
#define COUNTERSIGN_DAEMON_DAEMON_H

#include "base/err.h"
#include "daemon/settings.h"

/* Exit statuses of a child. */
#define DAEMON_EXIT_DONE   0 /* the supervisor went away or asked for it */
#define DAEMON_EXIT_FAILED 1 /* will be started again, after a while */
#define DAEMON_EXIT_CONFIG 2 /* cannot start with this configuration: the supervisor gives up at the first start */
#define DAEMON_EXIT_PIN	   3 /* a token refused its PIN, or may have: nobody may try that again, so the daemon ends */

/* The children's work. link_fd is the child's end of its link; it has CLOEXEC set. Each returns its exit
 * status; it returns DAEMON_EXIT_DONE after the link ended or SIGTERM came. Each opens what needs privileges
 * (front: the port; keeper: sealing key and database) and then calls privilege_drop itself.
 */
int front_main(int link_fd, struct settings *settings);
int keeper_main(int link_fd, struct settings *settings);

/* What goes over a link, a byte each, some with a descriptor. */
enum link_kind {
	LINK_END = -1,	  /* the other end is gone, or says what it may not */
	LINK_NOTHING = 0, /* a signal came, a non-blocking link has nothing yet, or it was seen to here */
	LINK_STREAM = 's',   /* with the next stream, which replaces any former one */
	LINK_COURIER = 'c',  /* to keeper, with the socket that courier asks over */
	LINK_SETTINGS = '=', /* with new settings (settings.h), which the child answers: */
	LINK_SETTLED = '+',  /* they are in force */
	LINK_KEPT = '-',     /* they cannot be, and the former ones are */
	LINK_PING = '?',   /* does the child still go round its loop? */
	LINK_PONG = '!'	   /* the child does; its first one says that it serves */
};

/* In a child: the next thing from the supervisor; waits for it where link_fd blocks. With LINK_STREAM,
 * LINK_COURIER and LINK_SETTINGS fd is the descriptor (CLOEXEC set, blocking). A ping is answered here, and is LINK_NOTHING. */
enum link_kind link_receive(int link_fd, int *fd);

/* Passes a descriptor to the child at the other end of link_fd; fd stays open here. */
CS_MUST_CHECK enum cs_err link_send(int link_fd, enum link_kind kind, int fd);

/* Says something without a descriptor. In the supervisor: what the child has said, without waiting: one of its
 * answers, nothing, or what ends the link. */
CS_MUST_CHECK enum cs_err link_say(int link_fd, enum link_kind kind);
enum link_kind link_heard(int link_fd);

/* Where the process is root and config names a user: becomes that user for good. In any case no_new_privs is
 * set, so that nothing executed from here on gains a privilege. CS_ERR_NOT_FOUND: no such account; CS_ERR_IO.
 */
CS_MUST_CHECK enum cs_err privilege_drop(const struct config *config);

#endif
