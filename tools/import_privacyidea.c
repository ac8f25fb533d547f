/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What pi-tokenjanitor exports of privacyIDEA: a JSON array with an object for each token, bare or, as it is
 * written there, under Fernet with a key that is told once.
 *
 *   object := serial, type, otpkey (hexadecimal), otplen, count (the next position), description,
 *             info_list {hashlib, timeStep, validity_period_start and _end, ...},
 *             user {login, realm, resolver, ...}, and more that is not looked at
 *   Fernet := base64url of 0x80 | 8 bytes of time | 16 of vector | AES-128-CBC | HMAC-SHA-256 of all before
 * it key    := base64url of 16 bytes for the HMAC | 16 for AES
 *
 * PINs are hashed there in another way than here, and stay behind.
 *
 * A login is one person in its realm and resolver alone: where two persons would become one user here, the
 * file is refused.
 */
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/import.h"

#define FERNET_KEY  32u
#define FERNET_HEAD 25u /* version, time, vector */
#define FERNET_MAC  32u

#define REALM_SIZE 129u

/* ---- JSON ---- */

/* A member that is a text or a number, as text: privacyIDEA writes numbers both ways. "" where it is not
 * there. */
static bool member_text(const json_t *object, const char *name, char *out, size_t cap)
{
	const json_t *value = json_object_get(object, name);
	char number[24];

	out[0] = '\0';
	if (value == NULL || json_is_null(value))
		return true;
	if (json_is_integer(value)) {
		int len = snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
		return import_text(cs_view(number, (size_t)len), out, cap);
	}
	return json_is_string(value) &&
	       import_text(cs_view(json_string_value(value), json_string_length(value)), out, cap);
}

/* A number; what is not there changes nothing. */
static bool member_number(const json_t *object, const char *name, uint64_t *out)
{
	char text[32];

	return member_text(object, name, text, sizeof text) &&
	       (text[0] == '\0' || import_number(cs_view_string(text), INT64_MAX, out));
}

static bool token_seed(const json_t *token, struct import_record *record)
{
	const json_t *key = json_object_get(token, "otpkey");
	struct cs_writer w = CS_WRITER_OF(record->seed);

	if (!json_is_string(key) ||
	    cs_hex_decode(cs_view(json_string_value(key), json_string_length(key)), &w) != CS_OK)
		return false;
	record->seed_len = cs_writer_view(&w).len;
	return true;
}

static bool token_hash(const json_t *info, struct import_record *record)
{
	char text[32];

	return member_text(info, "hashlib", text, sizeof text) &&
	       (text[0] == '\0' || import_hash(cs_view_string(text), &record->hash));
}

/* Its dates have no seconds, and no colon in the zone: 2030-12-31T22:00+0100. */
static bool member_time(const json_t *info, const char *name, uint64_t *out)
{
	char text[40], whole[40];

	if (!member_text(info, name, text, sizeof text))
		return false;
	if (text[0] == '\0')
		return true;
	bool brief = strlen(text) == 21 && (text[16] == '+' || text[16] == '-');
	if (brief)
		(void)snprintf(whole, sizeof whole, "%.16s:00%.3s:%.2s", text, text + 16, text + 19);
	return import_time(cs_view_string(brief ? whole : text), out);
}

/* ---- users ---- */

struct person {
	char login[IMPORT_USER_SIZE], realm[REALM_SIZE], resolver[REALM_SIZE];
};

static bool person_read(const json_t *user, struct person *out)
{
	return member_text(user, "login", out->login, sizeof out->login) &&
	       member_text(user, "realm", out->realm, sizeof out->realm) &&
	       member_text(user, "resolver", out->resolver, sizeof out->resolver);
}

/* The name that the person has here. False: it is too long. */
static bool person_name(const struct import_job *job, const struct person *person, char out[IMPORT_USER_SIZE])
{
	bool at = job->realms && person->login[0] != '\0' && person->realm[0] != '\0';
	int len =
	    snprintf(out, IMPORT_USER_SIZE, "%s%s%s", person->login, at ? "@" : "", at ? person->realm : "");

	return len >= 0 && (size_t)len < IMPORT_USER_SIZE;
}

/* The form in which the server compares names (daemon/name.h): no blanks around it, ASCII letters small. */
static void name_fold(const char *name, char out[IMPORT_USER_SIZE])
{
	struct cs_view text = import_trim(cs_view_string(name));

	for (size_t i = 0; i < text.len; i++)
		out[i] = (char)(text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? text.ptr[i] + 32 : text.ptr[i]);
	out[text.len] = '\0';
}

/* persons: by its name, the user's object with which each name came first. */
static enum cs_err person_check(struct import_job *job, json_t *persons, json_t *user, unsigned long line)
{
	struct person now, first;
	char name[IMPORT_USER_SIZE], folded[IMPORT_USER_SIZE];

	if (job->nobody || !person_read(user, &now) || now.login[0] == '\0' || !person_name(job, &now, name))
		return CS_OK;
	name_fold(name, folded);
	const json_t *known = json_object_get(persons, folded);
	if (known == NULL)
		return json_object_set(persons, folded, user) == 0
			   ? CS_OK
			   : import_fail(job, CS_ERR_MEMORY, 0, "out of memory");
	if (!person_read(known, &first))
		return CS_OK;
	bool same_realm = import_same(cs_view_string(now.realm), first.realm);
	if (same_realm && strcmp(now.login, first.login) == 0 && strcmp(now.resolver, first.resolver) == 0)
		return CS_OK;
	return import_fail(
	    job, CS_ERR_MALFORMED, line,
	    "of this token: %.16s of realm \"%.12s\" (resolver %.12s) and %.16s of realm \"%.12s\" "
	    "(%.12s) would be one user%s",
	    now.login, now.realm, now.resolver, first.login, first.realm, first.resolver,
	    job->realms || same_realm ? "" : ": give --realms, for login@realm");
}

/* ---- tokens ---- */

/* A token's object into record. NULL, or a phrase of what is wrong with it. */
static const char *token_read(const struct import_job *job, const json_t *token, struct import_record *record)
{
	struct person person;
	const json_t *info = json_object_get(token, "info_list");
	uint64_t digits = record->digits, period = record->period;
	char type[32];

	if (!json_is_object(token))
		return "it is no object";
	if (!member_text(token, "type", type, sizeof type) ||
	    !import_type(cs_view_string(type), &record->type) || record->type == IMPORT_OCRA)
		return "its type is neither hotp nor totp: export those alone";
	if (!member_text(token, "serial", record->serial, sizeof record->serial) ||
	    !member_text(token, "description", record->label, sizeof record->label) ||
	    !person_read(json_object_get(token, "user"), &person) || !person_name(job, &person, record->user))
		return "its serial, description or user is too long, or no clean text";
	if (!token_seed(token, record))
		return "its otpkey is no hexadecimal of at most 64 bytes";
	if (!token_hash(info, record))
		return "its hashlib is none of sha1, sha256, sha512";
	if (!member_number(token, "otplen", &digits) || !member_number(info, "timeStep", &period) ||
	    !member_number(token, "count", &record->counter))
		return "its otplen, timeStep or count is no number";
	if (!member_time(info, "validity_period_start", &record->starts) ||
	    !member_time(info, "validity_period_end", &record->expires))
		return "its validity_period_start or _end is no date as 2030-12-31T22:00+0100";
	record->digits = digits < 100 ? (unsigned)digits : 0;
	record->period = record->type == IMPORT_TOTP && period <= UINT32_MAX ? (uint32_t)period : 30;
	return record->type == IMPORT_TOTP && period > UINT32_MAX ? "its timeStep is too large" : NULL;
}

static enum cs_err element_read(struct import_job *job, json_t *persons, const json_t *token,
				unsigned long line)
{
	struct import_record record;

	import_record_init(&record, IMPORT_HOTP, line);
	const char *why = token != NULL ? token_read(job, token, &record) : "it is no JSON";
	enum cs_err err =
	    why != NULL ? import_fail(job, CS_ERR_MALFORMED, line, "of this token (counted from 1): %s", why)
			: person_check(job, persons, json_object_get(token, "user"), line);
	if (err == CS_OK)
		err = import_emit(job, &record);
	cs_wipe(&record, sizeof record);
	return err;
}

static enum cs_err tokens_read(struct import_job *job, const json_t *tokens)
{
	enum cs_err err = CS_OK;

	if (!json_is_array(tokens))
		return import_fail(job, CS_ERR_MALFORMED, 0, "it is no array of tokens");
	json_t *persons = json_object();
	for (size_t i = 0; err == CS_OK && i < json_array_size(tokens); i++) {
		const json_t *token = json_array_get(tokens, i);
		json_t *inner = NULL;
		/* Version 3.11 wrote each token as a text with its JSON in it. */
		if (json_is_string(token))
			token = inner = json_loadb(json_string_value(token), json_string_length(token),
						   JSON_REJECT_DUPLICATES, NULL);
		err = element_read(job, persons, token, (unsigned long)i + 1);
		json_decref(inner);
	}
	json_decref(persons);
	return err;
}

static enum cs_err json_read(struct import_job *job, struct cs_view text)
{
	json_error_t at;
	json_t *tokens = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, &at);
	enum cs_err err;

	if (tokens == NULL)
		return import_fail(job, CS_ERR_MALFORMED, at.line > 0 ? (unsigned long)at.line : 0,
				   "it is no JSON");
	err = tokens_read(job, tokens);
	json_decref(tokens);
	return err;
}

/* ---- Fernet ---- */

bool import_base64url(struct cs_view text, struct cs_writer *out)
{
	char *plain = malloc(text.len + 1);
	bool good = plain != NULL;

	for (size_t i = 0; good && i < text.len; i++)
		plain[i] = text.ptr[i] == '-' ? '+' : text.ptr[i] == '_' ? '/' : (char)text.ptr[i];
	good = good && cs_base64_decode(cs_view(plain, text.len), out) == CS_OK;
	if (plain != NULL)
		cs_wipe(plain, text.len);
	free(plain);
	return good;
}

static bool fernet_mac_good(const uint8_t *key, struct cs_view message)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	struct cs_view signed_part = cs_view(message.ptr, message.len - FERNET_MAC);
	unsigned len = 0;

	return HMAC(EVP_sha256(), key, FERNET_KEY / 2, signed_part.ptr, signed_part.len, mac, &len) != NULL &&
	       len == FERNET_MAC && cs_equal_ct(mac, message.ptr + signed_part.len, FERNET_MAC);
}

/* Decrypts into out, which has room for all of it. */
static bool fernet_decrypt(const uint8_t *key, struct cs_view message, struct cs_writer *out)
{
	struct cs_view text = cs_view(message.ptr + FERNET_HEAD, message.len - FERNET_HEAD - FERNET_MAC);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *plain = cs_write_space(out, text.len);
	int got = 0, last = 0;
	bool good = ctx != NULL && plain != NULL &&
		    EVP_DecryptInit_ex2(ctx, EVP_aes_128_cbc(), key + FERNET_KEY / 2,
					message.ptr + FERNET_HEAD - 16, NULL) == 1 &&
		    EVP_DecryptUpdate(ctx, plain, &got, text.ptr, (int)text.len) == 1 &&
		    EVP_DecryptFinal_ex(ctx, plain + got, &last) == 1;

	EVP_CIPHER_CTX_free(ctx);
	if (good)
		cs_writer_cut(out, (size_t)(got + last));
	return good;
}

static enum cs_err fernet_open(struct import_job *job, struct cs_view message, struct cs_writer *out)
{
	uint8_t key[FERNET_KEY];
	struct cs_writer k = CS_WRITER_OF(key);
	enum cs_err err = CS_OK;

	if (job->passphrase.len == 0)
		return import_fail(job, CS_ERR_WRONG, 0,
				   "it is encrypted, and no passphrase was given: it is the "
				   "key that pi-tokenjanitor told");
	if (!import_base64url(job->passphrase, &k) || cs_writer_view(&k).len != FERNET_KEY)
		err = import_fail(job, CS_ERR_WRONG, 0,
				  "the passphrase is no key of pi-tokenjanitor: 44 characters, "
				  "the last of them =");
	else if (message.len < FERNET_HEAD + 16 + FERNET_MAC || message.ptr[0] != 0x80 ||
		 (message.len - FERNET_HEAD - FERNET_MAC) % 16 != 0)
		err = import_fail(job, CS_ERR_MALFORMED, 0,
				  "it is neither JSON nor what pi-tokenjanitor encrypts");
	else if (!fernet_mac_good(key, message) || !fernet_decrypt(key, message, out))
		err = import_fail(job, CS_ERR_WRONG, 0,
				  "it does not decrypt: it was changed, or the key is another one");
	cs_wipe(key, sizeof key);
	return err;
}

static enum cs_err fernet_read(struct import_job *job, struct cs_view text)
{
	uint8_t *message = malloc(text.len + 1), *plain = malloc(text.len + 1);
	struct cs_writer m = cs_writer_of(message, text.len), p = cs_writer_of(plain, text.len);
	enum cs_err err;

	if (message == NULL || plain == NULL)
		err = import_fail(job, CS_ERR_MEMORY, 0, "out of memory");
	else if (!import_base64url(text, &m))
		err = import_fail(job, CS_ERR_MALFORMED, 0,
				  "it is neither JSON nor what pi-tokenjanitor encrypts");
	else
		err = fernet_open(job, cs_writer_view(&m), &p);
	if (err == CS_OK)
		err = json_read(job, cs_writer_view(&p));
	if (plain != NULL)
		cs_wipe(plain, text.len);
	free(plain);
	free(message);
	return err;
}

enum cs_err import_privacyidea(struct import_job *job)
{
	struct cs_view text = import_trim(import_content(job));

	if (text.len == 0)
		return import_fail(job, CS_ERR_MALFORMED, 0, "there is nothing in it");
	if (text.ptr[0] != '[')
		return fernet_read(job, text);
	enum cs_err err = import_plain(job, 0);
	return err != CS_OK ? err : json_read(job, text);
}
