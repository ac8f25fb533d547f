/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Finds and opens the card that a command is about (open_card.h).
 */
#include "tools/open_card.h"
#include "tools/touch.h"

#include <stdlib.h>
#include <string.h>

bool context_open(const struct cli *cli, struct cc_context **out, enum cli_status *status)
{
	enum cs_err err = cc_context_new(NULL, out);
	if (err == CS_ERR_NO_READER)
		*status =
		    cli_fail(cli, CLI_USAGE, "usage",
			     "COUNTERSIGN_TRANSPORT is \"%s\"; it must be auto, pcsc, usb or socket:PATH",
			     getenv("COUNTERSIGN_TRANSPORT"));
	else if (err)
		*status = cli_fail_err(cli, err, "open the transport to the card");
	return !err;
}

enum cli_status reader_fail(const struct cli *cli, struct cc_context *ctx, const char *reader,
			    enum cs_err err, const char *doing)
{
	char trouble[CC_TROUBLE_MAX];

	return cli_fail_because(cli, err, doing,
				cc_trouble(ctx, reader, err, trouble, sizeof(trouble)) ? trouble : NULL);
}

/* Which reader is meant. False: told. */
static bool reader_choose(const struct cli *cli, struct cc_context *ctx, const struct cc_reader *readers,
			  size_t count, const struct cc_reader **out, enum cli_status *status)
{
	const char *wanted = cli_value(cli, "reader");
	const struct cc_reader *found = NULL;
	const struct cc_reader *empty = NULL;
	char trouble[CC_TROUBLE_MAX];

	for (size_t i = 0; i < count; i++) {
		if (wanted != NULL && strstr(readers[i].name, wanted) == NULL)
			continue;
		if (!readers[i].present) {
			empty = &readers[i];
			continue;
		}
		if (found != NULL && (wanted == NULL || strcmp(found->name, wanted) != 0)) {
			*status = cli_fail(cli, CLI_USAGE, "which_card",
					   "there are cards in \"%s\" and \"%s\"; choose one with --reader",
					   found->name, readers[i].name);
			return false;
		}
		found = &readers[i];
	}
	*out = found;
	if (found != NULL)
		return true;
	if (empty != NULL)
		*status = reader_fail(cli, ctx, empty->name, CS_ERR_NO_CARD, "reach a card");
	else if (wanted != NULL && count > 0 &&
		 !cc_trouble(ctx, "", CS_ERR_NO_READER, trouble, sizeof(trouble)))
		*status = cli_fail(
		    cli, CLI_UNREACHABLE, "no_reader",
		    "there is no reader named \"%s\"; \"countersign card list\" shows those there are",
		    wanted);
	else
		*status = reader_fail(cli, ctx, "", CS_ERR_NO_READER, "reach a card");
	return false;
}

static bool card_connect(const struct cli *cli, struct open_card *out, enum cli_status *status)
{
	struct cc_reader readers[CC_READERS_MAX];
	const struct cc_reader *reader;
	size_t count;

	enum cs_err err = cc_readers(out->ctx, readers, CC_READERS_MAX, &count);
	if (err) {
		*status = cli_fail_err(cli, err, "list the readers");
		return false;
	}
	if (!reader_choose(cli, out->ctx, readers, count, &reader, status))
		return false;
	err = cc_connect(out->ctx, reader->name, &out->card);
	if (!err) {
		cc_card_on_touch(out->card, touch_told, NULL);
		err = cc_begin(out->card);
	}
	if (err)
		*status = reader_fail(cli, out->ctx, reader->name, err, "reach the card");
	return !err;
}

bool card_open(const struct cli *cli, struct open_card *out, enum cli_status *status)
{
	memset(out, 0, sizeof *out);
	if (context_open(cli, &out->ctx, status) && card_connect(cli, out, status))
		return true;
	card_close(out);
	return false;
}

void card_close(struct open_card *open)
{
	cc_disconnect(open->card);
	cc_context_free(open->ctx);
	memset(open, 0, sizeof *open);
}

enum cli_status card_run(struct cli *cli, enum cli_status (*run)(struct cli *cli, struct cc_card *card))
{
	struct open_card open;
	enum cli_status status;

	if (!card_open(cli, &open, &status))
		return status;
	status = run(cli, open.card);
	card_close(&open);
	return status;
}
