/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A locked list of connections and their deadlines.
 */
#include "daemon/front_peer.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "daemon/front_metrics.h"

struct front_peer {
	struct front_peer *next;
	struct front_peer **link; /* what points at this one */
	int fd;
	int64_t deadline; /* seconds of the monotonic clock; 0: none */
};

struct front_peers {
	pthread_mutex_t lock;
	struct front_peer *first;
};

static int64_t now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec;
}

struct front_peers *front_peers_new(void)
{
	struct front_peers *peers = calloc(1, sizeof *peers);

	if (peers != NULL && pthread_mutex_init(&peers->lock, NULL) != 0) {
		free(peers);
		return NULL;
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

struct front_peer *front_peer_add(struct front_peers *peers, int fd, unsigned seconds)
{
	struct front_peer *peer = calloc(1, sizeof *peer);

	if (peer == NULL) {
		return NULL;
	}
	peer->fd = fd;
	peer->deadline = now_s() + (int64_t)seconds;
	(void)pthread_mutex_lock(&peers->lock);
	peer->next = peers->first;
	peer->link = &peers->first;
	if (peer->next != NULL) {
		peer->next->link = &peer->next;
	}
	peers->first = peer;
	(void)pthread_mutex_unlock(&peers->lock);
	return peer;
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
	free(peer);
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
