/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server token expire, replace, delete and server user disable, enable, delete: how tokens and
 * users end. What cannot be undone is asked for first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/confirm.h"
#include "tools/secrets.h"
#include "tools/server_http.h"
#include "tools/verbs.h"

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

/* Posts body, which is taken over, or deletes where it is NULL, and prints the answer. path is freed. */
static enum cli_status life_call(struct cli *cli, char *path, json_t *body, void (*text)(const json_t *data))
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server != NULL && path == NULL) {
		status = cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	} else if (server != NULL) {
		status = body != NULL ? server_post_once(server, path, json_incref(body), &answer, NULL)
				      : server_delete(server, path, &answer);
	}
	json_decref(body);
	server_close(server);
	free(path);
	return status != CLI_DONE ? status : cli_print(cli, answer, text);
}

/* ---- expire ---- */

/* RFC 3339's date-time, whole seconds: 2027-01-15T12:00:00Z, or with +01:00 in the place of the Z. */
static bool time_parse(const char *text, json_int_t *out)
{
	struct tm tm = {.tm_isdst = 0};
	int hours = 0, minutes = 0, end = 0;
	char sign = '+';
	const char *zone = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	const int day = tm.tm_mday, month = tm.tm_mon;

	if (zone == NULL || text[4] != '-' || strlen(text) < 20) {
		return false;
	}
	if (strcmp(zone, "Z") != 0 &&
	    (sscanf(zone, "%c%2d:%2d%n", &sign, &hours, &minutes, &end) != 3 || zone[end] != '\0' ||
	     end != 6 || (sign != '+' && sign != '-') || hours > 23 || minutes > 59)) {
		return false;
	}
	time_t at = timegm(&tm);
	if (tm.tm_mday != day || tm.tm_mon != month) { /* the 31st of June */
		return false;
	}
	*out = (json_int_t)at - (sign == '-' ? -1 : 1) * (hours * 60 + minutes) * 60;
	return *out > 0;
}

static void time_print(json_int_t seconds)
{
	char text[32] = "";
	time_t at = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&at, &tm) != NULL) {
		(void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	}
	(void)printf("%s", text);
}

static void expire_text(const json_t *data)
{
	const json_t *expires = json_object_get(data, "expires");

	(void)printf("token %s ", text_of(data, "token"));
	if (expires == NULL) {
		(void)printf("does not expire\n");
		return;
	}
	(void)printf("expires at ");
	time_print(json_integer_value(expires));
	(void)printf("\n");
}

static enum cli_status token_expire(struct cli *cli)
{
	const char *at = cli_value(cli, "at");
	json_int_t seconds = 0;

	if ((at != NULL) == cli_flag(cli, "never")) {
		return cli_fail(cli, CLI_USAGE, "usage", "when? say it with --at TIME, or --never");
	}
	if (at != NULL && !time_parse(at, &seconds)) {
		return cli_fail(
		    cli, CLI_USAGE, "usage",
		    "a time is written as 2027-01-15T12:00:00Z, or with +01:00 for the Z, not \"%s\"", at);
	}
	return life_call(cli, server_path("/v1/tokens/", cli->args[0], "/expire"),
			 json_pack("{s:I}", "expires", seconds), expire_text);
}

/* ---- replace ---- */

static bool seed_member(const struct cli *cli, json_t *body, enum cli_status *status)
{
	const char *file = cli_value(cli, "secret-file");
	struct secret text;

	if (file == NULL) {
		return true;
	}
	bool good = secret_from_file(cli, "seed", file, &text, status);
	if (good) {
		(void)json_object_set_new(body, "secret", json_string(text.text));
	}
	secret_wipe(&text);
	return good;
}

/* Puts the options in that are members as they are. */
static bool replace_members(const struct cli *cli, json_t *body, enum cli_status *status)
{
	static const char *const texts[] = {"type", "algorithm", "suite", "destination", "label"};
	static const struct {
		const char *name;
		unsigned long least, most;
	} numbers[] = {{"digits", 6, 8}, {"period", 10, 300}, {"count", 1, 1000}, {"valid", 1, 316224000}};
	unsigned long number = 0;

	*status = CLI_USAGE;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (cli_value(cli, texts[i]) != NULL) {
			(void)json_object_set_new(body, texts[i], json_string(cli_value(cli, texts[i])));
		}
	}
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (cli_value(cli, numbers[i].name) == NULL) {
			continue;
		}
		if (!cli_number(cli, numbers[i].name, numbers[i].least, numbers[i].most, 0, &number)) {
			return false;
		}
		(void)json_object_set_new(body, numbers[i].name, json_integer((json_int_t)number));
	}
	return seed_member(cli, body, status);
}

static enum cli_status token_replace(struct cli *cli)
{
	json_t *body = json_object();
	enum cli_status status;

	if (!replace_members(cli, body, &status)) {
		json_decref(body);
		return status;
	}
	return life_call(cli, server_path("/v1/tokens/", cli->args[0], "/replace"), body, server_issue_text);
}

/* ---- delete ---- */

static void token_delete_text(const json_t *data)
{
	(void)printf("token %s of user %s is deleted\n", text_of(data, "token"), text_of(data, "user"));
}

static enum cli_status token_delete(struct cli *cli)
{
	enum cli_status status;
	char what[160];

	(void)snprintf(what, sizeof what, "Token \"%.64s\" will be deleted from the server, for good.",
		       cli->args[0]);
	if (!confirm(cli, what, &status)) {
		return status;
	}
	return life_call(cli, server_path("/v1/tokens/", cli->args[0], ""), NULL, token_delete_text);
}

/* ---- users ---- */

static void user_state_text(const json_t *data)
{
	(void)printf("user %s is %s\n", text_of(data, "user"), text_of(data, "state"));
}

static enum cli_status user_disable(struct cli *cli)
{
	return life_call(cli, server_path("/v1/users/", cli->args[0], "/disable"), json_object(),
			 user_state_text);
}

static enum cli_status user_enable(struct cli *cli)
{
	return life_call(cli, server_path("/v1/users/", cli->args[0], "/enable"), json_object(),
			 user_state_text);
}

static void user_delete_text(const json_t *data)
{
	(void)printf("user %s is deleted\n", text_of(data, "user"));
}

static enum cli_status user_delete(struct cli *cli)
{
	enum cli_status status;
	char what[320];

	(void)snprintf(
	    what, sizeof what,
	    "User \"%.128s\" will be deleted from the server, with his tokens and all that is his, for good.",
	    cli->args[0]);
	if (!confirm(cli, what, &status)) {
		return status;
	}
	return life_call(cli, server_path("/v1/users/", cli->args[0], ""), NULL, user_delete_text);
}

static const struct cli_option expire_options[] = {
    {"at", "TIME", "when it ends, as 2027-01-15T12:00:00Z"},
    {"never", NULL, "it does not end by itself any more"},
    {.name = NULL},
};

static const struct cli_option replace_options[] = {
    {"type", "TYPE", "what it is; as the one before if not given, as all that follows"},
    {"secret-file", "FILE", "its seed, in base32, on the first line of FILE; else the server makes one"},
    {"algorithm", "HASH", "of hotp and totp: SHA1, SHA256 or SHA512"},
    {"digits", "N", "of a code, 6 to 8"},
    {"period", "SECONDS", "of a TOTP code, 10 to 300"},
    {"suite", "SUITE", "of ocra: the OCRA-1 suite"},
    {"destination", "TO", "of sms and email: where its codes go"},
    {"count", "N", "lines of a list, cells of a grid, backup codes, uses of a temporary password"},
    {"valid", "SECONDS", "how long it lives; for good if not given"},
    {"label", "TEXT", "a name for people to know it by"},
    {.name = NULL},
};

static const struct cli_option delete_options[] = {CONFIRM_OPTION, {.name = NULL}};

const struct cli_verb cli_server_life_verbs[] = {
    {"server", "token expire", token_expire, CLI_SHARED_SERVER, expire_options, "TOKEN", 1, 1,
     "Say when a token ends"},
    {"server", "token replace", token_replace, CLI_SHARED_SERVER, replace_options, "TOKEN", 1, 1,
     "Enrol another token for its user, and disable this one"},
    {"server", "token delete", token_delete, CLI_SHARED_SERVER, delete_options, "TOKEN", 1, 1,
     "Delete a token; no code that it has taken is good again"},
    {"server", "user disable", user_disable, CLI_SHARED_SERVER, NULL, "USER", 1, 1,
     "Let a user in nowhere, as if there was no such one"},
    {"server", "user enable", user_enable, CLI_SHARED_SERVER, NULL, "USER", 1, 1, "Let him in again"},
    {"server", "user delete", user_delete, CLI_SHARED_SERVER, delete_options, "USER", 1, 1,
     "Delete a user and all that is his"},
    {.noun = NULL},
};
