/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign card inventory: all that a card holds, as it tells a host in one command.
 */
#include "tools/card_inventory.h"

#include <stdio.h>

#include "base/encoding.h"
#include "tools/names.h"
#include "tools/open_card.h"

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

static json_t *uses_json(unsigned usage)
{
	json_t *uses = json_array();
	const char *name;

	for (unsigned bit = 1; bit <= usage; bit <<= 1) {
		if ((usage & bit) && (name = name_of_usage(bit)) != NULL)
			json_array_append_new(uses, json_string(name));
	}
	return uses;
}

static json_t *secret_json(const struct cc_entry *e)
{
	json_t *entry = policies_json(e, "number", json_integer((json_int_t)e->id),
				      name_of_secret_algorithm(e->algorithm));
	json_object_set_new(entry, "length", json_integer(e->length));
	json_object_set_new(entry, "usage", json_integer(e->usage));
	json_object_set_new(entry, "uses", uses_json(e->usage));
	return entry;
}

static enum cs_err inventory_collect(void *ctx, const struct cc_entry *e)
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

void inventory_entries_text(const json_t *data, const char *list, const char *title, const char *name)
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
	inventory_entries_text(data, "keys", "key", "slot");
	inventory_entries_text(data, "secrets", "secret key", "number");
	inventory_entries_text(data, "objects", "object", "tag");
	inventory_entries_text(data, "credentials", "OTP", "name");
	if (json_is_true(json_object_get(data, "oath_locked")))
		puts("The OTP credentials are not named: an access code is set.");
}

json_t *inventory_read(const struct cli *cli, struct cc_card *card, struct cc_inventory *inv,
		       enum cli_status *status)
{
	enum cs_err err = cc_csgn_select(card, NULL);
	json_t *data = json_pack("{s:[],s:[],s:[],s:[]}", "keys", "secrets", "objects", "credentials");

	if (!err && data == NULL)
		err = CS_ERR_MEMORY;
	if (!err)
		err = cc_inventory(card, NULL, inv, inventory_collect, data);
	if (!err)
		return data;
	json_decref(data);
	*status = err == CS_ERR_NOT_FOUND || err == CS_ERR_UNSUPPORTED
		      ? cli_fail(cli, CLI_REFUSED, "not_countersign",
				 "the card in %s is not a Countersign card", cc_card_reader(card))
		      : cli_fail_err(cli, err, "list what the card holds");
	return NULL;
}

static enum cli_status inventory_with(struct cli *cli, struct cc_card *card)
{
	struct cc_inventory inv;
	enum cli_status status;
	json_t *data = inventory_read(cli, card, &inv, &status);

	if (data == NULL)
		return status;
	json_object_set_new(data, "serial", json_integer((json_int_t)inv.serial));
	json_object_set_new(data, "lifecycle", json_string(name_of_lifecycle(inv.lifecycle)));
	json_object_set_new(data, "mark", hex_json(CS_VIEW_OF(inv.mark)));
	json_object_set_new(data, "oath_locked", json_boolean(inv.oath_locked));
	return cli_print(cli, data, inventory_text);
}

enum cli_status card_inventory(struct cli *cli)
{
	return card_run(cli, inventory_with);
}
