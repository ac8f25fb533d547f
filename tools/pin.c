/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign pin: change, unblock, status.
 */
#include <stdio.h>

#include "tools/login.h"
#include "tools/open_card.h"
#include "tools/secrets.h"
#include "tools/verbs.h"

static enum cli_status done_text(struct cli *cli, const char *what)
{
	cli_note(cli, "%s", what);
	return cli->json ? cli_print(cli, json_pack("{s:b}", "done", true), NULL) : CLI_DONE;
}

static enum cli_status change_with(struct cli *cli, struct cc_card *card)
{
	bool puk = cli_flag(cli, "puk");
	struct secret old_pin, new_pin;
	enum cli_status status;
	unsigned tries = 0;

	if (!login_none(cli, card, &status))
		return status;
	bool ok = secret_get(cli, puk ? SECRET_PUK : SECRET_PIN, &old_pin, &status);
	if (ok && secret_get(cli, puk ? SECRET_NEW_PUK : SECRET_NEW_PIN, &new_pin, &status)) {
		enum cs_err err = cc_piv_change(card, puk ? PIV_REF_PUK : PIV_REF_PIN, secret_view(&old_pin),
						secret_view(&new_pin), &tries);
		const char *what = err == CS_ERR_ARG ? (puk ? "new PUK" : "new PIN") : puk ? "PUK" : "PIN";
		status = err ? login_fail(cli, err, what, tries)
			     : done_text(cli, puk ? "PUK changed" : "PIN changed");
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
}

static enum cli_status status_with(struct cli *cli, struct cc_card *card)
{
	struct cc_csgn_info info;
	enum cli_status status;
	unsigned tries = 0;
	bool verified;

	if (cc_csgn_select(card, &info) == CS_OK)
		return cli_print(
		    cli, json_pack("{s:o,s:o}", "pin", state_json(&info.pin), "puk", state_json(&info.puk)),
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
						   {.name = NULL}};

const struct cli_verb cli_pin_verbs[] = {
    {"pin", "change", pin_change,
     CLI_SHARED_CARD | CLI_SHARED_PIN | CLI_SHARED_NEW_PIN | CLI_SHARED_PUK | CLI_SHARED_NEW_PUK,
     change_options, "", 0, 0, "Change the PIN (or the PUK)"},
    {"pin", "unblock", pin_unblock, CLI_SHARED_CARD | CLI_SHARED_PUK | CLI_SHARED_NEW_PIN, NULL, "", 0, 0,
     "Set a new PIN with the PUK"},
    {"pin", "status", pin_status, CLI_SHARED_CARD, NULL, "", 0, 0,
     "Tell how many tries PIN and PUK have left"},
    {.noun = NULL},
};
