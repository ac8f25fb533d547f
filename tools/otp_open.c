/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OTP application opened with its password, and its credentials found by name.
 */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "tools/otp.h"
#include "tools/secrets.h"

bool otp_select(const struct cli *cli, struct cc_card *card, struct cc_oath_info *info,
		enum cli_status *status)
{
	enum cs_err err = cc_oath_select(card, info);
	if (err == CS_ERR_NOT_FOUND)
		*status = cli_fail(cli, CLI_REFUSED, "not_oath", "the card in %s has no OTP application",
				   cc_card_reader(card));
	else if (err)
		*status = cli_fail_err(cli, err, "select the OTP application");
	return !err;
}

/* With how often one may still try, where the card tells. */
static enum cli_status password_wrong(const struct cli *cli, struct cc_card *card)
{
	struct cc_oath_tries tries;

	if (cc_oath_status(card, &tries) != CS_OK)
		return cli_fail(cli, CLI_REFUSED, "wrong", "the password of the OTP application is wrong");
	if (tries.wait_seconds == 0)
		return cli_fail(cli, CLI_REFUSED, "wrong",
				"the password of the OTP application is wrong; %u of %u tries are left",
				tries.left, tries.total);
	return cli_fail(
	    cli, CLI_REFUSED, "wrong",
	    "the password of the OTP application is wrong; %u of %u tries are left, the next in %u "
	    "seconds",
	    tries.left, tries.total, tries.wait_seconds);
}

static enum cli_status unlock_failed(const struct cli *cli, struct cc_card *card,
				     const struct cc_oath_info *info, enum cs_err err)
{
	switch (err) {
	case CS_ERR_WRONG:
		return password_wrong(cli, card);
	case CS_ERR_BUSY:
		return cli_fail(
		    cli, CLI_REFUSED, "wait",
		    "after wrong passwords the card wants to be waited for: try again in %u seconds",
		    info->tries.wait_seconds);
	case CS_ERR_BLOCKED:
		return cli_fail(
		    cli, CLI_REFUSED, "blocked",
		    "the password of the OTP application is blocked: \"countersign otp unblock\" gives its "
		    "tries back, with the SO PIN; \"countersign otp reset\" erases all credentials");
	default:
		return cli_fail_err(cli, err, "unlock the OTP application");
	}
}

bool otp_open(const struct cli *cli, struct cc_card *card, enum cli_status *status)
{
	struct cc_oath_info info;
	struct secret password;
	uint8_t code[YKOATH_CODE_LEN];

	if (!otp_select(cli, card, &info, status))
		return false;
	if (!info.locked)
		return true;
	if (!secret_get(cli, SECRET_PASSWORD, &password, status))
		return false;
	enum cs_err err = cc_oath_derive(secret_view(&password), cs_view(info.salt, info.salt_len), code);
	secret_wipe(&password);
	if (!err)
		err = cc_oath_validate(card, &info, code);
	cs_wipe(code, sizeof code);
	if (err)
		*status = unlock_failed(cli, card, &info, err);
	return !err;
}

enum cli_status otp_done(struct cli *cli, const char *note)
{
	cli_note(cli, "%s", note);
	return cli->json ? cli_print(cli, json_pack("{s:b}", "done", true), NULL) : CLI_DONE;
}

/* ---- finding ---- */

const char *otp_type_name(enum ykoath_type type)
{
	return type == YKOATH_TYPE_HOTP ? "hotp" : type == YKOATH_TYPE_OCRA ? "ocra" : "totp";
}

const char *otp_hash_name(enum ykoath_hash hash)
{
	return hash == YKOATH_HASH_SHA256 ? "SHA256" : hash == YKOATH_HASH_SHA512 ? "SHA512" : "SHA1";
}

static enum cs_err list_take(void *ctx, const struct cc_oath_entry *entry)
{
	struct otp_list *list = ctx;
	if (list->count == OTP_LIST_MAX)
		return CS_ERR_NO_SPACE;
	list->entries[list->count++] = *entry;
	return CS_OK;
}

/* Other makers' cards: names and types from LIST; which need a touch from CALCULATE ALL, whose codes are not
 * used. */
static enum cs_err list_read_other(struct cc_card *card, struct otp_list *list)
{
	struct otp_list all = {.count = 0};

	list->count = 0;
	enum cs_err err = cc_oath_list(card, list_take, list);
	if (!err)
		err = cc_oath_calculate_all(card, 0, list_take, &all);
	for (size_t i = 0; !err && i < list->count; i++) {
		for (size_t j = 0; j < all.count; j++) {
			if (strcmp(list->entries[i].name.text, all.entries[j].name.text) != 0)
				continue;
			list->entries[i].touch = all.entries[j].touch;
			list->entries[i].digits = all.entries[j].digits;
		}
	}
	cs_wipe(&all, sizeof all);
	return err;
}

enum cs_err otp_list_read(struct cc_card *card, struct otp_list *list)
{
	list->count = 0;
	enum cs_err err = cc_oath_list_all(card, list_take, list);
	return err == CS_ERR_UNSUPPORTED ? list_read_other(card, list) : err;
}

/* The name without the period that may stand before it. */
static const char *plain_name(const struct cc_oath_entry *entry)
{
	const char *slash = strchr(entry->name.text, '/');
	size_t digits = strspn(entry->name.text, "0123456789");
	return slash != NULL && digits > 0 && entry->name.text + digits == slash ? slash + 1
										 : entry->name.text;
}

/* How well a name fits what was typed: the whole name, the account after its issuer, a part; 0: not at all.
 */
static unsigned name_match(const struct cc_oath_entry *entry, const char *wanted)
{
	const char *plain = plain_name(entry), *colon = strchr(plain, ':');

	if (strcmp(entry->name.text, wanted) == 0 || strcmp(plain, wanted) == 0)
		return 3;
	if (colon != NULL && strcmp(colon + 1, wanted) == 0)
		return 2;
	return strstr(entry->name.text, wanted) != NULL ? 1 : 0;
}

const struct cc_oath_entry *otp_find(const struct cli *cli, const struct otp_list *list, const char *wanted,
				     bool parts, enum cli_status *status)
{
	const struct cc_oath_entry *found = NULL;
	unsigned best = 0;
	bool several = false;

	for (size_t i = 0; i < list->count; i++) {
		unsigned match = name_match(&list->entries[i], wanted);
		if (match < (parts ? 1u : 2u) || match < best)
			continue;
		several = match == best;
		best = match;
		found = &list->entries[i];
	}
	if (found == NULL)
		*status = cli_fail(
		    cli, CLI_REFUSED, "not_found",
		    "there is no credential \"%s\"; \"countersign otp list\" shows those there are", wanted);
	else if (several)
		*status = cli_fail(cli, CLI_USAGE, "ambiguous",
				   "several credentials fit \"%s\"; give more of its name", wanted);
	return several ? NULL : found;
}
