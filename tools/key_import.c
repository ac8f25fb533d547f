/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign key import: a private key from a file to a slot.
 */
#include "tools/key_import.h"

#include <stdio.h>

#include "base/secret.h"
#include "tools/confirm.h"
#include "tools/key_file.h"
#include "tools/key_options.h"
#include "tools/login.h"
#include "tools/open_card.h"
#include "tools/slot_option.h"

static enum cli_status import_parts(struct cli *cli, struct cc_card *card, uint8_t slot,
				    struct cc_piv_policy policy, const struct key_file *key)
{
	enum cli_status status;

	if (!login_none(cli, card, &status) || !key_replace_confirm(cli, card, slot, &status) ||
	    !login_admin(cli, card, false, &status))
		return status;
	enum cs_err err = cc_piv_import(card, slot, key->alg, &key->parts, policy, NULL);
	if (err == CS_ERR_ARG || err == CS_ERR_UNSUPPORTED)
		return cli_fail(
		    cli, CLI_REFUSED, "unsupported",
		    "this card does not take a key of algorithm %s with these policies in slot %02x",
		    name_of_alg(key->alg), slot);
	if (err)
		return cli_fail_err(cli, err, "import the key");
	cli_note(cli, "key (%s) imported to slot %02x", name_of_alg(key->alg), slot);
	return cli->json ? cli_print(cli,
				     json_pack("{s:o,s:s}", "slot", json_sprintf("%02x", slot), "algorithm",
					       name_of_alg(key->alg)),
				     NULL)
			 : CLI_DONE;
}

static enum cli_status import_with(struct cli *cli, struct cc_card *card)
{
	struct cc_piv_policy policy;
	struct key_file key;
	enum cli_status status;
	uint8_t slot;

	if (!slot_read(cli, NULL, &slot, &status) || !key_policy_read(cli, &policy, &status))
		return status;
	if (key_file_read(cli, cli->args[0], &key, &status))
		status = import_parts(cli, card, slot, policy, &key);
	cs_wipe(&key, sizeof key);
	return status;
}

enum cli_status key_import(struct cli *cli)
{
	return card_run(cli, import_with);
}

const struct cli_option key_import_options[] = {
    SLOT_OPTION,
    POLICY_OPTIONS,
    {"passphrase-file", "FILE", "read the key file's passphrase from FILE (or COUNTERSIGN_PASSPHRASE)"},
    CONFIRM_OPTION,
    {.name = NULL},
};
