/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Asking before something is destroyed (confirm.h).
 */
#include "tools/confirm.h"

#include <stdio.h>

#include "tools/prompt.h"

bool confirm(const struct cli *cli, const char *what, enum cli_status *status)
{
	char question[512];

	if (cli_flag(cli, "yes"))
		return true;
	snprintf(question, sizeof question, "%s\nGo on? (yes/no) ", what);
	if (prompt_confirm(question))
		return true;
	*status = cli_fail(cli, CLI_REFUSED, "cancelled",
			   "nothing was changed; answer \"yes\", or give --yes, to go on");
	return false;
}
