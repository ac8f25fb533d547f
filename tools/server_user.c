/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server user, app and otp: who may be verified, who may ask, and asking.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "tools/prompt.h"
#include "tools/secrets.h"
#include "tools/server_http.h"
#include "tools/verbs.h"

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

/* ---- lists ---- */

/* A list's path with what narrows it: the caller's to free; NULL: out of memory. */
static char *narrowed_path(const struct cli *cli, const char *path, const char *const *options)
{
	char *made = strdup(path);
	bool first = true;

	for (; *options != NULL && made != NULL; options++) {
		const char *value = cli_value(cli, *options);
		char prefix[1024];
		int len;

		if (value == NULL) {
			continue;
		}
		len = snprintf(prefix, sizeof prefix, "%s%c%s=", made, first ? '?' : '&', *options);
		free(made);
		made = len > 0 && (size_t)len < sizeof prefix ? server_path(prefix, value, "") : NULL;
		first = false;
	}
	return made;
}

enum cli_status server_print_narrowed(struct cli *cli, const char *path, const char *const *options,
				      const char *name, void (*text)(const json_t *data))
{
	char *made = narrowed_path(cli, path, options);
	enum cli_status status = made != NULL ? server_print_list(cli, made, name, text)
					      : cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");

	free(made);
	return status;
}

enum cli_status server_print_list(struct cli *cli, const char *path, const char *name,
				  void (*text)(const json_t *data))
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *rows = NULL;

	if (server == NULL) {
		return status;
	}
	status = server_list(server, path, name, &rows);
	server_close(server);
	if (status != CLI_DONE) {
		return status;
	}
	return cli_print(cli, json_pack("{s:o}", name, rows), text);
}

/* Of a call that has been made, or could not be: server and path go, and may be NULL. */
static enum cli_status call_print(struct cli *cli, struct server *server, enum cli_status status, char *path,
				  json_t *answer, void (*text)(const json_t *data))
{
	server_close(server);
	free(path);
	return status != CLI_DONE ? status : cli_print(cli, answer, text);
}

enum cli_status server_print_post(struct cli *cli, char *path, json_t *body, void (*text)(const json_t *data))
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server != NULL && path != NULL) {
		status = server_post(server, path, json_incref(body), &answer);
	} else if (server != NULL) {
		status = cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	}
	json_decref(body);
	return call_print(cli, server, status, path, answer, text);
}

enum cli_status server_print_delete(struct cli *cli, char *path, void (*text)(const json_t *data))
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server != NULL) {
		status = path != NULL ? server_delete(server, path, &answer)
				      : cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	}
	return call_print(cli, server, status, path, answer, text);
}

static void user_list_text(const json_t *data)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "users"), i, row)
	{
		(void)printf("%s%s%s\n", text_of(row, "user"),
			     json_is_true(json_object_get(row, "locked")) ? " (locked)" : "",
			     strcmp(text_of(row, "state"), "disabled") == 0 ? " (disabled)" : "");
	}
}

static enum cli_status user_list(struct cli *cli)
{
	static const char *const options[] = {"realm", "class", NULL};

	return server_print_narrowed(cli, "/v1/users", options, "users", user_list_text);
}

static void app_scope_text(const json_t *data)
{
	static const char *const lists[] = {"calls", "realms", "addresses"};

	(void)printf("%s:", text_of(data, "name"));
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		const char *words = text_of(data, lists[i]);

		(void)printf(" %s: %s%s", lists[i], words[0] != '\0' ? words : "any", i < 2 ? ";" : "\n");
	}
}

static void app_list_text(const json_t *data)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "applications"), i, row)
	{
		bool limited = text_of(row, "calls")[0] != '\0' || text_of(row, "realms")[0] != '\0' ||
			       text_of(row, "addresses")[0] != '\0';

		if (limited) {
			app_scope_text(row);
		} else {
			(void)printf("%s\n", text_of(row, "name"));
		}
	}
}

static enum cli_status app_list(struct cli *cli)
{
	return server_print_list(cli, "/v1/applications", "applications", app_list_text);
}

/* ---- users and applications ---- */

static void user_text(const json_t *data)
{
	(void)printf("user %s is known to the server now\n", text_of(data, "user"));
}

static enum cli_status user_add(struct cli *cli)
{
	return server_print_post(cli, strdup("/v1/users"), json_pack("{s:s}", "user", cli->args[0]),
				 user_text);
}

/* What the credential is good for, as far as it was said; with the name where it is not in the path. */
static json_t *scope_body(const struct cli *cli, const char *name)
{
	return json_pack("{s:s*,s:s*,s:s*,s:s*}", "name", name, "calls", cli_value(cli, "calls"), "realms",
			 cli_value(cli, "realms"), "addresses", cli_value(cli, "addresses"));
}

static enum cli_status app_add(struct cli *cli)
{
	return server_credential_post(cli, "/v1/applications", scope_body(cli, cli->args[0]),
				      server_credential_text);
}

static enum cli_status app_scope(struct cli *cli)
{
	return server_print_post(cli, server_path("/v1/applications/", cli->args[0], "/scope"),
				 scope_body(cli, NULL), app_scope_text);
}

static void app_removed_text(const json_t *data)
{
	(void)printf("application %s may not ask the server any more\n", text_of(data, "name"));
}

static enum cli_status app_remove(struct cli *cli)
{
	return server_print_delete(cli, server_path("/v1/applications/", cli->args[0], ""), app_removed_text);
}

/* ---- verification ---- */

bool server_code_get(const struct cli *cli, const char *option, const char *question, char *code, size_t cap,
		     enum cli_status *status)
{
	const char *given = cli_value(cli, option);
	enum cs_err err = CS_OK;

	if (given == NULL) {
		err = prompt_secret(question, code, cap);
	} else if (strlen(given) < cap) {
		memcpy(code, given, strlen(given) + 1);
	} else {
		err = CS_ERR_LENGTH;
	}
	if (err != CS_OK) {
		*status = cli_fail_err(cli, err, "read the one-time password");
	}
	return err == CS_OK;
}

static void verify_text(const json_t *data)
{
	if (json_is_true(json_object_get(data, "accepted"))) {
		(void)printf("accepted (token %s)\n", text_of(data, "token"));
	} else {
		(void)printf("refused: %s\n", text_of(data, "reason"));
	}
}

static enum cli_status otp_verify(struct cli *cli)
{
	const char *user = cli_value(cli, "user");
	char code[SERVER_CODE_MAX];
	enum cli_status status;
	struct server *server;
	json_t *answer = NULL;
	bool accepted;

	if (user == NULL) {
		return cli_fail(cli, CLI_USAGE, "usage", "whose one-time password? say it with --user");
	}
	if (!server_code_get(cli, "otp", "One-time password: ", code, sizeof code, &status)) {
		return status;
	}
	server = server_open(cli, &status);
	if (server != NULL) {
		status = server_post(server, "/v1/otp/verify",
				     json_pack("{s:s,s:s,s:s*,s:s*,s:s*}", "user", user, "code", code,
					       "challenge", cli_value(cli, "challenge"), "data",
					       cli_value(cli, "data"), "client", cli_value(cli, "client")),
				     &answer);
		server_close(server);
	}
	cs_wipe(code, sizeof code);
	if (status != CLI_DONE) {
		return status;
	}
	accepted = json_is_true(json_object_get(answer, "accepted"));
	status = cli_print(cli, answer, verify_text);
	return status == CLI_DONE && !accepted ? CLI_REFUSED : status;
}

static const struct cli_option verify_options[] = {
    {"user", "USER", "whose it is"},
    {"otp", "CODE", "the one-time password; asked for where it is not given"},
    {"challenge", "ID", "the challenge that it answers"},
    {"data", "TEXT", "the transaction that the challenge is bound to"},
    {"client", "ADDRESS", "the address of whoever typed it"},
    {.name = NULL},
};

#define SCOPE_OPTIONS                                                                                        \
	{"calls", "WORDS", "what it may call: verify, challenge, login; parted by blanks"},                  \
	    {"realms", "WORDS", "whose users; - for users without a realm"},                                 \
	{                                                                                                    \
		"addresses", "WORDS", "from where: addresses, networks as 192.0.2.0/24, or local"            \
	}

static const struct cli_option scope_options[] = {
    SCOPE_OPTIONS,
    {.name = NULL},
};

static const struct cli_option app_options[] = {
    SCOPE_OPTIONS,
    {"credential-out", "FILE", "write the credential to this new file, readable by its owner only"},
    {.name = NULL},
};

static const struct cli_option user_list_options[] = {
    {"realm", "REALM", "only users of this realm, or - for those without one"},
    {"class", "NAME", "only users of this class"},
    {.name = NULL},
};

const struct cli_verb cli_server_verbs[] = {
    {"server", "user add", user_add, CLI_SHARED_SERVER, NULL, "USER", 1, 1,
     "Make a user known to the server"},
    {"server", "user list", user_list, CLI_SHARED_SERVER, user_list_options, "", 0, 0, "List the users"},
    {"server", "otp verify", otp_verify, CLI_SHARED_SERVER, verify_options, "", 0, 0,
     "Ask the server whether a one-time password is good"},
    {"server", "app add", app_add, CLI_SHARED_SERVER, app_options, "NAME", 1, 1,
     "Let an application ask the server; tells its credential once"},
    {"server", "app scope", app_scope, CLI_SHARED_SERVER, scope_options, "NAME", 1, 1,
     "Say what an application's credential is good for"},
    {"server", "app list", app_list, CLI_SHARED_SERVER, NULL, "", 0, 0, "List the applications"},
    {"server", "app remove", app_remove, CLI_SHARED_SERVER, NULL, "NAME", 1, 1,
     "Make an application's credential worthless"},
    {.noun = NULL},
};
