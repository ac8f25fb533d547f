/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The same at each piece of what goes to a card and comes from it in pieces: cards without lengths of two
 * bytes, to which long commands are chained, and from which long answers are fetched, over T=1; and over T=0,
 * where every answer to data is fetched. With COUNTERSIGN_REMOVAL=all (make removal) each fault; else the
 * card's removal and, over T=1, its return.
 */
#include "tests/unit/pkcs11_removal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/p11_foreign.h"
#include "tests/unit/pkcs11_token.h"

#define NEW_ID 12u

static CK_OBJECT_HANDLE handle, other;
static CK_BYTE large[LARGE_CERTIFICATE_MAX];
static struct cs_view certificate;

/* ---- a certificate of several pieces ---- */

static CK_RV have_certificate_to_write(void)
{
	CK_RV rv = removal_find_id(CKO_PUBLIC_KEY, P11_KEY_ALWAYS, &handle);

	if (rv == CKR_OK)
		certificate = make_large_certificate("Large", attribute(handle, CKA_PUBLIC_KEY_INFO), large,
						     sizeof(large));
	return rv;
}

static CK_RV create_certificate(void)
{
	return write_certificate(certificate, P11_KEY_ALWAYS, &other);
}

/* In a program that has not read it. */
static CK_RV have_certificate(void)
{
	CK_RV rv = have_certificate_to_write();

	if (rv == CKR_OK)
		rv = create_certificate();
	if (rv == CKR_OK)
		rv = C_Finalize(NULL);
	if (rv == CKR_OK)
		rv = C_Initialize(NULL);
	return rv == CKR_OK ? p11_open(&session) : rv;
}

/* Where a search reads it, too, it is what was written, or nothing is said to have been read. */
static CK_RV read_certificate(void)
{
	static CK_BYTE value[sizeof(large)];
	CK_ATTRIBUTE a = {CKA_VALUE, value, sizeof(value)};
	CK_RV rv = removal_find_id(CKO_CERTIFICATE, P11_KEY_ALWAYS, &handle);

	if (rv == CKR_OK)
		rv = C_GetAttributeValue(session, handle, &a, 1);
	return rv == CKR_OK && !cs_view_equal(cs_view(value, a.ulValueLen), certificate) ? CKR_GENERAL_ERROR
											 : rv;
}

/* ---- RSA keys ---- */

static const struct {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
} numbers[] = {{CKA_MODULUS, OSSL_PKEY_PARAM_RSA_N},
	       {CKA_PUBLIC_EXPONENT, OSSL_PKEY_PARAM_RSA_E},
	       {CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D},
	       {CKA_PRIME_1, OSSL_PKEY_PARAM_RSA_FACTOR1},
	       {CKA_PRIME_2, OSSL_PKEY_PARAM_RSA_FACTOR2},
	       {CKA_EXPONENT_1, OSSL_PKEY_PARAM_RSA_EXPONENT1},
	       {CKA_EXPONENT_2, OSSL_PKEY_PARAM_RSA_EXPONENT2},
	       {CKA_COEFFICIENT, OSSL_PKEY_PARAM_RSA_COEFFICIENT1}};

#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static CK_BYTE key_bytes[NUMBERS][256];
static CK_ULONG key_lens[NUMBERS];

static bool make_key(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	bool ok = key != NULL;

	for (size_t i = 0; ok && i < NUMBERS; i++) {
		BIGNUM *bn = NULL;

		ok = EVP_PKEY_get_bn_param(key, numbers[i].name, &bn) == 1;
		key_lens[i] = ok ? (CK_ULONG)BN_bn2bin(bn, key_bytes[i]) : 0;
		BN_clear_free(bn);
	}
	EVP_PKEY_free(key);
	return ok;
}

static CK_RV import_key(void)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_RSA;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE id = NEW_ID;
	CK_ATTRIBUTE a[4 + NUMBERS] = {{CKA_CLASS, &class, sizeof(class)},
				       {CKA_KEY_TYPE, &type, sizeof(type)},
				       {CKA_TOKEN, &yes, 1},
				       {CKA_ID, &id, 1}};

	for (size_t i = 0; i < NUMBERS; i++)
		a[4 + i] = (CK_ATTRIBUTE){numbers[i].type, key_bytes[i], key_lens[i]};
	return C_CreateObject(session, a, 4 + NUMBERS, &other);
}

static CK_RV generate_key(void)
{
	CK_ULONG bits = 2048;
	CK_BYTE id = NEW_ID;
	CK_ATTRIBUTE public = {CKA_MODULUS_BITS, &bits, sizeof(bits)}, private = {CKA_ID, &id, 1};
	CK_OBJECT_HANDLE public_key;

	return generate(CKM_RSA_PKCS_KEY_PAIR_GEN, &public, 1, &private, 1, &public_key, &other);
}

#define LARGE_ROWS(start, pins_sent)                                                                         \
	ROW("C_CreateObject", "a certificate of several pieces", start, have_certificate_to_write,           \
	    create_certificate, .pins = pins_sent, .makes = true),                                           \
	    ROW("C_GetAttributeValue", "a certificate of several pieces", start, have_certificate,           \
		read_certificate, .pins = 0),                                                                \
	    ROW("C_CreateObject", "an RSA key", start, NULL, import_key, .pins = pins_sent, .makes = true)

#define GENERATE_ROW(start, pins_sent)                                                                       \
	ROW("C_GenerateKeyPair", "RSA", start, NULL, generate_key, .pins = pins_sent, .makes = true)

static const struct operation_row our_rows[] = {LARGE_ROWS(START_USER, 1)},
				  our_generation[] = {GENERATE_ROW(START_USER, 1)},
				  foreign_rows[] = {LARGE_ROWS(START_ADMIN, 0)},
				  foreign_generation[] = {GENERATE_ROW(START_ADMIN, 0)};
static const size_t three = 3, one = 1;

/* ---- the tests ---- */

static bool every_fault;

static const struct removal_table ours[] = {
    {removal_session_rows, &removal_session_row_count}, {removal_rows, &removal_row_count},
    {removal_secret_rows, &removal_secret_row_count},	{removal_key_rows, &removal_key_row_count},
    {removal_otp_rows, &removal_otp_row_count},		{our_rows, &three}};
static const struct removal_table foreign[] = {
    {removal_foreign_session_rows, &removal_foreign_session_row_count},
    {removal_foreign_rows, &removal_foreign_row_count},
    {removal_foreign_key_rows, &removal_foreign_key_row_count},
    {removal_foreign_otp_rows, &removal_foreign_otp_row_count},
    {foreign_rows, &three}};
/* Takes long: on each card in one of its forms. */
static const struct removal_table our_making[] = {{our_generation, &one}},
				  foreign_making[] = {{foreign_generation, &one}};

#define OF(kind, tables) removal_of(kind, tables, sizeof(tables) / sizeof((tables)[0]))

static int setup(void **state)
{
	OF(REMOVAL_OURS, ours);
	return make_key() ? removal_setup(state) : -1;
}

static void all_of_it_holds_at_each_piece(void **state)
{
	(void)state;
	removal_form(REMOVAL_SHORT);
	removal_right();
	removal_every_fault(PULLED_BEFORE, every_fault ? ANSWER_IS_NO_DATA : BACK_AFTER);
	removal_whole(every_fault ? READER_FAILS_AFTER : PULLED_AFTER);
}

/* But that another program selects something between a command and the fetching of its answer, of which a
 * transaction is the end. */
static void all_of_it_holds_over_t0(void **state)
{
	(void)state;
	removal_form(REMOVAL_T0);
	removal_right();
	removal_every_fault(PULLED_BEFORE, every_fault ? READER_FAILS_AFTER : PULLED_AFTER);
	if (every_fault)
		removal_every_fault(ANSWER_IS_NOTHING, ANSWER_IS_NO_DATA);
	removal_whole(every_fault ? READER_FAILS_AFTER : PULLED_AFTER);
}

static void a_long_pair_that_is_generated_is_whole_or_not_there(void **state)
{
	(void)state;
	OF(REMOVAL_OURS, our_making);
	removal_form(REMOVAL_SHORT);
	removal_right();
	removal_whole(every_fault ? READER_FAILS_AFTER : PULLED_AFTER);
}

static void another_vendor_s_card_is_taken(void **state)
{
	(void)state;
	assert_true(removal_make_foreign());
	OF(REMOVAL_FOREIGN, foreign);
	removal_form(REMOVAL_SHORT);
	removal_right();
}

static void and_over_t0_what_it_generates(void **state)
{
	(void)state;
	OF(REMOVAL_FOREIGN, foreign_making);
	removal_form(REMOVAL_T0);
	removal_right();
	removal_whole(every_fault ? READER_FAILS_AFTER : PULLED_AFTER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_of_it_holds_at_each_piece),
	    cmocka_unit_test(all_of_it_holds_over_t0),
	    cmocka_unit_test(a_long_pair_that_is_generated_is_whole_or_not_there),
	    cmocka_unit_test(another_vendor_s_card_is_taken),
	    {"and_all_of_it_holds_at_each_piece", all_of_it_holds_at_each_piece, NULL, NULL, NULL},
	    {"and_all_of_it_holds_over_t0", all_of_it_holds_over_t0, NULL, NULL, NULL},
	    cmocka_unit_test(and_over_t0_what_it_generates),
	};
	const char *wanted = getenv("COUNTERSIGN_REMOVAL");

	every_fault = wanted != NULL && strcmp(wanted, "all") == 0;
	return cmocka_run_group_tests(tests, setup, removal_teardown);
}
