/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Invariants:
 *  1. A child has nothing open of what was in the table when it was made.
 */
#include "pkcs11/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkcs11/slot.h"

#define OPENED_MAX                                                                                           \
	(3u * SLOT_MAX + 1u) /* the cache's, of a thread with each slot; and a configuration file */

/* Those that are open now, each one more than its number; 0: none. */
static atomic_int opened[OPENED_MAX];

static bool exchange(int from, int to)
{
	for (size_t i = 0; i < OPENED_MAX; i++) {
		int expected = from;

		if (atomic_compare_exchange_strong(&opened[i], &expected, to))
			return true;
	}
	return false;
}

int descriptor_open(int dir, const char *path, int flags)
{
	int fd = openat(dir, path, flags | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (fd < 0 || exchange(0, fd + 1))
		return fd;
	(void)close(fd);
	errno = EMFILE;
	return -1;
}

/* Before it is closed: its number may be the program's own right after. */
bool descriptor_let_go(int fd)
{
	return exchange(fd + 1, 0);
}

int descriptor_close(int fd)
{
	return descriptor_let_go(fd) ? close(fd) : 0;
}

void descriptors_forked(void)
{
	for (size_t i = 0; i < OPENED_MAX; i++) {
		int fd = atomic_exchange(&opened[i], 0) - 1;

		if (fd >= 0)
			(void)close(fd);
	}
}
