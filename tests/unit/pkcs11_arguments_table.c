/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rows of the functions: a new one of the standard's needs two lines here, or a test fails.
 */
#include "tests/unit/pkcs11_arguments.h"

#define N(i) a[i].number
#define P(i) a[i].pointer
#define CALL(name, ...)                                                                                      \
	static CK_RV call_##name(const union argument *a)                                                    \
	{                                                                                                    \
		return name(__VA_ARGS__);                                                                    \
	}

/* clang-format off */
CALL(C_Initialize, P(0))
CALL(C_Finalize, P(0))
CALL(C_GetInfo, P(0))
CALL(C_GetFunctionList, P(0))
CALL(C_GetSlotList, (CK_BBOOL)N(0), P(1), P(2))
CALL(C_GetSlotInfo, N(0), P(1))
CALL(C_GetTokenInfo, N(0), P(1))
CALL(C_GetMechanismList, N(0), P(1), P(2))
CALL(C_GetMechanismInfo, N(0), N(1), P(2))
CALL(C_InitToken, N(0), P(1), N(2), P(3))
CALL(C_InitPIN, N(0), P(1), N(2))
CALL(C_SetPIN, N(0), P(1), N(2), P(3), N(4))
CALL(C_OpenSession, N(0), N(1), P(2), NULL, P(4))
CALL(C_CloseSession, N(0))
CALL(C_CloseAllSessions, N(0))
CALL(C_GetSessionInfo, N(0), P(1))
CALL(C_GetOperationState, N(0), P(1), P(2))
CALL(C_SetOperationState, N(0), P(1), N(2), N(3), N(4))
CALL(C_Login, N(0), N(1), P(2), N(3))
CALL(C_Logout, N(0))
CALL(C_CreateObject, N(0), P(1), N(2), P(3))
CALL(C_CopyObject, N(0), N(1), P(2), N(3), P(4))
CALL(C_DestroyObject, N(0), N(1))
CALL(C_GetObjectSize, N(0), N(1), P(2))
CALL(C_GetAttributeValue, N(0), N(1), P(2), N(3))
CALL(C_SetAttributeValue, N(0), N(1), P(2), N(3))
CALL(C_FindObjectsInit, N(0), P(1), N(2))
CALL(C_FindObjects, N(0), P(1), N(2), P(3))
CALL(C_FindObjectsFinal, N(0))
CALL(C_EncryptInit, N(0), P(1), N(2))
CALL(C_Encrypt, N(0), P(1), N(2), P(3), P(4))
CALL(C_EncryptUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_EncryptFinal, N(0), P(1), P(2))
CALL(C_DecryptInit, N(0), P(1), N(2))
CALL(C_Decrypt, N(0), P(1), N(2), P(3), P(4))
CALL(C_DecryptUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_DecryptFinal, N(0), P(1), P(2))
CALL(C_DigestInit, N(0), P(1))
CALL(C_Digest, N(0), P(1), N(2), P(3), P(4))
CALL(C_DigestUpdate, N(0), P(1), N(2))
CALL(C_DigestKey, N(0), N(1))
CALL(C_DigestFinal, N(0), P(1), P(2))
CALL(C_SignInit, N(0), P(1), N(2))
CALL(C_Sign, N(0), P(1), N(2), P(3), P(4))
CALL(C_SignUpdate, N(0), P(1), N(2))
CALL(C_SignFinal, N(0), P(1), P(2))
CALL(C_SignRecoverInit, N(0), P(1), N(2))
CALL(C_SignRecover, N(0), P(1), N(2), P(3), P(4))
CALL(C_VerifyInit, N(0), P(1), N(2))
CALL(C_Verify, N(0), P(1), N(2), P(3), N(4))
CALL(C_VerifyUpdate, N(0), P(1), N(2))
CALL(C_VerifyFinal, N(0), P(1), N(2))
CALL(C_VerifyRecoverInit, N(0), P(1), N(2))
CALL(C_VerifyRecover, N(0), P(1), N(2), P(3), P(4))
CALL(C_DigestEncryptUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_DecryptDigestUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_SignEncryptUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_DecryptVerifyUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_GenerateKey, N(0), P(1), P(2), N(3), P(4))
CALL(C_GenerateKeyPair, N(0), P(1), P(2), N(3), P(4), N(5), P(6), P(7))
CALL(C_WrapKey, N(0), P(1), N(2), N(3), P(4), P(5))
CALL(C_UnwrapKey, N(0), P(1), N(2), P(3), N(4), P(5), N(6), P(7))
CALL(C_DeriveKey, N(0), P(1), N(2), P(3), N(4), P(5))
CALL(C_SeedRandom, N(0), P(1), N(2))
CALL(C_GenerateRandom, N(0), P(1), N(2))
CALL(C_GetFunctionStatus, N(0))
CALL(C_CancelFunction, N(0))
CALL(C_WaitForSlotEvent, N(0), P(1), P(2))
CALL(C_GetInterfaceList, P(0), P(1))
CALL(C_GetInterface, P(0), P(1), P(2), N(3))
CALL(C_LoginUser, N(0), N(1), P(2), N(3), P(4), N(5))
CALL(C_SessionCancel, N(0), N(1))
CALL(C_MessageEncryptInit, N(0), P(1), N(2))
CALL(C_EncryptMessage, N(0), P(1), N(2), P(3), N(4), P(5), N(6), P(7), P(8))
CALL(C_EncryptMessageBegin, N(0), P(1), N(2), P(3), N(4))
CALL(C_EncryptMessageNext, N(0), P(1), N(2), P(3), N(4), P(5), P(6), N(7))
CALL(C_MessageEncryptFinal, N(0))
CALL(C_MessageDecryptInit, N(0), P(1), N(2))
CALL(C_DecryptMessage, N(0), P(1), N(2), P(3), N(4), P(5), N(6), P(7), P(8))
CALL(C_DecryptMessageBegin, N(0), P(1), N(2), P(3), N(4))
CALL(C_DecryptMessageNext, N(0), P(1), N(2), P(3), N(4), P(5), P(6), N(7))
CALL(C_MessageDecryptFinal, N(0))
CALL(C_MessageSignInit, N(0), P(1), N(2))
CALL(C_SignMessage, N(0), P(1), N(2), P(3), N(4), P(5), P(6))
CALL(C_SignMessageBegin, N(0), P(1), N(2))
CALL(C_SignMessageNext, N(0), P(1), N(2), P(3), N(4), P(5), P(6))
CALL(C_MessageSignFinal, N(0))
CALL(C_MessageVerifyInit, N(0), P(1), N(2))
CALL(C_VerifyMessage, N(0), P(1), N(2), P(3), N(4), P(5), N(6))
CALL(C_VerifyMessageBegin, N(0), P(1), N(2))
CALL(C_VerifyMessageNext, N(0), P(1), N(2), P(3), N(4), P(5), N(6))
CALL(C_MessageVerifyFinal, N(0))
CALL(C_EncapsulateKey, N(0), P(1), N(2), P(3), N(4), P(5), P(6), P(7))
CALL(C_DecapsulateKey, N(0), P(1), N(2), P(3), N(4), P(5), N(6), P(7))
CALL(C_VerifySignatureInit, N(0), P(1), N(2), P(3), N(4))
CALL(C_VerifySignature, N(0), P(1), N(2))
CALL(C_VerifySignatureUpdate, N(0), P(1), N(2))
CALL(C_VerifySignatureFinal, N(0))
CALL(C_GetSessionValidationFlags, N(0), N(1), P(2))
CALL(C_AsyncComplete, N(0), P(1), P(2))
CALL(C_AsyncGetID, N(0), P(1), P(2))
CALL(C_AsyncJoin, N(0), P(1), N(2), P(3), N(4))
CALL(C_WrapKeyAuthenticated, N(0), P(1), N(2), N(3), P(4), N(5), P(6), P(7))
CALL(C_UnwrapKeyAuthenticated, N(0), P(1), N(2), P(3), N(4), P(5), N(6), P(7), N(8), P(9))
/* clang-format on */

#define ROW(name, kinds, prepare, with, card)                                                                \
	{                                                                                                    \
#name, kinds, prepare, with, card, call_##name                                               \
	}

const struct function functions[] = {
    ROW(C_Initialize, "i", NOTHING, SIGNING, FREE),
    ROW(C_Finalize, "v", NOTHING, SIGNING, CARD),
    ROW(C_GetInfo, "x", NOTHING, SIGNING, FREE),
    ROW(C_GetFunctionList, "x", NOTHING, SIGNING, FREE),
    ROW(C_GetSlotList, "gzl", NOTHING, SIGNING, CARD),
    ROW(C_GetSlotInfo, "dx", NOTHING, SIGNING, CARD),
    ROW(C_GetTokenInfo, "dx", NOTHING, SIGNING, CARD),
    ROW(C_GetMechanismList, "dzl", NOTHING, SIGNING, CARD),
    ROW(C_GetMechanismInfo, "dgx", NOTHING, SIGNING, CARD),
    ROW(C_InitToken, "dpnx", NOTHING, SIGNING, CARD),
    ROW(C_InitPIN, "spn", NOTHING, SIGNING, CARD),
    ROW(C_SetPIN, "spnpn", NOTHING, SIGNING, CARD),
    ROW(C_OpenSession, "dfzyh", NOTHING, SIGNING, CARD),
    ROW(C_CloseSession, "s", NOTHING, SIGNING, CARD),
    ROW(C_CloseAllSessions, "d", NOTHING, SIGNING, CARD),
    ROW(C_GetSessionInfo, "sx", NOTHING, SIGNING, FREE),
    ROW(C_GetOperationState, "sol", NOTHING, SIGNING, FREE),
    ROW(C_SetOperationState, "sbnkk", NOTHING, SIGNING, FREE),
    ROW(C_Login, "supn", NOTHING, SIGNING, CARD),
    ROW(C_Logout, "s", NOTHING, SIGNING, CARD),
    ROW(C_CreateObject, "stch", NOTHING, SIGNING, CARD),
    ROW(C_CopyObject, "sktch", NOTHING, SIGNING, CARD),
    ROW(C_DestroyObject, "sk", NOTHING, NOTHING, CARD),
    ROW(C_GetObjectSize, "skl", NOTHING, SIGNING, FREE),
    ROW(C_GetAttributeValue, "sktc", NOTHING, SIGNING, CARD),
    ROW(C_SetAttributeValue, "sktc", NOTHING, SIGNING, CARD),
    ROW(C_FindObjectsInit, "stc", NOTHING, SIGNING, CARD),
    ROW(C_FindObjects, "sogl", FINDING, NOTHING, FREE),
    ROW(C_FindObjectsFinal, "s", FINDING, NOTHING, FREE),
    ROW(C_EncryptInit, "smk", NOTHING, ENCRYPTING, FREE),
    ROW(C_Encrypt, "sbnol", ENCRYPTING, NOTHING, CARD),
    ROW(C_EncryptUpdate, "sbnol", ENCRYPTING, NOTHING, CARD),
    ROW(C_EncryptFinal, "sol", ENCRYPTING, NOTHING, CARD),
    ROW(C_DecryptInit, "smk", NOTHING, DECRYPTING, FREE),
    ROW(C_Decrypt, "sbnol", DECRYPTING, NOTHING, CARD),
    ROW(C_DecryptUpdate, "sbnol", DECRYPTING, NOTHING, CARD),
    ROW(C_DecryptFinal, "sol", DECRYPTING, NOTHING, CARD),
    ROW(C_DigestInit, "sm", NOTHING, DIGESTING, FREE),
    ROW(C_Digest, "sbnol", DIGESTING, NOTHING, FREE),
    ROW(C_DigestUpdate, "sbn", DIGESTING, NOTHING, FREE),
    ROW(C_DigestKey, "sk", DIGESTING, SIGNING, FREE),
    ROW(C_DigestFinal, "sol", DIGESTING, NOTHING, FREE),
    ROW(C_SignInit, "smk", NOTHING, SIGNING, FREE),
    ROW(C_Sign, "sbnol", SIGNING, NOTHING, CARD),
    ROW(C_SignUpdate, "sbn", SIGNING, NOTHING, FREE),
    ROW(C_SignFinal, "sol", SIGNING, NOTHING, CARD),
    ROW(C_SignRecoverInit, "smk", NOTHING, SIGNING_TO_RECOVER, FREE),
    ROW(C_SignRecover, "sbnol", SIGNING_TO_RECOVER, NOTHING, CARD),
    ROW(C_VerifyInit, "smk", NOTHING, VERIFYING, FREE),
    ROW(C_Verify, "sbnbn", VERIFYING, NOTHING, CARD),
    ROW(C_VerifyUpdate, "sbn", VERIFYING, NOTHING, FREE),
    ROW(C_VerifyFinal, "sbn", VERIFYING, NOTHING, CARD),
    ROW(C_VerifyRecoverInit, "smk", NOTHING, VERIFYING_TO_RECOVER, FREE),
    ROW(C_VerifyRecover, "sbnol", VERIFYING_TO_RECOVER, NOTHING, FREE),
    ROW(C_DigestEncryptUpdate, "sbnol", ENCRYPTING, NOTHING, CARD),
    ROW(C_DecryptDigestUpdate, "sbnol", DECRYPTING, NOTHING, CARD),
    ROW(C_SignEncryptUpdate, "sbnol", ENCRYPTING, NOTHING, CARD),
    ROW(C_DecryptVerifyUpdate, "sbnol", DECRYPTING, NOTHING, CARD),
    ROW(C_GenerateKey, "smtch", NOTHING, SIGNING, CARD),
    ROW(C_GenerateKeyPair, "smtctchh", NOTHING, SIGNING, CARD),
    ROW(C_WrapKey, "smkkol", NOTHING, ENCRYPTING, CARD),
    ROW(C_UnwrapKey, "smkbntch", NOTHING, DECRYPTING, CARD),
    ROW(C_DeriveKey, "smktch", NOTHING, SIGNING, CARD),
    ROW(C_SeedRandom, "sbn", NOTHING, SIGNING, FREE),
    ROW(C_GenerateRandom, "sxn", NOTHING, SIGNING, FREE),
    ROW(C_GetFunctionStatus, "s", NOTHING, SIGNING, FREE),
    ROW(C_CancelFunction, "s", NOTHING, SIGNING, FREE),
    ROW(C_WaitForSlotEvent, "wxv", NOTHING, SIGNING, FREE),
    ROW(C_GetInterfaceList, "zl", NOTHING, SIGNING, FREE),
    ROW(C_GetInterface, "zzxf", NOTHING, SIGNING, FREE),
    ROW(C_LoginUser, "supnpn", NOTHING, SIGNING, CARD),
    ROW(C_SessionCancel, "sf", NOTHING, SIGNING, FREE),
    ROW(C_MessageEncryptInit, "smk", NOTHING, ENCRYPTING_MESSAGES, FREE),
    ROW(C_EncryptMessage, "sqnbnbnol", ENCRYPTING_MESSAGES, NOTHING, CARD),
    ROW(C_EncryptMessageBegin, "sqnbn", ENCRYPTING_MESSAGES, NOTHING, FREE),
    ROW(C_EncryptMessageNext, "sqnbnolf", ENCRYPTING_MESSAGES, NOTHING, CARD),
    ROW(C_MessageEncryptFinal, "s", ENCRYPTING_MESSAGES, NOTHING, FREE),
    ROW(C_MessageDecryptInit, "smk", NOTHING, DECRYPTING_MESSAGES, FREE),
    ROW(C_DecryptMessage, "sqnbnbnol", DECRYPTING_MESSAGES, NOTHING, CARD),
    ROW(C_DecryptMessageBegin, "sqnbn", DECRYPTING_MESSAGES, NOTHING, FREE),
    ROW(C_DecryptMessageNext, "sqnbnolf", DECRYPTING_MESSAGES, NOTHING, CARD),
    ROW(C_MessageDecryptFinal, "s", DECRYPTING_MESSAGES, NOTHING, FREE),
    ROW(C_MessageSignInit, "smk", NOTHING, SIGNING_MESSAGES, FREE),
    ROW(C_SignMessage, "sqnbnol", SIGNING_MESSAGES, NOTHING, CARD),
    ROW(C_SignMessageBegin, "sqn", SIGNING_MESSAGES, NOTHING, FREE),
    ROW(C_SignMessageNext, "sqnbnol", SIGNING_MESSAGES, NOTHING, CARD),
    ROW(C_MessageSignFinal, "s", SIGNING_MESSAGES, NOTHING, FREE),
    ROW(C_MessageVerifyInit, "smk", NOTHING, VERIFYING_MESSAGES, FREE),
    ROW(C_VerifyMessage, "sqnbnbn", VERIFYING_MESSAGES, NOTHING, CARD),
    ROW(C_VerifyMessageBegin, "sqn", VERIFYING_MESSAGES, NOTHING, FREE),
    ROW(C_VerifyMessageNext, "sqnbnbn", VERIFYING_MESSAGES, NOTHING, CARD),
    ROW(C_MessageVerifyFinal, "s", VERIFYING_MESSAGES, NOTHING, FREE),
    ROW(C_EncapsulateKey, "smktcolh", NOTHING, SIGNING, FREE),
    ROW(C_DecapsulateKey, "smktcbnh", NOTHING, SIGNING, CARD),
    ROW(C_VerifySignatureInit, "smkbn", NOTHING, VERIFYING, FREE),
    ROW(C_VerifySignature, "sbn", VERIFYING_A_SIGNATURE, NOTHING, CARD),
    ROW(C_VerifySignatureUpdate, "sbn", VERIFYING_A_SIGNATURE, NOTHING, FREE),
    ROW(C_VerifySignatureFinal, "s", VERIFYING_A_SIGNATURE, NOTHING, CARD),
    ROW(C_GetSessionValidationFlags, "sgx", NOTHING, SIGNING, FREE),
    ROW(C_AsyncComplete, "szx", NOTHING, SIGNING, FREE),
    ROW(C_AsyncGetID, "szl", NOTHING, SIGNING, FREE),
    ROW(C_AsyncJoin, "szgbn", NOTHING, SIGNING, FREE),
    ROW(C_WrapKeyAuthenticated, "smkkbnol", NOTHING, ENCRYPTING, CARD),
    ROW(C_UnwrapKeyAuthenticated, "smkbntcbnh", NOTHING, DECRYPTING, CARD),
};

const size_t function_count = sizeof(functions) / sizeof(functions[0]);
