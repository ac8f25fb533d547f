/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign key: generate, list, delete; attest and import have files of their own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cardclient/piv_parse.h"
#include "tools/card_key.h"
#include "tools/confirm.h"
#include "tools/key_attest.h"
#include "tools/key_import.h"
#include "tools/key_options.h"
#include "tools/login.h"
#include "tools/open_card.h"
#include "tools/progress.h"
#include "tools/slot_option.h"
#include "tools/verbs.h"

bool slot_read(const struct cli *cli, const char *text, uint8_t *slot, enum cli_status *status)
{
	if (text == NULL)
		text = cli_value(cli, "slot");
	if (text == NULL || slot_named(text, slot)) {
		if (text == NULL)
			*slot = PIV_SLOT_AUTHENTICATION;
		return true;
	}
	*status = cli_fail(cli, CLI_USAGE, "usage",
			   "there is no slot \"%s\"; there are 9a, 9c, 9d, 9e, 82 to 95 and f9 (names: "
			   "authentication, signature, key-management, card-authentication, attestation)",
			   text);
	return false;
}

static json_t *slot_json(uint8_t slot)
{
	return json_sprintf("%02x", slot);
}

/* ---- generate ---- */

struct generate {
	uint8_t slot;
	enum piv_alg alg;
	struct cc_piv_policy policy;
};

static bool value_wrong(const struct cli *cli, const char *value, enum cli_status *status)
{
	*status = cli_fail(cli, CLI_USAGE, "usage",
			   "\"%s\" is not one of the values; see countersign key %s --help", value,
			   cli->verb->verb);
	return false;
}

bool key_policy_read(const struct cli *cli, struct cc_piv_policy *policy, enum cli_status *status)
{
	const char *pin = cli_value(cli, "pin-policy"), *touch = cli_value(cli, "touch-policy");

	*policy = (struct cc_piv_policy){PIV_PIN_DEFAULT, PIV_TOUCH_DEFAULT};
	if (pin != NULL && !pin_policy_named(pin, &policy->pin))
		return value_wrong(cli, pin, status);
	return touch == NULL || touch_policy_named(touch, &policy->touch) || value_wrong(cli, touch, status);
}

bool key_replace_confirm(const struct cli *cli, struct cc_card *card, uint8_t slot, enum cli_status *status)
{
	struct cc_piv_metadata old;
	char what[128];

	if (cc_piv_metadata(card, slot, &old) != CS_OK)
		return true;
	const char *alg = name_of_alg((enum piv_alg)old.algorithm);
	snprintf(what, sizeof what, "Slot %02x holds a key (%s). It will be replaced, for good.", slot,
		 alg != NULL ? alg : "unknown");
	return confirm(cli, what, status);
}

static bool generate_options(const struct cli *cli, struct generate *g, enum cli_status *status)
{
	const char *alg = cli_value(cli, "algorithm");

	g->alg = PIV_ALG_P256;
	if (!slot_read(cli, NULL, &g->slot, status) || !key_policy_read(cli, &g->policy, status))
		return false;
	return alg == NULL || alg_named(alg, &g->alg) || value_wrong(cli, alg, status);
}

static void public_text(const json_t *data)
{
	fputs(json_string_value(json_object_get(data, "public_key")), stdout);
}

static enum cli_status public_print(struct cli *cli, uint8_t slot, const struct cc_piv_public *public)
{
	EVP_PKEY *key = card_key_public(public);
	char *pem = key != NULL ? card_key_pem(key) : NULL;
	EVP_PKEY_free(key);
	if (pem == NULL)
		return cli_fail_err(cli, CS_ERR_CRYPTO, "show the public key");
	json_t *data = json_pack("{s:o,s:s,s:s}", "slot", slot_json(slot), "algorithm",
				 name_of_alg(public->alg), "public_key", pem);
	free(pem);
	return cli_print(cli, data, public_text);
}

static enum cli_status generate_with(struct cli *cli, struct cc_card *card)
{
	struct generate g;
	struct cc_piv_public public;
	enum cli_status status;

	if (!generate_options(cli, &g, &status) || !login_none(cli, card, &status) ||
	    !key_replace_confirm(cli, card, g.slot, &status) || !login_admin(cli, card, false, &status))
		return status;
	progress_begin("making a key on the card");
	enum cs_err err = cc_piv_generate(card, g.slot, g.alg, g.policy, NULL, &public);
	progress_end();
	if (err == CS_ERR_ARG || err == CS_ERR_UNSUPPORTED)
		return cli_fail(
		    cli, CLI_REFUSED, "unsupported",
		    "this card does not make a key of algorithm %s with these policies in slot %02x",
		    name_of_alg(g.alg), g.slot);
	return err ? cli_fail_err(cli, err, "make a key on the card") : public_print(cli, g.slot, &public);
}

static enum cli_status key_generate(struct cli *cli)
{
	return card_run(cli, generate_with);
}

/* ---- list ---- */

static json_t *subject_json(struct cs_view der)
{
	const unsigned char *p = der.ptr;
	X509 *cert = d2i_X509(NULL, &p, (long)der.len);
	char *line = cert != NULL ? X509_NAME_oneline(X509_get_subject_name(cert), NULL, 0) : NULL;
	json_t *text = line != NULL ? json_string(line) : json_null();
	OPENSSL_free(line);
	X509_free(cert);
	return text;
}

/* What is in one slot; NULL: nothing. A card without metadata tells of certificates only. */
static enum cs_err slot_describe(struct cc_card *card, uint8_t slot, json_t **out)
{
	uint8_t der[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(der);
	struct cc_piv_metadata m;
	bool compressed;

	*out = NULL;
	enum cs_err key = cc_piv_metadata(card, slot, &m);
	enum cs_err cert = cc_piv_get_certificate(card, slot, &w, &compressed);
	if (key == CS_ERR_REMOVED || cert == CS_ERR_REMOVED)
		return CS_ERR_REMOVED;
	if (key && cert)
		return CS_OK;
	json_t *row = json_pack("{s:o,s:s,s:b}", "slot", slot_json(slot), "name", name_of_slot(slot),
				"certificate", cert == CS_OK);
	if (!key) {
		const char *alg = name_of_alg((enum piv_alg)m.algorithm);
		json_object_set_new(row, "algorithm", alg != NULL ? json_string(alg) : json_null());
		json_object_set_new(row, "pin_policy", json_string(name_of_pin_policy(m.policy.pin)));
		json_object_set_new(row, "touch_policy", json_string(name_of_touch_policy(m.policy.touch)));
		json_object_set_new(row, "origin",
				    json_string(m.origin == PIV_ORIGIN_IMPORTED ? "imported" : "generated"));
	}
	if (!cert && !compressed)
		json_object_set_new(row, "subject", subject_json(cs_writer_view(&w)));
	*out = row;
	return CS_OK;
}

static void keys_text(const json_t *data)
{
	size_t i;
	json_t *row;
	json_array_foreach(json_object_get(data, "keys"), i, row)
	{
		const char *alg = json_string_value(json_object_get(row, "algorithm"));
		const char *subject = json_string_value(json_object_get(row, "subject"));
		bool cert = json_is_true(json_object_get(row, "certificate"));
		printf("%s %-20s %-8s %s\n", json_string_value(json_object_get(row, "slot")),
		       json_string_value(json_object_get(row, "name")), alg ? alg : "-",
		       subject ? subject
		       : cert  ? "(certificate)"
			       : "(no certificate)");
	}
}

static enum cli_status list_with(struct cli *cli, struct cc_card *card)
{
	static const uint8_t first[] = {PIV_SLOT_AUTHENTICATION, PIV_SLOT_SIGNATURE, PIV_SLOT_KEY_MANAGEMENT,
					PIV_SLOT_CARD_AUTHENTICATION};
	enum cli_status status;
	enum cs_err err = CS_OK;
	json_t *row;

	if (!login_none(cli, card, &status))
		return status;
	json_t *keys = json_array();
	for (unsigned i = 0; i < sizeof first + 20 && !err; i++) {
		uint8_t slot =
		    i < sizeof first ? first[i] : (uint8_t)(PIV_SLOT_RETIRED_FIRST + i - sizeof first);
		err = slot_describe(card, slot, &row);
		if (!err && row != NULL)
			json_array_append_new(keys, row);
	}
	if (err) {
		json_decref(keys);
		return cli_fail_err(cli, err, "list the keys");
	}
	return cli_print(cli, json_pack("{s:o}", "keys", keys), keys_text);
}

static enum cli_status key_list(struct cli *cli)
{
	return card_run(cli, list_with);
}

/* ---- delete ---- */

static enum cli_status delete_with(struct cli *cli, struct cc_card *card)
{
	uint8_t slot;
	char what[128];
	enum cli_status status;

	if (!slot_read(cli, cli->args[0], &slot, &status) || !login_none(cli, card, &status))
		return status;
	snprintf(what, sizeof what, "The key in slot %02x%s will be erased, for good.", slot,
		 cli_flag(cli, "keep-certificate") ? "" : " and its certificate");
	if (!confirm(cli, what, &status) || !login_admin(cli, card, false, &status))
		return status;
	enum cs_err err = cc_piv_delete_key(card, slot);
	if (err == CS_ERR_NOT_FOUND)
		return cli_fail(cli, CLI_REFUSED, "not_found",
				"there is no key in slot %02x; see countersign key list", slot);
	if (!err && !cli_flag(cli, "keep-certificate"))
		err = cc_piv_put_certificate(card, slot, CS_VIEW_EMPTY, false);
	/* There was none. */
	if (err == CS_ERR_NOT_FOUND)
		err = CS_OK;
	if (err)
		return cli_fail_err(cli, err, "delete the key");
	cli_note(cli, "slot %02x is empty", slot);
	return cli->json ? cli_print(cli, json_pack("{s:b}", "done", true), NULL) : CLI_DONE;
}

static enum cli_status key_delete(struct cli *cli)
{
	return card_run(cli, delete_with);
}

static const struct cli_option generate_options_list[] = {
    SLOT_OPTION,
    {"algorithm", "NAME",
     "p256 (default), p384, p521, rsa2048, rsa3072, rsa4096, ed25519, x25519, sm2, mldsa44, mldsa65, "
     "mldsa87, mlkem512, "
     "mlkem768, mlkem1024"},
    POLICY_OPTIONS,
    CONFIRM_OPTION,
    {.name = NULL},
};
static const struct cli_option delete_options[] = {
    {"keep-certificate", NULL, "leave the slot's certificate"},
    CONFIRM_OPTION,
    {.name = NULL},
};

const struct cli_verb cli_key_verbs[] = {
    {"key", "generate", key_generate,
     CLI_SHARED_CARD | CLI_SHARED_PIN | CLI_SHARED_MANAGEMENT | CLI_SHARED_SCP, generate_options_list, "", 0,
     0, "Make a key pair on the card, and print its public key"},
    {"key", "list", key_list, CLI_SHARED_CARD, NULL, "", 0, 0, "List the keys and certificates on the card"},
    {"key", "attest", key_attest, CLI_SHARED_CARD, key_attest_options, "", 0, 0,
     "Print the card's certificate that a key was made on it"},
    {"key", "import", key_import, CLI_SHARED_CARD | CLI_SHARED_PIN | CLI_SHARED_MANAGEMENT | CLI_SHARED_SCP,
     key_import_options, "FILE", 1, 1, "Write a private key from a file to the card"},
    {"key", "delete", key_delete, CLI_SHARED_CARD | CLI_SHARED_PIN | CLI_SHARED_MANAGEMENT | CLI_SHARED_SCP,
     delete_options, "SLOT", 1, 1, "Erase a key and its certificate"},
    {.noun = NULL},
};
