/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server rekey, keys, rotate-signing-key: the keys that the server seals and signs with.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <unistd.h>

#include "tools/server_http.h"
#include "tools/verbs.h"

#define PACE_MS 1000 /* between two looks at a change that goes on */

static long long number_of(const json_t *data, const char *name)
{
	return (long long)json_integer_value(json_object_get(data, name));
}

static const char *state_of(const json_t *data)
{
	const char *state = json_string_value(json_object_get(data, "state"));

	return state != NULL ? state : "";
}

static bool is_running(const json_t *data)
{
	return strcmp(state_of(data), "running") == 0;
}

static void keys_text(const json_t *data)
{
	if (number_of(data, "current") == 0) {
		(void)printf("seeds are sealed under the sealing key itself; there is no data key yet\n");
		return;
	}
	(void)printf("seeds are sealed under data key %lld\n", number_of(data, "current"));
	(void)printf("%s: %lld of %lld sealed anew",
		     is_running(data) ? "its change goes on" : "its change has ended",
		     number_of(data, "done"), number_of(data, "total"));
	if (number_of(data, "unreadable") > 0)
		(void)printf(", %lld did not open and were set aside", number_of(data, "unreadable"));
	(void)printf("\n%s\n", is_running(data) ? "former keys stay until no seed has them"
						: "former keys are removed");
}

static void progress_tell(const struct cli *cli, const json_t *data)
{
	if (cli->json)
		(void)fprintf(stderr, "{\"progress\":{\"done\":%lld,\"total\":%lld}}\n",
			      number_of(data, "done"), number_of(data, "total"));
	else if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r\033[K%lld of %lld%s", number_of(data, "done"),
			      number_of(data, "total"), is_running(data) ? "" : "\n");
}

/* Asks once a second until the change has ended. *data is the caller's, and replaced. */
static enum cli_status keys_wait(const struct cli *cli, struct server *server, json_t **data)
{
	enum cli_status status = CLI_DONE;

	while (status == CLI_DONE && is_running(*data)) {
		progress_tell(cli, *data);
		(void)poll(NULL, 0, PACE_MS); /* the server does not call back */
		json_decref(*data);
		*data = NULL;
		status = server_get(server, "/v1/data-keys", data);
	}
	if (status == CLI_DONE)
		progress_tell(cli, *data);
	return status;
}

/* The change goes on without whoever asks for it: an end of the waiting ends nothing else. */
static enum cli_status keys_print(struct cli *cli, struct server *server, json_t *data, bool wait)
{
	enum cli_status status = wait ? keys_wait(cli, server, &data) : CLI_DONE;

	if (status == CLI_DONE)
		return cli_print(cli, data, keys_text);
	json_decref(data);
	return status;
}

static json_t *approval_body(const struct cli *cli)
{
	return json_pack("{s:s*}", "approval", cli_value(cli, "approval"));
}

static enum cli_status server_rekey(struct cli *cli)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server == NULL)
		return status;
	status = server_post(server, "/v1/data-keys", approval_body(cli), &answer);
	if (status == CLI_DONE)
		status = json_object_get(answer, "approval") != NULL
			     ? server_proposed(cli, answer)
			     : keys_print(cli, server, answer, !cli_flag(cli, "no-wait"));
	server_close(server);
	return status;
}

static enum cli_status server_keys(struct cli *cli)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server == NULL)
		return status;
	status = server_get(server, "/v1/data-keys", &answer);
	if (status == CLI_DONE)
		status = keys_print(cli, server, answer, cli_flag(cli, "wait"));
	server_close(server);
	return status;
}

static void rotated_text(const json_t *data)
{
	const json_t *key = json_array_get(json_object_get(data, "keys"), 0);
	const char *id = json_string_value(json_object_get(key, "kid"));

	(void)printf("assertions are signed by %s from now on, and by nothing else\n"
		     "whoever checks them must read /.well-known/jwks.json again: a former key is good for "
		     "those who keep it\n",
		     id != NULL ? id : "another key");
}

static enum cli_status rotate_signing_key(struct cli *cli)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server == NULL)
		return status;
	status = server_post(server, "/v1/signing-keys/rotate", approval_body(cli), &answer);
	server_close(server);
	if (status != CLI_DONE)
		return status;
	return json_object_get(answer, "approval") != NULL ? server_proposed(cli, answer)
							   : cli_print(cli, answer, rotated_text);
}

#define APPROVAL_OPTION                                                                                      \
	{                                                                                                    \
		"approval", "ID", "the approval that another administrator has granted"                      \
	}

static const struct cli_option rekey_options[] = {
    APPROVAL_OPTION,
    {"no-wait", NULL, "do not wait until everything is sealed anew"},
    {.name = NULL},
};

static const struct cli_option keys_options[] = {
    {"wait", NULL, "wait until a change that goes on has ended"},
    {.name = NULL},
};

static const struct cli_option rotate_options[] = {APPROVAL_OPTION, {.name = NULL}};

const struct cli_verb cli_server_key_verbs[] = {
    {"server", "rekey", server_rekey, CLI_SHARED_SERVER, rekey_options, "", 0, 0,
     "Seal all seeds under another data key, while the server goes on"},
    {"server", "keys", server_keys, CLI_SHARED_SERVER, keys_options, "", 0, 0,
     "Show which data key seals, and how far its change is"},
    {"server", "rotate-signing-key", rotate_signing_key, CLI_SHARED_SERVER, rotate_options, "", 0, 0,
     "Sign assertions with another key at once, since one is in wrong hands"},
    {.noun = NULL},
};
