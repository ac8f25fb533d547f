/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign key attest: a verb of key.c's table.
 */
#ifndef COUNTERSIGN_TOOLS_KEY_ATTEST_H
#define COUNTERSIGN_TOOLS_KEY_ATTEST_H

#include "tools/cli.h"

extern const struct cli_option key_attest_options[];

enum cli_status key_attest(struct cli *cli);

#endif
