/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS #11 as the OASIS standard has it: types, functions and function lists of v2.40, v3.0 and v3.2, for
 * programs that load a module and for modules. It needs no other header, and compiles as C99 and as C++.
 *
 * Each function stands once, in one of three lists; its prototype (C_Name), its pointer type (CK_C_Name) and
 * its place in CK_FUNCTION_LIST, CK_FUNCTION_LIST_3_0 and CK_FUNCTION_LIST_3_2 are made from there. All three
 * structures begin alike.
 */
#ifndef COUNTERSIGN_PKCS11_PKCS11_H
#define COUNTERSIGN_PKCS11_PKCS11_H

#include "pkcs11/pkcs11_mechanisms.h"
#include "pkcs11/pkcs11_numbers.h"

#define CRYPTOKI_VERSION_MAJOR 3
#define CRYPTOKI_VERSION_MINOR 2

/* Before including this header a module may say how its entry points are exported. */
#ifndef CK_EXPORT
#define CK_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define CK_TRUE	 1
#define CK_FALSE 0
#ifndef NULL_PTR
#define NULL_PTR 0
#endif

typedef unsigned char CK_BYTE, CK_CHAR, CK_UTF8CHAR, CK_BBOOL;
typedef unsigned long int CK_ULONG;
typedef long int CK_LONG;
typedef CK_ULONG CK_FLAGS, CK_RV, CK_SLOT_ID, CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_NOTIFICATION,
    CK_USER_TYPE, CK_STATE, CK_OBJECT_CLASS, CK_HW_FEATURE_TYPE, CK_KEY_TYPE, CK_CERTIFICATE_TYPE,
    CK_CERTIFICATE_CATEGORY, CK_ATTRIBUTE_TYPE, CK_MECHANISM_TYPE, CK_PROFILE_ID, CK_RSA_PKCS_MGF_TYPE,
    CK_RSA_PKCS_OAEP_SOURCE_TYPE, CK_EC_KDF_TYPE, CK_OTP_PARAM_TYPE, CK_SESSION_VALIDATION_FLAGS_TYPE,
    CK_VALIDATION_TYPE, CK_VALIDATION_AUTHORITY_TYPE;
typedef void *CK_VOID_PTR;
typedef CK_VOID_PTR *CK_VOID_PTR_PTR;
typedef CK_BYTE *CK_BYTE_PTR;
typedef CK_CHAR *CK_CHAR_PTR;
typedef CK_UTF8CHAR *CK_UTF8CHAR_PTR;
typedef CK_BBOOL *CK_BBOOL_PTR;
typedef CK_ULONG *CK_ULONG_PTR;
typedef CK_FLAGS *CK_FLAGS_PTR;
typedef CK_SLOT_ID *CK_SLOT_ID_PTR;
typedef CK_SESSION_HANDLE *CK_SESSION_HANDLE_PTR;
typedef CK_OBJECT_HANDLE *CK_OBJECT_HANDLE_PTR;
typedef CK_OBJECT_CLASS *CK_OBJECT_CLASS_PTR;
typedef CK_MECHANISM_TYPE *CK_MECHANISM_TYPE_PTR;

/* Texts in structures are padded with blanks and have no NUL. */

typedef struct CK_VERSION {
	CK_BYTE major;
	CK_BYTE minor; /* hundredths: v2.40 is {2, 40}, v3.2 is {3, 2} */
} CK_VERSION, *CK_VERSION_PTR;

typedef struct CK_INFO {
	CK_VERSION cryptokiVersion;
	CK_UTF8CHAR manufacturerID[32];
	CK_FLAGS flags;
	CK_UTF8CHAR libraryDescription[32];
	CK_VERSION libraryVersion;
} CK_INFO, *CK_INFO_PTR;

typedef struct CK_SLOT_INFO {
	CK_UTF8CHAR slotDescription[64];
	CK_UTF8CHAR manufacturerID[32];
	CK_FLAGS flags;
	CK_VERSION hardwareVersion;
	CK_VERSION firmwareVersion;
} CK_SLOT_INFO, *CK_SLOT_INFO_PTR;

typedef struct CK_TOKEN_INFO {
	CK_UTF8CHAR label[32];
	CK_UTF8CHAR manufacturerID[32];
	CK_UTF8CHAR model[16];
	CK_CHAR serialNumber[16];
	CK_FLAGS flags;
	CK_ULONG ulMaxSessionCount;
	CK_ULONG ulSessionCount;
	CK_ULONG ulMaxRwSessionCount;
	CK_ULONG ulRwSessionCount;
	CK_ULONG ulMaxPinLen;
	CK_ULONG ulMinPinLen;
	CK_ULONG ulTotalPublicMemory;
	CK_ULONG ulFreePublicMemory;
	CK_ULONG ulTotalPrivateMemory;
	CK_ULONG ulFreePrivateMemory;
	CK_VERSION hardwareVersion;
	CK_VERSION firmwareVersion;
	CK_CHAR utcTime[16];
} CK_TOKEN_INFO, *CK_TOKEN_INFO_PTR;

typedef struct CK_SESSION_INFO {
	CK_SLOT_ID slotID;
	CK_STATE state;
	CK_FLAGS flags;
	CK_ULONG ulDeviceError;
} CK_SESSION_INFO, *CK_SESSION_INFO_PTR;

typedef struct CK_ATTRIBUTE {
	CK_ATTRIBUTE_TYPE type;
	CK_VOID_PTR pValue;
	CK_ULONG ulValueLen; /* bytes */
} CK_ATTRIBUTE, *CK_ATTRIBUTE_PTR;

typedef struct CK_DATE {
	CK_CHAR year[4];
	CK_CHAR month[2];
	CK_CHAR day[2];
} CK_DATE, *CK_DATE_PTR;

typedef struct CK_MECHANISM {
	CK_MECHANISM_TYPE mechanism;
	CK_VOID_PTR pParameter;
	CK_ULONG ulParameterLen; /* bytes */
} CK_MECHANISM, *CK_MECHANISM_PTR;

typedef struct CK_MECHANISM_INFO {
	CK_ULONG ulMinKeySize;
	CK_ULONG ulMaxKeySize;
	CK_FLAGS flags;
} CK_MECHANISM_INFO, *CK_MECHANISM_INFO_PTR;

/* Called by the module at the application's wish; ours never does. */
typedef CK_RV (*CK_NOTIFY)(CK_SESSION_HANDLE session, CK_NOTIFICATION event, CK_VOID_PTR application);

typedef CK_RV (*CK_CREATEMUTEX)(CK_VOID_PTR_PTR mutex);
typedef CK_RV (*CK_DESTROYMUTEX)(CK_VOID_PTR mutex);
typedef CK_RV (*CK_LOCKMUTEX)(CK_VOID_PTR mutex);
typedef CK_RV (*CK_UNLOCKMUTEX)(CK_VOID_PTR mutex);

typedef struct CK_C_INITIALIZE_ARGS {
	CK_CREATEMUTEX CreateMutex;
	CK_DESTROYMUTEX DestroyMutex;
	CK_LOCKMUTEX LockMutex;
	CK_UNLOCKMUTEX UnlockMutex;
	CK_FLAGS flags;
	CK_VOID_PTR pReserved;
} CK_C_INITIALIZE_ARGS, *CK_C_INITIALIZE_ARGS_PTR;

/* v3.0 */
typedef struct CK_INTERFACE {
	CK_UTF8CHAR_PTR pInterfaceName; /* NUL-terminated, "PKCS 11" for the standard's */
	CK_VOID_PTR pFunctionList;
	CK_FLAGS flags;
} CK_INTERFACE, *CK_INTERFACE_PTR, **CK_INTERFACE_PTR_PTR;

/* v3.2 */
typedef struct CK_ASYNC_DATA {
	CK_ULONG ulVersion;
	CK_BYTE_PTR pValue;
	CK_ULONG ulValue;
	CK_OBJECT_HANDLE hObject;
	CK_OBJECT_HANDLE hAdditionalObject;
} CK_ASYNC_DATA, *CK_ASYNC_DATA_PTR;

/* ---- parameters of mechanisms ---- */

typedef struct CK_RSA_PKCS_OAEP_PARAMS {
	CK_MECHANISM_TYPE hashAlg;
	CK_RSA_PKCS_MGF_TYPE mgf;
	CK_RSA_PKCS_OAEP_SOURCE_TYPE source;
	CK_VOID_PTR pSourceData;
	CK_ULONG ulSourceDataLen;
} CK_RSA_PKCS_OAEP_PARAMS, *CK_RSA_PKCS_OAEP_PARAMS_PTR;

typedef struct CK_RSA_AES_KEY_WRAP_PARAMS {
	CK_ULONG ulAESKeyBits;
	CK_RSA_PKCS_OAEP_PARAMS_PTR pOAEPParams;
} CK_RSA_AES_KEY_WRAP_PARAMS, *CK_RSA_AES_KEY_WRAP_PARAMS_PTR;

typedef struct CK_RSA_PKCS_PSS_PARAMS {
	CK_MECHANISM_TYPE hashAlg;
	CK_RSA_PKCS_MGF_TYPE mgf;
	CK_ULONG sLen; /* bytes */
} CK_RSA_PKCS_PSS_PARAMS, *CK_RSA_PKCS_PSS_PARAMS_PTR;

typedef struct CK_ECDH1_DERIVE_PARAMS {
	CK_EC_KDF_TYPE kdf;
	CK_ULONG ulSharedDataLen;
	CK_BYTE_PTR pSharedData;
	CK_ULONG ulPublicDataLen;
	CK_BYTE_PTR pPublicData;
} CK_ECDH1_DERIVE_PARAMS, *CK_ECDH1_DERIVE_PARAMS_PTR;

typedef struct CK_OTP_PARAM {
	CK_OTP_PARAM_TYPE type;
	CK_VOID_PTR pValue;
	CK_ULONG ulValueLen;
} CK_OTP_PARAM, *CK_OTP_PARAM_PTR;

typedef struct CK_OTP_PARAMS {
	CK_OTP_PARAM_PTR pParams;
	CK_ULONG ulCount;
} CK_OTP_PARAMS, *CK_OTP_PARAMS_PTR;

typedef struct CK_OTP_SIGNATURE_INFO {
	CK_OTP_PARAM_PTR pParams;
	CK_ULONG ulCount;
} CK_OTP_SIGNATURE_INFO, *CK_OTP_SIGNATURE_INFO_PTR;

typedef struct CK_EDDSA_PARAMS {
	CK_BBOOL phFlag;
	CK_ULONG ulContextDataLen;
	CK_BYTE_PTR pContextData;
} CK_EDDSA_PARAMS, *CK_EDDSA_PARAMS_PTR;

typedef struct CK_SIGN_ADDITIONAL_CONTEXT {
	CK_ULONG hedgeVariant;
	CK_BYTE_PTR pContext;
	CK_ULONG ulContextLen;
} CK_SIGN_ADDITIONAL_CONTEXT, *CK_SIGN_ADDITIONAL_CONTEXT_PTR;

typedef struct CK_HASH_SIGN_ADDITIONAL_CONTEXT {
	CK_ULONG hedgeVariant;
	CK_BYTE_PTR pContext;
	CK_ULONG ulContextLen;
	CK_MECHANISM_TYPE hash;
} CK_HASH_SIGN_ADDITIONAL_CONTEXT, *CK_HASH_SIGN_ADDITIONAL_CONTEXT_PTR;

typedef CK_ULONG CK_MAC_GENERAL_PARAMS; /* bytes */
typedef CK_MAC_GENERAL_PARAMS *CK_MAC_GENERAL_PARAMS_PTR;

typedef struct CK_AES_CTR_PARAMS {
	CK_ULONG ulCounterBits;
	CK_BYTE cb[16];
} CK_AES_CTR_PARAMS, *CK_AES_CTR_PARAMS_PTR;

typedef struct CK_GCM_PARAMS {
	CK_BYTE_PTR pIv;
	CK_ULONG ulIvLen;
	CK_ULONG ulIvBits;
	CK_BYTE_PTR pAAD;
	CK_ULONG ulAADLen;
	CK_ULONG ulTagBits;
} CK_GCM_PARAMS, *CK_GCM_PARAMS_PTR;

typedef struct CK_GCM_MESSAGE_PARAMS {
	CK_BYTE_PTR pIv; /* in and out */
	CK_ULONG ulIvLen;
	CK_ULONG ulIvFixedBits;
	CK_ULONG ivGenerator; /* CKG_* */
	CK_BYTE_PTR pTag;     /* in and out */
	CK_ULONG ulTagBits;
} CK_GCM_MESSAGE_PARAMS, *CK_GCM_MESSAGE_PARAMS_PTR;

/* ---- functions ---- */

typedef struct CK_FUNCTION_LIST CK_FUNCTION_LIST, *CK_FUNCTION_LIST_PTR, **CK_FUNCTION_LIST_PTR_PTR;
typedef struct CK_FUNCTION_LIST_3_0 CK_FUNCTION_LIST_3_0, *CK_FUNCTION_LIST_3_0_PTR;
typedef struct CK_FUNCTION_LIST_3_2 CK_FUNCTION_LIST_3_2, *CK_FUNCTION_LIST_3_2_PTR;

/* In the order of the structures. Shorthand for what nearly all of them take first: */
#define CK_S		  CK_SESSION_HANDLE session
#define CK_M		  CK_MECHANISM_PTR mechanism
#define CK_K		  CK_OBJECT_HANDLE key
#define CK_IN(name)	  CK_BYTE_PTR name, CK_ULONG name##_len
#define CK_OUT(name)	  CK_BYTE_PTR name, CK_ULONG_PTR name##_len
#define CK_TEMPLATE(name) CK_ATTRIBUTE_PTR name, CK_ULONG name##_count
#define CK_PARAM	  CK_VOID_PTR parameter, CK_ULONG parameter_len

#define CK_FUNCTIONS_2_40(X)                                                                                 \
	X(C_Initialize, (CK_VOID_PTR args))                                                                  \
	X(C_Finalize, (CK_VOID_PTR reserved))                                                                \
	X(C_GetInfo, (CK_INFO_PTR info))                                                                     \
	X(C_GetFunctionList, (CK_FUNCTION_LIST_PTR_PTR list))                                                \
	X(C_GetSlotList, (CK_BBOOL token_present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count))                 \
	X(C_GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO_PTR info))                                           \
	X(C_GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info))                                         \
	X(C_GetMechanismList, (CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR mechanisms, CK_ULONG_PTR count))       \
	X(C_GetMechanismInfo, (CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info))         \
	X(C_InitToken, (CK_SLOT_ID slot, CK_IN(pin), CK_UTF8CHAR_PTR label))                                 \
	X(C_InitPIN, (CK_S, CK_IN(pin)))                                                                     \
	X(C_SetPIN, (CK_S, CK_IN(old_pin), CK_IN(new_pin)))                                                  \
	X(C_OpenSession, (CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify,        \
			  CK_SESSION_HANDLE_PTR session))                                                    \
	X(C_CloseSession, (CK_S))                                                                            \
	X(C_CloseAllSessions, (CK_SLOT_ID slot))                                                             \
	X(C_GetSessionInfo, (CK_S, CK_SESSION_INFO_PTR info))                                                \
	X(C_GetOperationState, (CK_S, CK_OUT(state)))                                                        \
	X(C_SetOperationState,                                                                               \
	  (CK_S, CK_IN(state), CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key))        \
	X(C_Login, (CK_S, CK_USER_TYPE user, CK_IN(pin)))                                                    \
	X(C_Logout, (CK_S))                                                                                  \
	X(C_CreateObject, (CK_S, CK_TEMPLATE(attributes), CK_OBJECT_HANDLE_PTR object))                      \
	X(C_CopyObject, (CK_S, CK_OBJECT_HANDLE object, CK_TEMPLATE(attributes), CK_OBJECT_HANDLE_PTR copy)) \
	X(C_DestroyObject, (CK_S, CK_OBJECT_HANDLE object))                                                  \
	X(C_GetObjectSize, (CK_S, CK_OBJECT_HANDLE object, CK_ULONG_PTR size))                               \
	X(C_GetAttributeValue, (CK_S, CK_OBJECT_HANDLE object, CK_TEMPLATE(attributes)))                     \
	X(C_SetAttributeValue, (CK_S, CK_OBJECT_HANDLE object, CK_TEMPLATE(attributes)))                     \
	X(C_FindObjectsInit, (CK_S, CK_TEMPLATE(attributes)))                                                \
	X(C_FindObjects, (CK_S, CK_OBJECT_HANDLE_PTR objects, CK_ULONG max, CK_ULONG_PTR count))             \
	X(C_FindObjectsFinal, (CK_S))                                                                        \
	X(C_EncryptInit, (CK_S, CK_M, CK_K))                                                                 \
	X(C_Encrypt, (CK_S, CK_IN(data), CK_OUT(encrypted)))                                                 \
	X(C_EncryptUpdate, (CK_S, CK_IN(part), CK_OUT(encrypted)))                                           \
	X(C_EncryptFinal, (CK_S, CK_OUT(encrypted)))                                                         \
	X(C_DecryptInit, (CK_S, CK_M, CK_K))                                                                 \
	X(C_Decrypt, (CK_S, CK_IN(encrypted), CK_OUT(data)))                                                 \
	X(C_DecryptUpdate, (CK_S, CK_IN(encrypted), CK_OUT(part)))                                           \
	X(C_DecryptFinal, (CK_S, CK_OUT(part)))                                                              \
	X(C_DigestInit, (CK_S, CK_M))                                                                        \
	X(C_Digest, (CK_S, CK_IN(data), CK_OUT(digest)))                                                     \
	X(C_DigestUpdate, (CK_S, CK_IN(part)))                                                               \
	X(C_DigestKey, (CK_S, CK_K))                                                                         \
	X(C_DigestFinal, (CK_S, CK_OUT(digest)))                                                             \
	X(C_SignInit, (CK_S, CK_M, CK_K))                                                                    \
	X(C_Sign, (CK_S, CK_IN(data), CK_OUT(signature)))                                                    \
	X(C_SignUpdate, (CK_S, CK_IN(part)))                                                                 \
	X(C_SignFinal, (CK_S, CK_OUT(signature)))                                                            \
	X(C_SignRecoverInit, (CK_S, CK_M, CK_K))                                                             \
	X(C_SignRecover, (CK_S, CK_IN(data), CK_OUT(signature)))                                             \
	X(C_VerifyInit, (CK_S, CK_M, CK_K))                                                                  \
	X(C_Verify, (CK_S, CK_IN(data), CK_IN(signature)))                                                   \
	X(C_VerifyUpdate, (CK_S, CK_IN(part)))                                                               \
	X(C_VerifyFinal, (CK_S, CK_IN(signature)))                                                           \
	X(C_VerifyRecoverInit, (CK_S, CK_M, CK_K))                                                           \
	X(C_VerifyRecover, (CK_S, CK_IN(signature), CK_OUT(data)))                                           \
	X(C_DigestEncryptUpdate, (CK_S, CK_IN(part), CK_OUT(encrypted)))                                     \
	X(C_DecryptDigestUpdate, (CK_S, CK_IN(encrypted), CK_OUT(part)))                                     \
	X(C_SignEncryptUpdate, (CK_S, CK_IN(part), CK_OUT(encrypted)))                                       \
	X(C_DecryptVerifyUpdate, (CK_S, CK_IN(encrypted), CK_OUT(part)))                                     \
	X(C_GenerateKey, (CK_S, CK_M, CK_TEMPLATE(attributes), CK_OBJECT_HANDLE_PTR key))                    \
	X(C_GenerateKeyPair, (CK_S, CK_M, CK_TEMPLATE(public_attributes), CK_TEMPLATE(private_attributes),   \
			      CK_OBJECT_HANDLE_PTR public_key, CK_OBJECT_HANDLE_PTR private_key))            \
	X(C_WrapKey, (CK_S, CK_M, CK_OBJECT_HANDLE wrapping_key, CK_K, CK_OUT(wrapped)))                     \
	X(C_UnwrapKey, (CK_S, CK_M, CK_OBJECT_HANDLE unwrapping_key, CK_IN(wrapped),                         \
			CK_TEMPLATE(attributes), CK_OBJECT_HANDLE_PTR key))                                  \
	X(C_DeriveKey,                                                                                       \
	  (CK_S, CK_M, CK_OBJECT_HANDLE base_key, CK_TEMPLATE(attributes), CK_OBJECT_HANDLE_PTR key))        \
	X(C_SeedRandom, (CK_S, CK_IN(seed)))                                                                 \
	X(C_GenerateRandom, (CK_S, CK_BYTE_PTR random, CK_ULONG random_len))                                 \
	X(C_GetFunctionStatus, (CK_S))                                                                       \
	X(C_CancelFunction, (CK_S))                                                                          \
	X(C_WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID_PTR slot, CK_VOID_PTR reserved))

#define CK_FUNCTIONS_3_0(X)                                                                                  \
	X(C_GetInterfaceList, (CK_INTERFACE_PTR interfaces, CK_ULONG_PTR count))                             \
	X(C_GetInterface,                                                                                    \
	  (CK_UTF8CHAR_PTR name, CK_VERSION_PTR version, CK_INTERFACE_PTR_PTR found, CK_FLAGS flags))        \
	X(C_LoginUser, (CK_S, CK_USER_TYPE user, CK_IN(pin), CK_IN(username)))                               \
	X(C_SessionCancel, (CK_S, CK_FLAGS flags))                                                           \
	X(C_MessageEncryptInit, (CK_S, CK_M, CK_K))                                                          \
	X(C_EncryptMessage, (CK_S, CK_PARAM, CK_IN(associated), CK_IN(plaintext), CK_OUT(ciphertext)))       \
	X(C_EncryptMessageBegin, (CK_S, CK_PARAM, CK_IN(associated)))                                        \
	X(C_EncryptMessageNext, (CK_S, CK_PARAM, CK_IN(plaintext), CK_OUT(ciphertext), CK_FLAGS flags))      \
	X(C_MessageEncryptFinal, (CK_S))                                                                     \
	X(C_MessageDecryptInit, (CK_S, CK_M, CK_K))                                                          \
	X(C_DecryptMessage, (CK_S, CK_PARAM, CK_IN(associated), CK_IN(ciphertext), CK_OUT(plaintext)))       \
	X(C_DecryptMessageBegin, (CK_S, CK_PARAM, CK_IN(associated)))                                        \
	X(C_DecryptMessageNext, (CK_S, CK_PARAM, CK_IN(ciphertext), CK_OUT(plaintext), CK_FLAGS flags))      \
	X(C_MessageDecryptFinal, (CK_S))                                                                     \
	X(C_MessageSignInit, (CK_S, CK_M, CK_K))                                                             \
	X(C_SignMessage, (CK_S, CK_PARAM, CK_IN(data), CK_OUT(signature)))                                   \
	X(C_SignMessageBegin, (CK_S, CK_PARAM))                                                              \
	X(C_SignMessageNext, (CK_S, CK_PARAM, CK_IN(data), CK_OUT(signature)))                               \
	X(C_MessageSignFinal, (CK_S))                                                                        \
	X(C_MessageVerifyInit, (CK_S, CK_M, CK_K))                                                           \
	X(C_VerifyMessage, (CK_S, CK_PARAM, CK_IN(data), CK_IN(signature)))                                  \
	X(C_VerifyMessageBegin, (CK_S, CK_PARAM))                                                            \
	X(C_VerifyMessageNext, (CK_S, CK_PARAM, CK_IN(data), CK_IN(signature)))                              \
	X(C_MessageVerifyFinal, (CK_S))

#define CK_FUNCTIONS_3_2(X)                                                                                  \
	X(C_EncapsulateKey, (CK_S, CK_M, CK_OBJECT_HANDLE public_key, CK_TEMPLATE(attributes),               \
			     CK_OUT(ciphertext), CK_OBJECT_HANDLE_PTR key))                                  \
	X(C_DecapsulateKey, (CK_S, CK_M, CK_OBJECT_HANDLE private_key, CK_TEMPLATE(attributes),              \
			     CK_IN(ciphertext), CK_OBJECT_HANDLE_PTR key))                                   \
	X(C_VerifySignatureInit, (CK_S, CK_M, CK_K, CK_IN(signature)))                                       \
	X(C_VerifySignature, (CK_S, CK_IN(data)))                                                            \
	X(C_VerifySignatureUpdate, (CK_S, CK_IN(part)))                                                      \
	X(C_VerifySignatureFinal, (CK_S))                                                                    \
	X(C_GetSessionValidationFlags, (CK_S, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS_PTR flags))    \
	X(C_AsyncComplete, (CK_S, CK_UTF8CHAR_PTR function, CK_ASYNC_DATA_PTR result))                       \
	X(C_AsyncGetID, (CK_S, CK_UTF8CHAR_PTR function, CK_ULONG_PTR id))                                   \
	X(C_AsyncJoin, (CK_S, CK_UTF8CHAR_PTR function, CK_ULONG id, CK_IN(data)))                           \
	X(C_WrapKeyAuthenticated,                                                                            \
	  (CK_S, CK_M, CK_OBJECT_HANDLE wrapping_key, CK_K, CK_IN(associated), CK_OUT(wrapped)))             \
	X(C_UnwrapKeyAuthenticated, (CK_S, CK_M, CK_OBJECT_HANDLE unwrapping_key, CK_IN(wrapped),            \
				     CK_TEMPLATE(attributes), CK_IN(associated), CK_OBJECT_HANDLE_PTR key))

#define CK_PROTOTYPE(name, args)                                                                             \
	CK_EXPORT CK_RV name args;                                                                           \
	typedef CK_RV(*CK_##name) args;
CK_FUNCTIONS_2_40(CK_PROTOTYPE)
CK_FUNCTIONS_3_0(CK_PROTOTYPE)
CK_FUNCTIONS_3_2(CK_PROTOTYPE)
#undef CK_PROTOTYPE

#define CK_MEMBER(name, args) CK_##name name;
struct CK_FUNCTION_LIST {
	CK_VERSION version;
	CK_FUNCTIONS_2_40(CK_MEMBER)
};

struct CK_FUNCTION_LIST_3_0 {
	CK_VERSION version;
	CK_FUNCTIONS_2_40(CK_MEMBER)
	CK_FUNCTIONS_3_0(CK_MEMBER)
};

struct CK_FUNCTION_LIST_3_2 {
	CK_VERSION version;
	CK_FUNCTIONS_2_40(CK_MEMBER)
	CK_FUNCTIONS_3_0(CK_MEMBER)
	CK_FUNCTIONS_3_2(CK_MEMBER)
};
#undef CK_MEMBER

#undef CK_S
#undef CK_M
#undef CK_K
#undef CK_IN
#undef CK_OUT
#undef CK_TEMPLATE
#undef CK_PARAM

#ifdef __cplusplus
}
#endif

#endif
