/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Argon2id beside keeper's thread. A request that wants one is given a ticket, which holds a copy of it, and is
 * called off; workers compute; with what they found the request is run again, in another transaction, as if it
 * had just come (daemon/keeper_wait.c). So nothing that is slow happens while a transaction is open, and what needs
 * no Argon2id waits for nobody's.
 *
 *   free --take--> taken --submit--> waiting --worker--> computed --next--> taken --release--> free
 *                    |                  +--(late, or forgotten: not computed)--> free
 *                    +--release--> free
 *
 * What it holds is bounded: as many tickets as there are places, and the memory of one Argon2id for each worker. Requests come
 * in groups (of a caller and the client whom he names), and the workers take from one group after the other: whoever sends many
 * waits for his own. A quarter of the places is for groups that have less than a quarter.
 * All calls but the workers' own are made by one thread.
 */
#ifndef COUNTERSIGN_DAEMON_HASH_POOL_H
#define COUNTERSIGN_DAEMON_HASH_POOL_H

#include "daemon/clock.h"
#include "daemon/ipc.h"
#include "daemon/password.h"

#define HASH_WORK_MAX 4u /* for one request: a password, a new one, a PIN, and one that was changed meanwhile */

/* One Argon2id: of a new value to store, or whether password is what was stored (of length 0: nothing). */
struct hash_work {
	bool make;
	struct password_cost cost;
	uint8_t stored[PASSWORD_STORED_LEN]; /* make: what came out */
	size_t stored_len;
	uint8_t password[PASSWORD_MAX];
	size_t password_len;
	enum cs_err err; /* what came out, from here on */
	bool same;
};

struct hash_ticket {
	struct ipc_request request; /* borrows from frame */
	uint64_t deadline;	    /* milliseconds of the pool's clock: whoever asked has given up then */
	struct hash_work work[HASH_WORK_MAX];
	unsigned computed; /* of work */
	bool wants;	   /* work[computed] is to be computed */
	bool fresh;	   /* taken, and never submitted */

	/* The pool's own. */
	struct hash_ticket *next;
	uint64_t group, turn;
	bool taken, forgotten, late;
	uint8_t frame[IPC_REQUEST_MAX];
};

/* Computes work with the secret of password.h; runs in a worker. */
typedef void hash_compute_fn(void *ctx, const uint8_t secret[32], struct hash_work *work);

struct hash_settings {
	unsigned workers, places;
	uint64_t patience; /* milliseconds from take to deadline */
	const uint8_t *secret; /* 32 bytes; copied */
	struct clock clock;    /* asked by workers too */
	hash_compute_fn *compute; /* NULL: Argon2id */
	void *ctx;
};

struct hash_counts {
	uint64_t late; /* not computed, or in vain, as whoever asked had given up */
	unsigned waiting; /* tickets that are not free, now */
};

struct hash_pool;

/* NULL: memory, a descriptor or a thread is not to be had. Workers take no signals, and give way to whoever wants the
 * processor. */
struct hash_pool *hash_pool_new(const struct hash_settings *settings);
/* Ends the workers, each after what it computes; wipes everything. Takes NULL. */
void hash_pool_free(struct hash_pool *pool);

/* A ticket with a copy of request; NULL where there is no place for this group. */
struct hash_ticket *hash_pool_take(struct hash_pool *pool, const struct ipc_request *request, uint64_t group);
void hash_pool_submit(struct hash_pool *pool, struct hash_ticket *ticket);
void hash_pool_release(struct hash_pool *pool, struct hash_ticket *ticket);

/* The next ticket that came back; NULL: none has. */
struct hash_ticket *hash_pool_next(struct hash_pool *pool);
/* Readable when one may have come back. */
int hash_pool_fd(const struct hash_pool *pool);
/* Nobody waits for any of the tickets that are submitted. */
void hash_pool_forget(struct hash_pool *pool);

struct hash_counts hash_pool_counts(struct hash_pool *pool);

/* Argon2id, here and now. */
void hash_work_compute(const uint8_t secret[32], struct hash_work *work);

#endif
