/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the command says: results as text or JSON, errors as sentences with an exit status.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/cli.h"

enum cli_status cli_print(struct cli *cli, json_t *data, void (*text)(const json_t *data))
{
	bool ok = data != NULL;
	if (ok && cli->json)
		ok = json_dumpf(data, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
	else if (ok)
		text(data);
	json_decref(data);
	if (ok && fflush(stdout) == 0)
		return CLI_DONE;
	return cli_fail(cli, CLI_USAGE, "output", "the result could not be written to standard output");
}

static void print_json_error(const char *code, const char *message)
{
	json_t *error = json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", message);
	if (error != NULL && json_dumpf(error, stdout, JSON_INDENT(2)) == 0)
		putchar('\n');
	json_decref(error);
}

enum cli_status cli_fail(const struct cli *cli, enum cli_status status, const char *code, const char *format,
			 ...)
{
	va_list args;
	char *message = NULL;

	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	va_end(args);
	fprintf(stderr, "countersign: %s\n", message != NULL ? message : "out of memory");
	if (cli->json)
		print_json_error(code, message != NULL ? message : "out of memory");
	free(message);
	return status;
}

void cli_note(const struct cli *cli, const char *format, ...)
{
	va_list args;

	if (cli->json)
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

struct err_row {
	enum cs_err err;
	enum cli_status status;
	const char *code;
	const char *sentence; /* what was wrong; what next */
};

static const struct err_row err_rows[] = {
    {CS_ERR_ARG, CLI_REFUSED, "bad_value",
     "a value was not acceptable; see the command's --help for what is"},
    {CS_ERR_MALFORMED, CLI_REFUSED, "bad_answer",
     "the answer made no sense; COUNTERSIGN_TRACE=FILE records what was said"},
    {CS_ERR_LENGTH, CLI_REFUSED, "bad_length", "the data has a length that is not accepted"},
    {CS_ERR_FULL, CLI_REFUSED, "full", "there is no room left; delete something first"},
    {CS_ERR_NOT_FOUND, CLI_REFUSED, "not_found", "it is not there"},
    {CS_ERR_EXISTS, CLI_REFUSED, "exists", "it is there already"},
    {CS_ERR_DENIED, CLI_REFUSED, "denied",
     "not permitted without the PIN, or the management key, that guards it"},
    {CS_ERR_WRONG, CLI_REFUSED, "wrong", "the PIN, password or key is wrong"},
    {CS_ERR_BLOCKED, CLI_REFUSED, "blocked",
     "no tries are left; \"countersign pin unblock\" sets a new PIN with the PUK"},
    {CS_ERR_STATE, CLI_REFUSED, "not_now",
     "the card does not do that in its present state; see \"countersign card info\""},
    {CS_ERR_UNSUPPORTED, CLI_REFUSED, "unsupported", "this card cannot do that"},
    {CS_ERR_NO_READER, CLI_UNREACHABLE, "no_reader",
     "no reader was found; is one plugged in, is COUNTERSIGN_TRANSPORT right, and does pcscd know the reader "
     "if it runs"},
    {CS_ERR_NO_CARD, CLI_UNREACHABLE, "no_card", "there is no card in the reader; insert one"},
    {CS_ERR_REMOVED, CLI_UNREACHABLE, "removed",
     "the card was removed or reset meanwhile; insert it and try again"},
    {CS_ERR_BUSY, CLI_UNREACHABLE, "busy", "another program holds the card for itself; end it and try again"},
    {CS_ERR_TIMEOUT, CLI_REFUSED, "timeout", "the token was not touched in time; try again and touch it"},
    {CS_ERR_CANCELLED, CLI_REFUSED, "cancelled", "called off; nothing was changed"},
    {CS_ERR_CARD, CLI_REFUSED, "card", "the card refused"},
    {CS_ERR_IO, CLI_UNREACHABLE, "io", "reading or writing failed"},
    {CS_ERR_CORRUPT, CLI_REFUSED, "corrupt", "the stored data is damaged"},
    {CS_ERR_CRYPTO, CLI_REFUSED, "crypto", "the cryptographic library reported an error"},
    {CS_ERR_MEMORY, CLI_REFUSED, "memory", "out of memory"},
    {CS_ERR_EXPIRED, CLI_REFUSED, "pin_expired",
     "the PIN must be changed first; \"countersign pin change\" does it"},
};

enum cli_status cli_fail_err(const struct cli *cli, enum cs_err err, const char *doing)
{
	return cli_fail_because(cli, err, doing, NULL);
}

enum cli_status cli_fail_because(const struct cli *cli, enum cs_err err, const char *doing, const char *why)
{
	for (size_t i = 0; i < sizeof err_rows / sizeof err_rows[0]; i++) {
		const struct err_row *row = &err_rows[i];
		if (row->err == err)
			return cli_fail(cli, row->status, row->code, "could not %s: %s", doing,
					why != NULL ? why : row->sentence);
	}
	return cli_fail(cli, CLI_REFUSED, "failed", "could not %s: %s", doing, cs_err_text(err));
}
