/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server: tokens that need no card (codes that are sent or printed, temporary passwords), their
 * PINs, challenges; users' passwords and classes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/secrets.h"
#include "tools/server_http.h"
#include "tools/verbs.h"

#define GRID_COLUMNS 10u
#define CELL_DIGITS  3u /* of a grid's cell; a list's codes have six and more */

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

/* Posts body, which is taken over, to a path, which is freed, and prints the answer. */
static enum cli_status issue_post(struct cli *cli, char *path, json_t *body, void (*text)(const json_t *data))
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server != NULL && path != NULL) {
		status = server_post_once(server, path, json_incref(body), &answer, NULL);
	} else if (server != NULL) {
		status = cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	}
	json_decref(body);
	server_close(server);
	free(path);
	return status != CLI_DONE ? status : cli_print(cli, answer, text);
}

/* Puts the option's text in as the member, where it is given. */
static void member_text(const struct cli *cli, json_t *body, const char *option)
{
	const char *value = cli_value(cli, option);

	if (value != NULL) {
		(void)json_object_set_new(body, option, json_string(value));
	}
}

/* The same for a number from 1 to max. */
static bool member_number(const struct cli *cli, json_t *body, const char *option, unsigned long max)
{
	unsigned long number = 0;

	if (cli_value(cli, option) == NULL) {
		return true;
	}
	if (!cli_number(cli, option, 1, max, 0, &number)) {
		return false;
	}
	(void)json_object_set_new(body, option, json_integer((json_int_t)number));
	return true;
}

/* ---- tokens ---- */

/* The letters over a grid's columns, as a challenge names them. */
static void columns_text(void)
{
	(void)printf("    ");
	for (unsigned i = 0; i < GRID_COLUMNS; i++) {
		(void)printf("  %c%s", 'A' + (char)i, i + 1 < GRID_COLUMNS ? " " : "\n");
	}
}

/* Codes as they are printed: ten in a row, rows numbered; what is long, one a line. */
static void codes_text(const json_t *codes)
{
	size_t len = json_array_size(codes) > 0 ? strlen(json_string_value(json_array_get(codes, 0))) : 0;
	bool grid = json_array_size(codes) > 1 && len <= 8;
	size_t i;
	json_t *code;

	if (grid && len == CELL_DIGITS) {
		columns_text();
	}
	json_array_foreach(codes, i, code)
	{
		if (!grid) {
			(void)printf("%s\n", json_string_value(code));
			continue;
		}
		if (i % GRID_COLUMNS == 0) {
			(void)printf("%s%3zu ", i > 0 ? "\n" : "", i / GRID_COLUMNS + 1);
		}
		(void)printf(" %s", json_string_value(code));
	}
	if (grid) {
		(void)printf("\n");
	}
}

void server_issue_text(const json_t *data)
{
	const char *uri = text_of(data, "otpauth");
	const json_t *codes = json_object_get(data, "codes");

	(void)printf("token %s of user %s\n", text_of(data, "token"), text_of(data, "user"));
	if (*uri != '\0') {
		(void)printf("its seed, told this once: %s\n", uri);
	}
	if (*text_of(data, "secret") != '\0') {
		(void)printf("its secret, told this once: %s\n", text_of(data, "secret"));
	}
	if (codes != NULL) {
		(void)printf("told this once:\n");
		codes_text(codes);
	}
}

static void lose_text(const json_t *data)
{
	if (strcmp(text_of(data, "state"), "disabled") != 0) {
		server_issue_text(data);
		return;
	}
	(void)printf(
	    "token %s is disabled\nthere is no temporary password: user %s has as many other tokens in use "
	    "as one user may have; disable one, and issue it (server token issue temporary)\n",
	    text_of(data, "token"), text_of(data, "user"));
}

static enum cli_status token_issue(struct cli *cli)
{
	json_t *body = json_pack("{s:s}", "type", cli->args[0]);

	if (cli_value(cli, "user") == NULL) {
		json_decref(body);
		return cli_fail(cli, CLI_USAGE, "usage", "whose token? say it with --user");
	}
	member_text(cli, body, "user");
	member_text(cli, body, "suite");
	member_text(cli, body, "destination");
	member_text(cli, body, "label");
	if (!member_number(cli, body, "count", 1000) || !member_number(cli, body, "valid", 316224000) ||
	    !member_number(cli, body, "digits", 8)) {
		json_decref(body);
		return CLI_USAGE;
	}
	return issue_post(cli, server_path("/v1/tokens", "", ""), body, server_issue_text);
}

static enum cli_status token_lose(struct cli *cli)
{
	json_t *body = json_object();

	if (!member_number(cli, body, "count", 1000) || !member_number(cli, body, "valid", 316224000)) {
		json_decref(body);
		return CLI_USAGE;
	}
	return issue_post(cli, server_path("/v1/tokens/", cli->args[0], "/lose"), body, lose_text);
}

static void pin_text(const json_t *data)
{
	const char *place = text_of(data, "pin");

	if (strcmp(place, "none") == 0) {
		(void)printf("token %s has no PIN\n", text_of(data, "token"));
	} else {
		(void)printf("token %s has a PIN, typed %s the code\n", text_of(data, "token"), place);
	}
}

static enum cli_status token_pin(struct cli *cli)
{
	json_t *body = json_object();
	enum cli_status status;
	struct secret pin;

	if (!cli_flag(cli, "remove")) {
		if (!secret_choose(cli, SECRET_TOKEN_PIN, &pin, &status)) {
			json_decref(body);
			return status;
		}
		(void)json_object_set_new(body, "pin", json_string(pin.text));
		(void)json_object_set_new(body, "pin_place",
					  json_string(cli_flag(cli, "behind") ? "behind" : "before"));
		secret_wipe(&pin);
	}
	return issue_post(cli, server_path("/v1/tokens/", cli->args[0], "/pin"), body, pin_text);
}

/* ---- challenges ---- */

static void challenge_text(const json_t *data)
{
	(void)printf("challenge %s for token %s (%s)\n", text_of(data, "challenge"), text_of(data, "token"),
		     text_of(data, "type"));
	if (*text_of(data, "question") != '\0') {
		(void)printf("question: %s\n", text_of(data, "question"));
	} else {
		(void)printf("a code goes to %s\n", text_of(data, "sent_to"));
	}
}

static enum cli_status challenge_create(struct cli *cli)
{
	json_t *body = json_object();

	if (cli_value(cli, "user") == NULL) {
		json_decref(body);
		return cli_fail(cli, CLI_USAGE, "usage", "whose token? say it with --user");
	}
	member_text(cli, body, "user");
	member_text(cli, body, "type");
	member_text(cli, body, "data");
	member_text(cli, body, "client");
	return issue_post(cli, server_path("/v1/challenges", "", ""), body, challenge_text);
}

/* ---- passwords and classes ---- */

static void password_text(const json_t *data)
{
	(void)printf("user %s has a new password%s\n", text_of(data, "user"),
		     strcmp(text_of(data, "change"), "first") == 0 ? ", to be changed at the first login"
								   : "");
}

static enum cli_status user_password(struct cli *cli)
{
	enum cli_status status;
	struct secret password;
	json_t *body;

	if (!secret_choose(cli, SECRET_USER_PASSWORD, &password, &status)) {
		return status;
	}
	body = json_pack("{s:s,s:s}", "password", password.text, "change",
			 cli_flag(cli, "keep") ? "never" : "first");
	secret_wipe(&password);
	return issue_post(cli, server_path("/v1/users/", cli->args[0], "/password"), body, password_text);
}

static void class_text(const json_t *data)
{
	if (*text_of(data, "user") != '\0') {
		(void)printf("user %s is of class %s (%s)\n", text_of(data, "user"), text_of(data, "class"),
			     text_of(data, "factors"));
	} else {
		(void)printf("class %s: %s\n", text_of(data, "class"), text_of(data, "factors"));
	}
}

static enum cli_status user_class(struct cli *cli)
{
	return issue_post(cli, server_path("/v1/users/", cli->args[0], "/class"),
			  json_pack("{s:s}", "class", cli->args[1]), class_text);
}

static enum cli_status class_set(struct cli *cli)
{
	return issue_post(cli, server_path("/v1/classes", "", ""),
			  json_pack("{s:s,s:s}", "class", cli->args[0], "factors", cli->args[1]), class_text);
}

static void class_list_text(const json_t *data)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "classes"), i, row)
	{
		class_text(row);
	}
}

static enum cli_status class_list(struct cli *cli)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *rows = NULL;

	if (server == NULL) {
		return status;
	}
	status = server_list(server, "/v1/classes", "classes", &rows);
	server_close(server);
	return status != CLI_DONE ? status
				  : cli_print(cli, json_pack("{s:o}", "classes", rows), class_list_text);
}

static const struct cli_option issue_options[] = {
    {"user", "USER", "whose token it is"},
    {"suite", "SUITE", "of ocra: the OCRA-1 suite"},
    {"destination", "TO", "of sms and email: where its codes go"},
    {"count", "N", "lines of a list, cells of a grid, backup codes, uses of a temporary password"},
    {"valid", "SECONDS", "how long it lives"},
    {"digits", "N", "of a code, 6 to 8"},
    {"label", "TEXT", "a name for people to know it by"},
    {.name = NULL},
};

static const struct cli_option lose_options[] = {
    {"count", "N", "how often the temporary password is good; ten times if not given"},
    {"valid", "SECONDS", "how long it lives; three days if not given"},
    {.name = NULL},
};

static const struct cli_option pin_options[] = {
    {"token-pin-file", "FILE", "the PIN, on the first line of FILE; else it is asked for"},
    {"behind", NULL, "it is typed behind the code, not before it"},
    {"remove", NULL, "the token has no PIN from now on"},
    {.name = NULL},
};

static const struct cli_option challenge_options[] = {
    {"user", "USER", "whose token is asked"},
    {"type", "TYPE", "ocra, grid, sms or email; the first that the user has if not given"},
    {"data", "TEXT", "the transaction that the answer is to be for"},
    {"client", "ADDRESS", "the address of whoever is to answer"},
    {.name = NULL},
};

static const struct cli_option password_options[] = {
    {"user-password-file", "FILE", "the password, on the first line of FILE; else it is asked for"},
    {"keep", NULL, "it need not be changed at the first login"},
    {.name = NULL},
};

const struct cli_verb cli_server_issue_verbs[] = {
    {"server", "token issue", token_issue, CLI_SHARED_SERVER, issue_options, "TYPE", 1, 1,
     "Issue a token of type ocra, sms, email, list, grid, backup or temporary"},
    {"server", "token lose", token_lose, CLI_SHARED_SERVER, lose_options, "TOKEN", 1, 1,
     "Disable a lost token and make a temporary password"},
    {"server", "token pin", token_pin, CLI_SHARED_SERVER, pin_options, "TOKEN", 1, 1,
     "Set a PIN that is typed with the token's codes"},
    {"server", "challenge", challenge_create, CLI_SHARED_SERVER, challenge_options, "", 0, 0,
     "Ask a user's token something, or have a code sent"},
    {"server", "user password", user_password, CLI_SHARED_SERVER, password_options, "USER", 1, 1,
     "Set a user's password"},
    {"server", "user class", user_class, CLI_SHARED_SERVER, NULL, "USER CLASS", 2, 2,
     "Say which class a user is of"},
    {"server", "class set", class_set, CLI_SHARED_SERVER, NULL, "NAME FACTORS", 2, 2,
     "Say what a class's logins want: password, code, password+code, certificate+password or "
     "certificate+code"},
    {"server", "class list", class_list, CLI_SHARED_SERVER, NULL, "", 0, 0, "List the classes"},
    {.noun = NULL},
};
