/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A key is made with all that its template says of it, or not at all: wherever the card is pulled, or the
 * reader fails, no key is left that may do what it was made not to do, and who tries again has no second one.
 * Where the card is still there none is left at all.
 */
#include "tests/unit/pkcs11_token.h"

#define COMMANDS_MAX 40u /* of one operation; one with more is in a loop */

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static CK_BYTE id[] = "mine";
static CK_UTF8CHAR label[] = "to agree alone";

/* ---- faults ---- */

enum fault { PULLED_AFTER, FAILS_BEFORE, FAILS_AFTER, FAULTS };

static struct {
	bool armed, met;
	enum fault fault;
	unsigned at, count;
} faults;

static enum cs_err faulty_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	bool due = faults.armed && ++faults.count == faults.at;
	enum cs_err err;

	assert_true(!faults.armed || faults.count < COMMANDS_MAX);
	if (!due)
		return transport_card.transmit(link, command, response);
	faults.met = true;
	if (faults.fault == FAILS_BEFORE)
		return CS_ERR_IO;
	err = transport_card.transmit(link, command, response);
	if (faults.fault == FAILS_AFTER)
		return err == CS_OK ? CS_ERR_IO : err;
	transport_card_pull();
	return CS_ERR_REMOVED;
}

static struct cc_backend faulty;

/* ---- the operations ---- */

static CK_RV generate_key(void)
{
	CK_ATTRIBUTE public_template = {CKA_EC_PARAMS, p256, sizeof(p256)};
	CK_ATTRIBUTE private_template[] = {{CKA_TOKEN, &yes, 1},
					   {CKA_ID, id, sizeof(id)},
					   {CKA_LABEL, label, sizeof(label) - 1},
					   {CKA_SIGN, &no, 1}};
	CK_OBJECT_HANDLE public_key, private_key;

	return generate(CKM_EC_KEY_PAIR_GEN, &public_template, 1, private_template, 4, &public_key,
			&private_key);
}

static CK_RV import_key(void)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE scalar[32];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_EC_PARAMS, p256, sizeof(p256)},
			    {CKA_VALUE, scalar, sizeof(scalar)},
			    {CKA_ID, id, sizeof(id)},
			    {CKA_LABEL, label, sizeof(label) - 1},
			    {CKA_SIGN, &no, 1}};
	CK_OBJECT_HANDLE key;

	memset(scalar, 7, sizeof(scalar));
	return C_CreateObject(session, a, 8, &key);
}

static void begin(void)
{
	(void)C_Finalize(NULL);
	assert_int_equal(p11_begin(&faulty, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
}

/* How many keys another program finds, each with what it was made with. */
static CK_ULONG whole_keys(void)
{
	CK_OBJECT_HANDLE found[32];
	CK_ULONG n;

	begin();
	n = find_class(CKO_PRIVATE_KEY, found);
	for (CK_ULONG i = 0; i < n; i++) {
		assert_int_equal(attribute_bool(found[i], CKA_SIGN), CK_FALSE);
		assert_int_equal(attribute_bool(found[i], CKA_DERIVE), CK_TRUE);
		assert_true(cs_view_equal(attribute(found[i], CKA_ID), CS_VIEW_OF(id)));
		assert_true(cs_view_equal(attribute(found[i], CKA_LABEL), cs_view(label, sizeof(label) - 1)));
	}
	return n;
}

static void try_again(CK_RV (*operation)(void), CK_ULONG before)
{
	assert_int_equal(operation(), before == 0 ? CKR_OK : CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(whole_keys(), 1);
}

static void at_every_command(CK_RV (*operation)(void))
{
	for (unsigned i = 0; i < FAULTS; i++) {
		for (unsigned at = 1;; at++) {
			CK_ULONG n;
			CK_RV rv;

			assert_true(transport_card_put_back());
			begin();
			faults.fault = (enum fault)i;
			faults.at = at;
			faults.count = 0;
			faults.met = false;
			faults.armed = true;
			rv = operation();
			faults.armed = false;
			transport_card_insert();
			n = whole_keys();
			assert_in_range(n, rv == CKR_OK ? 1 : 0, 1);
			/* While the card is there, what may have been made and is not told of goes. */
			if (rv != CKR_OK && faults.fault != PULLED_AFTER)
				assert_int_equal(n, 0);
			try_again(operation, n);
			if (!faults.met)
				break;
		}
		assert_true(faults.at > 1);
	}
}

/* ---- the tests ---- */

static int setup(void **state)
{
	if (token_setup(state) != 0)
		return -1;
	faulty = transport_card;
	faulty.transmit = faulty_transmit;
	return C_Finalize(NULL) == CKR_OK && transport_card_keep() ? 0 : -1;
}

static void a_key_that_is_generated_is_never_there_without_what_its_template_forbade(void **state)
{
	(void)state;
	at_every_command(generate_key);
}

static void a_key_that_is_imported_is_never_there_without_what_its_template_forbade(void **state)
{
	(void)state;
	at_every_command(import_key);
}

static CK_RV generate_secret(void)
{
	CK_MECHANISM m = {CKM_AES_KEY_GEN, NULL, 0};
	CK_ULONG len = 16;
	CK_ATTRIBUTE a[] = {
	    {CKA_TOKEN, &yes, 1}, {CKA_VALUE_LEN, &len, sizeof(len)}, {CKA_ID, id, sizeof(id)}};
	CK_OBJECT_HANDLE key;

	return C_GenerateKey(session, &m, a, 3, &key);
}

/* The reader fails; the card is there. */
static void a_secret_key_of_which_nobody_was_told_does_not_stay(void **state)
{
	CK_OBJECT_HANDLE found[32];

	(void)state;
	for (unsigned i = FAILS_BEFORE; i <= FAILS_AFTER; i++) {
		faults.fault = (enum fault)i;
		faults.at = 0;
		do {
			CK_RV rv;

			assert_true(transport_card_put_back());
			begin();
			faults.at++;
			faults.count = 0;
			faults.met = false;
			faults.armed = true;
			rv = generate_secret();
			faults.armed = false;
			assert_true(rv == CKR_OK || faults.met);
			begin();
			assert_int_equal(find_class(CKO_SECRET_KEY, found), rv == CKR_OK ? 1 : 0);
		} while (faults.met);
		assert_true(faults.at > 1);
	}
}

static CK_OBJECT_HANDLE certificate(void)
{
	CK_OBJECT_HANDLE found[32];

	assert_int_equal(find_class(CKO_CERTIFICATE, found), 1);
	return found[0];
}

/* Whatever is there now, what was read by the handle before is what it has, or it has nothing. */
static void a_certificate_that_may_have_been_written_over_has_no_handle_of_the_old_one(void **state)
{
	CK_OBJECT_HANDLE old, new;
	CK_BYTE subject[512], now[512];
	size_t len;

	(void)state;
	faults.met = false;
	do {
		CK_ATTRIBUTE a = {CKA_SUBJECT, now, sizeof(now)};

		assert_true(transport_card_put_back());
		begin();
		assert_int_equal(write_certificate(make_certificate("Ada", CS_VIEW_EMPTY, false), 1, &old),
				 CKR_OK);
		len = attribute(old, CKA_SUBJECT).len;
		assert_in_range(len, 1, sizeof(subject));
		memcpy(subject, attribute(old, CKA_SUBJECT).ptr, len);
		begin();
		old = certificate();
		faults.fault = FAILS_AFTER;
		faults.at = faults.met ? faults.at + 1 : 1;
		faults.count = 0;
		faults.met = false;
		faults.armed = true;
		(void)write_certificate(make_certificate("Bob", CS_VIEW_EMPTY, false), 1, &new);
		faults.armed = false;
		if (C_GetAttributeValue(session, old, &a, 1) == CKR_OK)
			assert_true(cs_view_equal(cs_view(now, a.ulValueLen), cs_view(subject, len)));
	} while (faults.met);
	assert_true(faults.at > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_that_is_generated_is_never_there_without_what_its_template_forbade),
	    cmocka_unit_test(a_key_that_is_imported_is_never_there_without_what_its_template_forbade),
	    cmocka_unit_test(a_secret_key_of_which_nobody_was_told_does_not_stay),
	    cmocka_unit_test(a_certificate_that_may_have_been_written_over_has_no_handle_of_the_old_one),
	};

	return cmocka_run_group_tests(tests, setup, token_teardown);
}
