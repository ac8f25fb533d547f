/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For the test of threads: one that calls the module, among others that log in and out, make and destroy.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_PKCS11_WORKER_H
#define COUNTERSIGN_TESTS_UNIT_PKCS11_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "pkcs11/pkcs11.h"

struct worker;
typedef void worker_action(struct worker *w, CK_SESSION_HANDLE s);

/* What a thread does, and what it met that it should not have. */
struct worker {
	pthread_t thread;
	unsigned number;
	worker_action *const *actions;
	size_t count;
	CK_RV unexpected;
	const char *where;
	bool shaky; /* the card comes and goes */
};

/* True where the call did its work; what is not expected is kept. */
bool went(struct worker *w, const char *where, CK_RV rv);
/* That a call did its work, and came to something else than it should have. */
void wrong(struct worker *w, const char *where);

/* With keys of every kind, which all threads share (worker_keys_make), and with some that each makes for itself. */
extern worker_action *const worker_key_actions[];
extern const size_t worker_key_action_count;

/* Those that the user of another vendor's card can do; and what its administrator does all by himself. */
extern worker_action *const worker_foreign_actions[];
extern const size_t worker_foreign_action_count;
void worker_administers(struct worker *w, CK_SESSION_HANDLE s);

/* The user is logged in, and the token has the keys of p11_token_make; false where a step failed. */
bool worker_keys_make(CK_SESSION_HANDLE s);
/* The same on another vendor's card, by its administrator; the user, who was logged in, is again. */
bool worker_foreign_keys_make(CK_SESSION_HANDLE s);
/* How often each action did all of its work, since the keys were made: the least. */
unsigned worker_keys_done(void);

/* Of a card with OATH alone: what its user can do by a key that all share, and what he does who logs in for each password and finds the
 * key anew. */
extern worker_action *const worker_oath_actions[];
extern const size_t worker_oath_action_count;
void worker_logs_in_for_password(struct worker *w, CK_SESSION_HANDLE s);
bool worker_oath_make(CK_SESSION_HANDLE s);
/* How many passwords they say were made; and the next one. */
unsigned worker_passwords_done(void);
CK_RV worker_next_password(CK_SESSION_HANDLE s, char code[7]);

/* Before the work of worker_administers, and how often it was done whole. */
void worker_pairs_begin(void);
unsigned worker_pairs_done(void);

#endif
