/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign audit: verify, export, checkpoints.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.h"
#include "tools/audit_checkpoint.h"
#include "tools/audit_source.h"
#include "tools/progress.h"
#include "tools/server_http.h"
#include "tools/verbs.h"

/* ---- verify ---- */

static enum cli_status source_walk(const struct cli *cli, audit_row_fn *take, void *ctx)
{
	const char *database = cli_value(cli, "database"), *log = cli_value(cli, "log");

	if (database != NULL && log != NULL) {
		return cli_fail(cli, CLI_USAGE, "usage", "give --database or --log, not both");
	}
	return database != NULL ? audit_walk_database(cli, database, database, take, ctx)
	       : log != NULL	? audit_walk_log(cli, log, take, ctx)
				: audit_walk_server(cli, take, ctx);
}

static void number_text(const json_t *data, const char *name, const char *format)
{
	const json_t *number = json_object_get(data, name);

	if (json_integer_value(number) != 0) {
		char text[24];

		(void)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
		(void)printf(format, text);
	}
}

static void verify_text(const json_t *data)
{
	(void)printf("the audit log is whole: %" JSON_INTEGER_FORMAT " entries, the last with the hash %s\n",
		     json_integer_value(json_object_get(data, "entries")),
		     json_string_value(json_object_get(data, "hash")));
	number_text(data, "confirmed", "checkpoints that it agrees with: %s\n");
	number_text(data, "removed", "removed by retention, as the log itself says: the entries up to %s\n");
	number_text(data, "masked", "without what tells of a person: %s entries\n");
	number_text(data, "withheld", "withheld whole, of the older format: %s entries\n");
}

static enum cli_status verify_print(struct cli *cli, const struct audit_chain *chain)
{
	char hex[2 * CS_AUDIT_HASH_LEN + 1];

	cs_hex_encode(CS_VIEW_OF(chain->hash), hex);
	return cli_print(cli,
			 json_pack("{s:I,s:I,s:s,s:I,s:I,s:I,s:I}", "entries", (json_int_t)chain->entries,
				   "last", (json_int_t)chain->last, "hash", hex, "confirmed",
				   (json_int_t)chain->confirmed, "removed",
				   (json_int_t)(chain->first > 1 ? chain->first - 1 : 0), "masked",
				   (json_int_t)chain->masked, "withheld", (json_int_t)chain->withheld),
			 verify_text);
}

static enum cli_status audit_verify(struct cli *cli)
{
	const char *directory = cli_value(cli, "checkpoints"), *key = cli_value(cli, "key");
	struct audit_checkpoints checkpoints = {NULL, 0};
	struct audit_chain chain = {.older = cli_flag(cli, "older")};
	enum cli_status status = CLI_DONE;
	unsigned long days;

	if ((directory != NULL) != (key != NULL)) {
		return cli_fail(
		    cli, CLI_USAGE, "usage",
		    "--checkpoints and --key belong together: a key that lies beside the checkpoints "
		    "proves nothing by itself");
	}
	if (!cli_number(cli, "retention", 1, 36500, 0, &days)) {
		return CLI_USAGE;
	}
	chain.retention_ms = (uint64_t)days * 86400000;
	progress_begin("hashing the audit log again");
	if (directory != NULL) {
		status = audit_checkpoints_load(cli, directory, key, &checkpoints);
		chain.checkpoints = &checkpoints;
	}
	if (status == CLI_DONE) {
		status = source_walk(cli, audit_chain_step, &chain);
	}
	progress_end();
	if (status == CLI_DONE && !audit_chain_end(&chain)) {
		status = audit_chain_told(cli, &chain);
	}
	audit_checkpoints_free(&checkpoints);
	return status != CLI_DONE ? status : verify_print(cli, &chain);
}

/* ---- export ---- */

struct export
{
	FILE *file;
	bool masked, failed;
	const char *fault;
	json_int_t entries;
};

static bool export_take(void *ctx, const struct audit_row *row, const char *fault)
{
	struct export *export = ctx;

	export->fault = fault;
	if (fault != NULL) {
		return false;
	}
	json_t *object = audit_row_json(row, export->masked);
	export->failed = object == NULL ||
			 json_dumpf(object, export->file, JSON_COMPACT | JSON_PRESERVE_ORDER) != 0 ||
			 putc('\n', export->file) == EOF;
	json_decref(object);
	export->entries++;
	return !export->failed;
}

static void export_text(const json_t *data)
{
	(void)printf("%s: %" JSON_INTEGER_FORMAT " entries\n",
		     json_string_value(json_object_get(data, "file")),
		     json_integer_value(json_object_get(data, "entries")));
}

/* A new file, which nobody else may read. NULL: errno says why. */
static FILE *file_new(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static enum cli_status audit_export(struct cli *cli)
{
	const char *path = cli->args[0];
	struct export export = {.file = file_new(path, 0600), .masked = cli_flag(cli, "masked")};

	if (export.file == NULL) {
		return cli_fail(cli, CLI_USAGE, "exists", "%s: %s", path, strerror(errno));
	}
	progress_begin("exporting the audit log");
	enum cli_status status = source_walk(cli, export_take, &export);
	progress_end();
	if ((fflush(export.file) != 0 || fsync(fileno(export.file)) != 0 || export.failed) &&
	    status == CLI_DONE) {
		status = cli_fail(cli, CLI_USAGE, "not_written", "%s: it cannot be written", path);
	}
	(void)fclose(export.file);
	if (status == CLI_DONE && export.fault != NULL) {
		status = cli_fail(cli, CLI_REFUSED, "audit_broken",
				  "the %" JSON_INTEGER_FORMAT "th entry cannot be exported: %s",
				  export.entries + 1, export.fault);
	}
	if (status != CLI_DONE) {
		(void)unlink(path);
		return status;
	}
	return cli_print(cli, json_pack("{s:s,s:I}", "file", path, "entries", export.entries), export_text);
}

/* ---- checkpoints ---- */

/* Writes it where nothing is of this name; what is there is of the same content, as the name has the hash in
 * it. */
static bool checkpoint_write(const char *directory, const char *name, struct cs_view contents)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return false;
	}
	FILE *file = file_new(path, 0644);
	if (file == NULL) {
		return errno == EEXIST;
	}
	bool done = fwrite(contents.ptr, 1, contents.len, file) == contents.len;
	done = fclose(file) == 0 && done;
	if (!done) {
		(void)unlink(path);
	}
	return done;
}

/* False: it is none, or errno says what stood against it. */
static bool checkpoint_save(const char *directory, const json_t *row)
{
	const char *text = json_string_value(json_object_get(row, "text"));
	const char *base64 = json_string_value(json_object_get(row, "signature"));
	unsigned char signature[256];
	struct cs_checkpoint checkpoint;
	char name[64], hex[2 * CS_AUDIT_HASH_LEN + 1];

	errno = EBADMSG;
	if (text == NULL || base64 == NULL || strlen(base64) > 4 * sizeof signature / 3 ||
	    cs_checkpoint_read(cs_view_string(text), &checkpoint) != CS_OK) {
		return false;
	}
	int len = EVP_DecodeBlock(signature, (const unsigned char *)base64, (int)strlen(base64));
	for (size_t i = strlen(base64); len > 0 && i > 0 && base64[i - 1] == '='; i--) {
		len--; /* what the padding stands for */
	}
	if (len <= 0) {
		return false;
	}
	cs_hex_encode(CS_VIEW_OF(checkpoint.hash), hex);
	(void)snprintf(name, sizeof name, "checkpoint-%012" PRIu64 "-%.8s.sig", checkpoint.sequence, hex);
	if (!checkpoint_write(directory, name, cs_view(signature, (size_t)len))) {
		return false;
	}
	memcpy(name + strlen(name) - 3, "txt", 3);
	return checkpoint_write(directory, name, cs_view_string(text));
}

static bool checkpoint_save_key(const char *directory, const json_t *key)
{
	const char *id = json_string_value(json_object_get(key, "key"));
	const char *pem = json_string_value(json_object_get(key, "pem"));
	char name[64];

	errno = EBADMSG;
	if (id == NULL || pem == NULL || strspn(id, "0123456789abcdef") != 2 * CS_AUDIT_HASH_LEN) {
		return false;
	}
	(void)snprintf(name, sizeof name, "key-%.16s.pem", id);
	return checkpoint_write(directory, name, cs_view_string(pem));
}

static void checkpoints_text(const json_t *data)
{
	(void)printf("%s: %" JSON_INTEGER_FORMAT " checkpoints, key %s\n",
		     json_string_value(json_object_get(data, "directory")),
		     json_integer_value(json_object_get(data, "checkpoints")),
		     json_string_value(json_object_get(data, "key")));
}

static enum cli_status audit_checkpoints(struct cli *cli)
{
	const char *directory = cli->args[0];
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *all = NULL, *key = NULL, *row;
	bool saved = true;
	size_t i;

	if (server != NULL) {
		status = server_get(server, "/v1/audit/key", &key);
	}
	if (server != NULL && status == CLI_DONE) {
		status = server_list(server, "/v1/audit/checkpoints", "checkpoints", &all);
	}
	server_close(server);
	if (status == CLI_DONE) {
		saved =
		    (mkdir(directory, 0755) == 0 || errno == EEXIST) && checkpoint_save_key(directory, key);
		json_array_foreach(all, i, row)
		{
			saved = saved && checkpoint_save(directory, row);
		}
		status = saved ? CLI_DONE
			       : cli_fail(cli, CLI_USAGE, "not_written", "%s: %s", directory,
					  errno == EBADMSG ? "the server sent what is no checkpoint"
							   : strerror(errno));
	}
	if (status == CLI_DONE) {
		status =
		    cli_print(cli,
			      json_pack("{s:s,s:I,s:O}", "directory", directory, "checkpoints",
					(json_int_t)json_array_size(all), "key", json_object_get(key, "key")),
			      checkpoints_text);
	}
	json_decref(all);
	json_decref(key);
	return status;
}

#define OPTION_DATABASE                                                                                      \
	{                                                                                                    \
		"database", "FILE", "read the daemon's SQLite file instead of asking the server"             \
	}
#define OPTION_LOG                                                                                           \
	{                                                                                                    \
		"log", "FILE", "read a log that audit export has written"                                    \
	}

static const struct cli_option verify_options[] = {
    OPTION_DATABASE,
    OPTION_LOG,
    {"checkpoints", "DIRECTORY", "hold it against the signed checkpoints that are there"},
    {"key", "FILE", "the public keys that checkpoints must verify with, in PEM"},
    {"older", NULL, "the log may end before the last checkpoint: it is a backup's"},
    {"retention", "DAYS", "for which entries must have been kept, with what tells of a person"},
    {.name = NULL},
};

static const struct cli_option export_options[] = {
    OPTION_DATABASE,
    OPTION_LOG,
    {"masked", NULL, "without what tells of a person; the chain can be verified all the same"},
    {.name = NULL},
};

const struct cli_verb cli_audit_verbs[] = {
    {"audit", "verify", audit_verify, CLI_SHARED_SERVER, verify_options, "", 0, 0,
     "Check that no entry of the audit log was changed, taken out or cut off"},
    {"audit", "export", audit_export, CLI_SHARED_SERVER, export_options, "FILE", 1, 1,
     "Write the audit log into a new file, one JSON object a line"},
    {"audit", "checkpoints", audit_checkpoints, CLI_SHARED_SERVER, NULL, "DIRECTORY", 1, 1,
     "Fetch the signed checkpoints of the audit log, and their public key"},
    {.noun = NULL},
};
