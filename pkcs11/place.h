/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What was last seen in each place of the card that has handles. Another program may delete what a place holds and make something
 * else there: the place's generation, which the handle carries, then moves, so that a handle of the old one is none of the new.
 */
#ifndef COUNTERSIGN_PKCS11_PLACE_H
#define COUNTERSIGN_PKCS11_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "pkcs11/datastore.h"
#include "pkcs11/keystore.h"
#include "pkcs11/object.h"
#include "pkcs11/otps.h"
#include "pkcs11/secrets.h"

/* That a handle has room for. */
#define PLACE_GENERATIONS (sizeof(CK_ULONG) > 4 ? UINT64_C(1) << 32 : UINT64_C(1) << 12)
#define PLACE_FORMS	  2u

/* By what was drawn when it was made, by its public key, or by its contents. */
enum how { BY_NOTHING, BY_UNIQUE, BY_KEY, BY_CONTENT, BY_DIGEST };

struct identity {
	enum how how;
	uint8_t digest[32];
};

/* What is known of an object to tell it apart by, the better first. */
struct identities {
	struct identity by[PLACE_FORMS];
};

struct place {
	bool given; /* a handle of this generation */
	uint32_t generation;
	struct identities seen;
	bool looked; /* at just these copies of a key and its certificate (keystore.h), 0 where there is none */
	unsigned copies[2];
	unsigned asked; /* the token's disturbances when another vendor's card was last asked whether it is the same */
};

struct places {
	struct place keys[KEYSTORE_SLOTS]; /* of both halves */
	struct place certificates[KEYSTORE_SLOTS];
	struct place data[DATASTORE_SLOTS];
	struct place secrets[SECRETS_MAX];
	struct place otps[OTPS_MAX];
};

/* By what is known; no command is sent. CS_ERR_MEMORY or the like of the hash's. */
CS_MUST_CHECK enum cs_err place_identities(const struct token *token, struct object object,
					   struct identities *out);
/* The generation of what is there by what is known, 0 where the kind has none: moved first if it is no longer what was seen. */
CS_MUST_CHECK enum cs_err place_generation(struct token *token, struct object object, unsigned *out);
/* As place_generation; the caller is given a handle of it. */
unsigned place_given(struct token *token, struct object object);
/* As place_given, for a use that goes on; and whether that is there still. CS_ERR_NOT_FOUND: it is not. */
struct meant place_meant(struct token *token, struct object object);
CS_MUST_CHECK enum cs_err place_still(struct token *token, const struct meant *meant);
/* Whether another program was seen to have used another vendor's card since the place was asked about; and: it is now. */
bool place_doubtful(struct token *token, struct object object);
void place_asked(struct token *token, struct object object);
/* It was told apart by something, and now there is nothing to do that by. */
bool place_hides(struct token *token, struct object object);
/* What the handles meant is gone: they are good for nothing any more. */
void place_gone(struct token *token, struct object object);
/* We have changed the object ourselves: it is the same. */
void place_changed(struct token *token, struct object object);

#endif
