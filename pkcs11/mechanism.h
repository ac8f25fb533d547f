/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The mechanisms of the module: one row each, which says what key it takes, how it pads, what it hashes with,
 * and what it may be used for.
 */
#ifndef COUNTERSIGN_PKCS11_MECHANISM_H
#define COUNTERSIGN_PKCS11_MECHANISM_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/piv.h"
#include "pkcs11/pkcs11.h"

struct token;

enum scheme {
	SCHEME_DIGEST,
	SCHEME_GENERATE,
	SCHEME_PKCS1, /* PKCS #1 v1.5, of the DigestInfo that the caller brings or (with hash) we make */
	SCHEME_PSS,
	SCHEME_OAEP,
	SCHEME_RSA_AES,
	SCHEME_RAW, /* X.509: the number itself */
	SCHEME_ECDSA,
	SCHEME_SM2,	/* of e */
	SCHEME_SM2_SM3, /* of the message */
	SCHEME_EDDSA,
	SCHEME_ML_DSA,
	SCHEME_HASH_ML_DSA, /* of a digest, the caller's or (with hash) ours */
	SCHEME_ECDH,
	SCHEME_OTP,
	SCHEME_ML_KEM,
	SCHEME_HMAC,
	SCHEME_CMAC,
	SCHEME_ECB, /* AES, this and all below */
	SCHEME_CBC,
	SCHEME_CBC_PAD,
	SCHEME_CTR,
	SCHEME_GCM,
	SCHEME_KEY_WRAP,
	SCHEME_KEY_WRAP_PAD,
};

struct mechanism {
	CK_MECHANISM_TYPE type;
	enum scheme scheme;
	CK_KEY_TYPE key_type;	/* CK_UNAVAILABLE_INFORMATION: takes no key */
	CK_MECHANISM_TYPE hash; /* of the data, or CKM_NONE */
	CK_FLAGS flags;		/* of CK_MECHANISM_INFO; what it may be used for stands here */
	bool general;		/* a MAC that its parameter cuts */
};

/* Whether the mechanism works with keys of this type. */
bool mechanism_takes(const struct mechanism *m, CK_KEY_TYPE type);
/* The same of a pair of this algorithm: SM2's keys are on a curve, but are made for SM2 alone. */
bool mechanism_fits(const struct mechanism *m, enum piv_alg alg);
/* Whether its keys are secret ones, and not halves of a pair. */
bool mechanism_symmetric(const struct mechanism *m);

#define CKM_NONE CK_UNAVAILABLE_INFORMATION

/* m->flags, without what is done with the public key where this libcrypto does not know its kind. */
CK_FLAGS mechanism_flags(const struct mechanism *m);

/* Whether there is a mechanism for keys of this algorithm with one of these flags, and the first one. */
bool mechanism_any(enum piv_alg alg, CK_FLAGS flags, CK_MECHANISM_TYPE *first);

/* NULL where the module does not have it. */
const struct mechanism *mechanism_find(CK_MECHANISM_TYPE type);

/* C_GetMechanismList and C_GetMechanismInfo, for what this token can do. */
CK_RV mechanism_list(struct token *token, CK_MECHANISM_TYPE_PTR out, CK_ULONG_PTR count);
CK_RV mechanism_info(struct token *token, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR out);

/* Appends the types of all mechanisms that take a key of this type, for any of these uses (flags of CK_MECHANISM_INFO). */
void mechanism_write_allowed(enum piv_alg alg, CK_FLAGS usage, struct cs_writer *out);
/* The same for a key type, where the curve is not known. */
void mechanism_write_taking(CK_KEY_TYPE type, CK_FLAGS usage, struct cs_writer *out);

#endif
