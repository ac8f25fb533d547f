/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A program that does to a PKCS #11 module what its words say, one after the other, and prints each with what
 * came of it:
 *
 *	p11_host MODULE PIN WORD...
 *
 *	load unload init finalize open login logout sign digest close slots tokens event (waits for one)
 *	waits waited    a thread waits for an event; what it was told, once it was
 *	read            the certificate of the key that signs
 *	otp             a one-time password of the first credential, and it
 *	pause           prints "paused" and waits for a line on standard input
 *	forks N         threads sign without pause while N children are made, each of which begins anew
 *	reload N        N lives from dlopen to dlclose; then descriptors, threads and memory are as before
 *	memory          how often the PIN is in memory, and whether its page is locked, out of dumps, wiped by
 *	                fork
 *	unlockable      memory may not be locked from here on, and `memory` says whether the page is not
 *	seek TEXT       memory is about this secret from now on
 *	seek-bytes HEX  the same
 *	late            what follows is done by atexit, after libcrypto's own clean-up
 *	atexit WORD     WORD is done at exit, before what was registered up to here
 *	beside PATH     what follows is done to this module, beside the first; its symbols are everybody's
 *	over            to the other one of the two
 *	both            both sign, at the same time
 *	officer         the security officer's login, with what P11_HOST_OFFICER says
 *	unlock          the password of the token's OATH application, with what P11_HOST_PASSWORD says
 *	again           signs, with what P11_HOST_CONTEXT says as the PIN for this one use
 *	change          the PIN of who is logged in: from what P11_HOST_OLD says to what P11_HOST_NEW says
 *	first           the user's PIN, by the officer: what P11_HOST_NEW says
 *	new-token       the token is initialised, with what P11_HOST_OFFICER says
 *	watch state select write verified verify PIN
 *	                beside the module, over PC/SC as it is: p11_raw.h
 *
 * P11_HOST_KEY is the CKA_ID of the P-256 key, where it is not 3. PIN, HEX, TEXT and the variables that are
 * secrets have each byte moved up by one, so that what the program was called with is not what memory finds.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkcs11/pkcs11.h"
#include "tests/integration/p11_memory.h"
#include "tests/integration/p11_raw.h"

#define KEY_ID	      3 /* a P-256 key that wants the PIN once */
#define CHILD_SECONDS 120u
#define THREADS	      6
#define SIGNATURES    50 /* of each module */

/* A module, and what is done with it. */
struct loaded {
	const char *path;
	int visible; /* RTLD_LOCAL, RTLD_GLOBAL */
	void *library;
	CK_FUNCTION_LIST *p11;
	CK_SESSION_HANDLE session;
};

static const char *moved_pin;
static struct loaded here = {.visible = RTLD_LOCAL}, beside = {.visible = RTLD_GLOBAL};
static char **late_words;

static CK_RV load(void)
{
	CK_RV (*get_list)(CK_FUNCTION_LIST_PTR_PTR);

	here.library = dlopen(here.path, RTLD_NOW | here.visible);
	if (here.library == NULL) {
		(void)fprintf(stderr, "p11_host: %s\n", dlerror());
		return CKR_GENERAL_ERROR;
	}
	*(void **)&get_list = dlsym(here.library, "C_GetFunctionList");
	return get_list == NULL ? CKR_GENERAL_ERROR : get_list(&here.p11);
}

static CK_RV unload(void)
{
	return dlclose(here.library) == 0 ? CKR_OK : CKR_GENERAL_ERROR;
}

static CK_RV initialize(void)
{
	return here.p11->C_Initialize(NULL);
}

static CK_RV finalize(void)
{
	return here.p11->C_Finalize(NULL);
}

static bool initialised(CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	return here.p11->C_GetTokenInfo(slot, &info) == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED) != 0;
}

/* Of the last token there is that may have keys. */
static CK_RV find_slot(CK_SLOT_ID *slot)
{
	CK_SLOT_ID slots[16];
	CK_ULONG n = 16;
	CK_RV rv = here.p11->C_GetSlotList(CK_TRUE, slots, &n);

	if (rv != CKR_OK)
		return rv;
	while (n > 0 && !initialised(slots[n - 1]))
		n--;
	if (n == 0)
		return CKR_TOKEN_NOT_PRESENT;
	*slot = slots[n - 1];
	return CKR_OK;
}

static CK_RV open_session(void)
{
	CK_SLOT_ID slot = 0;
	CK_RV rv = find_slot(&slot);

	return rv == CKR_OK ? here.p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
						      &here.session)
			    : rv;
}

/* What a variable says, to be wiped by the caller; its length, 0 if it says nothing. */
static CK_ULONG secret_of(const char *variable, CK_UTF8CHAR out[MEMORY_SECRET_MAX])
{
	const char *moved = getenv(variable);

	return moved != NULL ? memory_secret(moved, out) : 0;
}

static CK_RV give_pin(void)
{
	CK_UTF8CHAR pin[MEMORY_SECRET_MAX];
	size_t len = memory_secret(moved_pin, pin);
	CK_RV rv = here.p11->C_Login(here.session, CKU_USER, pin, len);

	explicit_bzero(pin, sizeof(pin));
	return rv;
}

static CK_RV login(void)
{
	return memory_apart(give_pin);
}

static CK_RV give_officer(void)
{
	CK_UTF8CHAR pin[MEMORY_SECRET_MAX];
	CK_ULONG len = secret_of("P11_HOST_OFFICER", pin);
	CK_RV rv = len > 0 ? here.p11->C_Login(here.session, CKU_SO, pin, len) : CKR_ARGUMENTS_BAD;

	explicit_bzero(pin, sizeof(pin));
	return rv;
}

static CK_RV login_officer(void)
{
	return memory_apart(give_officer);
}

static CK_RV give_context(void)
{
	CK_UTF8CHAR pin[MEMORY_SECRET_MAX];
	CK_ULONG len = secret_of("P11_HOST_CONTEXT", pin);
	CK_RV rv =
	    len > 0 ? here.p11->C_Login(here.session, CKU_CONTEXT_SPECIFIC, pin, len) : CKR_ARGUMENTS_BAD;

	explicit_bzero(pin, sizeof(pin));
	return rv;
}

static CK_RV give_change(void)
{
	CK_UTF8CHAR was[MEMORY_SECRET_MAX], becomes[MEMORY_SECRET_MAX];
	CK_ULONG was_len = secret_of("P11_HOST_OLD", was), len = secret_of("P11_HOST_NEW", becomes);
	CK_RV rv = was_len > 0 && len > 0 ? here.p11->C_SetPIN(here.session, was, was_len, becomes, len)
					  : CKR_ARGUMENTS_BAD;

	explicit_bzero(was, sizeof(was));
	explicit_bzero(becomes, sizeof(becomes));
	return rv;
}

static CK_RV change(void)
{
	return memory_apart(give_change);
}

static CK_RV give_first(void)
{
	CK_UTF8CHAR pin[MEMORY_SECRET_MAX];
	CK_ULONG len = secret_of("P11_HOST_NEW", pin);
	CK_RV rv = len > 0 ? here.p11->C_InitPIN(here.session, pin, len) : CKR_ARGUMENTS_BAD;

	explicit_bzero(pin, sizeof(pin));
	return rv;
}

static CK_RV first(void)
{
	return memory_apart(give_first);
}

static CK_RV give_new_token(void)
{
	CK_UTF8CHAR pin[MEMORY_SECRET_MAX], label[32];
	CK_ULONG len = secret_of("P11_HOST_OFFICER", pin);
	CK_SLOT_ID slot = 0;
	CK_RV rv = len > 0 ? find_slot(&slot) : CKR_ARGUMENTS_BAD;

	memset(label, ' ', sizeof(label));
	if (rv == CKR_OK)
		rv = here.p11->C_InitToken(slot, pin, len, label);
	explicit_bzero(pin, sizeof(pin));
	return rv;
}

static CK_RV new_token(void)
{
	return memory_apart(give_new_token);
}

static CK_RV give_password(void)
{
	CK_UTF8CHAR name[] = "PKCS 11", user[] = "oath", password[MEMORY_SECRET_MAX];
	CK_VERSION version = {3, 0};
	CK_INTERFACE *interface = NULL;
	CK_ULONG len = secret_of("P11_HOST_PASSWORD", password);
	CK_C_GetInterface get_interface;
	CK_RV rv = CKR_ARGUMENTS_BAD;

	*(void **)&get_interface = dlsym(here.library, "C_GetInterface");
	if (len > 0 && get_interface != NULL)
		rv = get_interface(name, &version, &interface, 0);
	if (rv == CKR_OK) {
		const CK_FUNCTION_LIST_3_0 *list = interface->pFunctionList;

		rv = list->C_LoginUser(here.session, CKU_CONTEXT_SPECIFIC, password, len, user,
				       sizeof(user) - 1);
	}
	explicit_bzero(password, sizeof(password));
	return rv;
}

static CK_RV unlock_otp(void)
{
	return memory_apart(give_password);
}

static CK_RV logout(void)
{
	return here.p11->C_Logout(here.session);
}

static CK_RV close_session(void)
{
	return here.p11->C_CloseSession(here.session);
}

static CK_BYTE key_id(void)
{
	const char *other = getenv("P11_HOST_KEY");

	return other != NULL ? (CK_BYTE)strtoul(other, NULL, 10) : KEY_ID;
}

static CK_RV sign_begin(const struct loaded *m)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BYTE id = key_id();
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0}; /* what all modules have */
	CK_ULONG n = 0;
	CK_OBJECT_HANDLE key;
	CK_RV rv = m->p11->C_FindObjectsInit(m->session, template, 2);

	if (rv != CKR_OK)
		return rv;
	rv = m->p11->C_FindObjects(m->session, &key, 1, &n);
	(void)m->p11->C_FindObjectsFinal(m->session);
	if (rv == CKR_OK && n == 0)
		rv = CKR_KEY_HANDLE_INVALID;
	return rv == CKR_OK ? m->p11->C_SignInit(m->session, &mechanism, key) : rv;
}

static CK_RV sign_end(const struct loaded *m)
{
	CK_BYTE digest[32] = {1}, signature[64];
	CK_ULONG len = sizeof(signature);

	return m->p11->C_Sign(m->session, digest, sizeof(digest), signature, &len);
}

static CK_RV sign_in(const struct loaded *m)
{
	CK_RV rv = sign_begin(m);

	return rv == CKR_OK ? sign_end(m) : rv;
}

static CK_RV sign(void)
{
	return sign_in(&here);
}

static CK_RV sign_again(void)
{
	CK_RV rv = sign_begin(&here);

	if (rv == CKR_OK)
		rv = memory_apart(give_context);
	return rv == CKR_OK ? sign_end(&here) : rv;
}

static CK_RV read_certificate(void)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BYTE id = key_id(), value[4096];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
	CK_ATTRIBUTE wanted = {CKA_VALUE, value, sizeof(value)};
	CK_OBJECT_HANDLE certificate;
	CK_ULONG n = 0;
	CK_RV rv = here.p11->C_FindObjectsInit(here.session, template, 2);

	if (rv != CKR_OK)
		return rv;
	rv = here.p11->C_FindObjects(here.session, &certificate, 1, &n);
	(void)here.p11->C_FindObjectsFinal(here.session);
	if (rv == CKR_OK && n == 0)
		rv = CKR_OBJECT_HANDLE_INVALID;
	return rv == CKR_OK ? here.p11->C_GetAttributeValue(here.session, certificate, &wanted, 1) : rv;
}

static CK_RV one_time_password(void)
{
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
	CK_OTP_PARAMS none = {NULL, 0};
	CK_MECHANISM mechanism = {CKM_HOTP, &none, sizeof(none)};
	CK_ULONG n = 0, block[256], len = sizeof(block);
	CK_OTP_SIGNATURE_INFO *info = (void *)block;
	CK_OBJECT_HANDLE key;
	CK_RV rv = here.p11->C_FindObjectsInit(here.session, &template, 1);

	if (rv != CKR_OK)
		return rv;
	rv = here.p11->C_FindObjects(here.session, &key, 1, &n);
	(void)here.p11->C_FindObjectsFinal(here.session);
	if (rv == CKR_OK && n == 0)
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK)
		rv = here.p11->C_SignInit(here.session, &mechanism, key);
	if (rv == CKR_OK)
		rv = here.p11->C_Sign(here.session, NULL, 0, (CK_BYTE_PTR)block, &len);
	for (CK_ULONG i = 0; rv == CKR_OK && i < info->ulCount; i++) {
		if (info->pParams[i].type == CK_OTP_VALUE)
			(void)printf("%.*s ", (int)info->pParams[i].ulValueLen,
				     (char *)info->pParams[i].pValue);
	}
	return rv;
}

static CK_RV digest(void)
{
	CK_MECHANISM m = {CKM_SHA256, NULL, 0};
	CK_BYTE data[] = "data", out[32];
	CK_ULONG len = sizeof(out);
	CK_RV rv = here.p11->C_DigestInit(here.session, &m);

	return rv == CKR_OK ? here.p11->C_Digest(here.session, data, sizeof(data), out, &len) : rv;
}

static CK_RV slots(void)
{
	CK_ULONG n = 0;
	CK_RV rv = here.p11->C_GetSlotList(CK_FALSE, NULL, &n);

	(void)printf("%lu ", n);
	return rv;
}

/* In how many of them a token is: by the list, and by what each says of itself. */
static CK_RV tokens(void)
{
	CK_SLOT_ID all[16];
	CK_ULONG count = 16, listed = 0, told = 0;
	CK_SLOT_INFO info;
	CK_RV rv = here.p11->C_GetSlotList(CK_TRUE, NULL, &listed);

	if (rv == CKR_OK)
		rv = here.p11->C_GetSlotList(CK_FALSE, all, &count);
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		rv = here.p11->C_GetSlotInfo(all[i], &info);
		told += (info.flags & CKF_TOKEN_PRESENT) != 0;
	}
	(void)printf("%lu %lu ", listed, told);
	return rv;
}

static CK_RV event(void)
{
	CK_SLOT_ID slot = 0;
	CK_RV rv = here.p11->C_WaitForSlotEvent(0, &slot, NULL);

	(void)printf("%lu ", slot);
	return rv;
}

/* Those that came before now are none. */
static CK_RV events_past(void)
{
	CK_SLOT_ID slot;
	CK_RV rv;

	do
		rv = here.p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL);
	while (rv == CKR_OK);
	return rv == CKR_NO_EVENT ? CKR_OK : rv;
}

static struct {
	pthread_t thread;
	atomic_int number; /* in the system; 0: it has not begun */
	CK_RV rv;
} waiter;

static void *wait_inside(void *arg)
{
	CK_SLOT_ID slot;

	atomic_store(&waiter.number, (int)syscall(SYS_gettid));
	do
		waiter.rv = here.p11->C_WaitForSlotEvent(0, &slot, NULL);
	while (waiter.rv == CKR_OK);
	return arg;
}

/* By proc(5), whose third field is behind the name in parentheses. */
static bool sleeps(int thread)
{
	char path[64], line[256] = "";
	const char *name_end;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return false;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	(void)fclose(file);
	name_end = strrchr(line, ')');
	return name_end != NULL && strncmp(name_end, ") S", 3) == 0;
}

static CK_RV wait_in_thread(void)
{
	atomic_store(&waiter.number, 0);
	if (pthread_create(&waiter.thread, NULL, wait_inside, NULL) != 0)
		return CKR_GENERAL_ERROR;
	while (atomic_load(&waiter.number) == 0 || !sleeps(atomic_load(&waiter.number)))
		(void)sched_yield();
	return CKR_OK;
}

static CK_RV wait_for_thread(void)
{
	return pthread_join(waiter.thread, NULL) == 0 ? waiter.rv : CKR_GENERAL_ERROR;
}

static CK_RV wait_for_line(void)
{
	char line[64];

	(void)printf("paused\n");
	(void)fflush(stdout);
	return fgets(line, sizeof(line), stdin) != NULL ? CKR_OK : CKR_GENERAL_ERROR;
}

/* ---- forks ---- */

static atomic_bool stop;

static void *sign_without_pause(void *arg)
{
	CK_RV *rv = arg;

	while (*rv == CKR_OK && !atomic_load(&stop)) {
		CK_ULONG n = 0;

		*rv = sign_in(&here);
		if (*rv == CKR_OPERATION_ACTIVE)
			*rv = CKR_OK;
		if (*rv == CKR_OK)
			*rv = here.p11->C_GetSlotList(CK_TRUE, NULL, &n);
	}
	return NULL;
}

static void *look_without_pause(void *arg)
{
	CK_RV *rv = arg;

	while (*rv == CKR_OK && !atomic_load(&stop)) {
		CK_SLOT_INFO info;
		CK_ULONG n = 0;

		*rv = here.p11->C_GetSlotList(CK_FALSE, NULL, &n);
		if (*rv == CKR_OK)
			*rv = here.p11->C_GetSlotInfo(0, &info);
	}
	return NULL;
}

static int child(void)
{
	(void)alarm(CHILD_SECONDS);
	if (here.p11->C_CloseSession(here.session) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 1;
	if (initialize() != CKR_OK || open_session() != CKR_OK)
		return 2;
	return finalize() == CKR_OK ? 0 : 3;
}

static CK_RV forks(long count)
{
	pthread_t threads[THREADS];
	CK_RV rvs[THREADS] = {CKR_OK}, rv = CKR_OK;
	int status;

	for (int i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, i == 0 ? sign_without_pause : look_without_pause,
				   &rvs[i]) != 0)
			return CKR_GENERAL_ERROR;
	}
	for (long i = 0; rv == CKR_OK && i < count; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(child());
		if (waitpid(pid, &status, 0) != pid || status != 0) {
			(void)printf("child %ld: status %#x ", i, (unsigned)status);
			rv = CKR_GENERAL_ERROR;
		}
	}
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(threads[i], NULL);
		rv = rv == CKR_OK ? rvs[i] : rv;
	}
	return rv;
}

/* ---- two modules ---- */

static CK_RV change_over(void)
{
	struct loaded was = here;

	here = beside;
	beside = was;
	return CKR_OK;
}

static void *sign_often(void *arg)
{
	const struct loaded *m = arg;
	CK_RV rv = CKR_OK;

	for (int i = 0; rv == CKR_OK && i < SIGNATURES; i++)
		rv = sign_in(m);
	return rv == CKR_OK ? arg : NULL;
}

static CK_RV sign_both(void)
{
	pthread_t thread;
	void *well = NULL;
	bool other;

	if (pthread_create(&thread, NULL, sign_often, &beside) != 0)
		return CKR_GENERAL_ERROR;
	other = sign_often(&here) != NULL;
	(void)pthread_join(thread, &well);
	return other && well != NULL ? CKR_OK : CKR_FUNCTION_FAILED;
}

/* ---- what a life leaves behind ---- */

static unsigned entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		(void)closedir(dir);
	return n;
}

/* KiB of memory that are in use. */
static long resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size = 0, pages = 0;

	if (f == NULL || fscanf(f, "%ld %ld", &size, &pages) != 2)
		pages = 0;
	if (f != NULL)
		(void)fclose(f);
	return pages * 4;
}

/* A thread waits for an event meanwhile. */
static CK_RV live_once(void)
{
	CK_RV(*const steps[])
	(void) = {load, initialize, wait_in_thread, open_session, login, sign, digest, finalize};
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
		rv = steps[i]();
	if (rv != CKR_OK)
		return rv;
	rv = wait_for_thread();
	return rv == CKR_CRYPTOKI_NOT_INITIALIZED ? unload() : CKR_FUNCTION_FAILED;
}

struct footprint {
	unsigned files, threads;
	size_t allocated; /* bytes */
	long resident;
};

static struct footprint footprint(void)
{
	struct footprint now = {.resident = resident()};

	now.files = entries("/proc/self/fd");
	now.threads = entries("/proc/self/task");
	now.allocated = mallinfo2().uordblks + mallinfo2().hblkhd;
	return now;
}

static CK_RV reload(long count)
{
	struct footprint before = {.files = 0}, after;
	CK_RV rv = CKR_OK;

	for (long i = 0; rv == CKR_OK && i < count; i++) {
		rv = live_once();
		if (i == 4) /* what libraries keep for good they have by now */
			before = footprint();
	}
	if (rv != CKR_OK)
		return rv;
	after = footprint();
	(void)printf("%ld bytes, %ld KiB ", (long)after.allocated - (long)before.allocated,
		     after.resident - before.resident);
	if (after.files != before.files || after.threads != before.threads)
		return CKR_GENERAL_ERROR;
	return after.resident - before.resident < 1024 ? CKR_OK : CKR_DEVICE_MEMORY;
}

/* ---- where a secret is ---- */

static CK_RV memory(void)
{
	unsigned kept, elsewhere;

	if (!memory_search(&kept, &elsewhere))
		return CKR_GENERAL_ERROR;
	(void)printf("kept=%u elsewhere=%u ", kept, elsewhere);
	return CKR_OK;
}

static CK_RV refuse_lock(void)
{
	return memory_refuse_lock() ? CKR_OK : CKR_GENERAL_ERROR;
}

/* ---- words ---- */

static const struct word {
	const char *name;
	CK_RV (*act)(void);
} words[] = {{"load", load},
	     {"unload", unload},
	     {"init", initialize},
	     {"finalize", finalize},
	     {"open", open_session},
	     {"login", login},
	     {"logout", logout},
	     {"sign", sign},
	     {"digest", digest},
	     {"read", read_certificate},
	     {"close", close_session},
	     {"slots", slots},
	     {"tokens", tokens},
	     {"event", event},
	     {"past", events_past},
	     {"over", change_over},
	     {"both", sign_both},
	     {"pause", wait_for_line},
	     {"waits", wait_in_thread},
	     {"waited", wait_for_thread},
	     {"memory", memory},
	     {"unlockable", refuse_lock},
	     {"otp", one_time_password},
	     {"officer", login_officer},
	     {"unlock", unlock_otp},
	     {"again", sign_again},
	     {"change", change},
	     {"first", first},
	     {"new-token", new_token},
	     {"watch", raw_connect},
	     {"state", raw_state},
	     {"select", raw_select},
	     {"write", raw_write},
	     {"verified", raw_verified}};

static void say(const char *name, CK_RV rv)
{
	(void)printf("%s %#lx\n", name, rv);
	(void)fflush(stdout);
}

static void act(const char *name)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, name) == 0) {
			say(name, words[i].act());
			return;
		}
	}
	(void)fprintf(stderr, "p11_host: no such word: %s\n", name);
	exit(2);
}

static void act_late(void)
{
	for (; late_words != NULL && *late_words != NULL; late_words++)
		act(*late_words);
}

static const char *at_exit_word;

static void act_at_exit(void)
{
	act(at_exit_word);
}

int main(int argc, char **argv)
{
	if (argc < 4 || !memory_seek(argv[2]))
		return 2;
	here.path = argv[1];
	moved_pin = argv[2];
	/* Before libcrypto registers its own, so that this one comes after it. */
	if (atexit(act_late) != 0)
		return 2;
	for (char **word = argv + 3; *word != NULL; word++) {
		if (strcmp(*word, "late") == 0) {
			late_words = word + 1;
			return 0;
		}
		if (strcmp(*word, "atexit") == 0 && word[1] != NULL) {
			at_exit_word = *++word;
			if (atexit(act_at_exit) != 0)
				return 2;
		} else if (strcmp(*word, "beside") == 0 && word[1] != NULL) {
			beside.path = *++word;
			say("beside", change_over());
		} else if (strcmp(*word, "reload") == 0 && word[1] != NULL)
			say("reload", reload(strtol(*++word, NULL, 10)));
		else if (strcmp(*word, "forks") == 0 && word[1] != NULL)
			say("forks", forks(strtol(*++word, NULL, 10)));
		else if (strcmp(*word, "seek") == 0 && word[1] != NULL)
			say("seek", memory_seek(*++word) ? CKR_OK : CKR_ARGUMENTS_BAD);
		else if (strcmp(*word, "seek-bytes") == 0 && word[1] != NULL)
			say("seek-bytes", memory_seek_bytes(*++word) ? CKR_OK : CKR_ARGUMENTS_BAD);
		else if (strcmp(*word, "verify") == 0 && word[1] != NULL)
			say("verify", raw_verify(*++word));
		else
			act(*word);
	}
	return 0;
}
