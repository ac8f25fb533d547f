/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The sealing key's file, and the token that may seal it.
 */
#include "daemon/seal_key.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/file.h"
#include "daemon/vault.h"

#define SEAL_KEY_MARK	  "pkcs11:"
#define SEAL_KEY_MARK_LEN (sizeof(SEAL_KEY_MARK) - 1)
#define SEAL_KEY_SEALED	  (SEAL_KEY_LEN + SEAL_OVERHEAD)
#define SEAL_KEY_TEXT	  (SEAL_KEY_MARK_LEN + 2u * SEAL_KEY_SEALED + 1u)
#define SEAL_KEY_NAME	  CS_VIEW_TEXT("sealing key")

/* What a file holds. */
struct seal_key_file {
	bool sealed;
	uint8_t bytes[SEAL_KEY_SEALED]; /* SEAL_KEY_LEN of them where it is bare */
};

__attribute__((format(printf, 3, 4))) static enum cs_err
seal_key_error(char error[CONFIG_ERROR_MAX], enum cs_err err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
	return err;
}

/* ---- the file ---- */

static enum cs_err seal_key_parse(struct cs_view text, struct seal_key_file *out)
{
	struct seal_key_file file = {.sealed = cs_view_starts_with(text, CS_VIEW_TEXT(SEAL_KEY_MARK))};
	size_t skip = file.sealed ? SEAL_KEY_MARK_LEN : 0;
	size_t want = file.sealed ? SEAL_KEY_SEALED : SEAL_KEY_LEN;
	struct cs_writer w = cs_writer_of(file.bytes, want);

	if (text.len == skip + 2 * want + 1 && text.ptr[text.len - 1] == '\n')
		text.len--;
	bool good = text.len == skip + 2 * want && !cs_hex_decode(cs_view(text.ptr + skip, 2 * want), &w) &&
		    !cs_writer_done(&w);
	if (good)
		*out = file;
	cs_wipe(&file, sizeof(file));
	return good ? CS_OK : CS_ERR_MALFORMED;
}

static enum cs_err seal_key_read(const char *path, struct seal_key_file *out, char error[CONFIG_ERROR_MAX])
{
	char text[SEAL_KEY_TEXT + 1];
	struct cs_writer w = CS_WRITER_OF(text);

	enum cs_err err = file_read_private(path, &w);
	if (err == CS_ERR_NO_SPACE)
		err = CS_ERR_MALFORMED;
	if (!err)
		err = seal_key_parse(cs_writer_view(&w), out);
	cs_wipe(text, sizeof(text));
	if (!err)
		return CS_OK;
	return seal_key_error(error, err, "sealing key %s: %s%s", path, cs_err_text(err),
			      err == CS_ERR_NOT_FOUND ? "; countersignd --init makes one"
			      : err == CS_ERR_DENIED  ? "; only its owner may have rights on it: chmod 600"
						      : "");
}

/* write is file_create or file_replace. */
static enum cs_err seal_key_write(const char *path, const struct seal_key_file *file,
				  enum cs_err (*write)(const char *path, mode_t mode,
						       struct cs_view contents),
				  char error[CONFIG_ERROR_MAX])
{
	char text[SEAL_KEY_TEXT + 1] = "";
	size_t skip = file->sealed ? SEAL_KEY_MARK_LEN : 0;
	size_t len = file->sealed ? SEAL_KEY_SEALED : SEAL_KEY_LEN;

	memcpy(text, SEAL_KEY_MARK, skip);
	cs_hex_encode(cs_view(file->bytes, len), text + skip);
	text[skip + 2 * len] = '\n';
	enum cs_err err = write(path, 0600, cs_view(text, skip + 2 * len + 1));
	cs_wipe(text, sizeof(text));
	if (err == CS_ERR_STATE)
		return seal_key_error(
		    error, err,
		    "sealing key %s: it was replaced, and is not known to be on disk: keep what "
		    "opened the old one until sync(1) has gone well",
		    path);
	return err ? seal_key_error(error, err, "sealing key %s: %s", path, cs_err_text(err)) : CS_OK;
}

/* ---- the token ---- */

/* Has the token of the URI seal in, or open it. */
static enum cs_err seal_key_ask(const char *uri, bool sealing, struct cs_view in, struct cs_writer *out,
				char error[CONFIG_ERROR_MAX])
{
	struct vault *vault = NULL;

	enum cs_err err = vault_start(uri, &vault, error);
	if (err && error[0])
		return err;
	if (!err) {
		err = sealing ? vault_close(vault, SEAL_KEY_NAME, in, out)
			      : vault_open(vault, SEAL_KEY_NAME, in, out);
		vault_stop(vault);
	}
	if (!err)
		return CS_OK;
	return seal_key_error(error, err, "the token that %s the sealing key: %s%s",
			      sealing ? "seals" : "sealed", cs_err_text(err),
			      err == CS_ERR_CORRUPT ? "; this is not the key that sealed it" : "");
}

static enum cs_err seal_key_wrap(const char *uri, const struct seal_key *key, struct seal_key_file *out,
				 char error[CONFIG_ERROR_MAX])
{
	struct cs_writer w = CS_WRITER_OF(out->bytes);

	out->sealed = uri[0];
	if (out->sealed)
		return seal_key_ask(uri, true, CS_VIEW_OF(key->bytes), &w, error);
	cs_write_view(&w, CS_VIEW_OF(key->bytes));
	return cs_writer_done(&w);
}

static enum cs_err seal_key_unwrap(const char *uri, const struct seal_key_file *file, struct seal_key *out,
				   char error[CONFIG_ERROR_MAX])
{
	struct cs_writer w = CS_WRITER_OF(out->bytes);

	if (file->sealed)
		return seal_key_ask(uri, false, CS_VIEW_OF(file->bytes), &w, error);
	cs_write_view(&w, cs_view(file->bytes, SEAL_KEY_LEN));
	return cs_writer_done(&w);
}

/* Wraps the key, and has what came of it opened again, by a session that did not make it: a key that seals
 * and does not open (CKA_DECRYPT) must not get the only copy. */
static enum cs_err seal_key_wrap_proved(const char *uri, const struct seal_key *key,
					struct seal_key_file *out, char error[CONFIG_ERROR_MAX])
{
	struct seal_key again;

	enum cs_err err = seal_key_wrap(uri, key, out, error);
	if (!err)
		err = seal_key_unwrap(uri, out, &again, error);
	if (!err && !cs_equal_ct(&again, key, sizeof(again)))
		err = seal_key_error(
		    error, CS_ERR_CORRUPT,
		    "the token that seals the sealing key opens it as another: nothing was changed");
	seal_key_wipe(&again);
	return err;
}

/* ---- the key ---- */

enum cs_err seal_key_create(const struct config *config, char error[CONFIG_ERROR_MAX])
{
	struct seal_key_file file;
	struct seal_key key;

	enum cs_err err = seal_random(key.bytes, sizeof(key.bytes));
	if (err)
		return seal_key_error(error, err, "sealing key: %s", cs_err_text(err));
	err = seal_key_wrap_proved(config->sealing_token, &key, &file, error);
	if (!err)
		err = seal_key_write(config->sealing_key, &file, file_create, error);
	cs_wipe(&file, sizeof(file));
	seal_key_wipe(&key);
	return err;
}

enum cs_err seal_key_open(const struct config *config, struct seal_key *out, char error[CONFIG_ERROR_MAX])
{
	bool token = config->sealing_token[0];
	struct seal_key_file file = {0};
	struct seal_key key;

	enum cs_err err = seal_key_read(config->sealing_key, &file, error);
	if (!err && file.sealed != token)
		err = seal_key_error(
		    error, CS_ERR_STATE,
		    token ? "sealing key %s: it is bare, and sealing_token is set: countersignd "
			    "--rewrap-key has the token seal it"
			  : "sealing key %s: a token sealed it: set sealing_token",
		    config->sealing_key);
	if (!err)
		err = seal_key_unwrap(config->sealing_token, &file, &key, error);
	if (!err)
		*out = key;
	cs_wipe(&file, sizeof(file));
	seal_key_wipe(&key);
	return err;
}

enum cs_err seal_key_rewrap(const struct config *config, const char *former, seal_key_note_fn *note,
			    void *ctx, char error[CONFIG_ERROR_MAX])
{
	struct seal_key_file file = {0};
	struct seal_key key;

	enum cs_err err = seal_key_read(config->sealing_key, &file, error);
	const bool sealed = file.sealed;
	if (!err && sealed && !former)
		err = seal_key_error(error, CS_ERR_STATE,
				     "sealing key %s: a token sealed it: name that token by --former-token",
				     config->sealing_key);
	if (!err)
		err = seal_key_unwrap(former ? former : "", &file, &key, error);
	if (!err)
		err = seal_key_wrap_proved(config->sealing_token, &key, &file, error);
	if (!err && note)
		err = note(ctx, sealed, error);
	if (!err)
		err = seal_key_write(config->sealing_key, &file, file_replace, error);
	cs_wipe(&file, sizeof(file));
	seal_key_wipe(&key);
	return err;
}
