/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A program that does to a PKCS #11 module what its words say, one after the other, and prints each with what
 *came of it:
 *
 *	p11_host MODULE PIN WORD...
 *
 *	load unload init finalize open login logout sign digest close slots event (waits for one)
 *	pause           prints "paused" and waits for a line on standard input
 *	forks           threads sign without pause while children are made, each of which begins anew
 *	reload N        N lives from dlopen to dlclose; then descriptors, threads and memory are what they
 *were memory          how often the PIN is in this process's memory, and whether the page it is in is locked,
 *left out of dumps and empty in a child late            what follows is done by atexit, after libcrypto's own
 *clean-up
 *
 * PIN has each character moved up by one, so that this program's own arguments are not what `memory` finds.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkcs11/pkcs11.h"

#define PIN_LEN_MAX   16u
#define KEY_ID	      3 /* a P-256 key that wants the PIN once */
#define CHILDREN      60
#define CHILD_SECONDS 30u
#define THREADS	      6

static const char *module, *moved_pin;
static void *library;
static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;
static char **late_words;

static CK_RV load(void)
{
	CK_RV (*get_list)(CK_FUNCTION_LIST_PTR_PTR);

	library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		(void)fprintf(stderr, "p11_host: %s\n", dlerror());
		return CKR_GENERAL_ERROR;
	}
	*(void **)&get_list = dlsym(library, "C_GetFunctionList");
	return get_list == NULL ? CKR_GENERAL_ERROR : get_list(&p11);
}

static CK_RV unload(void)
{
	return dlclose(library) == 0 ? CKR_OK : CKR_GENERAL_ERROR;
}

static CK_RV initialize(void)
{
	return p11->C_Initialize(NULL);
}

static CK_RV finalize(void)
{
	return p11->C_Finalize(NULL);
}

/* A session with the last token there is. */
static CK_RV open_session(void)
{
	CK_SLOT_ID slots[16];
	CK_ULONG n = 16;
	CK_RV rv = p11->C_GetSlotList(CK_TRUE, slots, &n);

	if (rv != CKR_OK)
		return rv;
	if (n == 0)
		return CKR_TOKEN_NOT_PRESENT;
	return p11->C_OpenSession(slots[n - 1], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session);
}

static CK_RV login(void)
{
	CK_UTF8CHAR pin[PIN_LEN_MAX];
	size_t len = strlen(moved_pin);
	CK_RV rv;

	for (size_t i = 0; i < len; i++)
		pin[i] = (CK_UTF8CHAR)(moved_pin[i] - 1);
	rv = p11->C_Login(session, CKU_USER, pin, len);
	explicit_bzero(pin, sizeof(pin));
	return rv;
}

static CK_RV logout(void)
{
	return p11->C_Logout(session);
}

static CK_RV close_session(void)
{
	return p11->C_CloseSession(session);
}

static CK_RV sign_in(CK_SESSION_HANDLE s)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BYTE id = KEY_ID;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
	CK_MECHANISM m = {CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE data[] = "data", signature[64];
	CK_ULONG n = 0, len = sizeof(signature);
	CK_OBJECT_HANDLE key;
	CK_RV rv = p11->C_FindObjectsInit(s, template, 2);

	if (rv != CKR_OK)
		return rv;
	rv = p11->C_FindObjects(s, &key, 1, &n);
	(void)p11->C_FindObjectsFinal(s);
	if (rv == CKR_OK && n == 0)
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK)
		rv = p11->C_SignInit(s, &m, key);
	return rv == CKR_OK ? p11->C_Sign(s, data, sizeof(data), signature, &len) : rv;
}

static CK_RV sign(void)
{
	return sign_in(session);
}

static CK_RV digest(void)
{
	CK_MECHANISM m = {CKM_SHA256, NULL, 0};
	CK_BYTE data[] = "data", out[32];
	CK_ULONG len = sizeof(out);
	CK_RV rv = p11->C_DigestInit(session, &m);

	return rv == CKR_OK ? p11->C_Digest(session, data, sizeof(data), out, &len) : rv;
}

static CK_RV slots(void)
{
	CK_ULONG n = 0;
	CK_RV rv = p11->C_GetSlotList(CK_FALSE, NULL, &n);

	(void)printf("%lu ", n);
	return rv;
}

static CK_RV event(void)
{
	CK_SLOT_ID slot = 0;
	CK_RV rv = p11->C_WaitForSlotEvent(0, &slot, NULL);

	(void)printf("%lu ", slot);
	return rv;
}

/* Those that came before now are none. */
static CK_RV events_past(void)
{
	CK_SLOT_ID slot;
	CK_RV rv;

	do
		rv = p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL);
	while (rv == CKR_OK);
	return rv == CKR_NO_EVENT ? CKR_OK : rv;
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

		*rv = sign_in(session);
		if (*rv == CKR_OPERATION_ACTIVE)
			*rv = CKR_OK;
		if (*rv == CKR_OK)
			*rv = p11->C_GetSlotList(CK_TRUE, NULL, &n);
	}
	return NULL;
}

static void *look_without_pause(void *arg)
{
	CK_RV *rv = arg;

	while (*rv == CKR_OK && !atomic_load(&stop)) {
		CK_SLOT_INFO info;
		CK_ULONG n = 0;

		*rv = p11->C_GetSlotList(CK_FALSE, NULL, &n);
		if (*rv == CKR_OK)
			*rv = p11->C_GetSlotInfo(0, &info);
	}
	return NULL;
}

static int child(void)
{
	(void)alarm(CHILD_SECONDS);
	if (p11->C_CloseSession(session) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 1;
	if (initialize() != CKR_OK || open_session() != CKR_OK)
		return 2;
	return finalize() == CKR_OK ? 0 : 3;
}

static CK_RV forks(void)
{
	pthread_t threads[THREADS];
	CK_RV rvs[THREADS] = {CKR_OK}, rv = CKR_OK;
	int status;

	for (int i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, i == 0 ? sign_without_pause : look_without_pause,
				   &rvs[i]) != 0)
			return CKR_GENERAL_ERROR;
	}
	for (int i = 0; rv == CKR_OK && i < CHILDREN; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(child());
		if (waitpid(pid, &status, 0) != pid || status != 0) {
			(void)printf("child %d: status %#x ", i, (unsigned)status);
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

static CK_RV live_once(void)
{
	CK_RV(*const steps[])
	(void) = {load, initialize, open_session, login, sign, digest, finalize, unload};
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
		rv = steps[i]();
	return rv;
}

static CK_RV reload(long count)
{
	unsigned files = 0, threads = 0;
	long memory = 0;
	CK_RV rv = CKR_OK;

	for (long i = 0; rv == CKR_OK && i < count; i++) {
		rv = live_once();
		if (i == 4) { /* what libraries keep for good they have by now */
			files = entries("/proc/self/fd");
			threads = entries("/proc/self/task");
			memory = resident();
		}
	}
	if (rv != CKR_OK)
		return rv;
	if (entries("/proc/self/fd") != files || entries("/proc/self/task") != threads)
		return CKR_GENERAL_ERROR;
	(void)printf("%ld KiB ", resident() - memory);
	return resident() - memory < 1024 ? CKR_OK : CKR_DEVICE_MEMORY;
}

/* ---- where the PIN is ---- */

/* In the file's bytes from `from` to `to`. */
static unsigned pins_between(FILE *memory, unsigned long from, unsigned long to)
{
	static unsigned char bytes[1 << 16];
	size_t len = strlen(moved_pin);
	unsigned found = 0;

	for (unsigned long at = from; at < to; at += sizeof(bytes) - len) {
		size_t want = to - at < sizeof(bytes) ? to - at : sizeof(bytes), got, k;

		if (fseek(memory, (long)at, SEEK_SET) != 0 || (got = fread(bytes, 1, want, memory)) < len)
			break;
		for (size_t i = 0; i + len <= got && i < sizeof(bytes) - len; i++) {
			for (k = 0; k < len && bytes[i + k] + 1 == (unsigned char)moved_pin[k]; k++)
				;
			found += k == len ? 1 : 0;
		}
		explicit_bzero(bytes, sizeof(bytes));
	}
	return found;
}

static bool flag_of(const char *line, const char *flag)
{
	const char *found = strstr(line, flag);

	return found != NULL && (found[2] == ' ' || found[2] == '\n');
}

static CK_RV memory_of_pin(void)
{
	FILE *maps = fopen("/proc/self/smaps", "r"), *memory = fopen("/proc/self/mem", "r");
	unsigned here = 0, kept = 0, other = 0;
	unsigned long from, to;
	char line[512], rights[8];

	if (maps == NULL || memory == NULL)
		return CKR_GENERAL_ERROR;
	(void)setvbuf(memory, NULL, _IONBF, 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 &&
		    strchr(line, ':') > strchr(line, ' '))
			here = rights[0] == 'r' && strstr(line, "[v") == NULL ? pins_between(memory, from, to)
									      : 0;
		else if (strncmp(line, "VmFlags:", 8) == 0 && here > 0) {
			bool safe = flag_of(line, "lo") && flag_of(line, "dd") && flag_of(line, "wf");

			kept += safe ? here : 0;
			other += safe ? 0 : here;
		}
	}
	(void)fclose(maps);
	(void)fclose(memory);
	(void)printf("kept=%u elsewhere=%u ", kept, other);
	return CKR_OK;
}

/* ---- words ---- */

static const struct word {
	const char *name;
	CK_RV (*act)(void);
} words[] = {
    {"load", load},	    {"unload", unload},	      {"init", initialize}, {"finalize", finalize},
    {"open", open_session}, {"login", login},	      {"logout", logout},   {"sign", sign},
    {"digest", digest},	    {"close", close_session}, {"slots", slots},	    {"event", event},
    {"past", events_past},  {"pause", wait_for_line}, {"forks", forks},	    {"memory", memory_of_pin}};

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

int main(int argc, char **argv)
{
	if (argc < 4 || strlen(argv[2]) > PIN_LEN_MAX)
		return 2;
	module = argv[1];
	moved_pin = argv[2];
	/* Before libcrypto registers its own, so that this one comes after it. */
	if (atexit(act_late) != 0)
		return 2;
	for (char **word = argv + 3; *word != NULL; word++) {
		if (strcmp(*word, "late") == 0) {
			late_words = word + 1;
			return 0;
		}
		if (strcmp(*word, "reload") == 0 && word[1] != NULL)
			say("reload", reload(strtol(*++word, NULL, 10)));
		else
			act(*word);
	}
	return 0;
}
