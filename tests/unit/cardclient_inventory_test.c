/* SPDX-License-Identifier: BSD-2-Clause
 *
 * INVENTORY, the card's life, attributes and secret keys as a host sees them: the typed commands against the
 * card core in one process; and answers that no card gives.
 */
#include "tests/lib/transport_faulty.h"

#include <stdlib.h>
#include <string.h>

#include "cardclient/csgn.h"
#include "cardclient/inventory.h"
#include "cardclient/oath.h"
#include "cardclient/piv.h"

struct test {
	struct fixture *fixture;
	struct cc_context *ctx;
	struct cc_card *card;
};

#define PIN    CS_VIEW_TEXT("482915")
#define SO_PIN CS_VIEW_TEXT("51840927")

static int setup(void **state)
{
	const struct cc_csgn_issue ada = {
	    .so_pin = SO_PIN, .label = CS_VIEW_TEXT("Ada"), .profile = CSGN_PROFILE_COUNTERSIGN};
	void *fixture;
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	fixture_setup_countersign(&fixture);
	t->fixture = fixture;
	transport_faulty_insert(t->fixture);
	transport_faulty_fail_at(0, CS_OK, false);
	assert_int_equal(cc_context_over(&transport_faulty, "", &t->ctx), CS_OK);
	assert_int_equal(cc_connect(t->ctx, TRANSPORT_FAULTY_READER, &t->card), CS_OK);
	assert_int_equal(cc_csgn_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_csgn_initialize(t->card, &ada, NULL), CS_OK);
	assert_int_equal(cc_csgn_verify(t->card, CSGN_REF_SO, SO_PIN, NULL), CS_OK);
	assert_int_equal(cc_csgn_init_pin(t->card, PIN, false), CS_OK);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;
	void *fixture = t->fixture;
	cc_disconnect(t->card);
	cc_context_free(t->ctx);
	transport_faulty_insert(NULL);
	fixture_teardown(&fixture);
	free(t);
	return 0;
}

/* ---- what was told ---- */

struct told {
	unsigned keys, objects, secrets, credentials;
	struct cc_entry last; /* with the views as they were: not to be followed */
	char label[65], id[65], name[65];
	uint32_t want; /* the entry of this id is kept */
	bool found;
};

static void keep_text(char text[65], struct cs_view v)
{
	assert_true(v.len < 65);
	if (v.len)
		memcpy(text, v.ptr, v.len);
	text[v.len] = '\0';
}

static enum cs_err tell(void *ctx, const struct cc_entry *entry)
{
	struct told *told = ctx;

	told->keys += entry->kind == CSGN_TAG_KEY;
	told->objects += entry->kind == CSGN_TAG_OBJECT;
	told->secrets += entry->kind == CSGN_TAG_SECRET;
	told->credentials += entry->kind == CSGN_TAG_CREDENTIAL;
	if (entry->kind == CSGN_TAG_CREDENTIAL)
		keep_text(told->name, entry->name);
	if (entry->id == told->want && entry->kind != CSGN_TAG_CREDENTIAL) {
		told->found = true;
		told->last = *entry;
		keep_text(told->label, entry->label);
		keep_text(told->id, entry->attribute_id);
	}
	return CS_OK;
}

static struct told ask(struct test *t, uint32_t want, const uint8_t *known, struct cc_inventory *inv)
{
	struct told told;

	memset(&told, 0, sizeof told);
	told.want = want;
	assert_int_equal(cc_inventory(t->card, known, inv, tell, &told), CS_OK);
	return told;
}

static void login_piv(struct test *t)
{
	assert_int_equal(cc_piv_select(t->card, NULL), CS_OK);
	assert_int_equal(cc_piv_verify(t->card, PIN, NULL), CS_OK);
}

static void a_card_is_told_of_in_one_command_and_then_in_none_of_its_objects(void **state)
{
	struct test *t = *state;
	struct cc_inventory inv, again;
	struct told told = ask(t, PIV_OBJ_CHUID, NULL, &inv);
	uint64_t before;

	assert_false(inv.unchanged);
	assert_int_equal(inv.serial, FIXTURE_SERIAL);
	assert_int_equal(inv.lifecycle, CSGN_ISSUED);
	assert_int_equal(inv.profile, CSGN_PROFILE_COUNTERSIGN);
	assert_string_equal(inv.label, "Ada");
	assert_string_equal(inv.holder, "");
	assert_false(inv.oath_locked);
	assert_true(inv.algorithm_count >= 5);
	assert_int_equal(inv.reference_count, 3);
	assert_int_equal(inv.references[0].reference, PIV_REF_PIN);
	assert_int_equal(inv.references[0].flags, CSGN_REFERENCE_SET);
	assert_int_equal(inv.references[0].left, 3);
	assert_true(told.keys >= 1 && told.objects >= 4);
	assert_true(told.found && told.last.has_contents && told.last.length > 40);
	before = cc_card_apdus(t->card);
	told = ask(t, 0, inv.mark, &again);
	assert_int_equal(cc_card_apdus(t->card) - before, 1);
	assert_true(again.unchanged);
	assert_int_equal(told.keys + told.objects, 0);
	assert_int_equal(again.lifecycle, CSGN_ISSUED);
	assert_int_equal(again.references[2].reference, CSGN_REF_SO);
	assert_memory_equal(again.mark, inv.mark, sizeof inv.mark);
}

static void attributes_come_back_as_they_were_set(void **state)
{
	const struct cc_attributes a = {.label = CS_VIEW_TEXT("mail"),
					.id = CS_VIEW_TEXT("\1\2"),
					.flags = 0x4001},
				   none = {.flags = 0};
	const struct cs_view contents = CS_VIEW_TEXT("hello");
	struct test *t = *state;
	struct cc_inventory inv;
	struct told told;

	login_piv(t);
	assert_int_equal(cc_csgn_set_attributes(t->card, PIV_SLOT_SIGNATURE, &a, NULL), CS_ERR_NOT_FOUND);
	assert_int_equal(cc_csgn_set_attributes(t->card, 0x5FFF30, &a, &contents), CS_OK);
	told = ask(t, 0x5FFF30, NULL, &inv);
	assert_true(told.found && told.last.has_attributes);
	assert_string_equal(told.label, "mail");
	assert_string_equal(told.id, "\1\2");
	assert_int_equal(told.last.flags, 0x4001);
	assert_int_equal(told.last.length, 5);
	/* it is private */
	assert_int_equal(cc_csgn_select(t->card, NULL), CS_OK);
	told = ask(t, 0x5FFF30, NULL, &inv);
	assert_true(told.found && !told.last.has_contents && !told.last.has_attributes);
	login_piv(t);
	assert_int_equal(cc_csgn_set_attributes(t->card, 0x5FFF30, &none, NULL), CS_OK);
	told = ask(t, 0x5FFF30, NULL, &inv);
	assert_true(told.found && told.last.has_contents && !told.last.has_attributes);
}

static void secret_keys_are_made_used_and_deleted(void **state)
{
	const struct cc_attributes a = {.label = CS_VIEW_TEXT("disk")};
	const struct cc_secret aes = {.algorithm = CSGN_SECRET_AES256,
				      .usage = CSGN_USAGE_ENCRYPT | CSGN_USAGE_DECRYPT,
				      .attributes = &a};
	const struct cc_secret hmac = {
	    .algorithm = CSGN_SECRET_HMAC_SHA256, .number = 7, .key = CS_VIEW_TEXT("0123456789abcdef")};
	struct test *t = *state;
	uint8_t number, iv[16], sealed[32], tag[16], open[32], mac[64];
	struct cs_writer iv_w = CS_WRITER_OF(iv), sealed_w = CS_WRITER_OF(sealed), tag_w = CS_WRITER_OF(tag),
			 open_w = CS_WRITER_OF(open), mac_w = CS_WRITER_OF(mac), small = cs_writer_of(mac, 4);
	struct cc_inventory inv;
	struct told told;

	login_piv(t);
	assert_int_equal(cc_csgn_secret_create(t->card, &aes, &number), CS_OK);
	assert_int_equal(number, 1);
	assert_int_equal(cc_csgn_secret_create(t->card, &hmac, &number), CS_OK);
	assert_int_equal(number, 7);
	assert_int_equal(cc_csgn_secret_create(t->card, &hmac, &number), CS_ERR_STATE);
	told = ask(t, 1, NULL, &inv);
	assert_int_equal(told.secrets, 2);
	assert_string_equal(told.label, "disk");
	assert_int_equal(told.last.algorithm, CSGN_SECRET_AES256);
	assert_int_equal(told.last.usage, CSGN_USAGE_ENCRYPT | CSGN_USAGE_DECRYPT);
	assert_int_equal(told.last.length, 32);
	assert_int_equal(told.last.origin, PIV_ORIGIN_GENERATED);
	struct cc_secret_use seal = {.text = CS_VIEW_TEXT("attack at dawn"),
				     .iv_out = &iv_w,
				     .text_out = &sealed_w,
				     .mac_out = &tag_w};
	assert_int_equal(cc_csgn_secret_use(t->card, 1, CSGN_USE_GCM, &seal), CS_OK);
	struct cc_secret_use unseal = {.iv = cs_writer_view(&iv_w),
				       .text = cs_writer_view(&sealed_w),
				       .mac = cs_writer_view(&tag_w),
				       .text_out = &open_w};
	assert_int_equal(cc_csgn_secret_use(t->card, 1, CSGN_USE_GCM | CSGN_USE_INVERSE, &unseal), CS_OK);
	assert_true(cs_view_equal(cs_writer_view(&open_w), seal.text));
	tag[0] ^= 1;
	assert_int_equal(cc_csgn_secret_use(t->card, 1, CSGN_USE_GCM | CSGN_USE_INVERSE, &unseal),
			 CS_ERR_ARG);
	assert_int_equal(cc_csgn_secret_use(t->card, 1, CSGN_USE_CMAC, &seal), CS_ERR_STATE);
	struct cc_secret_use sign = {.text = CS_VIEW_TEXT("message"), .mac_out = &mac_w};
	assert_int_equal(cc_csgn_secret_use(t->card, 7, CSGN_USE_HMAC, &sign), CS_OK);
	assert_int_equal(cs_writer_view(&mac_w).len, 32);
	sign.mac_out = &small;
	assert_int_equal(cc_csgn_secret_use(t->card, 7, CSGN_USE_HMAC, &sign), CS_ERR_NO_SPACE);
	assert_int_equal(cc_csgn_secret_delete(t->card, 7), CS_OK);
	assert_int_equal(cc_csgn_secret_delete(t->card, 7), CS_ERR_NOT_FOUND);
}

static void the_card_s_life_is_led_by_its_officer(void **state)
{
	const struct cs_view holder = CS_VIEW_TEXT("Ada Lovelace"), expiry = CS_VIEW_TEXT("20301231"),
			     bad = CS_VIEW_TEXT("20301331"), none = CS_VIEW_EMPTY;
	struct test *t = *state;
	struct cc_inventory inv;

	assert_int_equal(cc_csgn_personalise(t->card, &holder, &bad), CS_ERR_ARG);
	assert_int_equal(cc_csgn_personalise(t->card, &holder, &expiry), CS_OK);
	(void)ask(t, 0, NULL, &inv);
	assert_string_equal(inv.holder, "Ada Lovelace");
	assert_string_equal(inv.expiry, "20301231");
	assert_int_equal(cc_csgn_personalise(t->card, NULL, &none), CS_OK);
	(void)ask(t, 0, NULL, &inv);
	assert_string_equal(inv.holder, "Ada Lovelace");
	assert_string_equal(inv.expiry, "");
	assert_int_equal(cc_csgn_unlock(t->card), CS_ERR_STATE);
	assert_int_equal(cc_csgn_lock(t->card), CS_OK);
	assert_int_equal(cc_csgn_unlock(t->card), CS_ERR_DENIED);
	assert_int_equal(cc_csgn_verify(t->card, PIV_REF_PIN, PIN, NULL), CS_ERR_BLOCKED);
	(void)ask(t, 0, NULL, &inv);
	assert_int_equal(inv.lifecycle, CSGN_LOCKED);
	assert_int_equal(cc_csgn_verify(t->card, CSGN_REF_SO, SO_PIN, NULL), CS_OK);
	assert_int_equal(cc_csgn_unlock(t->card), CS_OK);
	assert_int_equal(cc_csgn_terminate(t->card), CS_OK);
	(void)ask(t, 0, NULL, &inv);
	assert_int_equal(inv.lifecycle, CSGN_TERMINATED);
	assert_int_equal(cc_csgn_verify(t->card, CSGN_REF_SO, SO_PIN, NULL), CS_ERR_STATE);
}

/* Enough of them that one response is too short. */
static void pages_are_put_together(void **state)
{
	static const uint8_t text[128] = {'x'};
	const struct cc_attributes a = {
	    .label = cs_view(text, 64), .id = cs_view(text, 64), .more = cs_view(text, 128)};
	struct test *t = *state;
	struct cc_inventory inv;
	struct told told;
	uint64_t before;

	login_piv(t);
	for (uint32_t tag = 0x5FFF20; tag < 0x5FFF20 + 130; tag++) {
		const struct cs_view contents = CS_VIEW_TEXT("data");

		assert_int_equal(cc_csgn_set_attributes(t->card, tag, &a, &contents), CS_OK);
	}
	before = cc_card_apdus(t->card);
	told = ask(t, 0x5FFF20 + 129, NULL, &inv);
	assert_true(told.objects >= 130 && told.found);
	assert_int_equal(cc_card_apdus(t->card) - before, 2);
	assert_string_equal(inv.label, "Ada");
}

/* ---- answers that are not to be trusted ---- */

static enum cs_err parse(const char *hex, struct cc_inventory *inv, uint16_t *cursor, struct told *told)
{
	uint8_t bytes[256];

	memset(told, 0, sizeof *told);
	return cc_inventory_parse(fixture_hex(hex, bytes, sizeof bytes), NULL, inv, cursor, tell, told);
}

#define HEAD "890D 00000001 0102030405060708 00 830103"

static void answers_that_no_card_gives_are_refused_and_nothing_is_written(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "890D 00000001 0102030405060708 00", /* no life-cycle */
	    HEAD "8A03 800103",			 /* a reference cut short */
	    HEAD "8A14 80010303 81010303 83010303 84010303 85010303",
	    HEAD "8421 6161616161616161616161616161616161616161616161616161616161616161 61",
	    HEAD "8402 6100",
	    HEAD "8D09 323033303132333131",
	    HEAD "8E02 0000",
	    HEAD "8E01 01",
	    HEAD "8E02 0100 830103", /* something behind the cursor */
	    HEAD "A202 8000",
	    HEAD "A200",
	    HEAD "A304 8002 5FC1",
	    HEAD "A305 80035FC102 00",
	    HEAD "A307 80035FC102 8300",
	    HEAD "A505 8003 210600",
	    HEAD "A50A 8003 210600 8500 8500 00",
	    HEAD "A30A 80035FC102 A103 820101",
	    HEAD "A2",
	    HEAD "8803 010203 FF",
	};
	struct cc_inventory inv, was;
	uint16_t cursor = 77;
	struct told told;

	(void)state;
	memset(&inv, 0x5A, sizeof inv);
	memcpy(&was, &inv, sizeof inv);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		if (parse(wrong[i], &inv, &cursor, &told) != CS_ERR_MALFORMED)
			fail_msg("%s", wrong[i]);
		assert_memory_equal(&inv, &was, sizeof inv);
		assert_int_equal(cursor, 77);
	}
	assert_int_equal(parse(HEAD "9F0102 9E00 A205 8005 9A11020201", &inv, &cursor, &told),
			 CS_ERR_MALFORMED);
	assert_int_equal(parse(HEAD "9E0102 A207 8005 9A11020301 8E02 0102", &inv, &cursor, &told), CS_OK);
	assert_int_equal(told.keys, 1);
	assert_int_equal(cursor, 0x0102);
}

static void a_credential_with_more_digits_than_a_code_has_is_left_out(void **state)
{
	struct cc_inventory inv;
	uint16_t cursor;
	struct told told;

	(void)state;
	assert_int_equal(
	    parse(HEAD "A508 8003 21FF00 8501 61 A508 8003 210A00 8501 62", &inv, &cursor, &told), CS_OK);
	assert_int_equal(told.credentials, 1);
}

static enum cs_err stop(void *ctx, const struct cc_entry *entry)
{
	(void)entry;
	(*(unsigned *)ctx)++;
	return CS_ERR_CANCELLED;
}

static void who_is_called_can_stop(void **state)
{
	struct test *t = *state;
	struct cc_inventory inv;
	unsigned calls = 0;

	assert_int_equal(cc_inventory(t->card, NULL, &inv, stop, &calls), CS_ERR_CANCELLED);
	assert_int_equal(calls, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_card_is_told_of_in_one_command_and_then_in_none_of_its_objects),
	    CASE(attributes_come_back_as_they_were_set),
	    CASE(secret_keys_are_made_used_and_deleted),
	    CASE(the_card_s_life_is_led_by_its_officer),
	    CASE(pages_are_put_together),
	    cmocka_unit_test(a_credential_with_more_digits_than_a_code_has_is_left_out),
	    cmocka_unit_test(answers_that_no_card_gives_are_refused_and_nothing_is_written),
	    CASE(who_is_called_can_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
