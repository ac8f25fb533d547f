/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bytes that chain the audit log: fixed for good, because logs that were written have to verify.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/audit.h"

static uint8_t first[CS_AUDIT_ENTRY_MAX];
static uint8_t second[CS_AUDIT_ENTRY_MAX];

static struct cs_view encode(const struct cs_audit_entry *entry, uint8_t buf[CS_AUDIT_ENTRY_MAX])
{
	struct cs_writer w = cs_writer_of(buf, CS_AUDIT_ENTRY_MAX);

	assert_int_equal(cs_audit_encode(entry, &w), CS_OK);
	return cs_writer_view(&w);
}

static void an_entry_has_these_bytes(void **state)
{
	static const char want[] = "CSAUDIT1"
				   "\0\0\0\0\0\0\0\x02"
				   "\0\0\x01\x02\x03\x04\x05\x06"
				   "\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA"
				   "\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA"
				   "\0\x03web"
				   "\0\x0Aotp.verify"
				   "\0\x05"
				   "alice"
				   "\0\x02t1"
				   "\0\x05wrong"
				   "\0\x06replay"
				   "\0\x09"
				   "127.0.0.1"
				   "\0\0";
	struct cs_audit_entry entry = {
	    .sequence = 2,
	    .time_ms = 0x010203040506,
	    .actor = CS_VIEW_TEXT("web"),
	    .action = CS_VIEW_TEXT("otp.verify"),
	    .user = CS_VIEW_TEXT("alice"),
	    .token = CS_VIEW_TEXT("t1"),
	    .result = CS_VIEW_TEXT("wrong"),
	    .reason = CS_VIEW_TEXT("replay"),
	    .address = CS_VIEW_TEXT("127.0.0.1"),
	};

	(void)state;
	memset(entry.previous, 0xAA, sizeof(entry.previous));
	assert_true(cs_view_equal(encode(&entry, first), cs_view(want, sizeof(want) - 1)));
}

static void bytes_that_move_from_one_field_to_the_next_change_the_entry(void **state)
{
	struct cs_audit_entry a = {.actor = CS_VIEW_TEXT("ab"), .action = CS_VIEW_TEXT("c")};
	struct cs_audit_entry b = {.actor = CS_VIEW_TEXT("a"), .action = CS_VIEW_TEXT("bc")};
	struct cs_audit_entry c = {.actor = CS_VIEW_TEXT("ab"), .user = CS_VIEW_TEXT("c")};

	(void)state;
	assert_false(cs_view_equal(encode(&a, first), encode(&b, second)));
	assert_false(cs_view_equal(encode(&a, first), encode(&c, second)));
}

static void the_longest_entry_fits_and_a_longer_text_is_refused(void **state)
{
	static char text[CS_AUDIT_TEXT_MAX + 1];
	struct cs_view longest = cs_view(text, CS_AUDIT_TEXT_MAX);
	struct cs_audit_entry entry = {
	    .actor = longest,
	    .action = longest,
	    .user = longest,
	    .token = longest,
	    .result = longest,
	    .reason = longest,
	    .address = longest,
	    .detail = longest,
	};

	(void)state;
	assert_int_equal(encode(&entry, first).len, CS_AUDIT_ENTRY_MAX);
	struct cs_writer w = CS_WRITER_OF(first);
	entry.detail = CS_VIEW_OF(text);
	assert_int_equal(cs_audit_encode(&entry, &w), CS_ERR_LENGTH);
	assert_int_equal(cs_writer_view(&w).len, 0);
	w = cs_writer_of(first, CS_AUDIT_ENTRY_MAX - 1);
	entry.detail = longest;
	assert_int_equal(cs_audit_encode(&entry, &w), CS_ERR_NO_SPACE);
}

static void format_2_hashes_what_is_open_and_a_commitment_to_the_rest(void **state)
{
	static const char want_open[] = "CSAUDIT2"
					"\0\0\0\0\0\0\0\x02"
					"\0\0\x01\x02\x03\x04\x05\x06"
					"\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA"
					"\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA"
					"CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"
					"\0\x03web"
					"\0\x0Aotp_verify"
					"\0\x05wrong"
					"\0\x06replay";
	static const char want_personal[] = "CSAUDITP"
					    "SSSSSSSSSSSSSSSS"
					    "\0\x05"
					    "alice"
					    "\0\x02t1"
					    "\0\x09"
					    "127.0.0.1"
					    "\0\x04more";
	const struct cs_audit_entry entry = {
	    .sequence = 2,
	    .time_ms = 0x010203040506,
	    .previous = {0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
			 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
			 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA},
	    .actor = CS_VIEW_TEXT("web"),
	    .action = CS_VIEW_TEXT("otp_verify"),
	    .user = CS_VIEW_TEXT("alice"),
	    .token = CS_VIEW_TEXT("t1"),
	    .result = CS_VIEW_TEXT("wrong"),
	    .reason = CS_VIEW_TEXT("replay"),
	    .address = CS_VIEW_TEXT("127.0.0.1"),
	    .detail = CS_VIEW_TEXT("more"),
	};
	uint8_t salt[CS_AUDIT_SALT_LEN], commitment[CS_AUDIT_HASH_LEN];
	struct cs_writer w = CS_WRITER_OF(first);

	(void)state;
	memset(salt, 'S', sizeof(salt));
	memset(commitment, 'C', sizeof(commitment));
	assert_int_equal(cs_audit_encode_open(&entry, commitment, &w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), cs_view(want_open, sizeof(want_open) - 1)));
	w = CS_WRITER_OF(first);
	assert_int_equal(cs_audit_encode_personal(&entry, salt, &w), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&w), cs_view(want_personal, sizeof(want_personal) - 1)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_entry_has_these_bytes),
	    cmocka_unit_test(bytes_that_move_from_one_field_to_the_next_change_the_entry),
	    cmocka_unit_test(format_2_hashes_what_is_open_and_a_commitment_to_the_rest),
	    cmocka_unit_test(the_longest_entry_fits_and_a_longer_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
