/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Before something is destroyed: --yes, or a person who says yes.
 */
#ifndef COUNTERSIGN_TOOLS_CONFIRM_H
#define COUNTERSIGN_TOOLS_CONFIRM_H

#include "tools/cli.h"

/* what: a sentence that says what will be lost. False: nobody agreed, an error was told. The verb must have
 * --yes. */
CS_MUST_CHECK bool confirm(const struct cli *cli, const char *what, enum cli_status *status);

#define CONFIRM_OPTION                                                                                       \
	{                                                                                                    \
		"yes", NULL, "do not ask before something is erased"                                         \
	}

#endif
