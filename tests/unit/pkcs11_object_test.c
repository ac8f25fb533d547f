/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_SetAttributeValue, C_CopyObject, C_DestroyObject and C_GetObjectSize of an object of each class, on the
 * token and in a session (PKCS #11 v3.2, 4.1.2, 4.1.3, 5.7): what may be changed is, for the next program
 * too, and what may not is refused; a copy is as the original in all that was not to be changed; what is
 * destroyed makes room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509.h>

#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"

#define session p11_session

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* ---- an object of each class ---- */

/* A number of its own. */
typedef CK_RV maker(CK_BBOOL *token, unsigned number, CK_OBJECT_HANDLE *made);

static CK_RV make_half(unsigned number, bool private, CK_OBJECT_HANDLE *made)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
	CK_MECHANISM m = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE of_public = {CKA_EC_PARAMS, params, sizeof(params)}, of_private = {CKA_TOKEN, &yes, 1};
	CK_OBJECT_HANDLE other;

	(void)number;
	return private ? C_GenerateKeyPair(session, &m, &of_public, 1, &of_private, 1, &other, made)
		       : C_GenerateKeyPair(session, &m, &of_public, 1, &of_private, 1, made, &other);
}

static CK_RV make_private(CK_BBOOL *token, unsigned number, CK_OBJECT_HANDLE *made)
{
	(void)token;
	return make_half(number, true, made);
}

static CK_RV make_public(CK_BBOOL *token, unsigned number, CK_OBJECT_HANDLE *made)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE params[16], point[80];
	CK_ATTRIBUTE a[] = {{CKA_EC_PARAMS, params, sizeof(params)},
			    {CKA_EC_POINT, point, sizeof(point)},
			    {CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_OBJECT_HANDLE of_token;
	CK_ULONG n;
	CK_RV rv;

	if (*token == CK_TRUE)
		return make_half(number, false, made);
	rv = p11_find(session, CKO_PUBLIC_KEY, P11_KEY_ONCE, &n, &of_token);
	if (rv == CKR_OK)
		rv = C_GetAttributeValue(session, of_token, a, 2);
	return rv == CKR_OK ? C_CreateObject(session, a, 4, made) : rv;
}

static CK_RV make_certificate(CK_BBOOL *token, unsigned number, CK_OBJECT_HANDLE *made)
{
	EVP_PKEY *signer = EVP_EC_gen("P-256");
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BYTE der[1024], id = (CK_BYTE)number;
	unsigned char *out = der;
	X509 *x = X509_new();
	int len;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_CERTIFICATE_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, token, 1},
			    {CKA_VALUE, der, 0},
			    {CKA_ID, &id, 1}};

	assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(x), "260101000000Z"), 1);
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x), "270101000000Z"), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), (long)number), 1);
	assert_int_equal(X509_set_pubkey(x, signer), 1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	len = i2d_X509(x, NULL);
	assert_in_range(len, 1, sizeof(der));
	(void)i2d_X509(x, &out);
	X509_free(x);
	EVP_PKEY_free(signer);
	a[3].ulValueLen = (CK_ULONG)len;
	/* Of itself one for no key of the token goes where there is room. */
	return C_CreateObject(session, a, *token == CK_TRUE ? 4 : 5, made);
}

static CK_RV make_data(CK_BBOOL *token, unsigned number, CK_OBJECT_HANDLE *made)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BYTE value[] = "a note  ", application[] = "tests";
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, token, 1},
			    {CKA_APPLICATION, application, sizeof(application) - 1},
			    {CKA_VALUE, value, sizeof(value)}};

	value[7] = (CK_BYTE)number;
	return C_CreateObject(session, a, COUNT(a), made);
}

static CK_RV make_secret(CK_KEY_TYPE type, CK_BBOOL *token, unsigned number, CK_OBJECT_HANDLE *made)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BYTE value[32] = {(CK_BYTE)number};
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, token, 1},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_VALUE, value, sizeof(value)}};

	return C_CreateObject(session, a, COUNT(a), made);
}

static CK_RV make_aes(CK_BBOOL *token, unsigned number, CK_OBJECT_HANDLE *made)
{
	return make_secret(CKK_AES, token, number, made);
}

static CK_RV make_hmac(CK_BBOOL *token, unsigned number, CK_OBJECT_HANDLE *made)
{
	return make_secret(CKK_SHA384_HMAC, token, number, made);
}

static CK_RV make_otp(CK_BBOOL *token, unsigned number, CK_OBJECT_HANDLE *made)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_KEY_TYPE type = CKK_HOTP;
	CK_BYTE seed[20] = {1};
	char label[16];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, token, 1},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_LABEL, label, 0},
			    {CKA_VALUE, seed, sizeof(seed)}};

	a[3].ulValueLen = (CK_ULONG)snprintf(label, sizeof(label), "Bank:%u", number);
	return C_CreateObject(session, a, COUNT(a), made);
}

static const struct row {
	const char *name;
	CK_OBJECT_CLASS class;
	maker *make;
	CK_BBOOL *token;
	CK_RV id;   /* what CKA_ID's being changed yields */
	CK_RV copy; /* and a copy for the session */
	bool fills; /* there is room for so many; of OTP keys pkcs11_otp_object_test says it */
} table[] = {
    {"private key", CKO_PRIVATE_KEY, make_private, &yes, CKR_OK, CKR_ACTION_PROHIBITED, true},
    {"public key", CKO_PUBLIC_KEY, make_public, &yes, CKR_OK, CKR_OK, false},
    {"certificate", CKO_CERTIFICATE, make_certificate, &yes, CKR_OK, CKR_OK, true},
    {"data", CKO_DATA, make_data, &yes, CKR_ATTRIBUTE_READ_ONLY, CKR_OK, true},
    {"AES key", CKO_SECRET_KEY, make_aes, &yes, CKR_OK, CKR_ACTION_PROHIBITED, true},
    {"HMAC key", CKO_SECRET_KEY, make_hmac, &yes, CKR_OK, CKR_ACTION_PROHIBITED, true},
    {"OTP key", CKO_OTP_KEY, make_otp, &yes, CKR_ATTRIBUTE_READ_ONLY, CKR_ACTION_PROHIBITED, false},
    {"public key of the session", CKO_PUBLIC_KEY, make_public, &no, CKR_OK, CKR_OK, false},
    {"certificate of the session", CKO_CERTIFICATE, make_certificate, &no, CKR_OK, CKR_OK, false},
    /* In a session an object keeps what it is told. */
    {"data of the session", CKO_DATA, make_data, &no, CKR_OK, CKR_OK, false},
    {"AES key of the session", CKO_SECRET_KEY, make_aes, &no, CKR_OK, CKR_OK, false},
    {"HMAC key of the session", CKO_SECRET_KEY, make_hmac, &no, CKR_OK, CKR_OK, false},
};

#define EACH(row) for (const struct row *row = table; (row) < table + COUNT(table); (row)++)

static CK_OBJECT_HANDLE make_one(const struct row *row)
{
	CK_OBJECT_HANDLE made = 0;
	CK_RV rv = row->make(row->token, 1, &made);

	if (rv != CKR_OK)
		fail_msg("%s: %#lx", row->name, rv);
	return made;
}

static void expect(const struct row *row, const char *what, CK_RV rv, CK_RV want)
{
	if (rv != want)
		fail_msg("%s, %s: %#lx instead of %#lx", row->name, what, rv, want);
}

static bool is(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const char *value)
{
	CK_BYTE got[64];
	CK_ATTRIBUTE a = {type, got, sizeof(got)};

	return C_GetAttributeValue(session, object, &a, 1) == CKR_OK && a.ulValueLen == strlen(value) &&
	       memcmp(got, value, a.ulValueLen) == 0;
}

static bool is_true(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL got = CK_FALSE;
	CK_ATTRIBUTE a = {type, &got, sizeof(got)};

	return C_GetAttributeValue(session, object, &a, 1) == CKR_OK && got == CK_TRUE;
}

static CK_RV set(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const char *value)
{
	CK_BYTE bytes[64];
	CK_ATTRIBUTE a = {type, bytes, strlen(value)};

	memcpy(bytes, value, strlen(value));
	return C_SetAttributeValue(session, object, &a, 1);
}

/* All with this value; the first is stored. */
static CK_ULONG find(CK_OBJECT_CLASS class, CK_ATTRIBUTE_TYPE type, const char *value,
		     CK_OBJECT_HANDLE *first)
{
	CK_BYTE bytes[64];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {type, bytes, strlen(value)}};
	CK_OBJECT_HANDLE found[64] = {0};
	CK_ULONG n = 0;

	memcpy(bytes, value, strlen(value));
	assert_int_equal(C_FindObjectsInit(session, a, 2), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, 64, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	*first = found[0];
	return n;
}

static void begin_anew(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
}

/* ---- changes ---- */

static void labels_and_ids_are_changed_for_the_next_program_too(void **state)
{
	(void)state;
	EACH(row)
	{
		CK_OBJECT_HANDLE object = make_one(row), found;

		expect(row, "label", set(object, CKA_LABEL, "New:label"), CKR_OK);
		expect(row, "ID", set(object, CKA_ID, "new ID"), row->id);
		assert_int_equal(find(row->class, CKA_LABEL, "New:label", &found), 1);
		assert_int_equal(found, object);
		assert_int_equal(is(object, CKA_ID, "new ID"), row->id == CKR_OK);
		if (*row->token == CK_TRUE) {
			begin_anew();
			assert_int_equal(find(row->class, CKA_LABEL, "New:label", &object), 1);
			assert_int_equal(is(object, CKA_ID, "new ID"), row->id == CKR_OK);
		}
		/* A pair goes with its private half. */
		if (row->make == make_public && *row->token == CK_TRUE)
			assert_int_equal(find(CKO_PRIVATE_KEY, CKA_ID, "new ID", &object), 1);
		expect(row, "destroyed", C_DestroyObject(session, object), CKR_OK);
		assert_int_equal(find(row->class, CKA_LABEL, "New:label", &found), 0);
	}
}

/* And one that may not be changed keeps those beside it from being. */
static void what_an_object_is_cannot_be_changed(void **state)
{
	static CK_OBJECT_CLASS class = CKO_VENDOR_DEFINED;
	static CK_KEY_TYPE type = CKK_DES3;
	static CK_CERTIFICATE_TYPE certificate = CKC_X_509_ATTR_CERT;
	static CK_MECHANISM_TYPE made_by = CKM_AES_KEY_GEN;
	static CK_BYTE text[] = "mine";
	static const CK_ATTRIBUTE fixed[] = {{CKA_CLASS, &class, sizeof(class)},
					     {CKA_UNIQUE_ID, text, 4},
					     {CKA_KEY_TYPE, &type, sizeof(type)},
					     {CKA_CERTIFICATE_TYPE, &certificate, sizeof(certificate)},
					     {CKA_KEY_GEN_MECHANISM, &made_by, sizeof(made_by)},
					     {CKA_VALUE_LEN, &type, sizeof(type)},
					     {CKA_EC_POINT, text, 4},
					     {CKA_MODULUS, text, 4}};

	(void)state;
	EACH(row)
	{
		CK_OBJECT_HANDLE object = make_one(row), found;

		for (size_t i = 0; i < COUNT(fixed); i++) {
			CK_BYTE label[] = "Not:this";
			CK_ATTRIBUTE both[] = {{CKA_LABEL, label, 8}, fixed[i]};
			CK_RV rv = C_SetAttributeValue(session, object, both, 2);

			if (rv != CKR_ATTRIBUTE_READ_ONLY && rv != CKR_ATTRIBUTE_TYPE_INVALID)
				fail_msg("%s, attribute %#lx: %#lx", row->name, fixed[i].type, rv);
			assert_false(is(object, CKA_LABEL, "Not:this"));
		}
		if (row->make == make_public && *row->token == CK_TRUE) {
			expect(row, "label", set(object, CKA_ID, "the pair"), CKR_OK);
			assert_int_equal(find(CKO_PRIVATE_KEY, CKA_ID, "the pair", &object), 1);
		}
		expect(row, "destroyed", C_DestroyObject(session, object), CKR_OK);
		assert_int_equal(find(row->class, CKA_LABEL, "Not:this", &found), 0);
	}
}

/* ---- copies ---- */

static const CK_ATTRIBUTE_TYPE compared[] = {CKA_CLASS,
					     CKA_PRIVATE,
					     CKA_ID,
					     CKA_KEY_TYPE,
					     CKA_CERTIFICATE_TYPE,
					     CKA_VALUE,
					     CKA_APPLICATION,
					     CKA_OBJECT_ID,
					     CKA_EC_PARAMS,
					     CKA_EC_POINT,
					     CKA_SUBJECT,
					     CKA_ISSUER,
					     CKA_SERIAL_NUMBER,
					     CKA_START_DATE,
					     CKA_END_DATE,
					     CKA_DERIVE,
					     CKA_ENCRYPT,
					     CKA_DECRYPT,
					     CKA_SIGN,
					     CKA_VERIFY,
					     CKA_VERIFY_RECOVER,
					     CKA_WRAP,
					     CKA_UNWRAP,
					     CKA_ENCAPSULATE,
					     CKA_LOCAL,
					     CKA_SENSITIVE,
					     CKA_EXTRACTABLE,
					     CKA_ALWAYS_SENSITIVE,
					     CKA_NEVER_EXTRACTABLE,
					     CKA_KEY_GEN_MECHANISM,
					     CKA_VALUE_LEN,
					     CKA_CHECK_VALUE,
					     CKA_PUBLIC_KEY_INFO,
					     CKA_ALLOWED_MECHANISMS};

static void assert_one_alike(const struct row *row, CK_ATTRIBUTE_TYPE type, CK_OBJECT_HANDLE a,
			     CK_OBJECT_HANDLE b)
{
	CK_BYTE bytes[2][2048];
	CK_ATTRIBUTE of[] = {{type, bytes[0], sizeof(bytes[0])}, {type, bytes[1], sizeof(bytes[1])}};
	CK_RV rv[] = {C_GetAttributeValue(session, a, &of[0], 1), C_GetAttributeValue(session, b, &of[1], 1)};

	if (rv[0] != rv[1] || of[0].ulValueLen != of[1].ulValueLen ||
	    (rv[0] == CKR_OK && memcmp(bytes[0], bytes[1], of[0].ulValueLen) != 0))
		fail_msg("%s: a copy has another %#lx", row->name, type);
}

static void assert_alike(const struct row *row, CK_OBJECT_HANDLE a, CK_OBJECT_HANDLE b)
{
	for (size_t i = 0; i < COUNT(compared); i++)
		assert_one_alike(row, compared[i], a, b);
}

static void a_copy_is_as_the_original_but_for_what_was_said(void **state)
{
	(void)state;
	EACH(row)
	{
		CK_OBJECT_HANDLE object = make_one(row), copy = 0, found;
		CK_BYTE label[] = "Copy:this";
		/* The public half of a pair is not destroyed by itself; a copy may be. */
		CK_ATTRIBUTE a[] = {{CKA_TOKEN, &no, 1}, {CKA_LABEL, label, 9}, {CKA_DESTROYABLE, &yes, 1}};

		/* What a key is not to do, its copy is not to do either. */
		if (row->class == CKO_PUBLIC_KEY) {
			CK_ATTRIBUTE verify = {CKA_VERIFY, &no, 1};

			expect(row, "use", C_SetAttributeValue(session, object, &verify, 1), CKR_OK);
		}
		expect(row, "copy", C_CopyObject(session, object, a, 3, &copy), row->copy);
		if (row->copy == CKR_OK) {
			assert_int_not_equal(copy, object);
			assert_alike(row, object, copy);
			assert_true(is(copy, CKA_LABEL, "Copy:this"));
			assert_false(is(object, CKA_LABEL, "Copy:this"));
			expect(row, "copy destroyed", C_DestroyObject(session, copy), CKR_OK);
		}
		assert_int_equal(find(row->class, CKA_LABEL, "Copy:this", &found), 0);
		if (row->make == make_public && *row->token == CK_TRUE) {
			expect(row, "ID", set(object, CKA_ID, "the pair"), CKR_OK);
			assert_int_equal(find(CKO_PRIVATE_KEY, CKA_ID, "the pair", &object), 1);
		}
		expect(row, "destroyed", C_DestroyObject(session, object), CKR_OK);
	}
}

/* What the token says itself of what it holds: a key there is not one that was made elsewhere, nor seen. */
static bool is_tokens_to_say(CK_ATTRIBUTE_TYPE type)
{
	return type == CKA_LOCAL || type == CKA_KEY_GEN_MECHANISM || type == CKA_SENSITIVE ||
	       type == CKA_EXTRACTABLE || type == CKA_ALWAYS_SENSITIVE || type == CKA_NEVER_EXTRACTABLE ||
	       type == CKA_VALUE || type == CKA_VALUE_LEN;
}

static void assert_copied_to_token(const struct row *row, CK_OBJECT_HANDLE object, CK_OBJECT_HANDLE copy)
{
	bool secret = row->class == CKO_SECRET_KEY, public = row->class == CKO_PUBLIC_KEY;

	for (size_t i = 0; i < COUNT(compared); i++) {
		bool other = secret ? is_tokens_to_say(compared[i])
				    : compared[i] == CKA_ID || (public && is_tokens_to_say(compared[i]));

		if (!other && (!public || compared[i] != CKA_ALLOWED_MECHANISMS))
			assert_one_alike(row, compared[i], object, copy);
	}
	if (secret) {
		assert_int_equal(p11_ulong(copy, CKA_VALUE_LEN), p11_ulong(object, CKA_VALUE_LEN));
		assert_true(is_true(copy, CKA_SENSITIVE) && !is_true(copy, CKA_EXTRACTABLE));
		assert_false(is_true(copy, CKA_LOCAL) || is_true(copy, CKA_ALWAYS_SENSITIVE));
	}
}

static void what_a_session_has_is_copied_to_the_token_for_the_next_program_too(void **state)
{
	CK_BYTE id[] = {P11_KEY_ONCE}, label[] = "Kept:this";

	(void)state;
	EACH(row)
	{
		CK_ATTRIBUTE a[] = {{CKA_TOKEN, &yes, 1}, {CKA_LABEL, label, 9}, {CKA_ID, id, 1}};
		/* A public key is its pair's half, which its ID names. */
		CK_ULONG n = row->class == CKO_PUBLIC_KEY ? 3 : 2;
		CK_OBJECT_HANDLE object, copy = 0, found;

		if (*row->token == CK_TRUE)
			continue;
		object = make_one(row);
		expect(row, "copy", C_CopyObject(session, object, a, n, &copy), CKR_OK);
		assert_true(is_true(copy, CKA_TOKEN) && !is_true(object, CKA_TOKEN));
		assert_copied_to_token(row, object, copy);
		begin_anew();
		assert_int_equal(find(row->class, CKA_LABEL, "Kept:this", &found), 1);
		if (row->class == CKO_PUBLIC_KEY)
			expect(row, "label", set(found, CKA_LABEL, ""), CKR_OK);
		else
			expect(row, "destroyed", C_DestroyObject(session, found), CKR_OK);
	}
}

/* As a key of the session, the original goes on being used; so does the copy. */
static void a_secret_key_copied_to_the_token_is_the_same_key_and_hidden(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_SHA384_HMAC, "000102030405060708090a0b0c0d0e0f"), copy = 0;
	CK_ATTRIBUTE seen[] = {{CKA_TOKEN, &yes, 1}, {CKA_SENSITIVE, &no, 1}};
	CK_ATTRIBUTE hidden[] = {{CKA_TOKEN, &yes, 1}, {CKA_SENSITIVE, &yes, 1}, {CKA_EXTRACTABLE, &no, 1}};
	CK_ATTRIBUTE taken[] = {{CKA_TOKEN, &yes, 1}, {CKA_EXTRACTABLE, &yes, 1}};
	CK_ATTRIBUTE local[] = {{CKA_TOKEN, &yes, 1}, {CKA_LOCAL, &yes, 1}};
	CK_MECHANISM m = {CKM_SHA384_HMAC, NULL, 0};
	CK_BYTE mac[48], data[] = "data", value[32];
	CK_ATTRIBUTE read = {CKA_VALUE, value, sizeof(value)};
	CK_ULONG len = sizeof(mac);

	(void)state;
	assert_int_equal(C_CopyObject(session, key, seen, 2, &copy), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(C_CopyObject(session, key, taken, 2, &copy), CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(C_CopyObject(session, key, local, 2, &copy), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(C_CopyObject(session, key, hidden, 3, &copy), CKR_OK);
	assert_int_equal(p11_make(&m, key, data, 4, mac, &len), CKR_OK);
	assert_int_equal(p11_check(&m, copy, data, 4, mac, len), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, copy, &read, 1), CKR_ATTRIBUTE_SENSITIVE);
	assert_int_equal(C_DestroyObject(session, copy), CKR_OK);
	key = p11_key(CKK_GENERIC_SECRET, "000102030405060708090a0b0c0d0e0f");
	assert_int_equal(C_CopyObject(session, key, hidden, 3, &copy), CKR_TEMPLATE_INCONSISTENT);
}

/* ---- room ---- */

#define ROOM_MAX 80u

/* As many as there is room for; each that is destroyed makes room for one, and its handle is nobody's. */
static void fill(const struct row *row)
{
	CK_OBJECT_HANDLE made[ROOM_MAX], more;
	unsigned n = 0;
	CK_RV rv = CKR_OK;

	while (n < ROOM_MAX && (rv = row->make(row->token, n + 10, &made[n])) == CKR_OK)
		n++;
	expect(row, "one too many", rv, CKR_DEVICE_MEMORY);
	assert_true(n > 3);
	for (unsigned i = 0; i < n; i += n / 2) {
		expect(row, "destroyed", C_DestroyObject(session, made[i]), CKR_OK);
		expect(row, "destroyed twice", C_DestroyObject(session, made[i]), CKR_OBJECT_HANDLE_INVALID);
		expect(row, "in its place", row->make(row->token, n + 20 + i, &more), CKR_OK);
		assert_int_not_equal(more, made[i]);
		expect(row, "what was there", C_DestroyObject(session, made[i]), CKR_OBJECT_HANDLE_INVALID);
		made[i] = more;
		expect(row, "full again", row->make(row->token, n + 30 + i, &more), CKR_DEVICE_MEMORY);
	}
	for (unsigned i = 0; i < n; i++)
		expect(row, "destroyed", C_DestroyObject(session, made[i]), CKR_OK);
}

static void what_is_destroyed_makes_room_for_one_more(void **state)
{
	(void)state;
	EACH(row)
	{
		if (row->fills)
			fill(row);
	}
}

/* ---- size ---- */

static void expect_size_unknown(const char *name, CK_OBJECT_HANDLE object)
{
	unsigned commands = transport_card_commands();
	CK_ULONG size = 1;
	CK_RV rv = C_GetObjectSize(session, object, &size);

	if (rv != CKR_OK || size != CK_UNAVAILABLE_INFORMATION)
		fail_msg("%s: %#lx, size %lu", name, rv, size);
	assert_int_equal(C_GetObjectSize(session, object, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(transport_card_commands(), commands);
}

static void expect_no_size(const struct row *row, const char *what, CK_OBJECT_HANDLE object)
{
	CK_ULONG size = 1;

	expect(row, what, C_GetObjectSize(session, object, &size), CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(size, 1);
}

/* The card does not tell what an object takes, and is not asked. */
static void no_object_s_size_is_known_and_none_has_one_that_is_gone_or_hidden(void **state)
{
	CK_OBJECT_HANDLE profile;
	CK_ULONG n;

	(void)state;
	EACH(row)
	{
		CK_OBJECT_HANDLE object = make_one(row), pair = object;

		expect_size_unknown(row->name, object);
		if (is_true(object, CKA_PRIVATE) && *row->token == CK_TRUE) {
			assert_int_equal(C_Logout(session), CKR_OK);
			expect_no_size(row, "hidden", object);
			assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
			expect_size_unknown(row->name, object);
		}
		if (row->make == make_public && *row->token == CK_TRUE) {
			expect(row, "ID", set(object, CKA_ID, "the pair"), CKR_OK);
			assert_int_equal(find(CKO_PRIVATE_KEY, CKA_ID, "the pair", &pair), 1);
		}
		expect(row, "destroyed", C_DestroyObject(session, pair), CKR_OK);
		expect_no_size(row, "gone", object);
	}
	assert_int_equal(p11_find(session, CKO_PROFILE, 0, &n, &profile), CKR_OK);
	assert_true(n > 0);
	expect_size_unknown("profile", profile);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(labels_and_ids_are_changed_for_the_next_program_too),
	    TEST(what_an_object_is_cannot_be_changed),
	    TEST(a_copy_is_as_the_original_but_for_what_was_said),
	    TEST(what_a_session_has_is_copied_to_the_token_for_the_next_program_too),
	    TEST(a_secret_key_copied_to_the_token_is_the_same_key_and_hidden),
	    TEST(what_is_destroyed_makes_room_for_one_more),
	    TEST(no_object_s_size_is_known_and_none_has_one_that_is_gone_or_hidden),
	};

	return cmocka_run_group_tests_name("pkcs11_object", tests, p11_session_make, p11_session_end);
}
