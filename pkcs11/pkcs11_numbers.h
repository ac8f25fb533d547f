/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The numbers of PKCS #11 (v2.40 to v3.2) other than mechanisms: object classes, key types, attributes, flags, return
 * values. Included by pkcs11.h. "v3.0" and "v3.2" mark where a number is younger than v2.40 and matters to us.
 */
#ifndef COUNTERSIGN_PKCS11_NUMBERS_H
#define COUNTERSIGN_PKCS11_NUMBERS_H

/* Handles and lengths with a meaning of their own. */
#define CK_INVALID_HANDLE                     0UL
#define CK_UNAVAILABLE_INFORMATION            (~0UL)
#define CK_EFFECTIVELY_INFINITE               0UL

/* Users of C_Login. */
#define CKU_SO                                0x00000000UL
#define CKU_USER                              0x00000001UL
#define CKU_CONTEXT_SPECIFIC                  0x00000002UL

/* States of a session. */
#define CKS_RO_PUBLIC_SESSION                 0x00000000UL
#define CKS_RO_USER_FUNCTIONS                 0x00000001UL
#define CKS_RW_PUBLIC_SESSION                 0x00000002UL
#define CKS_RW_USER_FUNCTIONS                 0x00000003UL
#define CKS_RW_SO_FUNCTIONS                   0x00000004UL
#define CKS_LAST_VALIDATION_OK                0x00000001UL /* v3.2: a kind of validation flags, not a state */

/* Notifications. */
#define CKN_SURRENDER                         0x00000000UL
#define CKN_OTP_CHANGED                       0x00000001UL

/* Object classes. */
#define CKO_DATA                              0x00000000UL
#define CKO_CERTIFICATE                       0x00000001UL
#define CKO_PUBLIC_KEY                        0x00000002UL
#define CKO_PRIVATE_KEY                       0x00000003UL
#define CKO_SECRET_KEY                        0x00000004UL
#define CKO_HW_FEATURE                        0x00000005UL
#define CKO_DOMAIN_PARAMETERS                 0x00000006UL
#define CKO_MECHANISM                         0x00000007UL
#define CKO_PROFILE                           0x00000009UL
#define CKO_VALIDATION                        0x0000000AUL
#define CKO_TRUST                             0x0000000BUL
#define CKO_VENDOR_DEFINED                    0x80000000UL

/* Profiles (CKA_PROFILE_ID of CKO_PROFILE objects, v3.0). */
#define CKP_INVALID_ID                        0x00000000UL
#define CKP_BASELINE_PROVIDER                 0x00000001UL
#define CKP_EXTENDED_PROVIDER                 0x00000002UL
#define CKP_AUTHENTICATION_TOKEN              0x00000003UL
#define CKP_PUBLIC_CERTIFICATES_TOKEN         0x00000004UL
#define CKP_COMPLETE_PROVIDER                 0x00000005UL
#define CKP_HKDF_TLS_TOKEN                    0x00000006UL
#define CKP_VENDOR_DEFINED                    0x80000000UL

/* Hardware features. */
#define CKH_MONOTONIC_COUNTER                 0x00000001UL
#define CKH_CLOCK                             0x00000002UL
#define CKH_USER_INTERFACE                    0x00000003UL
#define CKH_VENDOR_DEFINED                    0x80000000UL

/* Certificate types, and categories. */
#define CKC_X_509                             0x00000000UL
#define CKC_X_509_ATTR_CERT                   0x00000001UL
#define CKC_VENDOR_DEFINED                    0x80000000UL
#define CK_CERTIFICATE_CATEGORY_UNSPECIFIED   0UL
#define CK_CERTIFICATE_CATEGORY_TOKEN_USER    1UL
#define CK_CERTIFICATE_CATEGORY_AUTHORITY     2UL
#define CK_CERTIFICATE_CATEGORY_OTHER_ENTITY  3UL
#define CK_SECURITY_DOMAIN_UNSPECIFIED        0UL
#define CK_SECURITY_DOMAIN_MANUFACTURER       1UL
#define CK_SECURITY_DOMAIN_OPERATOR           2UL
#define CK_SECURITY_DOMAIN_THIRD_PARTY        3UL

/* Key types. */
#define CKK_RSA                               0x00000000UL
#define CKK_DSA                               0x00000001UL
#define CKK_DH                                0x00000002UL
#define CKK_EC                                0x00000003UL
#define CKK_GENERIC_SECRET                    0x00000010UL
#define CKK_DES3                              0x00000015UL
#define CKK_AES                               0x0000001FUL
#define CKK_MD5_HMAC                          0x00000027UL
#define CKK_SHA_1_HMAC                        0x00000028UL
#define CKK_SHA256_HMAC                       0x0000002BUL
#define CKK_SHA384_HMAC                       0x0000002CUL
#define CKK_SHA512_HMAC                       0x0000002DUL
#define CKK_SHA224_HMAC                       0x0000002EUL
#define CKK_CHACHA20                          0x00000033UL
#define CKK_POLY1305                          0x00000034UL
#define CKK_AES_XTS                           0x00000035UL
#define CKK_SHA3_224_HMAC                     0x00000036UL
#define CKK_SHA3_256_HMAC                     0x00000037UL
#define CKK_SHA3_384_HMAC                     0x00000038UL
#define CKK_SHA3_512_HMAC                     0x00000039UL
#define CKK_EC_EDWARDS                        0x00000040UL
#define CKK_EC_MONTGOMERY                     0x00000041UL
#define CKK_HKDF                              0x00000042UL
#define CKK_SHA512_224_HMAC                   0x00000043UL
#define CKK_SHA512_256_HMAC                   0x00000044UL
#define CKK_SHA512_T_HMAC                     0x00000045UL
#define CKK_HSS                               0x00000046UL
#define CKK_XMSS                              0x00000047UL
#define CKK_XMSSMT                            0x00000048UL
#define CKK_ML_KEM                            0x00000049UL
#define CKK_ML_DSA                            0x0000004AUL
#define CKK_SLH_DSA                           0x0000004BUL
#define CKK_VENDOR_DEFINED                    0x80000000UL
#define CKK_INVALID_KEY_TYPE                  0xFFFFFFFFUL

/* Attributes. */
#define CKA_CLASS                             0x00000000UL
#define CKA_TOKEN                             0x00000001UL
#define CKA_PRIVATE                           0x00000002UL
#define CKA_LABEL                             0x00000003UL
#define CKA_UNIQUE_ID                         0x00000004UL
#define CKA_APPLICATION                       0x00000010UL
#define CKA_VALUE                             0x00000011UL
#define CKA_OBJECT_ID                         0x00000012UL
#define CKA_CERTIFICATE_TYPE                  0x00000080UL
#define CKA_ISSUER                            0x00000081UL
#define CKA_SERIAL_NUMBER                     0x00000082UL
#define CKA_AC_ISSUER                         0x00000083UL
#define CKA_OWNER                             0x00000084UL
#define CKA_ATTR_TYPES                        0x00000085UL
#define CKA_TRUSTED                           0x00000086UL
#define CKA_CERTIFICATE_CATEGORY              0x00000087UL
#define CKA_JAVA_MIDP_SECURITY_DOMAIN         0x00000088UL
#define CKA_URL                               0x00000089UL
#define CKA_HASH_OF_SUBJECT_PUBLIC_KEY        0x0000008AUL
#define CKA_HASH_OF_ISSUER_PUBLIC_KEY         0x0000008BUL
#define CKA_CHECK_VALUE                       0x00000090UL
#define CKA_KEY_TYPE                          0x00000100UL
#define CKA_SUBJECT                           0x00000101UL
#define CKA_ID                                0x00000102UL
#define CKA_SENSITIVE                         0x00000103UL
#define CKA_ENCRYPT                           0x00000104UL
#define CKA_DECRYPT                           0x00000105UL
#define CKA_WRAP                              0x00000106UL
#define CKA_UNWRAP                            0x00000107UL
#define CKA_SIGN                              0x00000108UL
#define CKA_SIGN_RECOVER                      0x00000109UL
#define CKA_VERIFY                            0x0000010AUL
#define CKA_VERIFY_RECOVER                    0x0000010BUL
#define CKA_DERIVE                            0x0000010CUL
#define CKA_START_DATE                        0x00000110UL
#define CKA_END_DATE                          0x00000111UL
#define CKA_MODULUS                           0x00000120UL
#define CKA_MODULUS_BITS                      0x00000121UL
#define CKA_PUBLIC_EXPONENT                   0x00000122UL
#define CKA_PRIVATE_EXPONENT                  0x00000123UL
#define CKA_PRIME_1                           0x00000124UL
#define CKA_PRIME_2                           0x00000125UL
#define CKA_EXPONENT_1                        0x00000126UL
#define CKA_EXPONENT_2                        0x00000127UL
#define CKA_COEFFICIENT                       0x00000128UL
#define CKA_PUBLIC_KEY_INFO                   0x00000129UL
#define CKA_PRIME                             0x00000130UL
#define CKA_SUBPRIME                          0x00000131UL
#define CKA_BASE                              0x00000132UL
#define CKA_PRIME_BITS                        0x00000133UL
#define CKA_SUBPRIME_BITS                     0x00000134UL
#define CKA_VALUE_BITS                        0x00000160UL
#define CKA_VALUE_LEN                         0x00000161UL
#define CKA_EXTRACTABLE                       0x00000162UL
#define CKA_LOCAL                             0x00000163UL
#define CKA_NEVER_EXTRACTABLE                 0x00000164UL
#define CKA_ALWAYS_SENSITIVE                  0x00000165UL
#define CKA_KEY_GEN_MECHANISM                 0x00000166UL
#define CKA_MODIFIABLE                        0x00000170UL
#define CKA_COPYABLE                          0x00000171UL
#define CKA_DESTROYABLE                       0x00000172UL
#define CKA_EC_PARAMS                         0x00000180UL
#define CKA_EC_POINT                          0x00000181UL
#define CKA_ALWAYS_AUTHENTICATE               0x00000202UL
#define CKA_WRAP_WITH_TRUSTED                 0x00000210UL
#define CKA_OTP_FORMAT                        0x00000220UL
#define CKA_OTP_LENGTH                        0x00000221UL
#define CKA_OTP_TIME_INTERVAL                 0x00000222UL
#define CKA_OTP_USER_FRIENDLY_MODE            0x00000223UL
#define CKA_OTP_CHALLENGE_REQUIREMENT         0x00000224UL
#define CKA_OTP_TIME_REQUIREMENT              0x00000225UL
#define CKA_OTP_COUNTER_REQUIREMENT           0x00000226UL
#define CKA_OTP_PIN_REQUIREMENT               0x00000227UL
#define CKA_OTP_USER_IDENTIFIER               0x0000022AUL
#define CKA_OTP_SERVICE_IDENTIFIER            0x0000022BUL
#define CKA_OTP_SERVICE_LOGO                  0x0000022CUL
#define CKA_OTP_SERVICE_LOGO_TYPE             0x0000022DUL
#define CKA_OTP_COUNTER                       0x0000022EUL
#define CKA_OTP_TIME                          0x0000022FUL
#define CKA_HW_FEATURE_TYPE                   0x00000300UL
#define CKA_RESET_ON_INIT                     0x00000301UL
#define CKA_HAS_RESET                         0x00000302UL
#define CKA_MECHANISM_TYPE                    0x00000500UL
#define CKA_PROFILE_ID                        0x00000601UL
#define CKA_PARAMETER_SET                     0x0000061DUL
#define CKA_OBJECT_VALIDATION_FLAGS           0x0000061EUL
#define CKA_VALIDATION_TYPE                   0x0000061FUL
#define CKA_VALIDATION_VERSION                0x00000620UL
#define CKA_VALIDATION_LEVEL                  0x00000621UL
#define CKA_VALIDATION_MODULE_ID              0x00000622UL
#define CKA_VALIDATION_FLAG                   0x00000623UL
#define CKA_VALIDATION_AUTHORITY_TYPE         0x00000624UL
#define CKA_VALIDATION_COUNTRY                0x00000625UL
#define CKA_VALIDATION_CERTIFICATE_IDENTIFIER 0x00000626UL
#define CKA_VALIDATION_CERTIFICATE_URI        0x00000627UL
#define CKA_VALIDATION_VENDOR_URI             0x00000628UL
#define CKA_VALIDATION_PROFILE                0x00000629UL
#define CKA_TRUST_SERVER_AUTH                 0x0000062CUL
#define CKA_TRUST_CLIENT_AUTH                 0x0000062DUL
#define CKA_TRUST_CODE_SIGNING                0x0000062EUL
#define CKA_TRUST_EMAIL_PROTECTION            0x0000062FUL
#define CKA_TRUST_IPSEC_IKE                   0x00000630UL
#define CKA_TRUST_TIME_STAMPING               0x00000631UL
#define CKA_TRUST_OCSP_SIGNING                0x00000632UL
#define CKA_ENCAPSULATE                       0x00000633UL
#define CKA_DECAPSULATE                       0x00000634UL
#define CKA_HASH_OF_CERTIFICATE               0x00000635UL
#define CKA_PUBLIC_CRC64_VALUE                0x00000636UL
#define CKA_SEED                              0x00000637UL
#define CKA_VENDOR_DEFINED                    0x80000000UL
/* Attributes whose value is an array of CK_ATTRIBUTE or of CK_MECHANISM_TYPE carry this bit. */
#define CKF_ARRAY_ATTRIBUTE                   0x40000000UL
#define CKA_WRAP_TEMPLATE                     (CKF_ARRAY_ATTRIBUTE | 0x00000211UL)
#define CKA_UNWRAP_TEMPLATE                   (CKF_ARRAY_ATTRIBUTE | 0x00000212UL)
#define CKA_DERIVE_TEMPLATE                   (CKF_ARRAY_ATTRIBUTE | 0x00000213UL)
#define CKA_ALLOWED_MECHANISMS                (CKF_ARRAY_ATTRIBUTE | 0x00000600UL)
#define CKA_ENCAPSULATE_TEMPLATE              (CKF_ARRAY_ATTRIBUTE | 0x0000062AUL)
#define CKA_DECAPSULATE_TEMPLATE              (CKF_ARRAY_ATTRIBUTE | 0x0000062BUL)

/* One-time passwords: values of CKA_OTP_FORMAT, of CKA_OTP_*_REQUIREMENT, and types of CK_OTP_PARAM. */
#define CK_OTP_FORMAT_DECIMAL                 0UL
#define CK_OTP_FORMAT_HEXADECIMAL             1UL
#define CK_OTP_FORMAT_ALPHANUMERIC            2UL
#define CK_OTP_FORMAT_BINARY                  3UL
#define CK_OTP_PARAM_IGNORED                  0UL
#define CK_OTP_PARAM_OPTIONAL                 1UL
#define CK_OTP_PARAM_MANDATORY                2UL
#define CK_OTP_VALUE                          0UL
#define CK_OTP_PIN                            1UL
#define CK_OTP_CHALLENGE                      2UL
#define CK_OTP_TIME                           3UL
#define CK_OTP_COUNTER                        4UL
#define CK_OTP_FLAGS                          5UL
#define CK_OTP_OUTPUT_LENGTH                  6UL
#define CK_OTP_OUTPUT_FORMAT                  7UL

/* Flags of CK_OTP_FLAGS. */
#define CKF_NEXT_OTP                          0x00000001UL
#define CKF_EXCLUDE_TIME                      0x00000002UL
#define CKF_EXCLUDE_COUNTER                   0x00000004UL
#define CKF_EXCLUDE_CHALLENGE                 0x00000008UL
#define CKF_EXCLUDE_PIN                       0x00000010UL
#define CKF_USER_FRIENDLY_OTP                 0x00000020UL

/* Flags of CK_SLOT_INFO. */
#define CKF_TOKEN_PRESENT                     0x00000001UL
#define CKF_REMOVABLE_DEVICE                  0x00000002UL
#define CKF_HW_SLOT                           0x00000004UL

/* Flags of CK_TOKEN_INFO. */
#define CKF_RNG                               0x00000001UL
#define CKF_WRITE_PROTECTED                   0x00000002UL
#define CKF_LOGIN_REQUIRED                    0x00000004UL
#define CKF_USER_PIN_INITIALIZED              0x00000008UL
#define CKF_RESTORE_KEY_NOT_NEEDED            0x00000020UL
#define CKF_CLOCK_ON_TOKEN                    0x00000040UL
#define CKF_PROTECTED_AUTHENTICATION_PATH     0x00000100UL
#define CKF_DUAL_CRYPTO_OPERATIONS            0x00000200UL
#define CKF_TOKEN_INITIALIZED                 0x00000400UL
#define CKF_USER_PIN_COUNT_LOW                0x00010000UL
#define CKF_USER_PIN_FINAL_TRY                0x00020000UL
#define CKF_USER_PIN_LOCKED                   0x00040000UL
#define CKF_USER_PIN_TO_BE_CHANGED            0x00080000UL
#define CKF_SO_PIN_COUNT_LOW                  0x00100000UL
#define CKF_SO_PIN_FINAL_TRY                  0x00200000UL
#define CKF_SO_PIN_LOCKED                     0x00400000UL
#define CKF_SO_PIN_TO_BE_CHANGED              0x00800000UL
#define CKF_ERROR_STATE                       0x01000000UL
#define CKF_SEED_RANDOM_REQUIRED              0x02000000UL
#define CKF_ASYNC_SESSION_SUPPORTED           0x04000000UL

/* Flags of CK_SESSION_INFO and C_OpenSession. */
#define CKF_RW_SESSION                        0x00000002UL
#define CKF_SERIAL_SESSION                    0x00000004UL
#define CKF_ASYNC_SESSION                     0x00000008UL

/* Flags of CK_MECHANISM_INFO; C_SessionCancel takes those from MESSAGE_ENCRYPT to DERIVE. */
#define CKF_HW                                0x00000001UL
#define CKF_MESSAGE_ENCRYPT                   0x00000002UL
#define CKF_MESSAGE_DECRYPT                   0x00000004UL
#define CKF_MESSAGE_SIGN                      0x00000008UL
#define CKF_MESSAGE_VERIFY                    0x00000010UL
#define CKF_MULTI_MESSAGE                     0x00000020UL
#define CKF_FIND_OBJECTS                      0x00000040UL
#define CKF_ENCRYPT                           0x00000100UL
#define CKF_DECRYPT                           0x00000200UL
#define CKF_DIGEST                            0x00000400UL
#define CKF_SIGN                              0x00000800UL
#define CKF_SIGN_RECOVER                      0x00001000UL
#define CKF_VERIFY                            0x00002000UL
#define CKF_VERIFY_RECOVER                    0x00004000UL
#define CKF_GENERATE                          0x00008000UL
#define CKF_GENERATE_KEY_PAIR                 0x00010000UL
#define CKF_WRAP                              0x00020000UL
#define CKF_UNWRAP                            0x00040000UL
#define CKF_DERIVE                            0x00080000UL
#define CKF_EC_F_P                            0x00100000UL
#define CKF_EC_F_2M                           0x00200000UL
#define CKF_EC_ECPARAMETERS                   0x00400000UL
#define CKF_EC_OID                            0x00800000UL
#define CKF_EC_UNCOMPRESS                     0x01000000UL
#define CKF_EC_COMPRESS                       0x02000000UL
#define CKF_EC_CURVENAME                      0x04000000UL
#define CKF_ENCAPSULATE                       0x10000000UL
#define CKF_DECAPSULATE                       0x20000000UL
#define CKF_EXTENSION                         0x80000000UL
#define CKF_EC_NAMEDCURVE                     CKF_EC_OID /* its name before v3.0 */

/* Flags of C_Initialize, C_WaitForSlotEvent, C_GetInterface and the message functions. */
#define CKF_LIBRARY_CANT_CREATE_OS_THREADS    0x00000001UL
#define CKF_OS_LOCKING_OK                     0x00000002UL
#define CKF_DONT_BLOCK                        0x00000001UL
#define CKF_INTERFACE_FORK_SAFE               0x00000001UL
#define CKF_END_OF_MESSAGE                    0x00000001UL

/* Validation objects (v3.2). */
#define CKV_AUTHORITY_TYPE_UNSPECIFIED        0x00000000UL
#define CKV_TYPE_UNSPECIFIED                  0x00000000UL
#define CKV_AUTHORITY_TYPE_NIST_CMVP          0x00000001UL
#define CKV_TYPE_SOFTWARE                     0x00000001UL
#define CKV_AUTHORITY_TYPE_COMMON_CRITERIA    0x00000002UL
#define CKV_TYPE_HARDWARE                     0x00000002UL
#define CKV_TYPE_FIRMWARE                     0x00000003UL
#define CKV_TYPE_HYBRID                       0x00000004UL

/* Return values. */
#define CKR_OK                                0x00000000UL
#define CKR_CANCEL                            0x00000001UL
#define CKR_HOST_MEMORY                       0x00000002UL
#define CKR_SLOT_ID_INVALID                   0x00000003UL
#define CKR_GENERAL_ERROR                     0x00000005UL
#define CKR_FUNCTION_FAILED                   0x00000006UL
#define CKR_ARGUMENTS_BAD                     0x00000007UL
#define CKR_NO_EVENT                          0x00000008UL
#define CKR_NEED_TO_CREATE_THREADS            0x00000009UL
#define CKR_CANT_LOCK                         0x0000000AUL
#define CKR_ATTRIBUTE_READ_ONLY               0x00000010UL
#define CKR_ATTRIBUTE_SENSITIVE               0x00000011UL
#define CKR_ATTRIBUTE_TYPE_INVALID            0x00000012UL
#define CKR_ATTRIBUTE_VALUE_INVALID           0x00000013UL
#define CKR_ACTION_PROHIBITED                 0x0000001BUL
#define CKR_DATA_INVALID                      0x00000020UL
#define CKR_DATA_LEN_RANGE                    0x00000021UL
#define CKR_DEVICE_ERROR                      0x00000030UL
#define CKR_DEVICE_MEMORY                     0x00000031UL
#define CKR_DEVICE_REMOVED                    0x00000032UL
#define CKR_ENCRYPTED_DATA_INVALID            0x00000040UL
#define CKR_ENCRYPTED_DATA_LEN_RANGE          0x00000041UL
#define CKR_AEAD_DECRYPT_FAILED               0x00000042UL
#define CKR_FUNCTION_CANCELED                 0x00000050UL
#define CKR_FUNCTION_NOT_PARALLEL             0x00000051UL
#define CKR_FUNCTION_NOT_SUPPORTED            0x00000054UL
#define CKR_KEY_HANDLE_INVALID                0x00000060UL
#define CKR_KEY_SIZE_RANGE                    0x00000062UL
#define CKR_KEY_TYPE_INCONSISTENT             0x00000063UL
#define CKR_KEY_NOT_NEEDED                    0x00000064UL
#define CKR_KEY_CHANGED                       0x00000065UL
#define CKR_KEY_NEEDED                        0x00000066UL
#define CKR_KEY_INDIGESTIBLE                  0x00000067UL
#define CKR_KEY_FUNCTION_NOT_PERMITTED        0x00000068UL
#define CKR_KEY_NOT_WRAPPABLE                 0x00000069UL
#define CKR_KEY_UNEXTRACTABLE                 0x0000006AUL
#define CKR_MECHANISM_INVALID                 0x00000070UL
#define CKR_MECHANISM_PARAM_INVALID           0x00000071UL
#define CKR_OBJECT_HANDLE_INVALID             0x00000082UL
#define CKR_OPERATION_NOT_INITIALIZED         0x00000091UL
#define CKR_PIN_INCORRECT                     0x000000A0UL
#define CKR_PIN_INVALID                       0x000000A1UL
#define CKR_PIN_LEN_RANGE                     0x000000A2UL
#define CKR_PIN_EXPIRED                       0x000000A3UL
#define CKR_PIN_LOCKED                        0x000000A4UL
#define CKR_SESSION_CLOSED                    0x000000B0UL
#define CKR_SESSION_COUNT                     0x000000B1UL
#define CKR_SESSION_HANDLE_INVALID            0x000000B3UL
#define CKR_SESSION_PARALLEL_NOT_SUPPORTED    0x000000B4UL
#define CKR_SESSION_READ_ONLY                 0x000000B5UL
#define CKR_SESSION_EXISTS                    0x000000B6UL
#define CKR_SESSION_READ_ONLY_EXISTS          0x000000B7UL
#define CKR_SESSION_READ_WRITE_SO_EXISTS      0x000000B8UL
#define CKR_SIGNATURE_INVALID                 0x000000C0UL
#define CKR_SIGNATURE_LEN_RANGE               0x000000C1UL
#define CKR_TEMPLATE_INCOMPLETE               0x000000D0UL
#define CKR_TEMPLATE_INCONSISTENT             0x000000D1UL
#define CKR_TOKEN_NOT_PRESENT                 0x000000E0UL
#define CKR_TOKEN_NOT_RECOGNIZED              0x000000E1UL
#define CKR_TOKEN_WRITE_PROTECTED             0x000000E2UL
#define CKR_UNWRAPPING_KEY_HANDLE_INVALID     0x000000F0UL
#define CKR_UNWRAPPING_KEY_SIZE_RANGE         0x000000F1UL
#define CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT  0x000000F2UL
#define CKR_USER_ALREADY_LOGGED_IN            0x00000100UL
#define CKR_USER_NOT_LOGGED_IN                0x00000101UL
#define CKR_USER_PIN_NOT_INITIALIZED          0x00000102UL
#define CKR_USER_TYPE_INVALID                 0x00000103UL
#define CKR_USER_ANOTHER_ALREADY_LOGGED_IN    0x00000104UL
#define CKR_USER_TOO_MANY_TYPES               0x00000105UL
#define CKR_WRAPPED_KEY_INVALID               0x00000110UL
#define CKR_WRAPPED_KEY_LEN_RANGE             0x00000112UL
#define CKR_WRAPPING_KEY_HANDLE_INVALID       0x00000113UL
#define CKR_WRAPPING_KEY_SIZE_RANGE           0x00000114UL
#define CKR_WRAPPING_KEY_TYPE_INCONSISTENT    0x00000115UL
#define CKR_RANDOM_SEED_NOT_SUPPORTED         0x00000120UL
#define CKR_RANDOM_NO_RNG                     0x00000121UL
#define CKR_DOMAIN_PARAMS_INVALID             0x00000130UL
#define CKR_CURVE_NOT_SUPPORTED               0x00000140UL
#define CKR_BUFFER_TOO_SMALL                  0x00000150UL
#define CKR_SAVED_STATE_INVALID               0x00000160UL
#define CKR_INFORMATION_SENSITIVE             0x00000170UL
#define CKR_STATE_UNSAVEABLE                  0x00000180UL
#define CKR_CRYPTOKI_NOT_INITIALIZED          0x00000190UL
#define CKR_CRYPTOKI_ALREADY_INITIALIZED      0x00000191UL
#define CKR_MUTEX_BAD                         0x000001A0UL
#define CKR_MUTEX_NOT_LOCKED                  0x000001A1UL
#define CKR_NEW_PIN_MODE                      0x000001B0UL
#define CKR_NEXT_OTP                          0x000001B1UL
#define CKR_EXCEEDED_MAX_ITERATIONS           0x000001B5UL
#define CKR_FIPS_SELF_TEST_FAILED             0x000001B6UL
#define CKR_LIBRARY_LOAD_FAILED               0x000001B7UL
#define CKR_PIN_TOO_WEAK                      0x000001B8UL
#define CKR_PUBLIC_KEY_INVALID                0x000001B9UL
#define CKR_FUNCTION_REJECTED                 0x00000200UL
#define CKR_TOKEN_RESOURCE_EXCEEDED           0x00000201UL
#define CKR_OPERATION_CANCEL_FAILED           0x00000202UL
#define CKR_KEY_EXHAUSTED                     0x00000203UL
#define CKR_PENDING                           0x00000204UL
#define CKR_SESSION_ASYNC_NOT_SUPPORTED       0x00000205UL
#define CKR_SEED_RANDOM_REQUIRED              0x00000206UL
#define CKR_OPERATION_NOT_VALIDATED           0x00000207UL
#define CKR_TOKEN_NOT_INITIALIZED             0x00000208UL
#define CKR_PARAMETER_SET_NOT_SUPPORTED       0x00000209UL
#define CKR_VENDOR_DEFINED                    0x80000000UL

#endif
