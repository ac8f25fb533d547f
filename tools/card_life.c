/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign card personalise, lock, unlock, terminate: the card's life, led by its officer.
 */
#include "tools/card_inventory.h"
#include "tools/confirm.h"
#include "tools/login.h"
#include "tools/names.h"
#include "tools/open_card.h"
#include "tools/verbs.h"

static enum cli_status done(struct cli *cli, struct cc_card *card, enum cs_err err, const char *doing)
{
	struct cc_csgn_info now;

	if (!err)
		err = cc_csgn_info(card, &now);
	if (err == CS_ERR_STATE)
		return cli_fail(cli, CLI_REFUSED, "wrong_state",
				"%s: not in this state of the card's life; card info tells which it is",
				doing);
	if (err)
		return cli_fail_err(cli, err, doing);
	cli_note(cli, "card %u is %s", (unsigned)now.serial, name_of_lifecycle(now.lifecycle));
	if (!cli->json)
		return CLI_DONE;
	return cli_print(cli,
			 json_pack("{s:I,s:s}", "serial", (json_int_t)now.serial, "lifecycle",
				   name_of_lifecycle(now.lifecycle)),
			 NULL);
}

/* ---- personalise ---- */

static enum cli_status personalise_with(struct cli *cli, struct cc_card *card)
{
	const char *holder = cli_value(cli, "holder"), *expires = cli_value(cli, "expires");
	struct cs_view holder_view = cs_view_string(holder ? holder : ""),
		       expiry_view = cs_view_string(expires ? expires : "");
	enum cli_status status;

	if (!holder && !expires)
		return cli_fail(cli, CLI_USAGE, "usage",
				"say what is to be set: --holder, --expires, or both");
	if (holder_view.len > CSGN_HOLDER_MAX)
		return cli_fail(cli, CLI_USAGE, "usage", "--holder has %zu bytes; at most %u fit",
				holder_view.len, CSGN_HOLDER_MAX);
	if (!login_so(cli, card, &status))
		return status;
	enum cs_err err =
	    cc_csgn_personalise(card, holder ? &holder_view : NULL, expires ? &expiry_view : NULL);
	if (err == CS_ERR_ARG)
		return cli_fail(cli, CLI_USAGE, "usage",
				"--expires is a date such as 20301231, or nothing, not \"%s\"",
				expires ? expires : "");
	return done(cli, card, err, "personalise the card");
}

static enum cli_status card_personalise(struct cli *cli)
{
	return card_run(cli, personalise_with);
}

/* ---- lock, unlock, terminate ---- */

static enum cli_status lock_with(struct cli *cli, struct cc_card *card)
{
	enum cli_status status;
	return login_so(cli, card, &status) ? done(cli, card, cc_csgn_lock(card), "lock the card") : status;
}

static enum cli_status card_lock(struct cli *cli)
{
	return card_run(cli, lock_with);
}

static enum cli_status unlock_with(struct cli *cli, struct cc_card *card)
{
	enum cli_status status;
	return login_so(cli, card, &status) ? done(cli, card, cc_csgn_unlock(card), "unlock the card")
					    : status;
}

static enum cli_status card_unlock(struct cli *cli)
{
	return card_run(cli, unlock_with);
}

static enum cli_status terminate_with(struct cli *cli, struct cc_card *card)
{
	enum cli_status status;

	if (!confirm(cli,
		     "All that is on the card will be erased, and the card will never be of use again. There "
		     "is no way back.",
		     &status) ||
	    !login_so(cli, card, &status))
		return status;
	return done(cli, card, cc_csgn_terminate(card), "terminate the card");
}

static enum cli_status card_terminate(struct cli *cli)
{
	return card_run(cli, terminate_with);
}

/* ---- verbs ---- */

#define SHARED_SO (CLI_SHARED_CARD | CLI_SHARED_PUK | CLI_SHARED_SO_PIN | CLI_SHARED_SCP)

static const struct cli_option personalise_options[] = {
    {"holder", "NAME", "who carries the card (at most 64 bytes; \"\": nobody)"},
    {"expires", "DATE", "until when: year, month and day in 8 digits (\"\": no date)"},
    {.name = NULL},
};
static const struct cli_option terminate_options[] = {CONFIRM_OPTION, {.name = NULL}};

const struct cli_verb cli_life_verbs[] = {
    {"card", "personalise", card_personalise, SHARED_SO, personalise_options, "", 0, 0,
     "Write the card holder's name and the date of expiry"},
    {"card", "lock", card_lock, SHARED_SO, NULL, "", 0, 0,
     "Lock an issued card: nobody can use it until it is unlocked"},
    {"card", "unlock", card_unlock, SHARED_SO, NULL, "", 0, 0, "Unlock a locked card"},
    {"card", "terminate", card_terminate, SHARED_SO, terminate_options, "", 0, 0,
     "Erase a card and end its life, for good"},
    {"card", "inventory", card_inventory, CLI_SHARED_CARD, NULL, "", 0, 0,
     "List all that a Countersign card holds"},
    {.noun = NULL},
};
