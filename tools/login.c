/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIN and management key for a command (login.h).
 */
#include "tools/login.h"

#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "cardclient/csgn.h"
#include "tools/scp.h"
#include "tools/secrets.h"

/* What the reference token, and a card of profile piv, leave the factory with. */
static const uint8_t factory_key[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
					5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};

enum cli_status login_fail(const struct cli *cli, enum cs_err err, const char *what, unsigned tries)
{
	bool pin = strcmp(what, "PIN") == 0;

	switch (err) {
	case CS_ERR_WRONG:
		return cli_fail(cli, CLI_REFUSED, "wrong", "the %s is wrong; %u %s left", what, tries,
				tries == 1 ? "try is" : "tries are");
	case CS_ERR_BLOCKED:
		return cli_fail(cli, CLI_REFUSED, "blocked", "the %s is blocked: no tries are left; %s", what,
				pin ? "\"countersign pin unblock\" sets a new PIN with the PUK"
				    : "when PIN and PUK are both blocked, \"countersign card reset\" makes "
				      "the card blank");
	case CS_ERR_ARG:
		return cli_fail(
		    cli, CLI_REFUSED, "bad_pin",
		    "the card does not accept this %s: 6 to 8 digits or printable characters, and none that "
		    "is easily guessed, such as 123456 or 111111",
		    what);
	default:
		return cli_fail_err(cli, err, "verify the PIN or PUK");
	}
}

bool login_none(const struct cli *cli, struct cc_card *card, enum cli_status *status)
{
	enum cs_err err = cc_piv_select(card, NULL);
	if (err == CS_ERR_NOT_FOUND)
		*status = cli_fail(cli, CLI_REFUSED, "not_piv", "the card in %s has no PIV application",
				   cc_card_reader(card));
	else if (err)
		*status = cli_fail_err(cli, err, "select the PIV application");
	return !err;
}

bool login_pin(const struct cli *cli, struct cc_card *card, enum cli_status *status)
{
	struct secret pin;
	unsigned tries = 0;

	bool ok = secret_get(cli, SECRET_PIN, &pin, status);
	if (ok) {
		enum cs_err err = cc_piv_verify(card, secret_view(&pin), &tries);
		ok = err == CS_OK;
		if (err == CS_ERR_ARG)
			*status = cli_fail(cli, CLI_REFUSED, "wrong",
					   "a PIN has 1 to 8 characters; no try was spent");
		else if (err)
			*status = login_fail(cli, err, "PIN", tries);
	}
	secret_wipe(&pin);
	return ok;
}

/* The management key as bytes. */
static bool key_get(const struct cli *cli, uint8_t *key, struct cs_writer *w, enum cli_status *status)
{
	struct secret text;

	*w = cs_writer_of(key, CC_PIV_MANAGEMENT_MAX);
	bool ok = secret_get(cli, SECRET_MANAGEMENT_KEY, &text, status);
	if (ok && cs_hex_decode(secret_view(&text), w) != CS_OK) {
		*status = cli_fail(cli, CLI_USAGE, "usage",
				   "the management key must be 32, 48 or 64 hexadecimal digits");
		ok = false;
	}
	secret_wipe(&text);
	return ok;
}

static bool login_management(const struct cli *cli, struct cc_card *card, enum cli_status *status)
{
	uint8_t key[CC_PIV_MANAGEMENT_MAX];
	struct cs_writer w = CS_WRITER_OF(key);
	struct cc_piv_metadata metadata;
	enum piv_alg alg = (enum piv_alg)0; /* not told */
	bool ok = true, factory = false;

	enum cs_err err = cc_piv_metadata(card, PIV_SLOT_MANAGEMENT, &metadata);
	if (!err) {
		alg = (enum piv_alg)metadata.algorithm;
		factory = metadata.is_default && alg == PIV_ALG_3DES;
	}
	if (factory && !secret_given(cli, SECRET_MANAGEMENT_KEY)) {
		cli_note(cli, "countersign: using the management key of the factory; anyone knows it");
		cs_write_view(&w, CS_VIEW_OF(factory_key));
	} else {
		ok = key_get(cli, key, &w, status);
	}
	if (ok) {
		err = cc_piv_authenticate(card, alg, cs_writer_view(&w));
		if (err == CS_ERR_WRONG)
			*status = cli_fail(cli, CLI_REFUSED, "wrong", "the management key is wrong");
		else if (err == CS_ERR_ARG)
			*status = cli_fail(
			    cli, CLI_USAGE, "usage",
			    "the management key has %zu bytes, which its algorithm on this card does not",
			    cs_writer_view(&w).len);
		else if (err)
			*status = cli_fail_err(cli, err, "authenticate with the management key");
		ok = err == CS_OK;
	}
	cs_wipe(key, sizeof key);
	return ok;
}

bool login_admin(const struct cli *cli, struct cc_card *card, bool and_pin, enum cli_status *status)
{
	struct cc_csgn_info info;

	/* Asked first: selecting another application later would drop what has been shown. */
	bool pin_serves = cc_csgn_select(card, &info) == CS_OK && info.profile == CSGN_PROFILE_COUNTERSIGN;
	if (!login_none(cli, card, status))
		return false;
	if (scp_given(cli))
		return scp_login(cli, card, status) && (!and_pin || login_pin(cli, card, status));
	bool by_key = secret_given(cli, SECRET_MANAGEMENT_KEY) || !pin_serves;
	if (by_key && !login_management(cli, card, status))
		return false;
	return (by_key && !and_pin) || login_pin(cli, card, status);
}

bool login_so_secret(const struct cli *cli, struct secret *out, enum cli_status *status)
{
	bool as_puk = !secret_given(cli, SECRET_SO_PIN) && secret_given(cli, SECRET_PUK);

	return secret_get(cli, as_puk ? SECRET_PUK : SECRET_SO_PIN, out, status);
}

bool login_so(const struct cli *cli, struct cc_card *card, enum cli_status *status)
{
	struct secret so_pin;
	unsigned tries = 0;
	enum cs_err err = cc_csgn_select(card, NULL);

	if (err) {
		*status = cli_fail_err(cli, err, "select the Countersign application");
		return false;
	}
	if (scp_given(cli))
		return scp_login(cli, card, status);
	bool ok = login_so_secret(cli, &so_pin, status);
	if (ok) {
		err = cc_csgn_verify(card, CSGN_REF_SO, secret_view(&so_pin), &tries);
		if (err)
			*status = login_fail(cli, err, "SO PIN", tries);
		ok = err == CS_OK;
	}
	secret_wipe(&so_pin);
	return ok;
}
