/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What goes between GnuTLS and a connection's socket, in as few system calls as may be: whatever has come is
 * read at once (GnuTLS itself reads each record's head and its content apart), and an answer's head leaves
 * together with the first of its body (the HTTP library sends them as two records). Only ciphertext is kept
 * here.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_WIRE_H
#define COUNTERSIGN_DAEMON_FRONT_WIRE_H

#include <gnutls/gnutls.h>

struct front_wire;

/* Stands between session, before its handshake, and the socket fd, which does not block; both stay the
 * caller's and outlive it. moved counts what was sent, and what GnuTLS took of what came. NULL where memory
 * fails: the session is as it was. free takes NULL. */
struct front_wire *front_wire_new(gnutls_session_t session, int fd, unsigned long *moved);
void front_wire_free(struct front_wire *wire);

/* What is sent next is a head that a body follows, which the library sends at once: it waits for that. A NULL
 * wire is fine. */
void front_wire_hold(struct front_wire *wire);

#endif
