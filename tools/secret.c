/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign secret: list, generate, import, delete: the AES and HMAC keys on a Countersign card.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "tools/card_inventory.h"
#include "tools/confirm.h"
#include "tools/key_file.h"
#include "tools/key_options.h"
#include "tools/login.h"
#include "tools/names.h"
#include "tools/open_card.h"
#include "tools/verbs.h"

/* ---- list ---- */

static void list_text(const json_t *data)
{
	inventory_entries_text(data, "secrets", "secret key", "number");
}

static enum cli_status list_with(struct cli *cli, struct cc_card *card)
{
	struct cc_inventory inv;
	enum cli_status status;
	json_t *all = inventory_read(cli, card, &inv, &status);

	if (all == NULL)
		return status;
	json_t *data = json_pack("{s:O}", "secrets", json_object_get(all, "secrets"));
	json_decref(all);
	return cli_print(cli, data, list_text);
}

static enum cli_status secret_list(struct cli *cli)
{
	return card_run(cli, list_with);
}

/* ---- generate, import ---- */

static bool value_wrong(const struct cli *cli, const char *value, enum cli_status *status)
{
	*status = cli_fail(cli, CLI_USAGE, "usage",
			   "\"%s\" is not one of the values; see countersign secret %s --help", value,
			   cli->verb->verb);
	return false;
}

/* What generate and import have in common; attributes is where secret->attributes then points. */
static bool options_read(const struct cli *cli, struct cc_secret *secret, struct cc_attributes *attributes,
			 enum cli_status *status)
{
	const char *algorithm = cli_value(cli, "algorithm"), *usage = cli_value(cli, "usage"),
		   *label = cli_value(cli, "label");
	struct cc_piv_policy policy;
	unsigned long number;

	if (!key_policy_read(cli, &policy, status) ||
	    !cli_number(cli, "number", 1, CSGN_SECRETS_MAX, 0, &number)) {
		*status = CLI_USAGE;
		return false;
	}
	*secret = (struct cc_secret){.algorithm = CSGN_SECRET_AES256,
				     .number = (uint8_t)number,
				     .pin_policy = (uint8_t)policy.pin,
				     .touch_policy = (uint8_t)policy.touch};
	*attributes = (struct cc_attributes){.label = cs_view_string(label ? label : "")};
	if (attributes->label.len > CSGN_ATTRIBUTE_TEXT_MAX) {
		*status = cli_fail(cli, CLI_USAGE, "usage", "--label has %zu bytes; at most %u fit",
				   attributes->label.len, CSGN_ATTRIBUTE_TEXT_MAX);
		return false;
	}
	if (attributes->label.len)
		secret->attributes = attributes;
	if (algorithm && !secret_algorithm_named(algorithm, &secret->algorithm))
		return value_wrong(cli, algorithm, status);
	return !usage || usages_named(usage, &secret->usage) || value_wrong(cli, usage, status);
}

static enum cli_status create_fail(struct cli *cli, const struct cc_secret *secret, enum cs_err err)
{
	if (err == CS_ERR_STATE)
		return cli_fail(cli, CLI_REFUSED, "in_use",
				"there is a secret key %u already; see countersign secret list",
				secret->number);
	if (err == CS_ERR_ARG)
		return cli_fail(cli, CLI_REFUSED, "unsupported",
				"the card takes no key of algorithm %s with this length, usage and policies",
				name_of_secret_algorithm((uint8_t)secret->algorithm));
	if (err == CS_ERR_UNSUPPORTED)
		return cli_fail(cli, CLI_REFUSED, "unsupported",
				"this card keeps no secret keys, or it cannot be touched");
	return cli_fail_err(cli, err, "write the secret key to the card");
}

static enum cli_status create(struct cli *cli, struct cc_card *card, const struct cc_secret *secret)
{
	const char *name = name_of_secret_algorithm((uint8_t)secret->algorithm);
	enum cli_status status;
	uint8_t number;

	if (!login_admin(cli, card, false, &status))
		return status;
	enum cs_err err = cc_csgn_secret_create(card, secret, &number);
	if (err)
		return create_fail(cli, secret, err);
	cli_note(cli, "secret key %u (%s) is on the card", number, name);
	return cli->json
		   ? cli_print(cli, json_pack("{s:i,s:s}", "number", (int)number, "algorithm", name), NULL)
		   : CLI_DONE;
}

static enum cli_status generate_with(struct cli *cli, struct cc_card *card)
{
	struct cc_attributes attributes;
	struct cc_secret secret;
	enum cli_status status;
	unsigned long length;

	if (!options_read(cli, &secret, &attributes, &status))
		return status;
	if (!cli_number(cli, "length", 1, CSGN_SECRET_KEY_MAX, 0, &length))
		return CLI_USAGE;
	secret.length = (uint8_t)length;
	return create(cli, card, &secret);
}

static enum cli_status secret_generate(struct cli *cli)
{
	return card_run(cli, generate_with);
}

/* Where nothing is said, the bytes are an AES key. */
static enum csgn_secret_algorithm aes_of_length(size_t len)
{
	return len == 16 ? CSGN_SECRET_AES128 : len == 24 ? CSGN_SECRET_AES192 : CSGN_SECRET_AES256;
}

static enum cli_status import_with(struct cli *cli, struct cc_card *card)
{
	uint8_t bytes[CSGN_SECRET_KEY_MAX + 1];
	struct cs_writer w = CS_WRITER_OF(bytes);
	struct cc_attributes attributes;
	struct cc_secret secret;
	enum cli_status status;

	if (!options_read(cli, &secret, &attributes, &status))
		return status;
	if (key_file_bytes(cli, cli->args[0], sizeof bytes, &w, &status)) {
		secret.key = cs_writer_view(&w);
		if (cli_value(cli, "algorithm") == NULL)
			secret.algorithm = aes_of_length(secret.key.len);
		if (secret.key.len == 0 || secret.key.len > CSGN_SECRET_KEY_MAX)
			status = cli_fail(cli, CLI_USAGE, "usage",
					  "%s is no key: it is empty, or longer than %u bytes", cli->args[0],
					  CSGN_SECRET_KEY_MAX);
		else
			status = create(cli, card, &secret);
	}
	cs_wipe(bytes, sizeof bytes);
	return status;
}

static enum cli_status secret_import(struct cli *cli)
{
	return card_run(cli, import_with);
}

/* ---- delete ---- */

static enum cli_status delete_with(struct cli *cli, struct cc_card *card)
{
	char *end, what[64];
	unsigned long number = strtoul(cli->args[0], &end, 10);
	enum cli_status status;

	if (*end != '\0' || number < 1 || number > CSGN_SECRETS_MAX)
		return cli_fail(cli, CLI_USAGE, "usage", "\"%s\" is no number of a secret key: 1 to %u",
				cli->args[0], CSGN_SECRETS_MAX);
	snprintf(what, sizeof what, "The secret key %lu will be erased, for good.", number);
	if (!confirm(cli, what, &status) || !login_admin(cli, card, false, &status))
		return status;
	enum cs_err err = cc_csgn_secret_delete(card, (uint8_t)number);
	if (err == CS_ERR_NOT_FOUND)
		return cli_fail(cli, CLI_REFUSED, "not_found",
				"there is no secret key %lu; see countersign secret list", number);
	if (err)
		return cli_fail_err(cli, err, "delete the secret key");
	cli_note(cli, "secret key %lu is gone", number);
	return cli->json ? cli_print(cli, json_pack("{s:b}", "done", true), NULL) : CLI_DONE;
}

static enum cli_status secret_delete(struct cli *cli)
{
	return card_run(cli, delete_with);
}

/* ---- verbs ---- */

#define SHARED_ADMIN (CLI_SHARED_CARD | CLI_SHARED_PIN | CLI_SHARED_MANAGEMENT | CLI_SHARED_SCP)

#define KEY_OPTIONS                                                                                          \
	{"algorithm", "NAME",                                                                                \
	 "aes128, aes192, aes256 (default; import: by the length), hmac-sha1, hmac-sha256, hmac-sha384, "    \
	 "hmac-sha512"},                                                                                     \
	    {"usage", "LIST", "encrypt,decrypt,sign,verify: what it may be used for"},                       \
	    {"label", "TEXT", "name the key so (at most 64 bytes)"},                                         \
	    {"number", "N", "1 to 32 (default: the first that is free)"}, POLICY_OPTIONS

static const struct cli_option generate_options[] = {
    KEY_OPTIONS,
    {"length", "N", "bytes of an HMAC key, 14 to 128 (default: as its hash)"},
    {.name = NULL},
};
static const struct cli_option import_options[] = {KEY_OPTIONS, {.name = NULL}};
static const struct cli_option delete_options[] = {CONFIRM_OPTION, {.name = NULL}};

const struct cli_verb cli_secret_verbs[] = {
    {"secret", "list", secret_list, CLI_SHARED_CARD, NULL, "", 0, 0,
     "List the AES and HMAC keys on a Countersign card"},
    {"secret", "generate", secret_generate, SHARED_ADMIN, generate_options, "", 0, 0,
     "Make an AES or HMAC key on the card"},
    {"secret", "import", secret_import, SHARED_ADMIN, import_options, "FILE", 1, 1,
     "Write an AES or HMAC key, the bytes of a file, to the card"},
    {"secret", "delete", secret_delete, SHARED_ADMIN, delete_options, "NUMBER", 1, 1, "Erase one"},
    {.noun = NULL},
};
