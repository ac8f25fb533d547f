/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA keys of fixed primes, and all that is done with one through the module, against libcrypto: for tests of one length each.
 */
#ifndef COUNTERSIGN_TESTS_PKCS11_RSA_TRY_H
#define COUNTERSIGN_TESTS_PKCS11_RSA_TRY_H

#include "tests/unit/pkcs11_session.h"

#define K_MAX 512u /* bytes of the longest modulus */

struct rsa_key {
	unsigned bits;
	const char *p, *q; /* primes of half as many, in hexadecimal */
	EVP_PKEY *key;	   /* of rsa_key_make, who made it frees it */
	struct pair pair;
};

/* One of 1024 bits. */
struct rsa_key rsa_key_small(void);
/* Bytes of its modulus. */
size_t rsa_key_len(const struct rsa_key *rsa);

/* libcrypto's, of the two primes. */
void rsa_key_make(struct rsa_key *rsa);
/* Brings it to the token, which sets its pair; and a public key of the session. */
CK_RV rsa_key_bring(struct rsa_key *rsa);
CK_OBJECT_HANDLE rsa_key_public(const struct rsa_key *rsa);

/* With a key whose pair is the token's: what is told of it; PKCS #1 signatures with each hash; the longest text that is padded; PSS with each
 * hash, and no salt, some, and the longest; numbers as they stand, signed, decrypted and recovered; OAEP with each hash and labels, which
 * returns of how many there is no room in the modulus; keys wrapped and unwrapped by each mechanism. */
void rsa_try_told(const struct rsa_key *rsa);
void rsa_try_pkcs1(const struct rsa_key *rsa);
void rsa_try_longest(const struct rsa_key *rsa);
void rsa_try_pss(const struct rsa_key *rsa);
void rsa_try_numbers(const struct rsa_key *rsa);
unsigned rsa_try_oaep(const struct rsa_key *rsa);
void rsa_try_wrapping(const struct rsa_key *rsa);

#endif
