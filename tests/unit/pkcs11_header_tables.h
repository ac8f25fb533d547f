/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tables of pkcs11_header.h, made of whatever PKCS #11 header was included before. No include guard is
 * needed: each file includes it once.
 */
#define COUNT_OF(array)	    (sizeof(array) / sizeof((array)[0]))
#define SIZE(type)	    {"sizeof " #type, sizeof(type)},
#define PLACE(type, member) {#type "." #member, offsetof(type, member)},

static const struct named constants[] = {
#include "tests/unit/pkcs11_names.inc"
};

static const struct named layouts[] = {
    SIZE(CK_ULONG) SIZE(CK_VERSION) SIZE(CK_INFO) PLACE(CK_INFO, libraryVersion) SIZE(CK_SLOT_INFO)
	PLACE(CK_SLOT_INFO, firmwareVersion) SIZE(CK_TOKEN_INFO) PLACE(CK_TOKEN_INFO, utcTime)
	    PLACE(CK_TOKEN_INFO, ulFreePrivateMemory) SIZE(CK_SESSION_INFO)
		PLACE(CK_SESSION_INFO, ulDeviceError) SIZE(CK_ATTRIBUTE) PLACE(CK_ATTRIBUTE, ulValueLen)
		    SIZE(CK_DATE) SIZE(CK_MECHANISM) PLACE(CK_MECHANISM, ulParameterLen)
			SIZE(CK_MECHANISM_INFO) PLACE(CK_MECHANISM_INFO, flags) SIZE(CK_RSA_PKCS_OAEP_PARAMS)
			    PLACE(CK_RSA_PKCS_OAEP_PARAMS, ulSourceDataLen) SIZE(CK_RSA_PKCS_PSS_PARAMS)
				PLACE(CK_RSA_PKCS_PSS_PARAMS, sLen) SIZE(CK_ECDH1_DERIVE_PARAMS)
				    PLACE(CK_ECDH1_DERIVE_PARAMS, pPublicData) SIZE(CK_OTP_PARAM)
					SIZE(CK_OTP_PARAMS) SIZE(CK_OTP_SIGNATURE_INFO)};

#define FUNCTION(name)	   {#name, offsetof(CK_FUNCTION_LIST, name)},
#define FUNCTION_3_0(name) {#name, offsetof(CK_FUNCTION_LIST_3_0, name)},

static const struct named functions[] = {
#include "tests/unit/pkcs11_functions.inc"
};

#ifdef HEADER_HAS_3_0
static const struct named functions_3_0[] = {
#include "tests/unit/pkcs11_functions_3_0.inc"
};
#endif
