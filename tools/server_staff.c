/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server staff and approval: who administers, operates and audits, and what two of them do
 * together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/server_http.h"
#include "tools/verbs.h"

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

/* ---- proposals ---- */

static void proposed_text(const json_t *answer)
{
	const char *id = text_of(answer, "approval");

	(void)printf(
	    "not done yet: %s (%s). Another administrator runs `countersign server approval grant %s`; then "
	    "repeat this command with --approval %s\n",
	    text_of(answer, "subject"), text_of(answer, "state"), id, id);
}

enum cli_status server_proposed(struct cli *cli, json_t *answer)
{
	enum cli_status status = cli_print(cli, answer, proposed_text);

	return status == CLI_DONE ? CLI_REFUSED : status;
}

/* ---- calls ---- */

/* The members of a call about a person: the approval, where there is one. */
static json_t *staff_body(const struct cli *cli)
{
	return json_pack("{s:s*}", "approval", cli_value(cli, "approval"));
}

/* Posts to /v1/NOUN/ARGUMENT/VERB. */
static enum cli_status named_post(struct cli *cli, const char *noun, const char *verb, json_t *body,
				  json_t **answer)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	char *path = server_path(noun, cli->args[0], verb);

	if (server != NULL && path != NULL) {
		status = server_post(server, path, body, answer);
	} else {
		json_decref(body);
	}
	if (server != NULL && path == NULL) {
		status = cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	}
	free(path);
	server_close(server);
	return status;
}

static enum cli_status rotate(struct cli *cli, const char *noun, json_t *body)
{
	char *path = server_path(noun, cli->args[0], "/rotate");
	enum cli_status status;

	if (path == NULL) {
		json_decref(body);
		return cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	}
	status = server_credential_post(cli, path, body, server_credential_text);
	free(path);
	return status;
}

/* ---- persons ---- */

static enum cli_status staff_add(struct cli *cli)
{
	const char *role = cli_value(cli, "role");

	if (role == NULL) {
		return cli_fail(cli, CLI_USAGE, "usage",
				"which role? say administrator, operator, auditor or all with --role");
	}
	return server_credential_post(cli, "/v1/staff",
				      json_pack("{s:s,s:s,s:s*}", "name", cli->args[0], "role", role,
						"approval", cli_value(cli, "approval")),
				      server_credential_text);
}

static enum cli_status staff_rotate(struct cli *cli)
{
	return rotate(cli, "/v1/staff/", staff_body(cli));
}

static enum cli_status app_rotate(struct cli *cli)
{
	return rotate(cli, "/v1/applications/", json_object());
}

static void staff_state_text(const json_t *data)
{
	(void)printf("%s is %s\n", text_of(data, "name"), text_of(data, "state"));
}

static enum cli_status staff_set(struct cli *cli, const char *verb, json_t *body)
{
	json_t *answer = NULL;
	enum cli_status status = named_post(cli, "/v1/staff/", verb, body, &answer);

	if (status != CLI_DONE) {
		return status;
	}
	if (json_object_get(answer, "approval") != NULL) {
		return server_proposed(cli, answer);
	}
	return cli_print(cli, answer, staff_state_text);
}

static enum cli_status staff_disable(struct cli *cli)
{
	return staff_set(cli, "/disable", json_object());
}

static enum cli_status staff_enable(struct cli *cli)
{
	return staff_set(cli, "/enable", staff_body(cli));
}

static void staff_list_text(const json_t *data)
{
	size_t i, j;
	json_t *row, *role;

	json_array_foreach(json_object_get(data, "staff"), i, row)
	{
		(void)printf("%s:", text_of(row, "name"));
		json_array_foreach(json_object_get(row, "roles"), j, role)
		{
			(void)printf("%s %s", j > 0 ? "," : "", json_string_value(role));
		}
		(void)printf("%s\n", strcmp(text_of(row, "state"), "disabled") == 0 ? " (disabled)" : "");
	}
}

static enum cli_status staff_list(struct cli *cli)
{
	return server_print_list(cli, "/v1/staff", "staff", staff_list_text);
}

/* ---- approvals ---- */

static void approval_line(const json_t *row)
{
	(void)printf("%s %s: %s, proposed by %s\n", text_of(row, "approval"), text_of(row, "state"),
		     text_of(row, "subject"), text_of(row, "proposer"));
}

static void approval_list_text(const json_t *data)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "approvals"), i, row)
	{
		approval_line(row);
	}
}

static enum cli_status approval_list(struct cli *cli)
{
	return server_print_list(cli, "/v1/approvals", "approvals", approval_list_text);
}

static enum cli_status approval_decide(struct cli *cli, const char *verb)
{
	json_t *answer = NULL;
	enum cli_status status = named_post(cli, "/v1/approvals/", verb, json_object(), &answer);

	return status != CLI_DONE ? status : cli_print(cli, answer, approval_line);
}

static enum cli_status approval_grant(struct cli *cli)
{
	return approval_decide(cli, "/approve");
}

static enum cli_status approval_refuse(struct cli *cli)
{
	return approval_decide(cli, "/refuse");
}

#define APPROVAL_OPTION                                                                                      \
	{                                                                                                    \
		"approval", "ID", "the approval that another administrator has given"                        \
	}
#define CREDENTIAL_OUT_OPTION                                                                                \
	{                                                                                                    \
		"credential-out", "FILE",                                                                    \
		    "write the credential to this new file, readable by its owner only"                      \
	}

static const struct cli_option add_options[] = {
    {"role", "ROLE", "administrator, operator, auditor, or all"},
    APPROVAL_OPTION,
    CREDENTIAL_OUT_OPTION,
    {.name = NULL},
};

static const struct cli_option rotate_options[] = {
    APPROVAL_OPTION,
    CREDENTIAL_OUT_OPTION,
    {.name = NULL},
};

static const struct cli_option app_rotate_options[] = {
    CREDENTIAL_OUT_OPTION,
    {.name = NULL},
};

static const struct cli_option enable_options[] = {
    APPROVAL_OPTION,
    {.name = NULL},
};

const struct cli_verb cli_server_staff_verbs[] = {
    {"server", "staff add", staff_add, CLI_SHARED_SERVER, add_options, "NAME", 1, 1,
     "Give a person a role; tells his credential once"},
    {"server", "staff list", staff_list, CLI_SHARED_SERVER, NULL, "", 0, 0, "List persons and their roles"},
    {"server", "staff rotate", staff_rotate, CLI_SHARED_SERVER, rotate_options, "NAME", 1, 1,
     "Give a person another credential in the place of his old one"},
    {"server", "staff disable", staff_disable, CLI_SHARED_SERVER, NULL, "NAME", 1, 1,
     "Take a person's credential out of use"},
    {"server", "staff enable", staff_enable, CLI_SHARED_SERVER, enable_options, "NAME", 1, 1,
     "Take it into use again"},
    {"server", "app rotate", app_rotate, CLI_SHARED_SERVER, app_rotate_options, "NAME", 1, 1,
     "Give an application another credential in the place of its old one"},
    {"server", "approval list", approval_list, CLI_SHARED_SERVER, NULL, "", 0, 0,
     "List what administrators have proposed to each other"},
    {"server", "approval grant", approval_grant, CLI_SHARED_SERVER, NULL, "ID", 1, 1,
     "Approve what another administrator has proposed"},
    {"server", "approval refuse", approval_refuse, CLI_SHARED_SERVER, NULL, "ID", 1, 1,
     "Refuse, or withdraw, a proposal"},
    {.noun = NULL},
};
