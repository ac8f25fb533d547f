/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is known of each algorithm of PIV keys, and how card families number it: the one table of both. Everywhere else
 * an algorithm is its enum piv_alg, which numbers it as SP 800-78-5 and the reference token do, and as our card does
 * where those have no number.
 */
#ifndef COUNTERSIGN_CARDCLIENT_PIV_ALGORITHM_H
#define COUNTERSIGN_CARDCLIENT_PIV_ALGORITHM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/piv.h"

/* Cards that speak alike. A card that is none of the others is taken for the first. */
enum cc_piv_family {
	CC_FAMILY_REFERENCE,   /* SP 800-78-5 and the reference token, and those that follow it (RS-Key, pico-keys) */
	CC_FAMILY_COUNTERSIGN, /* ours: the label that its application has */
	CC_FAMILY_CANOKEY,     /* the name in its ATR's historical bytes; its factory's numbers, which its owner can change */
	CC_FAMILY_TRUSSED,     /* Nitrokey 3 and SoloKeys: the label of trussed's piv-authenticator, which numbers what NIST does not
				  from E0 on in an order of its own */
	CC_FAMILY_COUNT
};

enum cc_piv_kind {
	CC_KIND_RSA,
	CC_KIND_EC,
	CC_KIND_SM2,
	CC_KIND_ED25519,
	CC_KIND_X25519,
	CC_KIND_MLDSA,
	CC_KIND_MLKEM,
};

struct cc_piv_algorithm {
	enum piv_alg alg;
	enum cc_piv_kind kind;
	unsigned bits;	    /* of an RSA modulus or a curve's field; else 0 */
	size_t public_len;  /* of element 86; RSA: 0 */
	size_t secret_len;  /* of what is imported; RSA: of a prime */
	uint8_t import_tag; /* of the one element of an imported key; RSA: of the first of five */
	size_t result_len;  /* of the longest signature or shared secret */
	uint8_t id[CC_FAMILY_COUNT]; /* on the wire; 0: the family does not have it */
};

/* In the order of PROTOCOL 4.3; NULL behind the last. */
const struct cc_piv_algorithm *cc_piv_algorithm_row(size_t index);
/* NULL for a number that is no asymmetric algorithm. */
const struct cc_piv_algorithm *cc_piv_algorithm(enum piv_alg alg);

/* The number that cards of the family give it. CS_ERR_UNSUPPORTED: they do not have it. */
CS_MUST_CHECK enum cs_err cc_piv_algorithm_id(enum cc_piv_family family, enum piv_alg alg, uint8_t *id);
/* What a number from such a card means; itself where it is none of a key's (a cipher, FF of a PIN), 0 where it is a key's to other
 * families only. */
enum piv_alg cc_piv_algorithm_named(enum cc_piv_family family, uint8_t id);

/* The family, from the label (50) of the application's answer to SELECT, or an empty view, and the ATR. */
enum cc_piv_family cc_piv_family_of(struct cs_view label, struct cs_view atr);

#endif
