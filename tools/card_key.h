/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card's keys as libcrypto and X.509 see them: public keys, requests and certificates that the card signs.
 */
#ifndef COUNTERSIGN_TOOLS_CARD_KEY_H
#define COUNTERSIGN_TOOLS_CARD_KEY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "cardclient/piv.h"

/* The public key for libcrypto, to be freed with EVP_PKEY_free; NULL where libcrypto does not take it. */
EVP_PKEY *card_key_public(const struct cc_piv_public *key);

/* The algorithm of a key of libcrypto's. False: it is none of a card's. */
CS_MUST_CHECK bool card_key_algorithm(const EVP_PKEY *key, enum piv_alg *alg);

/* The key as PEM, to be freed with free; NULL: out of memory. */
char *card_key_pem(EVP_PKEY *key);

/* "/CN=Ada/O=Example": keys as OpenSSL names them, "\/" for a slash in a value. NULL where it does not parse.
 * To be freed with X509_NAME_free. */
X509_NAME *card_key_name(const char *text);

/* What the key in slot signs of message, as in a certificate: RSA (PKCS#1 v1.5) with SHA-256, ECDSA (in DER) with the digest of the
 * curve's size, the others the message itself. PIV is selected and the PIN verified. CS_ERR_UNSUPPORTED for keys
 * that do not sign. */
CS_MUST_CHECK enum cs_err card_key_sign(struct cc_card *card, uint8_t slot, const struct cc_piv_public *key,
					struct cs_view message, struct cs_writer *out);

#define CARD_KEY_DER_MAX 12288u /* holds any request or certificate of these functions */

/* A certification request (PKCS#10, RFC 2986) for the key in slot, signed by it: DER, appended to out. PIV is
 * selected and the PIN verified. CS_ERR_UNSUPPORTED for keys that do not sign. */
CS_MUST_CHECK enum cs_err card_key_request(struct cc_card *card, uint8_t slot,
					   const struct cc_piv_public *key, X509_NAME *subject,
					   struct cs_writer *out);

/* A certificate (RFC 5280) that says of the key what it says of itself, from now on for this many days. */
CS_MUST_CHECK enum cs_err card_key_self_signed(struct cc_card *card, uint8_t slot,
					       const struct cc_piv_public *key, X509_NAME *subject,
					       unsigned days, struct cs_writer *out);

#endif
