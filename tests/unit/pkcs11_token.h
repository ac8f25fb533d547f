/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of what is made on a token: one with nothing on it, over tests/lib/transport_card.h.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_PKCS11_TOKEN_H
#define COUNTERSIGN_TESTS_UNIT_PKCS11_TOKEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/slot.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

#define SO_PIN	 P11_SO_PIN
#define USER_PIN P11_USER_PIN

#define CERTIFICATE_MAX	      1024u
#define LARGE_CERTIFICATE_MIN 3072u
#define LARGE_CERTIFICATE_MAX (LARGE_CERTIFICATE_MIN + CERTIFICATE_MAX)

/* The session of begin_session and of what follows; a test may open it anew. */
extern CK_SESSION_HANDLE session;

/* cmocka set-up: an initialised token with a user PIN and nothing on it, and a session with the user logged
 * in. */
int token_setup(void **state);
int token_teardown(void **state);

void begin_session(CK_FLAGS flags);
CK_RV log_in(CK_USER_TYPE user, const char *pin);

/* Makes a key; each CKR_OK but generate's. An empty template is NULL, 0. */
CK_RV generate(CK_MECHANISM_TYPE type, CK_ATTRIBUTE *public_template, CK_ULONG public_count,
	       CK_ATTRIBUTE *private_template, CK_ULONG private_count, CK_OBJECT_HANDLE *public_key,
	       CK_OBJECT_HANDLE *private_key);
/* A P-256 key in the slot of this CKA_ID (0: the first free one). */
CK_OBJECT_HANDLE make_p256(CK_BYTE id);

/* A certificate valid from 2024-02-29 to 2051-12-31, for the key with this SubjectPublicKeyInfo or (empty)
 * its maker's own; of a CA or not. Borrowed until the next call. */
struct cs_view make_certificate(const char *name, struct cs_view spki, bool ca);
/* One whose bytes nothing makes fewer, in room for LARGE_CERTIFICATE_MAX. */
struct cs_view make_large_certificate(const char *name, struct cs_view spki, uint8_t *out, size_t room);
/* Writes it to the token; id 0: without CKA_ID. */
CK_RV write_certificate(struct cs_view der, CK_BYTE id, CK_OBJECT_HANDLE *object);

/* All objects of the class (CK_UNAVAILABLE_INFORMATION: of any), at most 32. */
CK_ULONG find_class(CK_OBJECT_CLASS class, CK_OBJECT_HANDLE found[32]);
CK_ULONG find_all(CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE found[32]);

/* After C_Finalize: the handle of what is in the same place as what had this one before. */
CK_OBJECT_HANDLE fetch_anew(CK_OBJECT_HANDLE before);

/* The value of an attribute that is no longer than 2048 bytes; borrowed until the next call. */
struct cs_view attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
CK_ULONG attribute_ulong(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
CK_BBOOL attribute_bool(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

#endif
