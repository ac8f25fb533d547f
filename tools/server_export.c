/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server export: the seeds of one user's tokens, or of a realm's, into a new file that nobody
 * else reads. The server gives them to one administrator when another one has approved of it; those of a
 * realm page by page, and so they are written. An approval is good once: where the format has no place for
 * everything, the tokens are looked at before it is spent.
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
#include "tools/import_pskc_crypto.h"
#include "tools/secrets.h"
#include "tools/server_http.h"
#include "tools/transport_key.h"
#include "tools/verbs.h"

#define TOKENS_MAX 256u /* of one answer */

enum key_kind { KEY_NONE, KEY_PSKC, KEY_FERNET, KEY_LINOTP };

static const struct format {
	const char *name;
	export_write_fn *write;
	export_lack_fn *lack; /* NULL: it has a place for everything */
	enum key_kind key;
	bool serials; /* a token without a serial number gets its identifier as one */
} formats[] = {{"pskc", export_pskc, NULL, KEY_PSKC, false},
	       {"csv", export_csv, NULL, KEY_NONE, false},
	       {"otpauth", export_otpauth, export_otpauth_lack, KEY_NONE, false},
	       {"migration", export_migration, export_migration_lack, KEY_NONE, false},
	       {"privacyidea", export_privacyidea, export_table_lack, KEY_FERNET, true},
	       {"linotp", export_linotp, export_table_lack, KEY_LINOTP, true}};

/* What is to be written. It holds seeds and a key: wipe it. */
struct export
{
	struct cli *cli;
	const char *path;
	const char *realm; /* NULL: it is one user */
	const struct format *format;
	uint8_t key[IMPORT_KEY_MAX];
	size_t key_len;
	struct secret passphrase;
	struct pskc_keys keys;
	struct export_fernet fernet;
	struct import_record records[TOKENS_MAX];
	size_t count, written; /* tokens of this answer, and of those before */
	bool begun;
	int fd; /* of the file; -1: it has not been made */
	uint8_t file[EXPORT_HEAD_MAX + TOKENS_MAX * EXPORT_TOKEN_MAX];
	enum cli_status status;
};

/* ---- what is given ---- */

static bool format_take(struct export *out)
{
	const char *name = cli_value(out->cli, "format");

	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(formats[i].name, name != NULL ? name : "pskc") == 0)
			out->format = &formats[i];
	if (out->format != NULL)
		return true;
	out->status =
	    cli_fail(out->cli, CLI_USAGE, "usage",
		     "--format is pskc, privacyidea or linotp, which are encrypted, or csv, otpauth or "
		     "migration, which are not; it is not \"%s\"",
		     name);
	return false;
}

/* Whoever gives a key believes that it encrypts. */
static bool key_refuse(struct export *out, enum secret_kind kind, const char *what)
{
	if (!secret_given(out->cli, kind))
		return true;
	out->status =
	    cli_fail(out->cli, CLI_USAGE, "usage", "%s is never encrypted under a transport %s: leave it out",
		     out->format->name, what);
	return false;
}

static bool key_linotp(struct export *out)
{
	struct cs_writer w = CS_WRITER_OF(out->key);

	if (!key_refuse(out, SECRET_TRANSPORT_PASSPHRASE, "passphrase") ||
	    !transport_key_get(out->cli, &w, &out->status))
		return false;
	out->key_len = cs_writer_view(&w).len;
	if (out->key_len == 32)
		return true;
	out->status =
	    cli_fail(out->cli, CLI_USAGE, "usage",
		     "LinOTP's key has 64 hexadecimal digits: the first 32 bytes of its file encKey");
	return false;
}

static bool key_fernet(struct export *out)
{
	struct cs_writer w = CS_WRITER_OF(out->key);

	if (!key_refuse(out, SECRET_TRANSPORT_KEY, "key") ||
	    !secret_choose(out->cli, SECRET_TRANSPORT_PASSPHRASE, &out->passphrase, &out->status))
		return false;
	if (import_base64url(secret_view(&out->passphrase), &w) && cs_writer_view(&w).len == 32) {
		out->key_len = 32;
		return true;
	}
	out->status = cli_fail(
	    out->cli, CLI_USAGE, "usage",
	    "privacyIDEA's passphrase is a Fernet key, as \"openssl rand -base64 32 | tr +/ -_\" makes one");
	return false;
}

/* The key of an encrypted file: for PSKC a pre-shared one where it is given, else a passphrase. */
static bool key_take(struct export *out)
{
	struct cs_writer w = CS_WRITER_OF(out->key);

	switch (out->format->key) {
	case KEY_NONE:
		return key_refuse(out, SECRET_TRANSPORT_KEY, "key") &&
		       key_refuse(out, SECRET_TRANSPORT_PASSPHRASE, "passphrase");
	case KEY_FERNET:
		return key_fernet(out);
	case KEY_LINOTP:
		return key_linotp(out);
	case KEY_PSKC:
	default:
		break;
	}
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

/* One token of the answer, with its seed or without; false: it is none that countersignd would tell. */
static bool record_take(const json_t *token, bool seed, struct import_record *record)
{
	const char *type = json_string_value(json_object_get(token, "type"));
	const char *secret = json_string_value(json_object_get(token, "secret"));
	const char *hash = json_string_value(json_object_get(token, "algorithm"));
	struct cs_writer w = CS_WRITER_OF(record->seed);
	char what[IMPORT_FAULT_SIZE];

	import_record_init(record, IMPORT_HOTP, 0);
	if (type == NULL || hash == NULL || !import_type(cs_view_string(type), &record->type) ||
	    !import_hash(cs_view_string(hash), &record->hash) ||
	    (seed && (secret == NULL || cs_base32_decode(cs_view_string(secret), &w) != CS_OK)))
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
	       text_take(token, "user", record->user, sizeof record->user) &&
	       (!seed || import_record_good(record, what));
}

/* False: the format has no place for the token, and this was told. */
static bool record_fits(struct export *out, const json_t *token, bool seed, struct import_record *record)
{
	const char *id = json_string_value(json_object_get(token, "token"));

	if (out->format->serials && record->serial[0] == '\0')
		(void)snprintf(record->serial, sizeof record->serial, "%s", id != NULL ? id : "");
	const char *lack = out->format->lack != NULL ? out->format->lack(record) : NULL;
	if (lack == NULL)
		return true;
	out->status =
	    cli_fail(out->cli, CLI_USAGE, "usage",
		     "token %s has %s, for which %s has no place; nothing was written%s: take pskc or csv",
		     record->serial[0] != '\0' ? record->serial
		     : id != NULL	       ? id
					       : "",
		     lack, out->format->name, seed ? "" : ", and an approval is good still");
	return false;
}

static bool records_take(struct export *out, const json_t *answer, bool seeds)
{
	const json_t *tokens = json_object_get(answer, "tokens");
	bool good = json_is_array(tokens) && json_array_size(tokens) <= TOKENS_MAX;

	out->count = 0;
	for (size_t i = 0; good && i < json_array_size(tokens); i++) {
		struct import_record *record = &out->records[out->count++];
		good = record_take(json_array_get(tokens, i), seeds, record);
		if (good && !record_fits(out, json_array_get(tokens, i), seeds, record))
			return false;
	}
	if (!good)
		out->status = cli_fail(out->cli, CLI_REFUSED, "bad_answer",
				       "the server's answer is none of countersignd's; is --server right?");
	return good;
}

/* ---- the file ---- */

/* It is made before the server is asked: an approval is good once, and must not be spent for what then has no
 * place. */
static bool file_make(struct export *out)
{
	out->fd = open(out->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out->fd >= 0)
		return true;
	out->status = errno == EEXIST ? cli_fail(out->cli, CLI_USAGE, "usage",
						 "%s is there already: nothing is overwritten", out->path)
				      : cli_fail(out->cli, CLI_USAGE, "usage", "%s could not be made: %s",
						 out->path, strerror(errno));
	return false;
}

static bool file_append(struct export *out, struct cs_view content)
{
	bool good = true;

	while (good && content.len > 0) {
		ssize_t done = write(out->fd, content.ptr, content.len);
		good = done > 0;
		if (good)
			content = cs_view(content.ptr + done, content.len - (size_t)done);
	}
	if (!good)
		out->status = cli_fail(out->cli, CLI_USAGE, "usage", "%s could not be written: %s", out->path,
				       strerror(errno));
	return good;
}

/* The file is whole and on disk, or is not there. */
static bool file_end(struct export *out, bool good)
{
	if (out->fd < 0)
		return good;
	if (good && fsync(out->fd) != 0) {
		good = false;
		out->status = cli_fail(out->cli, CLI_USAGE, "usage", "%s could not be written: %s", out->path,
				       strerror(errno));
	}
	(void)close(out->fd);
	out->fd = -1;
	if (!good)
		(void)unlink(out->path);
	return good;
}

static bool export_write(struct export *out, bool more)
{
	const struct export_job job = {.records = out->records,
				       .count = out->count,
				       .key = cs_view(out->key, out->key_len),
				       .passphrase = secret_view(&out->passphrase),
				       .begun = out->begun,
				       .before = out->written,
				       .more = more,
				       .keys = &out->keys,
				       .fernet = &out->fernet};
	struct cs_writer w = CS_WRITER_OF(out->file);
	enum cs_err err = out->format->write(&job, &w);

	out->begun = true;
	out->written += out->count;
	if (err == CS_OK)
		return file_append(out, cs_writer_view(&w));
	out->status = cli_fail_err(out->cli, err, "write the file");
	return false;
}

static void export_result(const json_t *data)
{
	const char *realm = json_string_value(json_object_get(data, "realm"));

	(void)printf("%lld seeds of %s%s are in %s\n",
		     (long long)json_integer_value(json_object_get(data, "tokens")),
		     realm != NULL ? "realm " : "",
		     realm != NULL ? realm : json_string_value(json_object_get(data, "user")),
		     json_string_value(json_object_get(data, "file")));
}

/* ---- the calls ---- */

/* One answer: tokens, or what has to be approved first. Without seeds the approval is looked at each time;
 * with them it is spent by the first page. */
static json_t *page_ask(struct export *out, struct server *server, const char *after, bool seeds)
{
	const char *approval = seeds && after != NULL ? NULL : cli_value(out->cli, "approval");
	char *path = server_path(out->realm != NULL ? "/v1/realms/" : "/v1/users/",
				 out->realm != NULL ? out->realm : out->cli->args[0], "/export");
	json_t *answer = NULL;

	out->status = path != NULL ? server_post(server, path,
						 json_pack("{s:s*,s:s*,s:s*}", "after", after, "approval",
							   approval, "seeds", seeds ? NULL : "withheld"),
						 &answer)
				   : cli_fail_err(out->cli, CS_ERR_MEMORY, "prepare the call");
	free(path);
	return out->status == CLI_DONE ? answer : NULL;
}

/* Writes all pages from this one on, which is taken over. */
static bool pages_write(struct export *out, struct server *server, json_t *page)
{
	bool good = true;

	while (good && page != NULL) {
		const char *next = json_string_value(json_object_get(page, "next"));
		good = records_take(out, page, true) && export_write(out, next != NULL);
		json_t *following = good && next != NULL ? page_ask(out, server, next, true) : NULL;
		good = good && out->status == CLI_DONE;
		json_decref(page);
		page = following;
	}
	if (good && out->written == 0) {
		good = false;
		out->status = cli_fail(out->cli, CLI_REFUSED, "no_tokens",
				       "%s has no token whose seed another server could use",
				       out->realm != NULL ? out->realm : out->cli->args[0]);
	}
	return file_end(out, good);
}

/* Whether the format has a place for all tokens; else this was told. *proposed, the caller's, where it has to
 * be approved first. */
static bool tokens_fit(struct export *out, struct server *server, json_t **proposed)
{
	json_t *page = page_ask(out, server, NULL, false);
	bool good = page != NULL;

	while (good && page != NULL) {
		const char *next = json_string_value(json_object_get(page, "next"));
		json_t *following = NULL;
		if (json_object_get(page, "approval") != NULL) {
			*proposed = page;
			return true;
		}
		good = records_take(out, page, false);
		if (good && next != NULL) {
			following = page_ask(out, server, next, false);
			good = following != NULL;
		}
		json_decref(page);
		page = following;
	}
	return good;
}

static enum cli_status export_ask(struct export *out)
{
	struct server *server = server_open(out->cli, &out->status);
	enum cli_status status;

	if (server == NULL)
		return out->status;
	json_t *page = NULL;
	if (out->format->lack == NULL || tokens_fit(out, server, &page))
		page = page != NULL ? page : page_ask(out, server, NULL, true);
	if (page != NULL && json_object_get(page, "approval") != NULL)
		status = server_proposed(out->cli, page);
	else if (page != NULL && pages_write(out, server, page))
		status = cli_print(out->cli,
				   json_pack("{s:s,s:I,s:s}", out->realm != NULL ? "realm" : "user",
					     out->realm != NULL ? out->realm : out->cli->args[0], "tokens",
					     (json_int_t)out->written, "file", out->path),
				   export_result);
	else
		status = out->status;
	server_close(server);
	return status;
}

static enum cli_status server_export(struct cli *cli)
{
	struct export *out = calloc(1, sizeof *out);
	enum cli_status status;

	if (out == NULL)
		return cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	out->cli = cli;
	out->path = cli_value(cli, "out");
	out->realm = cli_value(cli, "realm");
	out->fd = -1;
	out->status = CLI_USAGE;
	if ((out->realm != NULL) == (cli->arg_count > 0))
		status =
		    cli_fail(cli, CLI_USAGE, "usage", "whose seeds? name a user, or a realm with --realm");
	else if (out->path == NULL)
		status = cli_fail(cli, CLI_USAGE, "usage", "into which file? say it with --out");
	else
		status = format_take(out) && key_take(out) && file_make(out) ? export_ask(out) : out->status;
	(void)file_end(out, false); /* where no seeds came */
	export_fernet_end(&out->fernet);
	cs_wipe(out, sizeof *out);
	free(out);
	return status;
}

static const struct cli_option export_options[] = {
    {"out", "FILE", "the new file, readable by its owner only"},
    {"format", "FORMAT",
     "pskc (the default), privacyidea or linotp, encrypted; csv, otpauth or migration, bare"},
    {"realm", "REALM", "all tokens of users of this realm; -: of those without one; *: of all"},
    {"approval", "ID", "the approval that another administrator has granted"},
    {"transport-key-file", "FILE", "pskc: encrypt under the AES key (hex) in FILE; linotp: its encKey"},
    {"transport-passphrase-file", "FILE",
     "pskc: encrypt under the passphrase in FILE; privacyidea: a Fernet key"},
    {.name = NULL},
};

const struct cli_verb cli_server_export_verbs[] = {
    {"server", "export", server_export, CLI_SHARED_SERVER, export_options, "[USER]", 0, 1,
     "Write the seeds of a user's or a realm's tokens to a file, after another administrator's approval"},
    {.noun = NULL},
};
