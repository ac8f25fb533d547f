/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is put together comes apart as it was; and encrypted files have no seed in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/import_world.h"
#include "tools/export.h"

static struct import_record records[3];
static uint8_t space[32768];

static int records_make(void **state)
{
	(void)state;
	import_record_init(&records[0], IMPORT_HOTP, 0);
	import_record_init(&records[1], IMPORT_TOTP, 0);
	import_record_init(&records[2], IMPORT_OCRA, 0);
	for (size_t i = 0; i < 3; i++) {
		memcpy(records[i].seed, SEED_TEXT, 20);
		records[i].seed_len = 20;
	}
	records[0].counter = 4711;
	records[0].digits = 8;
	(void)snprintf(records[0].serial, sizeof records[0].serial, "%s", "S<1>&\"2\"");
	(void)snprintf(records[0].user, sizeof records[0].user, "%s", "anna \xC3\xA4");
	(void)snprintf(records[0].label, sizeof records[0].label, "%s", "\"quoted\", and more");
	records[1].hash = CS_SHA512;
	records[1].period = 60;
	records[1].expires = 1924991999;
	(void)snprintf(records[1].user, sizeof records[1].user, "%s", "CN=x,y");
	memset(records[1].seed, 0xA5, 64);
	records[1].seed_len = 64;
	records[2].hash = CS_SHA256;
	(void)snprintf(records[2].suite, sizeof records[2].suite, "%s", "OCRA-1:HOTP-SHA256-8:QN08");
	return 0;
}

static void same(const struct import_record *a, const struct import_record *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->hash, b->hash);
	assert_int_equal(a->digits, b->digits);
	assert_int_equal(a->period, b->period);
	assert_int_equal(a->counter, b->counter);
	assert_int_equal(a->expires, b->expires);
	assert_string_equal(a->label, b->label);
	assert_string_equal(a->suite, b->suite);
	assert_int_equal(a->seed_len, b->seed_len);
	assert_memory_equal(a->seed, b->seed, a->seed_len);
}

static struct cs_view made(export_write_fn *write, size_t count, struct cs_view key,
			   struct cs_view passphrase)
{
	struct export_job job = {.records = records, .count = count, .key = key, .passphrase = passphrase};
	struct cs_writer w = CS_WRITER_OF(space);

	assert_int_equal(write(&job, &w), CS_OK);
	return cs_writer_view(&w);
}

static void check_pskc(struct cs_view key, struct cs_view passphrase)
{
	struct cs_view file = made(export_pskc, 3, key, passphrase);
	struct imported in = import_with(import_pskc, file, key, passphrase);

	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 3);
	for (size_t i = 0; i < 3; i++)
		same(&in.rows[i], &records[i]);
	assert_string_equal(in.rows[0].serial, records[0].serial);
	assert_string_equal(in.rows[0].user, records[0].user);
	assert_null(memmem(file.ptr, file.len, "MTIzNDU2Nzg5MDEy", 16));
	assert_null(memmem(file.ptr, file.len, SEED_TEXT, 20));
}

static void encrypted_pskc_comes_apart_with_its_key(void **state)
{
	uint8_t key[32];

	(void)state;
	memset(key, 7, sizeof key);
	for (size_t len = 16; len <= 32; len += 8)
		check_pskc(cs_view(key, len), CS_VIEW_EMPTY);
	check_pskc(CS_VIEW_EMPTY, CS_VIEW_TEXT("correct horse"));
}

static void two_files_of_the_same_tokens_have_nothing_in_common(void **state)
{
	static uint8_t first[sizeof space];
	uint8_t key[32] = {1};
	struct cs_view file = made(export_pskc, 1, CS_VIEW_OF(key), CS_VIEW_EMPTY);
	const uint8_t *at;
	size_t values = 0;

	(void)state;
	memcpy(first, file.ptr, file.len);
	struct cs_view other = made(export_pskc, 1, CS_VIEW_OF(key), CS_VIEW_EMPTY);
	assert_int_equal(other.len, file.len);
	for (size_t i = 0; (at = memmem(first + i, file.len - i, "<xenc:CipherValue>", 18)) != NULL;
	     values++) {
		i = (size_t)(at - first) + 18;
		assert_memory_not_equal(first + i, other.ptr + i, 20);
	}
	assert_int_equal(values, 2);
}

static void without_a_key_nothing_is_written(void **state)
{
	struct export_job job = {.records = records, .count = 1};
	struct cs_writer w = CS_WRITER_OF(space);

	(void)state;
	assert_int_equal(export_pskc(&job, &w), CS_ERR_ARG);
}

static void a_table_comes_apart(void **state)
{
	struct imported in = import_of(import_csv, made(export_csv, 3, CS_VIEW_EMPTY, CS_VIEW_EMPTY));

	(void)state;
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.count, 3);
	for (size_t i = 0; i < 3; i++) {
		same(&in.rows[i], &records[i]);
		assert_string_equal(in.rows[i].serial, records[i].serial);
		assert_string_equal(in.rows[i].user, records[i].user);
	}
}

static void uris_come_apart_and_have_no_place_for_ocra(void **state)
{
	struct export_job job = {.records = records, .count = 3};
	struct cs_writer w = CS_WRITER_OF(space);
	struct imported in = import_of(import_otpauth, made(export_otpauth, 1, CS_VIEW_EMPTY, CS_VIEW_EMPTY));

	(void)state;
	assert_string_equal(in.fault.what, "");
	same(&in.rows[0], &records[0]);
	assert_string_equal(in.rows[0].user, records[0].user);
	assert_int_equal(export_otpauth(&job, &w), CS_ERR_UNSUPPORTED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encrypted_pskc_comes_apart_with_its_key),
	    cmocka_unit_test(two_files_of_the_same_tokens_have_nothing_in_common),
	    cmocka_unit_test(without_a_key_nothing_is_written),
	    cmocka_unit_test(a_table_comes_apart),
	    cmocka_unit_test(uris_come_apart_and_have_no_place_for_ocra),
	};

	return cmocka_run_group_tests(tests, records_make, NULL);
}
