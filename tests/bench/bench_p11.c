/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Measures a PKCS #11 module on the card that the relay counts for:
 *
 *	bench_p11 MODULE PIN COUNTER_FILE
 *
 * From C_Initialize to all objects listed (each with class, id and label), then a signature with the RSA key
 *of CKA_ID 1 and one with the EC key of CKA_ID 4, each the mean of many after a first. Prints one JSON
 *object: commands and milliseconds of each.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "pkcs11/pkcs11.h"

#define SIGNATURES 50u

static CK_FUNCTION_LIST *p11;
static const volatile uint64_t *counter;
static CK_SESSION_HANDLE session;

struct mark {
	uint64_t commands;
	struct timespec time;
};

static void check(const char *what, CK_RV rv)
{
	if (rv == CKR_OK)
		return;
	(void)fprintf(stderr, "bench_p11: %s: %#lx\n", what, rv);
	exit(1);
}

static struct mark mark_now(void)
{
	struct mark m = {.commands = *counter};

	(void)clock_gettime(CLOCK_MONOTONIC, &m.time);
	return m;
}

static double ms_since(const struct mark *from)
{
	struct mark now = mark_now();

	return (double)(now.time.tv_sec - from->time.tv_sec) * 1e3 +
	       (double)(now.time.tv_nsec - from->time.tv_nsec) / 1e6;
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

static CK_ULONG list_all(void)
{
	CK_OBJECT_HANDLE found[128];
	CK_ULONG n = 0;

	check("C_FindObjectsInit", p11->C_FindObjectsInit(session, NULL, 0));
	check("C_FindObjects", p11->C_FindObjects(session, found, 128, &n));
	check("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
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

static CK_OBJECT_HANDLE find_key(CK_BYTE id)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
	CK_ULONG n = 0;

	check("C_FindObjectsInit", p11->C_FindObjectsInit(session, template, 2));
	check("C_FindObjects", p11->C_FindObjects(session, &key, 1, &n));
	check("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
	if (n != 1)
		check("no key", CKR_KEY_HANDLE_INVALID);
	return key;
}

static void sign(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, CK_ULONG data_len)
{
	/* A SHA-256 digest, bare or in a DigestInfo. */
	CK_BYTE data[51] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
			    0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	CK_BYTE signature[512];
	CK_ULONG len = sizeof(signature);
	CK_MECHANISM mechanism = {type, NULL, 0};

	check("C_SignInit", p11->C_SignInit(session, &mechanism, key));
	check("C_Sign", p11->C_Sign(session, data, data_len, signature, &len));
}

static void measure_signatures(const char *name, CK_BYTE id, CK_MECHANISM_TYPE type, CK_ULONG data_len)
{
	CK_OBJECT_HANDLE key = find_key(id);
	struct mark start;

	sign(key, type, data_len);
	start = mark_now();
	for (unsigned i = 0; i < SIGNATURES; i++)
		sign(key, type, data_len);
	printf(",\"%s_ms\":%.3f", name, ms_since(&start) / SIGNATURES);
	printf(",\"%s_apdus\":%.2f", name, (double)(*counter - start.commands) / SIGNATURES);
}

int main(int argc, char **argv)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	CK_SLOT_ID slots[16];
	CK_ULONG slot_count = 16, objects;
	CK_UTF8CHAR pin[32];
	struct mark start;
	double ms;
	int fd = argc == 4 ? open(argv[3], O_RDONLY) : -1;
	void *map = fd >= 0 ? mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (map == MAP_FAILED || strlen(argv[2]) > sizeof(pin)) {
		(void)fputs("usage: bench_p11 MODULE PIN COUNTER_FILE\n", stderr);
		return 2;
	}
	counter = map;
	memcpy(pin, argv[2], strlen(argv[2]));
	load(argv[1]);
	start = mark_now();
	check("C_Initialize", p11->C_Initialize(&args));
	check("C_GetSlotList", p11->C_GetSlotList(CK_TRUE, slots, &slot_count));
	if (slot_count == 0)
		check("no token", CKR_TOKEN_NOT_PRESENT);
	check("C_OpenSession", p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &session));
	objects = list_all();
	ms = ms_since(&start);
	printf("{\"list_objects\":%lu,\"list_ms\":%.3f,\"list_apdus\":%lu", objects, ms,
	       (unsigned long)(*counter - start.commands));
	check("C_Login", p11->C_Login(session, CKU_USER, pin, strlen(argv[2])));
	measure_signatures("rsa2048", 1, CKM_RSA_PKCS, 51);
	measure_signatures("p256", 4, CKM_ECDSA, 32);
	puts("}");
	check("C_Finalize", p11->C_Finalize(NULL));
	return 0;
}
