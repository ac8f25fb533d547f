/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A program with a PKCS #11 module, as the tests of the module need it:
 *
 *	p11_client MODULE PIN smoke                a bit of everything, once (under valgrind)
 *	p11_client MODULE PIN sign SECONDS         signs and verifies with each key until the time is over
 *	p11_client MODULE PIN make WHO ROUNDS      makes objects of each kind, and finds all that it made
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

/* ---- make ---- */

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* What one program makes in one round has this label, and bytes of its own. */
struct round {
	CK_BYTE label[16];
	CK_ULONG label_len;
	CK_BYTE bytes[32];
};

static void round_begin(struct client *c, struct round *r, const char *who, unsigned n)
{
	int len = snprintf((char *)r->label, sizeof(r->label), "%.8s-%u", who, n);

	r->label_len = (CK_ULONG)len;
	check("C_GenerateRandom", p11->C_GenerateRandom(c->session, r->bytes, sizeof(r->bytes)));
	r->bytes[0] &= 0x7F; /* below the order of P-256 */
}

static CK_OBJECT_HANDLE create(struct client *c, const char *what, CK_ATTRIBUTE *a, CK_ULONG count)
{
	CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;

	check(what, p11->C_CreateObject(c->session, a, count, &made));
	return made;
}

static CK_OBJECT_HANDLE make_secret(struct client *c, struct round *r, CK_BBOOL *on_token)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, on_token, 1},
			    {CKA_LABEL, r->label, r->label_len},
			    {CKA_VALUE, r->bytes, 32}};

	return create(c, "a secret key", a, 5);
}

static void make_data(struct client *c, struct round *r)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, r->label, r->label_len},
			    {CKA_VALUE, r->bytes, sizeof(r->bytes)}};

	(void)create(c, "a data object", a, 4);
}

/* As little of a certificate as a module reads, with a point that is nobody's key. */
static void make_certificate(struct client *c, struct round *r)
{
	static const CK_BYTE head[] = {0x30, 0x00, 0x30, 0x00, 0x02, 0x01, 0x01, 0x30,
				       0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00},
			     spki[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
				       0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
				       0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BYTE der[sizeof(head) + sizeof(spki) + 64];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_CERTIFICATE_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, r->label, r->label_len},
			    {CKA_VALUE, der, sizeof(der)}};

	memcpy(der, head, sizeof(head));
	memcpy(der + sizeof(head), spki, sizeof(spki));
	memcpy(der + sizeof(head) + sizeof(spki), r->bytes, 32);
	memcpy(der + sizeof(head) + sizeof(spki) + 32, r->bytes, 32);
	der[1] = (CK_BYTE)(sizeof(der) - 2);
	der[3] = (CK_BYTE)(sizeof(der) - 4);
	(void)create(c, "a certificate", a, 5);
}

/* A P-256 key that another key has wrapped. */
static void unwrap_private(struct client *c, struct round *r)
{
	static const CK_BYTE head[] = {0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
				       0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
				       0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20};
	CK_MECHANISM m = {CKM_AES_KEY_WRAP_KWP, NULL, 0};
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, r->label, r->label_len},
			    {CKA_DERIVE, &no, 1}};
	CK_BYTE plain[sizeof(head) + 32], wrapped[sizeof(plain) + 16];
	CK_OBJECT_HANDLE kek = make_secret(c, r, &no), made;
	CK_ULONG len = sizeof(wrapped);

	memcpy(plain, head, sizeof(head));
	memcpy(plain + sizeof(head), r->bytes, 32);
	check("C_EncryptInit", p11->C_EncryptInit(c->session, &m, kek));
	check("C_Encrypt", p11->C_Encrypt(c->session, plain, sizeof(plain), wrapped, &len));
	check("C_UnwrapKey", p11->C_UnwrapKey(c->session, &m, kek, wrapped, len, a, 4, &made));
	check("C_DestroyObject", p11->C_DestroyObject(c->session, kek));
}

/* Under a name that both programs want, as soon as the other has given it up. */
static CK_OBJECT_HANDLE make_shared(struct client *c, struct round *r)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_KEY_TYPE type = CKK_HOTP;
	CK_BYTE name[] = {'s', 'h', 'a', 'r', 'e', 'd'};
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, name, sizeof(name)},
			    {CKA_VALUE, r->bytes, 20}};
	CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
	struct timespec now, end;
	CK_RV rv;

	check("clock", (CK_RV)clock_gettime(CLOCK_MONOTONIC, &end));
	end.tv_sec += 300;
	do {
		rv = p11->C_CreateObject(c->session, a, 5, &made);
		check("clock", (CK_RV)clock_gettime(CLOCK_MONOTONIC, &now));
	} while (rv == CKR_TEMPLATE_INCONSISTENT && now.tv_sec < end.tv_sec);
	check("a credential", rv);
	return made;
}

/* Who has the name gives it up for one of his own, or ends the credential: the other's is never touched. */
static void contend(struct client *c, struct round *r)
{
	CK_ATTRIBUTE rename = {CKA_LABEL, r->label, r->label_len};

	check("a new name", p11->C_SetAttributeValue(c->session, make_shared(c, r), &rename, 1));
	check("its end", p11->C_DestroyObject(c->session, make_shared(c, r)));
}

static bool has_bytes(struct client *c, CK_OBJECT_HANDLE object, const struct round *r)
{
	CK_BYTE value[32];
	CK_ATTRIBUTE a = {CKA_VALUE, value, sizeof(value)};

	check("C_GetAttributeValue", p11->C_GetAttributeValue(c->session, object, &a, 1));
	return a.ulValueLen == sizeof(value) && memcmp(value, r->bytes, sizeof(value)) == 0;
}

/* Just one of each class has the label. */
static void find_all_of(struct client *c, struct round *r)
{
	static const CK_OBJECT_CLASS classes[] = {CKO_SECRET_KEY, CKO_DATA, CKO_CERTIFICATE, CKO_PRIVATE_KEY,
						  CKO_OTP_KEY};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		CK_OBJECT_CLASS class = classes[i];
		CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_LABEL, r->label, r->label_len}};
		CK_OBJECT_HANDLE found[2];
		CK_ULONG n = 0;

		check("C_FindObjectsInit", p11->C_FindObjectsInit(c->session, a, 2));
		check("C_FindObjects", p11->C_FindObjects(c->session, found, 2, &n));
		check("C_FindObjectsFinal", p11->C_FindObjectsFinal(c->session));
		if (n != 1)
			fail("an object of this class is not there, or twice", class);
		if (class == CKO_DATA && !has_bytes(c, found[0], r))
			fail("it is another's", class);
	}
}

static void run_make(const char *who, const char *rounds)
{
	unsigned count = (unsigned)strtoul(rounds, NULL, 10);
	struct round *all = calloc(count, sizeof(*all));
	struct client c;

	if (all == NULL)
		fail("calloc", 0);
	open_session(&c);
	login(&c);
	for (unsigned n = 0; n < count; n++) {
		round_begin(&c, &all[n], who, n);
		(void)make_secret(&c, &all[n], &yes);
		make_data(&c, &all[n]);
		make_certificate(&c, &all[n]);
		unwrap_private(&c, &all[n]);
		contend(&c, &all[n]);
	}
	for (unsigned n = 0; n < count; n++)
		find_all_of(&c, &all[n]);
	printf("%u of each kind\n", count);
	free(all);
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
		(void)fputs("usage: p11_client MODULE PIN smoke | sign SECONDS | make WHO ROUNDS | removal "
			    "PID ROUNDS SEED\n",
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
	else if (strcmp(argv[3], "make") == 0 && argc == 6)
		run_make(argv[4], argv[5]);
	else if (strcmp(argv[3], "removal") == 0 && argc == 7)
		run_removal(argv[4], argv[5], argv[6]);
	else
		return 2;
	check("C_Finalize", p11->C_Finalize(NULL));
	return 0;
}
