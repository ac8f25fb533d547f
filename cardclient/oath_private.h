/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the sources of cc_oath_* share.
 */
#ifndef COUNTERSIGN_CARDCLIENT_OATH_PRIVATE_H
#define COUNTERSIGN_CARDCLIENT_OATH_PRIVATE_H

#include "cardclient/oath.h"

/* A command of this application: its rest is fetched in its own way. */
CS_MUST_CHECK enum cs_err cc_oath_command(struct cc_card *card, const struct cs_apdu *cmd, struct cs_writer *resp);

bool cc_oath_name_fits(struct cs_view name);

/* libcrypto's; NULL for a number that is none. */
const char *cc_oath_hash_name(uint8_t type_hash);

#endif
