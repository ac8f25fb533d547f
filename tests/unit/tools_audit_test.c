/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How countersign verifies an audit log: what was done to it, and where.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "tools/audit_chain.h"

#define ROWS  12u
#define DAY   86400000u
#define START 1800000000000u

/* A log of ROWS entries of format 2, but for the first two, which are of format 1; one every day. */
static struct audit_row rows[ROWS];
static struct cs_checkpoint made[3]; /* of the entries 4, 8 and 12, made a day after them */
static struct audit_checkpoints set;

static void digest(struct cs_writer *w, uint8_t hash[CS_AUDIT_HASH_LEN])
{
	const struct cs_view all = cs_writer_view(w);

	assert_int_equal(EVP_Digest(all.ptr, all.len, hash, NULL, EVP_sha256(), NULL), 1);
}

static void hash_row(struct audit_row *row)
{
	uint8_t bytes[CS_AUDIT_ENTRY_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);

	if (row->format == 1) {
		assert_int_equal(cs_audit_encode(&row->fields, &w), CS_OK);
	} else {
		if (!row->masked) {
			assert_int_equal(cs_audit_encode_personal(&row->fields, row->salt, &w), CS_OK);
			digest(&w, row->commitment);
			w = CS_WRITER_OF(bytes);
		}
		assert_int_equal(cs_audit_encode_open(&row->fields, row->commitment, &w), CS_OK);
	}
	digest(&w, row->stored);
}

/* Hashes the entries anew from this one on, as somebody would who has the database. */
static void rewrite_from(size_t first)
{
	for (size_t i = first; i < ROWS; i++) {
		if (i > 0) {
			memcpy(rows[i].fields.previous, rows[i - 1].stored, CS_AUDIT_HASH_LEN);
		}
		hash_row(&rows[i]);
	}
}

static int make(void **state)
{
	(void)state;
	memset(rows, 0, sizeof(rows));
	for (size_t i = 0; i < ROWS; i++) {
		rows[i].format = i < 2 ? 1 : 2;
		memset(rows[i].salt, (int)i, CS_AUDIT_SALT_LEN);
		rows[i].fields = (struct cs_audit_entry){.sequence = i + 1,
							 .time_ms = START + i * DAY,
							 .actor = CS_VIEW_TEXT("application:web"),
							 .action = CS_VIEW_TEXT("otp_verify"),
							 .user = CS_VIEW_TEXT("alice"),
							 .token = CS_VIEW_TEXT("t_1"),
							 .result = CS_VIEW_TEXT("wrong"),
							 .reason = CS_VIEW_TEXT("replay"),
							 .address = CS_VIEW_TEXT("192.0.2.1"),
							 .detail = CS_VIEW_TEXT("position 7")};
	}
	rewrite_from(0);
	for (size_t i = 0; i < 3; i++) {
		made[i] =
		    (struct cs_checkpoint){.sequence = 4 * (i + 1), .time_ms = START + (4 * i + 4) * DAY};
		memcpy(made[i].hash, rows[4 * i + 3].stored, CS_AUDIT_HASH_LEN);
	}
	set = (struct audit_checkpoints){made, 3};
	return 0;
}

static struct audit_chain walked(size_t first, size_t end, const struct audit_checkpoints *checkpoints)
{
	struct audit_chain chain = {.checkpoints = checkpoints};

	for (size_t i = first; i < end && audit_chain_take(&chain, &rows[i]); i++) {
	}
	(void)audit_chain_end(&chain);
	return chain;
}

static void require_broken(const struct audit_chain *chain, uint64_t at, const char *says)
{
	assert_true(chain->broken);
	assert_int_equal(chain->broken_at, at);
	if (strstr(chain->fault, says) == NULL) {
		fail_msg("%s", chain->fault);
	}
}

static void a_whole_log_holds_and_agrees_with_its_checkpoints(void **state)
{
	const struct audit_chain chain = walked(0, ROWS, &set);

	(void)state;
	assert_false(chain.broken);
	assert_int_equal(chain.entries, ROWS);
	assert_int_equal(chain.confirmed, 3);
	assert_memory_equal(chain.hash, rows[ROWS - 1].stored, CS_AUDIT_HASH_LEN);
}

/* Each text, number and hash of each entry, one bit of it. */
static void a_changed_bit_of_any_field_is_found_where_it_is(void **state)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct cs_audit_entry *entry = &rows[i].fields;
		struct cs_view *const texts[] = {&entry->actor,	  &entry->action, &entry->user,
						 &entry->token,	  &entry->result, &entry->reason,
						 &entry->address, &entry->detail};
		for (size_t t = 0; t < 8; t++) {
			const struct cs_view was = *texts[t];
			char other[32];
			memcpy(other, was.ptr, was.len);
			other[was.len - 1] ^= 1;
			*texts[t] = cs_view(other, was.len);
			const struct audit_chain text = walked(0, ROWS, NULL);
			require_broken(&text, i + 1, "its content");
			*texts[t] = was;
		}
		entry->time_ms ^= 1;
		const struct audit_chain time = walked(0, ROWS, NULL);
		require_broken(&time, i + 1, "its content");
		entry->time_ms ^= 1;
		rows[i].stored[31] ^= 1;
		const struct audit_chain hash = walked(0, ROWS, NULL);
		require_broken(&hash, i + 1, "its content");
		rows[i].stored[31] ^= 1;
		if (rows[i].format == 2) {
			rows[i].salt[0] ^= 1;
			const struct audit_chain salt = walked(0, ROWS, NULL);
			require_broken(&salt, i + 1, "its content");
			rows[i].salt[0] ^= 1;
		}
	}
	(void)state;
}

static void what_was_written_anew_agrees_with_itself_and_with_no_checkpoint(void **state)
{
	(void)state;
	rows[5].fields.user = CS_VIEW_TEXT("mallory");
	rewrite_from(5);
	const struct audit_chain alone = walked(0, ROWS, NULL), held = walked(0, ROWS, &set);
	assert_false(alone.broken);
	require_broken(&held, 8, "not the entry of this number that a checkpoint was made of");
}

static void a_checkpoint_of_another_log_is_found_at_its_entry(void **state)
{
	(void)state;
	made[0].hash[0] ^= 1;
	const struct audit_chain chain = walked(0, ROWS, &set);
	require_broken(&chain, 4, "checkpoint");
}

static void two_checkpoints_of_one_entry_must_agree(void **state)
{
	(void)state;
	made[1] = made[0];
	assert_false(walked(0, ROWS, &set).broken);
	made[1].hash[0] ^= 1;
	const struct audit_chain chain = walked(0, ROWS, &set);
	require_broken(&chain, 4, "checkpoint");
}

static void an_end_that_was_cut_off_is_found_up_to_the_last_checkpoint(void **state)
{
	struct audit_chain older = {.checkpoints = &set, .older = true};

	(void)state;
	const struct audit_chain cut = walked(0, 11, &set), alone = walked(0, 11, NULL);
	require_broken(&cut, 12, "the end was cut off");
	assert_false(alone.broken);
	for (size_t i = 0; i < 9; i++) {
		assert_true(audit_chain_take(&older, &rows[i]));
	}
	assert_true(audit_chain_end(&older));
	assert_int_equal(older.confirmed, 2);
}

static void entries_that_are_missing_or_moved_are_found(void **state)
{
	struct audit_chain gap = {.checkpoints = NULL}, twice = {.checkpoints = NULL};
	struct audit_row zero = rows[0];

	(void)state;
	assert_true(audit_chain_take(&gap, &rows[0]));
	assert_false(audit_chain_take(&gap, &rows[2]));
	require_broken(&gap, 2, "missing");
	assert_true(audit_chain_take(&twice, &rows[0]));
	assert_true(audit_chain_take(&twice, &rows[1]));
	assert_false(audit_chain_take(&twice, &rows[0]));
	require_broken(&twice, 3, "out of order");
	assert_false(audit_chain_take(&twice, &rows[2])); /* once broken, it stays so */
	zero.fields.sequence = 0;
	gap = (struct audit_chain){.checkpoints = NULL};
	assert_false(audit_chain_take(&gap, &zero));
}

static void a_first_entry_follows_zeros(void **state)
{
	(void)state;
	rows[0].fields.previous[3] = 1;
	rewrite_from(0);
	rows[0].fields.previous[3] = 1;
	const struct audit_chain chain = walked(0, ROWS, NULL);
	require_broken(&chain, 1, "does not follow");
}

/* ---- retention ---- */

/* Entry 11 says that retention removed the entries up to number. */
static void told(const char *actor, const char *number)
{
	rows[10].fields.actor = cs_view_string(actor);
	rows[10].fields.action = CS_VIEW_TEXT("audit_prune");
	rows[10].fields.reason = cs_view_string(number);
	rewrite_from(10);
	memcpy(made[2].hash, rows[11].stored, CS_AUDIT_HASH_LEN);
}

static void a_front_that_is_missing_holds_where_the_log_says_that_retention_removed_it(void **state)
{
	struct audit_chain chain;

	(void)state;
	told("countersignd", "4");
	assert_false(walked(4, ROWS, &set).broken);
	assert_int_equal(walked(4, ROWS, &set).confirmed, 3);
	assert_false(walked(2, ROWS, &set).broken); /* half-way */
	chain = walked(5, ROWS, &set);
	require_broken(&chain, 5, "no entry of the log says");
	told("application:web", "4");
	chain = walked(4, ROWS, &set);
	require_broken(&chain, 4, "no entry of the log says");
	told("countersignd", "4x");
	chain = walked(4, ROWS, &set);
	require_broken(&chain, 4, "no entry of the log says");
	told("countersignd", "9999999999999999999");
	chain = walked(4, ROWS, &set);
	require_broken(&chain, 4, "no entry of the log says");
}

static void a_front_that_nothing_anchors_does_not_hold(void **state)
{
	(void)state;
	told("countersignd", "4");
	set.count = 1;
	made[0].sequence = 3; /* before what is there */
	const struct audit_chain chain = walked(4, ROWS, &set);
	require_broken(&chain, 5, "none of the checkpoints");
}

static void what_was_removed_too_early_is_found(void **state)
{
	struct audit_chain chain;

	(void)state;
	told("countersignd", "4"); /* made on day 4, removed on day 10 */
	for (uint64_t days = 5; days < 8; days++) {
		chain = (struct audit_chain){.checkpoints = &set, .retention_ms = days * DAY};
		for (size_t i = 4; i < ROWS; i++) {
			assert_true(audit_chain_take(&chain, &rows[i]));
		}
		assert_int_equal(audit_chain_end(&chain), days < 7);
	}
	require_broken(&chain, 4, "removed when it was 6 days old");
}

static void mask(size_t i)
{
	rows[i].masked = true;
	rows[i].fields.user = rows[i].fields.token = rows[i].fields.address = rows[i].fields.detail =
	    CS_VIEW_EMPTY;
}

static void what_was_masked_holds_and_too_early_is_found(void **state)
{
	struct audit_chain chain = walked(0, ROWS, &set);

	(void)state;
	mask(3);
	mask(5);
	chain = walked(0, ROWS, &set);
	assert_false(chain.broken);
	assert_int_equal(chain.masked, 2);
	for (uint64_t days = 5; days < 8; days++) {
		chain = (struct audit_chain){.checkpoints = &set, .retention_ms = days * DAY};
		for (size_t i = 0; i < ROWS; i++) {
			assert_true(audit_chain_take(&chain, &rows[i]));
		}
		assert_int_equal(audit_chain_end(&chain), days < 7);
	}
	require_broken(&chain, 6, "masked when it was at most 6 days old");
	rows[3].fields.result = CS_VIEW_TEXT("accepted"); /* what is open is not hidden by a mask */
	chain = walked(0, ROWS, &set);
	require_broken(&chain, 4, "its content");
}

/* ---- JSON ---- */

static void an_entry_comes_back_from_json_as_it_went(void **state)
{
	(void)state;
	rows[1].fields.detail = rows[4].fields.user = rows[5].fields.reason = CS_VIEW_EMPTY;
	rewrite_from(0);
	for (size_t i = 0; i < ROWS; i++) {
		for (unsigned masked = 0; masked < 2; masked++) {
			json_t *object = audit_row_json(&rows[i], masked), *again = NULL;
			struct audit_row back;
			char *line = json_dumps(object, 0);
			assert_null(audit_row_of_line(cs_view_string(line), &again, &back));
			assert_null(audit_row_fault(&back));
			assert_int_equal(back.masked, masked && rows[i].format == 2);
			assert_int_equal(back.withheld, masked && rows[i].format == 1);
			assert_int_equal(strstr(line, "alice") == NULL, masked || i == 4);
			assert_int_equal(strstr(line, "192.0.2.1") == NULL, masked);
			json_decref(again);
			json_decref(object);
			free(line);
		}
	}
}

static void a_masked_log_holds_and_ends_as_the_whole_one(void **state)
{
	struct audit_chain chain = {.checkpoints = &set};
	json_t *objects[ROWS];

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct audit_row back;
		objects[i] = audit_row_json(&rows[i], true);
		assert_null(audit_row_of_json(objects[i], &back));
		assert_true(audit_chain_take(&chain, &back));
	}
	assert_true(audit_chain_end(&chain));
	assert_memory_equal(chain.hash, rows[ROWS - 1].stored, CS_AUDIT_HASH_LEN);
	assert_int_equal(chain.withheld, 2);
	for (size_t i = 0; i < ROWS; i++) {
		json_decref(objects[i]);
	}
}

static void what_is_no_entry_is_told_to_be_none(void **state)
{
	static const char *const lines[] = {
	    "",
	    "[]",
	    "{}",
	    "{\"sequence\":1,\"time_ms\":1}",
	    "{\"sequence\":-1,\"time_ms\":1}",
	    "{\"sequence\":1,\"sequence\":2}",
	    "{\"format\":3,\"sequence\":1,\"time_ms\":1}",
	    "{\"format\":\"1\",\"sequence\":1,\"time_ms\":1}",
	    "{\"sequence\":1.0,\"time_ms\":1}",
	};
	struct audit_row row;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		json_t *object;
		assert_non_null(audit_row_of_line(cs_view_string(lines[i]), &object, &row));
		json_decref(object);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, make)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_whole_log_holds_and_agrees_with_its_checkpoints),
	    TEST(a_changed_bit_of_any_field_is_found_where_it_is),
	    TEST(what_was_written_anew_agrees_with_itself_and_with_no_checkpoint),
	    TEST(a_checkpoint_of_another_log_is_found_at_its_entry),
	    TEST(two_checkpoints_of_one_entry_must_agree),
	    TEST(an_end_that_was_cut_off_is_found_up_to_the_last_checkpoint),
	    TEST(entries_that_are_missing_or_moved_are_found),
	    TEST(a_first_entry_follows_zeros),
	    TEST(a_front_that_is_missing_holds_where_the_log_says_that_retention_removed_it),
	    TEST(a_front_that_nothing_anchors_does_not_hold),
	    TEST(what_was_removed_too_early_is_found),
	    TEST(what_was_masked_holds_and_too_early_is_found),
	    TEST(an_entry_comes_back_from_json_as_it_went),
	    TEST(a_masked_log_holds_and_ends_as_the_whole_one),
	    TEST(what_is_no_entry_is_told_to_be_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
