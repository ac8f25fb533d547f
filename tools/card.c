/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign card list and info: the cards there are, and what is on one. Issuing and blanking: card_init.c.
 */
#include <stdio.h>

#include "base/encoding.h"
#include "cardclient/csgn.h"
#include "cardclient/oath.h"
#include "cardclient/piv.h"
#include "tools/card_init.h"
#include "tools/confirm.h"
#include "tools/names.h"
#include "tools/open_card.h"
#include "tools/scp.h"
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
	if (err && err != CS_ERR_NO_SPACE)
		status = cli_fail_err(cli, err, "list the readers");
	else if (count == 0)
		status = reader_fail(cli, ctx, "", CS_ERR_NO_READER, "list the readers");
	else
		err = CS_OK;
	cc_context_free(ctx);
	if (err || count == 0)
		return status;
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, reader_json(&readers[i]));
	return cli_print(cli, json_pack("{s:o}", "readers", list), list_text);
}

/* ---- info ---- */

static json_t *version_json(const uint8_t v[3])
{
	return json_sprintf("%u.%u.%u", v[0], v[1], v[2]);
}

static json_t *tries_json(const struct cc_pin_state *state)
{
	return json_pack("{s:b,s:i,s:i}", "set", state->set, "tries_left", (int)state->left, "tries",
			 (int)state->total);
}

static long long tries_left(const json_t *csgn, const char *which)
{
	return (long long)json_integer_value(json_object_get(json_object_get(csgn, which), "tries_left"));
}

/* Each of these adds its application's object, if the card has it. */
static void add_csgn(struct cc_card *card, json_t *data)
{
	struct cc_csgn_info info;
	if (cc_csgn_select(card, &info) != CS_OK)
		return;
	json_object_set_new(
	    data, "countersign",
	    json_pack("{s:o,s:I,s:s,s:s,s:s,s:o,s:o,s:o}", "version", version_json(info.version), "serial",
		      (json_int_t)info.serial, "profile", name_of_profile(info.profile), "lifecycle",
		      name_of_lifecycle(info.lifecycle), "label", info.label, "pin", tries_json(&info.pin),
		      "puk", tries_json(&info.puk), "so", tries_json(&info.so)));
	if (info.holder[0])
		json_object_set_new(json_object_get(data, "countersign"), "holder", json_string(info.holder));
	if (info.expiry[0])
		json_object_set_new(json_object_get(data, "countersign"), "expires",
				    json_string(info.expiry));
}

static void add_piv(struct cc_card *card, json_t *data)
{
	struct cc_piv_info info;
	uint8_t version[3];
	uint32_t serial;

	if (cc_piv_select(card, &info) != CS_OK)
		return;
	json_t *piv = json_object(), *algorithms = json_array();
	if (cc_piv_version(card, version) == CS_OK)
		json_object_set_new(piv, "version", version_json(version));
	if (cc_piv_serial(card, &serial) == CS_OK)
		json_object_set_new(piv, "serial", json_integer((json_int_t)serial));
	for (size_t i = 0; i < info.algorithm_count; i++) {
		const char *name = name_of_alg((enum piv_alg)info.algorithms[i]);
		if (name != NULL)
			json_array_append_new(algorithms, json_string(name));
	}
	json_object_set_new(piv, "algorithms", algorithms);
	json_object_set_new(data, "piv", piv);
}

static void add_oath(struct cc_card *card, json_t *data)
{
	struct cc_oath_info info;
	if (cc_oath_select(card, &info) == CS_OK)
		json_object_set_new(data, "oath",
				    json_pack("{s:o,s:b}", "version", version_json(info.version),
					      "password_set", info.locked));
}

static void print_text(const char *title, const json_t *value)
{
	if (json_is_string(value))
		printf("%-14s %s\n", title, json_string_value(value));
	else if (json_is_integer(value))
		printf("%-14s %lld\n", title, (long long)json_integer_value(value));
}

static void info_text(const json_t *data)
{
	size_t i;
	json_t *algorithm;
	const json_t *csgn = json_object_get(data, "countersign"), *piv = json_object_get(data, "piv");
	const json_t *oath = json_object_get(data, "oath");

	print_text("Reader:", json_object_get(data, "reader"));
	print_text("ATR:", json_object_get(data, "atr"));
	print_text("Label:", json_object_get(csgn, "label"));
	print_text("Serial:", json_object_get(csgn ? csgn : piv, "serial"));
	print_text("Profile:", json_object_get(csgn, "profile"));
	print_text("State:", json_object_get(csgn, "lifecycle"));
	print_text("Holder:", json_object_get(csgn, "holder"));
	print_text("Expires:", json_object_get(csgn, "expires"));
	if (csgn != NULL)
		printf("%-14s PIN %lld, PUK %lld, SO PIN %lld\n", "Tries left:", tries_left(csgn, "pin"),
		       tries_left(csgn, "puk"), tries_left(csgn, "so"));
	print_text("PIV version:", json_object_get(piv, "version"));
	if (json_array_size(json_object_get(piv, "algorithms")) > 0) {
		printf("%-14s", "Algorithms:");
		json_array_foreach(json_object_get(piv, "algorithms"), i, algorithm)
		    printf(" %s", json_string_value(algorithm));
		putchar('\n');
	}
	print_text("OATH version:", json_object_get(oath, "version"));
	if (json_is_true(json_object_get(oath, "password_set")))
		puts("The OTP application is locked by a password.");
}

static enum cli_status info_with(struct cli *cli, struct cc_card *card)
{
	char atr[2 * CC_ATR_MAX + 1];
	cs_hex_encode(cc_card_atr(card), atr);
	json_t *data = json_pack("{s:s,s:s}", "reader", cc_card_reader(card), "atr", atr);
	add_csgn(card, data);
	add_piv(card, data);
	add_oath(card, data);
	if (!cc_card_present(card)) {
		json_decref(data);
		return cli_fail_err(cli, CS_ERR_REMOVED, "read the card");
	}
	return cli_print(cli, data, info_text);
}

static enum cli_status card_info(struct cli *cli)
{
	return card_run(cli, info_with);
}

static const struct cli_option init_options[] = {
    {"label", "TEXT", "name the card so (at most 32 bytes; default: Countersign SERIAL)"},
    {"profile", "NAME", "countersign (default) or piv: who may administer the card"},
    {"management", "CIPHER", "3des, aes128, aes192 or aes256: what the management key starts as"},
    {"min-pin", "LENGTH", "of the shortest PIN, PUK and SO PIN, 6 to 8 (default: 6)"},
    {"must-change", NULL, "the PIN opens no private key before its user has changed it"},
    CONFIRM_OPTION,
    {.name = NULL},
};
static const struct cli_option reset_options[] = {CONFIRM_OPTION, {.name = NULL}};

const struct cli_verb cli_card_verbs[] = {
    {"card", "list", card_list, 0, NULL, "", 0, 0, "List the readers, and which have a card in them"},
    {"card", "info", card_info, CLI_SHARED_CARD, NULL, "", 0, 0,
     "Tell what a card is and which state it is in"},
    {"card", "init", card_init,
     CLI_SHARED_CARD | CLI_SHARED_PIN | CLI_SHARED_PUK | CLI_SHARED_NEW_PUK | CLI_SHARED_SO_PIN |
	 CLI_SHARED_NEW_SO_PIN | CLI_SHARED_SCP,
     init_options, "", 0, 0, "Issue a card: erase it, set PUK, PIN and label"},
    {"card", "scp-key", card_scp_key, CLI_SHARED_CARD | CLI_SHARED_PUK | CLI_SHARED_SO_PIN | CLI_SHARED_SCP,
     scp_key_options, "", 0, 0, "Give a card its SCP03 key set, or another one"},
    {"card", "secure-messaging", card_secure_messaging,
     CLI_SHARED_CARD | CLI_SHARED_PIN | CLI_SHARED_MANAGEMENT | CLI_SHARED_SCP, secure_messaging_options, "",
     0, 0, "Make the key with which hosts talk to a card's PIV unread"},
    {"card", "reset", card_reset, CLI_SHARED_CARD | CLI_SHARED_PUK | CLI_SHARED_SO_PIN | CLI_SHARED_SCP,
     reset_options, "", 0, 0, "Erase a card back to blank"},
    {.noun = NULL},
};
