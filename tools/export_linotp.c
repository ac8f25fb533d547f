/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows for LinOTP's table Token, as mysqldump would write them, with the seeds as they lie there
 * (import_linotp.c says how). A user of LinOTP is a number of one of its resolvers, which nobody knows here:
 * the tokens are nobody's.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/export.h"

#define LINOTP_KEY_LEN	 32u
#define LINOTP_BLOCK	 16u
#define LINOTP_PLAIN_MAX ((2 * IMPORT_SEED_MAX + 2 + LINOTP_BLOCK - 1) / LINOTP_BLOCK * LINOTP_BLOCK)

/* MySQL's texts; strict, so that nothing is cut to fit. */
static const char head[] = "-- MySQL dump of countersign server export: rows for LinOTP's table Token\n"
			   "SET NAMES utf8mb4;\n"
			   "SET SQL_MODE='STRICT_ALL_TABLES';\n"
			   "START TRANSACTION;\n";

static enum cs_err cbc_seal(struct cs_view key, const uint8_t *vector, struct cs_view in, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;
	bool good = ctx != NULL && EVP_EncryptInit_ex2(ctx, EVP_aes_256_cbc(), key.ptr, vector, NULL) == 1 &&
		    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		    EVP_EncryptUpdate(ctx, out, &len, in.ptr, (int)in.len) == 1 && (size_t)len == in.len;

	EVP_CIPHER_CTX_free(ctx);
	return good ? CS_OK : CS_ERR_CRYPTO;
}

/* LinOtpKeyEnc and LinOtpKeyIV. */
static enum cs_err seed_write(struct cs_view key, const struct import_record *record, struct cs_writer *out)
{
	uint8_t plain[LINOTP_PLAIN_MAX + 1] = {0}, cipher[LINOTP_PLAIN_MAX], vector[LINOTP_BLOCK];
	char sealed[2 * LINOTP_PLAIN_MAX + 1], vector_hex[2 * LINOTP_BLOCK + 1];
	size_t len = 2 * record->seed_len, whole = (len + 2 + LINOTP_BLOCK - 1) / LINOTP_BLOCK * LINOTP_BLOCK;
	enum cs_err err = RAND_bytes(vector, sizeof vector) == 1 ? CS_OK : CS_ERR_CRYPTO;

	cs_hex_encode(cs_view(record->seed, record->seed_len), (char *)plain);
	plain[len] = 1;
	plain[len + 1] = 2;
	if (err == CS_OK)
		err = cbc_seal(key, vector, cs_view(plain, whole), cipher);
	if (err == CS_OK) {
		cs_hex_encode(cs_view(cipher, whole), sealed);
		cs_hex_encode(CS_VIEW_OF(vector), vector_hex);
		export_text(out, "'%s','%s'", sealed, vector_hex);
	}
	cs_wipe(plain, sizeof plain);
	return err;
}

/* Every column for which LinOTP's program, and not its table, has a value of its own, is named. */
static enum cs_err row_write(struct cs_view key, const struct import_record *record, struct cs_writer *out)
{
	enum cs_err err;

	export_text(out, "INSERT INTO `Token` (`LinOtpTokenSerialnumber`,`LinOtpTokenDesc`,`LinOtpTokenType`,"
			 "`LinOtpTokenInfo`,`LinOtpOtpLen`,`LinOtpCount`,`LinOtpKeyEnc`,`LinOtpKeyIV`,"
			 "`LinOtpIsactive`,`LinOtpFailCount`,`LinOtpMaxFail`,`LinOtpCountWindow`,"
			 "`LinOtpSyncWindow`,");
	export_text(out,
		    "`LinOtpTokenPinUser`,`LinOtpTokenPinUserIV`,`LinOtpTokenPinSO`,`LinOtpTokenPinSOIV`,"
		    "`LinOtpIdResolver`,`LinOtpIdResClass`,`LinOtpUserid`,`LinOtpSeed`,`LinOtpPinHash`) "
		    "VALUES ('");
	export_escaped(out, record->serial, "'\\");
	export_text(out, "','");
	export_escaped(out, record->label, "'\\");
	export_text(out, "','%s','{\"hashlib\": \"%s\"", record->type == IMPORT_HOTP ? "HMAC" : "totp",
		    export_hash_small(record->hash));
	if (record->type == IMPORT_TOTP)
		export_text(out, ", \"timeStep\": \"%u\"", (unsigned)record->period);
	export_text(out, "}',%u,%llu,", record->digits, (unsigned long long)record->counter);
	err = seed_write(key, record, out);
	export_text(out, ",1,0,10,10,1000,'','','','','','','','','');\n");
	return err;
}

enum cs_err export_linotp(const struct export_job *job, struct cs_writer *out)
{
	enum cs_err err = CS_OK;

	if (job->key.len != LINOTP_KEY_LEN)
		return CS_ERR_ARG;
	if (!export_fits(job, export_table_lack))
		return CS_ERR_UNSUPPORTED;
	if (!job->begun)
		export_text(out, "%s", head);
	for (size_t i = 0; err == CS_OK && i < job->count; i++)
		err = row_write(job->key, &job->records[i], out);
	if (!job->more)
		export_text(out, "COMMIT;\n");
	return err != CS_OK ? err : cs_writer_done(out);
}
