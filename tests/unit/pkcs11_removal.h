/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The operations that talk to a card, for pkcs11_removal_test.c: one row or more for each function that does.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_PKCS11_REMOVAL_H
#define COUNTERSIGN_TESTS_UNIT_PKCS11_REMOVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "pkcs11/pkcs11.h"

enum start {
	START_FRESH, /* initialised */
	START_OPEN,  /* and a session */
	START_USER,  /* and the user logged in */
	START_OFFICER,
};

struct operation_row {
	const char *function, *what;
	enum start start;
	CK_RV (*prepare)(void); /* to where it begins; NULL: nothing */
	CK_RV (*operation)(void);
	CK_RV rv;		/* where nothing goes wrong */
	unsigned pins;		/* commands with a PIN that it may send */
	unsigned wrong_pins;	/* of them, tries that are meant to be lost */
	bool loses_key;		/* the key P11_KEY_ONCE may be gone after it */
	bool changes_pins;
	bool ends_module;
	void (*recover)(void); /* NULL: a login and a signature */
};

extern const struct operation_row operation_rows[];
extern const size_t operation_row_count;

/* Puts what the rows need on the token of session, beside p11_token_make's keys: an RSA key 3, a certificate, data. */
bool removal_objects(void);

#endif
