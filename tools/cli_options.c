/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The options that many verbs share, and looking up what was given.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli.h"

struct shared_row {
	enum cli_shared set;
	struct cli_option option;
};

static const struct shared_row shared_rows[] = {
    {CLI_SHARED_CARD, {"reader", "NAME", "use the card in this reader (a part of its name will do)"}},
    {CLI_SHARED_PIN, {"pin-file", "FILE", "read the PIN from FILE (or COUNTERSIGN_PIN)"}},
    {CLI_SHARED_NEW_PIN, {"new-pin-file", "FILE", "read the new PIN from FILE (or COUNTERSIGN_NEW_PIN)"}},
    {CLI_SHARED_PUK, {"puk-file", "FILE", "read the PUK from FILE (or COUNTERSIGN_PUK)"}},
    {CLI_SHARED_NEW_PUK, {"new-puk-file", "FILE", "read the new PUK from FILE (or COUNTERSIGN_NEW_PUK)"}},
    {CLI_SHARED_SO_PIN, {"so-pin-file", "FILE", "read the SO PIN from FILE (or COUNTERSIGN_SO_PIN)"}},
    {CLI_SHARED_NEW_SO_PIN,
     {"new-so-pin-file", "FILE", "read the new SO PIN from FILE (or COUNTERSIGN_NEW_SO_PIN)"}},
    {CLI_SHARED_MANAGEMENT,
     {"management-key-file", "FILE",
      "read the management key (hex) from FILE (or COUNTERSIGN_MANAGEMENT_KEY)"}},
    {CLI_SHARED_SCP,
     {"scp-key-file", "FILE",
      "send all protected by SCP03, with the key set in FILE (or COUNTERSIGN_SCP_KEY)"}},
    {CLI_SHARED_SERVER, {"server", "URL", "the daemon's address (or COUNTERSIGN_SERVER)"}},
    {CLI_SHARED_SERVER, {"ca", "FILE", "trust the certificates in FILE (or COUNTERSIGN_CA)"}},
    {CLI_SHARED_SERVER,
     {"credential-file", "FILE", "read the credential from FILE (or COUNTERSIGN_CREDENTIAL_FILE)"}},
    {CLI_SHARED_SERVER,
     {"client-cert", "FILE", "show the client certificate in FILE (or COUNTERSIGN_CLIENT_CERT)"}},
    {CLI_SHARED_SERVER, {"client-key", "FILE", "with its key in FILE (or COUNTERSIGN_CLIENT_KEY)"}},
    {CLI_SHARED_PASSWORD,
     {"password-file", "FILE",
      "read the password of the OTP application from FILE (or COUNTERSIGN_PASSWORD)"}},
};

const struct cli_option *cli_shared_option(unsigned shared, size_t i)
{
	for (size_t row = 0; row < sizeof shared_rows / sizeof shared_rows[0]; row++) {
		if ((shared_rows[row].set & shared) && i-- == 0)
			return &shared_rows[row].option;
	}
	return NULL;
}

const char *cli_value(const struct cli *cli, const char *name)
{
	for (size_t i = cli->value_count; i-- > 0;) {
		if (strcmp(cli->values[i].option->name, name) == 0)
			return cli->values[i].value;
	}
	return NULL;
}

bool cli_flag(const struct cli *cli, const char *name)
{
	return cli_value(cli, name) != NULL;
}

bool cli_number(const struct cli *cli, const char *name, unsigned long min, unsigned long max,
		unsigned long fallback, unsigned long *out)
{
	char *end;
	const char *text = cli_value(cli, name);

	*out = fallback;
	if (text == NULL)
		return true;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < min || number > max) {
		cli_fail(cli, CLI_USAGE, "usage", "--%s must be a number from %lu to %lu, not \"%s\"", name,
			 min, max, text);
		return false;
	}
	*out = number;
	return true;
}
