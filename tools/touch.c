/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign card touch and status: for a card that is a process; and what every verb tells of touches.
 */
#include "tools/touch.h"

#include <poll.h>
#include <stdio.h>

#include "tools/open_card.h"
#include "tools/verbs.h"

#define AGAIN_MS 100

enum cs_err touch_told(void *arg, unsigned times)
{
	(void)arg;
	if (times == 0)
		fputs("countersign: touch the token\n", stderr);
	(void)poll(NULL, 0, AGAIN_MS);
	return CS_OK;
}

enum cs_err touch_prepare(struct cc_card *card)
{
	enum cs_err err = cc_touch_tell(card);
	if (err != CS_ERR_UNSUPPORTED)
		return err;
	fputs("countersign: touch the token\n", stderr);
	return CS_OK;
}

static enum cli_status touch_fail(const struct cli *cli, enum cs_err err, const char *doing)
{
	if (err != CS_ERR_UNSUPPORTED)
		return cli_fail_err(cli, err, doing);
	return cli_fail(cli, CLI_USAGE, "usage",
			"only a countersign-card on a socket can be asked and touched so: set "
			"COUNTERSIGN_TRANSPORT to socket:PATH");
}

static void touch_text(const json_t *data)
{
	puts(json_is_true(json_object_get(data, "wanted")) ? "Touched."
							   : "The card was waiting for no touch.");
}

static enum cli_status card_touch(struct cli *cli)
{
	struct cc_context *ctx;
	enum cli_status status;
	bool wanted = false;

	if (!context_open(cli, &ctx, &status))
		return status;
	enum cs_err err = cc_touch_give(ctx, &wanted);
	cc_context_free(ctx);
	if (err)
		return touch_fail(cli, err, "touch the card");
	status = cli_print(cli, json_pack("{s:b}", "wanted", wanted), touch_text);
	return status == CLI_DONE && !wanted ? CLI_REFUSED : status;
}

static void status_text(const json_t *data)
{
	const char *why = json_string_value(json_object_get(data, "touch"));
	if (why != NULL)
		printf("Waiting for a touch to %s.\n", why);
	else
		puts("Ready.");
}

static enum cli_status card_status(struct cli *cli)
{
	struct cc_context *ctx;
	enum cli_status status;
	char why[CC_TOUCH_WHY_MAX] = "";

	if (!context_open(cli, &ctx, &status))
		return status;
	enum cs_err err = cc_touch_wanted(ctx, why);
	cc_context_free(ctx);
	if (err)
		return touch_fail(cli, err, "ask the card what it waits for");
	return cli_print(cli, json_pack("{s:s?}", "touch", why[0] != '\0' ? why : NULL), status_text);
}

const struct cli_verb cli_touch_verbs[] = {
    {"card", "status", card_status, 0, NULL, "", 0, 0, "Tell whether a virtual card waits for a touch"},
    {"card", "touch", card_touch, 0, NULL, "", 0, 0, "Touch a virtual card that waits for it"},
    {.noun = NULL},
};
