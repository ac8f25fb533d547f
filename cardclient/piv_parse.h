/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Parsers of what a PIV card answers. No card is needed: for piv.c, and for tests and fuzzers. Everything
 * from a card is untrusted: any bytes are taken, and either parse or give CS_ERR_MALFORMED.
 */
#ifndef COUNTERSIGN_CARDCLIENT_PIV_PARSE_H
#define COUNTERSIGN_CARDCLIENT_PIV_PARSE_H

#include "cardclient/piv.h"

/* The application property template (61) that SELECT answers; the ATR helps to tell the card's family. */
CS_MUST_CHECK enum cs_err cc_piv_parse_select(struct cs_view answer, struct cs_view atr, struct cc_piv_info *out);

/* The contents of 7F49. alg: what was asked for, which lengths must then fit; 0: RSA by its size, and a point
 * alone leaves out->alg at 0. */
CS_MUST_CHECK enum cs_err cc_piv_parse_public(struct cs_view contents, enum piv_alg alg,
					      struct cc_piv_public *out);

CS_MUST_CHECK enum cs_err cc_piv_parse_metadata(struct cs_view answer, enum cc_piv_family family,
						struct cc_piv_metadata *out);

/* The content of a certificate object. *certificate borrows from it. CS_ERR_NOT_FOUND: it holds none. */
CS_MUST_CHECK enum cs_err cc_piv_parse_certificate(struct cs_view content, struct cs_view *certificate,
						   bool *compressed);

/* The element tag of a dynamic authentication template (7C), borrowed from answer. */
CS_MUST_CHECK enum cs_err cc_piv_parse_authentication(struct cs_view answer, uint32_t tag,
						      struct cs_view *value);

#endif
