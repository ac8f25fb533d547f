/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Templates of any kind to the calls of the module that take one, and mechanisms with any parameter, with a
 * token that has one key, logged in. Input: calls, each a byte for the call, two for an object's handle, one
 * for the number of attributes, and for each attribute two bytes of type, one of length and its value.
 */
#include <string.h>

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/slot.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/transport_card.h"

#define ATTRIBUTES_MAX 12u
#define CALLS_MAX      32u

static CK_SESSION_HANDLE session;

static void login(void)
{
	CK_UTF8CHAR pin[] = "123456";
	CK_RV rv = C_Login(session, CKU_USER, pin, 6);

	FUZZ_REQUIRE(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN);
}

static void make_token(void)
{
	CK_BYTE params[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}, id = 1;
	CK_ATTRIBUTE public_template = {CKA_EC_PARAMS, params, sizeof(params)};
	CK_ATTRIBUTE private_template = {CKA_ID, &id, 1};
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE a, b;
	CK_ULONG n = 0;

	FUZZ_REQUIRE(transport_card_make(CSGN_PROFILE_COUNTERSIGN));
	slots_set_backend(&transport_card);
	FUZZ_REQUIRE(C_Initialize(NULL) == CKR_OK && C_GetSlotList(CK_TRUE, NULL, &n) == CKR_OK && n == 1);
	FUZZ_REQUIRE(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) == CKR_OK);
	login();
	FUZZ_REQUIRE(C_GenerateKeyPair(session, &mechanism, &public_template, 1, &private_template, 1, &a,
				       &b) == CKR_OK);
}

/* Each value stands alone in memory, so that a sanitizer sees one byte more being read or written. */
static size_t read_template(struct cs_reader *r, CK_ATTRIBUTE *attributes)
{
	size_t count = cs_read_u8(r) % (ATTRIBUTES_MAX + 1);

	for (size_t i = 0; i < count; i++) {
		uint16_t type = cs_read_u16(r);
		size_t len = cs_read_u8(r);

		attributes[i] =
		    (CK_ATTRIBUTE){type & 0x8000 ? 0x40000000UL | (type & 0xFFF) : type, NULL, len};
		if (len == 0xFF) /* a length with nowhere to put it, or no length at all */
			attributes[i].ulValueLen = (type & 1) ? CK_UNAVAILABLE_INFORMATION : len;
		else if (len > 0)
			attributes[i].pValue = malloc(len);
		if (attributes[i].pValue != NULL)
			cs_read_copy(r, attributes[i].pValue, len);
	}
	return count;
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
	FUZZ_REQUIRE(C_FindObjects(session, found, 8, &n) == CKR_OK && n <= 8);
	FUZZ_REQUIRE(C_FindObjectsFinal(session) == CKR_OK);
}

static void call(struct cs_reader *r)
{
	uint8_t what = cs_read_u8(r);
	uint16_t handle = cs_read_u16(r);
	CK_ATTRIBUTE attributes[ATTRIBUTES_MAX];
	CK_BYTE wrapped[64] = {0};
	CK_OBJECT_HANDLE object = ((CK_OBJECT_HANDLE)(handle >> 8) << 24) | (handle & 0xFF), made, made_too;
	size_t count = read_template(r, attributes), half = count / 2;
	CK_MECHANISM ec = {what & 0x80 ? CKM_EC_KEY_PAIR_GEN : CKM_ECDH1_DERIVE, NULL, 0};

	switch (what & 0x0F) {
	case 0:
		search(attributes, count);
		break;
	case 1:
		(void)C_GetAttributeValue(session, object, attributes, count);
		break;
	case 2:
		(void)C_CreateObject(session, attributes, count, &made);
		break;
	case 3:
		(void)C_SetAttributeValue(session, object, attributes, count);
		break;
	case 4:
		(void)C_GenerateKeyPair(session, &ec, attributes, half, attributes + half, count - half,
					&made, &made_too);
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
		(void)C_UnwrapKey(session, &ec, object, wrapped, sizeof(wrapped), attributes, count, &made);
	}
	for (size_t i = 0; i < count; i++)
		free(attributes[i].pValue);
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
