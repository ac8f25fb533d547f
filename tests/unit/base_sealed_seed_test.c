/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The format of sealed seeds: what is written is read, and nothing else is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/sealed_seed.h"
#include "base/tlv.h"
#include "tests/unit/base_hmac.h"

static const uint8_t point[CS_SEALED_SEED_POINT_MAX] = {4, 1, 2, 3};
static const uint8_t other_point[CS_SEALED_SEED_POINT_MAX] = {4, 9};
static const uint8_t sealed[80] = {7};

static struct cs_sealed_seed example(void)
{
	return (struct cs_sealed_seed){
	    .serial = 0xC0FFEE01,
	    .firmware = {5, 7, 0},
	    .name = CS_VIEW_TEXT("Example:ada"),
	    .type_hash = YKOATH_TYPE_HOTP | YKOATH_HASH_SHA1,
	    .digits = 6,
	    .properties = YKOATH_PROPERTY_MADE,
	    .counter = 3,
	    .curve = CS_SEALED_SEED_P256,
	    .server = CS_VIEW_OF(point),
	    .ephemeral = CS_VIEW_OF(other_point),
	    .sealed = cs_view(sealed, 20 + CS_SEALED_SEED_GCM_TAG_LEN),
	};
}

/* The whole file; the statement's elements may be followed by others. */
static struct cs_view write_file(const struct cs_sealed_seed *seed, struct cs_view more, uint8_t *buf,
				 size_t cap)
{
	struct cs_writer w = cs_writer_of(buf, cap);
	size_t mark = cs_tlv_begin(&w, CS_SEALED_SEED_STATEMENT);

	cs_sealed_seed_write(&w, seed);
	cs_tlv_write(&w, CS_SEALED_SEED_SEALED, seed->sealed);
	cs_write_view(&w, more);
	cs_tlv_end(&w, mark);
	cs_tlv_write(&w, CS_SEALED_SEED_SIGNATURE, CS_VIEW_TEXT("signature"));
	cs_tlv_write(&w, CS_SEALED_SEED_CERTIFICATE, CS_VIEW_TEXT("certificate"));
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return cs_writer_view(&w);
}

static enum cs_err reparse(const struct cs_sealed_seed *seed)
{
	uint8_t buf[1024];
	struct cs_sealed_seed out;

	return cs_sealed_seed_parse(write_file(seed, CS_VIEW_EMPTY, buf, sizeof(buf)), &out);
}

static void expect_same(const struct cs_sealed_seed *seed)
{
	uint8_t buf[1024];
	struct cs_sealed_seed out;
	struct cs_view file = write_file(seed, CS_VIEW_EMPTY, buf, sizeof(buf));

	assert_int_equal(cs_sealed_seed_parse(file, &out), CS_OK);
	assert_int_equal(out.serial, seed->serial);
	assert_memory_equal(out.firmware, seed->firmware, sizeof(out.firmware));
	assert_true(cs_view_equal(out.name, seed->name));
	assert_int_equal(out.type_hash, seed->type_hash);
	assert_int_equal(out.digits, seed->digits);
	assert_int_equal(out.properties, seed->properties);
	assert_true(cs_view_equal(out.suite, seed->suite));
	assert_true(out.counter == seed->counter);
	assert_int_equal(out.curve, seed->curve);
	assert_true(cs_view_equal(out.server, seed->server));
	assert_true(cs_view_equal(out.ephemeral, seed->ephemeral));
	assert_true(cs_view_equal(out.sealed, seed->sealed));
	assert_true(cs_view_equal(out.signature, CS_VIEW_TEXT("signature")));
	assert_true(cs_view_equal(out.certificate, CS_VIEW_TEXT("certificate")));
	/* The seal is bound to all before it, the signature to all. */
	assert_ptr_equal(out.aad.ptr, out.statement.ptr);
	assert_int_equal(out.aad.len + 2 + out.sealed.len, out.statement.len);
}

static void what_is_written_is_read(void **state)
{
	struct cs_sealed_seed seed = example();

	(void)state;
	expect_same(&seed);
	seed.type_hash = YKOATH_TYPE_TOTP | YKOATH_HASH_SHA512;
	seed.sealed = CS_VIEW_OF(sealed);
	seed.curve = CS_SEALED_SEED_X25519;
	seed.server = cs_view(point, 32);
	seed.ephemeral = cs_view(other_point, 32);
	seed.digits = 8;
	expect_same(&seed);
	seed.type_hash = YKOATH_TYPE_OCRA | YKOATH_HASH_SHA512;
	seed.suite = CS_VIEW_TEXT("OCRA-1:HOTP-SHA512-8:C-QN08-PSHA1");
	seed.counter = UINT64_MAX;
	expect_same(&seed);
}

static void the_longest_statement_has_room(void **state)
{
	char name[YKOATH_NAME_MAX];
	struct cs_sealed_seed seed = example();

	(void)state;
	memset(name, 'n', sizeof(name));
	seed.name = CS_VIEW_OF(name);
	seed.type_hash = YKOATH_TYPE_OCRA | YKOATH_HASH_SHA512;
	seed.digits = 10;
	seed.suite = CS_VIEW_TEXT("OCRA-1:HOTP-SHA512-10:C-QA64-PSHA512-S512-T59S");
	seed.sealed = CS_VIEW_OF(sealed);
	expect_same(&seed);
}

static void fields_that_do_not_go_together_are_refused(void **state)
{
	struct cs_sealed_seed seed = example();

	(void)state;
	seed.digits = 5;
	assert_int_equal(reparse(&seed), CS_ERR_MALFORMED);
	seed = example();
	seed.type_hash = YKOATH_TYPE_HOTP | YKOATH_HASH_SHA256; /* the sealed seed is too short for it */
	assert_int_equal(reparse(&seed), CS_ERR_MALFORMED);
	seed = example();
	seed.type_hash = 0x41;
	assert_int_equal(reparse(&seed), CS_ERR_MALFORMED);
	seed = example();
	seed.suite = CS_VIEW_TEXT("OCRA-1:HOTP-SHA1-6:QN08");
	assert_int_equal(reparse(&seed), CS_ERR_MALFORMED);
	seed.type_hash = YKOATH_TYPE_OCRA | YKOATH_HASH_SHA1;
	assert_int_equal(reparse(&seed), CS_OK);
	seed.digits = 7;
	assert_int_equal(reparse(&seed), CS_ERR_MALFORMED);
	seed = example();
	seed.ephemeral = cs_view(point, 32);
	assert_int_equal(reparse(&seed), CS_ERR_MALFORMED);
	seed = example();
	seed.server = cs_view(point, 64);
	assert_int_equal(reparse(&seed), CS_ERR_MALFORMED);
	seed = example();
	seed.curve = (enum cs_sealed_seed_curve)0x14;
	assert_int_equal(reparse(&seed), CS_ERR_UNSUPPORTED);
	seed = example();
	seed.name = CS_VIEW_EMPTY;
	assert_int_equal(reparse(&seed), CS_ERR_MALFORMED);
}

static void a_part_of_it_or_a_byte_more_is_refused_and_changes_nothing(void **state)
{
	uint8_t buf[1024];
	struct cs_sealed_seed seed = example(), out, before;
	struct cs_view file = write_file(&seed, CS_VIEW_EMPTY, buf, sizeof(buf) - 1);

	(void)state;
	memset(&out, 0x55, sizeof(out));
	before = out;
	for (size_t len = 0; len < file.len; len++) {
		assert_int_equal(cs_sealed_seed_parse(cs_view(buf, len), &out), CS_ERR_MALFORMED);
		assert_memory_equal(&out, &before, sizeof(out));
	}
	buf[file.len] = 0;
	assert_int_equal(cs_sealed_seed_parse(cs_view(buf, file.len + 1), &out), CS_ERR_MALFORMED);
	file = write_file(&seed, CS_VIEW_TEXT("\x8B\x00"), buf, sizeof(buf));
	assert_int_equal(cs_sealed_seed_parse(file, &out), CS_ERR_MALFORMED);
}

static void another_version_is_unsupported(void **state)
{
	uint8_t buf[1024];
	struct cs_sealed_seed seed = example(), out;
	struct cs_view file = write_file(&seed, CS_VIEW_EMPTY, buf, sizeof(buf));
	uint8_t *version = memchr(buf, CS_SEALED_SEED_TAG_VERSION, file.len);

	(void)state;
	assert_non_null(version);
	assert_int_equal(version[2], CS_SEALED_SEED_VERSION);
	version[2] = 2;
	assert_int_equal(cs_sealed_seed_parse(file, &out), CS_ERR_UNSUPPORTED);
}

static void key_and_nonce_depend_on_both_keys_the_curve_and_the_secret(void **state)
{
	static const struct cs_hmac hmac = {.fn = libcrypto_hmac};
	static const uint8_t secret[32] = {1};
	struct cs_sealed_seed_keys keys[5];
	struct cs_sealed_seed seed = example();

	(void)state;
	assert_int_equal(cs_sealed_seed_derive(&hmac, &seed, CS_VIEW_OF(secret), &keys[0]), CS_OK);
	assert_int_equal(cs_sealed_seed_derive(&hmac, &seed, cs_view(secret, 31), &keys[1]), CS_OK);
	seed.curve = CS_SEALED_SEED_X25519;
	assert_int_equal(cs_sealed_seed_derive(&hmac, &seed, CS_VIEW_OF(secret), &keys[2]), CS_OK);
	seed = example();
	seed.server = CS_VIEW_OF(other_point);
	assert_int_equal(cs_sealed_seed_derive(&hmac, &seed, CS_VIEW_OF(secret), &keys[3]), CS_OK);
	seed = example();
	seed.ephemeral = CS_VIEW_OF(point);
	assert_int_equal(cs_sealed_seed_derive(&hmac, &seed, CS_VIEW_OF(secret), &keys[4]), CS_OK);
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(&keys[i], &keys[j], sizeof(keys[i]));
	/* Worked out apart from this code. */
	static const uint8_t key[] = {0xcc, 0x0d, 0xa2, 0x76, 0x0e, 0x08, 0x81, 0x50, 0xf1, 0x6c, 0x4a,
				      0xee, 0xb0, 0x39, 0xfb, 0x8b, 0x7a, 0x5b, 0x04, 0x26, 0x11, 0xe8,
				      0x4d, 0xf1, 0x00, 0xcf, 0xb6, 0x1a, 0xd7, 0xf5, 0xc4, 0x38};
	static const uint8_t nonce[] = {0xbb, 0x0b, 0x7d, 0x20, 0x14, 0xb2,
					0x54, 0xab, 0x4b, 0xca, 0xab, 0x9a};
	assert_memory_equal(keys[0].key, key, sizeof(key));
	assert_memory_equal(keys[0].nonce, nonce, sizeof(nonce));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(the_longest_statement_has_room),
	    cmocka_unit_test(fields_that_do_not_go_together_are_refused),
	    cmocka_unit_test(a_part_of_it_or_a_byte_more_is_refused_and_changes_nothing),
	    cmocka_unit_test(another_version_is_unsupported),
	    cmocka_unit_test(key_and_nonce_depend_on_both_keys_the_curve_and_the_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
