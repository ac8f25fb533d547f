/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The page of PINs.
 *
 * Invariants:
 *  1. The page is empty in a child of fork.
 *  2. What is forgotten is wiped, and the page before it is given back.
 */
#include "pkcs11/pin.h"

#include <string.h>
#include <sys/mman.h>

#include "base/secret.h"
#include "pkcs11/slot.h"

struct pin {
	uint8_t len;
	uint8_t bytes[PIN_MAX];
};

#define PIN_COUNT PIN_OATH(SLOT_MAX)

struct page {
	struct pin pins[PIN_COUNT];
};

static struct page *page;

enum cs_err pin_page_open(void)
{
	void *memory =
	    mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return CS_ERR_MEMORY;
	/* Each of these may be beyond what the system grants; the PIN is then kept as well as it can be. */
	(void)mlock(memory, sizeof(struct page));
	(void)madvise(memory, sizeof(struct page), MADV_DONTDUMP);
	(void)madvise(memory, sizeof(struct page), MADV_WIPEONFORK);
	page = memory;
	return CS_OK;
}

void pin_page_close(void)
{
	struct page *ending = page;

	if (page == NULL)
		return;
	cs_wipe(page, sizeof(*page));
	page = NULL;
	(void)munmap(ending, sizeof(*ending));
}

enum cs_err pin_keep(size_t index, struct cs_view pin)
{
	if (page == NULL || index >= PIN_COUNT || pin.len < 1 || pin.len > PIN_MAX)
		return CS_ERR_LENGTH;
	pin_forget(index);
	memcpy(page->pins[index].bytes, pin.ptr, pin.len);
	page->pins[index].len = (uint8_t)pin.len;
	return CS_OK;
}

struct cs_view pin_kept(size_t index)
{
	if (page == NULL || index >= PIN_COUNT || page->pins[index].len == 0)
		return CS_VIEW_EMPTY;
	return cs_view(page->pins[index].bytes, page->pins[index].len);
}

void pin_forget(size_t index)
{
	if (page != NULL && index < PIN_COUNT)
		cs_wipe(&page->pins[index], sizeof(page->pins[index]));
}
