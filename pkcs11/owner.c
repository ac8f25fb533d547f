/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The process is written on a page that the kernel empties for a child (MADV_WIPEONFORK, Linux 4.14): to ask
 * costs no call of the system. Where the kernel knows no such page, getpid says it. The page stays while the
 * module is loaded, since threads read it without a lock.
 *
 * Invariants:
 *  1. In a child the page says 0, or the number of another process, which is not taken for it.
 */
#include "pkcs11/owner.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

struct page {
	atomic_int process; /* 0: none */
};

static struct page *_Atomic page;
static atomic_bool emptied; /* for a child */

static enum cs_err page_make(void)
{
	void *memory =
	    mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return CS_ERR_MEMORY;
	atomic_store(&emptied, madvise(memory, sizeof(struct page), MADV_WIPEONFORK) == 0);
	atomic_store(&page, memory);
	return CS_OK;
}

enum cs_err owner_take(void)
{
	if (atomic_load(&page) == NULL && page_make() != CS_OK)
		return CS_ERR_MEMORY;
	atomic_store(&atomic_load(&page)->process, (int)getpid());
	return CS_OK;
}

void owner_leave(void)
{
	struct page *written = atomic_load(&page);

	if (written != NULL)
		atomic_store(&written->process, 0);
}

bool owner_is_this(void)
{
	struct page *written = atomic_load(&page);
	int process = written != NULL ? atomic_load(&written->process) : 0;

	return process != 0 && (atomic_load(&emptied) || process == (int)getpid());
}

/* With the module. */
static void __attribute__((destructor)) page_free(void)
{
	struct page *written = atomic_exchange(&page, NULL);

	if (written != NULL)
		(void)munmap(written, sizeof(*written));
}
