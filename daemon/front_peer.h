/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The open connections, each with the time by which its peer must have done the next thing: a slow or silent
 * peer holds a connection for a bounded time only, however it spreads its bytes.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_PEER_H
#define COUNTERSIGN_DAEMON_FRONT_PEER_H

#include <gnutls/gnutls.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/bytes.h"

struct front_peers;
struct front_peer;

/* each: connections at once from one IP address to one door, 0: as many as come. NULL where memory fails; free takes NULL
 * and wants no peer left. */
struct front_peers *front_peers_new(unsigned each);
void front_peers_free(struct front_peers *peers);

/* A peer from an address (NULL: none) that has as many connections to this door as it may is ended at once. fd stays the
 * caller's, and open until front_peer_remove. NULL where memory fails. */
struct front_peer *front_peer_add(struct front_peers *peers, int fd, unsigned door, const struct sockaddr *address,
				  unsigned seconds);
void front_peer_remove(struct front_peers *peers, struct front_peer *peer);

/* Its IP address, borrowed from it; empty where it has none. */
struct cs_view front_peer_address(const struct front_peer *peer);

/* The peer speaks TLS: what it and we send goes through a front_wire, which counts in moved. A NULL peer is
 * fine. */
void front_peer_tls(struct front_peer *peer, gnutls_session_t session, unsigned long *moved);

/* An answer with a body comes next (front_wire_hold). A NULL peer is fine. */
void front_peer_hold(struct front_peer *peer);

/* From now on seconds remain; 0: no limit (the peer waits for us). A NULL peer is fine. */
void front_peer_allow(struct front_peers *peers, struct front_peer *peer, unsigned seconds);

/* Ends the connection now. A NULL peer is fine. */
void front_peer_end(struct front_peer *peer);

/* Shuts down the sockets whose time is over. */
void front_peers_expire(struct front_peers *peers);

#endif
