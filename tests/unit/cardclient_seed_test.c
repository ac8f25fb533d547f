/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seeds that the card makes: GENERATE through card_transmit, and what a server does with the answer.
 */
#include "tests/unit/oath_fixture.h"

#include <openssl/ec.h>
#include <stdlib.h>
#include <string.h>

#include "applet/oath_credential.h"
#include "applet/piv_object.h"
#include "base/tlv.h"
#include "base/host/sealed_seed.h"

static EVP_PKEY *server, *other;
static uint8_t file_bytes[CS_SEALED_SEED_MAX];

static int setup(void **state)
{
	server = EVP_EC_gen("P-256");
	other = EVP_EC_gen("P-256");
	return server == NULL || other == NULL ? -1 : otp_setup(state);
}

static int teardown(void **state)
{
	EVP_PKEY_free(server);
	EVP_PKEY_free(other);
	return otp_teardown(state);
}

/* ---- commands ---- */

static uint16_t generate(EVP_PKEY *to, const char *name, uint8_t type_hash, uint8_t digits,
			 struct cs_view options)
{
	uint8_t body[300], point_bytes[CS_SEALED_SEED_POINT_MAX];
	struct cs_writer w = CS_WRITER_OF(body), point = CS_WRITER_OF(point_bytes);
	enum cs_sealed_seed_curve curve;

	assert_int_equal(cs_sealed_seed_server(to, &curve, &point), CS_OK);
	cs_tlv_write_header(&w, YKOATH_TAG_SERVER, 1 + cs_writer_view(&point).len);
	cs_write_u8(&w, (uint8_t)curve);
	cs_write_view(&w, cs_writer_view(&point));
	cs_tlv_write(&w, YKOATH_TAG_NAME, cs_view_string(name));
	cs_tlv_write_header(&w, YKOATH_TAG_KEY, 2);
	cs_write_u8(&w, type_hash);
	cs_write_u8(&w, digits);
	cs_write_view(&w, options);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return otp_command(YKOATH_INS_GENERATE, 0, 0, cs_writer_view(&w));
}

/* Makes an HOTP credential "a" for server; its sealed seed stays in file_bytes. */
static struct cs_view generate_a(struct cs_sealed_seed *seed)
{
	assert_int_equal(generate(server, "a", YKOATH_TYPE_HOTP | YKOATH_HASH_SHA1, 6, CS_VIEW_EMPTY),
			 CS_SW_OK);
	assert_true(otp->data.len <= sizeof file_bytes);
	memcpy(file_bytes, otp->data.ptr, otp->data.len);
	struct cs_view file = cs_view(file_bytes, otp->data.len);
	assert_int_equal(cs_sealed_seed_parse(file, seed), CS_OK);
	return file;
}

/* The certificate in 5FFF01, as PIV reads it. */
static struct cs_view certificate_read(uint8_t *buf, size_t cap)
{
	struct cs_view object = CS_VIEW_EMPTY, der = CS_VIEW_EMPTY;

	fixture_expect(otp, SELECT_PIV, CS_SW_OK);
	fixture_expect(otp, "00CB3FFF 000005 5C035FFF01 0000", CS_SW_OK);
	assert_int_equal(cs_tlv_find(otp->data, PIV_TAG_DATA, &object), CS_OK);
	assert_int_equal(piv_object_certificate(object, &der), CS_OK);
	assert_true(der.len <= cap);
	memcpy(buf, der.ptr, der.len);
	assert_int_equal(otp_open(), CS_SW_OK);
	return cs_view(buf, der.len);
}

static struct cs_view open_seed(const struct cs_sealed_seed *seed, EVP_PKEY *key, uint8_t out[YKOATH_KEY_MAX])
{
	struct cs_writer w = cs_writer_of(out, YKOATH_KEY_MAX);

	assert_int_equal(cs_sealed_seed_open(seed, key, &w), CS_OK);
	return cs_writer_view(&w);
}

/* The code that a server computes from the seed. */
static const char *server_code(struct cs_view seed, enum cs_hash hash, uint64_t counter, unsigned digits)
{
	static char code[CS_OATH_CODE_MAX];
	const struct cs_hmac hmac = {.fn = otp->crypto.hmac, .ctx = otp->crypto.ctx};
	uint32_t number = 0;

	assert_int_equal(cs_hotp(&hmac, hash, seed, counter, &number), CS_OK);
	cs_oath_format(number, digits, code);
	return code;
}

/* ---- tests ---- */

static void the_server_opens_the_seed_and_computes_the_cards_codes(void **state)
{
	uint8_t bytes[YKOATH_KEY_MAX];
	struct cs_sealed_seed seed;

	(void)state;
	(void)generate_a(&seed);
	struct cs_view key = open_seed(&seed, server, bytes);
	assert_int_equal(key.len, 20);
	for (uint64_t counter = 0; counter < 3; counter++)
		assert_string_equal(otp_hotp_code("a"), server_code(key, CS_SHA1, counter, 6));
}

static void every_type_and_hash_is_sealed_whole(void **state)
{
	static const struct {
		uint8_t hash;
		enum cs_hash cs;
	} hashes[] = {
	    {YKOATH_HASH_SHA1, CS_SHA1}, {YKOATH_HASH_SHA256, CS_SHA256}, {YKOATH_HASH_SHA512, CS_SHA512}};
	uint8_t bytes[YKOATH_KEY_MAX];
	struct cs_sealed_seed seed;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(generate(server, "t", YKOATH_TYPE_TOTP | hashes[i].hash, 8, CS_VIEW_EMPTY),
				 CS_SW_OK);
		assert_int_equal(cs_sealed_seed_parse(otp->data, &seed), CS_OK);
		struct cs_view key = open_seed(&seed, server, bytes);
		assert_int_equal(key.len, cs_hash_size(hashes[i].cs));
		assert_string_equal(otp_totp_code("t", 77), server_code(key, hashes[i].cs, 77, 8));
	}
}

static void the_statement_tells_credential_card_and_server(void **state)
{
	static const char suite[] = "OCRA-1:HOTP-SHA256-8:C-QN08";
	static const uint8_t policy[] = {YKOATH_TAG_PROPERTIES,
					 1,
					 YKOATH_PROPERTY_PIN | YKOATH_PROPERTY_TOUCH,
					 YKOATH_TAG_IMF,
					 4,
					 0,
					 0,
					 0,
					 9};
	uint8_t options[64], point_bytes[CS_SEALED_SEED_POINT_MAX];
	struct cs_writer w = CS_WRITER_OF(options), point = CS_WRITER_OF(point_bytes);
	enum cs_sealed_seed_curve curve;
	struct cs_sealed_seed seed;

	(void)state;
	cs_tlv_write(&w, YKOATH_TAG_SUITE, cs_view_string(suite));
	cs_write_view(&w, CS_VIEW_OF(policy));
	assert_int_equal(
	    generate(server, "Bank:ada", YKOATH_TYPE_OCRA | YKOATH_HASH_SHA256, 8, cs_writer_view(&w)),
	    CS_SW_OK);
	assert_int_equal(cs_sealed_seed_parse(otp->data, &seed), CS_OK);
	assert_int_equal(seed.serial, FIXTURE_SERIAL);
	assert_int_equal(seed.firmware[0], 5);
	assert_true(cs_view_equal(seed.name, CS_VIEW_TEXT("Bank:ada")));
	assert_int_equal(seed.type_hash, YKOATH_TYPE_OCRA | YKOATH_HASH_SHA256);
	assert_int_equal(seed.digits, 8);
	assert_int_equal(seed.properties, YKOATH_PROPERTY_PIN | YKOATH_PROPERTY_TOUCH | YKOATH_PROPERTY_MADE);
	assert_true(cs_view_equal(seed.suite, cs_view_string(suite)));
	assert_true(seed.counter == 9);
	assert_int_equal(cs_sealed_seed_server(server, &curve, &point), CS_OK);
	assert_int_equal(seed.curve, curve);
	assert_true(cs_view_equal(seed.server, cs_writer_view(&point)));
	assert_int_equal(cs_sealed_seed_intact(&seed), CS_OK);
	assert_int_equal(otp_command(YKOATH_INS_LIST_ALL, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(otp_found(YKOATH_TAG_PROPERTIES).ptr[0], 0xC2);
}

static void the_signature_is_the_attestation_keys_and_covers_every_byte(void **state)
{
	uint8_t own[1024];
	struct cs_sealed_seed seed, changed;
	struct cs_view file = generate_a(&seed), anchor;
	size_t statement = (size_t)(seed.statement.ptr - file.ptr);

	(void)state;
	anchor = certificate_read(own, sizeof own);
	assert_true(cs_view_equal(seed.certificate, anchor));
	assert_int_equal(cs_sealed_seed_verify(&seed, anchor), CS_OK);
	for (size_t i = 0; i < seed.statement.len + 2 + seed.signature.len; i++) {
		file_bytes[statement + i] ^= 1;
		if (cs_sealed_seed_parse(file, &changed) == CS_OK)
			assert_int_not_equal(cs_sealed_seed_verify(&changed, anchor), CS_OK);
		file_bytes[statement + i] ^= 1;
	}
	assert_int_equal(cs_sealed_seed_verify(&seed, anchor), CS_OK);
}

static void another_cards_certificate_is_not_trusted_for_this_one(void **state)
{
	uint8_t own[1024];
	struct cs_sealed_seed seed;

	(void)state;
	struct cs_view anchor = certificate_read(own, sizeof own);
	otp_flash(32); /* the same serial number, but another key */
	(void)generate_a(&seed);
	assert_int_equal(cs_sealed_seed_intact(&seed), CS_OK);
	assert_int_equal(cs_sealed_seed_verify(&seed, anchor), CS_ERR_WRONG);
	assert_int_equal(cs_sealed_seed_verify(&seed, cs_view(own, 20)), CS_ERR_MALFORMED);
	/* who trusts nobody is not shown a good one */
	assert_int_equal(cs_sealed_seed_verify(&seed, CS_VIEW_EMPTY), CS_ERR_MALFORMED);
	seed.serial++;
	assert_int_equal(cs_sealed_seed_intact(&seed), CS_ERR_WRONG);
}

static void what_is_told_in_the_clear_is_bound_to_the_seal(void **state)
{
	struct cs_sealed_seed seed;
	uint8_t bytes[YKOATH_KEY_MAX];
	struct cs_view file = generate_a(&seed);
	size_t aad = (size_t)(seed.aad.ptr - file.ptr);

	(void)state;
	for (size_t i = 0; i < seed.aad.len + 2 + seed.sealed.len; i++) {
		struct cs_sealed_seed changed;
		struct cs_writer w = CS_WRITER_OF(bytes);

		file_bytes[aad + i] ^= 0x10;
		if (cs_sealed_seed_parse(file, &changed) == CS_OK)
			assert_int_equal(cs_sealed_seed_open(&changed, server, &w), CS_ERR_WRONG);
		assert_int_equal(w.len, 0);
		file_bytes[aad + i] ^= 0x10;
	}
	(void)open_seed(&seed, server, bytes);
}

static void another_servers_key_does_not_open_it(void **state)
{
	uint8_t bytes[YKOATH_KEY_MAX], point_bytes[CS_SEALED_SEED_POINT_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes), point = CS_WRITER_OF(point_bytes);
	struct cs_sealed_seed seed;

	(void)state;
	(void)generate_a(&seed);
	assert_int_equal(cs_sealed_seed_open(&seed, other, &w), CS_ERR_WRONG);
	/* Not even where it claims to be meant. */
	assert_int_equal(cs_sealed_seed_server(other, &seed.curve, &point), CS_OK);
	seed.server = cs_writer_view(&point);
	assert_int_equal(cs_sealed_seed_open(&seed, other, &w), CS_ERR_WRONG);
	assert_int_equal(w.len, 0);
}

static enum cs_err (*port_agree)(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view peer,
				 struct cs_writer *out);
static unsigned agreed;
static bool remembered; /* the key of the last agreement */

static enum cs_err remember_agreement(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view peer,
				      struct cs_writer *out)
{
	agreed++;
	remembered = true;
	return port_agree(ctx, alg, priv, peer, out);
}

static void forget_keys(void *ctx)
{
	(void)ctx;
	remembered = false;
}

/* With it, whoever has recorded the answer would have the seed. */
static void the_ephemeral_key_is_forgotten_with_the_command(void **state)
{
	struct cs_sealed_seed seed;

	(void)state;
	port_agree = otp->crypto.key_agree;
	otp->crypto.key_agree = remember_agreement;
	otp->crypto.keys_forget = forget_keys;
	agreed = 0;
	(void)generate_a(&seed);
	assert_int_equal(agreed, 1);
	assert_false(remembered);
}

/* No command but the one that makes a seed answers with it, and that one makes another each time. */
static void a_seed_is_exported_once(void **state)
{
	uint8_t first_bytes[YKOATH_KEY_MAX], second_bytes[YKOATH_KEY_MAX];
	struct cs_sealed_seed seed;

	(void)state;
	(void)generate_a(&seed);
	struct cs_view first = open_seed(&seed, server, first_bytes);
	for (unsigned ins = 0; ins <= 0xFF; ins++) {
		struct cs_sealed_seed found;

		if (ins == YKOATH_INS_GENERATE || ins == YKOATH_INS_RESET || ins == YKOATH_INS_DELETE)
			continue;
		(void)otp_named((uint8_t)ins, "a", NULL);
		assert_int_not_equal(cs_sealed_seed_parse(otp->data, &found), CS_OK);
		for (size_t at = 0; at + first.len <= otp->data.len; at++)
			assert_memory_not_equal(otp->data.ptr + at, first.ptr, first.len);
	}
	(void)generate_a(&seed);
	struct cs_view second = open_seed(&seed, server, second_bytes);
	assert_memory_not_equal(first.ptr, second.ptr, second.len);
	assert_int_equal(otp_listed(), 1);
	assert_string_equal(otp_hotp_code("a"), server_code(second, CS_SHA1, 0, 6));
}

static void what_is_not_right_makes_nothing(void **state)
{
	static const uint8_t off_curve[CS_SEALED_SEED_POINT_MAX] = {4, 1};
	static const uint8_t shape[] = {YKOATH_TAG_NAME, 1, 'a', YKOATH_TAG_KEY, 2, 0x11, 6};
	static const uint8_t with_key[] = {
	    YKOATH_TAG_KEY, 16, 0x11, 6, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
	uint8_t body[120];
	struct cs_writer w = CS_WRITER_OF(body);

	(void)state;
	assert_int_equal(generate(server, "a", 0x41, 6, CS_VIEW_EMPTY), CS_SW_WRONG_DATA);
	assert_int_equal(generate(server, "a", 0x11, 5, CS_VIEW_EMPTY), CS_SW_WRONG_DATA);
	assert_int_equal(generate(server, "a", 0x31, 6, CS_VIEW_EMPTY), CS_SW_WRONG_DATA);
	assert_int_equal(generate(server, "", 0x11, 6, CS_VIEW_EMPTY), CS_SW_WRONG_DATA);
	assert_int_equal(generate(server, "a", 0x11, 6, CS_VIEW_OF(with_key)), CS_SW_WRONG_DATA);
	cs_tlv_write_header(&w, YKOATH_TAG_SERVER, 1 + sizeof off_curve);
	cs_write_u8(&w, CS_SEALED_SEED_P256);
	cs_write_view(&w, CS_VIEW_OF(off_curve));
	cs_write_view(&w, CS_VIEW_OF(shape));
	assert_int_equal(otp_command(YKOATH_INS_GENERATE, 0, 0, cs_writer_view(&w)), CS_SW_WRONG_DATA);
	body[2] = PIV_ALG_RSA2048;
	assert_int_equal(otp_command(YKOATH_INS_GENERATE, 0, 0, cs_writer_view(&w)),
			 CS_SW_FUNCTION_UNSUPPORTED);
	body[1] = 2;
	assert_int_equal(otp_command(YKOATH_INS_GENERATE, 0, 0, cs_view(body, 4)),
			 CS_SW_FUNCTION_UNSUPPORTED);
	body[2] = CS_SEALED_SEED_P256;
	assert_int_equal(otp_command(YKOATH_INS_GENERATE, 0, 0, cs_view(body, 4)), CS_SW_WRONG_DATA);
	assert_int_equal(otp_command(YKOATH_INS_GENERATE, 0, 0, CS_VIEW_OF(shape)), CS_SW_WRONG_DATA);
	assert_int_equal(otp_listed(), 0);
}

static void without_an_attestation_key_nothing_is_made(void **state)
{
	(void)state;
	fixture_expect(otp, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(otp);
	fixture_expect(otp, "00F6FFF9", CS_SW_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_int_equal(generate(server, "a", 0x11, 6, CS_VIEW_EMPTY), CS_SW_CONDITIONS);
	assert_int_equal(otp_listed(), 0);
}

static void x25519_seals_where_the_card_has_it(void **state)
{
	uint8_t bytes[YKOATH_KEY_MAX];
	struct cs_sealed_seed seed;
	EVP_PKEY *x = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");

	(void)state;
	assert_non_null(x);
	if (!otp->crypto.supports(otp->crypto.ctx, PIV_ALG_X25519)) {
		assert_int_equal(generate(x, "a", 0x11, 6, CS_VIEW_EMPTY), CS_SW_FUNCTION_UNSUPPORTED);
		EVP_PKEY_free(x);
		return;
	}
	assert_int_equal(generate(x, "a", 0x11, 6, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(cs_sealed_seed_parse(otp->data, &seed), CS_OK);
	assert_int_equal(cs_sealed_seed_intact(&seed), CS_OK);
	struct cs_view key = open_seed(&seed, x, bytes);
	assert_string_equal(otp_hotp_code("a"), server_code(key, CS_SHA1, 0, 6));
	EVP_PKEY_free(x);
}

static void keys_of_other_kinds_are_no_servers(void **state)
{
	uint8_t bytes[CS_SEALED_SEED_POINT_MAX];
	struct cs_writer point = CS_WRITER_OF(bytes);
	enum cs_sealed_seed_curve curve;
	EVP_PKEY *p384 = EVP_EC_gen("P-384"), *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	(void)state;
	assert_int_equal(cs_sealed_seed_server(p384, &curve, &point), CS_ERR_UNSUPPORTED);
	assert_int_equal(cs_sealed_seed_server(ed, &curve, &point), CS_ERR_UNSUPPORTED);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(ed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_server_opens_the_seed_and_computes_the_cards_codes),
	    TEST(every_type_and_hash_is_sealed_whole),
	    TEST(the_statement_tells_credential_card_and_server),
	    TEST(the_signature_is_the_attestation_keys_and_covers_every_byte),
	    TEST(another_cards_certificate_is_not_trusted_for_this_one),
	    TEST(what_is_told_in_the_clear_is_bound_to_the_seal),
	    TEST(another_servers_key_does_not_open_it),
	    TEST(a_seed_is_exported_once),
	    TEST(the_ephemeral_key_is_forgotten_with_the_command),
	    TEST(what_is_not_right_makes_nothing),
	    TEST(without_an_attestation_key_nothing_is_made),
	    TEST(x25519_seals_where_the_card_has_it),
	    TEST(keys_of_other_kinds_are_no_servers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
