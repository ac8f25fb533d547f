/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign otp: add, list, code, delete: the one-time-password credentials on the card.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "cardclient/oath.h"
#include "tools/confirm.h"
#include "tools/open_card.h"
#include "tools/otpauth.h"
#include "tools/secrets.h"
#include "tools/touch.h"
#include "tools/verbs.h"

/* Selects the application, and unlocks it with its password where it has one. */
static bool otp_open(const struct cli *cli, struct cc_card *card, enum cli_status *status)
{
	struct cc_oath_info info;
	struct secret password;
	uint8_t code[YKOATH_CODE_LEN];

	enum cs_err err = cc_oath_select(card, &info);
	if (err == CS_ERR_NOT_FOUND)
		*status = cli_fail(cli, CLI_REFUSED, "not_oath", "the card in %s has no OTP application",
				   cc_card_reader(card));
	else if (err)
		*status = cli_fail_err(cli, err, "select the OTP application");
	if (err || !info.locked)
		return err == CS_OK;
	if (!secret_get(cli, SECRET_PASSWORD, &password, status))
		return false;
	err = cc_oath_derive(secret_view(&password), cs_view(info.salt, info.salt_len), code);
	secret_wipe(&password);
	if (!err)
		err = cc_oath_validate(card, &info, code);
	cs_wipe(code, sizeof code);
	if (err == CS_ERR_WRONG)
		*status = cli_fail(cli, CLI_REFUSED, "wrong", "the password of the OTP application is wrong");
	else if (err)
		*status = cli_fail_err(cli, err, "unlock the OTP application");
	return err == CS_OK;
}

/* ---- finding ---- */

#define FOUND_MAX 256u

struct otp_list {
	struct cc_oath_entry entries[FOUND_MAX];
	size_t count;
};

static enum cs_err list_take(void *ctx, const struct cc_oath_entry *entry)
{
	struct otp_list *list = ctx;
	if (list->count == FOUND_MAX)
		return CS_ERR_NO_SPACE;
	list->entries[list->count++] = *entry;
	return CS_OK;
}

/* Names and types from LIST; which need a touch from CALCULATE ALL, whose codes are not used. */
static enum cs_err list_read(struct cc_card *card, struct otp_list *list)
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

/* The one credential that is meant; parts: a part of its name will do. */
static const struct cc_oath_entry *otp_find(const struct cli *cli, const struct otp_list *list,
					    const char *wanted, bool parts, enum cli_status *status)
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

/* ---- add ---- */

static bool add_number(const struct cli *cli, const char *name, unsigned long min, unsigned long max,
		       uint32_t *value)
{
	unsigned long number;
	if (!cli_number(cli, name, min, max, *value, &number))
		return false;
	*value = (uint32_t)number;
	return true;
}

static bool add_options(const struct cli *cli, struct otpauth *otp, enum cli_status *status)
{
	const char *type = cli_value(cli, "type"), *hash = cli_value(cli, "algorithm"),
		   *issuer = cli_value(cli, "issuer");
	uint32_t digits = otp->digits;

	*status = CLI_USAGE;
	if (type != NULL && strcmp(type, "totp") != 0 && strcmp(type, "hotp") != 0)
		*status = cli_fail(cli, CLI_USAGE, "usage", "--type is totp or hotp, not \"%s\"", type);
	else if (hash != NULL && !otpauth_hash(hash, &otp->hash))
		*status = cli_fail(cli, CLI_USAGE, "usage",
				   "--algorithm is SHA1, SHA256 or SHA512, not \"%s\"", hash);
	else if (issuer != NULL && strlen(issuer) >= sizeof otp->issuer)
		*status =
		    cli_fail(cli, CLI_USAGE, "usage", "--issuer is longer than %u bytes", YKOATH_NAME_MAX);
	else if (add_number(cli, "digits", 6, 8, &digits) &&
		 add_number(cli, "period", 1, 86400, &otp->period) &&
		 add_number(cli, "counter", 0, UINT32_MAX, &otp->counter)) {
		if (type != NULL)
			otp->type = type[0] == 't' ? YKOATH_TYPE_TOTP : YKOATH_TYPE_HOTP;
		if (issuer != NULL)
			memcpy(otp->issuer, issuer, strlen(issuer) + 1);
		otp->digits = digits;
		return true;
	}
	return false;
}

static bool add_uri(const struct cli *cli, const char *uri, struct otpauth *otp, enum cli_status *status)
{
	const char *why;
	if (otpauth_parse(uri, otp, &why) == CS_OK)
		return true;
	*status = cli_fail(cli, CLI_USAGE, "usage", "the otpauth: URI is not understood at %s", why);
	return false;
}

/* A URI from the command line or --uri-file; else an account name, and its seed from elsewhere. */
static bool add_source(const struct cli *cli, struct otpauth *otp, enum cli_status *status)
{
	const char *path = cli_value(cli, "uri-file"), *name = cli->arg_count > 0 ? cli->args[0] : NULL;
	struct secret text;
	bool ok = false;

	if (path != NULL && secret_from_file(cli, "otpauth: URI", path, &text, status)) {
		ok = add_uri(cli, text.text, otp, status);
		secret_wipe(&text);
		return ok;
	}
	if (path != NULL)
		return false;
	if (name != NULL && strncmp(name, "otpauth:", 8) == 0)
		return add_uri(cli, name, otp, status);
	if (name == NULL || name[0] == '\0' || strlen(name) >= sizeof otp->account) {
		*status = cli_fail(
		    cli, CLI_USAGE, "usage",
		    "name the credential in at most %u bytes, or give an otpauth: URI (--uri-file FILE)",
		    YKOATH_NAME_MAX);
		return false;
	}
	memcpy(otp->account, name, strlen(name) + 1);
	if (secret_get(cli, SECRET_OTP_SEED, &text, status)) {
		ok = otpauth_seed(otp, secret_view(&text)) == CS_OK;
		if (!ok)
			*status = cli_fail(cli, CLI_USAGE, "usage",
					   "the secret is not base32 (letters A to Z, digits 2 to 7)");
	}
	secret_wipe(&text);
	return ok;
}

static enum cli_status add_put(struct cli *cli, struct cc_card *card, const struct otpauth *otp)
{
	char name[YKOATH_NAME_MAX + 1], what[160];
	struct otp_list list;
	enum cli_status status;

	if (otpauth_name(otp, name) != CS_OK)
		return cli_fail(cli, CLI_USAGE, "usage", "issuer and name together are longer than %u bytes",
				YKOATH_NAME_MAX);
	if (!otp_open(cli, card, &status))
		return status;
	enum cs_err err = list_read(card, &list);
	for (size_t i = 0; !err && i < list.count; i++) {
		snprintf(what, sizeof what,
			 "There is a credential \"%s\". Its secret will be replaced, for good.", name);
		if (strcmp(list.entries[i].name.text, name) == 0 && !confirm(cli, what, &status))
			return status;
	}
	struct cc_oath_credential credential = {.name = cs_view_string(name),
						.type = otp->type,
						.hash = otp->hash,
						.digits = otp->digits,
						.key = cs_view(otp->seed, otp->seed_len),
						.touch = cli_flag(cli, "touch"),
						.counter = otp->counter};
	if (!err)
		err = cc_oath_put(card, &credential);
	if (err)
		return cli_fail_err(cli, err, "write the credential to the card");
	cli_note(cli, "credential \"%s\" added", name);
	return cli->json ? cli_print(cli, json_pack("{s:s}", "name", name), NULL) : CLI_DONE;
}

static enum cli_status add_with(struct cli *cli, struct cc_card *card)
{
	struct otpauth otp;
	enum cli_status status;

	otpauth_init(&otp);
	/* What the options say outranks what the URI says. */
	bool ok = add_source(cli, &otp, &status) && add_options(cli, &otp, &status);
	if (ok)
		status = add_put(cli, card, &otp);
	cs_wipe(&otp, sizeof otp);
	return status;
}

static enum cli_status otp_add(struct cli *cli)
{
	return card_run(cli, add_with);
}

/* ---- list ---- */

static const char *type_name(enum ykoath_type type)
{
	return type == YKOATH_TYPE_HOTP ? "hotp" : "totp";
}

static json_t *entry_json(const struct cc_oath_entry *entry)
{
	const char *hash = entry->hash == YKOATH_HASH_SHA256   ? "SHA256"
			   : entry->hash == YKOATH_HASH_SHA512 ? "SHA512"
							       : "SHA1";
	json_t *row = json_pack("{s:s%,s:s,s:s,s:b}", "name", entry->name.text, entry->name.len, "type",
				type_name(entry->type), "algorithm", hash, "touch", entry->touch);
	if (row != NULL && entry->type == YKOATH_TYPE_TOTP)
		json_object_set_new(row, "period",
				    json_integer((json_int_t)otpauth_period(entry->name.text)));
	return row;
}

static void otp_list_text(const json_t *data)
{
	size_t i;
	json_t *row;
	json_array_foreach(json_object_get(data, "credentials"), i, row)
	{
		printf("%s (%s, %s%s)\n", json_string_value(json_object_get(row, "name")),
		       json_string_value(json_object_get(row, "type")),
		       json_string_value(json_object_get(row, "algorithm")),
		       json_is_true(json_object_get(row, "touch")) ? ", touch" : "");
	}
}

static enum cli_status otp_list_with(struct cli *cli, struct cc_card *card)
{
	struct otp_list list;
	enum cli_status status;

	if (!otp_open(cli, card, &status))
		return status;
	enum cs_err err = list_read(card, &list);
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

/* ---- code ---- */

static void code_text(const json_t *data)
{
	puts(json_string_value(json_object_get(data, "code")));
}

static enum cli_status code_with(struct cli *cli, struct cc_card *card)
{
	struct otp_list list;
	enum cli_status status;
	unsigned long now;
	uint32_t truncated;
	unsigned digits;
	char code[CS_OATH_CODE_MAX];

	if (!cli_number(cli, "time", 0, (unsigned long)INT64_MAX, (unsigned long)time(NULL), &now))
		return CLI_USAGE;
	if (!otp_open(cli, card, &status))
		return status;
	enum cs_err err = list_read(card, &list);
	if (err)
		return cli_fail_err(cli, err, "list the credentials");
	const struct cc_oath_entry *entry = otp_find(cli, &list, cli->args[0], true, &status);
	if (entry == NULL)
		return status;
	if (entry->touch && (err = touch_prepare(card)) != CS_OK)
		return cli_fail_err(cli, err, "ask for a touch");
	uint32_t period = otpauth_period(entry->name.text);
	err = cc_oath_calculate(card, cs_view(entry->name.text, entry->name.len),
				cs_totp_step(now, 0, period), &truncated, &digits);
	if (entry->touch && err == CS_ERR_DENIED)
		err = CS_ERR_TIMEOUT; /* how other makers' cards say so: unlocked as we are, nothing else was
					 missing */
	if (err)
		return cli_fail_err(cli, err, "make a code");
	cs_oath_format(truncated, digits, code);
	json_t *data = json_pack("{s:s,s:s,s:s}", "name", entry->name.text, "type", type_name(entry->type),
				 "code", code);
	cs_wipe(code, sizeof code);
	if (data != NULL && entry->type == YKOATH_TYPE_TOTP)
		json_object_set_new(data, "valid_until",
				    json_integer((json_int_t)((now / period + 1) * period)));
	return cli_print(cli, data, code_text);
}

static enum cli_status otp_code(struct cli *cli)
{
	return card_run(cli, code_with);
}

/* ---- delete ---- */

static enum cli_status otp_delete_with(struct cli *cli, struct cc_card *card)
{
	struct otp_list list;
	enum cli_status status;
	char what[160];

	if (!otp_open(cli, card, &status))
		return status;
	enum cs_err err = list_read(card, &list);
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
	cli_note(cli, "credential \"%s\" deleted", entry->name.text);
	return cli->json ? cli_print(cli, json_pack("{s:b}", "done", true), NULL) : CLI_DONE;
}

static enum cli_status otp_delete(struct cli *cli)
{
	return card_run(cli, otp_delete_with);
}

static const struct cli_option add_options_list[] = {
    {"uri-file", "FILE", "read an otpauth: URI from FILE"},
    {"secret-file", "FILE", "read the secret (base32) from FILE (or COUNTERSIGN_OTP_SECRET)"},
    {"issuer", "TEXT", "who asks for the codes"},
    {"type", "TYPE", "totp (default) or hotp"},
    {"algorithm", "HASH", "SHA1 (default), SHA256 or SHA512"},
    {"digits", "N", "6 (default), 7 or 8"},
    {"period", "SECONDS", "how long a code of a totp credential lives (default 30)"},
    {"counter", "N", "the first counter of a hotp credential (default 0)"},
    {"touch", NULL, "ask for a touch before each code"},
    CONFIRM_OPTION,
    {.name = NULL},
};
static const struct cli_option code_options[] = {
    {"time", "SECONDS", "make the code for this Unix time, not for now"},
    {.name = NULL},
};
static const struct cli_option otp_delete_options[] = {CONFIRM_OPTION, {.name = NULL}};

const struct cli_verb cli_otp_verbs[] = {
    {"otp", "add", otp_add, CLI_SHARED_CARD | CLI_SHARED_PASSWORD, add_options_list, "[NAME|URI]", 0, 1,
     "Store a one-time-password credential on the card"},
    {"otp", "list", otp_list, CLI_SHARED_CARD | CLI_SHARED_PASSWORD, NULL, "", 0, 0,
     "List the one-time-password credentials"},
    {"otp", "code", otp_code, CLI_SHARED_CARD | CLI_SHARED_PASSWORD, code_options, "NAME", 1, 1,
     "Make a one-time password"},
    {"otp", "delete", otp_delete, CLI_SHARED_CARD | CLI_SHARED_PASSWORD, otp_delete_options, "NAME", 1, 1,
     "Erase a one-time-password credential"},
    {.noun = NULL},
};
