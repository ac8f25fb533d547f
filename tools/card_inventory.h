/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a Countersign card holds, as JSON and as lines.
 */
#ifndef COUNTERSIGN_TOOLS_CARD_INVENTORY_H
#define COUNTERSIGN_TOOLS_CARD_INVENTORY_H

#include "cardclient/csgn.h"
#include "cardclient/inventory.h"
#include "tools/cli.h"

/* The card's lists "keys", "secrets", "objects" and "credentials"; selects the Countersign application. NULL: an error was told,
 * and *status says which. */
json_t *inventory_read(const struct cli *cli, struct cc_card *card, struct cc_inventory *inv, enum cli_status *status);

/* A line for each entry of data's list: title, then what stands under name. */
void inventory_entries_text(const json_t *data, const char *list, const char *title, const char *name);

enum cli_status card_inventory(struct cli *cli);

#endif
