/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What programs write in every template, or right after: CKA_SUBJECT, and uses that a key is not for. On our
 * card it is kept; on another vendor's the key tells what is so there.
 */
#include "base/tlv.h"
#include "pkcs11/x509.h"
#include "tests/unit/pkcs11_other.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static CK_BYTE ada[] = {0x30, 0x0E, 0x31, 0x0C, 0x30, 0x0A, 0x06, 0x03,
			0x55, 0x04, 0x03, 0x0C, 0x03, 'A',  'd',  'a'};
static CK_BYTE eve[] = {0x30, 0x0E, 0x31, 0x0C, 0x30, 0x0A, 0x06, 0x03,
			0x55, 0x04, 0x03, 0x0C, 0x03, 'E',  'v',  'e'};

struct pair {
	CK_OBJECT_HANDLE public, private;
};

/* With one attribute more of each half; NULL: none. */
static CK_RV make_pair(const CK_ATTRIBUTE *of_public, const CK_ATTRIBUTE *of_private, struct pair *pair)
{
	CK_ATTRIBUTE public[2] = {{CKA_EC_PARAMS, p256, sizeof(p256)}}, private[2] = {{CKA_TOKEN, &yes, 1}};

	if (of_public != NULL)
	public[1] = *of_public;
	if (of_private != NULL)
	private[1] = *of_private;
	return generate(CKM_EC_KEY_PAIR_GEN, public, of_public != NULL ? 2 : 1, private,
			of_private != NULL ? 2 : 1, &pair->public, &pair->private);
}

/* In the slot of this CKA_ID. */
static CK_RV import(CK_BYTE id, void *subject, size_t len, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE scalar[32] = {1, 2, 3};
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &class, sizeof(class)},	 {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_TOKEN, &yes, 1},
	    {CKA_EC_PARAMS, p256, sizeof(p256)}, {CKA_VALUE, scalar, sizeof(scalar)}, {CKA_ID, &id, 1},
	    {CKA_SUBJECT, subject, len}};

	return C_CreateObject(session, a, 7, key);
}

static CK_RV set_subject(CK_OBJECT_HANDLE key, void *subject, size_t len)
{
	CK_ATTRIBUTE a = {CKA_SUBJECT, subject, len};

	return C_SetAttributeValue(session, key, &a, 1);
}

static bool has_subject(CK_OBJECT_HANDLE key, struct cs_view subject)
{
	return cs_view_equal(attribute(key, CKA_SUBJECT), subject);
}

static void begin_anew(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
}

static void a_subject_is_kept_with_its_key(void **state)
{
	CK_ATTRIBUTE a = {CKA_SUBJECT, ada, sizeof(ada)}, b = {CKA_SUBJECT, eve, sizeof(eve)};
	CK_OBJECT_HANDLE key, found[32];
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair(NULL, &a, &pair), CKR_OK);
	assert_int_equal(import(7, eve, sizeof(eve), &key), CKR_OK);
	for (int i = 0; i < 2; i++) {
		assert_true(has_subject(pair.private, CS_VIEW_OF(ada)));
		assert_true(has_subject(pair.public, CS_VIEW_OF(ada)));
		assert_true(has_subject(key, CS_VIEW_OF(eve)));
		assert_int_equal(find_all(&a, 1, found), 2);
		assert_int_equal(find_all(&b, 1, found), 2);
		begin_anew();
		pair.private = fetch_anew(pair.private);
		pair.public = fetch_anew(pair.public);
		key = fetch_anew(key);
	}
	/* Both halves have it, and say it alike. */
	assert_int_equal(make_pair(&b, &a, &pair), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(make_pair(&b, NULL, &pair), CKR_OK);
	assert_true(has_subject(pair.private, CS_VIEW_OF(eve)));
}

static void a_subject_is_changed_and_given_up(void **state)
{
	CK_OBJECT_HANDLE key = make_p256(1);

	(void)state;
	assert_int_equal(attribute(key, CKA_SUBJECT).len, 0);
	assert_int_equal(set_subject(key, ada, sizeof(ada)), CKR_OK);
	begin_anew();
	key = fetch_anew(key);
	assert_true(has_subject(key, CS_VIEW_OF(ada)));
	assert_int_equal(set_subject(key, ada, sizeof(ada)), CKR_OK);
	assert_int_equal(set_subject(key, ada, sizeof(ada) - 1), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_true(has_subject(key, CS_VIEW_OF(ada)));
	assert_int_equal(set_subject(key, NULL, 0), CKR_OK);
	assert_int_equal(attribute(key, CKA_SUBJECT).len, 0);
}

/* A Name of this many bytes. */
static struct cs_view long_subject(CK_BYTE room[300], size_t len)
{
	memset(room, 0, 300);
	room[0] = 0x30;
	room[1] = 0x81;
	room[2] = (CK_BYTE)(len - 3);
	return cs_view(room, len);
}

static void a_subject_that_the_card_has_no_room_for_is_refused(void **state)
{
	CK_BYTE room[300];
	struct cs_view fits = long_subject(room, 252);
	CK_OBJECT_HANDLE key, found[32];

	(void)state;
	assert_int_equal(import(1, room, fits.len, &key), CKR_OK);
	begin_anew();
	key = fetch_anew(key);
	assert_true(has_subject(key, fits));
	(void)long_subject(room, 253);
	assert_int_equal(set_subject(key, room, 253), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(import(2, room, 253, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(find_class(CKO_PRIVATE_KEY, found), 1);
}

/* As little of a certificate as the module reads. */
static struct cs_view certificate_of(struct cs_view subject)
{
	static const uint8_t head[] = {0x02, 0x01, 0x01, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00};
	static uint8_t der[1024];
	struct cs_writer w = CS_WRITER_OF(der);
	struct x509 parsed;
	size_t certificate, body;

	assert_int_equal(x509_parse(make_certificate("Ada", CS_VIEW_EMPTY, false), &parsed), CS_OK);
	certificate = cs_tlv_begin(&w, 0x30);
	body = cs_tlv_begin(&w, 0x30);
	cs_write_view(&w, CS_VIEW_OF(head));
	cs_write_view(&w, subject);
	cs_write_view(&w, parsed.spki);
	cs_tlv_end(&w, body);
	cs_tlv_end(&w, certificate);
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return cs_writer_view(&w);
}

/* A certificate's is its key's where that was given none. */
static void a_certificate_s_subject_needs_no_room(void **state)
{
	CK_BYTE room[300];
	struct cs_view subject = long_subject(room, 253);
	CK_OBJECT_HANDLE object, key;

	(void)state;
	assert_int_equal(write_certificate(certificate_of(subject), 3, &object), CKR_OK);
	assert_int_equal(import(3, room, subject.len, &key), CKR_OK);
	assert_true(has_subject(key, subject));
	assert_int_equal(C_DestroyObject(session, object), CKR_OK);
	assert_int_equal(attribute(key, CKA_SUBJECT).len, 0);
}

static void a_key_s_own_subject_outlives_the_certificate_that_has_it_too(void **state)
{
	CK_OBJECT_HANDLE object, key;

	(void)state;
	assert_int_equal(write_certificate(certificate_of(CS_VIEW_OF(ada)), 3, &object), CKR_OK);
	assert_int_equal(import(3, ada, sizeof(ada), &key), CKR_OK);
	assert_int_equal(C_DestroyObject(session, object), CKR_OK);
	assert_true(has_subject(key, CS_VIEW_OF(ada)));
	begin_anew();
	assert_true(has_subject(fetch_anew(key), CS_VIEW_OF(ada)));
}

static void an_attribute_that_is_said_twice_is_refused(void **state)
{
	CK_ATTRIBUTE again = {CKA_EC_PARAMS, p256, sizeof(p256)}, token = {CKA_TOKEN, &yes, 1};
	CK_OBJECT_HANDLE found[32];
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair(&again, NULL, &pair), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(make_pair(NULL, &token, &pair), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(find_class(CKO_PRIVATE_KEY, found), 0);
}

/* ---- another vendor's card ---- */

/* The public half that is there, brought with a subject. */
static CK_RV bring_public(CK_OBJECT_HANDLE public, void *subject, size_t len)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE point[128], id[8];
	struct cs_view is = attribute(public, CKA_EC_POINT);
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &class, sizeof(class)},	 {CKA_KEY_TYPE, &type, sizeof(type)}, {CKA_TOKEN, &yes, 1},
	    {CKA_EC_PARAMS, p256, sizeof(p256)}, {CKA_EC_POINT, point, is.len},	      {CKA_ID, id, 0},
	    {CKA_SUBJECT, subject, len}};
	CK_OBJECT_HANDLE made;

	assert_true(is.len <= sizeof(point));
	memcpy(point, is.ptr, is.len);
	is = attribute(public, CKA_ID);
	assert_true(is.len <= sizeof(id));
	memcpy(id, is.ptr, is.len);
	a[5].ulValueLen = is.len;
	return C_CreateObject(session, a, 7, &made);
}

static void there_a_subject_is_the_certificate_s_or_refused(void **state)
{
	struct cs_view certificate = make_certificate("Ada", CS_VIEW_EMPTY, false);
	CK_ATTRIBUTE a = {CKA_SUBJECT, ada, sizeof(ada)};
	struct x509 parsed;
	CK_BYTE subject[64];
	size_t len;
	CK_OBJECT_HANDLE object, key;
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair(NULL, &a, &pair), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(make_pair(NULL, NULL, &pair), CKR_OK);
	assert_int_equal(set_subject(pair.public, ada, sizeof(ada)), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(bring_public(pair.public, ada, sizeof(ada)), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(x509_parse(certificate, &parsed), CS_OK);
	len = parsed.subject.len;
	assert_true(len <= sizeof(subject));
	memcpy(subject, parsed.subject.ptr, len);
	assert_int_equal(write_certificate(certificate, 1, &object), CKR_OK);
	assert_true(has_subject(pair.public, cs_view(subject, len)));
	assert_int_equal(bring_public(pair.public, eve, sizeof(eve)), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(bring_public(pair.public, subject, len), CKR_OK);
	assert_int_equal(import(3, subject, len, &key), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(import(3, NULL, 0, &key), CKR_OK);
}

/* As GnuTLS writes: a key that is to sign is said to decrypt nothing. */
static void there_a_use_that_is_said_to_be_none_is_told_as_it_is(void **state)
{
	static CK_BYTE e[] = {1, 0, 1};
	static CK_ULONG bits = 2048;
	CK_ATTRIBUTE public[] = {{CKA_TOKEN, &yes, 1},
				 {CKA_PRIVATE, &no, 1},
				 {CKA_ENCRYPT, &no, 1},
				 {CKA_VERIFY, &yes, 1},
				 {CKA_WRAP, &no, 1},
				 {CKA_MODULUS_BITS, &bits, sizeof(bits)},
				 {CKA_PUBLIC_EXPONENT, e, sizeof(e)}};
	CK_ATTRIBUTE private[] = {{CKA_DECRYPT, &no, 1}, {CKA_SIGN, &yes, 1},  {CKA_UNWRAP, &no, 1},
				  {CKA_PRIVATE, &no, 1}, {CKA_TOKEN, &yes, 1}, {CKA_SENSITIVE, &yes, 1}};
	CK_BYTE id = 4;
	struct pair pair;

	(void)state;
	private[3] = (CK_ATTRIBUTE){CKA_ID, &id, 1}; /* 9E's is seen by the administrator */
	assert_int_equal(
	    generate(CKM_RSA_PKCS_KEY_PAIR_GEN, public, 7, private, 6, &pair.public, &pair.private), CKR_OK);
	assert_int_equal(attribute_bool(pair.public, CKA_ENCRYPT), CK_TRUE);
	assert_int_equal(attribute_bool(pair.public, CKA_WRAP), CK_TRUE);
	assert_int_equal(attribute_bool(pair.private, CKA_DECRYPT), CK_TRUE);
	assert_int_equal(attribute_bool(pair.private, CKA_UNWRAP), CK_TRUE);
	assert_int_equal(attribute_bool(pair.private, CKA_SIGN), CK_TRUE);
}

#define TEST(name)  cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)
#define PLAIN(name) cmocka_unit_test_setup_teardown(name, token_setup_plain, token_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_subject_is_kept_with_its_key),
	    TEST(a_subject_is_changed_and_given_up),
	    TEST(a_subject_that_the_card_has_no_room_for_is_refused),
	    TEST(a_certificate_s_subject_needs_no_room),
	    TEST(a_key_s_own_subject_outlives_the_certificate_that_has_it_too),
	    TEST(an_attribute_that_is_said_twice_is_refused),
	    PLAIN(there_a_subject_is_the_certificate_s_or_refused),
	    PLAIN(there_a_use_that_is_said_to_be_none_is_told_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
