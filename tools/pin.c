/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign pin: change, unblock, status; and the security officer's init and limits.
 */
#include <stdio.h>

#include "cardclient/csgn.h"
#include "tools/login.h"
#include "tools/open_card.h"
#include "tools/secrets.h"
#include "tools/verbs.h"

static enum cli_status done_text(struct cli *cli, const char *what)
{
	cli_note(cli, "%s", what);
	return cli->json ? cli_print(cli, json_pack("{s:b}", "done", true), NULL) : CLI_DONE;
}

/* The three that can be changed. */
struct reference {
	const char *flag; /* that chooses it; NULL: none does */
	const char *what, *new_what;
	uint8_t ref;
	enum secret_kind old_kind, new_kind;
};

static const struct reference references[] = {
    {"puk", "PUK", "new PUK", PIV_REF_PUK, SECRET_PUK, SECRET_NEW_PUK},
    {"so", "SO PIN", "new SO PIN", CSGN_REF_SO, SECRET_SO_PIN, SECRET_NEW_SO_PIN},
    {NULL, "PIN", "new PIN", PIV_REF_PIN, SECRET_PIN, SECRET_NEW_PIN},
};

static const struct reference *reference_of(const struct cli *cli)
{
	const struct reference *r = references;

	while (r->flag != NULL && !cli_flag(cli, r->flag))
		r++;
	return r;
}

static bool change_select(struct cli *cli, struct cc_card *card, const struct reference *r,
			  enum cli_status *status)
{
	if (r->ref != CSGN_REF_SO)
		return login_none(cli, card, status);
	enum cs_err err = cc_csgn_select(card, NULL);
	if (err)
		*status = cli_fail_err(cli, err, "select the Countersign application");
	return err == CS_OK;
}

static enum cli_status change_with(struct cli *cli, struct cc_card *card)
{
	const struct reference *r = reference_of(cli);
	struct secret old_pin, new_pin;
	enum cli_status status;
	unsigned tries = 0;
	char done[32];

	if (!change_select(cli, card, r, &status))
		return status;
	bool ok = secret_get(cli, r->old_kind, &old_pin, &status);
	if (ok && secret_get(cli, r->new_kind, &new_pin, &status)) {
		enum cs_err err =
		    cc_csgn_change(card, r->ref, secret_view(&old_pin), secret_view(&new_pin), &tries);
		snprintf(done, sizeof done, "%s changed", r->what);
		status = err ? login_fail(cli, err, err == CS_ERR_ARG ? r->new_what : r->what, tries)
			     : done_text(cli, done);
		secret_wipe(&new_pin);
	}
	secret_wipe(&old_pin);
	return status;
}

static enum cli_status pin_change(struct cli *cli)
{
	return card_run(cli, change_with);
}

static enum cli_status unblock_with(struct cli *cli, struct cc_card *card)
{
	struct secret puk, new_pin;
	enum cli_status status;
	unsigned tries = 0;

	if (!login_none(cli, card, &status))
		return status;
	bool ok = secret_get(cli, SECRET_PUK, &puk, &status);
	if (ok && secret_get(cli, SECRET_NEW_PIN, &new_pin, &status)) {
		enum cs_err err = cc_piv_unblock(card, secret_view(&puk), secret_view(&new_pin), &tries);
		status = err ? login_fail(cli, err, err == CS_ERR_ARG ? "new PIN" : "PUK", tries)
			     : done_text(cli, "PIN set anew");
		secret_wipe(&new_pin);
	}
	secret_wipe(&puk);
	return status;
}

static enum cli_status pin_unblock(struct cli *cli)
{
	return card_run(cli, unblock_with);
}

/* ---- the security officer's ---- */

static enum cli_status init_with(struct cli *cli, struct cc_card *card)
{
	enum cli_status status;
	struct secret pin;

	if (!login_so(cli, card, &status) || !secret_get(cli, SECRET_NEW_PIN, &pin, &status))
		return status;
	enum cs_err err = cc_csgn_init_pin(card, secret_view(&pin), cli_flag(cli, "must-change"));
	secret_wipe(&pin);
	return err ? login_fail(cli, err, "new PIN", 0) : done_text(cli, "PIN set");
}

static enum cli_status pin_init(struct cli *cli)
{
	return card_run(cli, init_with);
}

static enum cli_status limits_with(struct cli *cli, struct cc_card *card)
{
	unsigned long pin, puk, so;
	enum cli_status status;

	if (!cli_number(cli, "pin", 1, 15, 0, &pin) || !cli_number(cli, "puk", 1, 15, 0, &puk) ||
	    !cli_number(cli, "so", 1, 15, 0, &so))
		return CLI_USAGE;
	if (pin == 0 && puk == 0 && so == 0)
		return cli_fail(cli, CLI_USAGE, "usage",
				"say whose limit: --pin, --puk or --so, and the tries");
	if (!login_so(cli, card, &status))
		return status;
	const struct cc_csgn_limits limits = {(uint8_t)pin, (uint8_t)puk, (uint8_t)so};
	enum cs_err err = cc_csgn_set_limits(card, &limits);
	return err ? cli_fail_err(cli, err, "set the retry limits") : done_text(cli, "retry limits set");
}

static enum cli_status pin_limits(struct cli *cli)
{
	return card_run(cli, limits_with);
}

/* ---- status ---- */

static json_t *state_json(const struct cc_pin_state *state)
{
	return json_pack("{s:b,s:i,s:i}", "set", state->set, "tries_left", (int)state->left, "tries",
			 (int)state->total);
}

static void state_text(const json_t *data, const char *name, const char *title)
{
	const json_t *state = json_object_get(data, name);
	const json_t *total = json_object_get(state, "tries");
	if (state == NULL)
		return;
	printf("%s: ", title);
	if (json_is_false(json_object_get(state, "set")))
		printf("not set, ");
	printf("%lld", (long long)json_integer_value(json_object_get(state, "tries_left")));
	if (total != NULL)
		printf(" of %lld", (long long)json_integer_value(total));
	puts(" tries left");
}

static void status_text(const json_t *data)
{
	state_text(data, "pin", "PIN");
	state_text(data, "puk", "PUK");
	state_text(data, "so", "SO PIN");
	if (json_is_true(json_object_get(data, "must_change")))
		puts("The PIN has to be changed before it opens any key.");
}

static enum cli_status status_with(struct cli *cli, struct cc_card *card)
{
	struct cc_csgn_info info;
	enum cli_status status;
	unsigned tries = 0;
	bool verified;

	if (cc_csgn_select(card, &info) == CS_OK)
		return cli_print(cli,
				 json_pack("{s:o,s:o,s:o,s:b}", "pin", state_json(&info.pin), "puk",
					   state_json(&info.puk), "so", state_json(&info.so), "must_change",
					   (info.pin_flags & CSGN_PIN_MUST_CHANGE) != 0),
				 status_text);
	/* A foreign card tells of its PIN alone. */
	if (!login_none(cli, card, &status))
		return status;
	enum cs_err err = cc_piv_verify_status(card, PIV_REF_PIN, &verified, &tries);
	if (err)
		return cli_fail_err(cli, err, "ask for the state of the PIN");
	if (verified)
		return cli_fail(cli, CLI_REFUSED, "not_now",
				"the PIN is verified now, and the card then tells no tries");
	return cli_print(cli, json_pack("{s:{s:b,s:i}}", "pin", "set", true, "tries_left", (int)tries),
			 status_text);
}

static enum cli_status pin_status(struct cli *cli)
{
	return card_run(cli, status_with);
}

static const struct cli_option change_options[] = {{"puk", NULL, "change the PUK, not the PIN"},
						   {"so", NULL, "change the SO PIN, not the PIN"},
						   {.name = NULL}};
static const struct cli_option init_options[] = {
    {"must-change", NULL, "the PIN opens no private key before it was changed"}, {.name = NULL}};
static const struct cli_option limits_options[] = {{"pin", "N", "tries of the PIN, 1 to 15"},
						   {"puk", "N", "tries of the PUK"},
						   {"so", "N", "tries of the SO PIN"},
						   {.name = NULL}};

const struct cli_verb cli_pin_verbs[] = {
    {"pin", "change", pin_change,
     CLI_SHARED_CARD | CLI_SHARED_PIN | CLI_SHARED_NEW_PIN | CLI_SHARED_PUK | CLI_SHARED_NEW_PUK |
	 CLI_SHARED_SO_PIN | CLI_SHARED_NEW_SO_PIN,
     change_options, "", 0, 0, "Change the PIN (or the PUK, or the SO PIN)"},
    {"pin", "unblock", pin_unblock, CLI_SHARED_CARD | CLI_SHARED_PUK | CLI_SHARED_NEW_PIN, NULL, "", 0, 0,
     "Set a new PIN with the PUK"},
    {"pin", "init", pin_init, CLI_SHARED_CARD | CLI_SHARED_PUK | CLI_SHARED_SO_PIN | CLI_SHARED_NEW_PIN,
     init_options, "", 0, 0, "Set a new PIN with the SO PIN"},
    {"pin", "limits", pin_limits, CLI_SHARED_CARD | CLI_SHARED_PUK | CLI_SHARED_SO_PIN, limits_options, "", 0,
     0, "Set how many tries PIN, PUK and SO PIN have, with the SO PIN"},
    {"pin", "status", pin_status, CLI_SHARED_CARD, NULL, "", 0, 0,
     "Tell how many tries PIN, PUK and SO PIN have left"},
    {.noun = NULL},
};
