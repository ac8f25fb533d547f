/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The frame of the countersign command: countersign NOUN VERB [OPTIONS] [ARGUMENTS]. Each verb is a row of a
 * table; parsing, --help and the usage errors come from the rows, so that what is documented is what is
 * accepted.
 *
 * To add verbs: an array of rows that ends with an empty one, and its line in verb_groups (main.c).
 */
#ifndef COUNTERSIGN_TOOLS_CLI_H
#define COUNTERSIGN_TOOLS_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Exit statuses: a contract, also in countersign(1). */
enum cli_status {
	CLI_DONE = 0,	     /* done, or: accepted */
	CLI_REFUSED = 1,     /* refused by card or server */
	CLI_USAGE = 2,	     /* the command line, or a file or value it names, is wrong */
	CLI_UNREACHABLE = 3, /* no card or server reached */
};

struct cli_option {
	const char *name;  /* without its two dashes; NULL ends a list */
	const char *value; /* what the help calls its value; NULL: a flag */
	const char *help;  /* no capital, no full stop */
};

/* Options that many verbs share; see cli_options.c for their names. --json and --help every verb has. */
enum cli_shared {
	CLI_SHARED_CARD = 1,	    /* --reader */
	CLI_SHARED_PIN = 2,	    /* --pin-file */
	CLI_SHARED_NEW_PIN = 4,	    /* --new-pin-file */
	CLI_SHARED_PUK = 8,	    /* --puk-file */
	CLI_SHARED_NEW_PUK = 16,    /* --new-puk-file */
	CLI_SHARED_MANAGEMENT = 32, /* --management-key-file */
	CLI_SHARED_SCP = 1024,	    /* --scp-key-file */
	CLI_SHARED_SERVER = 64,	    /* --server, --ca, --credential-file */
	CLI_SHARED_PASSWORD = 128,  /* --password-file: of the OATH application */
	CLI_SHARED_SO_PIN = 256,    /* --so-pin-file */
	CLI_SHARED_NEW_SO_PIN = 512, /* --new-so-pin-file */
};

struct cli;

struct cli_verb {
	const char *noun, *verb; /* NULL ends a list */
	enum cli_status (*run)(struct cli *cli);
	unsigned shared;		  /* of enum cli_shared */
	const struct cli_option *options; /* the verb's own; NULL: none */
	const char *args;		  /* positional arguments as the help shows them, "" for none */
	unsigned args_min, args_max;
	const char *help; /* one line: what it does */
};

#define CLI_VALUES_MAX 24u

struct cli {
	const struct cli_verb *verb;
	bool json;
	struct {
		const struct cli_option *option;
		const char *value;
	} values[CLI_VALUES_MAX];
	size_t value_count;
	char **args; /* positional; borrowed from argv */
	size_t arg_count;
};

/* ---- options ---- */

/* The option's value; NULL where it was not given (a flag that was given has the value ""). name must be one
 * of the verb's. */
const char *cli_value(const struct cli *cli, const char *name);
bool cli_flag(const struct cli *cli, const char *name);

/* A decimal number between min and max; fallback where the option was not given. False: a usage error was
 * printed. */
bool cli_number(const struct cli *cli, const char *name, unsigned long min, unsigned long max,
		unsigned long fallback, unsigned long *out);

/* The shared options of a verb, one after the other: i counts from 0; NULL at the end. */
const struct cli_option *cli_shared_option(unsigned shared, size_t i);

/* ---- results ---- */

/* Prints data: with --json as one JSON text, else through text (which writes to stdout). Takes data over
 * (NULL: out of memory). Returns CLI_DONE, or CLI_USAGE where stdout cannot be written. */
enum cli_status cli_print(struct cli *cli, json_t *data, void (*text)(const json_t *data));

/* Tells an error: "countersign: SENTENCE" on stderr; with --json also {"error":{"code","message"}} on stdout.
 * code is stable snake_case. The sentence says what, where, what next. Returns status. */
enum cli_status cli_fail(const struct cli *cli, enum cli_status status, const char *code, const char *format,
			 ...) __attribute__((format(printf, 4, 5)));

/* The one border between enum cs_err and exit status + sentence: "DOING: what was wrong, what next". doing is
 * a phrase such as "verify the PIN". */
enum cli_status cli_fail_err(const struct cli *cli, enum cs_err err, const char *doing);

/* The same with a sentence of the caller's; why NULL: with the error's own. */
enum cli_status cli_fail_because(const struct cli *cli, enum cs_err err, const char *doing, const char *why);

/* A note for a person, on stderr; silent with --json. */
void cli_note(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
