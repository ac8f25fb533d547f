/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a token is to be that is enrolled, as the options of token enrol say.
 */
#ifndef COUNTERSIGN_TOOLS_SERVER_ENROL_H
#define COUNTERSIGN_TOOLS_SERVER_ENROL_H

#include <stddef.h>
#include <stdint.h>

#include "tools/cli.h"

#define ENROL_SEED_MAX 64u

/* Holds the seed: whoever is done with it wipes it all. */
struct enrolment {
	const char *user;
	const char *type;
	const char *algorithm; /* NULL: the server's default, SHA1 */
	const char *label;     /* NULL: none */
	const char *on_card;   /* NULL: not */
	const char *sealed;    /* a file that a card made; NULL: none */
	bool by_card;	       /* the card makes the seed */
	unsigned long digits, period, counter;
	bool hotp;
	uint8_t seed[ENROL_SEED_MAX];
	size_t seed_len; /* 0: the server makes it */
};

/* False: an error was told, and *status says which. */
bool enrolment_take(const struct cli *cli, struct enrolment *out, enum cli_status *status);

#endif
