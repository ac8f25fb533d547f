/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What pi-tokenjanitor imports into privacyIDEA: a JSON array under Fernet (import_privacyidea.c has both).
 * It is encrypted as it is written, token by token, so that a file of many parts is one message:
 *
 *   first part --> head, [ --> tokens, parted by commas --> last part: ], the last block, the MAC, the
 * base64's end
 */
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/export.h"

#define FERNET_KEY   32u
#define FERNET_BLOCK 16u
#define FERNET_MAC   32u
#define TOKEN_MAX    2048u /* bytes of a token's object */

/* ---- Fernet ---- */

void export_fernet_end(struct export_fernet *fernet)
{
	EVP_CIPHER_CTX_free(fernet->cipher);
	EVP_MAC_CTX_free(fernet->mac);
	cs_wipe(fernet, sizeof *fernet);
}

/* Base64 with - and _ of what is there, with padding where that is no multiple of three bytes. */
static void rest_write(struct export_fernet *fernet, struct cs_writer *out)
{
	char text[CS_BASE64_SIZE(3)];

	cs_base64_encode(cs_view(fernet->rest, fernet->rest_len), text);
	for (const char *p = text; *p != '\0'; p++)
		cs_write_u8(out, (uint8_t)(*p == '+' ? '-' : *p == '/' ? '_' : *p));
	fernet->rest_len = 0;
}

static void bytes_write(struct export_fernet *fernet, struct cs_view bytes, struct cs_writer *out)
{
	for (size_t i = 0; i < bytes.len; i++) {
		fernet->rest[fernet->rest_len++] = bytes.ptr[i];
		if (fernet->rest_len == sizeof fernet->rest)
			rest_write(fernet, out);
	}
}

/* With the MAC over it. */
static enum cs_err signed_write(struct export_fernet *fernet, struct cs_view bytes, struct cs_writer *out)
{
	bytes_write(fernet, bytes, out);
	return EVP_MAC_update(fernet->mac, bytes.ptr, bytes.len) == 1 ? CS_OK : CS_ERR_CRYPTO;
}

static enum cs_err fernet_begin(struct export_fernet *fernet, struct cs_view key, struct cs_writer *out)
{
	uint8_t message[1 + 8 + FERNET_BLOCK], vector[FERNET_BLOCK];
	struct cs_writer m = CS_WRITER_OF(message);
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
			       OSSL_PARAM_construct_end()};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	fernet->mac = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	fernet->cipher = EVP_CIPHER_CTX_new();
	if (fernet->mac == NULL || fernet->cipher == NULL || RAND_bytes(vector, sizeof vector) != 1 ||
	    EVP_MAC_init(fernet->mac, key.ptr, FERNET_KEY / 2, params) != 1 ||
	    EVP_EncryptInit_ex2(fernet->cipher, EVP_aes_128_cbc(), key.ptr + FERNET_KEY / 2, vector, NULL) !=
		1)
		return CS_ERR_CRYPTO;
	cs_write_u8(&m, 0x80);
	cs_write_u64(&m, (uint64_t)time(NULL));
	cs_write_view(&m, CS_VIEW_OF(vector));
	return signed_write(fernet, cs_writer_view(&m), out);
}

/* At most TOKEN_MAX bytes. */
static enum cs_err fernet_add(struct export_fernet *fernet, struct cs_view plain, struct cs_writer *out)
{
	uint8_t cipher[TOKEN_MAX + FERNET_BLOCK];
	int len = 0;

	if (plain.len > TOKEN_MAX ||
	    EVP_EncryptUpdate(fernet->cipher, cipher, &len, plain.ptr, (int)plain.len) != 1)
		return CS_ERR_CRYPTO;
	return signed_write(fernet, cs_view(cipher, (size_t)len), out);
}

static enum cs_err fernet_finish(struct export_fernet *fernet, struct cs_writer *out)
{
	uint8_t block[FERNET_BLOCK], mac[FERNET_MAC];
	int len = 0;
	size_t mac_len = 0;

	if (EVP_EncryptFinal_ex(fernet->cipher, block, &len) != 1 ||
	    signed_write(fernet, cs_view(block, (size_t)len), out) != CS_OK ||
	    EVP_MAC_final(fernet->mac, mac, &mac_len, sizeof mac) != 1 || mac_len != sizeof mac)
		return CS_ERR_CRYPTO;
	bytes_write(fernet, CS_VIEW_OF(mac), out);
	rest_write(fernet, out);
	return CS_OK;
}

/* ---- tokens ---- */

static void member_write(struct cs_writer *out, const char *name, const char *text)
{
	export_text(out, "\"%s\":\"", name);
	export_escaped(out, text, "\"\\");
	export_text(out, "\"");
}

/* What stands behind the last @ is the realm, as with server import --realms. */
static void user_write(const struct import_record *record, struct cs_writer *out)
{
	char login[IMPORT_USER_SIZE];

	if (record->user[0] == '\0')
		return;
	memcpy(login, record->user, sizeof login);
	char *at = strrchr(login, '@');
	bool split = at != NULL && at != login && at[1] != '\0';
	if (split)
		*at = '\0';
	export_text(out, ",\"user\":{");
	member_write(out, "login", login);
	export_text(out, ",");
	member_write(out, "realm", split ? at + 1 : "");
	export_text(out, "}");
}

/* Its minute, as privacyIDEA writes it: 2030-12-31T22:00+0000. */
static void expiry_write(uint64_t expires, struct cs_writer *out)
{
	char text[24];
	struct cs_writer t = CS_WRITER_OF(text);

	export_time(&t, expires);
	if (cs_writer_done(&t) == CS_OK)
		export_text(out, "%.16s+0000", text);
	else
		cs_writer_fail(out);
}

static void token_write(const struct import_record *record, struct cs_writer *out)
{
	char key[2 * IMPORT_SEED_MAX + 1];

	cs_hex_encode(cs_view(record->seed, record->seed_len), key);
	export_text(out, "{");
	member_write(out, "serial", record->serial);
	export_text(out, ",\"type\":\"%s\",\"otpkey\":\"%s\",\"otplen\":%u,\"count\":%llu,",
		    record->type == IMPORT_HOTP ? "hotp" : "totp", key, record->digits,
		    (unsigned long long)record->counter);
	member_write(out, "description", record->label);
	export_text(out, ",\"info_list\":{\"hashlib\":\"%s\"", export_hash_small(record->hash));
	if (record->type == IMPORT_TOTP)
		export_text(out, ",\"timeStep\":\"%u\"", (unsigned)record->period);
	if (record->expires > 0) {
		export_text(out, ",\"validity_period_end\":\"");
		expiry_write(record->expires, out);
		export_text(out, "\"");
	}
	export_text(out, "}");
	user_write(record, out);
	export_text(out, "}");
	cs_wipe(key, sizeof key);
}

static enum cs_err token_add(const struct export_job *job, size_t i, struct cs_writer *out)
{
	uint8_t text[TOKEN_MAX];
	struct cs_writer t = CS_WRITER_OF(text);

	export_text(&t, "%s\n", job->before + i > 0 ? "," : "");
	token_write(&job->records[i], &t);
	enum cs_err err = cs_writer_done(&t);
	if (err == CS_OK)
		err = fernet_add(job->fernet, cs_writer_view(&t), out);
	cs_wipe(text, sizeof text);
	return err;
}

enum cs_err export_privacyidea(const struct export_job *job, struct cs_writer *out)
{
	enum cs_err err = CS_OK;

	if (job->key.len != FERNET_KEY || job->fernet == NULL)
		return CS_ERR_ARG;
	if (!export_fits(job, export_table_lack))
		return CS_ERR_UNSUPPORTED;
	if (!job->begun) {
		err = fernet_begin(job->fernet, job->key, out);
		if (err == CS_OK)
			err = fernet_add(job->fernet, CS_VIEW_TEXT("["), out);
	}
	for (size_t i = 0; err == CS_OK && i < job->count; i++)
		err = token_add(job, i, out);
	if (err == CS_OK && !job->more) {
		err = fernet_add(job->fernet, CS_VIEW_TEXT("\n]\n"), out);
		if (err == CS_OK)
			err = fernet_finish(job->fernet, out);
	}
	return err != CS_OK ? err : cs_writer_done(out);
}
