/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One-time passwords through PKCS #11, by the calls of the standard:
 *
 *	otp MODULE                        lists the credentials of all tokens
 *	otp MODULE LABEL [CHALLENGE]      prints a password of the one with this label
 *	otp MODULE LABEL COUNTER PASSWORD says whether that was its password for a counter that is past
 *	otp MODULE --enrol LABEL          adds an HOTP credential with this label, counter 0, on the one token
 *
 * COUNTERSIGN_OTP_SECRET: its seed, in base32, as services show it. It is not on the command line, which
 * everybody on the computer can see.
 * COUNTERSIGN_PIN: the user's PIN, for credentials that are bound to it (CKA_PRIVATE).
 * COUNTERSIGN_PASSWORD: the password of the token's OATH application, where one is set.
 *
 * Exits 0; 1 where the token refuses, or the password is wrong, with a sentence; 2 where it was called wrong.
 *
 *	cc -o otp otp.c -ldl
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Any PKCS #11 header with one-time passwords does, such as <p11-kit/pkcs11.h>. */
#include "pkcs11/pkcs11.h"
#include "pkcs11/pkcs11_countersign.h"

#define SLOTS_MAX 32u
#define FOUND_MAX 512u
#define TEXT_MAX  256u
#define SEED_MAX  64u

static CK_FUNCTION_LIST *p11;

/* What there is to say of the refusals that a person can do something about. */
static const struct {
	CK_RV rv;
	const char *text;
} reasons[] = {
    {CKR_USER_NOT_LOGGED_IN, "it wants the PIN (COUNTERSIGN_PIN), or its password (COUNTERSIGN_PASSWORD)"},
    {CKR_PIN_INCORRECT, "the PIN or password is wrong, which has cost a try"},
    {CKR_PIN_LOCKED, "the PIN or password is blocked"},
    {CKR_PIN_EXPIRED, "the PIN has to be changed first"},
    {CKR_FUNCTION_REJECTED, "nobody touched the token, or it wants to be waited for"},
    {CKR_MECHANISM_PARAM_INVALID, "the challenge does not fit this credential, or is missing"},
    {CKR_TEMPLATE_INCONSISTENT, "there is a credential with this label, or the token cannot keep such a one"},
    {CKR_DEVICE_MEMORY, "the token is full"},
    {CKR_SIGNATURE_INVALID, "it is not the one of this counter, or that is still to come"},
    {CKR_DEVICE_REMOVED, "the token was pulled out"},
    {CKR_TOKEN_NOT_PRESENT, "there is no token"},
};

static void fail(const char *what, CK_RV rv)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].rv == rv)
			fprintf(stderr, "otp: %s: %s\n", what, reasons[i].text);
	}
	fprintf(stderr, "otp: %s: PKCS #11 error 0x%lx\n", what, rv);
	exit(1);
}

static void check(const char *what, CK_RV rv)
{
	if (rv != CKR_OK)
		fail(what, rv);
}

/* ---- the module ---- */

static void *module_load(const char *path)
{
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get_list;

	if (module == NULL) {
		fprintf(stderr, "otp: %s\n", dlerror());
		exit(1);
	}
	*(void **)&get_list = dlsym(module, "C_GetFunctionList");
	if (get_list == NULL) {
		fprintf(stderr, "otp: %s is no PKCS #11 module\n", path);
		exit(1);
	}
	check("C_GetFunctionList", get_list(&p11));
	check("C_Initialize", p11->C_Initialize(NULL));
	return module;
}

/* The password of the OATH application goes through C_LoginUser, which version 3.0 has brought. */
static void unlock(void *module, CK_SESSION_HANDLE session, char *password)
{
	CK_UTF8CHAR name[] = "PKCS 11", user[] = CK_COUNTERSIGN_OATH_USER;
	CK_VERSION version = {3, 0};
	CK_INTERFACE *interface = NULL;
	CK_C_GetInterface get_interface;
	const CK_FUNCTION_LIST_3_0 *list;

	*(void **)&get_interface = dlsym(module, "C_GetInterface");
	if (get_interface == NULL || get_interface(name, &version, &interface, 0) != CKR_OK) {
		fputs("otp: this module is older than PKCS #11 3.0, and takes no password\n", stderr);
		exit(1);
	}
	list = interface->pFunctionList;
	check("the password", list->C_LoginUser(session, CKU_CONTEXT_SPECIFIC, (CK_BYTE *)password,
						strlen(password), user, sizeof(user) - 1));
}

static CK_SESSION_HANDLE session_open(void *module, CK_SLOT_ID slot, CK_FLAGS flags)
{
	char *pin = getenv("COUNTERSIGN_PIN"), *password = getenv("COUNTERSIGN_PASSWORD");
	CK_SESSION_HANDLE session;

	check("C_OpenSession", p11->C_OpenSession(slot, CKF_SERIAL_SESSION | flags, NULL, NULL, &session));
	if (pin != NULL)
		check("the PIN", p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, strlen(pin)));
	if (password != NULL)
		unlock(module, session, password);
	return session;
}

/* ---- credentials ---- */

/* Those with this label; NULL: all. */
static CK_ULONG find(CK_SESSION_HANDLE session, char *label, CK_OBJECT_HANDLE *found)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_LABEL, label, label != NULL ? strlen(label) : 0}};
	CK_ULONG count = 0;

	check("the search", p11->C_FindObjectsInit(session, template, label != NULL ? 2 : 1));
	check("the search", p11->C_FindObjects(session, found, FOUND_MAX, &count));
	check("the search", p11->C_FindObjectsFinal(session));
	return count;
}

/* A text attribute, NUL-terminated; "" where the key has none. */
static void text(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, char out[TEXT_MAX])
{
	CK_ATTRIBUTE a = {type, out, TEXT_MAX - 1};

	out[p11->C_GetAttributeValue(session, key, &a, 1) == CKR_OK ? a.ulValueLen : 0] = '\0';
}

static CK_ULONG number(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value = 0;
	CK_ATTRIBUTE a = {type, &value, sizeof(value)};

	return p11->C_GetAttributeValue(session, key, &a, 1) == CKR_OK ? value : 0;
}

static const char *kind(CK_KEY_TYPE type)
{
	return type == CKK_HOTP ? "HOTP" : type == CKK_COUNTERSIGN_TOTP ? "TOTP" : "OCRA";
}

static void show(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_KEY_TYPE type = number(session, key, CKA_KEY_TYPE);
	char label[TEXT_MAX], suite[TEXT_MAX];

	text(session, key, CKA_LABEL, label);
	text(session, key, CKA_COUNTERSIGN_OCRA_SUITE, suite);
	printf("%s (%s, %lu characters", label, kind(type), number(session, key, CKA_OTP_LENGTH));
	if (type == CKK_COUNTERSIGN_TOTP)
		printf(", each %lu seconds", number(session, key, CKA_OTP_TIME_INTERVAL));
	if (suite[0] != '\0')
		printf(", %s", suite);
	puts(")");
}

/* ---- a password ---- */

static CK_MECHANISM_TYPE mechanism_for(CK_KEY_TYPE type)
{
	return type == CKK_HOTP		      ? CKM_HOTP
	       : type == CKK_COUNTERSIGN_TOTP ? CKM_COUNTERSIGN_TOTP
					      : CKM_COUNTERSIGN_OCRA;
}

/* The answer is one block: a CK_OTP_SIGNATURE_INFO, its parameters, and their values. */
static void print_value(const CK_OTP_SIGNATURE_INFO *info)
{
	for (CK_ULONG i = 0; i < info->ulCount; i++) {
		const CK_OTP_PARAM *p = &info->pParams[i];

		if (p->type == CK_OTP_VALUE)
			printf("%.*s\n", (int)p->ulValueLen, (const char *)p->pValue);
	}
}

static void password(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, char *challenge)
{
	CK_OTP_PARAM param = {CK_OTP_CHALLENGE, challenge, challenge != NULL ? strlen(challenge) : 0};
	CK_OTP_PARAMS params = {&param, challenge != NULL ? 1 : 0};
	CK_MECHANISM mechanism = {mechanism_for(number(session, key, CKA_KEY_TYPE)), &params, sizeof(params)};
	CK_OTP_SIGNATURE_INFO *info;
	CK_ULONG len = 0;

	if (number(session, key, CKA_OTP_CHALLENGE_REQUIREMENT) == CK_OTP_PARAM_MANDATORY &&
	    challenge == NULL) {
		fputs("otp: this credential answers challenges: give one behind its label\n", stderr);
		exit(2);
	}
	check("the password", p11->C_SignInit(session, &mechanism, key));
	/* Asking for the size costs no password. */
	check("the password", p11->C_Sign(session, NULL, 0, NULL, &len));
	info = malloc(len);
	if (info == NULL)
		fail("the password", CKR_HOST_MEMORY);
	check("the password", p11->C_Sign(session, NULL, 0, (CK_BYTE *)info, &len));
	print_value(info);
	explicit_bzero(info, len);
	free(info);
}

/* A counter goes into HOTP as eight bytes, the highest first. */
static void verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *counter, char *claimed)
{
	CK_BYTE bytes[8];
	CK_ULONG length = strlen(claimed);
	unsigned long long value = strtoull(counter, NULL, 10);
	CK_OTP_PARAM param[] = {{CK_OTP_COUNTER, bytes, sizeof(bytes)},
				{CK_OTP_OUTPUT_LENGTH, &length, sizeof(length)}};
	CK_OTP_PARAMS params = {param, 2};
	CK_MECHANISM mechanism = {mechanism_for(number(session, key, CKA_KEY_TYPE)), &params, sizeof(params)};

	for (int i = 7; i >= 0; i--, value >>= 8)
		bytes[i] = (CK_BYTE)value;
	check("the password", p11->C_VerifyInit(session, &mechanism, key));
	check("the password", p11->C_Verify(session, NULL, 0, (CK_BYTE *)claimed, length));
	puts("right");
}

/* ---- enrolment ---- */

/* Base32 without spaces (RFC 4648), whose padding may be left out; 0 where it is something else, or too long.
 */
static CK_ULONG seed_read(const char *text, CK_BYTE seed[SEED_MAX])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned bits = 0, value = 0;
	CK_ULONG len = 0;

	for (; *text != '\0' && *text != '='; text++) {
		const char *digit = strchr(digits, *text);

		if (digit == NULL || len == SEED_MAX)
			return 0;
		value = (value << 5 | (unsigned)(digit - digits)) & 0xFFF;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			seed[len++] = (CK_BYTE)(value >> bits);
		}
	}
	return text[strspn(text, "=")] == '\0' ? len : 0;
}

/* As a service hands it out: six digits, from counter 0 on. CKA_PRIVATE true would bind it to the PIN. */
static CK_RV enrol(CK_SESSION_HANDLE session, char *label, CK_BYTE *seed, CK_ULONG seed_len)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_KEY_TYPE type = CKK_HOTP;
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG digits = 6;
	CK_ATTRIBUTE template[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)},
	    {CKA_TOKEN, &yes, sizeof(yes)},	{CKA_OTP_LENGTH, &digits, sizeof(digits)},
	    {CKA_LABEL, label, strlen(label)},	{CKA_VALUE, seed, seed_len},
	};
	CK_OBJECT_HANDLE key;

	return p11->C_CreateObject(session, template, sizeof(template) / sizeof(template[0]), &key);
}

static void enrol_from_environment(CK_SESSION_HANDLE session, char *label)
{
	const char *secret = getenv("COUNTERSIGN_OTP_SECRET");
	CK_BYTE seed[SEED_MAX];
	CK_ULONG len = secret != NULL ? seed_read(secret, seed) : 0;
	CK_RV rv = len > 0 ? enrol(session, label, seed, len) : CKR_OK;

	explicit_bzero(seed, sizeof(seed));
	if (len == 0) {
		fputs("otp: COUNTERSIGN_OTP_SECRET has to be the seed, in base32: A to Z and 2 to 7, and "
		      "behind them = alone\n",
		      stderr);
		exit(2);
	}
	check(label, rv);
}

/* On one token: true where there is nothing left to look for. */
static bool visit(CK_SESSION_HANDLE session, char *label, char *challenge, char *claimed)
{
	static CK_OBJECT_HANDLE found[FOUND_MAX];
	CK_ULONG count = find(session, label, found);

	if (label == NULL) {
		for (CK_ULONG i = 0; i < count; i++)
			show(session, found[i]);
		return false;
	}
	if (count > 1) {
		fprintf(stderr, "otp: %lu credentials are called \"%s\"\n", count, label);
		exit(1);
	}
	if (count == 1 && claimed != NULL)
		verify(session, found[0], challenge, claimed);
	else if (count == 1)
		password(session, found[0], challenge);
	return count == 1;
}

/* Uses or lists what the tokens have: false where none has the label. */
static bool visit_all(void *module, const CK_SLOT_ID *slots, CK_ULONG count, char *label, char *challenge,
		      char *claimed)
{
	bool done = false;

	for (CK_ULONG i = 0; i < count && !done; i++) {
		CK_SESSION_HANDLE session = session_open(module, slots[i], 0);

		done = visit(session, label, challenge, claimed);
		check("C_CloseSession", p11->C_CloseSession(session));
	}
	if (label != NULL && !done)
		fprintf(stderr, "otp: no token has a credential \"%s\"; without a label they are listed\n",
			label);
	return label == NULL || done;
}

static bool add(void *module, const CK_SLOT_ID *slots, CK_ULONG count, char *label)
{
	CK_SESSION_HANDLE session;

	if (count > 1) {
		fputs("otp: there are several tokens: leave the one that is to have it\n", stderr);
		return false;
	}
	session = session_open(module, slots[0], CKF_RW_SESSION);
	enrol_from_environment(session, label);
	check("C_CloseSession", p11->C_CloseSession(session));
	return true;
}

int main(int argc, char **argv)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	char *label = argc > 2 ? argv[2] : NULL, *challenge = argc > 3 ? argv[3] : NULL;
	char *claimed = argc > 4 ? argv[4] : NULL;
	bool enrols = label != NULL && strcmp(label, "--enrol") == 0, done;
	void *module;

	if (argc < 2 || argc > 5 || (enrols && argc != 4)) {
		fputs("usage: otp MODULE [LABEL [CHALLENGE | COUNTER PASSWORD] | --enrol LABEL]\n", stderr);
		return 2;
	}
	module = module_load(argv[1]);
	check("C_GetSlotList", p11->C_GetSlotList(CK_TRUE, slots, &count));
	if (count == 0)
		fail("C_GetSlotList", CKR_TOKEN_NOT_PRESENT);
	done = enrols ? add(module, slots, count, challenge)
		      : visit_all(module, slots, count, label, challenge, claimed);
	check("C_Finalize", p11->C_Finalize(NULL));
	return done ? 0 : 1;
}
