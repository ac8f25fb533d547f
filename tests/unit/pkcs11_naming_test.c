/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Labels, IDs and the rest that a program says of its objects: kept on the card, changed there, copied, and
 * gone with their object (PKCS #11 v3.2, 4.1 and 5.7).
 */
#include "base/countersign.h"
#include "base/piv.h"
#include "cardclient/backend.h"
#include "pkcs11/pkcs11_countersign.h"
#include "tests/unit/pkcs11_token.h"

#define TEXT(type, text)                                                                                     \
	{                                                                                                    \
		type, text, sizeof(text) - 1                                                                 \
	}

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* What another program finds, that begins now. */
static void begin_anew(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
}

static CK_OBJECT_HANDLE find_by(CK_OBJECT_CLASS class, CK_ATTRIBUTE_TYPE type, const char *value)
{
	CK_BYTE bytes[64];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {type, bytes, strlen(value)}};
	CK_OBJECT_HANDLE found[32];
	CK_ULONG n;

	memcpy(bytes, value, strlen(value));
	n = find_all(template, 2, found);
	assert_in_range(n, 0, 1);
	return n == 1 ? found[0] : CK_INVALID_HANDLE;
}

static bool is(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const char *value)
{
	return cs_view_equal(attribute(object, type), cs_view_string(value));
}

static CK_RV set(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const char *value)
{
	CK_BYTE bytes[256];
	CK_ATTRIBUTE a = {type, bytes, strlen(value)};

	memcpy(bytes, value, strlen(value));
	return C_SetAttributeValue(session, object, &a, 1);
}

struct pair {
	CK_OBJECT_HANDLE public, private;
};

static CK_RV make_pair(const char *public_label, const char *private_label, const char *id, struct pair *made)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
	CK_BYTE texts[3][128];
	CK_ATTRIBUTE public[] = {{CKA_EC_PARAMS, params, sizeof(params)},
				 {CKA_LABEL, texts[0], strlen(public_label)}};
	CK_ATTRIBUTE private[] = {{CKA_LABEL, texts[1], strlen(private_label)},
				  {CKA_ID, texts[2], strlen(id)}};

	memcpy(texts[0], public_label, strlen(public_label));
	memcpy(texts[1], private_label, strlen(private_label));
	memcpy(texts[2], id, strlen(id));
	return generate(CKM_EC_KEY_PAIR_GEN, public, 2, private, 2, &made->public, &made->private);
}

static void a_new_pair_keeps_labels_and_id(void **state)
{
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair("for all", "mine", "an ID of 20 bytes...", &pair), CKR_OK);
	begin_anew();
	pair.private = find_by(CKO_PRIVATE_KEY, CKA_ID, "an ID of 20 bytes...");
	pair.public = find_by(CKO_PUBLIC_KEY, CKA_ID, "an ID of 20 bytes...");
	assert_true(is(pair.private, CKA_LABEL, "mine"));
	assert_true(is(pair.public, CKA_LABEL, "for all"));
	assert_int_equal(find_by(CKO_PRIVATE_KEY, CKA_LABEL, "mine"), pair.private);
	assert_int_equal(find_by(CKO_PRIVATE_KEY, CKA_LABEL, "for all"), CK_INVALID_HANDLE);
	assert_int_equal(p11_sign_by(session, 0), CKR_OK);
	assert_int_equal(make_pair("x", "x", "an ID of 20 bytes...", &pair), CKR_TEMPLATE_INCONSISTENT);
}

static void a_label_changed_is_changed_for_the_next_program(void **state)
{
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair("", "", "", &pair), CKR_OK);
	assert_true(is(pair.private, CKA_LABEL, "PIV Authentication"));
	assert_int_equal(set(pair.private, CKA_LABEL, "Schl\xC3\xBCssel"), CKR_OK);
	assert_true(is(pair.private, CKA_LABEL, "Schl\xC3\xBCssel"));
	assert_true(is(pair.public, CKA_LABEL, "PIV Authentication")); /* another object */
	assert_int_equal(set(pair.public, CKA_LABEL, "public"), CKR_OK);
	begin_anew();
	assert_true(is(find_by(CKO_PRIVATE_KEY, CKA_LABEL, "Schl\xC3\xBCssel"), CKA_ID, "\x01"));
	assert_true(is(find_by(CKO_PUBLIC_KEY, CKA_LABEL, "public"), CKA_ID, "\x01"));
	pair.private = find_by(CKO_PRIVATE_KEY, CKA_ID, "\x01");
	assert_int_equal(set(pair.private, CKA_LABEL, ""), CKR_OK);
	assert_true(is(pair.private, CKA_LABEL, "PIV Authentication"));
}

static void what_the_card_cannot_keep_is_refused_and_changes_nothing(void **state)
{
	char longest[66];
	struct pair pair;
	CK_BYTE label[] = "new", class_bytes[sizeof(CK_OBJECT_CLASS)] = {CKO_DATA};
	CK_ATTRIBUTE both[] = {{CKA_LABEL, label, 3}, {CKA_CLASS, class_bytes, sizeof(class_bytes)}};

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[65] = '\0';
	assert_int_equal(make_pair("", "mine", "", &pair), CKR_OK);
	assert_int_equal(set(pair.private, CKA_LABEL, longest), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(set(pair.private, CKA_ID, longest), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(set(pair.private, CKA_LABEL, "\xFF\xFE"), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(set(pair.private, CKA_START_DATE, "2026"), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(C_SetAttributeValue(session, pair.private, both, 2), CKR_ATTRIBUTE_READ_ONLY);
	begin_anew();
	assert_true(is(find_by(CKO_PRIVATE_KEY, CKA_ID, "\x01"), CKA_LABEL, "mine"));
	assert_int_equal(make_pair("", longest, "", &pair), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(make_pair("", "", longest, &pair), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(make_pair("", "\xFF\xFE", "", &pair), CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(find_by(CKO_PRIVATE_KEY, CKA_ID, "\x02"),
			 CK_INVALID_HANDLE); /* no key without its name */
	longest[64] = '\0';
	assert_int_equal(make_pair("", longest, longest, &pair), CKR_OK);
	assert_true(is(pair.private, CKA_ID, longest));
}

/* NSS names keys after their public key when they are there, and finds certificates by it. */
static void an_id_is_the_slots_for_key_and_certificate(void **state)
{
	CK_OBJECT_HANDLE certificate;
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair("", "", "", &pair), CKR_OK);
	assert_int_equal(
	    write_certificate(make_certificate("Alice", attribute(pair.private, CKA_PUBLIC_KEY_INFO), false),
			      0, &certificate),
	    CKR_OK);
	assert_int_equal(set(pair.public, CKA_ID, "hash of the key"), CKR_OK);
	begin_anew();
	certificate = find_by(CKO_CERTIFICATE, CKA_ID, "hash of the key");
	pair.private = find_by(CKO_PRIVATE_KEY, CKA_ID, "hash of the key");
	assert_int_not_equal(certificate, CK_INVALID_HANDLE);
	assert_int_not_equal(pair.private, CK_INVALID_HANDLE);
	assert_int_equal(set(certificate, CKA_ID, "another"), CKR_OK);
	begin_anew();
	assert_int_equal(find_by(CKO_PRIVATE_KEY, CKA_ID, "another"), pair.private);
	assert_int_equal(find_by(CKO_PUBLIC_KEY, CKA_ID, "hash of the key"), CK_INVALID_HANDLE);
	assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	assert_int_equal(find_by(CKO_CERTIFICATE, CKA_ID, "another"), certificate);
}

static CK_RV write_named(struct cs_view der, const char *label, const char *id, CK_OBJECT_HANDLE *object)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BYTE value[CERTIFICATE_MAX], texts[2][64];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_VALUE, value, der.len},
			    {CKA_LABEL, texts[0], strlen(label)},
			    {CKA_ID, texts[1], strlen(id)}};

	memcpy(value, der.ptr, der.len);
	memcpy(texts[0], label, strlen(label));
	memcpy(texts[1], id, strlen(id));
	return C_CreateObject(session, a, 5, object);
}

static void certificates_go_to_their_key_or_to_the_end(void **state)
{
	CK_OBJECT_HANDLE own, root, other;
	struct pair pair;
	uint8_t spki[256];
	struct cs_view view;

	(void)state;
	assert_int_equal(make_pair("", "", "my key", &pair), CKR_OK);
	view = attribute(pair.private, CKA_PUBLIC_KEY_INFO);
	memcpy(spki, view.ptr, view.len);
	view.ptr = spki;
	assert_int_equal(write_named(make_certificate("Root", CS_VIEW_EMPTY, true), "root", "root ID", &root),
			 CKR_OK);
	assert_int_equal(write_named(make_certificate("Root", CS_VIEW_EMPTY, true), "two", "", &other),
			 CKR_OK);
	assert_int_equal(write_named(make_certificate("Alice", view, false), "Alice", "my key", &own),
			 CKR_OK);
	begin_anew();
	own = fetch_anew(own);
	root = fetch_anew(root);
	other = fetch_anew(other);
	pair.private = fetch_anew(pair.private);
	assert_int_equal(find_by(CKO_CERTIFICATE, CKA_ID, "my key"), own);
	assert_true(is(own, CKA_LABEL, "Alice"));
	assert_true(is(root, CKA_ID, "root ID"));
	assert_true(is(root, CKA_LABEL, "root"));
	assert_true(is(other, CKA_ID, "\x17")); /* the last slot but one */
	/* Whose key has an ID does not change it by writing a certificate; whose has none takes the
	 * certificate's. */
	assert_int_equal(write_named(make_certificate("Alice", view, false), "", "other ID", &own),
			 CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(set(pair.private, CKA_ID, "\x01"), CKR_OK);
	assert_int_equal(write_named(make_certificate("Alice", view, false), "", "other ID", &own), CKR_OK);
	assert_int_equal(find_by(CKO_PRIVATE_KEY, CKA_ID, "other ID"), pair.private);
	assert_true(is(own, CKA_LABEL, "PIV Authentication")); /* the one before had another */
	/* A new key does not go where the number is the ID of another, nor beside a certificate of someone
	 * else. */
	assert_int_equal(set(pair.private, CKA_ID, "\x02"), CKR_OK);
	assert_int_equal(make_pair("", "", "", &pair), CKR_OK);
	assert_true(is(pair.private, CKA_ID, "\x03"));
}

static CK_OBJECT_HANDLE create_data(CK_BBOOL *private, CK_BBOOL *modifiable)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BYTE label[] = "note", value[] = "written once", application[] = "tests";
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1},	{CKA_PRIVATE, private, 1},
	    {CKA_MODIFIABLE, modifiable, 1},	TEXT(CKA_LABEL, label), TEXT(CKA_VALUE, value),
	    TEXT(CKA_APPLICATION, application)};
	CK_OBJECT_HANDLE object;

	assert_int_equal(C_CreateObject(session, a, sizeof(a) / sizeof(a[0]), &object), CKR_OK);
	return object;
}

static void a_private_data_object_is_the_users_alone(void **state)
{
	static const uint8_t get[] = {0x00, PIV_INS_GET_DATA, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xFF, 0x30,
				      0x00};
	static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
	CK_OBJECT_HANDLE object = create_data(&yes, &yes);

	(void)state;
	assert_int_equal(attribute_bool(object, CKA_PRIVATE), CK_TRUE);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(find_by(CKO_DATA, CKA_LABEL, "note"), CK_INVALID_HANDLE);
	transport_card_other_resets();
	assert_int_equal(transport_card_other(CS_VIEW_OF(select)), 0x9000);
	assert_int_equal(transport_card_other(CS_VIEW_OF(get)), 0x6982);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	begin_anew();
	object = find_by(CKO_DATA, CKA_LABEL, "note");
	assert_true(is(object, CKA_VALUE, "written once"));
	assert_int_equal(set(object, CKA_VALUE, "and again"), CKR_OK);
	begin_anew();
	object = find_by(CKO_DATA, CKA_APPLICATION, "tests");
	assert_true(is(object, CKA_VALUE, "and again"));
	assert_int_equal(attribute_bool(object, CKA_PRIVATE), CK_TRUE);
	assert_int_equal(C_DestroyObject(session, object), CKR_OK);
	assert_int_equal(find_by(CKO_DATA, CKA_LABEL, "note"), CK_INVALID_HANDLE);
}

static void what_was_made_not_to_be_changed_is_not(void **state)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE of_session[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_MODIFIABLE, &no, 1}};
	CK_OBJECT_HANDLE object = create_data(&no, &no), other;

	(void)state;
	assert_int_equal(attribute_bool(object, CKA_MODIFIABLE), CK_FALSE);
	assert_int_equal(set(object, CKA_LABEL, "other"), CKR_ACTION_PROHIBITED);
	assert_int_equal(C_CreateObject(session, of_session, 2, &other), CKR_OK);
	assert_int_equal(set(other, CKA_LABEL, "other"), CKR_ACTION_PROHIBITED);
	begin_anew();
	object = fetch_anew(object);
	assert_int_equal(find_by(CKO_DATA, CKA_LABEL, "note"), object);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(set(object, CKA_LABEL, "other"), CKR_USER_NOT_LOGGED_IN);
}

static void trust_is_the_security_officers_to_give(void **state)
{
	CK_ATTRIBUTE trusted = {CKA_TRUSTED, &yes, 1};
	CK_OBJECT_HANDLE root;

	(void)state;
	assert_int_equal(write_certificate(make_certificate("Root", CS_VIEW_EMPTY, true), 24, &root), CKR_OK);
	assert_int_equal(C_SetAttributeValue(session, root, &trusted, 1), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(log_in(CKU_SO, SO_PIN), CKR_OK);
	assert_int_equal(C_SetAttributeValue(session, root, &trusted, 1), CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	begin_anew();
	assert_int_equal(attribute_bool(fetch_anew(root), CKA_TRUSTED), CK_TRUE);
}

static void a_key_deleted_takes_its_names_with_it(void **state)
{
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair("public", "private", "\x01", &pair), CKR_OK);
	assert_int_equal(C_DestroyObject(session, pair.public), CKR_ACTION_PROHIBITED);
	assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	assert_int_equal(find_by(CKO_PUBLIC_KEY, CKA_LABEL, "public"), CK_INVALID_HANDLE);
	assert_int_equal(make_pair("", "", "", &pair), CKR_OK);
	begin_anew();
	pair.private = fetch_anew(pair.private);
	assert_true(is(pair.private, CKA_LABEL, "PIV Authentication"));
	assert_true(is(fetch_anew(pair.public), CKA_LABEL, "PIV Authentication"));
	assert_true(is(pair.private, CKA_ID, "\x01"));
}

static void an_indestructible_object_is_destroyed_by_erasure_only(void **state)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BYTE label[] = "stays";
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_DESTROYABLE, &no, 1},
			    TEXT(CKA_LABEL, label)};
	CK_OBJECT_HANDLE object;

	(void)state;
	assert_int_equal(C_CreateObject(session, a, 4, &object), CKR_OK);
	begin_anew();
	object = fetch_anew(object);
	assert_int_equal(attribute_bool(object, CKA_DESTROYABLE), CK_FALSE);
	assert_int_equal(C_DestroyObject(session, object), CKR_ACTION_PROHIBITED);
	a[1].pValue = &no;
	assert_int_equal(C_CreateObject(session, a, 4, &object), CKR_OK);
	assert_int_equal(C_DestroyObject(session, object), CKR_ACTION_PROHIBITED);
}

static void dates_and_allowed_mechanisms_are_kept(void **state)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
	CK_MECHANISM_TYPE allowed[] = {CKM_ECDSA, CKM_ECDSA_SHA384};
	CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0};
	CK_DATE start, end;
	CK_ATTRIBUTE public[] = {{CKA_EC_PARAMS, params, sizeof(params)}};
	CK_ATTRIBUTE private[] = {{CKA_START_DATE, &start, sizeof(start)},
				  {CKA_END_DATE, &end, sizeof(end)},
				  {CKA_ALLOWED_MECHANISMS, allowed, sizeof(allowed)}};
	struct pair pair;

	(void)state;
	memcpy(&start, "20260101", sizeof(start));
	memcpy(&end, "20271231", sizeof(end));
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, public, 1, private, 3, &pair.public, &pair.private),
			 CKR_OK);
	begin_anew();
	pair.private = fetch_anew(pair.private);
	pair.public = fetch_anew(pair.public);
	assert_true(is(pair.private, CKA_START_DATE, "20260101"));
	assert_true(is(pair.public, CKA_END_DATE, "20271231"));
	assert_true(cs_view_equal(attribute(pair.private, CKA_ALLOWED_MECHANISMS),
				  cs_view(allowed, sizeof(allowed))));
	assert_int_equal(p11_sign_by(session, 0), CKR_MECHANISM_INVALID); /* by CKM_ECDSA_SHA256 */
	assert_int_equal(C_SignInit(session, &ecdsa, pair.private), CKR_OK);
	assert_int_equal(set(pair.private, CKA_END_DATE, "20281231"), CKR_OK);
	assert_true(is(pair.private, CKA_END_DATE, "20281231"));
	assert_true(cs_view_equal(attribute(pair.private, CKA_ALLOWED_MECHANISMS),
				  cs_view(allowed, sizeof(allowed))));
}

static void a_key_without_a_pin_is_made_in_its_slot_only(void **state)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}, id = 1;
	CK_ATTRIBUTE public[] = {{CKA_EC_PARAMS, params, sizeof(params)}, {CKA_PRIVATE, &yes, 1}};
	CK_ATTRIBUTE private[] = {{CKA_ID, &id, 1}, {CKA_PRIVATE, &no, 1}};
	struct pair pair;

	(void)state;
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, public, 1, private, 2, &pair.public, &pair.private),
			 CKR_TEMPLATE_INCONSISTENT);
	id = 4;
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, public, 2, private, 2, &pair.public, &pair.private),
			 CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, public, 1, private, 2, &pair.public, &pair.private),
			 CKR_OK);
	assert_int_equal(attribute_bool(pair.private, CKA_PRIVATE), CK_FALSE);
	assert_int_equal(C_DestroyObject(session, pair.private), CKR_OK);
	private[1].pValue = &yes;
	assert_int_equal(generate(CKM_EC_KEY_PAIR_GEN, public, 1, private, 2, &pair.public, &pair.private),
			 CKR_OK);
	assert_int_equal(attribute_bool(pair.private, CKA_PRIVATE), CK_TRUE);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(find_by(CKO_PRIVATE_KEY, CKA_ID, "\x04"), CK_INVALID_HANDLE);
}

/* ---- copies ---- */

static CK_RV copy_as(CK_OBJECT_HANDLE object, CK_BBOOL *token, const char *label, CK_OBJECT_HANDLE *copy)
{
	CK_BYTE bytes[64];
	CK_ATTRIBUTE a[] = {{CKA_TOKEN, token, 1}, {CKA_LABEL, bytes, strlen(label)}};

	memcpy(bytes, label, strlen(label));
	return C_CopyObject(session, object, a, 2, copy);
}

static void objects_that_may_be_copied_are(void **state)
{
	CK_OBJECT_HANDLE data = create_data(&no, &yes), certificate, copy, again;
	struct pair pair;

	(void)state;
	assert_int_equal(make_pair("", "", "", &pair), CKR_OK);
	assert_int_equal(
	    write_certificate(make_certificate("Alice", attribute(pair.private, CKA_PUBLIC_KEY_INFO), false),
			      0, &certificate),
	    CKR_OK);
	assert_int_equal(copy_as(pair.private, &no, "copy", &copy), CKR_ACTION_PROHIBITED);
	assert_int_equal(copy_as(certificate, &yes, "copy", &copy), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(copy_as(certificate, &no, "copy", &copy), CKR_OK);
	assert_true(is(copy, CKA_LABEL, "copy"));
	assert_int_equal(attribute(copy, CKA_VALUE).len, attribute(certificate, CKA_VALUE).len);
	assert_int_equal(attribute_bool(copy, CKA_TOKEN), CK_FALSE);
	assert_int_equal(copy_as(pair.public, &no, "copy", &copy), CKR_OK);
	assert_int_equal(attribute_bool(copy, CKA_LOCAL), CK_TRUE);
	assert_int_equal(copy_as(data, &yes, "second", &copy), CKR_OK);
	assert_int_equal(copy_as(copy, &no, "third", &again), CKR_OK);
	assert_int_equal(copy_as(again, &yes, "fourth", &again), CKR_OK);
	begin_anew();
	assert_true(is(find_by(CKO_DATA, CKA_LABEL, "second"), CKA_VALUE, "written once"));
	assert_true(is(find_by(CKO_DATA, CKA_LABEL, "fourth"), CKA_APPLICATION, "tests"));
	assert_true(is(find_by(CKO_DATA, CKA_LABEL, "note"), CKA_VALUE, "written once"));
}

static void a_copy_changes_only_what_may_be_changed(void **state)
{
	CK_OBJECT_HANDLE data = create_data(&no, &yes), copy;
	CK_BYTE value[] = "forged";
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE a[] = {{CKA_TOKEN, &no, 1}, {CKA_COPYABLE, &no, 1}},
		     wrong = {CKA_CLASS, &class, sizeof(class)};
	CK_ATTRIBUTE id = TEXT(CKA_UNIQUE_ID, value);

	(void)state;
	assert_int_equal(C_CopyObject(session, data, &wrong, 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(C_CopyObject(session, data, &id, 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(C_CopyObject(session, data, a, 2, &copy), CKR_OK);
	assert_int_equal(C_CopyObject(session, copy, a, 2, &copy), CKR_ACTION_PROHIBITED);
	assert_int_equal(C_CopyObject(session, data, a, 2, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_CopyObject(session, 12345, a, 2, &copy), CKR_OBJECT_HANDLE_INVALID);
}

/* ---- unique IDs ---- */

static CK_OBJECT_HANDLE make_unique(CK_OBJECT_CLASS class, char id[64])
{
	CK_KEY_TYPE type = CKK_AES;
	CK_BYTE value[16] = "always the same";
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_TOKEN, &yes, 1},
				   {CKA_VALUE, value, sizeof(value)},
				   {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_OBJECT_HANDLE object;
	struct cs_view got;

	assert_int_equal(C_CreateObject(session, template, class == CKO_DATA ? 3 : 4, &object), CKR_OK);
	got = attribute(object, CKA_UNIQUE_ID);
	assert_in_range(got.len, 1, 63);
	memcpy(id, got.ptr, got.len);
	id[got.len] = '\0';
	return object;
}

static void what_takes_the_place_of_another_has_another_unique_id(void **state)
{
	static const CK_OBJECT_CLASS classes[] = {CKO_DATA, CKO_SECRET_KEY};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char first[64], second[64];
		CK_OBJECT_HANDLE object = make_unique(classes[i], first), again;

		assert_int_equal(set(object, CKA_LABEL, "a name"), CKR_OK);
		assert_true(is(object, CKA_UNIQUE_ID, first));
		begin_anew();
		object = fetch_anew(object);
		assert_true(is(object, CKA_UNIQUE_ID, first));
		assert_int_equal(C_DestroyObject(session, object), CKR_OK);
		again = make_unique(classes[i], second);
		assert_int_equal(fetch_anew(object), again); /* the same place */
		assert_int_not_equal(again, object);
		assert_string_not_equal(first, second);
	}
}

/* What is of another length is no value of its type, in whatever template it stands. */
/* What is on every card in the same place, as profiles are, has another one on another card. */
static void a_unique_id_begins_with_the_card_s_number(void **state)
{
	CK_OBJECT_HANDLE found[32];
	CK_ULONG n = find_class(CK_UNAVAILABLE_INFORMATION, found);
	CK_TOKEN_INFO info;

	(void)state;
	assert_int_equal(C_GetTokenInfo(0, &info), CKR_OK);
	assert_true(n > 0);
	for (CK_ULONG i = 0; i < n; i++) {
		struct cs_view id = attribute(found[i], CKA_UNIQUE_ID);

		assert_true(id.len > 8);
		assert_memory_equal(id.ptr, info.serialNumber, 8);
	}
}

static void values_have_the_length_of_their_type(void **state)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		CK_ULONG len;
	} types[] = {
	    {CKA_OTP_USER_FRIENDLY_MODE, sizeof(CK_BBOOL)},
	    {CKA_COUNTERSIGN_OTP_TOUCH, sizeof(CK_BBOOL)},
	    {CKA_OTP_FORMAT, sizeof(CK_ULONG)},
	    {CKA_OTP_LENGTH, sizeof(CK_ULONG)},
	    {CKA_OTP_TIME_INTERVAL, sizeof(CK_ULONG)},
	    {CKA_OTP_CHALLENGE_REQUIREMENT, sizeof(CK_ULONG)},
	    {CKA_OTP_TIME_REQUIREMENT, sizeof(CK_ULONG)},
	    {CKA_OTP_COUNTER_REQUIREMENT, sizeof(CK_ULONG)},
	    {CKA_OTP_PIN_REQUIREMENT, sizeof(CK_ULONG)},
	    {CKA_COUNTERSIGN_OTP_HASH, sizeof(CK_ULONG)},
	    {CKA_JAVA_MIDP_SECURITY_DOMAIN, sizeof(CK_ULONG)},
	    {CKA_NAME_HASH_ALGORITHM, sizeof(CK_ULONG)},
	    {CKA_PROFILE_ID, sizeof(CK_ULONG)},
	    {CKA_OBJECT_VALIDATION_FLAGS, sizeof(CK_ULONG)},
	    {CKA_START_DATE, sizeof(CK_DATE)},
	    {CKA_END_DATE, sizeof(CK_DATE)},
	    {CKA_TRUST_SERVER_AUTH, sizeof(CK_ULONG)},
	    {CKA_HAS_RESET, sizeof(CK_BBOOL)},
	};
	CK_BYTE value[16] = {0};
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {0, value, 0}};
	CK_OBJECT_HANDLE object;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		template[1].type = types[i].type;
		for (CK_ULONG len = 1; len <= sizeof(value); len++) {
			if (len == types[i].len)
				continue;
			template[1].ulValueLen = len;
			assert_int_equal(C_CreateObject(session, template, 2, &object),
					 CKR_ATTRIBUTE_VALUE_INVALID);
		}
	}
}

static void a_private_key_hides_what_it_has_and_has_nothing_else(void **state)
{
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_VALUE, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_SEED};
	CK_OBJECT_HANDLE key = make_p256(1);
	CK_BYTE value[64];

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		CK_ATTRIBUTE a = {types[i], value, sizeof(value)};

		assert_int_equal(C_GetAttributeValue(session, key, &a, 1),
				 i == 0 ? CKR_ATTRIBUTE_SENSITIVE : CKR_ATTRIBUTE_TYPE_INVALID);
	}
}

/* ---- a card of another vendor ---- */

static enum cs_err foreign_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	if (command.ptr[0] == CSGN_CLA) {
		cs_write_u16(response, 0x6D00);
		return CS_OK;
	}
	return transport_card.transmit(link, command, response);
}

static void on_another_vendors_card_names_are_fixed(void **state)
{
	struct cc_backend foreign = transport_card;
	CK_OBJECT_HANDLE key = make_p256(1);

	(void)state;
	assert_int_equal(set(key, CKA_LABEL, "ours"), CKR_OK);
	foreign.transmit = foreign_transmit;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&foreign, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
	key = fetch_anew(key);
	assert_true(is(key, CKA_LABEL, "PIV Authentication"));
	assert_true(is(key, CKA_ID, "\x01"));
	assert_int_equal(attribute_bool(key, CKA_MODIFIABLE), CK_FALSE);
	assert_int_equal(set(key, CKA_LABEL, "theirs"), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(set(key, CKA_LABEL, "PIV Authentication"), CKR_OK); /* no change */
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_new_pair_keeps_labels_and_id),
	    TEST(a_label_changed_is_changed_for_the_next_program),
	    TEST(what_the_card_cannot_keep_is_refused_and_changes_nothing),
	    TEST(an_id_is_the_slots_for_key_and_certificate),
	    TEST(certificates_go_to_their_key_or_to_the_end),
	    TEST(a_private_data_object_is_the_users_alone),
	    TEST(what_was_made_not_to_be_changed_is_not),
	    TEST(trust_is_the_security_officers_to_give),
	    TEST(a_key_deleted_takes_its_names_with_it),
	    TEST(an_indestructible_object_is_destroyed_by_erasure_only),
	    TEST(dates_and_allowed_mechanisms_are_kept),
	    TEST(a_key_without_a_pin_is_made_in_its_slot_only),
	    TEST(objects_that_may_be_copied_are),
	    TEST(a_copy_changes_only_what_may_be_changed),
	    TEST(what_takes_the_place_of_another_has_another_unique_id),
	    TEST(a_unique_id_begins_with_the_card_s_number),
	    TEST(values_have_the_length_of_their_type),
	    TEST(a_private_key_hides_what_it_has_and_has_nothing_else),
	    TEST(on_another_vendors_card_names_are_fixed),
	};

	return cmocka_run_group_tests_name("pkcs11_naming", tests, NULL, NULL);
}
