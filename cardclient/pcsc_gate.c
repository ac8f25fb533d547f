/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libpcsclite and fork. The library has one lock for all, which it holds while it talks to pcscd about a new
 * or an ending context: a child that is made meanwhile finds it held by a thread that it does not have, and
 * hangs at its first call. So those calls hold the gate, and fork waits for who is inside: GATE_SECONDS at
 * most, which is much longer than a pcscd that answers takes on a machine that has much else to do, and no
 * longer than a person waits for a program that stands still. After them fork goes on, and a child that uses
 * PC/SC before it executes another program may hang; pcscd has hung before it. Calls that may take long (a
 * wait, a transaction that someone else holds, a command) take the library's lock only for the moment in
 * which they look up their handle, when they begin: fork waits for those that began less than MOMENT_NS ago,
 * and not for the rest.
 */
#include "cardclient/pcsc.h"
#include "cardclient/usb_lib.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define GATE_SECONDS 20
#define MOMENT_NS    50000000L
#define NS_A_SECOND  1000000000L
#define GATE_NEW     PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP

static pthread_rwlock_t gate = GATE_NEW;
static pthread_once_t gate_once = PTHREAD_ONCE_INIT;
static _Thread_local bool gate_shut; /* by this thread, which forks: several may at once */

/* Long calls under way, the latest first. */
static pthread_mutex_t long_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t long_less = PTHREAD_COND_INITIALIZER;
static struct pcsc_long *longs;

void pcsc_long_enter(struct pcsc_long *call)
{
	pcsc_gate_enter();
	(void)pthread_mutex_lock(&long_lock);
	/* With the lock held: the latest of the list is the latest. */
	(void)clock_gettime(CLOCK_MONOTONIC, &call->began);
	call->next = longs;
	longs = call;
	(void)pthread_mutex_unlock(&long_lock);
	pcsc_gate_leave();
}

void pcsc_long_leave(const struct pcsc_long *call)
{
	struct pcsc_long **at = &longs;

	(void)pthread_mutex_lock(&long_lock);
	/* In a child that was made within the call the list began anew. */
	while (*at != NULL && *at != call)
		at = &(*at)->next;
	if (*at != NULL)
		*at = call->next;
	(void)pthread_cond_broadcast(&long_less);
	(void)pthread_mutex_unlock(&long_lock);
}

static void wait_for_beginners(void)
{
	int rv = 0;

	(void)pthread_mutex_lock(&long_lock);
	/* None can begin meanwhile: after the time of the latest all are old. */
	while (longs != NULL && rv != ETIMEDOUT) {
		struct timespec old = longs->began;

		old.tv_nsec += MOMENT_NS;
		if (old.tv_nsec >= NS_A_SECOND) {
			old.tv_nsec -= NS_A_SECOND;
			old.tv_sec++;
		}
		rv = pthread_cond_clockwait(&long_less, &long_lock, CLOCK_MONOTONIC, &old);
	}
	(void)pthread_mutex_unlock(&long_lock);
}

static void gate_shut_for_fork(void)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += GATE_SECONDS;
	gate_shut = pthread_rwlock_clockwrlock(&gate, CLOCK_MONOTONIC, &end) == 0;
	if (gate_shut)
		wait_for_beginners();
}

static void gate_open_in_parent(void)
{
	if (gate_shut)
		(void)pthread_rwlock_unlock(&gate);
}

static void gate_open_in_child(void)
{
	gate = (pthread_rwlock_t)GATE_NEW;
	(void)pthread_mutex_init(&long_lock, NULL);
	(void)pthread_cond_init(&long_less, NULL);
	longs = NULL;
}

static void gate_register(void)
{
	/* Without memory for it a fork is as it would be without us. */
	(void)pthread_atfork(gate_shut_for_fork, gate_open_in_parent, gate_open_in_child);
	usb_lib_forks_expect();
}

void cc_forks_expect(void)
{
	(void)pthread_once(&gate_once, gate_register);
}

void pcsc_gate_enter(void)
{
	(void)pthread_rwlock_rdlock(&gate);
}

void pcsc_gate_leave(void)
{
	(void)pthread_rwlock_unlock(&gate);
}

/* A program with more rights than its user lets him name no socket: not every release of libpcsclite cares.
 */
bool pcsc_service_of_the_user(void)
{
	return getenv(PCSC_SOCKET_VARIABLE) != NULL && secure_getenv(PCSC_SOCKET_VARIABLE) == NULL;
}

LONG pcsc_context_new(SCARDCONTEXT *out)
{
	LONG rv;

	if (pcsc_service_of_the_user())
		return SCARD_E_NO_SERVICE;
	pcsc_gate_enter();
	rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, out);
	pcsc_gate_leave();
	return rv;
}

void pcsc_context_free(SCARDCONTEXT context)
{
	pcsc_gate_enter();
	(void)SCardReleaseContext(context);
	pcsc_gate_leave();
}
