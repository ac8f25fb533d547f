/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign otp status, password, unblock, reset: the password of the OTP application.
 */
#include <stdio.h>

#include "base/secret.h"
#include "tools/confirm.h"
#include "tools/login.h"
#include "tools/open_card.h"
#include "tools/otp.h"
#include "tools/secrets.h"

/* ---- status ---- */

static void status_text(const json_t *data)
{
	const json_t *left = json_object_get(data, "tries_left"),
		     *wait = json_object_get(data, "wait_seconds");

	printf("Password: %s\n", json_is_true(json_object_get(data, "password")) ? "set" : "none");
	if (left != NULL)
		printf("Tries:    %lld of %lld left\n", (long long)json_integer_value(left),
		       (long long)json_integer_value(json_object_get(data, "tries")));
	if (json_integer_value(wait) > 0)
		printf("Wait:     %lld seconds until the next try\n", (long long)json_integer_value(wait));
}

static enum cli_status status_with(struct cli *cli, struct cc_card *card)
{
	struct cc_oath_info info;
	enum cli_status status;

	if (!otp_select(cli, card, &info, &status))
		return status;
	json_t *data = json_pack("{s:b}", "password", info.locked);
	if (data != NULL && info.has_tries) {
		json_object_set_new(data, "tries_left", json_integer(info.tries.left));
		json_object_set_new(data, "tries", json_integer(info.tries.total));
		json_object_set_new(data, "wait_seconds", json_integer(info.tries.wait_seconds));
	}
	return cli_print(cli, data, status_text);
}

enum cli_status otp_status(struct cli *cli)
{
	return card_run(cli, status_with);
}

/* ---- password ---- */

static enum cli_status password_set(struct cli *cli, struct cc_card *card, const struct cc_oath_info *info)
{
	struct secret password;
	uint8_t code[YKOATH_CODE_LEN];
	enum cli_status status;

	if (!secret_get(cli, SECRET_NEW_PASSWORD, &password, &status))
		return status;
	enum cs_err err = cc_oath_derive(secret_view(&password), cs_view(info->salt, info->salt_len), code);
	secret_wipe(&password);
	if (!err)
		err = cc_oath_set_code(card, code);
	cs_wipe(code, sizeof code);
	return err ? cli_fail_err(cli, err, "set the password") : otp_done(cli, "password set");
}

static enum cli_status password_with(struct cli *cli, struct cc_card *card)
{
	struct cc_oath_info info;
	enum cli_status status;

	/* The salt first: opening selects again. */
	if (!otp_select(cli, card, &info, &status) || !otp_open(cli, card, &status))
		return status;
	if (!cli_flag(cli, "remove"))
		return password_set(cli, card, &info);
	enum cs_err err = cc_oath_remove_code(card);
	return err ? cli_fail_err(cli, err, "remove the password") : otp_done(cli, "password removed");
}

enum cli_status otp_password(struct cli *cli)
{
	return card_run(cli, password_with);
}

const struct cli_option otp_password_options[] = {
    {"new-password-file", "FILE", "read the new password from FILE (or COUNTERSIGN_NEW_PASSWORD)"},
    {"remove", NULL, "have no password any more"},
    {.name = NULL},
};

/* ---- unblock, reset ---- */

static enum cli_status unblock_with(struct cli *cli, struct cc_card *card)
{
	struct cc_oath_info info;
	struct secret so_pin;
	enum cli_status status;
	unsigned tries = 0;

	if (!otp_select(cli, card, &info, &status) || !login_so_secret(cli, &so_pin, &status))
		return status;
	enum cs_err err = cc_csgn_verify(card, CSGN_REF_SO, secret_view(&so_pin), &tries);
	secret_wipe(&so_pin);
	if (err)
		return login_fail(cli, err, "SO PIN", tries);
	err = cc_oath_unblock(card);
	if (err == CS_ERR_STATE)
		return cli_fail(
		    cli, CLI_REFUSED, "factory_so_pin",
		    "the card has the factory's SO PIN, which everybody knows; set another one first "
		    "(\"countersign pin change --so\")");
	if (err == CS_ERR_NOT_FOUND)
		return cli_fail(cli, CLI_REFUSED, "no_password", "the OTP application has no password");
	return err ? cli_fail_err(cli, err, "unblock the password") : otp_done(cli, "all tries are back");
}

enum cli_status otp_unblock(struct cli *cli)
{
	return card_run(cli, unblock_with);
}

static enum cli_status reset_with(struct cli *cli, struct cc_card *card)
{
	struct cc_oath_info info;
	enum cli_status status;

	if (!otp_select(cli, card, &info, &status) ||
	    !confirm(cli, "All one-time-password credentials will be erased, for good.", &status))
		return status;
	enum cs_err err = cc_oath_reset(card);
	return err ? cli_fail_err(cli, err, "reset the OTP application")
		   : otp_done(cli, "OTP application reset");
}

enum cli_status otp_reset(struct cli *cli)
{
	return card_run(cli, reset_with);
}
