/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server lock: which addresses are locked, at which application, and lifting that.
 */
#include <stdio.h>

#include "tools/server_http.h"
#include "tools/verbs.h"

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

static void lock_list_text(const json_t *data)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "locks"), i, row)
	{
		(void)printf("%s at %s: %s, for another %lld s\n", text_of(row, "address"),
			     text_of(row, "application"), text_of(row, "of"),
			     (long long)json_integer_value(json_object_get(row, "wait")));
	}
}

static enum cli_status lock_list(struct cli *cli)
{
	return server_print_list(cli, "/v1/locks", "locks", lock_list_text);
}

static void lock_lift_text(const json_t *data)
{
	(void)printf("nothing is counted against %s any more\n", text_of(data, "address"));
}

static enum cli_status lock_lift(struct cli *cli)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server == NULL) {
		return status;
	}
	status = server_post(
	    server, "/v1/locks/lift",
	    json_pack("{s:s,s:s*}", "address", cli->args[0], "application", cli_value(cli, "application")),
	    &answer);
	server_close(server);
	return status != CLI_DONE ? status : cli_print(cli, answer, lock_lift_text);
}

static const struct cli_option lift_options[] = {
    {"application", "NAME", "at this application alone"},
    {.name = NULL},
};

const struct cli_verb cli_server_lock_verbs[] = {
    {"server", "lock list", lock_list, CLI_SHARED_SERVER, NULL, "", 0, 0, "List addresses that are locked"},
    {"server", "lock lift", lock_lift, CLI_SHARED_SERVER, lift_options, "ADDRESS", 1, 1,
     "Forget what is counted against an address"},
    {.noun = NULL},
};
