/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What fork waits for. A thread is inside while it runs the module's own code or libcrypto's, where it may hold a lock
 * that the child would inherit locked, with nobody to give it back; and away while it waits for something that may take
 * long: a card, a reader, their service, another call. fork waits for those inside, without a limit of time, and not
 * for those away.
 *
 * Whoever is inside waits only for locks whose holders do not wait themselves.
 */
#ifndef COUNTERSIGN_PKCS11_GATE_H
#define COUNTERSIGN_PKCS11_GATE_H

#include <pthread.h>
#include <stdbool.h>

/* Not within one another. gate_enter waits while a fork is under way. */
void gate_enter(void);
void gate_leave(void);

/* Around what may take long, in any thread: bool was = gate_away(); ...; gate_back(was). */
bool gate_away(void);
void gate_back(bool was_inside);

/* Takes a lock that may be held for long: away meanwhile. */
void gate_lock(pthread_mutex_t *lock);

/* For pthread_atfork. */
void gate_fork_begins(void);
void gate_fork_done(void);
void gate_forked(void);

/* For tests: forks that wait for a thread to leave, now. */
unsigned gate_waited_for(void);

struct cc_backend;
/* The same transport, whose every function is away. Of one at a time. */
const struct cc_backend *gate_transport(const struct cc_backend *transport);

#endif
