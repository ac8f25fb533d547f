/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What key generate and key import have in common.
 */
#ifndef COUNTERSIGN_TOOLS_KEY_OPTIONS_H
#define COUNTERSIGN_TOOLS_KEY_OPTIONS_H

#include "cardclient/piv.h"
#include "tools/cli.h"

#define POLICY_OPTIONS                                                                                       \
	{"pin-policy", "WHEN", "the key asks for the PIN: never, once, always"},                             \
	{                                                                                                    \
		"touch-policy", "WHEN", "the key asks for a touch: never, always, cached"                    \
	}

/* --pin-policy and --touch-policy. False: a usage error was told. */
CS_MUST_CHECK bool key_policy_read(const struct cli *cli, struct cc_piv_policy *policy,
				   enum cli_status *status);

/* Asks where the slot holds a key that would be replaced (PIV is selected). False: refused, and told. */
CS_MUST_CHECK bool key_replace_confirm(const struct cli *cli, struct cc_card *card, uint8_t slot,
				       enum cli_status *status);

#endif
