/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of one-time passwords through the module: a card core in this process, a session, and the calls of
 * the standard in short.
 */
#ifndef COUNTERSIGN_TESTS_PKCS11_OTP_FIXTURE_H
#define COUNTERSIGN_TESTS_PKCS11_OTP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/pkcs11_countersign.h"
#include "pkcs11/slot.h"
#include "tests/lib/transport_card.h"

#define SO_PIN	 "82918273"
#define USER_PIN "482913"
#define SEED20	 "12345678901234567890"
#define SEED32	 SEED20 "123456789012"
#define SEED64	 SEED20 SEED20 SEED20 "1234"

/* The RFC's codes of SEED20 for counters from 0 on (RFC 4226, appendix D). */
#define RFC4226_COUNT 10u
extern const char *const rfc4226[RFC4226_COUNT];

extern CK_SESSION_HANDLE session;

/* A token that is initialised, over the card core; nobody is logged in. */
int otp_module_setup(void **state);
int otp_module_teardown(void **state);
/* What setup does with another backend: the same card core behind it. */
int otp_module_over(const struct cc_backend *backend);

CK_RV login(const char *pin);
/* C_LoginUser with the password of the OATH application. */
CK_RV unlock(const char *password);
/* It gets one, by another program. */
void set_password(const char *password);

/* C_CreateObject: CKO_OTP_KEY, on the token, this type, label and seed, and more. */
CK_RV create_with(CK_KEY_TYPE type, const char *label, const char *seed, const CK_ATTRIBUTE *more, CK_ULONG count,
		  CK_OBJECT_HANDLE *key);
CK_OBJECT_HANDLE create(CK_KEY_TYPE type, const char *label, const char *seed);

/* Those of class CKO_OTP_KEY; label NULL: all. At most max handles. */
CK_ULONG find_otp(const char *label, CK_OBJECT_HANDLE *found, CK_ULONG max);
/* 0: there is none. */
CK_OBJECT_HANDLE find_one(const char *label);

CK_RV otp_sign_init(CK_MECHANISM_TYPE mechanism, CK_OBJECT_HANDLE key, CK_OTP_PARAM *params, CK_ULONG count);
CK_RV otp_verify_init(CK_MECHANISM_TYPE mechanism, CK_OBJECT_HANDLE key, CK_OTP_PARAM *params, CK_ULONG count);
/* C_Sign with room enough: the password, as text; "" where it fails. */
#define PASSWORD_ROOM 129u
CK_RV otp_sign_finish(char password[PASSWORD_ROOM]);
/* Both. */
CK_RV password_with(CK_MECHANISM_TYPE mechanism, CK_OBJECT_HANDLE key, CK_OTP_PARAM *params, CK_ULONG count,
		    char password[PASSWORD_ROOM]);
/* Of an HOTP key; static storage, "" where it fails. */
const char *hotp(CK_OBJECT_HANDLE key);

/* One attribute, of at most 256 bytes; its length or CK_UNAVAILABLE_INFORMATION in *len. */
CK_RV attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_BYTE value[256], CK_ULONG *len);

/* A parameter with a text, and with an object that outlives it. */
CK_OTP_PARAM param_text(CK_OTP_PARAM_TYPE type, const char *text);
#define PARAM(type, object) ((CK_OTP_PARAM){(type), &(object), sizeof(object)})

/* A command of another program, on the basic channel, given in hexadecimal: its status word. */
uint16_t other(const char *hex);

/* C_LoginUser with the password makes the HOTP key's codes from the first on, in a program for each way of ending that; meanwhile
 * another program is told of the card's credentials on the basic channel, and after it no more. */
void opened_until_it_ends(const char *label, const char *password);

#endif
