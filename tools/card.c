/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign card: the cards there are, what is on one, issuing one, and blanking it.
 */
#include <stdio.h>

#include "base/encoding.h"
#include "cardclient/transport.h"
#include "tools/open_card.h"
#include "tools/verbs.h"

static json_t *reader_json(const struct cc_reader *reader)
{
	char atr[2 * CC_ATR_MAX + 1];
	cs_hex_encode(cs_view(reader->atr, reader->atr_len), atr);
	return json_pack("{s:s,s:b,s:s*}", "reader", reader->name, "card", reader->present, "atr",
			 reader->atr_len > 0 ? atr : NULL);
}

static void list_text(const json_t *data)
{
	size_t i;
	json_t *reader;
	json_array_foreach(json_object_get(data, "readers"), i, reader)
	{
		const char *atr = json_string_value(json_object_get(reader, "atr"));
		printf("%s: %s%s%s\n", json_string_value(json_object_get(reader, "reader")),
		       json_is_true(json_object_get(reader, "card")) ? "card" : "no card",
		       atr ? ", ATR " : "", atr ? atr : "");
	}
}

static enum cli_status card_list(struct cli *cli)
{
	struct cc_context *ctx;
	enum cli_status status;
	struct cc_reader readers[CC_READERS_MAX];
	size_t count;

	if (!context_open(cli, &ctx, &status))
		return status;
	enum cs_err err = cc_readers(ctx, readers, CC_READERS_MAX, &count);
	cc_context_free(ctx);
	if (err && err != CS_ERR_NO_SPACE)
		return cli_fail_err(cli, err, "list the readers");
	if (count == 0)
		return cli_fail_err(cli, CS_ERR_NO_READER, "list the readers");
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, reader_json(&readers[i]));
	return cli_print(cli, json_pack("{s:o}", "readers", list), list_text);
}

const struct cli_verb cli_card_verbs[] = {
    {"card", "list", card_list, 0, NULL, "", 0, 0, "List the readers, and which have a card in them"},
    {.noun = NULL},
};
