/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign card init and reset: issuing a card, and making it blank again. Both erase: nothing happens
 * before a person, or --yes, agreed to what is lost.
 */
#include "tools/card_init.h"

#include <stdio.h>
#include <string.h>

#include "base/piv.h"
#include "base/tlv.h"
#include "cardclient/csgn.h"
#include "tools/confirm.h"
#include "tools/login.h"
#include "tools/names.h"
#include "tools/open_card.h"
#include "tools/scp.h"
#include "tools/secrets.h"

struct issue {
	struct secret puk, new_puk, so_pin, new_so_pin, pin;
	const struct secret *so_now;		 /* that the card has, if it has one */
	const struct secret *so_then, *puk_then; /* that it shall have */
	struct cs_view label;
	char label_text[CSGN_LABEL_MAX + 1];
	enum csgn_profile profile;
	uint8_t otherwise[8]; /* elements of the profile's template */
	struct cs_writer otherwise_w;
	struct cc_csgn_info was;
};

static bool csgn_open(const struct cli *cli, struct cc_card *card, struct cc_csgn_info *info,
		      enum cli_status *status)
{
	enum cs_err err = cc_csgn_select(card, info);
	if (err == CS_ERR_NOT_FOUND || err == CS_ERR_UNSUPPORTED)
		*status = cli_fail(cli, CLI_REFUSED, "not_countersign",
				   "the card in %s is not a Countersign card; use its maker's tools",
				   cc_card_reader(card));
	else if (err)
		*status = cli_fail_err(cli, err, "select the Countersign application");
	return !err;
}

static bool confirm_erasure(const struct cli *cli, const struct cc_csgn_info *info, enum cli_status *status)
{
	char what[256];
	snprintf(
	    what, sizeof what,
	    "Card %u%s%s%s is %s. All its keys, certificates and OTP credentials will be erased, for good.",
	    (unsigned)info->serial, info->label[0] ? " (\"" : "", info->label, info->label[0] ? "\")" : "",
	    name_of_lifecycle(info->lifecycle));
	return confirm(cli, what, status);
}

/* What is otherwise than in the profile that is named. */
static bool otherwise_read(const struct cli *cli, struct issue *issue, enum cli_status *status)
{
	static const struct {
		const char *name;
		enum piv_alg cipher;
	} ciphers[] = {{"3des", PIV_ALG_3DES},
		       {"aes128", PIV_ALG_AES128},
		       {"aes192", PIV_ALG_AES192},
		       {"aes256", PIV_ALG_AES256}};
	const char *management = cli_value(cli, "management");
	unsigned long min_pin;
	size_t i = 0;

	issue->otherwise_w = CS_WRITER_OF(issue->otherwise);
	if (!cli_number(cli, "min-pin", PIV_PIN_LEN_MIN, PIV_PIN_LEN, 0, &min_pin)) {
		*status = CLI_USAGE;
		return false;
	}
	if (min_pin)
		cs_tlv_write_u8(&issue->otherwise_w, CSGN_PROFILE_PIN_MIN, (uint8_t)min_pin);
	if (management == NULL)
		return true;
	while (i < sizeof ciphers / sizeof ciphers[0] && strcmp(ciphers[i].name, management) != 0)
		i++;
	if (i == sizeof ciphers / sizeof ciphers[0]) {
		*status = cli_fail(cli, CLI_USAGE, "usage",
				   "--management is 3des, aes128, aes192 or aes256, not \"%s\"", management);
		return false;
	}
	cs_tlv_write_u8(&issue->otherwise_w, CSGN_PROFILE_MANAGEMENT, (uint8_t)ciphers[i].cipher);
	return true;
}

static bool options_read(const struct cli *cli, struct issue *issue, enum cli_status *status)
{
	const char *label = cli_value(cli, "label"), *profile = cli_value(cli, "profile");

	if (label == NULL) {
		snprintf(issue->label_text, sizeof issue->label_text, "Countersign %u",
			 (unsigned)issue->was.serial);
		label = issue->label_text;
	}
	issue->label = cs_view_string(label);
	issue->profile = CSGN_PROFILE_COUNTERSIGN;
	if (profile != NULL && strcmp(profile, "piv") == 0)
		issue->profile = CSGN_PROFILE_PIV;
	else if (profile != NULL && strcmp(profile, "countersign") != 0) {
		*status =
		    cli_fail(cli, CLI_USAGE, "usage", "--profile is countersign or piv, not \"%s\"", profile);
		return false;
	}
	if (issue->label.len > CSGN_LABEL_MAX) {
		*status = cli_fail(cli, CLI_USAGE, "usage", "--label has %zu bytes; at most %u fit",
				   issue->label.len, CSGN_LABEL_MAX);
		return false;
	}
	return otherwise_read(cli, issue, status);
}

/* What is given, and is not the same as before. */
static bool new_read(const struct cli *cli, enum secret_kind kind, struct secret *secret,
		     const struct secret **then, enum cli_status *status)
{
	if (!secret_given(cli, kind))
		return true;
	*then = secret;
	return secret_get(cli, kind, secret, status);
}

/* A blank card: PUK and SO PIN are chosen. Else they are those that the card has, and new ones may be given.
 * Who says nothing of a SO PIN has one that is as the PUK. */
static bool secrets_read(const struct cli *cli, struct issue *issue, enum cli_status *status)
{
	bool blank = issue->was.lifecycle == CSGN_BLANK;

	/* In a session the card asks for no PUK: this is the one it shall have. */
	if (scp_given(cli))
		blank = true;
	if (!(blank ? secret_choose : secret_get)(cli, SECRET_PUK, &issue->puk, status))
		return false;
	issue->puk_then = &issue->puk;
	if (!blank && !new_read(cli, SECRET_NEW_PUK, &issue->new_puk, &issue->puk_then, status))
		return false;
	issue->so_now = &issue->puk;
	issue->so_then = issue->puk_then;
	if (secret_given(cli, SECRET_SO_PIN)) {
		if (!secret_get(cli, SECRET_SO_PIN, &issue->so_pin, status))
			return false;
		issue->so_now = issue->so_then = &issue->so_pin;
	}
	if (!blank && !new_read(cli, SECRET_NEW_SO_PIN, &issue->new_so_pin, &issue->so_then, status))
		return false;
	return secret_choose(cli, SECRET_PIN, &issue->pin, status);
}

static enum cli_status issue_card(struct cli *cli, struct cc_card *card, struct issue *issue)
{
	const struct cc_csgn_issue order = {.so_pin = secret_view(issue->so_then),
					    .puk = secret_view(issue->puk_then),
					    .label = issue->label,
					    .profile = issue->profile,
					    .otherwise = cs_writer_view(&issue->otherwise_w)};
	unsigned tries = 0;
	enum cs_err err = CS_OK;

	if (issue->was.lifecycle != CSGN_BLANK && !scp_given(cli))
		err = cc_csgn_verify(card, CSGN_REF_SO, secret_view(issue->so_now), &tries);
	if (err)
		return login_fail(cli, err, "SO PIN", tries);
	err = cc_csgn_initialize(card, &order, &tries);
	if (!err)
		err = cc_csgn_verify(card, CSGN_REF_SO, order.so_pin, &tries);
	if (err)
		return login_fail(cli, err, err == CS_ERR_ARG ? "new PUK or SO PIN" : "SO PIN", tries);
	err = cc_csgn_init_pin(card, secret_view(&issue->pin), cli_flag(cli, "must-change"));
	if (err == CS_ERR_ARG)
		return login_fail(cli, err, "new PIN", 0);
	if (err)
		return cli_fail_err(cli, err, "set the PIN");
	struct cc_csgn_info now;
	err = cc_csgn_info(card, &now);
	if (err)
		return cli_fail_err(cli, err, "read the card");
	cli_note(cli, "card %u is issued: label \"%s\", profile %s", (unsigned)now.serial, now.label,
		 name_of_profile(now.profile));
	if (!cli->json)
		return CLI_DONE;
	return cli_print(cli,
			 json_pack("{s:I,s:s,s:s,s:s}", "serial", (json_int_t)now.serial, "label", now.label,
				   "profile", name_of_profile(now.profile), "lifecycle",
				   name_of_lifecycle(now.lifecycle)),
			 NULL);
}

static enum cli_status init_with(struct cli *cli, struct cc_card *card)
{
	enum cli_status status;
	struct issue issue;

	memset(&issue, 0, sizeof issue);
	bool ok = csgn_open(cli, card, &issue.was, &status) && options_read(cli, &issue, &status);
	/* A blank card of profile piv may hold keys all the same: only one of ours, untouched, has nothing to
	 * lose. */
	if (ok && (issue.was.lifecycle != CSGN_BLANK || issue.was.profile != CSGN_PROFILE_COUNTERSIGN))
		ok = confirm_erasure(cli, &issue.was, &status);
	if (ok && secrets_read(cli, &issue, &status) && scp_login(cli, card, &status))
		status = issue_card(cli, card, &issue);
	secret_wipe(&issue.puk);
	secret_wipe(&issue.new_puk);
	secret_wipe(&issue.so_pin);
	secret_wipe(&issue.new_so_pin);
	secret_wipe(&issue.pin);
	return status;
}

enum cli_status card_init(struct cli *cli)
{
	return card_run(cli, init_with);
}

static enum cli_status reset_with(struct cli *cli, struct cc_card *card)
{
	struct cc_csgn_info info;
	enum cli_status status;
	enum cs_err err;

	if (!csgn_open(cli, card, &info, &status) || !confirm_erasure(cli, &info, &status))
		return status;
	/* Where both are blocked nobody can say who he is, and the card may be made blank by anyone who holds
	 * it. */
	if (scp_given(cli) ? !scp_login(cli, card, &status)
			   : (info.pin.left > 0 || info.puk.left > 0) && !login_so(cli, card, &status))
		return status;
	err = cc_csgn_reset(card);
	if (err)
		return cli_fail_err(cli, err, "reset the card");
	cli_note(cli, "card %u is blank", (unsigned)info.serial);
	return cli->json ? cli_print(cli, json_pack("{s:b}", "done", true), NULL) : CLI_DONE;
}

enum cli_status card_reset(struct cli *cli)
{
	return card_run(cli, reset_with);
}
