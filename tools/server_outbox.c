/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server outbox: messages that wait to be sent or were given up, and sending one of those again.
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

static void outbox_list_text(const json_t *data)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "messages"), i, row)
	{
		const char *reason = text_of(row, "reason");
		(void)printf("%s %s: %s of %s to %s, tried %lld times%s%s\n", text_of(row, "message"),
			     text_of(row, "state"), text_of(row, "kind"), text_of(row, "user"),
			     text_of(row, "sent_to"),
			     (long long)json_integer_value(json_object_get(row, "attempts")),
			     reason[0] != '\0' ? ": " : "", reason);
	}
}

static enum cli_status outbox_list(struct cli *cli)
{
	return server_print_list(cli, "/v1/outbox", "messages", outbox_list_text);
}

static void outbox_retry_text(const json_t *data)
{
	(void)printf("%s waits to be sent\n", text_of(data, "message"));
}

static enum cli_status outbox_retry(struct cli *cli)
{
	char *path = server_path("/v1/outbox/", cli->args[0], "/retry");
	enum cli_status status;
	json_t *answer = NULL;

	if (path == NULL) {
		return cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	}
	struct server *server = server_open(cli, &status);
	if (server != NULL) {
		status = server_post(server, path, json_object(), &answer);
	}
	server_close(server);
	free(path);
	return status != CLI_DONE ? status : cli_print(cli, answer, outbox_retry_text);
}

const struct cli_verb cli_server_outbox_verbs[] = {
    {"server", "outbox list", outbox_list, CLI_SHARED_SERVER, NULL, "", 0, 0,
     "List messages that wait to be sent, or were given up"},
    {"server", "outbox retry", outbox_retry, CLI_SHARED_SERVER, NULL, "ID", 1, 1,
     "Send a message again that was given up"},
    {.noun = NULL},
};
