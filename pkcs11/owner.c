/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The process is written on a page that the kernel empties for a child (MADV_WIPEONFORK, Linux 4.14): to ask
 * costs no call of the system. Where the kernel knows no such page, getpid says it. The page is the module's
 * own memory and goes with it: threads read it without a lock, and destructors of the program while it ends.
 *
 * Invariants:
 *  1. In a child the page says 0, or the number of another process, which is not taken for it.
 */
#include "pkcs11/owner.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_MAX 65536u /* of the kernels that are about */

/* Somewhere in it a whole page begins. */
static _Alignas(atomic_int) unsigned char area[2 * PAGE_MAX];

static atomic_int *_Atomic page; /* the process that is on it, 0: none; NULL before the first */
static atomic_bool emptied;	 /* for a child */

/* An emulator may call well whatever it is asked for, and do nothing. */
static bool empties(void *memory, size_t len)
{
	return madvise(memory, len, -1) != 0 && madvise(memory, len, MADV_WIPEONFORK) == 0;
}

static void page_find(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *at = area;

	if (size <= PAGE_MAX) {
		at = area + (size - (uintptr_t)area % size) % size;
		atomic_store(&emptied, empties(at, size));
	}
	atomic_store(&page, at);
}

void owner_take(void)
{
	if (atomic_load(&page) == NULL)
		page_find();
	atomic_store(atomic_load(&page), (int)getpid());
}

void owner_leave(void)
{
	atomic_int *process = atomic_load(&page);

	if (process != NULL)
		atomic_store(process, 0);
}

bool owner_is_this(void)
{
	atomic_int *written = atomic_load(&page);
	int process = written != NULL ? atomic_load(written) : 0;

	return process != 0 && (atomic_load(&emptied) || process == (int)getpid());
}
