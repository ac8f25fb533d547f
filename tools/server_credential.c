/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Calls whose answer has a credential in it, which is told this once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/server_http.h"

/* Writes text and a newline, and closes. */
static enum cs_err file_write(int fd, const char *text)
{
	size_t len = strlen(text);
	bool good = write(fd, text, len) == (ssize_t)len && write(fd, "\n", 1) == 1;

	return close(fd) == 0 && good ? CS_OK : CS_ERR_IO;
}

/* Puts the credential in the file instead of the answer. */
static enum cli_status credential_save(struct cli *cli, json_t *answer, int fd, const char *path)
{
	enum cs_err err = file_write(fd, json_string_value(json_object_get(answer, "credential")));

	if (err != CS_OK) {
		return cli_fail(cli, CLI_USAGE, "output",
				"the credential could not be written to %s; make another one with rotate",
				path);
	}
	(void)json_object_del(answer, "credential");
	(void)json_object_set_new(answer, "credential_file", json_string(path));
	return CLI_DONE;
}

/* Opens the file that was asked for, or none (-1). False: an error was told. */
static bool credential_file(struct cli *cli, int *fd, enum cli_status *status)
{
	const char *path = cli_value(cli, "credential-out");

	*fd = -1;
	if (path == NULL) {
		return true;
	}
	*fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (*fd < 0) {
		*status = cli_fail(cli, CLI_USAGE, "output", "%s: %s; name a file that can be made", path,
				   strerror(errno));
	}
	return *fd >= 0;
}

enum cli_status server_credential_post(struct cli *cli, const char *path, json_t *body,
				       void (*text)(const json_t *answer))
{
	enum cli_status status;
	json_t *answer = NULL;
	struct server *server;
	bool told;
	int fd;

	if (!credential_file(cli, &fd, &status)) {
		json_decref(body);
		return status;
	}
	server = server_open(cli, &status);
	if (server != NULL) {
		status = server_post_once(server, path, body, &answer, NULL);
		server_close(server);
	} else {
		json_decref(body);
	}
	told = status == CLI_DONE && json_is_string(json_object_get(answer, "credential"));
	if (told && fd >= 0) {
		status = credential_save(cli, answer, fd, cli_value(cli, "credential-out"));
	} else if (fd >= 0) {
		(void)close(fd);
		(void)unlink(cli_value(cli, "credential-out"));
	}
	if (status != CLI_DONE) {
		json_decref(answer);
		return status;
	}
	if (!told) {
		return server_proposed(cli, answer);
	}
	return cli_print(cli, answer, text);
}

void server_credential_text(const json_t *answer)
{
	const char *credential = json_string_value(json_object_get(answer, "credential"));
	const char *file = json_string_value(json_object_get(answer, "credential_file"));
	const char *name = json_string_value(json_object_get(answer, "name"));

	if (file != NULL) {
		(void)printf("%s: the credential is in %s\n", name != NULL ? name : "", file);
	} else {
		(void)printf("%s; the credential, told this once: %s\n", name != NULL ? name : "",
			     credential != NULL ? credential : "");
	}
}
