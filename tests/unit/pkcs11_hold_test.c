/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What another program made on the card since the module last looked is not written over, nor taken for what
 * a handle stood for.
 */
#include "base/piv.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/token.h"
#include "tests/unit/pkcs11_other.h"
#include "tests/unit/pkcs11_token.h"

static CK_BBOOL yes = CK_TRUE;
static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};

/* ---- the other program ---- */

/* SET ATTRIBUTES: not to sign (docs/PROTOCOL 6.12). */
static void other_forbids_signing(uint8_t slot)
{
	OTHER(0x80, 0x11, 0x00, 0x00, 0x0B, 0x92, 0x01, slot, 0xA1, 0x06, 0x83, 0x04, 0x94, 0x02, 0x00, 0x01);
}

/* ---- what this one does ---- */

static void begin_anew(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
}

static CK_ULONG count(CK_OBJECT_CLASS class)
{
	CK_OBJECT_HANDLE found[32];

	return find_class(class, found);
}

/* The key is there that this program has seen, and another one. */
static void assert_two_keys(CK_OBJECT_HANDLE mine)
{
	CK_OBJECT_HANDLE found[32];
	CK_BYTE point[80];
	struct cs_view own = attribute(mine, CKA_EC_POINT);
	size_t len = own.len;
	CK_ULONG n;

	assert_true(len > 0 && len <= sizeof(point));
	memcpy(point, own.ptr, len);
	begin_anew();
	n = find_class(CKO_PUBLIC_KEY, found);
	assert_int_equal(n, 2);
	assert_int_equal(found[1], fetch_anew(mine));
	assert_true(cs_view_equal(attribute(found[1], CKA_EC_POINT), cs_view(point, len)));
	assert_false(cs_view_equal(attribute(found[0], CKA_EC_POINT), cs_view(point, len)));
}

static CK_RV generate_p256(CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	CK_ATTRIBUTE public_template = {CKA_EC_PARAMS, p256, sizeof(p256)};
	CK_ATTRIBUTE private_template = {CKA_TOKEN, &yes, 1};

	return generate(CKM_EC_KEY_PAIR_GEN, &public_template, 1, &private_template, 1, public_key,
			private_key);
}

static CK_RV import_p256(CK_BYTE id, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE scalar[32];
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &class, sizeof(class)},	 {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_TOKEN, &yes, 1},
	    {CKA_EC_PARAMS, p256, sizeof(p256)}, {CKA_VALUE, scalar, sizeof(scalar)}, {CKA_ID, &id, 1}};

	memset(scalar, 7, sizeof(scalar));
	return C_CreateObject(session, a, id == 0 ? 5 : 6, key);
}

static CK_RV create_data(CK_OBJECT_HANDLE *object)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BYTE value[] = {'m', 'i', 'n', 'e'};
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_VALUE, value, sizeof(value)}};

	return C_CreateObject(session, a, 3, object);
}

static CK_RV set(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const char *value)
{
	CK_BYTE bytes[16];
	CK_ATTRIBUTE a = {type, bytes, strlen(value)};

	memcpy(bytes, value, strlen(value));
	return C_SetAttributeValue(session, object, &a, 1);
}

/* ---- making ---- */

static void a_key_is_not_generated_over_one_that_another_program_made(void **state)
{
	CK_OBJECT_HANDLE public_key, private_key;

	(void)state;
	assert_int_equal(count(CKO_PRIVATE_KEY), 0);
	other_logs_in();
	other_generates(PIV_SLOT_AUTHENTICATION);
	assert_int_equal(generate_p256(&public_key, &private_key), CKR_OK);
	assert_two_keys(public_key);
}

static void a_key_is_not_imported_over_one_that_another_program_made(void **state)
{
	CK_OBJECT_HANDLE key, found[32];

	(void)state;
	assert_int_equal(count(CKO_PRIVATE_KEY), 0);
	other_logs_in();
	other_generates(PIV_SLOT_AUTHENTICATION);
	assert_int_equal(import_p256(1, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(import_p256(0, &key), CKR_OK);
	assert_int_equal(find_class(CKO_PUBLIC_KEY, found), 2);
	assert_two_keys(found[1]);
}

static void a_data_object_is_not_written_over_one_of_another_program(void **state)
{
	CK_ULONG before = count(CKO_DATA);
	CK_OBJECT_HANDLE mine, found[32];

	(void)state;
	other_logs_in();
	other_writes_data(0x30, 'c');
	assert_int_equal(create_data(&mine), CKR_OK);
	begin_anew();
	assert_int_equal(find_class(CKO_DATA, found), before + 2);
	mine = fetch_anew(mine);
	assert_true(cs_view_equal(attribute(mine, CKA_VALUE), CS_VIEW_TEXT("mine")));
	assert_true(cs_view_equal(attribute(found[before], CKA_VALUE), CS_VIEW_TEXT("abc")));
}

/* ---- destroying ---- */

static void a_key_that_took_the_place_of_the_one_that_was_meant_is_not_destroyed(void **state)
{
	CK_OBJECT_HANDLE key = make_p256(1);

	(void)state;
	other_logs_in();
	other_deletes(PIV_SLOT_AUTHENTICATION);
	other_generates(PIV_SLOT_AUTHENTICATION);
	for (int i = 0; i < 3; i++)
		assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
	assert_int_not_equal(the_only(CKO_PRIVATE_KEY), key);
	assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
	begin_anew();
	assert_int_equal(count(CKO_PRIVATE_KEY), 1);
	assert_int_equal(C_DestroyObject(session, the_only(CKO_PRIVATE_KEY)), CKR_OK);
	assert_int_equal(count(CKO_PRIVATE_KEY), 0);
}

/* What is done to another object may be what learns of it. */
static void a_search_does_not_make_the_handle_of_a_key_that_of_another(void **state)
{
	CK_MECHANISM m = {CKM_ECDSA, NULL, 0};
	CK_OBJECT_HANDLE key = make_p256(1), public_key = the_only(CKO_PUBLIC_KEY);

	(void)state;
	other_logs_in();
	other_deletes(PIV_SLOT_AUTHENTICATION);
	other_generates(PIV_SLOT_AUTHENTICATION);
	look();
	assert_int_not_equal(the_only(CKO_PUBLIC_KEY), public_key);
	assert_int_not_equal(the_only(CKO_PRIVATE_KEY), key);
	assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_DestroyObject(session, public_key), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(set(key, CKA_LABEL, "mine"), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_SignInit(session, &m, key), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(C_SignInit(session, &m, the_only(CKO_PRIVATE_KEY)), CKR_OK);
}

static void an_object_that_nobody_changed_keeps_its_handle(void **state)
{
	CK_ULONG before = count(CKO_DATA);
	CK_OBJECT_HANDLE key = make_p256(1), public_key = the_only(CKO_PUBLIC_KEY), data, found[32];

	(void)state;
	assert_int_equal(create_data(&data), CKR_OK);
	other_logs_in();
	other_generates(PIV_SLOT_SIGNATURE);
	other_writes_data(0x31, 'x');
	other_forbids_signing(PIV_SLOT_AUTHENTICATION);
	look();
	assert_int_equal(find_class(CKO_PRIVATE_KEY, found), 2);
	assert_int_equal(found[0], key);
	assert_int_equal(find_class(CKO_PUBLIC_KEY, found), 2);
	assert_int_equal(found[0], public_key);
	assert_int_equal(find_class(CKO_DATA, found), before + 2);
	assert_int_equal(found[before], data);
	/* What we write into it ourselves does not make it another. */
	assert_int_equal(set(data, CKA_VALUE, "ours"), CKR_OK);
	assert_int_equal(set(found[before + 1], CKA_VALUE, "now ours"), CKR_OK);
	other_deletes(PIV_SLOT_SIGNATURE);
	look();
	assert_int_equal(find_class(CKO_DATA, found), before + 2);
	assert_int_equal(found[before], data);
	assert_int_equal(C_DestroyObject(session, data), CKR_OK);
	assert_int_equal(C_DestroyObject(session, found[before + 1]), CKR_OK);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

static void a_key_that_another_program_deleted_is_no_more(void **state)
{
	CK_OBJECT_HANDLE key = make_p256(1);

	(void)state;
	other_logs_in();
	other_deletes(PIV_SLOT_AUTHENTICATION);
	assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(count(CKO_PRIVATE_KEY), 0);
}

static void a_data_object_that_took_the_place_of_another_is_not_destroyed(void **state)
{
	CK_ULONG before = count(CKO_DATA);
	CK_OBJECT_HANDLE mine, found[32];

	(void)state;
	assert_int_equal(create_data(&mine), CKR_OK);
	other_logs_in();
	OTHER(0x00, 0xDB, 0x3F, 0xFF, 0x07, 0x5C, 0x03, 0x5F, 0xFF, 0x30, 0x53, 0x00);
	other_writes_data(0x30, 'd');
	for (int i = 0; i < 2; i++)
		assert_int_equal(C_DestroyObject(session, mine), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(find_class(CKO_DATA, found), before + 1);
	assert_int_not_equal(found[before], mine);
	assert_int_equal(C_DestroyObject(session, mine), CKR_OBJECT_HANDLE_INVALID);
	assert_true(cs_view_equal(attribute(found[before], CKA_VALUE), CS_VIEW_TEXT("abd")));
	/* One without attributes of ours is told apart by what is in it; the search is the first to see it.
	 */
	mine = found[before];
	other_writes_data(0x30, 'e');
	look();
	assert_int_equal(find_class(CKO_DATA, found), before + 1);
	assert_int_not_equal(found[before], mine);
	assert_int_equal(C_DestroyObject(session, mine), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(set(mine, CKA_VALUE, "ours"), CKR_OBJECT_HANDLE_INVALID);
	assert_true(cs_view_equal(attribute(found[before], CKA_VALUE), CS_VIEW_TEXT("abe")));
}

static CK_RV value_of(CK_OBJECT_HANDLE object)
{
	CK_BYTE value[2048];
	CK_ATTRIBUTE a = {CKA_VALUE, value, sizeof(value)};

	return C_GetAttributeValue(session, object, &a, 1);
}

/* A certificate that was not read is known by the digest that the card told of it, one that was written by
 * what is in it. */
static void a_certificate_in_the_place_of_one_that_was_destroyed_has_a_handle_of_its_own(void **state)
{
	CK_OBJECT_HANDLE old, new;
	CK_TOKEN_INFO info;

	(void)state;
	assert_int_equal(write_certificate(make_certificate("Ada", CS_VIEW_EMPTY, false), 1, &old), CKR_OK);
	begin_anew();
	old = the_only(CKO_CERTIFICATE);
	assert_int_equal(C_DestroyObject(session, old), CKR_OK);
	assert_int_equal(write_certificate(make_certificate("Bob", CS_VIEW_EMPTY, false), 1, &new), CKR_OK);
	assert_int_not_equal(new, old);
	assert_int_equal(value_of(old), CKR_OBJECT_HANDLE_INVALID);
	for (int i = 0; i < 2; i++) {
		/* Whatever the card tells of next. */
		other_logs_in();
		other_writes_data(0x30, (char)('a' + i));
		assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
		assert_int_equal(the_only(CKO_CERTIFICATE), new);
		assert_int_equal(value_of(new), CKR_OK);
	}
}

static void nor_is_one_that_was_written_over_the_one_that_is_there_now(void **state)
{
	CK_OBJECT_HANDLE old, new;
	CK_TOKEN_INFO info;

	(void)state;
	assert_int_equal(write_certificate(make_certificate("Ada", CS_VIEW_EMPTY, false), 1, &old), CKR_OK);
	for (int read = 0; read < 2; read++) {
		begin_anew();
		old = the_only(CKO_CERTIFICATE);
		assert_int_equal(read != 0 ? value_of(old) : CKR_OK, CKR_OK);
		assert_int_equal(write_certificate(make_certificate("Bob", CS_VIEW_EMPTY, false), 1, &new),
				 CKR_OK);
		assert_int_not_equal(new, old);
		assert_int_equal(value_of(old), CKR_OBJECT_HANDLE_INVALID);
		other_logs_in();
		other_writes_data(0x30, (char)('a' + read));
		assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
		assert_int_equal(value_of(new), CKR_OK);
	}
}

static void a_handle_does_not_come_again_after_a_few_thousand_objects_in_its_place(void **state)
{
	static struct token token;
	struct object object = {OBJECT_CERTIFICATE, 3};
	CK_OBJECT_HANDLE first = object_handle(&token, object);
	/* There is no room for more in 32 bits. */
	unsigned most = sizeof(CK_ULONG) > 4 ? 100000 : 4095;

	(void)state;
	for (unsigned i = 0; i < most; i++) {
		place_gone(&token, object);
		assert_int_not_equal(object_handle(&token, object), first);
	}
}

/* ---- changing ---- */

/* All that is kept of an object is written at once: none of it as it was before. */
static void what_another_program_changed_is_not_changed_back(void **state)
{
	CK_OBJECT_HANDLE public_key, private_key;

	(void)state;
	assert_int_equal(generate_p256(&public_key, &private_key), CKR_OK);
	assert_int_equal(attribute_bool(private_key, CKA_SIGN), CK_TRUE);
	other_logs_in();
	other_forbids_signing(PIV_SLOT_AUTHENTICATION);
	assert_int_equal(set(private_key, CKA_LABEL, "mine"), CKR_OK);
	assert_int_equal(attribute_bool(private_key, CKA_SIGN), CK_FALSE);
	begin_anew();
	private_key = fetch_anew(private_key);
	assert_int_equal(attribute_bool(private_key, CKA_SIGN), CK_FALSE);
	assert_true(cs_view_equal(attribute(private_key, CKA_LABEL), cs_view_string("mine")));
}

static void a_secret_key_keeps_what_another_program_called_it(void **state)
{
	CK_MECHANISM m = {CKM_AES_KEY_GEN, NULL, 0};
	CK_ULONG len = 16;
	CK_ATTRIBUTE a[] = {{CKA_TOKEN, &yes, 1}, {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(C_GenerateKey(session, &m, a, 2, &key), CKR_OK);
	other_logs_in();
	other_labels_secret(1);
	/* What tells the key apart went with that: it is another one's. */
	assert_int_equal(set(key, CKA_ID, "7"), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(set(key, CKA_ID, "7"), CKR_OBJECT_HANDLE_INVALID);
	key = the_only(CKO_SECRET_KEY);
	assert_int_equal(set(key, CKA_ID, "7"), CKR_OK);
	begin_anew();
	key = the_only(CKO_SECRET_KEY);
	assert_true(cs_view_equal(attribute(key, CKA_LABEL), cs_view_string("o")));
	assert_true(cs_view_equal(attribute(key, CKA_ID), cs_view_string("7")));
}

static void a_search_does_not_make_the_handle_of_a_secret_key_that_of_another(void **state)
{
	CK_MECHANISM m = {CKM_AES_KEY_GEN, NULL, 0};
	CK_ULONG len = 16;
	CK_ATTRIBUTE a[] = {{CKA_TOKEN, &yes, 1}, {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(C_GenerateKey(session, &m, a, 2, &key), CKR_OK);
	assert_int_equal(the_only(CKO_SECRET_KEY), key);
	other_logs_in();
	other_labels_secret(1);
	look();
	assert_int_not_equal(the_only(CKO_SECRET_KEY), key);
	assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(C_DestroyObject(session, the_only(CKO_SECRET_KEY)), CKR_OK);
}

/* CREATE of a secret key with number 1, of which nothing is kept (docs/PROTOCOL 6.11). */
static void other_makes_secret(uint8_t algorithm, uint8_t usage)
{
	OTHER(0x80, 0x12, algorithm, 0x01, 0x04, 0x93, 0x02, 0x00, usage, 0x00);
}

/* One that was made by a program that keeps nothing of it is told apart by what it is. */
static void secret_keys_that_nothing_is_kept_of_are_told_apart_by_what_they_are(void **state)
{
	static const uint8_t made[][2] = {{0x08, 3}, {0x0A, 3}, {0x08, 1}};
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE, other;

	(void)state;
	other_logs_in();
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		if (i > 0)
			OTHER(0x80, 0x13, 0x00, 0x01);
		other_makes_secret(made[i][0], made[i][1]);
		look();
		other = the_only(CKO_SECRET_KEY);
		assert_int_not_equal(other, key);
		if (i > 0)
			assert_int_equal(C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
		key = other;
	}
	look();
	assert_int_equal(the_only(CKO_SECRET_KEY), key);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

static void a_key_that_took_the_place_of_the_one_that_was_meant_is_not_changed(void **state)
{
	CK_OBJECT_HANDLE public_key, private_key;

	(void)state;
	assert_int_equal(generate_p256(&public_key, &private_key), CKR_OK);
	other_logs_in();
	other_generates(PIV_SLOT_AUTHENTICATION);
	assert_int_equal(set(private_key, CKA_LABEL, "mine"), CKR_OBJECT_HANDLE_INVALID);
	begin_anew();
	private_key = fetch_anew(private_key);
	assert_false(cs_view_equal(attribute(private_key, CKA_LABEL), cs_view_string("mine")));
}

static void a_data_object_that_took_the_place_of_another_is_not_changed(void **state)
{
	CK_OBJECT_HANDLE object;

	(void)state;
	assert_int_equal(create_data(&object), CKR_OK);
	other_logs_in();
	OTHER(0x00, 0xDB, 0x3F, 0xFF, 0x07, 0x5C, 0x03, 0x5F, 0xFF, 0x30, 0x53, 0x00);
	other_writes_data(0x30, 'x');
	assert_int_equal(set(object, CKA_VALUE, "ours"), CKR_OBJECT_HANDLE_INVALID);
	begin_anew();
	assert_true(cs_view_equal(attribute(fetch_anew(object), CKA_VALUE), cs_view_string("abx")));
}

/* ---- another vendor's card ---- */

/* It has the administrator's authentication from this program: SELECT by another would end it. */
static void nor_on_another_vendors_card(void **state)
{
	CK_OBJECT_HANDLE public_key, private_key, old;

	(void)state;
	assert_int_equal(generate_p256(&old, &private_key), CKR_OK);
	assert_int_equal(count(CKO_PUBLIC_KEY), 1);
	other_generates(PIV_SLOT_SIGNATURE);
	/* Nor where the slot is asked for by its number. */
	assert_int_equal(p11_generate(session, 2, &private_key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate_p256(&public_key, &private_key), CKR_OK);
	assert_int_equal(count(CKO_PUBLIC_KEY), 3);
	other_generates(PIV_SLOT_AUTHENTICATION);
	for (int i = 0; i < 2; i++)
		assert_int_equal(C_DestroyObject(session, old), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(count(CKO_PUBLIC_KEY), 3);
	assert_int_equal(C_DestroyObject(session, old), CKR_OBJECT_HANDLE_INVALID);
}

/* The same data again is another object. */
static void nor_has_data_there_the_handle_of_what_was_destroyed(void **state)
{
	CK_OBJECT_HANDLE old, new;

	(void)state;
	assert_int_equal(create_data(&old), CKR_OK);
	assert_int_equal(C_DestroyObject(session, old), CKR_OK);
	assert_int_equal(create_data(&new), CKR_OK);
	assert_int_not_equal(new, old);
	assert_int_equal(value_of(old), CKR_OBJECT_HANDLE_INVALID);
}

static void nor_is_data_on_another_vendors_card(void **state)
{
	CK_OBJECT_HANDLE mine;
	CK_ULONG before = count(CKO_DATA);

	(void)state;
	other_writes_data(0x30, 'c');
	assert_int_equal(create_data(&mine), CKR_OK);
	assert_int_equal(count(CKO_DATA), before + 2);
	other_writes_data(0x31, 'd');
	for (int i = 0; i < 2; i++)
		assert_int_equal(C_DestroyObject(session, mine), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(count(CKO_DATA), before + 2);
}

#define TEST(name)  cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)
#define PLAIN(name) cmocka_unit_test_setup_teardown(name, token_setup_plain, token_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_key_is_not_generated_over_one_that_another_program_made),
	    TEST(a_key_is_not_imported_over_one_that_another_program_made),
	    TEST(a_data_object_is_not_written_over_one_of_another_program),
	    TEST(a_key_that_took_the_place_of_the_one_that_was_meant_is_not_destroyed),
	    TEST(a_key_that_another_program_deleted_is_no_more),
	    TEST(a_search_does_not_make_the_handle_of_a_key_that_of_another),
	    TEST(an_object_that_nobody_changed_keeps_its_handle),
	    TEST(a_data_object_that_took_the_place_of_another_is_not_destroyed),
	    TEST(a_certificate_in_the_place_of_one_that_was_destroyed_has_a_handle_of_its_own),
	    TEST(nor_is_one_that_was_written_over_the_one_that_is_there_now),
	    cmocka_unit_test(a_handle_does_not_come_again_after_a_few_thousand_objects_in_its_place),
	    TEST(what_another_program_changed_is_not_changed_back),
	    TEST(a_secret_key_keeps_what_another_program_called_it),
	    TEST(a_search_does_not_make_the_handle_of_a_secret_key_that_of_another),
	    TEST(secret_keys_that_nothing_is_kept_of_are_told_apart_by_what_they_are),
	    TEST(a_key_that_took_the_place_of_the_one_that_was_meant_is_not_changed),
	    TEST(a_data_object_that_took_the_place_of_another_is_not_changed),
	    PLAIN(nor_on_another_vendors_card),
	    PLAIN(nor_has_data_there_the_handle_of_what_was_destroyed),
	    PLAIN(nor_is_data_on_another_vendors_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
