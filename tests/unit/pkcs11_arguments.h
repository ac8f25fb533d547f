/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every function of PKCS #11 3.2 as a row: what kinds of arguments it takes, and how to call it with an array of them.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_PKCS11_ARGUMENTS_H
#define COUNTERSIGN_TESTS_UNIT_PKCS11_ARGUMENTS_H

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
	CK_RV (*call)(const union argument *a);
};

extern const struct function functions[];
extern const size_t function_count;

#endif
