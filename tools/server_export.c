/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server export: the seeds of one user's tokens, into a new file that nobody else reads. The
 * server gives them to one administrator when another one has approved of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/export.h"
#include "tools/secrets.h"
#include "tools/server_http.h"
#include "tools/transport_key.h"
#include "tools/verbs.h"

#define TOKENS_MAX 16u /* that a user has */

static const struct {
	const char *name;
	export_write_fn *write;
} formats[] = {{"pskc", export_pskc}, {"csv", export_csv}, {"otpauth", export_otpauth}};

/* What is to be written. It holds seeds and a key: wipe it. */
struct export
{
	struct cli *cli;
	const char *path;
	export_write_fn *write;
	uint8_t key[IMPORT_KEY_MAX];
	size_t key_len;
	struct secret passphrase;
	struct import_record records[TOKENS_MAX];
	size_t count;
	uint8_t file[EXPORT_HEAD_MAX + TOKENS_MAX * EXPORT_TOKEN_MAX];
	enum cli_status status;
};

/* ---- what is given ---- */

static bool format_take(struct export *out)
{
	const char *name = cli_value(out->cli, "format");

	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(formats[i].name, name != NULL ? name : "pskc") == 0)
			out->write = formats[i].write;
	if (out->write != NULL)
		return true;
	out->status = cli_fail(
	    out->cli, CLI_USAGE, "usage",
	    "--format is pskc, which is encrypted, or csv or otpauth, which are not; it is not \"%s\"", name);
	return false;
}

/* The key of an encrypted file: a pre-shared one where it is given, else a passphrase. */
static bool key_take(struct export *out)
{
	struct cs_writer w = CS_WRITER_OF(out->key);

	if (out->write != export_pskc)
		return true;
	if (!secret_given(out->cli, SECRET_TRANSPORT_KEY))
		return secret_choose(out->cli, SECRET_TRANSPORT_PASSPHRASE, &out->passphrase, &out->status);
	bool good = transport_key_get(out->cli, &w, &out->status);
	out->key_len = cs_writer_view(&w).len;
	return good;
}

/* ---- the server's answer ---- */

static bool text_take(const json_t *token, const char *name, char *out, size_t cap)
{
	const char *text = json_string_value(json_object_get(token, name));

	return text == NULL || import_text(cs_view_string(text), out, cap);
}

static uint64_t number_of(const json_t *token, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(token, name));

	return value > 0 ? (uint64_t)value : 0;
}

/* One token of the answer; false: it is none that countersignd would tell. */
static bool record_take(const json_t *token, const char *user, struct import_record *record)
{
	const char *type = json_string_value(json_object_get(token, "type"));
	const char *secret = json_string_value(json_object_get(token, "secret"));
	const char *hash = json_string_value(json_object_get(token, "algorithm"));
	struct cs_writer w = CS_WRITER_OF(record->seed);
	char what[IMPORT_FAULT_SIZE];

	import_record_init(record, IMPORT_HOTP, 0);
	if (type == NULL || secret == NULL || hash == NULL ||
	    !import_type(cs_view_string(type), &record->type) ||
	    !import_hash(cs_view_string(hash), &record->hash) ||
	    cs_base32_decode(cs_view_string(secret), &w) != CS_OK)
		return false;
	record->seed_len = cs_writer_view(&w).len;
	record->digits = (unsigned)number_of(token, "digits");
	if (record->type == IMPORT_TOTP)
		record->period = (uint32_t)number_of(token, "period");
	record->counter = number_of(token, "counter");
	record->expires = number_of(token, "expires");
	return text_take(token, "serial", record->serial, sizeof record->serial) &&
	       text_take(token, "label", record->label, sizeof record->label) &&
	       text_take(token, "suite", record->suite, sizeof record->suite) &&
	       import_text(cs_view_string(user), record->user, sizeof record->user) &&
	       import_record_good(record, what);
}

static bool records_take(struct export *out, const json_t *answer)
{
	const json_t *tokens = json_object_get(answer, "tokens");
	const char *user = json_string_value(json_object_get(answer, "user"));
	bool good = user != NULL && json_is_array(tokens) && json_array_size(tokens) <= TOKENS_MAX;

	for (size_t i = 0; good && i < json_array_size(tokens); i++)
		good = record_take(json_array_get(tokens, i), user, &out->records[out->count++]);
	if (!good)
		out->status = cli_fail(out->cli, CLI_REFUSED, "bad_answer",
				       "the server's answer is none of countersignd's; is --server right?");
	else if (out->count == 0)
		out->status =
		    cli_fail(out->cli, CLI_REFUSED, "no_tokens",
			     "%s has no token whose seed another server could use", out->cli->args[0]);
	return good && out->count > 0;
}

/* ---- the file ---- */

static bool file_write(struct export *out, struct cs_view content)
{
	int fd = open(out->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = fd >= 0 && write(fd, content.ptr, content.len) == (ssize_t)content.len && fsync(fd) == 0;

	if (!good)
		out->status = cli_fail(out->cli, CLI_USAGE, "usage", "%s could not be written: %s", out->path,
				       strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (fd >= 0 && !good)
		(void)unlink(out->path);
	return good;
}

static bool export_write(struct export *out)
{
	const struct export_job job = {.records = out->records,
				       .count = out->count,
				       .key = cs_view(out->key, out->key_len),
				       .passphrase = secret_view(&out->passphrase)};
	struct cs_writer w = CS_WRITER_OF(out->file);
	enum cs_err err = out->write(&job, &w);

	if (err == CS_OK)
		return file_write(out, cs_writer_view(&w));
	out->status = err == CS_ERR_UNSUPPORTED
			  ? cli_fail(out->cli, CLI_USAGE, "usage",
				     "otpauth: URIs have no place for OCRA: take pskc or csv")
			  : cli_fail_err(out->cli, err, "write the file");
	return false;
}

static void export_result(const json_t *data)
{
	(void)printf("%lld seeds of %s are in %s\n",
		     (long long)json_integer_value(json_object_get(data, "tokens")),
		     json_string_value(json_object_get(data, "user")),
		     json_string_value(json_object_get(data, "file")));
}

/* The server's answer: the seeds, or what has to be approved first. */
static enum cli_status export_ask(struct export *out)
{
	struct server *server = server_open(out->cli, &out->status);
	char *path = server_path("/v1/users/", out->cli->args[0], "/export");
	json_t *answer = NULL;

	if (server != NULL)
		out->status =
		    path != NULL
			? server_post(server, path,
				      json_pack("{s:s*}", "approval", cli_value(out->cli, "approval")),
				      &answer)
			: cli_fail_err(out->cli, CS_ERR_MEMORY, "prepare the call");
	free(path);
	server_close(server);
	if (out->status != CLI_DONE)
		return out->status;
	if (json_object_get(answer, "approval") != NULL)
		return server_proposed(out->cli, answer);
	bool good = records_take(out, answer) && export_write(out);
	json_decref(answer);
	return good ? cli_print(out->cli,
				json_pack("{s:s,s:I,s:s}", "user", out->cli->args[0], "tokens",
					  (json_int_t)out->count, "file", out->path),
				export_result)
		    : out->status;
}

static enum cli_status server_export(struct cli *cli)
{
	struct export *out = calloc(1, sizeof *out);
	enum cli_status status;

	if (out == NULL)
		return cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	out->cli = cli;
	out->path = cli_value(cli, "out");
	out->status = CLI_USAGE;
	if (out->path == NULL)
		status = cli_fail(cli, CLI_USAGE, "usage", "into which file? say it with --out");
	else if (access(out->path, F_OK) == 0)
		status = cli_fail(cli, CLI_USAGE, "usage", "%s is there already: nothing is overwritten",
				  out->path);
	else
		status = format_take(out) && key_take(out) ? export_ask(out) : out->status;
	cs_wipe(out, sizeof *out);
	free(out);
	return status;
}

static const struct cli_option export_options[] = {
    {"out", "FILE", "the new file, readable by its owner only"},
    {"format", "FORMAT", "pskc (the default), which is encrypted; csv or otpauth, which are not"},
    {"approval", "ID", "the approval that another administrator has granted"},
    {"transport-key-file", "FILE", "encrypt under the AES key (hex) in FILE"},
    {"transport-passphrase-file", "FILE", "encrypt under the passphrase in FILE"},
    {.name = NULL},
};

const struct cli_verb cli_server_export_verbs[] = {
    {"server", "export", server_export, CLI_SHARED_SERVER, export_options, "USER", 1, 1,
     "Write the seeds of a user's tokens to a file, after another administrator's approval"},
    {.noun = NULL},
};
