/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign key import: a verb of key.c's table.
 */
#ifndef COUNTERSIGN_TOOLS_KEY_IMPORT_H
#define COUNTERSIGN_TOOLS_KEY_IMPORT_H

#include "tools/cli.h"

extern const struct cli_option key_import_options[];

enum cli_status key_import(struct cli *cli);

#endif
