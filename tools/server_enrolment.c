/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The options of countersign server token enrol.
 */
#include "tools/server_enrol.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/encoding.h"
#include "cardclient/oath.h"
#include "tools/secrets.h"

#define SEED_MIN      16u /* bytes: RFC 4226, section 4, R6 */
#define SEED_MADE_LEN 20u /* bytes of a seed made here: RFC 4226, section 4, recommends 160 bits */

static bool seed_take(const struct cli *cli, struct enrolment *e, enum cli_status *status)
{
	const char *file = cli_value(cli, "secret-file");
	struct cs_writer w = CS_WRITER_OF(e->seed);
	struct secret text;
	bool good;

	if (file == NULL) {
		e->seed_len = e->on_card != NULL && !e->by_card ? SEED_MADE_LEN : 0;
		if (getrandom(e->seed, e->seed_len, 0) == (ssize_t)e->seed_len) {
			return true;
		}
		*status = cli_fail_err(cli, CS_ERR_IO, "make a seed");
		return false;
	}
	good = secret_from_file(cli, "seed", file, &text, status);
	if (good) {
		good =
		    cs_base32_decode(secret_view(&text), &w) == CS_OK && cs_writer_view(&w).len >= SEED_MIN;
		if (!good) {
			*status = cli_fail(
			    cli, CLI_USAGE, "usage",
			    "%s does not begin with a line of base32 that holds 16 to 64 bytes", file);
		}
	}
	secret_wipe(&text);
	e->seed_len = cs_writer_view(&w).len;
	return good;
}

static bool type_take(const struct cli *cli, struct enrolment *e)
{
	e->type = cli_value(cli, "type");
	e->type = e->type != NULL ? e->type : "totp";
	e->hotp = strcmp(e->type, "hotp") == 0;
	if (!e->hotp && strcmp(e->type, "totp") != 0) {
		(void)cli_fail(cli, CLI_USAGE, "usage", "--type is hotp or totp, not \"%s\"", e->type);
		return false;
	}
	e->algorithm = cli_value(cli, "algorithm");
	if (e->algorithm != NULL && strcmp(e->algorithm, "SHA1") != 0 &&
	    strcmp(e->algorithm, "SHA256") != 0 && strcmp(e->algorithm, "SHA512") != 0) {
		(void)cli_fail(cli, CLI_USAGE, "usage", "--algorithm is SHA1, SHA256 or SHA512, not \"%s\"",
			       e->algorithm);
		return false;
	}
	return true;
}

/* Where the seed comes from. What a card has sealed is told by the card. */
static bool source_take(const struct cli *cli, struct enrolment *e)
{
	static const char *const told[] = {"type",   "secret-file", "on-card", "algorithm",
					   "digits", "period",	    "counter"};
	bool unsealed = cli_flag(cli, "unsealed");

	e->on_card = cli_value(cli, "on-card");
	e->sealed = cli_value(cli, "sealed");
	e->by_card = e->on_card != NULL && !unsealed && cli_value(cli, "secret-file") == NULL;
	for (size_t i = 0; e->sealed != NULL && i < sizeof told / sizeof told[0]; i++) {
		if (cli_value(cli, told[i]) != NULL) {
			(void)cli_fail(
			    cli, CLI_USAGE, "usage",
			    "the card has sealed what the token is: --%s does not go with --sealed", told[i]);
			return false;
		}
	}
	if (unsealed && e->on_card == NULL) {
		(void)cli_fail(cli, CLI_USAGE, "usage", "--unsealed goes with --on-card");
	}
	return !unsealed || e->on_card != NULL;
}

bool enrolment_take(const struct cli *cli, struct enrolment *e, enum cli_status *status)
{
	*status = CLI_USAGE;
	e->user = cli_value(cli, "user");
	e->label = cli_value(cli, "label");
	if (e->user == NULL) {
		(void)cli_fail(cli, CLI_USAGE, "usage", "whose token? say it with --user");
		return false;
	}
	if (!source_take(cli, e)) {
		return false;
	}
	if (e->on_card != NULL && (e->on_card[0] == '\0' || strlen(e->on_card) > YKOATH_NAME_MAX - 4)) {
		(void)cli_fail(cli, CLI_USAGE, "usage", "a credential's name on the card has 1 to %u bytes",
			       YKOATH_NAME_MAX - 4);
		return false;
	}
	return type_take(cli, e) && cli_number(cli, "digits", 6, 8, 6, &e->digits) &&
	       cli_number(cli, "period", 10, 300, 30, &e->period) &&
	       cli_number(cli, "counter", 0, UINT32_MAX, 0, &e->counter) && seed_take(cli, e, status);
}
