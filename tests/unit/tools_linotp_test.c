/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Dumps of LinOTP's table Token, as mysqldump and pg_dump write them. The seeds are encrypted here, as LinOTP
 * does it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/encoding.h"
#include "tests/unit/import_world.h"

#define VECTOR "000102030405060708090a0b0c0d0e0f"

static const uint8_t key[32] = "LinOTP's file encKey begins so..";

/* ---- a dump ---- */

/* What stands in LinOtpKeyEnc for a seed. */
static const char *sealed(const char *seed)
{
	static char out[4][2 * 160 + 1];
	static unsigned next;
	char *text = out[next++ % 4];
	uint8_t plain[160] = {0}, cipher[160], vector[16];
	char hex[2 * 64 + 1];
	struct cs_writer v = CS_WRITER_OF(vector);
	int len = 0;

	cs_hex_encode(cs_view_string(seed), hex);
	size_t used = (size_t)snprintf((char *)plain, sizeof plain, "%s\1\2", hex);
	size_t size = (used + 15) / 16 * 16;
	assert_int_equal(cs_hex_decode(CS_VIEW_TEXT(VECTOR), &v), CS_OK);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	assert_int_equal(EVP_EncryptInit_ex2(ctx, EVP_aes_256_cbc(), key, vector, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, cipher, &len, plain, (int)size), 1);
	EVP_CIPHER_CTX_free(ctx);
	assert_int_equal(len, size);
	cs_hex_encode(cs_view(cipher, size), text);
	return text;
}

static struct imported linotp(const char *text)
{
	return import_with(import_linotp, cs_view_string(text), CS_VIEW_OF(key), CS_VIEW_EMPTY);
}

static void refused(const char *text, unsigned long line, const char *phrase)
{
	struct imported in = linotp(text);

	if (in.err == CS_OK || in.fault.line != line || strstr(in.fault.what, phrase) == NULL)
		fail_msg("%d, line %lu: %s", (int)in.err, in.fault.line, in.fault.what);
}

static char dump[16384];

__attribute__((format(printf, 1, 2))) static const char *made(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	assert_in_range(vsnprintf(dump, sizeof dump, format, ap), 1, sizeof dump - 1);
	va_end(ap);
	return dump;
}

#define MYSQL_HEAD                                                                                           \
	"-- MySQL dump 10.19  Distrib 10.3.39-MariaDB\n/*!40101 SET NAMES utf8mb4 */;\n"                     \
	"CREATE TABLE `Token` (\n  `LinOtpTokenId` int(11) NOT NULL AUTO_INCREMENT,\n"                       \
	"  `LinOtpTokenDesc` varchar(80) DEFAULT NULL,\n  `LinOtpTokenSerialnumber` varchar(40) NOT NULL,\n" \
	"  `LinOtpTokenType` varchar(30) DEFAULT NULL,\n  `LinOtpTokenInfo` varchar(2000) DEFAULT NULL,\n"   \
	"  `LinOtpSeed` varchar(32) DEFAULT NULL,\n  `LinOtpOtpLen` int(11) DEFAULT NULL,\n"                 \
	"  `LinOtpKeyEnc` varchar(1024) DEFAULT NULL,\n  `LinOtpKeyIV` varchar(32) DEFAULT NULL,\n"          \
	"  `LinOtpIsactive` tinyint(1) DEFAULT NULL,\n  `LinOtpCount` decimal(10,0) DEFAULT NULL,\n"         \
	"  PRIMARY KEY (`LinOtpTokenId`),\n  UNIQUE KEY `s` (`LinOtpTokenSerialnumber`),\n"                  \
	"  CHECK (`LinOtpIsactive` in (0,1))\n) ENGINE=InnoDB;\n"
#define MYSQL_HEAD_LINES 18u

#define PG_COLUMNS                                                                                           \
	"\"LinOtpTokenId\", \"LinOtpTokenDesc\", \"LinOtpTokenSerialnumber\", \"LinOtpTokenType\", "         \
	"\"LinOtpTokenInfo\", \"LinOtpSeed\", \"LinOtpOtpLen\", \"LinOtpKeyEnc\", \"LinOtpKeyIV\", "         \
	"\"LinOtpIsactive\", \"LinOtpCount\""
#define PG_HEAD                                                                                              \
	"--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\nSET standard_conforming_strings = on;\n"

/* ---- tests ---- */

static void the_rows_of_mysqldump_have_their_counters(void **state)
{
	struct imported in = linotp(made(
	    MYSQL_HEAD
	    "INSERT INTO `Config` VALUES ('a','INSERT INTO `Token` VALUES (1);\\'\n'),('b',NULL);\n"
	    "INSERT INTO `Token` VALUES (1,'Anna\\'s; (blue)','F1','HMAC','','ab',6,'%s','" VECTOR "',1,17),"
	    "(2,NULL,'F2','totp','{\"hashlib\": \"sha256\", \"timeStep\": \"60\"}',NULL,8,_binary "
	    "'%s','" VECTOR "',1,27000000);\nUNLOCK TABLES;\n",
	    sealed(SEED_TEXT), sealed("another seed of 64 bytes, which is as long as they may be......")));

	(void)state;
	if (in.err != CS_OK)
		fail_msg("line %lu: %s", in.fault.line, in.fault.what);
	assert_int_equal(in.count, 2);
	assert_string_equal(in.rows[0].serial, "F1");
	assert_string_equal(in.rows[0].label, "Anna's; (blue)");
	assert_string_equal(in.rows[0].user, "");
	assert_int_equal(in.rows[0].type, IMPORT_HOTP);
	assert_int_equal(in.rows[0].counter, 17);
	seed_is(&in.rows[0], SEED_TEXT);
	assert_int_equal(in.rows[1].type, IMPORT_TOTP);
	assert_int_equal(in.rows[1].hash, CS_SHA256);
	assert_int_equal(in.rows[1].period, 60);
	assert_int_equal(in.rows[1].digits, 8);
	assert_int_equal(in.rows[1].counter, 27000000);
	assert_int_equal(in.rows[1].line, MYSQL_HEAD_LINES + 3);
}

static void the_rows_of_pg_dump_come_by_copy_or_insert(void **state)
{
	struct imported in = linotp(made(
	    PG_HEAD "COPY public.\"Config\" (\"Key\", \"Value\") FROM stdin;\na'b\t$$\\N\n\\.\n\n"
		    "COPY public.\"Token\" (" PG_COLUMNS ") FROM stdin;\n"
		    "1\tback\\\\slash\tF1\tHMAC\t\t\\N\t6\t%s\t" VECTOR "\tt\t17\n"
		    "2\t\\N\tF2\ttotp\t{\"timeStep\": 60}\t\\N\t6\t%s\t" VECTOR "\tt\t3\n\\.\n"
		    "INSERT INTO public.\"Token\" (" PG_COLUMNS
		    ") VALUES (3, 'it''s \\', 'F3', 'HMAC', '', NULL, 8, '%s', '" VECTOR "', true, 5);\n",
	    sealed(SEED_TEXT), sealed(SEED_TEXT), sealed(SEED_TEXT)));

	(void)state;
	if (in.err != CS_OK)
		fail_msg("line %lu: %s", in.fault.line, in.fault.what);
	assert_int_equal(in.count, 3);
	assert_string_equal(in.rows[0].label, "back\\slash");
	assert_int_equal(in.rows[0].counter, 17);
	seed_is(&in.rows[0], SEED_TEXT);
	assert_int_equal(in.rows[1].period, 60);
	assert_string_equal(in.rows[1].label, "");
	assert_string_equal(in.rows[2].label, "it's \\");
	assert_int_equal(in.rows[2].digits, 8);
	assert_int_equal(in.rows[2].counter, 5);
}

static void a_text_that_looks_like_a_statement_is_none(void **state)
{
	(void)state;
	refused(made(PG_HEAD
		     "INSERT INTO public.audit VALUES (1, 'x\nINSERT INTO public.\"Token\" (" PG_COLUMNS
		     ") VALUES (3, '''', ''F3'', ''HMAC'', '''', NULL, 8, ''%s'', ''" VECTOR
		     "'', true, 5);\n');\n-- INSERT INTO public.\"Token\" VALUES (1);\n/* INSERT INTO "
		     "\"Token\" */\n",
		     sealed(SEED_TEXT)),
		0, "no rows of LinOTP's table");
}

#define ROW(active, type, enc)                                                                               \
	"INSERT INTO `Token` VALUES (1,'','F1','" type "','','ab',6,'" enc "','" VECTOR "'," active ",17);"  \
	"\n"

static void a_row_that_cannot_be_taken_ends_it_with_its_line(void **state)
{
	const unsigned long row = MYSQL_HEAD_LINES + 1;

	(void)state;
	refused(MYSQL_HEAD ROW("0", "HMAC", "00"), row, "not active");
	refused(MYSQL_HEAD ROW("1", "sms", "00"), row, "neither HMAC nor totp");
	refused(MYSQL_HEAD ROW("1", "ocra", "00"), row, "neither HMAC nor totp");
	refused(MYSQL_HEAD ROW("1", "HMAC", "00"), row, "not what LinOTP writes");
	refused(MYSQL_HEAD ROW("1", "HMAC", "000102030405060708090a0b0c0d0e0f"), row, "another one");
	refused(MYSQL_HEAD "INSERT INTO `Token` VALUES (1,'');\n", row, "too few values");
	refused(MYSQL_HEAD "INSERT INTO `Token` VALUES (1,'','','','','',6,'','',1,17,18);\n", row,
		"as many values");
	refused(MYSQL_HEAD "INSERT INTO `Token` VALUES (1,'", row, "no end");
	refused(MYSQL_HEAD "INSERT INTO `Token` VALUES (1,(2));\n", row, "list of");
	refused("-- MySQL dump 10\nINSERT INTO `Token` VALUES (1);\n", 2, "names of its columns");
	refused("-- MySQL dump 10\nCREATE TABLE `Token` (`LinOtpCount` int, `LinOtpCount` int);\n", 2,
		"twice");
	refused("INSERT INTO `Token` VALUES (1);\n", 1, "mysqldump");
	refused(PG_HEAD "COPY public.\"Token\" (" PG_COLUMNS ") FROM stdin;\n1\t2\n\\.\n", 8,
		"as many values");
	refused(PG_HEAD "COPY public.\"Token\" (" PG_COLUMNS ") FROM stdin;\n", 8, "no end");
}

static void another_key_is_noticed_and_none_is_refused(void **state)
{
	uint8_t other[32] = "another key, of the same length";
	struct cs_view file = cs_view_string(made(
	    MYSQL_HEAD "INSERT INTO `Token` VALUES (1,'','F1','HMAC','','ab',6,'%s','" VECTOR "',1,17);\n",
	    sealed(SEED_TEXT)));
	struct imported in = import_with(import_linotp, file, CS_VIEW_OF(other), CS_VIEW_EMPTY);

	(void)state;
	assert_int_equal(in.err, CS_ERR_WRONG);
	assert_int_equal(in.count, 0);
	in = import_with(import_linotp, file, cs_view(key, 16), CS_VIEW_EMPTY);
	assert_int_equal(in.err, CS_ERR_WRONG);
	assert_non_null(strstr(in.fault.what, "encKey"));
	assert_null(strstr(in.fault.what, "31323334"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_rows_of_mysqldump_have_their_counters),
	    cmocka_unit_test(the_rows_of_pg_dump_come_by_copy_or_insert),
	    cmocka_unit_test(a_text_that_looks_like_a_statement_is_none),
	    cmocka_unit_test(a_row_that_cannot_be_taken_ends_it_with_its_line),
	    cmocka_unit_test(another_key_is_noticed_and_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
