/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The typed commands against the card core itself, in one process; and the same under faults of the
 * transport.
 */
#include "tests/lib/transport_faulty.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cardclient/csgn.h"
#include "cardclient/oath.h"
#include "cardclient/piv.h"

static int setup_countersign(void **state)
{
	return faulty_card_setup(state, fixture_setup_countersign);
}

static int setup_piv(void **state)
{
	return faulty_card_setup(state, fixture_setup_piv);
}

#define PIN    CS_VIEW_TEXT("482915")
#define PUK    CS_VIEW_TEXT("73940216")
#define SO_PIN CS_VIEW_TEXT("51840927")
#define NONE   ((struct cc_piv_policy){PIV_PIN_DEFAULT, PIV_TOUCH_DEFAULT})

static void issue(struct cc_card *card)
{
	assert_int_equal(cc_csgn_select(card, NULL), CS_OK);
	const struct cc_csgn_issue ada = {
	    .so_pin = SO_PIN, .puk = PUK, .label = CS_VIEW_TEXT("Ada"), .profile = CSGN_PROFILE_COUNTERSIGN};

	assert_int_equal(cc_csgn_initialize(card, &ada, NULL), CS_OK);
	assert_int_equal(cc_csgn_verify(card, CSGN_REF_SO, SO_PIN, NULL), CS_OK);
	assert_int_equal(cc_csgn_init_pin(card, PIN, false), CS_OK);
}

static void a_card_is_issued_and_tells_so(void **state)
{
	struct faulty_card *t = *state;
	struct cc_csgn_info info;
	unsigned tries = 0;

	assert_int_equal(cc_csgn_select(t->card, &info), CS_OK);
	assert_int_equal(info.lifecycle, CSGN_BLANK);
	assert_int_equal(info.serial, FIXTURE_SERIAL);
	issue(t->card);
	assert_int_equal(cc_csgn_info(t->card, &info), CS_OK);
	assert_int_equal(info.lifecycle, CSGN_ISSUED);
	assert_string_equal(info.label, "Ada");
	assert_true(info.pin.set);
	/* Someone who does not know the SO PIN does not issue it again. */
	transport_faulty_reset();
	assert_int_equal(cc_csgn_select(t->card, NULL), CS_OK);
	const struct cc_csgn_issue eve = {
	    .so_pin = PUK, .label = CS_VIEW_TEXT("Eve"), .profile = CSGN_PROFILE_COUNTERSIGN};
	const struct cc_csgn_issue bob = {
	    .so_pin = SO_PIN, .label = CS_VIEW_TEXT("Bob"), .profile = CSGN_PROFILE_COUNTERSIGN};
	assert_int_equal(cc_csgn_initialize(t->card, &eve, &tries), CS_ERR_WRONG);
	assert_int_equal(tries, 2);
	assert_int_equal(cc_csgn_initialize(t->card, &bob, &tries), CS_OK);
}

static void wrong_pins_count_down_to_blocked_and_the_puk_unblocks(void **state)
{
	struct faulty_card *t = *state;
	unsigned tries = 99;
	bool verified;

	issue(t->card);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_piv_verify(t->card, CS_VIEW_TEXT("123456789"), &tries), CS_ERR_ARG);
	assert_int_equal(tries, 99);
	assert_int_equal(cc_piv_verify(t->card, CS_VIEW_TEXT("999999"), &tries), CS_ERR_WRONG);
	assert_int_equal(tries, 2);
	assert_int_equal(cc_piv_verify_status(t->card, PIV_REF_PIN, &verified, &tries), CS_OK);
	assert_false(verified);
	assert_int_equal(tries, 2);
	assert_int_equal(cc_piv_verify(t->card, CS_VIEW_TEXT("999999"), &tries), CS_ERR_WRONG);
	assert_int_equal(cc_piv_verify(t->card, CS_VIEW_TEXT("999999"), &tries), CS_ERR_BLOCKED);
	assert_int_equal(tries, 0);
	assert_int_equal(cc_piv_verify(t->card, PIN, &tries), CS_ERR_BLOCKED);
	assert_int_equal(cc_piv_unblock(t->card, PUK, CS_VIEW_TEXT("593817"), &tries), CS_OK);
	assert_int_equal(cc_piv_verify(t->card, CS_VIEW_TEXT("593817"), &tries), CS_OK);
	assert_int_equal(cc_piv_verify_status(t->card, PIV_REF_PIN, &verified, &tries), CS_OK);
	assert_true(verified);
	assert_int_equal(tries, CC_TRIES_UNKNOWN);
	assert_int_equal(cc_piv_logout(t->card), CS_OK);
	assert_int_equal(cc_piv_verify_status(t->card, PIV_REF_PIN, &verified, &tries), CS_OK);
	assert_false(verified);
}

static void keys_are_made_described_used_and_deleted(void **state)
{
	struct faulty_card *t = *state;
	struct cc_piv_public public;
	struct cc_piv_metadata metadata;
	uint8_t out[CC_PIV_RESULT_MAX], digest[32] = {1};
	struct cs_writer w = CS_WRITER_OF(out);

	issue(t->card);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_piv_generate(t->card, 0x9A, PIV_ALG_P256, NONE, NULL, &public), CS_ERR_DENIED);
	assert_int_equal(cc_piv_verify(t->card, PIN, NULL), CS_OK);
	assert_int_equal(cc_piv_generate(t->card, 0x9A, PIV_ALG_P256, NONE, NULL, &public), CS_OK);
	assert_int_equal(public.point_len, 65);
	assert_int_equal(cc_piv_metadata(t->card, 0x9A, &metadata), CS_OK);
	assert_int_equal(metadata.algorithm, PIV_ALG_P256);
	assert_true(metadata.has_public);
	assert_memory_equal(metadata.public_key.point, public.point, 65);
	assert_int_equal(cc_piv_private_op(t->card, 0x9A, PIV_ALG_P256, CS_VIEW_OF(digest), &w), CS_OK);
	assert_int_equal(out[0], 0x30);
	w = CS_WRITER_OF(out);
	/* A digest shorter than the field is a smaller number, not an error. */
	assert_int_equal(cc_piv_private_op(t->card, 0x9A, PIV_ALG_P256, cs_view(digest, 20), &w), CS_OK);
	w = CS_WRITER_OF(out);
	assert_int_equal(cc_piv_ecdh(t->card, 0x9A, PIV_ALG_P256, cs_view(public.point, 65), &w), CS_OK);
	assert_int_equal(cs_writer_view(&w).len, 32);
	assert_int_equal(cc_piv_delete_key(t->card, 0x9A), CS_OK);
	assert_int_equal(cc_piv_metadata(t->card, 0x9A, &metadata), CS_ERR_NOT_FOUND);
}

static void objects_of_any_size_come_back_as_they_were(void **state)
{
	static const size_t sizes[] = {1, 100, 240, 255, 256, 1000, 3000};
	struct faulty_card *t = *state;
	uint8_t in[3000], back[CC_PIV_OBJECT_MAX];
	bool compressed;

	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)(i * 7);
	issue(t->card);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_piv_verify(t->card, PIN, NULL), CS_OK);
	for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
		struct cs_view data = cs_view(in, sizes[i / 2]);
		struct cs_writer w = CS_WRITER_OF(back);
		cc_card_set_extended(t->card, i % 2 == 0);
		assert_int_equal(cc_piv_put_certificate(t->card, 0x82, data, i % 2 == 1), CS_OK);
		assert_int_equal(cc_piv_get_certificate(t->card, 0x82, &w, &compressed), CS_OK);
		assert_true(cs_view_equal(cs_writer_view(&w), data));
		assert_int_equal(compressed, i % 2 == 1);
	}
	struct cs_writer w = CS_WRITER_OF(back);
	assert_int_equal(cc_piv_put_certificate(t->card, 0x82, CS_VIEW_EMPTY, false), CS_OK);
	assert_int_equal(cc_piv_get_certificate(t->card, 0x82, &w, &compressed), CS_ERR_NOT_FOUND);
	assert_int_equal(cc_piv_get_object(t->card, PIV_OBJ_DISCOVERY, &w), CS_OK);
	assert_int_equal(cc_piv_get_object(t->card, PIV_OBJ_CHUID, &w), CS_OK);
}

static void the_management_key_is_proved_both_ways_and_changed(void **state)
{
	static const uint8_t factory[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
					    5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	struct faulty_card *t = *state;
	uint8_t wrong[24] = {9}, aes[32] = {7};
	enum piv_alg alg;

	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_piv_management_alg(t->card, &alg), CS_OK);
	assert_int_equal(alg, PIV_ALG_3DES);
	assert_int_equal(cc_piv_authenticate(t->card, PIV_ALG_3DES, cs_view(factory, 16)), CS_ERR_ARG);
	assert_int_equal(cc_piv_authenticate(t->card, PIV_ALG_3DES, CS_VIEW_OF(wrong)), CS_ERR_WRONG);
	assert_int_equal(cc_piv_set_management_key(t->card, PIV_ALG_AES256, CS_VIEW_OF(aes), false),
			 CS_ERR_DENIED);
	assert_int_equal(cc_piv_authenticate(t->card, PIV_ALG_3DES, CS_VIEW_OF(factory)), CS_OK);
	assert_int_equal(cc_piv_set_management_key(t->card, PIV_ALG_AES256, CS_VIEW_OF(aes), false), CS_OK);
	assert_int_equal(cc_piv_management_alg(t->card, &alg), CS_OK);
	assert_int_equal(alg, PIV_ALG_AES256);
	assert_int_equal(cc_piv_authenticate(t->card, PIV_ALG_AES256, CS_VIEW_OF(aes)), CS_OK);
}

static enum cs_err count_entries(void *ctx, const struct cc_oath_entry *entry)
{
	assert_true(entry->name.len > 0);
	++*(unsigned *)ctx;
	return CS_OK;
}

static void add_totp(struct cc_card *card, const char *name)
{
	/* RFC 6238, appendix B. */
	struct cc_oath_credential c = {.name = cs_view_string(name),
				       .type = YKOATH_TYPE_TOTP,
				       .hash = YKOATH_HASH_SHA1,
				       .digits = 8,
				       .key = CS_VIEW_TEXT("12345678901234567890")};
	assert_int_equal(cc_oath_put(card, &c), CS_OK);
}

static void one_time_passwords_are_those_of_the_standard(void **state)
{
	struct faulty_card *t = *state;
	struct cc_oath_info info;
	char code[CS_OATH_CODE_MAX];
	uint32_t truncated;
	unsigned digits, count = 0;

	assert_int_equal(cc_oath_select(t->card, &info), CS_OK);
	assert_false(info.locked);
	add_totp(t->card, "ada");
	assert_int_equal(cc_oath_calculate(t->card, CS_VIEW_TEXT("ada"), 59 / 30, &truncated, &digits),
			 CS_OK);
	cs_oath_format(truncated, digits, code);
	assert_string_equal(code, "94287082");
	assert_int_equal(cc_oath_calculate(t->card, CS_VIEW_TEXT("eve"), 0, &truncated, &digits),
			 CS_ERR_NOT_FOUND);
	assert_int_equal(cc_oath_rename(t->card, CS_VIEW_TEXT("ada"), CS_VIEW_TEXT("bob")), CS_OK);
	assert_int_equal(cc_oath_list(t->card, count_entries, &count), CS_OK);
	assert_int_equal(count, 1);
	assert_int_equal(cc_oath_delete(t->card, CS_VIEW_TEXT("ada")), CS_ERR_NOT_FOUND);
	assert_int_equal(cc_oath_delete(t->card, CS_VIEW_TEXT("bob")), CS_OK);
}

static void lists_longer_than_an_answer_are_read_whole(void **state)
{
	struct faulty_card *t = *state;
	struct cc_oath_info info;
	char name[YKOATH_NAME_MAX + 1];
	unsigned count = 0;

	assert_int_equal(cc_oath_select(t->card, &info), CS_OK);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "a credential with a name that takes some room, number %u", i);
		add_totp(t->card, name);
	}
	assert_int_equal(cc_oath_list(t->card, count_entries, &count), CS_OK);
	assert_int_equal(cc_oath_calculate_all(t->card, 1, count_entries, &count), CS_OK);
	assert_int_equal(count, 80);
}

static void the_access_code_locks_and_is_proved_both_ways(void **state)
{
	struct faulty_card *t = *state;
	struct cc_oath_info info;
	uint8_t code[YKOATH_CODE_LEN], other[YKOATH_CODE_LEN];
	unsigned count = 0;

	assert_int_equal(cc_oath_select(t->card, &info), CS_OK);
	assert_int_equal(cc_oath_derive(CS_VIEW_TEXT("open sesame"), cs_view(info.salt, info.salt_len), code),
			 CS_OK);
	assert_int_equal(
	    cc_oath_derive(CS_VIEW_TEXT("open barley"), cs_view(info.salt, info.salt_len), other), CS_OK);
	assert_int_equal(cc_oath_set_code(t->card, code), CS_OK);
	assert_int_equal(cc_oath_select(t->card, &info), CS_OK);
	assert_true(info.locked);
	assert_int_equal(cc_oath_list(t->card, count_entries, &count), CS_ERR_DENIED);
	assert_int_equal(cc_oath_validate(t->card, &info, other), CS_ERR_WRONG);
	assert_int_equal(cc_oath_select(t->card, &info), CS_OK);
	assert_int_equal(cc_oath_validate(t->card, &info, code), CS_OK);
	assert_int_equal(cc_oath_list(t->card, count_entries, &count), CS_OK);
	assert_int_equal(cc_oath_remove_code(t->card), CS_OK);
	assert_int_equal(cc_oath_reset(t->card), CS_OK);
	assert_int_equal(cc_oath_select(t->card, &info), CS_OK);
	assert_false(info.locked);
}

/* ---- channels ---- */

static void programs_with_a_channel_of_their_own_do_not_meet(void **state)
{
	struct faulty_card *t = *state;
	struct cc_card *other = NULL;
	bool verified = true;
	unsigned tries;

	issue(t->card);
	assert_int_equal(cc_connect(t->ctx, TRANSPORT_FAULTY_READER, &other), CS_OK);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_piv_verify(t->card, PIN, NULL), CS_OK);
	assert_int_equal(cc_channel_open(other), CS_OK);
	assert_int_equal(cc_card_channel(other), 1);
	assert_int_equal(cc_channel_open(other), CS_ERR_EXISTS);
	assert_int_equal(cc_piv_select(other, NULL), CS_OK);
	assert_int_equal(cc_piv_verify_status(other, PIV_REF_PIN, &verified, &tries), CS_OK);
	assert_false(verified);
	assert_int_equal(cc_csgn_select(other, NULL), CS_OK);
	assert_int_equal(cc_piv_verify_status(t->card, PIV_REF_PIN, &verified, &tries), CS_OK);
	assert_true(verified);
	cc_disconnect(other);
	assert_false(t->fixture->card.channels[1].open);
	assert_int_equal(cc_channel_close(t->card), CS_ERR_STATE);
}

static void long_commands_and_answers_stay_on_their_channel(void **state)
{
	struct faulty_card *t = *state;
	uint8_t in[1000], back[CC_PIV_OBJECT_MAX];

	issue(t->card);
	memset(in, 0x5A, sizeof in);
	assert_int_equal(cc_channel_open(t->card), CS_OK);
	for (int extended = 0; extended < 2; extended++) {
		struct cs_writer w = CS_WRITER_OF(back);

		assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
		assert_int_equal(cc_piv_verify(t->card, PIN, NULL), CS_OK);
		cc_card_set_extended(t->card, extended);
		assert_int_equal(cc_piv_put_object(t->card, PIV_OBJ_SECURITY, CS_VIEW_OF(in)), CS_OK);
		assert_int_equal(cc_piv_get_object(t->card, PIV_OBJ_SECURITY, &w), CS_OK);
		assert_true(cs_view_equal(cs_writer_view(&w), CS_VIEW_OF(in)));
	}
	assert_ptr_not_equal(t->fixture->card.channels[0].app, &piv_app);
	assert_int_equal(cc_channel_close(t->card), CS_OK);
	assert_int_equal(cc_card_channel(t->card), 0);
}

/* The number may be another program's by the time we are told, and on the basic channel others are. */
static void after_a_reset_no_command_goes_anywhere_until_the_caller_says_where(void **state)
{
	struct faulty_card *t = *state;

	issue(t->card);
	assert_int_equal(cc_channel_open(t->card), CS_OK);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	transport_faulty_reset();
	t->fixture->card.channels[0].app = &piv_app;
	t->fixture->card.channels[1].app = &piv_app;
	t->fixture->card.channels[1].open = true;
	assert_int_equal(cc_piv_verify(t->card, PIN, NULL), CS_ERR_STATE);
	assert_int_equal(cc_piv_verify(t->card, PIN, NULL), CS_ERR_STATE);
	assert_int_equal(t->fixture->card.channels[0].security, 0);
	assert_int_equal(t->fixture->card.channels[1].security, 0);
	assert_int_equal(cc_channel_open(t->card), CS_OK);
	assert_int_equal(cc_card_channel(t->card), 2);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	transport_faulty_reset();
	assert_int_equal(cc_piv_select(t->card, NULL), CS_ERR_STATE);
	assert_int_equal(cc_channel_close(t->card), CS_OK);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_card_channel(t->card), 0);
}

static void when_no_channel_is_free_the_basic_one_goes_on(void **state)
{
	struct faulty_card *t = *state;

	for (size_t i = 1; i < CARD_CHANNELS; i++)
		t->fixture->card.channels[i].open = true;
	assert_int_equal(cc_channel_open(t->card), CS_ERR_UNSUPPORTED);
	assert_int_equal(cc_card_channel(t->card), 0);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
}

/* ---- faults ---- */

static void a_reset_by_another_program_is_told_and_survived(void **state)
{
	struct faulty_card *t = *state;
	uint8_t serial[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(serial);

	issue(t->card);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	uint32_t generation = cc_card_generation(t->card);
	transport_faulty_reset();
	assert_int_equal(cc_begin(t->card), CS_OK);
	assert_int_not_equal(cc_card_generation(t->card), generation);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	transport_faulty_fail_at(1, CS_ERR_STATE, false);
	assert_int_equal(cc_piv_get_object(t->card, PIV_OBJ_CHUID, &w), CS_ERR_REMOVED);
	assert_true(cc_card_present(t->card));
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_piv_get_object(t->card, PIV_OBJ_CHUID, &w), CS_OK);
	cc_end(t->card);
}

static void a_reset_of_ones_own_ends_what_was_proved_and_the_transaction_goes_on(void **state)
{
	struct faulty_card *t = *state;
	struct cc_card *other;
	uint32_t generation, of_other;
	unsigned tries;
	bool verified = true;

	issue(t->card);
	assert_int_equal(cc_connect(t->ctx, TRANSPORT_FAULTY_READER, &other), CS_OK);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_piv_verify(t->card, PIN, NULL), CS_OK);
	generation = cc_card_generation(t->card);
	of_other = cc_card_generation(other);
	assert_int_equal(cc_begin(t->card), CS_OK);
	assert_int_equal(cc_card_reset(t->card), CS_OK);
	assert_int_not_equal(cc_card_generation(t->card), generation);
	generation = cc_card_generation(t->card);
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_piv_verify_status(t->card, PIV_REF_PIN, &verified, &tries), CS_OK);
	assert_false(verified);
	cc_end(t->card);
	assert_int_equal(cc_card_generation(t->card), generation);
	/* The other program is told. */
	assert_int_equal(cc_begin(other), CS_OK);
	assert_int_not_equal(cc_card_generation(other), of_other);
	cc_end(other);
	cc_disconnect(other);
	transport_faulty_insert(NULL);
	assert_int_equal(cc_card_reset(t->card), CS_ERR_REMOVED);
	assert_false(cc_card_present(t->card));
}

/* Whatever command the card is pulled at, the error is the same, and the card works when it is put back. */
static void a_pulled_card_is_gone_at_every_command(void **state)
{
	struct faulty_card *t = *state;
	uint8_t data[600] = {0};

	issue(t->card);
	for (unsigned n = 1; n <= 5; n++) {
		assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
		cc_card_set_extended(t->card, false);
		transport_faulty_fail_at(n, CS_ERR_REMOVED, n % 2 == 0);
		enum cs_err err = cc_piv_verify(t->card, PIN, NULL);
		if (!err)
			err = cc_piv_put_object(t->card, PIV_OBJ_RETIRED_CERT(1), CS_VIEW_OF(data));
		if (!err)
			err = cc_piv_logout(t->card);
		assert_int_equal(err, CS_ERR_REMOVED);
		assert_false(cc_card_present(t->card));
		assert_int_equal(cc_piv_select(t->card, NULL), CS_ERR_REMOVED);
		cc_disconnect(t->card);
		t->card = NULL;
		assert_int_equal(cc_connect(t->ctx, TRANSPORT_FAULTY_READER, &t->card), CS_ERR_NO_CARD);
		transport_faulty_insert(t->fixture);
		assert_int_equal(cc_connect(t->ctx, TRANSPORT_FAULTY_READER, &t->card), CS_OK);
	}
}

#define OURS(test) cmocka_unit_test_setup_teardown(test, setup_countersign, faulty_card_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    OURS(a_card_is_issued_and_tells_so),
	    OURS(wrong_pins_count_down_to_blocked_and_the_puk_unblocks),
	    OURS(keys_are_made_described_used_and_deleted),
	    OURS(objects_of_any_size_come_back_as_they_were),
	    cmocka_unit_test_setup_teardown(the_management_key_is_proved_both_ways_and_changed, setup_piv,
					    faulty_card_teardown),
	    OURS(one_time_passwords_are_those_of_the_standard),
	    OURS(lists_longer_than_an_answer_are_read_whole),
	    OURS(the_access_code_locks_and_is_proved_both_ways),
	    OURS(programs_with_a_channel_of_their_own_do_not_meet),
	    OURS(long_commands_and_answers_stay_on_their_channel),
	    OURS(after_a_reset_no_command_goes_anywhere_until_the_caller_says_where),
	    OURS(when_no_channel_is_free_the_basic_one_goes_on),
	    OURS(a_reset_by_another_program_is_told_and_survived),
	    OURS(a_reset_of_ones_own_ends_what_was_proved_and_the_transaction_goes_on),
	    OURS(a_pulled_card_is_gone_at_every_command),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
