/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates that the card issues with one of its keys. One is written from front to back: begin, then its issuer,
 * validity and subject as the caller has them, then key, extensions, end. So no part of it is ever held twice.
 */
#ifndef COUNTERSIGN_APPLET_PIV_CERTIFICATE_H
#define COUNTERSIGN_APPLET_PIV_CERTIFICATE_H

#include "applet/piv_key.h"

#define CERTIFICATE_KEY_ID_LEN 20u

struct certificate {
	struct card *card;
	struct cs_writer *w;
	const struct piv_algorithm *signer;
	size_t outer, tbs, start; /* marks in w */
};

/* Version, serial number (random), signature algorithm. CS_ERR_STATE where keys of this algorithm do not sign.
 * w is borrowed until the end. */
CS_MUST_CHECK enum cs_err certificate_begin(struct certificate *c, struct card *card, struct cs_writer *w,
					    uint8_t signer);

/* Valid from the beginning of 2025 to the end of time (RFC 5280, 4.1.2.5). */
void certificate_validity(struct certificate *c);

/* SubjectPublicKeyInfo of a key with this public part. */
void certificate_key(struct certificate *c, uint8_t algorithm, struct cs_view pub);

/* Identifier of a key: the first bytes of a SHA-256 (RFC 7093, 2, method 1). */
CS_MUST_CHECK enum cs_err certificate_key_id(const struct card *card, struct cs_view pub,
					     uint8_t id[CERTIFICATE_KEY_ID_LEN]);

/* Firmware version and serial number of the card: the reference token's extensions .3 and .7. */
void certificate_device(struct certificate *c);

/* PIN and touch policy of a key: extension .8. */
void certificate_policy(struct certificate *c, uint8_t pin_policy, uint8_t touch_policy);

/* Closes what begin opened, and signs. */
CS_MUST_CHECK enum cs_err certificate_end(struct certificate *c, const struct piv_key *signer);

#endif
