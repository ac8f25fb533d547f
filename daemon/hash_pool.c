/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Argon2id in threads of its own.
 *
 * Invariants:
 *  1. A ticket is free, or held by keeper's thread, or in one of the two lists, or held by one worker; only
 * its holder reads or writes more of it than the pool's own members, and those only under the lock.
 *  2. What a ticket held is wiped before it is free.
 *  3. A ticket that is late or forgotten is never computed once a worker sees that, and never handed out, be
 * it computed or not.
 */
#include "daemon/hash_pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/log.h"

#define HASH_SHARES 4u /* of the places: one is kept for groups that have less than that */
#define HASH_NICE   10 /* a check of a code must not wait for a processor either */

struct list {
	struct hash_ticket *first, *last;
};

struct hash_pool {
	struct hash_settings settings;
	uint8_t secret[32];
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct list todo, done;
	uint64_t turn; /* of the ticket that a worker took last */
	bool stopping;
	bool told; /* the log says that workers do not give way */
	int wake;
	struct hash_counts counts;
	pthread_t *threads;
	unsigned thread_count;
	struct hash_ticket *tickets;
};

static void list_put(struct list *list, struct hash_ticket *ticket)
{
	ticket->next = NULL;
	if (list->last)
		list->last->next = ticket;
	else
		list->first = ticket;
	list->last = ticket;
}

static struct hash_ticket *list_get(struct list *list)
{
	struct hash_ticket *ticket = list->first;

	if (!ticket)
		return NULL;
	list->first = ticket->next;
	if (!list->first)
		list->last = NULL;
	return ticket;
}

/* The one whose turn is the first, out of the list. NULL: it is empty. */
static struct hash_ticket *list_get_first_turn(struct list *list)
{
	struct hash_ticket *before = NULL, *found = list->first, *found_before = NULL;

	for (struct hash_ticket *ticket = list->first; ticket; before = ticket, ticket = ticket->next)
		if (ticket->turn < found->turn) {
			found = ticket;
			found_before = before;
		}
	if (!found_before)
		return list_get(list);
	found_before->next = found->next;
	if (list->last == found)
		list->last = found_before;
	return found;
}

void hash_work_compute(const uint8_t secret[32], struct hash_work *work)
{
	const struct cs_view password = cs_view(work->password, work->password_len);

	work->same = false;
	if (!work->make) {
		work->err = password_matches(secret, &work->cost, cs_view(work->stored, work->stored_len),
					     password, &work->same);
		return;
	}
	work->err = password_store(secret, &work->cost, password, work->stored);
	work->stored_len = sizeof(work->stored);
}

/* ---- workers ---- */

/* The next ticket that is worth the work; NULL: the pool ends. Under the lock. */
static struct hash_ticket *worker_next(struct hash_pool *pool)
{
	for (;;) {
		struct hash_ticket *ticket = pool->stopping ? NULL : list_get_first_turn(&pool->todo);
		if (pool->stopping)
			return NULL;
		if (!ticket) {
			(void)pthread_cond_wait(&pool->work, &pool->lock);
			continue;
		}
		ticket->late = clock_now(&pool->settings.clock) >= ticket->deadline;
		if (!ticket->late && !ticket->forgotten) {
			pool->turn = ticket->turn;
			return ticket;
		}
		list_put(&pool->done, ticket);
		(void)eventfd_write(pool->wake, 1);
	}
}

/* Of this thread alone. What keeps one from it keeps all, and is told once. */
static void worker_give_way(struct hash_pool *pool)
{
	if (setpriority(PRIO_PROCESS, (id_t)gettid(), HASH_NICE) == 0)
		return;
	const int error = errno;
	(void)pthread_mutex_lock(&pool->lock);
	const bool told = pool->told;
	pool->told = true;
	(void)pthread_mutex_unlock(&pool->lock);
	if (!told)
		log_line(LOG_LEVEL_WARNING,
			 "threads for Argon2id do not give way (%s): under systemd, SystemCallFilter has to "
			 "allow setpriority",
			 strerror(error));
}

static void *worker(void *ctx)
{
	struct hash_pool *pool = ctx;
	struct hash_ticket *ticket;

	worker_give_way(pool);
	(void)pthread_mutex_lock(&pool->lock);
	while ((ticket = worker_next(pool)) != NULL) {
		struct hash_work *work = &ticket->work[ticket->computed];
		(void)pthread_mutex_unlock(&pool->lock);
		if (pool->settings.compute)
			pool->settings.compute(pool->settings.ctx, pool->secret, work);
		else
			hash_work_compute(pool->secret, work);
		ticket->computed++;
		ticket->wants = false;
		(void)pthread_mutex_lock(&pool->lock);
		list_put(&pool->done, ticket);
		(void)eventfd_write(pool->wake, 1);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static bool workers_start(struct hash_pool *pool)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (pool->thread_count < pool->settings.workers &&
	       pthread_create(&pool->threads[pool->thread_count], NULL, worker, pool) == 0)
		pool->thread_count++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pool->thread_count == pool->settings.workers;
}

/* ---- the pool ---- */

struct hash_pool *hash_pool_new(const struct hash_settings *settings)
{
	struct hash_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	if (pthread_mutex_init(&pool->lock, NULL) != 0) {
		free(pool);
		return NULL;
	}
	(void)pthread_cond_init(&pool->work, NULL);
	pool->settings = *settings;
	memcpy(pool->secret, settings->secret, sizeof(pool->secret));
	pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pool->tickets = calloc(settings->places, sizeof(pool->tickets[0]));
	pool->threads = calloc(settings->workers, sizeof(pool->threads[0]));
	if (pool->wake < 0 || !pool->tickets || !pool->threads || !workers_start(pool)) {
		hash_pool_free(pool);
		return NULL;
	}
	return pool;
}

void hash_pool_free(struct hash_pool *pool)
{
	if (!pool)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	(void)pthread_cond_broadcast(&pool->work);
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->thread_count; i++)
		(void)pthread_join(pool->threads[i], NULL);
	if (pool->wake >= 0)
		(void)close(pool->wake);
	if (pool->tickets)
		cs_wipe(pool->tickets, pool->settings.places * sizeof(pool->tickets[0]));
	free(pool->tickets);
	free(pool->threads);
	(void)pthread_cond_destroy(&pool->work);
	(void)pthread_mutex_destroy(&pool->lock);
	cs_wipe(pool, sizeof(*pool));
	free(pool);
}

/* A place, under the lock. */
static struct hash_ticket *pool_place(struct hash_pool *pool, uint64_t group)
{
	const unsigned share = pool->settings.places / HASH_SHARES;
	struct hash_ticket *place = NULL;
	unsigned empty = 0, held = 0;

	for (unsigned i = 0; i < pool->settings.places; i++) {
		struct hash_ticket *ticket = &pool->tickets[i];
		held += ticket->taken && !ticket->forgotten && ticket->group == group;
		empty += !ticket->taken;
		place = place || ticket->taken ? place : ticket;
	}
	if (!place || (share && held >= share && empty <= share))
		return NULL;
	place->taken = true;
	place->group = group;
	pool->counts.waiting++;
	return place;
}

/* Behind what its group has waiting, and in the round after the one that workers are at, which so comes to an
 * end however many come. Under the lock. */
static uint64_t pool_turn(const struct hash_pool *pool, uint64_t group)
{
	uint64_t turn = pool->turn + 1;

	for (const struct hash_ticket *ticket = pool->todo.first; ticket; ticket = ticket->next)
		if (ticket->group == group && ticket->turn >= turn)
			turn = ticket->turn + 1;
	return turn;
}

/* A copy that borrows from itself alone. */
static enum cs_err ticket_fill(struct hash_ticket *ticket, const struct ipc_request *request)
{
	struct cs_writer w = CS_WRITER_OF(ticket->frame);
	struct cs_view frame;

	enum cs_err err = ipc_request_build(request, &w);
	if (!err)
		err = ipc_frame_next(cs_writer_view(&w), IPC_REQUEST_MAX, &frame);
	return err ? err : ipc_request_parse(frame, &ticket->request);
}

struct hash_ticket *hash_pool_take(struct hash_pool *pool, const struct ipc_request *request, uint64_t group)
{
	(void)pthread_mutex_lock(&pool->lock);
	struct hash_ticket *ticket = pool_place(pool, group);
	(void)pthread_mutex_unlock(&pool->lock);
	if (!ticket)
		return NULL;
	ticket->deadline = clock_now(&pool->settings.clock) + pool->settings.patience;
	ticket->fresh = true;
	if (ticket_fill(ticket, request)) {
		hash_pool_release(pool, ticket);
		return NULL;
	}
	return ticket;
}

void hash_pool_submit(struct hash_pool *pool, struct hash_ticket *ticket)
{
	(void)pthread_mutex_lock(&pool->lock);
	ticket->fresh = false;
	ticket->turn = pool_turn(pool, ticket->group);
	list_put(&pool->todo, ticket);
	(void)pthread_cond_signal(&pool->work);
	(void)pthread_mutex_unlock(&pool->lock);
}

void hash_pool_release(struct hash_pool *pool, struct hash_ticket *ticket)
{
	(void)pthread_mutex_lock(&pool->lock);
	cs_wipe(ticket, sizeof(*ticket));
	pool->counts.waiting--;
	(void)pthread_mutex_unlock(&pool->lock);
}

struct hash_ticket *hash_pool_next(struct hash_pool *pool)
{
	struct hash_ticket *ticket;
	eventfd_t woken;

	(void)eventfd_read(pool->wake, &woken);
	for (;;) {
		(void)pthread_mutex_lock(&pool->lock);
		ticket = list_get(&pool->done);
		if (ticket && clock_now(&pool->settings.clock) >= ticket->deadline)
			ticket->late = true; /* computed, but in vain */
		const bool dead = ticket && (ticket->late || ticket->forgotten);
		pool->counts.late += ticket && ticket->late;
		(void)pthread_mutex_unlock(&pool->lock);
		if (!dead)
			return ticket;
		hash_pool_release(pool, ticket);
	}
}

int hash_pool_fd(const struct hash_pool *pool)
{
	return pool->wake;
}

void hash_pool_forget(struct hash_pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	for (unsigned i = 0; i < pool->settings.places; i++)
		pool->tickets[i].forgotten = pool->tickets[i].taken;
	(void)pthread_mutex_unlock(&pool->lock);
}

struct hash_counts hash_pool_counts(struct hash_pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	const struct hash_counts counts = pool->counts;
	(void)pthread_mutex_unlock(&pool->lock);
	return counts;
}
