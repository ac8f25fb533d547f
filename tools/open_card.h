/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card that a command is about: the one in --reader, else the only one there.
 */
#ifndef COUNTERSIGN_TOOLS_OPEN_CARD_H
#define COUNTERSIGN_TOOLS_OPEN_CARD_H

#include "cardclient/card.h"
#include "tools/cli.h"

struct open_card {
	struct cc_context *ctx;
	struct cc_card *card;
};

/* The transport that COUNTERSIGN_TRANSPORT names. False: an error was told, and *status says which. */
CS_MUST_CHECK bool context_open(const struct cli *cli, struct cc_context **out, enum cli_status *status);

/* Connects, and begins a transaction that card_close ends. False: an error was told, and *status says which.
 */
CS_MUST_CHECK bool card_open(const struct cli *cli, struct open_card *out, enum cli_status *status);
void card_close(struct open_card *open);

/* Tells that the card in this reader cannot be had ("": that there is no reader), with the transport's own word on why, where it has one. */
enum cli_status reader_fail(const struct cli *cli, struct cc_context *ctx, const char *reader, enum cs_err err, const char *doing);

/* Runs with the card open: most verbs are one such function. */
enum cli_status card_run(struct cli *cli, enum cli_status (*run)(struct cli *cli, struct cc_card *card));

#endif
