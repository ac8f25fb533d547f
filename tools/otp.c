/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign otp: the one-time-password credentials on the card: the table of its commands; list, rename,
 * delete.
 */
#include "tools/otp.h"

#include <stdio.h>
#include <string.h>

#include "tools/confirm.h"
#include "tools/open_card.h"
#include "tools/otpauth.h"
#include "tools/verbs.h"

/* ---- list ---- */

static json_t *entry_json(const struct cc_oath_entry *entry)
{
	json_t *row = json_pack("{s:s%,s:s,s:s,s:b,s:b,s:b}", "name", entry->name.text, entry->name.len,
				"type", otp_type_name(entry->type), "algorithm", otp_hash_name(entry->hash),
				"touch", entry->touch, "pin", entry->pin, "made_by_card", entry->made);
	if (row != NULL && entry->type == YKOATH_TYPE_TOTP)
		json_object_set_new(row, "period",
				    json_integer((json_int_t)otpauth_period(entry->name.text)));
	if (row != NULL && entry->type == YKOATH_TYPE_OCRA)
		json_object_set_new(row, "suite", json_string(entry->suite));
	return row;
}

static void otp_list_text(const json_t *data)
{
	size_t i;
	json_t *row;
	json_array_foreach(json_object_get(data, "credentials"), i, row)
	{
		const char *suite = json_string_value(json_object_get(row, "suite"));
		printf("%s (%s, %s%s%s%s)\n", json_string_value(json_object_get(row, "name")),
		       json_string_value(json_object_get(row, "type")),
		       suite != NULL ? suite : json_string_value(json_object_get(row, "algorithm")),
		       json_is_true(json_object_get(row, "touch")) ? ", touch" : "",
		       json_is_true(json_object_get(row, "pin")) ? ", PIN" : "",
		       json_is_true(json_object_get(row, "made_by_card")) ? ", made by the card" : "");
	}
}

static enum cli_status otp_list_with(struct cli *cli, struct cc_card *card)
{
	struct otp_list list;
	enum cli_status status;

	if (!otp_open(cli, card, &status))
		return status;
	enum cs_err err = otp_list_read(card, &list);
	if (err)
		return cli_fail_err(cli, err, "list the credentials");
	json_t *rows = json_array();
	for (size_t i = 0; i < list.count; i++)
		json_array_append_new(rows, entry_json(&list.entries[i]));
	return cli_print(cli, json_pack("{s:o}", "credentials", rows), otp_list_text);
}

static enum cli_status otp_list(struct cli *cli)
{
	return card_run(cli, otp_list_with);
}

/* ---- rename ---- */

static enum cli_status otp_rename_with(struct cli *cli, struct cc_card *card)
{
	const char *to = cli->args[1];
	struct otp_list list;
	enum cli_status status;

	if (to[0] == '\0' || strlen(to) > YKOATH_NAME_MAX)
		return cli_fail(cli, CLI_USAGE, "usage", "the new name has to have 1 to %u bytes",
				YKOATH_NAME_MAX);
	if (!otp_open(cli, card, &status))
		return status;
	enum cs_err err = otp_list_read(card, &list);
	if (err)
		return cli_fail_err(cli, err, "list the credentials");
	const struct cc_oath_entry *entry = otp_find(cli, &list, cli->args[0], false, &status);
	if (entry == NULL)
		return status;
	err = cc_oath_rename(card, cs_view(entry->name.text, entry->name.len), cs_view_string(to));
	if (err == CS_ERR_ARG)
		return cli_fail(cli, CLI_REFUSED, "exists", "there is a credential \"%s\" already", to);
	if (err)
		return cli_fail_err(cli, err, "rename the credential");
	return otp_done(cli, "credential renamed");
}

static enum cli_status otp_rename(struct cli *cli)
{
	return card_run(cli, otp_rename_with);
}

/* ---- delete ---- */

static enum cli_status otp_delete_with(struct cli *cli, struct cc_card *card)
{
	struct otp_list list;
	enum cli_status status;
	char what[160];

	if (!otp_open(cli, card, &status))
		return status;
	enum cs_err err = otp_list_read(card, &list);
	if (err)
		return cli_fail_err(cli, err, "list the credentials");
	const struct cc_oath_entry *entry = otp_find(cli, &list, cli->args[0], false, &status);
	if (entry == NULL)
		return status;
	snprintf(what, sizeof what, "The credential \"%s\" will be erased, for good.", entry->name.text);
	if (!confirm(cli, what, &status))
		return status;
	err = cc_oath_delete(card, cs_view(entry->name.text, entry->name.len));
	if (err)
		return cli_fail_err(cli, err, "delete the credential");
	return otp_done(cli, "credential deleted");
}

static enum cli_status otp_delete(struct cli *cli)
{
	return card_run(cli, otp_delete_with);
}

static const struct cli_option otp_delete_options[] = {CONFIRM_OPTION, {.name = NULL}};

#define OTP_SHARED (CLI_SHARED_CARD | CLI_SHARED_PASSWORD)

const struct cli_verb cli_otp_verbs[] = {
    {"otp", "add", otp_add, OTP_SHARED, otp_add_options, "[NAME|URI]", 0, 1,
     "Store a one-time-password credential on the card, or have the card make one"},
    {"otp", "list", otp_list, OTP_SHARED, NULL, "", 0, 0, "List the one-time-password credentials"},
    {"otp", "code", otp_code, OTP_SHARED | CLI_SHARED_PIN, otp_code_options, "NAME", 1, 1,
     "Make a one-time password, or answer a challenge"},
    {"otp", "rename", otp_rename, OTP_SHARED, NULL, "NAME NEW-NAME", 2, 2,
     "Give a one-time-password credential another name"},
    {"otp", "delete", otp_delete, OTP_SHARED, otp_delete_options, "NAME", 1, 1,
     "Erase a one-time-password credential"},
    {"otp", "status", otp_status, CLI_SHARED_CARD, NULL, "", 0, 0,
     "Tell whether the OTP application has a password, and how many tries are left"},
    {"otp", "password", otp_password, OTP_SHARED, otp_password_options, "", 0, 0,
     "Set, change or remove the password of the OTP application"},
    {"otp", "unblock", otp_unblock, CLI_SHARED_CARD | CLI_SHARED_PUK | CLI_SHARED_SO_PIN, NULL, "", 0, 0,
     "Give the tries of the OTP application's password back, with the SO PIN"},
    {"otp", "reset", otp_reset, CLI_SHARED_CARD, otp_delete_options, "", 0, 0,
     "Erase all one-time-password credentials and the password"},
    {"otp", "sealed", otp_sealed, 0, otp_sealed_options, "FILE", 1, 1,
     "Check a sealed seed, and tell what its card says of it"},
    {.noun = NULL},
};
