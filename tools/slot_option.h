/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The option --slot, which the key and cert verbs share.
 */
#ifndef COUNTERSIGN_TOOLS_SLOT_OPTION_H
#define COUNTERSIGN_TOOLS_SLOT_OPTION_H

#include "tools/cli.h"
#include "tools/names.h"

#define SLOT_OPTION                                                                                          \
	{                                                                                                    \
		"slot", "SLOT", "9a (default), 9c, 9d, 9e, 82 to 95, or a name such as signature"            \
	}

/* The slot of --slot, or of text where that is not NULL. False: a usage error was told. */
CS_MUST_CHECK bool slot_read(const struct cli *cli, const char *text, uint8_t *slot, enum cli_status *status);

#endif
