/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server import: a file of tokens is taken apart in a sandbox, twice. The first time looks
 * whether all of it is good; the second time sends its rows, many at a time. They live with the one commit at
 * the end; broken off, the same command goes on where it was.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/import_sandbox.h"
#include "tools/secrets.h"
#include "tools/server_http.h"
#include "tools/transport_key.h"
#include "tools/verbs.h"
#include "tools/whole_file.h"

#define BATCH_ROWS   100u   /* that one call may have */
#define BATCH_COST   28000u /* bytes that they may take in it, reckoned amply */
#define DIGEST_LEN   32u
#define COMMIT_TRIES 60u

/* A file on its way. Wipe it: it holds the file and its keys. */
struct import {
	struct cli *cli;
	const char *path;
	const struct import_format *format;
	struct whole_file file;
	char digest[2 * DIGEST_LEN + 1];
	struct secret passphrase;
	uint8_t key[IMPORT_KEY_MAX];
	size_t key_len;
	bool encrypted; /* a key or passphrase was given: the file must be */
	bool realms;
	bool dry;
	uint64_t now;

	unsigned long rows;  /* of the file */
	unsigned long early; /* line of the first one that is not to be used yet; 0: none */

	struct server *server;
	char id[64];
	unsigned long staged, refused;
	unsigned long seen; /* rows that the second parse has told so far */
	json_t *batch;	    /* rows that have not been sent yet */
	size_t batch_cost;
	unsigned long lines[BATCH_ROWS]; /* where they stand in the file */
	enum cli_status status;
	time_t told; /* when progress was told */
};

/* ---- what is given ---- */

static bool file_has(const struct import *in, const char *word)
{
	return memmem(in->file.bytes, in->file.len, word, strlen(word)) != NULL;
}

static bool key_take(struct import *in)
{
	struct cs_writer w = CS_WRITER_OF(in->key);
	bool good = transport_key_get(in->cli, &w, &in->status);

	in->key_len = good ? cs_writer_view(&w).len : 0;
	return good;
}

/* Whether a key or passphrase was given, so that a file that is not encrypted is none of whoever gave it. */
static bool encryption_take(struct import *in)
{
	in->encrypted =
	    secret_given(in->cli, SECRET_TRANSPORT_KEY) || secret_given(in->cli, SECRET_TRANSPORT_PASSPHRASE);
	if (!in->encrypted || in->format->parse == import_pskc || in->format->parse == import_privacyidea ||
	    in->format->parse == import_linotp)
		return true;
	in->status = cli_fail(in->cli, CLI_USAGE, "usage",
			      "a transport key or passphrase was given, but a file of the format %s is never "
			      "encrypted; nothing was imported",
			      in->format->name);
	return false;
}

static bool realms_take(struct import *in)
{
	in->realms = cli_flag(in->cli, "realms");
	if (!in->realms || in->format->parse == import_privacyidea)
		return true;
	in->status = cli_fail(in->cli, CLI_USAGE, "usage", "--realms is for files of the format privacyidea");
	return false;
}

/* The file's key or passphrase, where it looks as if it were encrypted; whether it is, the parser sees. */
static bool secrets_take(struct import *in)
{
	if (in->format->parse == import_linotp)
		return key_take(in);
	if (in->format->parse == import_privacyidea && !file_has(in, "otpkey"))
		return secret_get(in->cli, SECRET_TRANSPORT_PASSPHRASE, &in->passphrase, &in->status);
	if (in->format->parse != import_pskc || !file_has(in, "EncryptionKey"))
		return true;
	if (file_has(in, "DerivedKey"))
		return secret_get(in->cli, SECRET_TRANSPORT_PASSPHRASE, &in->passphrase, &in->status);
	return key_take(in);
}

static bool format_take(struct import *in)
{
	const char *name = cli_value(in->cli, "format");
	char names[128] = "";
	size_t count;
	const struct import_format *all = import_formats(&count);

	in->format = name != NULL ? import_format(name) : NULL;
	if (in->format != NULL)
		return true;
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(names);
		(void)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "", all[i].name);
	}
	in->status = cli_fail(in->cli, CLI_USAGE, "usage",
			      "which format? say it with --format: it is one of %s", names);
	return false;
}

static bool users_take(const struct cli *cli)
{
	const char *users = cli_value(cli, "users");

	if (users == NULL || strcmp(users, "known") == 0 || strcmp(users, "make") == 0 ||
	    strcmp(users, "none") == 0)
		return true;
	(void)cli_fail(cli, CLI_USAGE, "usage", "--users is known, make or none, not \"%s\"", users);
	return false;
}

/* Rows that were sent without --realms are not gone on with by those that have it: the digest says that, too.
 */
static bool digest_make(struct import *in)
{
	static const char realms[] = "realms";
	uint8_t digest[DIGEST_LEN];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL && EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(ctx, in->file.bytes, in->file.len) == 1 &&
		    (!in->realms || EVP_DigestUpdate(ctx, realms, sizeof realms - 1) == 1) &&
		    EVP_DigestFinal_ex(ctx, digest, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	if (good)
		cs_hex_encode(CS_VIEW_OF(digest), in->digest);
	else
		in->status = cli_fail_err(in->cli, CS_ERR_CRYPTO, "compute the file's digest");
	return good;
}

/* ---- parsing ---- */

static enum cli_status parse_fail(struct import *in, const struct import_job *job, enum cs_err err)
{
	char where[32] = "";

	if (job->fault.what[0] == '\0')
		return cli_fail_err(in->cli, err, "take the file apart");
	if (job->fault.line > 0)
		(void)snprintf(where, sizeof where, ":%lu", job->fault.line);
	return cli_fail(in->cli, CLI_USAGE, err == CS_ERR_WRONG ? "wrong_key" : "bad_file",
			"%s%s: %s; nothing was imported", in->path, where, job->fault.what);
}

static bool parse(struct import *in, import_take_fn *take)
{
	const char *users = cli_value(in->cli, "users");
	struct import_job job = {.file = cs_view(in->file.bytes, in->file.len),
				 .key = cs_view(in->key, in->key_len),
				 .passphrase = secret_view(&in->passphrase),
				 .encrypted = in->encrypted,
				 .realms = in->realms,
				 .nobody = users != NULL && strcmp(users, "none") == 0,
				 .take = take,
				 .ctx = in};
	enum cs_err err = import_sandboxed(in->format->parse, &job);

	if (err == CS_OK)
		return true;
	if (err != CS_ERR_CANCELLED)
		in->status = parse_fail(in, &job, err);
	return false;
}

static bool count_row(void *ctx, const struct import_record *record)
{
	struct import *in = ctx;

	in->rows++;
	if (in->early == 0 && record->starts > in->now)
		in->early = record->line;
	return true;
}

/* The first parse: all of it is good. */
static bool look_through(struct import *in)
{
	if (!parse(in, count_row))
		return false;
	if (in->rows == 0)
		in->status =
		    cli_fail(in->cli, CLI_USAGE, "bad_file", "%s: there is no token in it", in->path);
	else if (in->early != 0)
		in->status =
		    cli_fail(in->cli, CLI_USAGE, "bad_file",
			     "%s:%lu: this token is not to be used yet, as its start date says; nothing was "
			     "imported",
			     in->path, in->early);
	return in->rows > 0 && in->early == 0;
}

/* ---- rows ---- */

static const char *type_name(enum import_type type)
{
	return type == IMPORT_HOTP ? "hotp" : type == IMPORT_TOTP ? "totp" : "ocra";
}

static void row_text(json_t *row, const char *name, const char *text)
{
	if (text[0] != '\0')
		(void)json_object_set_new(row, name, json_string(text));
}

/* A record as the server takes it; what its type does not have is left out. */
static json_t *row_json(const struct import_record *record)
{
	char secret[CS_BASE32_SIZE(IMPORT_SEED_MAX)];
	json_t *row;

	cs_base32_encode(cs_view(record->seed, record->seed_len), secret);
	row = json_pack("{s:s,s:s}", "type", type_name(record->type), "secret", secret);
	cs_wipe(secret, sizeof secret);
	row_text(row, "serial", record->serial);
	row_text(row, "user", record->user);
	row_text(row, "label", record->label);
	row_text(row, "suite", record->suite);
	if (record->type != IMPORT_OCRA) {
		row_text(row, "algorithm",
			 record->hash == CS_SHA256   ? "SHA256"
			 : record->hash == CS_SHA512 ? "SHA512"
						     : "SHA1");
		(void)json_object_set_new(row, "digits", json_integer((json_int_t)record->digits));
	}
	if (record->type == IMPORT_TOTP)
		(void)json_object_set_new(row, "period", json_integer((json_int_t)record->period));
	if (record->counter > 0)
		(void)json_object_set_new(row, "counter", json_integer((json_int_t)record->counter));
	if (record->expires > 0)
		(void)json_object_set_new(row, "expires", json_integer((json_int_t)record->expires));
	return row;
}

/* Bytes that a row may take in a call, in JSON and behind it. */
static size_t row_cost(const struct import_record *record)
{
	return 200 + 2 * (record->seed_len + strlen(record->serial) + strlen(record->user) +
			  strlen(record->label) + strlen(record->suite));
}

static unsigned long member_number(const json_t *object, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(object, name));

	return value > 0 ? (unsigned long)value : 0;
}

/* What the server has refused, one a line. */
static void refusals_tell(struct import *in, const json_t *answer, unsigned long first)
{
	const json_t *refusals = json_object_get(answer, "refusals");
	size_t i;
	const json_t *one;

	for (i = 0; i < json_array_size(refusals); i++) {
		one = json_array_get(refusals, i);
		unsigned long row = member_number(one, "row");
		unsigned long line =
		    row > first && row - first <= BATCH_ROWS ? in->lines[row - first - 1] : 0;
		const char *message = json_string_value(json_object_get(one, "message"));
		(void)fprintf(stderr, "%s:%s%lu: %s\n", in->path, line > 0 ? "" : " token ",
			      line > 0 ? line : row, message != NULL ? message : "refused");
	}
}

/* After each call for who reads JSON; once a second for who waits at a terminal. */
static void progress_tell(struct import *in)
{
	time_t now = time(NULL);

	if (in->cli->json) {
		(void)fprintf(stderr, "{\"progress\":{\"staged\":%lu,\"rows\":%lu}}\n", in->staged, in->rows);
		return;
	}
	if (now == in->told && in->staged < in->rows)
		return;
	in->told = now;
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\r\033[K%lu of %lu tokens%s", in->staged, in->rows,
			      in->staged == in->rows ? "\n" : "");
}

static bool batch_send(struct import *in)
{
	char *path = server_path("/v1/imports/", in->id, "/rows");
	unsigned long first = in->staged;
	json_t *answer = NULL;

	in->status =
	    path == NULL
		? cli_fail_err(in->cli, CS_ERR_MEMORY, "prepare the call")
		: server_post(in->server, path,
			      json_pack("{s:I,s:o}", "first", (json_int_t)first, "tokens", in->batch),
			      &answer);
	free(path);
	in->batch = json_array();
	in->batch_cost = 0;
	if (in->status != CLI_DONE)
		return false;
	in->staged = member_number(answer, "staged");
	in->refused = member_number(answer, "refused");
	refusals_tell(in, answer, first);
	json_decref(answer);
	progress_tell(in);
	return true;
}

static bool send_row(void *ctx, const struct import_record *record)
{
	struct import *in = ctx;
	size_t cost = row_cost(record);

	if (in->seen++ < in->staged + json_array_size(in->batch))
		return true;
	if ((json_array_size(in->batch) == BATCH_ROWS || in->batch_cost + cost > BATCH_COST) &&
	    !batch_send(in))
		return false;
	in->lines[json_array_size(in->batch)] = record->line;
	in->batch_cost += cost;
	return json_array_append_new(in->batch, row_json(record)) == 0;
}

/* ---- the server's part ---- */

static bool import_open(struct import *in)
{
	const char *name = strrchr(in->path, '/') != NULL ? strrchr(in->path, '/') + 1 : in->path;
	const char *users = cli_value(in->cli, "users");
	json_t *answer = NULL;

	in->status = server_post(in->server, "/v1/imports",
				 json_pack("{s:s,s:s,s:I,s:s}", "digest", in->digest, "name", name, "rows",
					   (json_int_t)in->rows, "users", users != NULL ? users : "known"),
				 &answer);
	if (in->status != CLI_DONE)
		return false;
	(void)snprintf(in->id, sizeof in->id, "%s",
		       json_string_value(json_object_get(answer, "import")) != NULL
			   ? json_string_value(json_object_get(answer, "import"))
			   : "");
	in->staged = member_number(answer, "staged");
	in->refused = member_number(answer, "refused");
	json_decref(answer);
	if (in->staged > 0)
		cli_note(in->cli, "%lu of %lu tokens have come already: going on behind them", in->staged,
			 in->rows);
	return true;
}

static enum cli_status import_end(struct import *in, const char *what, json_t **answer)
{
	char *path = server_path("/v1/imports/", in->id, what);
	enum cli_status status = path == NULL	   ? cli_fail_err(in->cli, CS_ERR_MEMORY, "prepare the call")
				 : what[0] == '\0' ? server_delete(in->server, path, answer)
						   : server_post(in->server, path, json_object(), answer);

	free(path);
	return status;
}

static void result_text(const json_t *data)
{
	if (json_is_true(json_object_get(data, "dry_run")))
		(void)printf("%lu tokens could be imported; nothing was\n", member_number(data, "rows"));
	else
		(void)printf("%lu tokens were imported: %lu of users, %lu in stock\n",
			     member_number(data, "rows"), member_number(data, "assigned"),
			     member_number(data, "stock"));
}

/* The server's one commit may take longer than a call may: who has heard no answer asks again, until he gets
 * the one that was meant for him. */
static enum cli_status import_commit(struct import *in, json_t **answer)
{
	enum cli_status status = CLI_UNREACHABLE;

	server_patience(in->server, true);
	for (unsigned i = 0; i < COMMIT_TRIES && status == CLI_UNREACHABLE; i++)
		status = import_end(in, "/commit", answer);
	server_patience(in->server, false);
	return status == CLI_UNREACHABLE ? import_end(in, "/commit", answer) : status;
}

/* All rows are staged: they become tokens, or are forgotten. */
static enum cli_status import_close(struct import *in)
{
	json_t *answer = NULL;

	if (in->refused == 0 && !in->dry) {
		in->status = import_commit(in, &answer);
		return in->status == CLI_DONE ? cli_print(in->cli, answer, result_text) : in->status;
	}
	in->status = import_end(in, "", &answer);
	json_decref(answer);
	if (in->status != CLI_DONE)
		return in->status;
	if (in->refused > 0)
		return cli_fail(
		    in->cli, CLI_REFUSED, "import_refused",
		    "%lu of the %lu tokens were refused, and a file is imported whole or not at all: "
		    "nothing was imported",
		    in->refused, in->rows);
	return cli_print(in->cli, json_pack("{s:b,s:I}", "dry_run", 1, "rows", (json_int_t)in->rows),
			 result_text);
}

static enum cli_status import_send(struct import *in)
{
	in->server = server_open(in->cli, &in->status);
	if (in->server == NULL)
		return in->status;
	in->batch = json_array();
	bool good =
	    import_open(in) && parse(in, send_row) && (json_array_size(in->batch) == 0 || batch_send(in));
	if (good && in->staged != in->rows)
		in->status = cli_fail(in->cli, CLI_REFUSED, "bad_answer",
				      "the server has %lu of %lu tokens; run the same command again",
				      in->staged, in->rows);
	else if (good)
		in->status = import_close(in);
	else if (in->id[0] != '\0' && in->status == CLI_UNREACHABLE)
		cli_note(in->cli,
			 "%lu of %lu tokens are with the server: run the same command again, and it goes "
			 "on behind them",
			 in->staged, in->rows);
	json_decref(in->batch);
	server_close(in->server);
	return in->status;
}

static enum cli_status server_import(struct cli *cli)
{
	struct import in = {
	    .cli = cli, .path = cli->args[0], .status = CLI_USAGE, .now = (uint64_t)time(NULL)};
	bool good;

	in.dry = cli_flag(cli, "dry-run");
	good = format_take(&in) && users_take(cli) && realms_take(&in) && encryption_take(&in) &&
	       whole_file_read(cli, in.path, IMPORT_FILE_MAX, &in.file, &in.status) && digest_make(&in) &&
	       secrets_take(&in) && look_through(&in);
	if (good)
		in.status = import_send(&in);
	whole_file_wipe(&in.file);
	cs_wipe(in.key, sizeof in.key);
	secret_wipe(&in.passphrase);
	return in.status;
}

static const struct cli_option import_options[] = {
    {"format", "FORMAT", "pskc, csv, oath-csv, privacyidea, otpauth or migration"},
    {"users", "HOW", "users that the file names: known (they must be there), make, or none"},
    {"realms", NULL, "of privacyidea: a user is login@realm, not the login alone"},
    {"transport-key-file", "FILE", "read the file's pre-shared AES key (hex) from FILE"},
    {"transport-passphrase-file", "FILE", "read the file's passphrase from FILE"},
    {"dry-run", NULL, "say what would be refused, and import nothing"},
    {.name = NULL},
};

const struct cli_verb cli_server_import_verbs[] = {
    {"server", "import", server_import, CLI_SHARED_SERVER, import_options, "FILE", 1, 1,
     "Import a file of tokens, all of them or none"},
    {.noun = NULL},
};
