/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The names that countersign-pkcs11.so adds to PKCS #11: time-based and challenge-response one-time passwords and SM2, for
 * which the standard has no numbers. Include it after any PKCS #11 header; countersign-pkcs11(7) says how
 * they are used. A number, once released, keeps its meaning.
 */
#ifndef COUNTERSIGN_PKCS11_COUNTERSIGN_H
#define COUNTERSIGN_PKCS11_COUNTERSIGN_H

/* "CSG" in the vendor's part of each range. */
#define CK_COUNTERSIGN(n) (0xC3534700UL + (n))

/* Key types of CKO_OTP_KEY beside CKK_HOTP: RFC 6238 and RFC 6287. */
#define CKK_COUNTERSIGN_TOTP CK_COUNTERSIGN(1UL)
#define CKK_COUNTERSIGN_OCRA CK_COUNTERSIGN(2UL)

/* Mechanisms, of the shape of CKM_HOTP_KEY_GEN and CKM_HOTP. */
#define CKM_COUNTERSIGN_TOTP_KEY_GEN CK_COUNTERSIGN(1UL)
#define CKM_COUNTERSIGN_TOTP	     CK_COUNTERSIGN(2UL)
#define CKM_COUNTERSIGN_OCRA_KEY_GEN CK_COUNTERSIGN(3UL)
#define CKM_COUNTERSIGN_OCRA	     CK_COUNTERSIGN(4UL)

/* SM2 (GB/T 32918.2), by keys of CKK_EC on the curve 1.2.156.10197.1.301: e, 32 bytes, as they are; or a message, of which e
 * is made with the identity that is the parameter (without one: 1234567812345678). Signatures are r and s, 32 bytes each. */
#define CKM_COUNTERSIGN_SM2	CK_COUNTERSIGN(5UL)
#define CKM_COUNTERSIGN_SM2_SM3 CK_COUNTERSIGN(6UL)

/* Attributes of CKO_OTP_KEY. */
#define CKA_COUNTERSIGN_OTP_HASH   CK_COUNTERSIGN(1UL) /* CK_MECHANISM_TYPE: CKM_SHA_1 (default), CKM_SHA256, CKM_SHA512 */
#define CKA_COUNTERSIGN_OTP_TOUCH  CK_COUNTERSIGN(2UL) /* CK_BBOOL: each password wants a touch of the token */
#define CKA_COUNTERSIGN_OCRA_SUITE CK_COUNTERSIGN(3UL) /* text: the OCRASuite */
/* Of a key that the token makes: the public key of the server that is to have its seed, an uncompressed P-256 point or
 * an X25519 key; and the seed, sealed to it, for that server's enrolment. */
#define CKA_COUNTERSIGN_OTP_SERVER CK_COUNTERSIGN(4UL)
#define CKA_COUNTERSIGN_OTP_SEALED CK_COUNTERSIGN(5UL)

/* Type of CK_OTP_PARAM: OCRA's session information, bytes. */
#define CK_OTP_COUNTERSIGN_SESSION CK_COUNTERSIGN(1UL)

/* The user name of C_LoginUser that means the password of the token's OATH application, with CKU_CONTEXT_SPECIFIC. */
#define CK_COUNTERSIGN_OATH_USER "oath"

#endif
