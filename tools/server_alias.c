/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server alias add, list, remove: other names of users.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/server_http.h"
#include "tools/verbs.h"

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

static void alias_text(const json_t *data)
{
	(void)printf("%s is a name of user %s\n", text_of(data, "alias"), text_of(data, "user"));
}

static void alias_removed_text(const json_t *data)
{
	(void)printf("%s is no name of user %s any more\n", text_of(data, "alias"), text_of(data, "user"));
}

static void alias_list_text(const json_t *data)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(data, "aliases"), i, row)
	{
		(void)printf("%s: %s\n", text_of(row, "alias"), text_of(row, "user"));
	}
}

static enum cli_status alias_add(struct cli *cli)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server == NULL) {
		return status;
	}
	status = server_post(server, "/v1/aliases",
			     json_pack("{s:s,s:s}", "user", cli->args[0], "alias", cli->args[1]), &answer);
	server_close(server);
	return status != CLI_DONE ? status : cli_print(cli, answer, alias_text);
}

static enum cli_status alias_list(struct cli *cli)
{
	const char *user = cli_value(cli, "user");
	char *path =
	    server_path(user != NULL ? "/v1/aliases?user=" : "/v1/aliases", user != NULL ? user : "", "");
	enum cli_status status = path != NULL ? server_print_list(cli, path, "aliases", alias_list_text)
					      : cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");

	free(path);
	return status;
}

static enum cli_status alias_remove(struct cli *cli)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;
	char *path;

	if (server == NULL) {
		return status;
	}
	path = server_path("/v1/aliases/", cli->args[0], "");
	status = path != NULL ? server_delete(server, path, &answer)
			      : cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	free(path);
	server_close(server);
	return status != CLI_DONE ? status : cli_print(cli, answer, alias_removed_text);
}

static const struct cli_option list_options[] = {
    {"user", "USER", "of this user alone"},
    {.name = NULL},
};

const struct cli_verb cli_server_alias_verbs[] = {
    {"server", "alias add", alias_add, CLI_SHARED_SERVER, NULL, "USER ALIAS", 2, 2,
     "Give a user another name, which is as good as his own at every door"},
    {"server", "alias list", alias_list, CLI_SHARED_SERVER, list_options, "", 0, 0,
     "List the other names of users"},
    {"server", "alias remove", alias_remove, CLI_SHARED_SERVER, NULL, "ALIAS", 1, 1,
     "Take another name of a user away"},
    {.noun = NULL},
};
