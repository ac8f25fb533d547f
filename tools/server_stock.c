/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server: imports that are under way or done, and tokens in stock.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/confirm.h"
#include "tools/server_http.h"
#include "tools/verbs.h"

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

static long long number_of(const json_t *row, const char *name)
{
	return (long long)json_integer_value(json_object_get(row, name));
}

/* All pages of a list, as {name: rows}. */
static enum cli_status list_print(struct cli *cli, const char *path, const char *name,
				  void (*text)(const json_t *data))
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *rows = NULL;

	if (server != NULL)
		status = server_list(server, path, name, &rows);
	server_close(server);
	return status != CLI_DONE ? status : cli_print(cli, json_pack("{s:o}", name, rows), text);
}

static void imports_text(const json_t *data)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "imports"), i, row)
	{
		(void)printf("%s %s %lld of %lld tokens, %lld refused: %s\n", text_of(row, "import"),
			     text_of(row, "state"), number_of(row, "staged"), number_of(row, "rows"),
			     number_of(row, "refused"), text_of(row, "name"));
	}
}

static enum cli_status imports_list(struct cli *cli)
{
	return list_print(cli, "/v1/imports", "imports", imports_text);
}

static void discard_text(const json_t *data)
{
	(void)printf("import %s is forgotten\n", text_of(data, "import"));
}

static void stock_text(const json_t *data)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "tokens"), i, row)
	{
		(void)printf("%s %s %s %s\n", text_of(row, "token"), text_of(row, "type"),
			     text_of(row, "serial")[0] != '\0' ? text_of(row, "serial") : "-",
			     text_of(row, "label"));
	}
}

static enum cli_status stock_list(struct cli *cli)
{
	return list_print(cli, "/v1/stock", "tokens", stock_text);
}

static void assign_text(const json_t *data)
{
	(void)printf("token %s is %s's\n", text_of(data, "token"), text_of(data, "user"));
}

static enum cli_status imports_discard(struct cli *cli)
{
	return server_print_delete(cli, server_path("/v1/imports/", cli->args[0], ""), discard_text);
}

static enum cli_status stock_assign(struct cli *cli)
{
	const char *user = cli_value(cli, "user");

	if (user == NULL)
		return cli_fail(cli, CLI_USAGE, "usage", "to whom? say it with --user");
	return server_print_post(cli, server_path("/v1/stock/", cli->args[0], "/assign"),
				 json_pack("{s:s}", "user", user), assign_text);
}

static void delete_text(const json_t *data)
{
	(void)printf("token %s is deleted\n", text_of(data, "token"));
}

static enum cli_status stock_delete(struct cli *cli)
{
	enum cli_status status;
	char what[160];

	(void)snprintf(what, sizeof what, "Token \"%.64s\" will be deleted from the stock, for good.",
		       cli->args[0]);
	if (!confirm(cli, what, &status))
		return status;
	return server_print_delete(cli, server_path("/v1/stock/", cli->args[0], ""), delete_text);
}

static const struct cli_option delete_options[] = {
    CONFIRM_OPTION,
    {.name = NULL},
};

static const struct cli_option assign_options[] = {
    {"user", "USER", "whose token it becomes"},
    {.name = NULL},
};

const struct cli_verb cli_server_stock_verbs[] = {
    {"server", "imports list", imports_list, CLI_SHARED_SERVER, NULL, "", 0, 0,
     "List files of tokens, imported and on their way"},
    {"server", "imports discard", imports_discard, CLI_SHARED_SERVER, NULL, "IMPORT", 1, 1,
     "Forget a file that is not imported yet"},
    {"server", "stock list", stock_list, CLI_SHARED_SERVER, NULL, "", 0, 0, "List tokens that nobody has"},
    {"server", "stock assign", stock_assign, CLI_SHARED_SERVER, assign_options, "TOKEN", 1, 1,
     "Give a token in stock, by its identifier or serial number, to a user"},
    {"server", "stock delete", stock_delete, CLI_SHARED_SERVER, delete_options, "TOKEN", 1, 1,
     "Delete a token in stock, by its identifier or serial number"},
    {.noun = NULL},
};
