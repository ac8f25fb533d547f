/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the parsers of the Countersign application's answers share.
 */
#ifndef COUNTERSIGN_CARDCLIENT_CSGN_PRIVATE_H
#define COUNTERSIGN_CARDCLIENT_CSGN_PRIVATE_H

#include "base/bytes.h"

/* The value as a string in text, which has size bytes. CS_ERR_MALFORMED: too long, or with a NUL in it. */
CS_MUST_CHECK enum cs_err cc_take_text(struct cs_view value, char *text, size_t size);

#endif
