/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign card personalise, lock, unlock, terminate: the card's life, led by its officer; and card
 * inventory: all that it holds, as it tells a host in one command.
 */
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "cardclient/inventory.h"
#include "tools/card_init.h"
#include "tools/confirm.h"
#include "tools/login.h"
#include "tools/names.h"
#include "tools/open_card.h"
#include "tools/verbs.h"

static enum cli_status done(struct cli *cli, struct cc_card *card, enum cs_err err, const char *doing)
{
	struct cc_csgn_info now;

	if (!err)
		err = cc_csgn_info(card, &now);
	if (err == CS_ERR_STATE)
		return cli_fail(cli, CLI_REFUSED, "wrong_state",
				"%s: not in this state of the card's life; card info tells which it is",
				doing);
	if (err)
		return cli_fail_err(cli, err, doing);
	cli_note(cli, "card %u is %s", (unsigned)now.serial, name_of_lifecycle(now.lifecycle));
	if (!cli->json)
		return CLI_DONE;
	return cli_print(cli,
			 json_pack("{s:I,s:s}", "serial", (json_int_t)now.serial, "lifecycle",
				   name_of_lifecycle(now.lifecycle)),
			 NULL);
}

/* ---- personalise ---- */

static enum cli_status personalise_with(struct cli *cli, struct cc_card *card)
{
	const char *holder = cli_value(cli, "holder"), *expires = cli_value(cli, "expires");
	struct cs_view holder_view = cs_view_string(holder ? holder : ""),
		       expiry_view = cs_view_string(expires ? expires : "");
	enum cli_status status;

	if (!holder && !expires)
		return cli_fail(cli, CLI_USAGE, "usage",
				"say what is to be set: --holder, --expires, or both");
	if (holder_view.len > CSGN_HOLDER_MAX)
		return cli_fail(cli, CLI_USAGE, "usage", "--holder has %zu bytes; at most %u fit",
				holder_view.len, CSGN_HOLDER_MAX);
	if (!login_so(cli, card, &status))
		return status;
	enum cs_err err =
	    cc_csgn_personalise(card, holder ? &holder_view : NULL, expires ? &expiry_view : NULL);
	if (err == CS_ERR_ARG)
		return cli_fail(cli, CLI_USAGE, "usage",
				"--expires is a date such as 20301231, or nothing, not \"%s\"",
				expires ? expires : "");
	return done(cli, card, err, "personalise the card");
}

static enum cli_status card_personalise(struct cli *cli)
{
	return card_run(cli, personalise_with);
}

/* ---- lock, unlock, terminate ---- */

static enum cli_status lock_with(struct cli *cli, struct cc_card *card)
{
	enum cli_status status;
	return login_so(cli, card, &status) ? done(cli, card, cc_csgn_lock(card), "lock the card") : status;
}

static enum cli_status card_lock(struct cli *cli)
{
	return card_run(cli, lock_with);
}

static enum cli_status unlock_with(struct cli *cli, struct cc_card *card)
{
	enum cli_status status;
	return login_so(cli, card, &status) ? done(cli, card, cc_csgn_unlock(card), "unlock the card")
					    : status;
}

static enum cli_status card_unlock(struct cli *cli)
{
	return card_run(cli, unlock_with);
}

static enum cli_status terminate_with(struct cli *cli, struct cc_card *card)
{
	enum cli_status status;

	if (!confirm(cli,
		     "All that is on the card will be erased, and the card will never be of use again. There "
		     "is no way back.",
		     &status) ||
	    !login_so(cli, card, &status))
		return status;
	return done(cli, card, cc_csgn_terminate(card), "terminate the card");
}

static enum cli_status card_terminate(struct cli *cli)
{
	return card_run(cli, terminate_with);
}

/* ---- inventory ---- */

static json_t *hex_json(struct cs_view bytes)
{
	char hex[2 * 128 + 1];
	if (bytes.len > 128)
		return json_null();
	cs_hex_encode(bytes, hex);
	return json_string(hex);
}

/* Text of the card's that is not UTF-8 is shown as null. */
static json_t *text_json(struct cs_view text)
{
	json_t *value = json_stringn(text.len ? (const char *)text.ptr : "", text.len);
	return value ? value : json_null();
}

static void add_attributes(json_t *entry, const struct cc_entry *e)
{
	if (!e->has_attributes)
		return;
	if (e->label.len)
		json_object_set_new(entry, "label", text_json(e->label));
	if (e->attribute_id.len)
		json_object_set_new(entry, "id", hex_json(e->attribute_id));
	json_object_set_new(entry, "flags", json_integer(e->flags));
}

static json_t *policies_json(const struct cc_entry *e, const char *what, json_t *number,
			     const char *algorithm)
{
	return json_pack("{s:o,s:s,s:s,s:s,s:s}", what, number, "algorithm",
			 algorithm ? algorithm : "unknown", "pin_policy",
			 name_of_pin_policy((enum piv_pin_policy)e->pin_policy), "touch_policy",
			 name_of_touch_policy((enum piv_touch_policy)e->touch_policy), "origin",
			 e->origin == PIV_ORIGIN_GENERATED ? "generated" : "imported");
}

static json_t *object_json(const struct cc_entry *e)
{
	json_t *entry =
	    json_pack("{s:o,s:b}", "tag", json_sprintf("%06X", (unsigned)e->id), "readable", e->has_contents);
	if (e->has_contents) {
		json_object_set_new(entry, "length", json_integer(e->length));
		json_object_set_new(entry, "sha256", hex_json(CS_VIEW_OF(e->digest)));
	}
	return entry;
}

static json_t *secret_json(const struct cc_entry *e)
{
	json_t *entry = policies_json(e, "number", json_integer((json_int_t)e->id),
				      name_of_secret_algorithm(e->algorithm));
	json_object_set_new(entry, "length", json_integer(e->length));
	json_object_set_new(entry, "usage", json_integer(e->usage));
	return entry;
}

static enum cs_err collect(void *ctx, const struct cc_entry *e)
{
	json_t *data = ctx, *entry;
	const char *list;

	if (e->kind == CSGN_TAG_KEY) {
		list = "keys";
		entry = policies_json(e, "slot", json_sprintf("%02x", (unsigned)e->id),
				      name_of_alg((enum piv_alg)e->algorithm));
	} else if (e->kind == CSGN_TAG_OBJECT) {
		list = "objects";
		entry = object_json(e);
	} else if (e->kind == CSGN_TAG_SECRET) {
		list = "secrets";
		entry = secret_json(e);
	} else {
		list = "credentials";
		entry = json_pack("{s:o,s:i}", "name", text_json(e->name), "digits", (int)e->digits);
	}
	add_attributes(entry, e);
	return json_array_append_new(json_object_get(data, list), entry) == 0 ? CS_OK : CS_ERR_MEMORY;
}

static const char *text_of(const json_t *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry, key));
	return text ? text : "";
}

static void entries_text(const json_t *data, const char *list, const char *title, const char *name)
{
	size_t i;
	json_t *e;
	json_array_foreach(json_object_get(data, list), i, e)
	{
		const json_t *number = json_object_get(e, name);
		printf("%-11s", title);
		if (json_is_integer(number))
			printf(" %lld", (long long)json_integer_value(number));
		else
			printf(" %s", text_of(e, name));
		if (json_object_get(e, "algorithm"))
			printf("  %s, PIN %s, touch %s, %s", text_of(e, "algorithm"),
			       text_of(e, "pin_policy"), text_of(e, "touch_policy"), text_of(e, "origin"));
		else if (json_is_false(json_object_get(e, "readable")))
			printf("  for the PIN's holder");
		else if (json_object_get(e, "length"))
			printf("  %lld bytes", (long long)json_integer_value(json_object_get(e, "length")));
		printf("%s%s\n", text_of(e, "label")[0] ? "  " : "", text_of(e, "label"));
	}
}

static void inventory_text(const json_t *data)
{
	entries_text(data, "keys", "key", "slot");
	entries_text(data, "secrets", "secret key", "number");
	entries_text(data, "objects", "object", "tag");
	entries_text(data, "credentials", "OTP", "name");
	if (json_is_true(json_object_get(data, "oath_locked")))
		puts("The OTP credentials are not named: an access code is set.");
}

static enum cli_status inventory_with(struct cli *cli, struct cc_card *card)
{
	struct cc_inventory inv;
	enum cs_err err = cc_csgn_select(card, NULL);
	json_t *data;

	if (err == CS_ERR_NOT_FOUND || err == CS_ERR_UNSUPPORTED)
		return cli_fail(cli, CLI_REFUSED, "not_countersign",
				"the card in %s is not a Countersign card", cc_card_reader(card));
	if (err)
		return cli_fail_err(cli, err, "select the Countersign application");
	data = json_pack("{s:[],s:[],s:[],s:[]}", "keys", "secrets", "objects", "credentials");
	if (data == NULL)
		return cli_fail_err(cli, CS_ERR_MEMORY, "list what the card holds");
	err = cc_inventory(card, NULL, &inv, collect, data);
	if (err) {
		json_decref(data);
		return cli_fail_err(cli, err, "list what the card holds");
	}
	json_object_set_new(data, "serial", json_integer((json_int_t)inv.serial));
	json_object_set_new(data, "lifecycle", json_string(name_of_lifecycle(inv.lifecycle)));
	json_object_set_new(data, "mark", hex_json(CS_VIEW_OF(inv.mark)));
	json_object_set_new(data, "oath_locked", json_boolean(inv.oath_locked));
	return cli_print(cli, data, inventory_text);
}

static enum cli_status card_inventory(struct cli *cli)
{
	return card_run(cli, inventory_with);
}

/* ---- verbs ---- */

#define SHARED_SO (CLI_SHARED_CARD | CLI_SHARED_PUK | CLI_SHARED_SO_PIN | CLI_SHARED_SCP)

static const struct cli_option personalise_options[] = {
    {"holder", "NAME", "who carries the card (at most 64 bytes; \"\": nobody)"},
    {"expires", "DATE", "until when: year, month and day in 8 digits (\"\": no date)"},
    {.name = NULL},
};
static const struct cli_option terminate_options[] = {CONFIRM_OPTION, {.name = NULL}};

const struct cli_verb cli_life_verbs[] = {
    {"card", "personalise", card_personalise, SHARED_SO, personalise_options, "", 0, 0,
     "Write the card holder's name and the date of expiry"},
    {"card", "lock", card_lock, SHARED_SO, NULL, "", 0, 0,
     "Lock an issued card: nobody can use it until it is unlocked"},
    {"card", "unlock", card_unlock, SHARED_SO, NULL, "", 0, 0, "Unlock a locked card"},
    {"card", "terminate", card_terminate, SHARED_SO, terminate_options, "", 0, 0,
     "Erase a card and end its life, for good"},
    {"card", "inventory", card_inventory, CLI_SHARED_CARD, NULL, "", 0, 0,
     "List all that a Countersign card holds"},
    {.noun = NULL},
};
