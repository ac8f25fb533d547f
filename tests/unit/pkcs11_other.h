/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the module over tests/unit/pkcs11_token.h: what another program does to the card meanwhile, and how this one learns of it.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_PKCS11_OTHER_H
#define COUNTERSIGN_TESTS_UNIT_PKCS11_OTHER_H

#include "tests/lib/p11_foreign.h"
#include "tests/unit/pkcs11_token.h"

/* A command of its, which succeeds. */
#define OTHER(...)                                                                                           \
	assert_int_equal(transport_card_other(CS_VIEW_OF(((const uint8_t[]){__VA_ARGS__}))), 0x9000)

/* It selects PIV and verifies the user's PIN. */
void other_logs_in(void);
/* A P-256 key in a slot of PIV, over what is there. */
void other_generates(uint8_t slot);
void other_deletes(uint8_t slot);
/* All that was kept of the secret key is lost, what tells it apart too. */
void other_labels_secret(uint8_t number);
/* A data object of the range that is ours: "ab" and value. */
void other_writes_data(uint8_t number, char value);

/* A program that changes something else asks what the card holds; searches and uses alone do not. */
void look(void);
/* The handle of the one object of the class. */
CK_OBJECT_HANDLE the_only(CK_OBJECT_CLASS class);

/* cmocka set-up: another vendor's card with nothing on it, and a session with the administrator logged in by P11_MANAGEMENT_KEY. */
int token_setup_plain(void **state);

#endif
