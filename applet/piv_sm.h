/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIV secure messaging (SP 800-73-5 part 2, section 4): cipher suites CS2 (27: P-256, AES-128, SHA-256) and CS7 (2E: P-384,
 * AES-256, SHA-384). The key is in slot 04, its card verifiable certificate in object 5FFF04, the certificate of who
 * signed that in 5FC122.
 */
#ifndef COUNTERSIGN_APPLET_PIV_SM_H
#define COUNTERSIGN_APPLET_PIV_SM_H

#include "applet/piv_management.h"
#include "applet/sm.h"

#define PIV_SM_CVC_MAX 512u

struct piv_sm_suite {
	uint8_t id;		/* 27, 2E: in GENERATE, GENERAL AUTHENTICATE and SELECT's answer */
	enum piv_alg curve;
	enum cs_hash hash;
	uint8_t coordinate;	/* bytes */
	uint8_t key_len;	/* of the session's keys */
	uint8_t nonce_len;
	uint8_t algorithm;	/* as OtherInfo names the use of each of the keys */
	struct cs_view curve_oid, signature_oid; /* DER contents */
};

/* NULL for another. */
const struct piv_sm_suite *piv_sm_suite_find(uint8_t id);

/* The key as it is stored. CS_ERR_NOT_FOUND: there is none. */
struct piv_sm_key {
	const struct piv_sm_suite *suite;
	uint8_t record[320]; /* suite, length of the private part (2), private part, public part; wipe it */
	struct cs_view priv, pub;
};
CS_MUST_CHECK enum cs_err piv_sm_key_load(struct card *card, struct piv_sm_key *key);

/* The id of the suite of the card's key, or 0. */
uint8_t piv_sm_suite_of(struct card *card);

/* GENERATE for slot 04: a new key, and a certificate for it that the attestation key signs (its own certificate goes to
 * 5FC122); an issuer may put others in their place. CS_ERR_STATE where the attestation key is not one of ECDSA. */
CS_MUST_CHECK enum cs_err piv_sm_generate(struct card *card, uint8_t suite, struct cs_writer *out);

/* GENERAL AUTHENTICATE with slot 04: establishes the session's keys (4.1). */
CS_MUST_CHECK enum cs_err piv_sm_establish(struct card *card, struct channel *channel, uint8_t suite,
					   const struct piv_template *t, struct cs_writer *out);

/* VERIFY, with P2 98 too, the pairing code: in a session only; the virtual contact interface is then open. */
app_handler piv_sm_verify;

/* As scp03.h has them. *sw: 6987 where objects are missing, 6988 where they are wrong. */
uint16_t piv_sm_unwrap(struct card *card, struct piv_sm_session *session, struct cs_apdu *cmd);
CS_MUST_CHECK enum cs_err piv_sm_wrap(struct card *card, struct piv_sm_session *session, uint16_t sw, size_t *len);

#endif
