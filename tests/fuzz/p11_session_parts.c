/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Parts, two ways at once, messages.
 */
#include "tests/fuzz/p11_session_parts.h"

#include <stdbool.h>
#include <stddef.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/p11_session.h"

#define TEXT 32u /* bytes, of whole blocks */
#define ROOM 600u

static CK_BYTE iv[16] = {1}, nonce[12] = {2}, text[TEXT] = {3}, out[ROOM];

/* Of the kinds of keys that there are, which say no where it is not theirs. */
static const CK_MECHANISM_TYPE signing[] = {CKM_AES_CMAC, CKM_SHA256_HMAC, CKM_ECDSA_SHA256,
					    CKM_SHA256_RSA_PKCS};

static CK_ULONG signature_len(CK_MECHANISM_TYPE type)
{
	switch (type) {
	case CKM_AES_CMAC:
		return 16;
	case CKM_SHA256_HMAC:
		return 32;
	case CKM_ECDSA_SHA256:
		return 64;
	default:
		return 256;
	}
}

static bool begins(CK_RV rv)
{
	return p11_session_checked(rv) == CKR_OK;
}

static void end(CK_RV rv, const CK_ULONG *len)
{
	if (p11_session_checked(rv) == CKR_OK)
		FUZZ_REQUIRE(*len <= ROOM);
}

static void encrypt_in_parts(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_ULONG len = ROOM, rest = ROOM;

	if (begins(C_EncryptInit(session, &m, key)) &&
	    begins(C_EncryptUpdate(session, text, TEXT - 1, out, &len))) {
		FUZZ_REQUIRE(len <= TEXT);
		end(C_EncryptFinal(session, out, &rest), &rest);
	}
	(void)C_SessionCancel(session, CKF_ENCRYPT);
}

static void sign_in_parts(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM m = {type, NULL, 0};
	CK_ULONG len = ROOM;

	if (begins(C_SignInit(session, &m, key)) && begins(C_SignUpdate(session, text, 5)) &&
	    begins(C_SignUpdate(session, text, TEXT)))
		end(C_SignFinal(session, out, &len), &len);
	if (begins(C_VerifyInit(session, &m, key)) && begins(C_VerifyUpdate(session, text, TEXT)))
		(void)p11_session_checked(C_VerifyFinal(session, out, signature_len(type)));
	(void)C_SessionCancel(session, CKF_SIGN | CKF_VERIFY);
}

void p11_parts_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	encrypt_in_parts(session, key);
	for (size_t i = 0; i < sizeof(signing) / sizeof(signing[0]); i++)
		sign_in_parts(session, key, signing[i]);
}

/* What comes out is no longer than what goes in, and a block that waited. */
static void both(CK_RV rv, const CK_ULONG *len)
{
	if (p11_session_checked(rv) == CKR_OK)
		FUZZ_REQUIRE(*len <= TEXT + 16);
}

void p11_two_ways_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM cbc = {CKM_AES_CBC, iv, sizeof(iv)}, mac = {CKM_AES_CMAC, NULL, 0},
		     digest = {CKM_SHA256, NULL, 0};
	CK_ULONG len = ROOM;

	if (begins(C_EncryptInit(session, &cbc, key)) && begins(C_DigestInit(session, &digest)))
		both(C_DigestEncryptUpdate(session, text, TEXT, out, &len), &len);
	len = ROOM;
	if (begins(C_SignInit(session, &mac, key)))
		both(C_SignEncryptUpdate(session, text, TEXT, out, &len), &len);
	len = ROOM;
	if (begins(C_DecryptInit(session, &cbc, key)))
		both(C_DecryptDigestUpdate(session, text, TEXT, out, &len), &len);
	len = ROOM;
	if (begins(C_VerifyInit(session, &mac, key)))
		both(C_DecryptVerifyUpdate(session, text, TEXT, out, &len), &len);
	(void)C_SessionCancel(session, CKF_ENCRYPT | CKF_DECRYPT | CKF_DIGEST | CKF_SIGN | CKF_VERIFY);
}

static void seal_messages(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_BYTE tag[16] = {0};
	CK_GCM_MESSAGE_PARAMS p = {nonce, sizeof(nonce), 0, CKG_NO_GENERATE, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, NULL, 0};
	CK_ULONG len = ROOM;

	if (begins(C_MessageEncryptInit(session, &m, key)) &&
	    begins(C_EncryptMessageBegin(session, &p, sizeof(p), iv, 5)))
		end(C_EncryptMessageNext(session, &p, sizeof(p), text, TEXT, out, &len, CKF_END_OF_MESSAGE),
		    &len);
	len = ROOM;
	if (begins(C_MessageDecryptInit(session, &m, key)) &&
	    begins(C_DecryptMessageBegin(session, &p, sizeof(p), iv, 5)))
		end(C_DecryptMessageNext(session, &p, sizeof(p), text, TEXT, out, &len, CKF_END_OF_MESSAGE),
		    &len);
	(void)C_SessionCancel(session, CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT);
}

static void sign_messages(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM m = {type, NULL, 0};
	CK_ULONG len = ROOM;

	if (begins(C_MessageSignInit(session, &m, key))) {
		end(C_SignMessage(session, NULL, 0, text, TEXT, out, &len), &len);
		len = ROOM;
		if (begins(C_SignMessageBegin(session, NULL, 0)) &&
		    begins(C_SignMessageNext(session, NULL, 0, text, 5, NULL, NULL)))
			end(C_SignMessageNext(session, NULL, 0, text, TEXT, out, &len), &len);
	}
	if (begins(C_MessageVerifyInit(session, &m, key))) {
		len = signature_len(type);
		(void)p11_session_checked(C_VerifyMessage(session, NULL, 0, text, TEXT, out, len));
		if (begins(C_VerifyMessageBegin(session, NULL, 0)))
			(void)p11_session_checked(
			    C_VerifyMessageNext(session, NULL, 0, text, TEXT, out, len));
	}
	(void)C_SessionCancel(session, CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY);
}

void p11_messages_with(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	seal_messages(session, key);
	for (size_t i = 0; i < sizeof(signing) / sizeof(signing[0]); i++)
		sign_messages(session, key, signing[i]);
}
