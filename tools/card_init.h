/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign card init and reset.
 */
#ifndef COUNTERSIGN_TOOLS_CARD_INIT_H
#define COUNTERSIGN_TOOLS_CARD_INIT_H

#include "tools/cli.h"

enum cli_status card_init(struct cli *cli);
enum cli_status card_reset(struct cli *cli);

#endif
