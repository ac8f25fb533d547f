/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What fork waits for.
 *
 *   outside --gate_enter--> inside --gate_leave--> outside
 *   inside --gate_away--> outside --gate_back--> inside
 *
 * Invariants:
 *  1. From the end of gate_fork_begins until the fork is made nobody is inside, but perhaps the thread that
 * forks.
 *  2. While a fork waits nobody enters: threads that call without pause do not keep it out.
 *  3. A fork does not wait for the thread that makes it, nor for one inside that forks as well.
 *  4. In the child nobody is inside.
 */
#include "pkcs11/gate.h"

#define GATE_NEW                                                                                             \
	{                                                                                                    \
		PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0                                 \
	}

/* Its lock is never held while one waits for anything else, fork included. */
static struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned inside;  /* threads, without those that fork */
	unsigned forks;	  /* threads between gate_fork_begins and gate_fork_done */
	unsigned waiting; /* those of them that wait */
} gate = GATE_NEW;

static _Thread_local bool inside;

/* With the lock held. */
static void enter_when_open(void)
{
	while (gate.forks > 0)
		(void)pthread_cond_wait(&gate.changed, &gate.lock);
	gate.inside++;
}

void gate_enter(void)
{
	(void)pthread_mutex_lock(&gate.lock);
	enter_when_open();
	(void)pthread_mutex_unlock(&gate.lock);
	inside = true;
}

void gate_leave(void)
{
	inside = false;
	(void)pthread_mutex_lock(&gate.lock);
	if (--gate.inside == 0 && gate.forks > 0)
		(void)pthread_cond_broadcast(&gate.changed);
	(void)pthread_mutex_unlock(&gate.lock);
}

bool gate_away(void)
{
	bool was_inside = inside;

	if (was_inside)
		gate_leave();
	return was_inside;
}

void gate_back(bool was_inside)
{
	if (was_inside)
		gate_enter();
}

void gate_lock(pthread_mutex_t *lock)
{
	bool was_inside;

	if (pthread_mutex_trylock(lock) == 0)
		return;
	was_inside = gate_away();
	(void)pthread_mutex_lock(lock);
	gate_back(was_inside);
}

void gate_fork_begins(void)
{
	(void)pthread_mutex_lock(&gate.lock);
	gate.forks++;
	if (inside && --gate.inside == 0)
		(void)pthread_cond_broadcast(&gate.changed);
	gate.waiting++;
	while (gate.inside > 0)
		(void)pthread_cond_wait(&gate.changed, &gate.lock);
	gate.waiting--;
	(void)pthread_mutex_unlock(&gate.lock);
}

void gate_fork_done(void)
{
	(void)pthread_mutex_lock(&gate.lock);
	if (--gate.forks == 0)
		(void)pthread_cond_broadcast(&gate.changed);
	if (inside)
		enter_when_open();
	(void)pthread_mutex_unlock(&gate.lock);
}

void gate_forked(void)
{
	gate = (struct gate)GATE_NEW;
	inside = false;
}

unsigned gate_waited_for(void)
{
	unsigned waiting;

	(void)pthread_mutex_lock(&gate.lock);
	waiting = gate.waiting;
	(void)pthread_mutex_unlock(&gate.lock);
	return waiting;
}
