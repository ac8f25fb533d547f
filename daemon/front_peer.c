/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A locked list of connections and their deadlines.
 */
#include "daemon/front_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "daemon/front_metrics.h"
#include "daemon/front_wire.h"

struct front_peer {
	struct front_peer *next;
	struct front_peer **link; /* what points at this one */
	struct front_wire *wire;  /* NULL: no TLS */
	int fd;
	unsigned door;
	char address[INET6_ADDRSTRLEN]; /* empty: none */
	int64_t deadline;		/* seconds of the monotonic clock; 0: none */
};

struct front_peers {
	pthread_mutex_t lock;
	struct front_peer *first;
	unsigned each; /* at once from one address; 0: as many as come */
};

static int64_t now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec;
}

struct front_peers *front_peers_new(unsigned each)
{
	struct front_peers *peers = calloc(1, sizeof *peers);

	if (peers != NULL && pthread_mutex_init(&peers->lock, NULL) != 0) {
		free(peers);
		return NULL;
	}
	if (peers != NULL) {
		peers->each = each;
	}
	return peers;
}

void front_peers_free(struct front_peers *peers)
{
	if (peers != NULL) {
		(void)pthread_mutex_destroy(&peers->lock);
		free(peers);
	}
}

static void address_put(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;
	const void *bytes = NULL;

	if (address != NULL && address->sa_family == AF_INET) {
		memcpy(&four, address, sizeof four);
		bytes = &four.sin_addr;
	} else if (address != NULL && address->sa_family == AF_INET6) {
		memcpy(&six, address, sizeof six);
		bytes = &six.sin6_addr;
	}
	if (bytes == NULL || inet_ntop(address->sa_family, bytes, out, INET6_ADDRSTRLEN) == NULL) {
		out[0] = '\0';
	}
}

/* Whether its address has as many others as it may; under the lock. */
static bool peer_is_beyond(const struct front_peers *peers, const struct front_peer *peer)
{
	unsigned others = 0;

	if (peers->each == 0 || peer->address[0] == '\0') {
		return false;
	}
	for (const struct front_peer *other = peers->first; other != NULL && others < peers->each;
	     other = other->next) {
		others += other->door == peer->door && strcmp(other->address, peer->address) == 0;
	}
	return others == peers->each;
}

struct front_peer *front_peer_add(struct front_peers *peers, int fd, unsigned door,
				  const struct sockaddr *address, unsigned seconds)
{
	struct front_peer *peer = calloc(1, sizeof *peer);
	bool beyond;

	if (peer == NULL) {
		return NULL;
	}
	peer->fd = fd;
	peer->door = door;
	peer->deadline = now_s() + (int64_t)seconds;
	address_put(address, peer->address);
	(void)pthread_mutex_lock(&peers->lock);
	beyond = peer_is_beyond(peers, peer);
	peer->next = peers->first;
	peer->link = &peers->first;
	if (peer->next != NULL) {
		peer->next->link = &peer->next;
	}
	peers->first = peer;
	(void)pthread_mutex_unlock(&peers->lock);
	if (beyond) {
		front_peer_end(peer);
	}
	return peer;
}

struct cs_view front_peer_address(const struct front_peer *peer)
{
	return peer->address[0] != '\0' ? cs_view_string(peer->address) : CS_VIEW_EMPTY;
}

void front_peer_remove(struct front_peers *peers, struct front_peer *peer)
{
	if (peer == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&peers->lock);
	*peer->link = peer->next;
	if (peer->next != NULL) {
		peer->next->link = peer->link;
	}
	(void)pthread_mutex_unlock(&peers->lock);
	front_wire_free(peer->wire);
	free(peer);
}

void front_peer_tls(struct front_peer *peer, gnutls_session_t session, unsigned long *moved)
{
	if (peer != NULL) {
		peer->wire = front_wire_new(session, peer->fd, moved);
	}
}

void front_peer_hold(struct front_peer *peer)
{
	if (peer != NULL) {
		front_wire_hold(peer->wire);
	}
}

void front_peer_allow(struct front_peers *peers, struct front_peer *peer, unsigned seconds)
{
	if (peer == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&peers->lock);
	peer->deadline = seconds > 0 ? now_s() + (int64_t)seconds : 0;
	(void)pthread_mutex_unlock(&peers->lock);
}

void front_peer_end(struct front_peer *peer)
{
	if (peer != NULL) {
		(void)shutdown(peer->fd, SHUT_RDWR);
	}
}

void front_peers_expire(struct front_peers *peers)
{
	int64_t now = now_s();

	(void)pthread_mutex_lock(&peers->lock);
	for (struct front_peer *peer = peers->first; peer != NULL; peer = peer->next) {
		if (peer->deadline != 0 && peer->deadline < now) {
			peer->deadline = 0;
			front_metrics_expired();
			(void)shutdown(peer->fd, SHUT_RDWR);
		}
	}
	(void)pthread_mutex_unlock(&peers->lock);
}
