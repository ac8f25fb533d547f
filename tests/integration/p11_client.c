/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A program with a PKCS #11 module, as the tests of the module need it:
 *
 *	p11_client MODULE PIN smoke                a bit of everything, once (under valgrind)
 *	p11_client MODULE PIN sign SECONDS         signs and verifies with each key until the time is over
 *	p11_client MODULE PIN removal PID ROUNDS SEED
 *	                                           has the card of process PID pulled in the middle of a
 *signature, puts it back, logs in and goes on; ROUNDS times
 *
 * Says on standard output what it did, and exits 0, or on standard error what went wrong, and exits 1.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "pkcs11/pkcs11.h"

#define KEYS_MAX 24u

static CK_FUNCTION_LIST *p11;
static const char *pin;

struct client {
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE keys[KEYS_MAX];
	CK_ULONG key_count;
};

static void fail(const char *what, CK_RV rv)
{
	(void)fprintf(stderr, "p11_client: %s: %#lx\n", what, rv);
	exit(1);
}

static void check(const char *what, CK_RV rv)
{
	if (rv != CKR_OK)
		fail(what, rv);
}

static void open_session(struct client *c)
{
	CK_ULONG count = 1;

	check("C_GetSlotList", p11->C_GetSlotList(CK_TRUE, &c->slot, &count));
	if (count == 0)
		fail("no token", 0);
	check("C_OpenSession",
	      p11->C_OpenSession(c->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &c->session));
}

static void find(struct client *c, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *found, CK_ULONG *count)
{
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}};

	check("C_FindObjectsInit", p11->C_FindObjectsInit(c->session, template, 1));
	check("C_FindObjects", p11->C_FindObjects(c->session, found, KEYS_MAX, count));
	check("C_FindObjectsFinal", p11->C_FindObjectsFinal(c->session));
}

static void login(struct client *c)
{
	CK_UTF8CHAR copy[64];
	size_t len = strlen(pin);

	memcpy(copy, pin, len < sizeof(copy) ? len : sizeof(copy));
	check("C_Login", p11->C_Login(c->session, CKU_USER, copy, len));
	find(c, CKO_PRIVATE_KEY, c->keys, &c->key_count);
	if (c->key_count == 0)
		fail("no private keys", 0);
}

static CK_ULONG key_type(struct client *c, CK_OBJECT_HANDLE key)
{
	CK_ULONG type = CK_UNAVAILABLE_INFORMATION;
	CK_ATTRIBUTE attribute = {CKA_KEY_TYPE, &type, sizeof(type)};

	check("C_GetAttributeValue", p11->C_GetAttributeValue(c->session, key, &attribute, 1));
	return type;
}

static bool always_authenticate(struct client *c, CK_OBJECT_HANDLE key)
{
	CK_BBOOL always = CK_FALSE;
	CK_ATTRIBUTE attribute = {CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always)};

	check("C_GetAttributeValue", p11->C_GetAttributeValue(c->session, key, &attribute, 1));
	return always != CK_FALSE;
}

/* The public key with the same CKA_ID. */
static CK_OBJECT_HANDLE public_of(struct client *c, CK_OBJECT_HANDLE key)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_BYTE id[16];
	CK_ATTRIBUTE template[] = {{CKA_ID, id, sizeof(id)}, {CKA_CLASS, &class, sizeof(class)}};
	CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
	CK_ULONG count = 0;

	check("C_GetAttributeValue", p11->C_GetAttributeValue(c->session, key, template, 1));
	check("C_FindObjectsInit", p11->C_FindObjectsInit(c->session, template, 2));
	check("C_FindObjects", p11->C_FindObjects(c->session, &found, 1, &count));
	check("C_FindObjectsFinal", p11->C_FindObjectsFinal(c->session));
	if (count != 1)
		fail("no public key beside a private one", 0);
	return found;
}

static CK_RV sign(struct client *c, CK_OBJECT_HANDLE key, CK_ULONG type, CK_BYTE *signature, CK_ULONG *len)
{
	CK_MECHANISM mechanism = {type == CKK_RSA ? CKM_SHA256_RSA_PKCS : CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE data[] = "signed by a test";
	CK_RV rv = p11->C_SignInit(c->session, &mechanism, key);

	return rv == CKR_OK ? p11->C_Sign(c->session, data, sizeof(data), signature, len) : rv;
}

static void sign_and_verify(struct client *c, CK_OBJECT_HANDLE key)
{
	CK_ULONG type = key_type(c, key);
	CK_MECHANISM mechanism = {type == CKK_RSA ? CKM_SHA256_RSA_PKCS : CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE signature[512], data[] = "signed by a test";
	CK_ULONG len = sizeof(signature);

	check("C_Sign", sign(c, key, type, signature, &len));
	check("C_VerifyInit", p11->C_VerifyInit(c->session, &mechanism, public_of(c, key)));
	check("C_Verify", p11->C_Verify(c->session, data, sizeof(data), signature, len));
}

/* ---- sign ---- */

static void run_sign(const char *seconds)
{
	struct client c;
	struct timespec now, end;
	unsigned long count = 0;

	open_session(&c);
	login(&c);
	check("clock", (CK_RV)clock_gettime(CLOCK_MONOTONIC, &end));
	end.tv_sec += strtol(seconds, NULL, 10);
	do {
		for (CK_ULONG i = 0; i < c.key_count; i++) {
			if (always_authenticate(&c, c.keys[i]))
				continue;
			sign_and_verify(&c, c.keys[i]);
			count++;
		}
		check("clock", (CK_RV)clock_gettime(CLOCK_MONOTONIC, &now));
	} while (now.tv_sec < end.tv_sec);
	printf("%lu signatures\n", count);
}

/* ---- removal ---- */

struct pull {
	pthread_mutex_t lock;
	pthread_cond_t now;
	bool go;
	pid_t card;
};

static void *pull_when_told(void *arg)
{
	struct pull *pull = arg;

	(void)pthread_mutex_lock(&pull->lock);
	while (!pull->go)
		(void)pthread_cond_wait(&pull->now, &pull->lock);
	(void)pthread_mutex_unlock(&pull->lock);
	(void)kill(pull->card, SIGUSR1);
	return NULL;
}

/* Signs until it fails; the card is pulled during the n-th signature or right after it. */
static CK_RV sign_until_pulled(struct client *c, struct pull *pull, unsigned n)
{
	CK_BYTE signature[512];
	CK_ULONG len, type = key_type(c, c->keys[0]);
	CK_RV rv;

	for (unsigned i = 0;; i++) {
		if (i == n) {
			(void)pthread_mutex_lock(&pull->lock);
			pull->go = true;
			(void)pthread_cond_signal(&pull->now);
			(void)pthread_mutex_unlock(&pull->lock);
		}
		len = sizeof(signature);
		rv = sign(c, c->keys[0], type, signature, &len);
		if (rv != CKR_OK)
			return rv;
	}
}

/* The test has put the card back. */
static void wait_for_line(void)
{
	char line[16];

	if (fgets(line, sizeof(line), stdin) == NULL)
		fail("nobody puts the card back", 0);
}

static void wait_for_token(CK_SLOT_ID slot)
{
	CK_SLOT_INFO info;
	CK_SLOT_ID event;

	for (;;) {
		check("C_GetSlotInfo", p11->C_GetSlotInfo(slot, &info));
		if ((info.flags & CKF_TOKEN_PRESENT) != 0)
			return;
		check("C_WaitForSlotEvent", p11->C_WaitForSlotEvent(0, &event, NULL));
	}
}

static void one_removal(struct client *c, pid_t card, unsigned n)
{
	struct pull pull = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, card};
	CK_SESSION_INFO info;
	CK_BYTE signature[512];
	CK_ULONG len = sizeof(signature);
	pthread_t thread;
	CK_RV rv;

	if (pthread_create(&thread, NULL, pull_when_told, &pull) != 0)
		fail("pthread_create", 0);
	rv = sign_until_pulled(c, &pull, n);
	(void)pthread_join(thread, NULL);
	if (rv != CKR_DEVICE_REMOVED && rv != CKR_TOKEN_NOT_PRESENT)
		fail("the signature that the pull broke", rv);
	rv = p11->C_GetSessionInfo(c->session, &info);
	if (rv != CKR_SESSION_HANDLE_INVALID)
		fail("the session of a card that is gone", rv);
	puts("removed");
	(void)fflush(stdout);
	wait_for_line();
	wait_for_token(c->slot);
	open_session(c);
	rv = sign(c, c->keys[0], CKK_RSA, signature, &len);
	if (rv == CKR_OK)
		fail("a signature without a login", rv);
	login(c);
	sign_and_verify(c, c->keys[0]);
}

static void run_removal(const char *card, const char *rounds, const char *seed)
{
	unsigned state = (unsigned)strtoul(seed, NULL, 10);
	long count = strtol(rounds, NULL, 10);
	struct client c;

	open_session(&c);
	login(&c);
	for (long i = 0; i < count; i++)
		one_removal(&c, (pid_t)strtol(card, NULL, 10), (unsigned)rand_r(&state) % 8u);
	printf("%ld removals\n", count);
}

/* ---- smoke ---- */

static void read_attributes(struct client *c, CK_OBJECT_HANDLE object)
{
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_CLASS,	CKA_LABEL,	     CKA_ID,
						  CKA_VALUE,	CKA_SUBJECT,	     CKA_MODULUS,
						  CKA_EC_POINT, CKA_PUBLIC_KEY_INFO, CKA_PRIVATE_EXPONENT,
						  0x12345678};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		CK_ATTRIBUTE a = {types[i], NULL, 0};
		CK_RV rv = p11->C_GetAttributeValue(c->session, object, &a, 1);

		if (rv != CKR_OK && rv != CKR_ATTRIBUTE_SENSITIVE && rv != CKR_ATTRIBUTE_TYPE_INVALID)
			fail("C_GetAttributeValue", rv);
		if (rv != CKR_OK)
			continue;
		a.pValue = malloc(a.ulValueLen + 1);
		check("C_GetAttributeValue", p11->C_GetAttributeValue(c->session, object, &a, 1));
		free(a.pValue);
	}
}

static void read_everything(struct client *c)
{
	CK_OBJECT_HANDLE objects[100];
	CK_ULONG count = 0;

	check("C_FindObjectsInit", p11->C_FindObjectsInit(c->session, NULL, 0));
	check("C_FindObjects", p11->C_FindObjects(c->session, objects, 100, &count));
	check("C_FindObjectsFinal", p11->C_FindObjectsFinal(c->session));
	for (CK_ULONG i = 0; i < count; i++)
		read_attributes(c, objects[i]);
	printf("%lu objects\n", count);
}

static void digest_and_random(struct client *c)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	CK_BYTE out[64], data[1000];
	CK_ULONG len = sizeof(out);

	check("C_GenerateRandom", p11->C_GenerateRandom(c->session, data, sizeof(data)));
	check("C_DigestInit", p11->C_DigestInit(c->session, &sha256));
	check("C_DigestUpdate", p11->C_DigestUpdate(c->session, data, sizeof(data)));
	check("C_DigestFinal", p11->C_DigestFinal(c->session, out, &len));
}

static void run_smoke(void)
{
	CK_TOKEN_INFO info;
	CK_SLOT_ID event;
	struct client c;

	open_session(&c);
	check("C_GetTokenInfo", p11->C_GetTokenInfo(c.slot, &info));
	read_everything(&c);
	login(&c);
	read_everything(&c);
	for (CK_ULONG i = 0; i < c.key_count; i++)
		sign_and_verify(&c, c.keys[i]);
	digest_and_random(&c);
	(void)p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &event, NULL);
	check("C_Logout", p11->C_Logout(c.session));
	/* One session with an operation under way is left to C_Finalize. */
	check("C_DigestInit", p11->C_DigestInit(c.session, &(CK_MECHANISM){CKM_SHA512, NULL, 0}));
}

/* As programs do that clean up when they exit. */
static void late_calls(void)
{
	CK_INFO info;

	(void)p11->C_GetInfo(&info);
	(void)p11->C_Finalize(NULL);
}

static void load(const char *path)
{
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get = NULL;

	if (module == NULL)
		fail(dlerror(), 0);
	*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (get == NULL || get(&p11) != CKR_OK)
		fail("C_GetFunctionList", 0);
}

int main(int argc, char **argv)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};

	if (argc < 4) {
		(void)fputs("usage: p11_client MODULE PIN smoke | sign SECONDS | removal PID ROUNDS SEED\n",
			    stderr);
		return 2;
	}
	(void)atexit(late_calls);
	load(argv[1]);
	pin = argv[2];
	check("C_Initialize", p11->C_Initialize(&args));
	if (strcmp(argv[3], "smoke") == 0)
		run_smoke();
	else if (strcmp(argv[3], "sign") == 0 && argc == 5)
		run_sign(argv[4]);
	else if (strcmp(argv[3], "removal") == 0 && argc == 7)
		run_removal(argv[4], argv[5], argv[6]);
	else
		return 2;
	check("C_Finalize", p11->C_Finalize(NULL));
	return 0;
}
