/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Templates of any kind to the calls of the module that take one, and mechanisms with any parameter, with a
 * token that has one key, logged in. Input: calls, each a byte for the call, two for an object's handle, one
 * for the number of attributes, and for each attribute two bytes of type, one of length and its value; of one
 * that is a template, one for how many attributes that has and what its length is to say, and these.
 *
 * A call may come with a template with which it does what it is there for, the attributes behind it: shown
 * with none of them before the first input. With a template among them no call does anything.
 */
#include <string.h>

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/slot.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/transport_card.h"

#define ATTRIBUTES_MAX 12u
#define CALLS_MAX      32u
#define FIRST_WHOLE    9u /* up to 15 */

#define NESTED_MAX     3u
#define NESTED_ENDLESS 0x80 /* in the byte for its length */
#define NESTED_ODD     0x40
#define OWNED_MAX      (ATTRIBUTES_MAX * (NESTED_MAX + 1))

static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE ec_private, kek;
static CK_BYTE point[80], wrapped[24];
static CK_ULONG point_len;

static void login(void)
{
	CK_UTF8CHAR pin[] = "123456";
	CK_RV rv = C_Login(session, CKU_USER, pin, 6);

	FUZZ_REQUIRE(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN);
}

static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_ULONG sixteen = 16, secret_class = CKO_SECRET_KEY, generic = CKK_GENERIC_SECRET, aes = CKK_AES;
static CK_BYTE value[16] = {1};

#define OF(object) &(object), sizeof(object)
#define SECRET_KEY(type)                                                                                     \
	{CKA_CLASS, OF(secret_class)}, {CKA_KEY_TYPE, OF(type)},                                             \
	{                                                                                                    \
		CKA_TOKEN, OF(no)                                                                            \
	}

/* What whole calls are made with: a key to wrap by, something that it has wrapped, and a point. */
static void make_parts(CK_OBJECT_HANDLE ec_public)
{
	CK_ATTRIBUTE of_kek[] = {
	    {CKA_VALUE_LEN, OF(sixteen)}, {CKA_WRAP, OF(yes)}, {CKA_UNWRAP, OF(yes)}, {CKA_TOKEN, OF(no)}};
	CK_ATTRIBUTE of_secret[] = {SECRET_KEY(generic), {CKA_VALUE, OF(value)}, {CKA_EXTRACTABLE, OF(yes)}};
	CK_ATTRIBUTE of_point = {CKA_EC_POINT, OF(point)};
	CK_MECHANISM generate = {CKM_AES_KEY_GEN, NULL, 0}, wrap = {CKM_AES_KEY_WRAP, NULL, 0};
	CK_OBJECT_HANDLE secret;
	CK_ULONG len = sizeof(wrapped);

	FUZZ_REQUIRE(C_GenerateKey(session, &generate, of_kek, 4, &kek) == CKR_OK);
	FUZZ_REQUIRE(C_CreateObject(session, of_secret, 5, &secret) == CKR_OK);
	FUZZ_REQUIRE(C_WrapKey(session, &wrap, kek, secret, wrapped, &len) == CKR_OK &&
		     len == sizeof(wrapped));
	FUZZ_REQUIRE(C_DestroyObject(session, secret) == CKR_OK);
	FUZZ_REQUIRE(C_GetAttributeValue(session, ec_public, &of_point, 1) == CKR_OK);
	point_len = of_point.ulValueLen;
}

/* ---- calls that do what they are there for ---- */

struct whole {
	CK_ATTRIBUTE at[ATTRIBUTES_MAX + 5];
	CK_ULONG count;
};

static struct whole whole_of(const CK_ATTRIBUTE *base, CK_ULONG base_count, const CK_ATTRIBUTE *more,
			     CK_ULONG count)
{
	struct whole w = {.count = base_count + count};

	memcpy(w.at, base, base_count * sizeof(*base));
	if (count > 0)
		memcpy(w.at + base_count, more, count * sizeof(*more));
	return w;
}

static CK_RV whole_secret(unsigned which, const CK_ATTRIBUTE *more, CK_ULONG count, CK_OBJECT_HANDLE *made)
{
	static const CK_ATTRIBUTE created[] = {SECRET_KEY(generic), {CKA_VALUE, OF(value)}},
				  unwrapped[] = {SECRET_KEY(aes)},
				  derived[] = {SECRET_KEY(generic), {CKA_VALUE_LEN, OF(sixteen)}},
				  generated[] = {{CKA_TOKEN, OF(no)}, {CKA_VALUE_LEN, OF(sixteen)}};
	CK_ECDH1_DERIVE_PARAMS params = {CKD_NULL, 0, NULL, point_len, point};
	CK_MECHANISM ecdh = {CKM_ECDH1_DERIVE, OF(params)}, unwrap = {CKM_AES_KEY_WRAP, NULL, 0},
		     generate = {CKM_AES_KEY_GEN, NULL, 0};
	struct whole w;

	switch (which) {
	case 0:
		w = whole_of(created, 4, more, count);
		return C_CreateObject(session, w.at, w.count, made);
	case 1:
		w = whole_of(unwrapped, 3, more, count);
		return C_UnwrapKey(session, &unwrap, kek, wrapped, sizeof(wrapped), w.at, w.count, made);
	case 2:
		w = whole_of(derived, 4, more, count);
		return C_DeriveKey(session, &ecdh, ec_private, w.at, w.count, made);
	case 3:
		w = whole_of(generated, 2, more, count);
		return C_GenerateKey(session, &generate, w.at, w.count, made);
	default:
		w = whole_of(unwrapped + 2, 1, more, count);
		return C_CopyObject(session, kek, w.at, w.count, made);
	}
}

/* A pair, with the attributes in the public half's template or in the other one. */
static CK_RV whole_pair(bool in_public, const CK_ATTRIBUTE *more, CK_ULONG count, CK_OBJECT_HANDLE *made)
{
	static const CK_ATTRIBUTE base[] = {{CKA_TOKEN, OF(yes)}, {CKA_EC_PARAMS, OF(p256)}};
	struct whole public = whole_of(base, 2, more, in_public ? count : 0),
		     private = whole_of(base, 1, more, in_public ? 0 : count);
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE public_made;

	return C_GenerateKeyPair(session, &mechanism, public.at, public.count, private.at, private.count,
				 &public_made, made);
}

#define WHOLES 7u

static CK_RV whole_call(unsigned which, const CK_ATTRIBUTE *more, CK_ULONG count)
{
	CK_OBJECT_HANDLE made;
	CK_RV rv =
	    which < 5 ? whole_secret(which, more, count, &made) : whole_pair(which == 5, more, count, &made);

	if (rv == CKR_OK)
		(void)C_DestroyObject(session, made);
	return rv;
}

static void make_token(void)
{
	CK_BYTE id = 1;
	CK_ATTRIBUTE public_template = {CKA_EC_PARAMS, OF(p256)};
	CK_ATTRIBUTE private_template = {CKA_ID, &id, 1};
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE ec_public;
	CK_ULONG n = 0;

	FUZZ_REQUIRE(transport_card_make(CSGN_PROFILE_COUNTERSIGN));
	slots_set_backend(&transport_card);
	FUZZ_REQUIRE(C_Initialize(NULL) == CKR_OK && C_GetSlotList(CK_TRUE, NULL, &n) == CKR_OK && n == 1);
	FUZZ_REQUIRE(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) == CKR_OK);
	login();
	FUZZ_REQUIRE(C_GenerateKeyPair(session, &mechanism, &public_template, 1, &private_template, 1,
				       &ec_public, &ec_private) == CKR_OK);
	make_parts(ec_public);
	for (unsigned i = 0; i < WHOLES; i++)
		FUZZ_REQUIRE(whole_call(i, NULL, 0) == CKR_OK);
}

/* Each value stands alone in memory, so that a sanitizer sees one byte more being read or written. */
static void *owned[OWNED_MAX];
static size_t owned_count;

static void *own(size_t len)
{
	void *p = len > 0 ? malloc(len) : NULL;

	if (p != NULL)
		owned[owned_count++] = p;
	return p;
}

static void free_owned(void)
{
	while (owned_count > 0)
		free(owned[--owned_count]);
}

static CK_ATTRIBUTE read_plain(struct cs_reader *r, CK_ATTRIBUTE_TYPE type)
{
	size_t len = cs_read_u8(r);
	CK_ATTRIBUTE a = {type, NULL, len};

	if (len == 0xFF) /* a length with nowhere to put it, or no length at all */
		a.ulValueLen = (type & 1) ? CK_UNAVAILABLE_INFORMATION : len;
	else
		a.pValue = own(len);
	if (a.pValue != NULL)
		cs_read_copy(r, a.pValue, len);
	return a;
}

static CK_ATTRIBUTE read_nested(struct cs_reader *r, CK_ATTRIBUTE_TYPE type)
{
	uint8_t what = cs_read_u8(r);
	size_t count = what % (NESTED_MAX + 1);
	CK_ATTRIBUTE *inner = own(count * sizeof(*inner));
	CK_ATTRIBUTE a = {type, inner, count * sizeof(*inner)};

	for (size_t i = 0; i < count; i++) {
		CK_ATTRIBUTE_TYPE inner_type = cs_read_u16(r);

		inner[i] = read_plain(r, inner_type);
	}
	if ((what & NESTED_ENDLESS) != 0)
		a.ulValueLen = CK_UNAVAILABLE_INFORMATION / sizeof(*inner) * sizeof(*inner);
	else if ((what & NESTED_ODD) != 0 && count > 0)
		a.ulValueLen--;
	return a;
}

static bool is_nested(CK_ATTRIBUTE_TYPE type)
{
	return type == CKA_WRAP_TEMPLATE || type == CKA_UNWRAP_TEMPLATE || type == CKA_DERIVE_TEMPLATE ||
	       type == CKA_ENCAPSULATE_TEMPLATE || type == CKA_DECAPSULATE_TEMPLATE;
}

static size_t read_template(struct cs_reader *r, CK_ATTRIBUTE *attributes)
{
	size_t count = cs_read_u8(r) % (ATTRIBUTES_MAX + 1);

	for (size_t i = 0; i < count; i++) {
		uint16_t number = cs_read_u16(r);
		CK_ATTRIBUTE_TYPE type = number & 0x8000 ? 0x40000000UL | (number & 0xFFF) : number;

		attributes[i] = is_nested(type) ? read_nested(r, type) : read_plain(r, type);
	}
	return count;
}

static bool has_nested(const CK_ATTRIBUTE *attributes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_nested(attributes[i].type) && attributes[i].ulValueLen > 0)
			return true;
	}
	return false;
}

static void operate(CK_RV (*init)(CK_SESSION_HANDLE, CK_MECHANISM_PTR, CK_OBJECT_HANDLE),
		    CK_OBJECT_HANDLE key, const CK_ATTRIBUTE *attributes, size_t count)
{
	CK_MECHANISM mechanism = {count > 0 ? attributes[0].type : CKM_ECDSA, NULL, 0};
	CK_BYTE out[600];
	CK_ULONG len = sizeof(out);

	if (count > 1 && attributes[1].pValue != NULL) {
		mechanism.pParameter = attributes[1].pValue;
		mechanism.ulParameterLen = attributes[1].ulValueLen;
	}
	/* A mechanism's parameter may hold pointers, which the module has to believe. */
	if (mechanism.ulParameterLen == sizeof(CK_RSA_PKCS_OAEP_PARAMS))
		mechanism.ulParameterLen--;
	if (init(session, &mechanism, key) != CKR_OK || count < 3 || attributes[2].pValue == NULL)
		return;
	(void)C_Sign(session, attributes[2].pValue, attributes[2].ulValueLen, out, &len);
	len = sizeof(out);
	(void)C_Decrypt(session, attributes[2].pValue, attributes[2].ulValueLen, out, &len);
	(void)C_Verify(session, attributes[2].pValue, attributes[2].ulValueLen, out, 64);
}

static void search(CK_ATTRIBUTE *attributes, size_t count)
{
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n;

	if (C_FindObjectsInit(session, attributes, count) != CKR_OK)
		return;
	FUZZ_REQUIRE(!has_nested(attributes, count));
	FUZZ_REQUIRE(C_FindObjects(session, found, 8, &n) == CKR_OK && n <= 8);
	FUZZ_REQUIRE(C_FindObjectsFinal(session) == CKR_OK);
}

static CK_RV change(unsigned what, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, size_t count)
{
	CK_MECHANISM ec = {what & 0x80 ? CKM_EC_KEY_PAIR_GEN : CKM_ECDH1_DERIVE, NULL, 0};
	CK_OBJECT_HANDLE made, made_too;
	size_t half = count / 2;

	switch (what & 0x0F) {
	case 2:
		return C_CreateObject(session, attributes, count, &made);
	case 3:
		return C_SetAttributeValue(session, object, attributes, count);
	case 4:
		return C_GenerateKeyPair(session, &ec, attributes, half, attributes + half, count - half,
					 &made, &made_too);
	default:
		return whole_call(((what & 0x0F) - FIRST_WHOLE) % WHOLES, attributes, count);
	}
}

static void call(struct cs_reader *r)
{
	uint8_t what = cs_read_u8(r);
	uint16_t handle = cs_read_u16(r);
	CK_ATTRIBUTE attributes[ATTRIBUTES_MAX];
	CK_OBJECT_HANDLE object = ((CK_OBJECT_HANDLE)(handle >> 8) << 24) | (handle & 0xFF);
	size_t count = read_template(r, attributes);
	bool nested = has_nested(attributes, count);

	switch (what & 0x0F) {
	case 0:
		search(attributes, count);
		break;
	case 1:
		(void)C_GetAttributeValue(session, object, attributes, count);
		break;
	case 5:
		(void)C_DestroyObject(session, object);
		break;
	case 6:
		operate(C_SignInit, object, attributes, count);
		break;
	case 7:
		operate(C_DecryptInit, object, attributes, count);
		break;
	case 8:
		operate(C_VerifyInit, object, attributes, count);
		break;
	default:
		FUZZ_REQUIRE(change(what, object, attributes, count) != CKR_OK || !nested);
	}
	free_owned();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned inputs;
	struct cs_reader r = cs_reader_of(cs_view(data, size));

	/* The card fills up; now and then a new one. */
	if (inputs++ % 256 == 0) {
		(void)C_Finalize(NULL);
		make_token();
	}
	login();
	for (unsigned i = 0; i < CALLS_MAX && cs_reader_more(&r); i++)
		call(&r);
	FUZZ_REQUIRE(C_SessionCancel(session, ~0UL) == CKR_OK);
	return 0;
}
