/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server alias add, list, remove: other names of users.
 */
#include <stdio.h>
#include <string.h>

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
	return server_print_post(cli, strdup("/v1/aliases"),
				 json_pack("{s:s,s:s}", "user", cli->args[0], "alias", cli->args[1]),
				 alias_text);
}

static enum cli_status alias_list(struct cli *cli)
{
	static const char *const options[] = {"user", NULL};

	return server_print_narrowed(cli, "/v1/aliases", options, "aliases", alias_list_text);
}

static enum cli_status alias_remove(struct cli *cli)
{
	return server_print_delete(cli, server_path("/v1/aliases/", cli->args[0], ""), alias_removed_text);
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
