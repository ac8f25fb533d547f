/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server token: listing, disabling, enabling, resynchronising. Enrolling is in server_enrol.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "tools/server_http.h"
#include "tools/verbs.h"

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

static void list_text(const json_t *data)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "tokens"), i, row)
	{
		(void)printf("%s %s %s %s%s %s\n", text_of(row, "token"), text_of(row, "user"),
			     text_of(row, "type"), text_of(row, "state"),
			     json_is_true(json_object_get(row, "locked")) ? " (locked)" : "",
			     text_of(row, "label"));
	}
}

static enum cli_status token_list(struct cli *cli)
{
	static const char *const options[] = {"user", "type", "state", "serial", NULL};

	return server_print_narrowed(cli, "/v1/tokens", options, "tokens", list_text);
}

static enum cli_status token_post(struct cli *cli, const char *what, json_t *body,
				  void (*text)(const json_t *data))
{
	return server_print_post(cli, server_path("/v1/tokens/", cli->args[0], what), body, text);
}

static void state_text(const json_t *data)
{
	(void)printf("token %s is %s\n", text_of(data, "token"), text_of(data, "state"));
}

static enum cli_status token_disable(struct cli *cli)
{
	return token_post(cli, "/disable", json_object(), state_text);
}

static enum cli_status token_enable(struct cli *cli)
{
	return token_post(cli, "/enable", json_object(), state_text);
}

static void resync_text(const json_t *data)
{
	(void)printf("token %s is in step with the server again\n", text_of(data, "token"));
}

static enum cli_status token_resync(struct cli *cli)
{
	char first[SERVER_CODE_MAX];
	char second[SERVER_CODE_MAX];
	enum cli_status status;

	if (server_code_get(cli, "otp", "One-time password: ", first, sizeof first, &status) &&
	    server_code_get(cli, "next-otp", "The one after it: ", second, sizeof second, &status)) {
		status = token_post(cli, "/resync", json_pack("{s:s,s:s}", "code1", first, "code2", second),
				    resync_text);
	}
	cs_wipe(first, sizeof first);
	cs_wipe(second, sizeof second);
	return status;
}

static const struct cli_option list_options[] = {
    {"user", "USER", "only this user's tokens"},
    {"type", "TYPE", "only tokens of this type"},
    {"state", "STATE", "only those that are active, or disabled"},
    {"serial", "NUMBER", "only the one with this serial number"},
    {.name = NULL},
};

static const struct cli_option resync_options[] = {
    {"otp", "CODE", "a one-time password; asked for where it is not given"},
    {"next-otp", "CODE", "the one that the token makes after it"},
    {.name = NULL},
};

const struct cli_verb cli_server_token_verbs[] = {
    {"server", "token list", token_list, CLI_SHARED_SERVER, list_options, "", 0, 0, "List the tokens"},
    {"server", "token disable", token_disable, CLI_SHARED_SERVER, NULL, "TOKEN", 1, 1,
     "Accept a token's codes no more"},
    {"server", "token enable", token_enable, CLI_SHARED_SERVER, NULL, "TOKEN", 1, 1,
     "Accept them again, and forget its failures"},
    {"server", "token resync", token_resync, CLI_SHARED_SERVER, resync_options, "TOKEN", 1, 1,
     "Bring a token in step again with two codes that follow each other"},
    {.noun = NULL},
};
