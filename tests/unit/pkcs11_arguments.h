/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every function of PKCS #11 3.2 as a row: what kinds of arguments it takes, and how to call it with an array of them.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_PKCS11_ARGUMENTS_H
#define COUNTERSIGN_TESTS_UNIT_PKCS11_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "pkcs11/pkcs11.h"

#define ARGUMENTS_MAX 10u

union argument {
	CK_ULONG number;
	void *pointer;
};

/* What has to be under way for the function to look at its arguments. */
enum prepare {
	NOTHING,
	FINDING,
	ENCRYPTING,
	DECRYPTING,
	DIGESTING,
	SIGNING,
	SIGNING_TO_RECOVER,
	VERIFYING,
	VERIFYING_TO_RECOVER,
	VERIFYING_A_SIGNATURE,
	ENCRYPTING_MESSAGES,
	DECRYPTING_MESSAGES,
	SIGNING_MESSAGES,
	VERIFYING_MESSAGES,
	PREPARES
};

/* To a card: FREE never does, whatever its arguments, and is shown not to; CARD has a row in pkcs11_removal_table.c. */
enum talks { FREE, CARD };

/* kinds has a letter for each argument:
 *   s session    d slot      k key or object   g any number       f flags       u user type
 *   b bytes in   n their length                p a PIN in, its length is n too
 *   o bytes out  l pointer to their length, or to a count
 *   t template   c its count                   m mechanism        q parameter of a message
 *   h pointer to a handle out                  x pointer to something else, that must be there
 *   v reserved: must be NULL                   y callback: NULL           z pointer, NULL allowed
 *   i C_Initialize's arguments                 w flags of C_WaitForSlotEvent, which must not block
 * with for what the mechanism and the key in the arguments are. */
struct function {
	const char *name;
	const char *kinds;
	enum prepare prepare, with;
	enum talks talks;
	CK_RV (*call)(const union argument *a);
};

extern const struct function functions[];
extern const size_t function_count;

/* cmocka set-up of a group: a token with EC, RSA and AES keys over transport_card, and a session that is logged in. */
extern CK_SESSION_HANDLE session;
int arguments_setup(void **state);
int arguments_teardown(void **state);
/* The session as it was, whatever the last call did: open, logged in, no operation under way. */
void revive(void);
void assert_works(void);

/* From now on keys are, where there can be such, secret keys that the card holds; or no longer. */
void arguments_of_card(bool on);

/* Begins the operation. */
CK_RV prepare(enum prepare what);
/* Right arguments of every kind. */
void all_right(const struct function *f, union argument *a);

/* Memory of a call: zeros, or a copy; of just this size, until blocks_free, which leaves the first ones. */
#define OUT_LEN 1024u /* bytes behind each pointer to a result */
void *block(size_t len);
void *block_of(const void *bytes, size_t len);
size_t blocks_used(void);
void blocks_free(size_t but);
CK_MECHANISM *mechanism_of(CK_MECHANISM_TYPE type, const void *parameter, CK_ULONG len);
CK_OBJECT_HANDLE key_for(enum prepare what);
/* Of ML-KEM; 0 where libcrypto has none. */
CK_OBJECT_HANDLE key_for_kem(bool public);

/* A call of a function with a template that does what the function is there for; every function that takes one has a row. */
struct whole {
	const char *name, *what; /* the function; with what it does it */
	unsigned at;		 /* the template that whole_add adds to: its first or its second */
	void (*fill)(const struct function *f, union argument *a);
};

extern const struct whole wholes[];
extern const size_t whole_count;

/* Its arguments; NULL where libcrypto has no such keys. */
const struct function *whole_right(const struct whole *w, union argument *a);
/* One attribute more at the template's end. */
void whole_add(const struct whole *w, const struct function *f, union argument *a, CK_ATTRIBUTE more);
/* Destroys what the call has made, ends what it has begun. */
void whole_undo(const struct function *f, const union argument *a);

#endif
