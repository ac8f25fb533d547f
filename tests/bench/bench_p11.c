/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Measures a PKCS #11 module:
 *
 *	bench_p11 MODULE PIN COUNTER_FILE	commands, on the card that the relay counts for
 *	bench_p11 MODULE PIN -			time, on a card without a relay before it
 *
 * Loading; from C_Initialize to all objects listed (each with class, id and label), then with each
 * certificate read; the memory that this took, and that all took at the end; signatures with the RSA-2048 key
 * of CKA_ID 1 and the P-256 key of CKA_ID 4, each beside the same command sent through SCardTransmit, in
 * turns; signatures of 16 threads beside one. Prints one JSON object.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <winscard.h>

#include "pkcs11/pkcs11.h"

#define LISTS	   11u
#define TURNS	   2000u
#define THREADS	   16u
#define EACH	   20u /* signatures of one thread */
#define DIGEST	   32u
#define RSA	   256u
#define PIV_KEY_9A 0x9A
#define PIV_KEY_9E 0x9E

static CK_FUNCTION_LIST *p11;
static const volatile uint64_t *counter; /* NULL: not counted */
static CK_SLOT_ID slot;
static CK_SESSION_HANDLE session;

static void check(const char *what, CK_RV rv)
{
	if (rv == CKR_OK)
		return;
	(void)fprintf(stderr, "bench_p11: %s: %#lx\n", what, rv);
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint64_t commands(void)
{
	return counter != NULL ? *counter : 0;
}

static long memory_kb(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

static void load(const char *path)
{
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get = NULL;

	if (module != NULL)
		*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (get == NULL || get(&p11) != CKR_OK) {
		(void)fprintf(stderr, "bench_p11: %s cannot be loaded: %s\n", path,
			      module == NULL ? dlerror() : "no list");
		exit(1);
	}
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median(double *of, size_t count)
{
	qsort(of, count, sizeof(*of), compare);
	return of[count / 2];
}

/* What it takes where nothing else is going on. */
static double least(double *of, size_t count)
{
	qsort(of, count, sizeof(*of), compare);
	return of[0];
}

/* ---- listing ---- */

/* In processes of their own, in which it is the first time. */
static double load_once(const char *path)
{
	int ends[2];
	double ms = 0;
	pid_t child = pipe(ends) == 0 ? fork() : -1;

	if (child == 0) {
		double start = now_ms();

		load(path);
		ms = now_ms() - start;
		_exit(write(ends[1], &ms, sizeof(ms)) == sizeof(ms) ? 0 : 1);
	}
	if (child < 0 || read(ends[0], &ms, sizeof(ms)) != sizeof(ms))
		check("loading", CKR_GENERAL_ERROR);
	(void)waitpid(child, NULL, 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return ms;
}

static void measure_load(const char *path)
{
	double load_ms[LISTS];

	for (unsigned i = 0; i < LISTS; i++)
		load_ms[i] = load_once(path);
	printf("{\"load_ms\":%.3f", least(load_ms, LISTS));
	load(path);
}

static CK_ULONG find(CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *found, CK_ULONG max)
{
	CK_ULONG n = 0;

	check("C_FindObjectsInit", p11->C_FindObjectsInit(session, template, count));
	check("C_FindObjects", p11->C_FindObjects(session, found, max, &n));
	check("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
	return n;
}

static CK_ULONG list_all(void)
{
	CK_OBJECT_HANDLE found[128];
	CK_ULONG n = find(NULL, 0, found, 128);

	for (CK_ULONG i = 0; i < n; i++) {
		CK_ULONG class = 0;
		CK_BYTE id[64], label[128];
		CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
				    {CKA_ID, id, sizeof(id)},
				    {CKA_LABEL, label, sizeof(label)}};

		(void)p11->C_GetAttributeValue(session, found[i], a, 3);
	}
	return n;
}

static void read_certificates(void)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
	CK_OBJECT_HANDLE found[64];
	CK_ULONG n = find(&template, 1, found, 64);

	for (CK_ULONG i = 0; i < n; i++) {
		CK_BYTE der[8192];
		CK_ATTRIBUTE value = {CKA_VALUE, der, sizeof(der)};

		check("a certificate", p11->C_GetAttributeValue(session, found[i], &value, 1));
	}
}

static CK_ULONG start_and_list(void)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	CK_SLOT_ID slots[16];
	CK_ULONG slot_count = 16;

	check("C_Initialize", p11->C_Initialize(&args));
	check("C_GetSlotList", p11->C_GetSlotList(CK_TRUE, slots, &slot_count));
	if (slot_count == 0)
		check("no token", CKR_TOKEN_NOT_PRESENT);
	slot = slots[0];
	check("C_OpenSession", p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session));
	return list_all();
}

static void measure_lists(void)
{
	double list[LISTS], reading[LISTS];
	unsigned times = counter == NULL ? LISTS : 1;
	CK_ULONG objects = 0;

	for (unsigned i = 0; i < times; i++) {
		double start = now_ms(), listed;
		uint64_t from = commands(), to;

		objects = start_and_list();
		listed = now_ms();
		to = commands();
		read_certificates();
		list[i] = listed - start;
		reading[i] = now_ms() - listed;
		if (counter != NULL)
			printf(",\"list_apdus\":%lu,\"read_apdus\":%lu", (unsigned long)(to - from),
			       (unsigned long)(commands() - to));
		if (i + 1 < times)
			check("C_Finalize", p11->C_Finalize(NULL));
	}
	printf(",\"list_objects\":%lu,\"list_ms\":%.3f,\"read_ms\":%.3f", objects, least(list, times),
	       least(reading, times));
}

/* ---- signatures ---- */

static CK_OBJECT_HANDLE find_key(CK_BYTE id)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;

	if (find(template, 2, &key, 1) != 1)
		check("no key", CKR_KEY_HANDLE_INVALID);
	return key;
}

static CK_RV sign(CK_SESSION_HANDLE in, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	/* A SHA-256 digest, bare or in a DigestInfo. */
	CK_BYTE data[51] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
			    0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	CK_BYTE signature[512];
	CK_ULONG len = sizeof(signature);
	CK_MECHANISM mechanism = {type, NULL, 0};

	CK_RV rv = p11->C_SignInit(in, &mechanism, key);

	return rv == CKR_OK
		   ? p11->C_Sign(in, data, type == CKM_ECDSA ? DIGEST : sizeof(data), signature, &len)
		   : rv;
}

/* The command that a signature is, on a connection of our own. */
struct raw {
	LONG(*transmit)
	(SCARDHANDLE, const SCARD_IO_REQUEST *, const BYTE *, DWORD, SCARD_IO_REQUEST *, BYTE *, DWORD *);
	SCARDHANDLE handle;
	BYTE command[RSA + 32];
	DWORD len;
};

static void raw_transmit(const struct raw *raw)
{
	const SCARD_IO_REQUEST t1 = {SCARD_PROTOCOL_T1, sizeof(t1)};
	BYTE answer[1024];
	DWORD len = sizeof(answer);

	if (raw->transmit(raw->handle, &t1, raw->command, raw->len, NULL, answer, &len) != SCARD_S_SUCCESS ||
	    len < 64 || answer[len - 2] != 0x90)
		check("the raw command", CKR_DEVICE_ERROR);
}

static void raw_p256(struct raw *raw)
{
	static const BYTE head[] = {0x00, 0x87, 0x11, PIV_KEY_9E, 0x26, 0x7C, 0x24, 0x82, 0x00, 0x81, 0x20};

	memset(raw->command, 0x5A, sizeof(raw->command));
	memcpy(raw->command, head, sizeof(head));
	raw->len = sizeof(head) + DIGEST;
	raw->command[raw->len++] = 0x00;
}

static void raw_rsa2048(struct raw *raw)
{
	static const BYTE head[] = {0x00, 0x87, 0x07, PIV_KEY_9A, 0x00, 0x01, 0x0A, 0x7C, 0x82,
				    0x01, 0x06, 0x82, 0x00,	  0x81, 0x82, 0x01, 0x00};

	memset(raw->command, 0x5A, sizeof(raw->command));
	memcpy(raw->command, head, sizeof(head));
	raw->len = sizeof(head) + RSA;
	raw->command[raw->len++] = 0x00;
	raw->command[raw->len++] = 0x00;
}

/* By name, so that the module's own loading of the library is measured with it. */
static bool raw_open(struct raw *raw)
{
	void *lib = dlopen("libpcsclite.so.1", RTLD_NOW);
	LONG (*establish)(DWORD, LPCVOID, LPCVOID, SCARDCONTEXT *);
	LONG (*list)(SCARDCONTEXT, LPCSTR, LPSTR, DWORD *);
	LONG (*connect)(SCARDCONTEXT, LPCSTR, DWORD, DWORD, SCARDHANDLE *, DWORD *);
	SCARDCONTEXT context;
	char names[2048];
	DWORD len = sizeof(names), protocol;

	if (lib == NULL)
		return false;
	*(void **)&establish = dlsym(lib, "SCardEstablishContext");
	*(void **)&list = dlsym(lib, "SCardListReaders");
	*(void **)&connect = dlsym(lib, "SCardConnect");
	*(void **)&raw->transmit = dlsym(lib, "SCardTransmit");
	if (establish(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS ||
	    list(context, NULL, names, &len) != SCARD_S_SUCCESS)
		return false;
	for (const char *name = names; *name != '\0'; name += strlen(name) + 1) {
		if (connect(context, name, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, &raw->handle, &protocol) ==
		    SCARD_S_SUCCESS)
			return true;
	}
	return false;
}

static double signed_ms(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	double start = now_ms();

	check("C_Sign", sign(session, key, type));
	return now_ms() - start;
}

static double transmitted_ms(const struct raw *raw)
{
	double start = now_ms();

	raw_transmit(raw);
	return now_ms() - start;
}

/* In pairs, now the one first and now the other, so that what else the machine does befalls both; the
 * overhead is the median of the pairs' differences, of which a few that were disturbed are not seen. */
static void measure_signatures(const char *name, CK_BYTE id, CK_MECHANISM_TYPE type, const struct raw *raw)
{
	CK_OBJECT_HANDLE key = find_key(id);
	static double by_module[TURNS], by_hand[TURNS], more[TURNS];
	unsigned turns = raw->handle == 0 ? TURNS / 20 : type == CKM_ECDSA ? TURNS : TURNS / 3;
	uint64_t from;
	double module, hand;

	check("C_Sign", sign(session, key, type));
	from = commands();
	for (unsigned i = 0; i < turns; i++) {
		if (raw->handle != 0 && i % 2 == 1)
			by_hand[i] = transmitted_ms(raw);
		by_module[i] = signed_ms(key, type);
		if (raw->handle != 0 && i % 2 == 0)
			by_hand[i] = transmitted_ms(raw);
		more[i] = by_module[i] - by_hand[i];
	}
	module = median(by_module, turns);
	printf(",\"%s_ms\":%.4f", name, module);
	if (raw->handle == 0) {
		printf(",\"%s_apdus\":%.2f", name, (double)(commands() - from) / turns);
		return;
	}
	hand = median(by_hand, turns);
	printf(",\"%s_raw_ms\":%.4f,\"%s_overhead\":%.1f", name, hand, name,
	       median(more, turns) / hand * 100);
}

static atomic_bool refused; /* a thread could not do it: ykcs11 has fewer sessions */

static void *thread_main(void *arg)
{
	const CK_OBJECT_HANDLE *key = arg;
	CK_SESSION_HANDLE own;

	if (p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &own) != CKR_OK) {
		refused = true;
		return NULL;
	}
	for (unsigned i = 0; i < EACH && !refused; i++)
		refused = refused || sign(own, *key, CKM_ECDSA) != CKR_OK;
	(void)p11->C_CloseSession(own);
	return NULL;
}

static double rate(unsigned threads, CK_OBJECT_HANDLE key)
{
	pthread_t thread[THREADS];
	double start = now_ms();

	for (unsigned i = 0; i < threads; i++) {
		if (pthread_create(&thread[i], NULL, thread_main, &key) != 0)
			check("a thread", CKR_HOST_MEMORY);
	}
	for (unsigned i = 0; i < threads; i++)
		(void)pthread_join(thread[i], NULL);
	return threads * EACH / ((now_ms() - start) / 1e3);
}

static void measure_threads(void)
{
	CK_OBJECT_HANDLE key = find_key(4);
	double one = 0, all;

	for (unsigned i = 0; i < THREADS; i++)
		one += rate(1, key) / THREADS;
	if (refused)
		return;
	printf(",\"threads_1\":%.0f", one);
	all = rate(THREADS, key);
	if (!refused)
		printf(",\"threads_16\":%.0f", all);
}

int main(int argc, char **argv)
{
	struct raw raw = {.handle = 0};
	CK_UTF8CHAR pin[32];
	bool counts = argc == 4 && strcmp(argv[3], "-") != 0;
	int fd = counts ? open(argv[3], O_RDONLY) : -1;
	void *map = fd >= 0 ? mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	long memory = memory_kb();

	if (argc != 4 || (counts && map == MAP_FAILED) || strlen(argv[2]) > sizeof(pin)) {
		(void)fputs("usage: bench_p11 MODULE PIN COUNTER_FILE|-\n", stderr);
		return 2;
	}
	counter = counts ? map : NULL;
	memcpy(pin, argv[2], strlen(argv[2]));
	measure_load(argv[1]);
	measure_lists();
	printf(",\"memory_kb\":%ld", memory_kb() - memory);
	check("C_Login", p11->C_Login(session, CKU_USER, pin, strlen(argv[2])));
	/* Selects PIV and verifies the PIN, on the channel that the raw command goes on, too. */
	check("C_Sign", sign(session, find_key(1), CKM_RSA_PKCS));
	if (!counts && !raw_open(&raw))
		check("PC/SC", CKR_DEVICE_ERROR);
	raw_rsa2048(&raw);
	measure_signatures("rsa2048", 1, CKM_RSA_PKCS, &raw);
	raw_p256(&raw);
	measure_signatures("p256", 4, CKM_ECDSA, &raw);
	if (!counts)
		measure_threads();
	printf(",\"end_memory_kb\":%ld", memory_kb() - memory);
	puts("}");
	check("C_Finalize", p11->C_Finalize(NULL));
	return 0;
}
