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

/* The first ones as files of others have them: SHA-1 or more, 6 or 8 digits, steps of 30 seconds. */
static void records_for_others(void)
{
	records[0].hash = CS_SHA256;
	records[1].period = 30;
	records[1].digits = 6;
	records[1].counter = 58000000;
	records[1].expires = 0;
	(void)snprintf(records[1].serial, sizeof records[1].serial, "%s", "it's \\ a serial");
}

/* A file in two parts, of one token each. */
static struct cs_view made_of_parts(export_write_fn *write, struct cs_view key, struct export_fernet *fernet)
{
	struct export_job job = {.records = records, .count = 1, .key = key, .fernet = fernet, .more = true};
	struct cs_writer w = CS_WRITER_OF(space);

	assert_int_equal(write(&job, &w), CS_OK);
	job = (struct export_job){
	    .records = &records[1], .count = 1, .key = key, .fernet = fernet, .begun = true, .before = 1};
	assert_int_equal(write(&job, &w), CS_OK);
	return cs_writer_view(&w);
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

static void accounts_of_google_come_apart_with_their_counters(void **state)
{
	(void)state;
	records_for_others();
	struct cs_view file = made_of_parts(export_migration, CS_VIEW_EMPTY, NULL);
	struct imported in = import_of(import_migration, file);

	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.count, 2);
	same(&in.rows[0], &records[0]);
	assert_string_equal(in.rows[0].user, records[0].user);
	records[1].counter = 0; /* there is no place for a time step */
	same(&in.rows[1], &records[1]);
	assert_string_equal(in.rows[1].user, records[1].user);
	/* All that base64 has beside letters and digits is escaped, as in any query. */
	assert_null(memchr(file.ptr, '+', file.len));
	assert_int_equal(memcmp(file.ptr, "otpauth-migration://offline?data=", 33), 0);
}

static void a_code_of_google_has_ten_accounts_at_most(void **state)
{
	static struct import_record many[23];
	struct export_job job = {.records = many, .count = 23};
	struct cs_writer w = CS_WRITER_OF(space);
	struct cs_view line;

	(void)state;
	for (size_t i = 0; i < 23; i++)
		many[i] = records[0];
	assert_int_equal(export_migration(&job, &w), CS_OK);
	struct cs_view rest = cs_writer_view(&w);
	struct imported in = import_of(import_migration, rest);
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.count, 23);
	/* Each on its own is a part of a batch of three, and has no more than its share. */
	for (size_t i = 0; i < 3; i++) {
		assert_true(import_line(&rest, &line));
		in = import_of(import_migration, line);
		assert_int_equal(in.count, i < 2 ? 10 : 3);
		assert_non_null(strstr(in.fault.what, "has 3 codes"));
	}
	assert_false(import_line(&rest, &line));
	memset(many[0].label, 'x', 128);
	memset(many[0].user, 'x', 128);
	for (size_t i = 1; i < 23; i++)
		many[i] = many[0];
	w = CS_WRITER_OF(space);
	assert_int_equal(export_migration(&job, &w), CS_OK);
	for (rest = cs_writer_view(&w); import_line(&rest, &line);)
		assert_in_range(line.len, 1, 2953); /* of a QR code of version 40 */
}

static void what_google_has_no_place_for_is_told(void **state)
{
	struct import_record record = records[1];

	(void)state;
	record.period = 30;
	assert_null(export_migration_lack(&record));
	record.hash = CS_SHA256;
	assert_null(export_migration_lack(&record));
	record.digits = 7;
	assert_string_equal(export_migration_lack(&record), "7 digits");
	record.digits = 8;
	record.period = 60;
	assert_non_null(strstr(export_migration_lack(&record), "30 seconds"));
	record.period = 30;
	(void)snprintf(record.user, sizeof record.user, "%s", "a:b");
	assert_non_null(strstr(export_migration_lack(&record), "colon"));
	assert_string_equal(export_migration_lack(&records[2]), "OCRA");
	struct export_job job = {.records = &record, .count = 1};
	struct cs_writer w = CS_WRITER_OF(space);
	assert_int_equal(export_migration(&job, &w), CS_ERR_UNSUPPORTED);
	assert_int_equal(export_otpauth(&job, &w), CS_ERR_UNSUPPORTED);
	assert_int_equal(cs_writer_view(&w).len, 0);
}

#define FERNET_TEXT "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

static void privacyidea_comes_apart_with_its_key_and_its_realms(void **state)
{
	struct export_fernet fernet = {.rest_len = 0};
	struct cs_view key = CS_VIEW_TEXT("0123456789abcdef0123456789abcdef");

	(void)state;
	records_for_others();
	(void)snprintf(records[0].user, sizeof records[0].user, "%s", "an@na@bank");
	records[1].expires = 1924991940; /* 2030-12-31T23:59:00Z: of a date, privacyIDEA has the minute */
	struct cs_view file = made_of_parts(export_privacyidea, key, &fernet);
	export_fernet_end(&fernet);
	struct import_job job = {
	    .file = file, .passphrase = CS_VIEW_TEXT(FERNET_TEXT), .encrypted = true, .realms = true};
	struct imported in = import_job_of(import_privacyidea, job);
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.count, 2);
	for (size_t i = 0; i < 2; i++) {
		same(&in.rows[i], &records[i]);
		assert_string_equal(in.rows[i].serial, records[i].serial);
		assert_string_equal(in.rows[i].user, records[i].user);
	}
	job.realms = false;
	assert_string_equal(import_job_of(import_privacyidea, job).rows[0].user, "an@na");
	/* The last characters are the MAC's. */
	space[file.len - 9] = space[file.len - 9] == 'A' ? 'B' : 'A';
	assert_int_equal(import_job_of(import_privacyidea, job).err, CS_ERR_WRONG);
}

static void linotp_comes_apart_with_its_key(void **state)
{
	struct cs_view key = CS_VIEW_TEXT("0123456789abcdef0123456789abcdef");

	(void)state;
	records_for_others();
	struct cs_view file = made_of_parts(export_linotp, key, NULL);
	struct imported in = import_with(import_linotp, file, key, CS_VIEW_EMPTY);
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.count, 2);
	for (size_t i = 0; i < 2; i++) {
		same(&in.rows[i], &records[i]);
		assert_string_equal(in.rows[i].serial, records[i].serial);
	}
	assert_null(memmem(file.ptr, file.len, "3132333435363738", 16));
	assert_int_equal(
	    import_with(import_linotp, file, CS_VIEW_TEXT("0123456789abcdef0123456789abcdeg"), key).err,
	    CS_ERR_WRONG);
}

static void without_their_keys_others_get_nothing(void **state)
{
	struct export_fernet fernet = {.rest_len = 0};
	struct export_job job = {
	    .records = records, .count = 1, .key = CS_VIEW_TEXT("0123456789abcdef"), .fernet = &fernet};
	struct cs_writer w = CS_WRITER_OF(space);

	(void)state;
	assert_int_equal(export_linotp(&job, &w), CS_ERR_ARG);
	assert_int_equal(export_privacyidea(&job, &w), CS_ERR_ARG);
	assert_int_equal(cs_writer_view(&w).len, 0);
}

static void what_their_tables_have_no_place_for_is_told(void **state)
{
	struct import_record record = records[0];

	(void)state;
	assert_null(export_table_lack(&record));
	assert_string_equal(export_table_lack(&records[2]), "OCRA");
	record.counter = (uint64_t)INT32_MAX + 1;
	assert_non_null(strstr(export_table_lack(&record), "counter"));
	/* Characters count, not bytes. */
	for (size_t i = 0; i < 41; i++)
		memcpy(record.label + 2 * i, "\xC3\xA4", 3);
	record.counter = 0;
	assert_null(export_table_lack(&record));
	memset(record.label, 'x', 81);
	assert_non_null(strstr(export_table_lack(&record), "label"));
	record.label[80] = '\0';
	assert_null(export_table_lack(&record));
	memset(record.serial, 'x', 41);
	assert_non_null(strstr(export_table_lack(&record), "serial"));
	record.serial[0] = '\0';
	assert_non_null(strstr(export_table_lack(&record), "without a serial"));
	struct export_fernet fernet = {.rest_len = 0};
	struct export_job job = {.records = &record,
				 .count = 1,
				 .key = CS_VIEW_TEXT("0123456789abcdef0123456789abcdef"),
				 .fernet = &fernet};
	struct cs_writer w = CS_WRITER_OF(space);
	assert_int_equal(export_linotp(&job, &w), CS_ERR_UNSUPPORTED);
	assert_int_equal(export_privacyidea(&job, &w), CS_ERR_UNSUPPORTED);
	assert_int_equal(cs_writer_view(&w).len, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(encrypted_pskc_comes_apart_with_its_key, records_make),
	    cmocka_unit_test_setup(two_files_of_the_same_tokens_have_nothing_in_common, records_make),
	    cmocka_unit_test_setup(without_a_key_nothing_is_written, records_make),
	    cmocka_unit_test_setup(a_table_comes_apart, records_make),
	    cmocka_unit_test_setup(uris_come_apart_and_have_no_place_for_ocra, records_make),
	    cmocka_unit_test_setup(accounts_of_google_come_apart_with_their_counters, records_make),
	    cmocka_unit_test_setup(a_code_of_google_has_ten_accounts_at_most, records_make),
	    cmocka_unit_test_setup(what_google_has_no_place_for_is_told, records_make),
	    cmocka_unit_test_setup(privacyidea_comes_apart_with_its_key_and_its_realms, records_make),
	    cmocka_unit_test_setup(linotp_comes_apart_with_its_key, records_make),
	    cmocka_unit_test_setup(without_their_keys_others_get_nothing, records_make),
	    cmocka_unit_test_setup(what_their_tables_have_no_place_for_is_told, records_make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
