/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The open connections, each with the time by which its peer must have done the next thing: a slow or silent
 * peer holds a connection for a bounded time only, however it spreads its bytes.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_PEER_H
#define COUNTERSIGN_DAEMON_FRONT_PEER_H

#include <stdint.h>

struct front_peers;
struct front_peer;

/* NULL where memory fails; free takes NULL and wants no peer left. */
struct front_peers *front_peers_new(void);
void front_peers_free(struct front_peers *peers);

/* fd stays the caller's, and open until front_peer_remove. NULL where memory fails: the peer is then not
 * watched. */
struct front_peer *front_peer_add(struct front_peers *peers, int fd, unsigned seconds);
void front_peer_remove(struct front_peers *peers, struct front_peer *peer);

/* From now on seconds remain; 0: no limit (the peer waits for us). A NULL peer is fine. */
void front_peer_allow(struct front_peers *peers, struct front_peer *peer, unsigned seconds);

/* Ends the connection now. A NULL peer is fine. */
void front_peer_end(struct front_peer *peer);

/* Shuts down the sockets whose time is over. */
void front_peers_expire(struct front_peers *peers);

#endif
