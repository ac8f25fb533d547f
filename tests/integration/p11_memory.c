/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Looks for a secret in all of this process's memory, by proc(5).
 */
#include "tests/integration/p11_memory.h"

#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned char wanted[MEMORY_SECRET_MAX]; /* moved */
static size_t wanted_len;
static bool want_locked = true;

size_t memory_secret(const char *moved, unsigned char out[MEMORY_SECRET_MAX])
{
	size_t len = strlen(moved);

	if (len > MEMORY_SECRET_MAX)
		return 0;
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)(moved[i] - 1);
	return len;
}

struct apart {
	CK_RV (*act)(void);
	CK_RV rv;
};

static void *act_apart(void *arg)
{
	struct apart *apart = arg;

	apart->rv = apart->act();
	return NULL;
}

CK_RV memory_apart(CK_RV (*act)(void))
{
	static _Alignas(4096) unsigned char stack[1 << 20];
	struct apart apart = {act, CKR_GENERAL_ERROR};
	pthread_attr_t with;
	pthread_t thread;

	if (pthread_attr_init(&with) != 0 || pthread_attr_setstack(&with, stack, sizeof(stack)) != 0)
		return CKR_GENERAL_ERROR;
	if (pthread_create(&thread, &with, act_apart, &apart) == 0)
		(void)pthread_join(thread, NULL);
	(void)pthread_attr_destroy(&with);
	return apart.rv;
}

bool memory_seek(const char *moved)
{
	wanted_len = strlen(moved);
	if (wanted_len == 0 || wanted_len > sizeof(wanted))
		return false;
	memcpy(wanted, moved, wanted_len);
	return true;
}

bool memory_seek_bytes(const char *moved_hex)
{
	size_t len = strlen(moved_hex) / 2;

	if (len == 0 || len > sizeof(wanted))
		return false;
	for (size_t i = 0; i < len; i++) {
		char digits[3] = {moved_hex[2 * i], moved_hex[2 * i + 1], '\0'}, *end;

		wanted[i] = (unsigned char)strtoul(digits, &end, 16);
		if (end != digits + 2)
			return false;
	}
	wanted_len = len;
	return true;
}

/* The limit does not hold for who may exceed it. */
static bool drop_the_right_to_lock(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct rights[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, rights) != 0)
		return false;
	rights[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &= ~(__u32)CAP_TO_MASK(CAP_IPC_LOCK);
	return syscall(SYS_capset, &header, rights) == 0;
}

bool memory_refuse_lock(void)
{
	static const struct rlimit none = {0, 0};

	want_locked = false;
	return setrlimit(RLIMIT_MEMLOCK, &none) == 0 && drop_the_right_to_lock() &&
	       mlock(wanted, sizeof(wanted)) != 0;
}

/* In the file's bytes from `from` to `to`. */
static unsigned found_between(FILE *memory, unsigned long from, unsigned long to)
{
	static unsigned char bytes[1 << 16];
	unsigned found = 0;

	for (unsigned long at = from; at < to; at += sizeof(bytes) - wanted_len) {
		size_t want = to - at < sizeof(bytes) ? to - at : sizeof(bytes), got, k;

		if (fseek(memory, (long)at, SEEK_SET) != 0 ||
		    (got = fread(bytes, 1, want, memory)) < wanted_len)
			break;
		for (size_t i = 0; i + wanted_len <= got && i < sizeof(bytes) - wanted_len; i++) {
			for (k = 0; k < wanted_len && (unsigned char)(bytes[i + k] + 1) == wanted[k]; k++)
				;
			found += k == wanted_len ? 1 : 0;
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

/* A mapping's first line of smaps has its addresses and rights, its last one its flags. */
static void search(FILE *maps, FILE *memory, unsigned *kept, unsigned *elsewhere)
{
	unsigned found = 0;
	unsigned long from, to;
	char line[512], rights[8];

	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 &&
		    strchr(line, ':') > strchr(line, ' '))
			found = rights[0] == 'r' && strstr(line, "[v") == NULL
				    ? found_between(memory, from, to)
				    : 0;
		else if (strncmp(line, "VmFlags:", 8) == 0 && found > 0)
			*(flag_of(line, "lo") == want_locked && flag_of(line, "dd") && flag_of(line, "wf")
			      ? kept
			      : elsewhere) += found;
	}
}

bool memory_search(unsigned *kept, unsigned *elsewhere)
{
	FILE *maps = fopen("/proc/self/smaps", "r"), *memory = fopen("/proc/self/mem", "r");
	bool can = maps != NULL && memory != NULL;

	*kept = *elsewhere = 0;
	if (can) {
		(void)setvbuf(memory, NULL, _IONBF, 0);
		search(maps, memory, kept, elsewhere);
	}
	if (maps != NULL)
		(void)fclose(maps);
	if (memory != NULL)
		(void)fclose(memory);
	return can;
}
