/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Command and response APDUs (ISO/IEC 7816-4, 5.1): one builder and one parser, parse(build(x)) = x.
 */
#ifndef COUNTERSIGN_BASE_APDU_H
#define COUNTERSIGN_BASE_APDU_H

#include "base/bytes.h"

#define CS_APDU_SHORT_DATA_MAX 255u   /* Lc of a short command */
#define CS_APDU_SHORT_NE_MAX   256u   /* Ne of a short command */
#define CS_APDU_DATA_MAX       65535u /* Lc of an extended command */
#define CS_APDU_NE_MAX         65536u /* Ne of an extended command */
/* Header, 3 bytes Lc, data, 2 bytes Le: the longest command there is. */
#define CS_APDU_COMMAND_MAX    (4u + 3u + CS_APDU_DATA_MAX + 2u)

struct cs_apdu {
	uint8_t cla, ins, p1, p2;
	struct cs_view data; /* borrowed; empty: no Lc field */
	uint32_t ne;         /* bytes expected at most: 0 (no Le field) to 65536 */
	bool extended;       /* the length fields are (to be) extended */
};

/* Parses a whole command in any of the seven cases (1, 2S, 3S, 4S, 2E, 3E, 4E). Le of 0 becomes 256 or 65536.
 * Where Lc is present and 0 (as some hosts send VERIFY), data is empty. out->data borrows from raw.
 * CS_ERR_MALFORMED where the lengths do not add up. */
CS_MUST_CHECK enum cs_err cs_apdu_parse(struct cs_view raw, struct cs_apdu *out);

/* Writes the command. CS_ERR_ARG where data or ne does not fit the form that extended asks for; CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err cs_apdu_build(const struct cs_apdu *cmd, struct cs_writer *w);

struct cs_response {
	struct cs_view data; /* borrowed */
	uint16_t sw;
};

/* CS_ERR_MALFORMED below two bytes. out->data borrows from raw. */
CS_MUST_CHECK enum cs_err cs_response_parse(struct cs_view raw, struct cs_response *out);

#endif
