/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server break-glass: codes for when the server's database takes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tools/server_http.h"
#include "tools/verbs.h"

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

/* A moment as a date and time of UTC. */
static const char *time_of(const json_t *row, const char *name, char out[32])
{
	const time_t at = (time_t)json_integer_value(json_object_get(row, name));
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL || strftime(out, 32, "%Y-%m-%d %H:%M UTC", &tm) == 0) {
		out[0] = '\0';
	}
	return out;
}

static void issued_text(const json_t *data)
{
	char until[32];

	(void)printf(
	    "%s\n%s lets %s in once, until %s, while this server's database takes nothing. It is told "
	    "this once: seal it in an envelope.\n",
	    text_of(data, "code"), text_of(data, "id"), text_of(data, "user"),
	    time_of(data, "expires", until));
}

static enum cli_status break_glass_issue(struct cli *cli)
{
	enum cli_status status;
	json_t *answer = NULL;
	const char *valid = cli_value(cli, "valid");
	char *end = NULL;
	const unsigned long seconds = valid != NULL ? strtoul(valid, &end, 10) : 0;

	if (valid != NULL &&
	    (*valid < '0' || *valid > '9' || *end != '\0' || seconds == 0 || seconds > 316224000)) {
		return cli_fail(cli, CLI_USAGE, "usage", "--valid is a number of seconds, ten years at most");
	}
	json_t *body = json_pack("{s:s,s:s*}", "user", cli->args[0], "approval", cli_value(cli, "approval"));
	if (body != NULL && valid != NULL) {
		(void)json_object_set_new(body, "valid", json_integer((json_int_t)seconds));
	}
	struct server *server = server_open(cli, &status);
	if (server == NULL) {
		json_decref(body);
		return status;
	}
	status = server_post(server, "/v1/break-glass", body, &answer);
	server_close(server);
	if (status != CLI_DONE) {
		return status;
	}
	if (json_object_get(answer, "approval") != NULL) {
		return server_proposed(cli, answer);
	}
	return cli_print(cli, answer, issued_text);
}

static void list_text(const json_t *data)
{
	char when[32];
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "codes"), i, row)
	{
		const char *name = json_object_get(row, "spent") != NULL ? "spent" : "expires";
		(void)printf("%s of %s: %s, %s %s\n", text_of(row, "id"), text_of(row, "user"),
			     text_of(row, "state"), name, time_of(row, name, when));
	}
}

static enum cli_status break_glass_list(struct cli *cli)
{
	return server_print_list(cli, "/v1/break-glass", "codes", list_text);
}

static void revoked_text(const json_t *data)
{
	(void)printf("%s of %s is revoked\n", text_of(data, "id"), text_of(data, "user"));
}

static enum cli_status break_glass_revoke(struct cli *cli)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	char *path = server_path("/v1/break-glass/", cli->args[0], "");
	json_t *answer = NULL;

	if (server != NULL) {
		status = path != NULL ? server_delete(server, path, &answer)
				      : cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	}
	free(path);
	server_close(server);
	return status != CLI_DONE ? status : cli_print(cli, answer, revoked_text);
}

static const struct cli_option issue_options[] = {
    {"valid", "SECONDS", "how long it may be used (a year)"},
    {"approval", "ID", "the approval that another administrator has given"},
    {.name = NULL},
};

const struct cli_verb cli_server_break_glass_verbs[] = {
    {"server", "break-glass issue", break_glass_issue, CLI_SHARED_SERVER, issue_options, "USER", 1, 1,
     "Make a code that lets a user in once while the server's database takes nothing"},
    {"server", "break-glass list", break_glass_list, CLI_SHARED_SERVER, NULL, "", 0, 0,
     "List this server's break-glass codes, without the codes"},
    {"server", "break-glass revoke", break_glass_revoke, CLI_SHARED_SERVER, NULL, "ID", 1, 1,
     "Make a break-glass code worthless"},
    {.noun = NULL},
};
