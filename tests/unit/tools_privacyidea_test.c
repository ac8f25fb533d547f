/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What pi-tokenjanitor exports of privacyIDEA. Fernet against the vector of its specification.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/encoding.h"
#include "tests/unit/import_world.h"

#define HEX	   "3132333435363738393031323334353637383930"
#define HOTP	   "\"serial\":\"OATH1\",\"type\":\"hotp\",\"otpkey\":\"" HEX "\""
#define FERNET_KEY "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="

static const char tokens[] =
    "[{" HOTP ",\"otplen\":6,\"count\":42,\"description\":\"a token\",\"issuer\":\"privacyIDEA\","
    "\"info_list\":{\"hashlib\":\"sha1\",\"tokenkind\":\"software\"},"
    "\"user\":{\"login\":\"anna\",\"realm\":\"r\",\"resolver\":\"x\",\"uid\":\"7\"}},\n"
    "{\"serial\":\"TOTP1\",\"type\":\"TOTP\",\"otpkey\":\"" HEX "\",\"otplen\":\"8\",\"count\":0,"
    "\"info_list\":{\"hashlib\":\"sha256\",\"timeStep\":\"60\"}}]";

static void check_tokens(const struct imported *in)
{
	assert_string_equal(in->fault.what, "");
	assert_int_equal(in->err, CS_OK);
	assert_int_equal(in->count, 2);
	assert_string_equal(in->rows[0].serial, "OATH1");
	assert_string_equal(in->rows[0].user, "anna");
	assert_string_equal(in->rows[0].label, "a token");
	assert_int_equal(in->rows[0].type, IMPORT_HOTP);
	assert_int_equal(in->rows[0].counter, 42);
	seed_is(&in->rows[0], SEED_TEXT);
	assert_int_equal(in->rows[1].type, IMPORT_TOTP);
	assert_int_equal(in->rows[1].hash, CS_SHA256);
	assert_int_equal(in->rows[1].digits, 8);
	assert_int_equal(in->rows[1].period, 60);
	assert_string_equal(in->rows[1].user, "");
}

static void tokens_come_out_of_an_array(void **state)
{
	struct imported in = import_of(import_privacyidea, cs_view_string(tokens));

	(void)state;
	check_tokens(&in);
	/* As 3.11 wrote it: texts with JSON in them. */
	in = import_of(
	    import_privacyidea,
	    CS_VIEW_TEXT("[\"{\\\"serial\\\":\\\"S\\\",\\\"type\\\":\\\"hotp\\\",\\\"otpkey\\\":\\\"" HEX
			 "\\\"}\"]"));
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.rows[0].serial, "S");
}

static void what_is_no_token_is_refused_with_its_number(void **state)
{
	(void)state;
	refused_at(import_privacyidea, CS_VIEW_TEXT(" \n"), 0, "nothing");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[\n{"), 2, "no JSON");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[{\"type\":\"hotp\",\"type\":\"hotp\"}]"), 1, "no JSON");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[7]"), 1, "no object");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[\"7\"]"), 1, "no JSON");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[{" HOTP "},{\"type\":\"sms\"}]"), 2,
		   "neither hotp nor totp");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[{\"type\":\"hotp\",\"otpkey\":\"zz\"}]"), 1, "otpkey");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[{\"type\":\"hotp\",\"otpkey\":\"00\"}]"), 1, "1 bytes");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[{" HOTP ",\"count\":-1}]"), 1, "no number");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[{" HOTP ",\"count\":1.5}]"), 1, "no number");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[{" HOTP ",\"otplen\":5}]"), 1, "digits");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[{" HOTP ",\"info_list\":{\"hashlib\":\"md5\"}}]"), 1,
		   "hashlib");
	refused_at(import_privacyidea, CS_VIEW_TEXT("[{" HOTP ",\"user\":{\"login\":7.5}}]"), 1, "user");
	refused_at(import_privacyidea,
		   CS_VIEW_TEXT("[{\"type\":\"totp\",\"otpkey\":\"" HEX
				"\",\"info_list\":{\"timeStep\":\"99999999999\"}}]"),
		   1, "timeStep");
}

#define DATED(FROM, TO)                                                                                      \
	CS_VIEW_TEXT("[{" HOTP ",\"info_list\":{\"validity_period_start\":\"" FROM                           \
		     "\",\"validity_period_end\":\"" TO "\"}}]")

static void dates_come_along(void **state)
{
	struct imported in =
	    import_of(import_privacyidea, DATED("2014-05-22T22:00+0200", "2030-12-31T22:29-0130"));

	(void)state;
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.rows[0].starts, 1400788800);
	assert_int_equal(in.rows[0].expires, 1924991940);
	in = import_of(import_privacyidea, DATED("", ""));
	assert_int_equal(in.count, 1);
	assert_int_equal(in.rows[0].expires, 0);
	refused_at(import_privacyidea, DATED("", "31/12/30 22:00"), 1, "no date");
	refused_at(import_privacyidea, DATED("2014-05-22T22:00+02:0", ""), 1, "no date");
}

#define TOKEN_OF(SERIAL, USER)                                                                               \
	"{\"serial\":\"" SERIAL "\",\"type\":\"hotp\",\"otpkey\":\"" HEX "\",\"user\":{" USER "}}"
#define ANNA_A	  "\"login\":\"anna\",\"realm\":\"a\",\"resolver\":\"x\""
#define ANNA_B	  "\"login\":\"Anna\",\"realm\":\"b\",\"resolver\":\"x\""
#define ANNA_Y	  "\"login\":\"anna\",\"realm\":\"A\",\"resolver\":\"y\""
#define ANNA_CAPS "\"login\":\"Anna\",\"realm\":\"a\",\"resolver\":\"x\""
#define ANNA_BARE "\"login\":\"anna@a\""
#define TWO(A, B) CS_VIEW_TEXT("[" TOKEN_OF("1", A) "," TOKEN_OF("2", B) "]")

static struct imported import_as(struct cs_view file, bool realms, bool nobody)
{
	return import_job_of(import_privacyidea,
			     (struct import_job){.file = file, .realms = realms, .nobody = nobody});
}

/* Each one's token would open the other's account. */
static void two_persons_never_become_one_user(void **state)
{
	struct imported in;

	(void)state;
	refused_at(
	    import_privacyidea, TWO(ANNA_A, ANNA_B), 2,
	    "Anna of realm \"b\" (resolver x) and anna of realm \"a\" (x) would be one user: give --realms");
	refused_at(import_privacyidea, TWO(ANNA_A, ANNA_Y), 2, "of realm \"A\" (resolver y)");
	refused_at(import_privacyidea, TWO(ANNA_A, "\"login\":\"anna\""), 2, "of realm \"\"");
	refused_at(import_privacyidea, TWO(ANNA_A, ANNA_CAPS), 2,
		   "Anna of realm \"a\" (resolver x) and anna of realm \"a\" (x) would be one user");
	in = import_as(TWO(ANNA_A, ANNA_CAPS), true, false);
	assert_int_equal(in.err, CS_ERR_MALFORMED);
	assert_null(strstr(in.fault.what, "--realms"));
	in = import_as(TWO(ANNA_A, ANNA_Y), true, false);
	assert_int_equal(in.err, CS_ERR_MALFORMED);
	assert_null(strstr(in.fault.what, "--realms"));
	in = import_as(TWO(ANNA_A, ANNA_BARE), true, false);
	assert_int_equal(in.err, CS_ERR_MALFORMED);
	in = import_as(TWO(ANNA_A, ANNA_B), false, true);
	assert_int_equal(in.err, CS_OK);
	in = import_as(TWO(ANNA_A, ANNA_A), false, false);
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 2);
}

static void a_user_is_login_at_realm_where_that_is_asked_for(void **state)
{
	struct imported in = import_as(TWO(ANNA_A, ANNA_B), true, false);

	(void)state;
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.count, 2);
	assert_string_equal(in.rows[0].user, "anna@a");
	assert_string_equal(in.rows[1].user, "Anna@b");
	in = import_as(TWO("\"login\":\"\",\"realm\":\"a\"", "\"login\":\"otto\""), true, false);
	assert_int_equal(in.count, 2);
	assert_string_equal(in.rows[0].user, "");
	assert_string_equal(in.rows[1].user, "otto");
}

/* text under Fernet with the key of FERNET_KEY. */
static struct cs_view fernet_make(const char *text, char out[8192])
{
	uint8_t key[32], message[4096] = {0x80}, *at = message + 25;
	struct cs_writer k = CS_WRITER_OF(key);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int got = 0, last = 0;
	unsigned mac_len = 0;

	assert_int_equal(cs_base64_decode(CS_VIEW_TEXT("cw/0x689RpI+jtRR7oE8h/eQsKImvJapLeSbXpwF4e4="), &k),
			 CS_OK);
	for (unsigned i = 0; i < 16; i++)
		message[9 + i] = (uint8_t)i;
	assert_int_equal(EVP_EncryptInit_ex2(ctx, EVP_aes_128_cbc(), key + 16, message + 9, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, at, &got, (const uint8_t *)text, (int)strlen(text)), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, at + got, &last), 1);
	EVP_CIPHER_CTX_free(ctx);
	size_t len = 25 + (size_t)(got + last);
	assert_non_null(HMAC(EVP_sha256(), key, 16, message, len, message + len, &mac_len));
	cs_base64_encode(cs_view(message, len + mac_len), out);
	for (char *p = out; *p != '\0'; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	return cs_view_string(out);
}

static void the_export_is_opened_with_its_key(void **state)
{
	char text[8192];
	struct cs_view file = fernet_make(tokens, text);
	struct imported in = import_with(import_privacyidea, file, CS_VIEW_EMPTY, CS_VIEW_TEXT(FERNET_KEY));

	(void)state;
	check_tokens(&in);
	refused_at(import_privacyidea, file, 0, "no passphrase was given");
	in = import_with(import_privacyidea, file, CS_VIEW_EMPTY, CS_VIEW_TEXT("qwerty"));
	assert_int_equal(in.err, CS_ERR_WRONG);
	in = import_with(import_privacyidea, file, CS_VIEW_EMPTY,
			 CS_VIEW_TEXT("AAAAx689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="));
	assert_int_equal(in.err, CS_ERR_WRONG);
	assert_non_null(strstr(in.fault.what, "another one"));
	text[60] = text[60] == 'A' ? 'B' : 'A';
	in = import_with(import_privacyidea, file, CS_VIEW_EMPTY, CS_VIEW_TEXT(FERNET_KEY));
	assert_int_equal(in.err, CS_ERR_WRONG);
	assert_int_equal(in.count, 0);
}

static void fernet_agrees_with_its_specification(void **state)
{
	/* https://github.com/fernet/spec, generate.json: the text is "hello", which is no JSON. */
	static const char vector[] =
	    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7J"
	    "cbmrR64jVmpU4IwqDA==";
	struct imported in =
	    import_with(import_privacyidea, cs_view_string(vector), CS_VIEW_EMPTY, CS_VIEW_TEXT(FERNET_KEY));

	(void)state;
	assert_int_equal(in.err, CS_ERR_MALFORMED);
	assert_string_equal(in.fault.what, "it is no JSON");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tokens_come_out_of_an_array),
	    cmocka_unit_test(what_is_no_token_is_refused_with_its_number),
	    cmocka_unit_test(dates_come_along),
	    cmocka_unit_test(two_persons_never_become_one_user),
	    cmocka_unit_test(a_user_is_login_at_realm_where_that_is_asked_for),
	    cmocka_unit_test(the_export_is_opened_with_its_key),
	    cmocka_unit_test(fernet_agrees_with_its_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
