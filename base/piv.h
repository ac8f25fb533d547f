/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PIV card application on the wire: NIST SP 800-73-5 part 2, SP 800-78-5, and the de-facto vendor commands of the
 * market's reference token. The one source of these numbers for card and host.
 */
#ifndef COUNTERSIGN_BASE_PIV_H
#define COUNTERSIGN_BASE_PIV_H

#include <stdint.h>

/* The whole AID; SELECT by its first 5 (RID) or 9 bytes reaches it too. */
#define PIV_AID     {0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00}
#define PIV_AID_LEN 11u

/* Commands of ISO/IEC 7816-4 that every application shares. */
enum iso_ins {
	ISO_INS_VERIFY = 0x20,
	ISO_INS_CHANGE_REFERENCE_DATA = 0x24,
	ISO_INS_RESET_RETRY_COUNTER = 0x2C,
	ISO_INS_MANAGE_CHANNEL = 0x70,
	ISO_INS_SELECT = 0xA4,
	ISO_INS_GET_RESPONSE = 0xC0,
};

#define ISO_CLA_CHAIN 0x10u /* bit of CLA: more of this command follows */

enum piv_ins {
	PIV_INS_GENERATE = 0x47,
	PIV_INS_AUTHENTICATE = 0x87,
	PIV_INS_GET_DATA = 0xCB,
	PIV_INS_PUT_DATA = 0xDB,
	/* the reference token's own */
	PIV_INS_MOVE_KEY = 0xF6,
	PIV_INS_GET_METADATA = 0xF7,
	PIV_INS_GET_SERIAL = 0xF8,
	PIV_INS_ATTEST = 0xF9,
	PIV_INS_SET_RETRIES = 0xFA,
	PIV_INS_RESET = 0xFB,
	PIV_INS_GET_VERSION = 0xFD,
	PIV_INS_IMPORT_KEY = 0xFE,
	PIV_INS_SET_MANAGEMENT_KEY = 0xFF,
};

/* Key references (SP 800-78-5, table 8) and PIN references (SP 800-73-5 part 2, table 2). */
enum piv_ref {
	PIV_REF_PIN = 0x80,
	PIV_REF_PUK = 0x81,
	PIV_REF_PAIRING_CODE = 0x98,
	PIV_SLOT_SM = 0x04, /* secure messaging: enum piv_sm_suites */
	PIV_SLOT_RETIRED_FIRST = 0x82,
	PIV_SLOT_RETIRED_LAST = 0x95,
	PIV_SLOT_AUTHENTICATION = 0x9A,
	PIV_SLOT_MANAGEMENT = 0x9B, /* symmetric: the card management key */
	PIV_SLOT_SIGNATURE = 0x9C,
	PIV_SLOT_KEY_MANAGEMENT = 0x9D,
	PIV_SLOT_CARD_AUTHENTICATION = 0x9E,
	PIV_SLOT_ATTESTATION = 0xF9,
};

/* Algorithm identifiers (SP 800-78-5, table 9; from 0xE0 on the reference token's; P-521 and SM2, for which neither has
 * one, as other open cards number them: docs/PROTOCOL 4.3). */
enum piv_alg {
	PIV_ALG_3DES = 0x03,
	PIV_ALG_RSA3072 = 0x05,
	PIV_ALG_RSA1024 = 0x06,
	PIV_ALG_RSA2048 = 0x07,
	PIV_ALG_AES128 = 0x08,
	PIV_ALG_AES192 = 0x0A,
	PIV_ALG_AES256 = 0x0C,
	PIV_ALG_P256 = 0x11,
	PIV_ALG_P384 = 0x14,
	PIV_ALG_P521 = 0x15,
	PIV_ALG_RSA4096 = 0x16,
	PIV_ALG_SM2 = 0x54,
	PIV_ALG_ED25519 = 0xE0,
	PIV_ALG_X25519 = 0xE1,
	PIV_ALG_MLDSA44 = 0xE2,
	PIV_ALG_MLDSA65 = 0xE3,
	PIV_ALG_MLDSA87 = 0xE4,
	PIV_ALG_MLKEM512 = 0xE5,
	PIV_ALG_MLKEM768 = 0xE6,
	PIV_ALG_MLKEM1024 = 0xE7,
};

/* PIN and touch policy of a key, in GENERATE (tags AA, AB), IMPORT and GET METADATA. */
enum piv_pin_policy { PIV_PIN_DEFAULT = 0, PIV_PIN_NEVER = 1, PIV_PIN_ONCE = 2, PIV_PIN_ALWAYS = 3 };
enum piv_touch_policy { PIV_TOUCH_DEFAULT = 0, PIV_TOUCH_NEVER = 1, PIV_TOUCH_ALWAYS = 2, PIV_TOUCH_CACHED = 3 };
enum piv_origin { PIV_ORIGIN_GENERATED = 1, PIV_ORIGIN_IMPORTED = 2 };

#define PIV_PIN_LEN     8u /* a PIN or PUK on the wire: 6 to 8 bytes, padded with FF */
#define PIV_PIN_LEN_MIN 6u
#define PIV_PIN_PAD     0xFFu

/* Cipher suites of secure messaging, in the place of an algorithm identifier (SP 800-78-5, table 9). */
enum piv_sm_suites { PIV_SM_CS2 = 0x27, PIV_SM_CS7 = 0x2E };

/* Data objects (SP 800-73-5 part 1, table 3), as they stand in GET/PUT DATA's tag list 5C. */
#define PIV_OBJ_DISCOVERY        0x7Eu
#define PIV_OBJ_BIT_GROUP        0x7F61u
#define PIV_OBJ_CARD_AUTH_CERT   0x5FC101u
#define PIV_OBJ_CHUID            0x5FC102u
#define PIV_OBJ_FINGERPRINTS     0x5FC103u
#define PIV_OBJ_AUTH_CERT        0x5FC105u
#define PIV_OBJ_SECURITY         0x5FC106u
#define PIV_OBJ_CCC              0x5FC107u
#define PIV_OBJ_FACIAL           0x5FC108u
#define PIV_OBJ_PRINTED          0x5FC109u /* PIN first: 6982 */
#define PIV_OBJ_SIGNATURE_CERT   0x5FC10Au
#define PIV_OBJ_KEY_MGMT_CERT    0x5FC10Bu
#define PIV_OBJ_KEY_HISTORY      0x5FC10Cu
#define PIV_OBJ_RETIRED_CERT(n)  (0x5FC10Du + (uint32_t)(n)) /* n 0 to 19: slots 82 to 95 */
#define PIV_OBJ_IRIS             0x5FC121u
#define PIV_OBJ_SM_CERT_SIGNER   0x5FC122u
#define PIV_OBJ_PAIRING_CODE     0x5FC123u
#define PIV_OBJ_ADMIN            0x5FFF00u /* the reference token's tools keep flags and a salt here */
#define PIV_OBJ_ATTESTATION_CERT 0x5FFF01u
#define PIV_OBJ_ATTESTATION_CA   0x5FFF02u /* ours: the certificate that 5FFF01's is issued under */
#define PIV_OBJ_SM_CVC           0x5FFF04u /* ours: card verifiable certificate of the key in slot 04 */
#define PIV_OBJ_MSCMAP           0x5FFF10u
#define PIV_OBJ_MSROOTS_FIRST    0x5FFF11u /* to 5FFF15 */
#define PIV_OBJ_MSROOTS_LAST     0x5FFF15u

enum piv_tag {
	PIV_TAG_TAG_LIST = 0x5C,
	PIV_TAG_DATA = 0x53,
	PIV_TAG_PUBLIC_KEY = 0x7F49,
	PIV_TAG_RSA_MODULUS = 0x81,
	PIV_TAG_RSA_EXPONENT = 0x82,
	PIV_TAG_EC_POINT = 0x86, /* also the raw public keys of Ed25519, X25519, ML-DSA and ML-KEM */
	PIV_TAG_GENERATE = 0xAC,
	PIV_TAG_ALGORITHM = 0x80,
	PIV_TAG_PIN_POLICY = 0xAA,
	PIV_TAG_TOUCH_POLICY = 0xAB,
	/* GENERAL AUTHENTICATE's dynamic authentication template (SP 800-73-5 part 2, table 7) */
	PIV_TAG_AUTH_TEMPLATE = 0x7C,
	PIV_TAG_AUTH_WITNESS = 0x80,
	PIV_TAG_AUTH_CHALLENGE = 0x81,
	PIV_TAG_AUTH_RESPONSE = 0x82,
	PIV_TAG_AUTH_EXPONENTIATION = 0x85,
	PIV_TAG_AUTH_MU = 0x86, /* ML-DSA's external mu (FIPS 204, 6.2), instead of the message; ours */
	/* inside a certificate object */
	PIV_TAG_CERT = 0x70,
	PIV_TAG_CERT_INFO = 0x71, /* bit 0: gzip */
	PIV_TAG_ERROR_DETECTION = 0xFE,
	/* the application property template that SELECT answers */
	PIV_TAG_PROPERTY = 0x61,
	PIV_TAG_AID = 0x4F,
	PIV_TAG_AUTHORITY = 0x79,
	PIV_TAG_LABEL = 0x50,
	PIV_TAG_URL = 0x5F50,
	PIV_TAG_ALGORITHMS = 0xAC,
	PIV_TAG_OBJECT_IDENTIFIER = 0x06,
	/* GET METADATA */
	PIV_META_ALGORITHM = 0x01,
	PIV_META_POLICY = 0x02, /* PIN policy, touch policy */
	PIV_META_ORIGIN = 0x03,
	PIV_META_PUBLIC_KEY = 0x04, /* as the contents of 7F49 */
	PIV_META_IS_DEFAULT = 0x05,
	PIV_META_RETRIES = 0x06, /* total, remaining */
	PIV_META_PIN_FLAGS = 0xB3, /* ours: enum csgn_pin_flag; there where it is not 0 */
	/* IMPORT KEY */
	PIV_IMPORT_P = 0x01,
	PIV_IMPORT_Q = 0x02,
	PIV_IMPORT_DP = 0x03,
	PIV_IMPORT_DQ = 0x04,
	PIV_IMPORT_QINV = 0x05,
	PIV_IMPORT_EC_SCALAR = 0x06,
	PIV_IMPORT_ED25519 = 0x07, /* seed (RFC 8032, 5.1.5) */
	PIV_IMPORT_X25519 = 0x08,  /* scalar, little-endian (RFC 7748, 5) */
	PIV_IMPORT_MLDSA = 0x09,   /* seed xi, 32 bytes (FIPS 204, 5.1) */
	PIV_IMPORT_MLKEM = 0x0A,   /* seed d || z, 64 bytes (FIPS 203, 7.1) */
};

#define PIV_25519_LEN	   32u /* bytes of a secret, a public key, a shared secret of Ed25519 and X25519 */
#define PIV_SM2_DIGEST_LEN 32u
#define PIV_MLDSA_SEED_LEN 32u
#define PIV_MLDSA_MU_LEN   64u
#define PIV_MLKEM_SEED_LEN 64u

#endif
