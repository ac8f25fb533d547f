/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Key sets of SCP03 on the command line (scp.h).
 */
#include "tools/scp.h"

#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/piv.h"
#include "base/secret.h"
#include "cardclient/csgn.h"
#include "cardclient/scp03.h"
#include "tools/login.h"
#include "tools/open_card.h"
#include "tools/secrets.h"

#define VERSION_DEFAULT 1u

bool scp_given(const struct cli *cli)
{
	return secret_given(cli, SECRET_SCP_KEY);
}

/* ---- the text ---- */

static bool key_read(struct cs_view text, uint8_t key[SCP03_KEY_MAX], uint8_t *len)
{
	struct cs_writer w = cs_writer_of(key, SCP03_KEY_MAX);

	if (cs_hex_decode(text, &w) != CS_OK || cs_writer_done(&w) != CS_OK)
		return false;
	*len = (uint8_t)cs_writer_view(&w).len;
	return *len == 16 || *len == 24 || *len == 32;
}

/* The part before the first of this character, which is taken away with it; all of it where there is none. */
static struct cs_view part_take(struct cs_view *text, char end, bool *found)
{
	const uint8_t *at = text->len ? memchr(text->ptr, end, text->len) : NULL;
	struct cs_view part = *text;

	*found = at != NULL;
	if (at == NULL)
		return part;
	part.len = (size_t)(at - text->ptr);
	*text = cs_view(at + 1, text->len - part.len - 1);
	return part;
}

static bool version_read(struct cs_view text, uint8_t *version)
{
	unsigned number = 0;

	for (size_t i = 0; i < text.len && number <= SCP03_VERSION_MAX; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		number = 10 * number + (text.ptr[i] - '0');
	}
	*version = (uint8_t)number;
	return number >= 1 && number <= SCP03_VERSION_MAX;
}

static bool keys_read(struct cs_view text, struct cc_scp03_keys *out)
{
	bool has_version, has_mac;
	uint8_t mac_len = 0;
	struct cs_view version = part_take(&text, ':', &has_version);

	memset(out, 0, sizeof *out);
	if (has_version && !version_read(version, &out->version))
		return false;
	struct cs_view enc = part_take(&text, ',', &has_mac);
	out->is_master = !has_mac;
	if (!key_read(enc, out->enc, &out->len))
		return false;
	return !has_mac || (key_read(text, out->mac, &mac_len) && mac_len == out->len);
}

static bool keys_get(const struct cli *cli, enum secret_kind kind, struct cc_scp03_keys *out,
		     enum cli_status *status)
{
	struct secret text;

	bool ok = secret_get(cli, kind, &text, status);
	if (ok && !keys_read(secret_view(&text), out)) {
		*status = cli_fail(
		    cli, CLI_USAGE, "usage",
		    "the SCP03 key set must be [VERSION:]MASTER or [VERSION:]ENC,MAC, each key 32, 48 or "
		    "64 hexadecimal digits");
		ok = false;
	}
	secret_wipe(&text);
	return ok;
}

/* ---- the session ---- */

static enum cli_status session_fail(const struct cli *cli, const struct cc_card *card, enum cs_err err,
				    unsigned tries)
{
	switch (err) {
	case CS_ERR_NOT_FOUND:
		return cli_fail(cli, CLI_REFUSED, "no_key_set",
				"the card in %s has no SCP03 key set of this version; \"countersign card "
				"scp-key\" gives it one",
				cc_card_reader(card));
	case CS_ERR_WRONG:
		if (tries == CC_TRIES_UNKNOWN)
			return cli_fail(cli, CLI_REFUSED, "wrong",
					"the card does not have this SCP03 key set; it was told nothing, and "
					"no try was spent");
		return cli_fail(cli, CLI_REFUSED, "wrong",
				"the card refused this SCP03 key set; %u tries are left", tries);
	case CS_ERR_BLOCKED:
		return cli_fail(cli, CLI_REFUSED, "blocked",
				"the card's SCP03 key set is blocked; \"countersign card reset\" erases it "
				"with all else");
	default:
		return cli_fail_err(cli, err, "open an SCP03 session");
	}
}

bool scp_login(const struct cli *cli, struct cc_card *card, enum cli_status *status)
{
	struct cc_scp03_keys keys;
	unsigned tries = CC_TRIES_UNKNOWN;

	if (!scp_given(cli))
		return true;
	bool ok = keys_get(cli, SECRET_SCP_KEY, &keys, status);
	if (ok) {
		enum cs_err err = cc_scp03_open(card, &keys, &tries);
		ok = err == CS_OK;
		if (err)
			*status = session_fail(cli, card, err, tries);
	}
	cs_wipe(&keys, sizeof keys);
	return ok;
}

/* ---- card scp-key ---- */

const struct cli_option scp_key_options[] = {
    {"new-scp-key-file", "FILE", "read the key set that shall be from FILE (or COUNTERSIGN_NEW_SCP_KEY)"},
    {.name = NULL},
};

static enum cli_status keys_give(struct cli *cli, struct cc_card *card, struct cc_scp03_keys *keys)
{
	uint8_t name[SCP03_DIVERSIFICATION];
	struct cc_csgn_info info;
	enum cs_err err = cc_csgn_info(card, &info);

	if (!err && keys->version == 0)
		keys->version = VERSION_DEFAULT;
	if (!err && keys->is_master) {
		cc_scp03_card_name(info.serial, name);
		err = cc_scp03_diversify(keys, name, keys);
	}
	if (!err)
		err = cc_scp03_set_keys(card, keys);
	if (err == CS_ERR_DENIED)
		return cli_fail(
		    cli, CLI_REFUSED, "denied",
		    "the card has an SCP03 key set already; give it with --scp-key-file to replace it");
	if (err)
		return cli_fail_err(cli, err, "set the SCP03 key set");
	cli_note(cli, "card %u has SCP03 key set %u", (unsigned)info.serial, keys->version);
	return cli->json ? cli_print(cli, json_pack("{s:i}", "version", keys->version), NULL) : CLI_DONE;
}

static enum cli_status scp_key_with(struct cli *cli, struct cc_card *card)
{
	struct cc_scp03_keys keys;
	enum cli_status status;

	if (keys_get(cli, SECRET_NEW_SCP_KEY, &keys, &status) && login_so(cli, card, &status))
		status = keys_give(cli, card, &keys);
	cs_wipe(&keys, sizeof keys);
	return status;
}

enum cli_status card_scp_key(struct cli *cli)
{
	return card_run(cli, scp_key_with);
}

/* ---- card secure-messaging ---- */

const struct cli_option secure_messaging_options[] = {
    {"suite", "NAME", "cs2 (default: P-256, AES-128) or cs7 (P-384, AES-256)"},
    {.name = NULL},
};

static enum cli_status secure_messaging_with(struct cli *cli, struct cc_card *card)
{
	const char *name = cli_value(cli, "suite");
	enum piv_sm_suites suite = PIV_SM_CS2;
	enum cli_status status;

	if (name != NULL && strcmp(name, "cs7") == 0)
		suite = PIV_SM_CS7;
	else if (name != NULL && strcmp(name, "cs2") != 0)
		return cli_fail(cli, CLI_USAGE, "usage", "--suite is cs2 or cs7, not \"%s\"", name);
	if (!login_admin(cli, card, false, &status))
		return status;
	enum cs_err err = cc_piv_generate_sm(card, suite);
	if (err == CS_ERR_STATE)
		return cli_fail(
		    cli, CLI_REFUSED, "no_signer",
		    "the card's attestation key cannot sign the certificate: it has to be an EC key");
	if (err)
		return cli_fail_err(cli, err, "make the key of secure messaging");
	cli_note(cli, "hosts can use secure messaging with this card now");
	return cli->json ? cli_print(cli, json_pack("{s:b}", "done", true), NULL) : CLI_DONE;
}

enum cli_status card_secure_messaging(struct cli *cli)
{
	return card_run(cli, secure_messaging_with);
}
