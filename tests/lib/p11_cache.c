/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A cache of a test's own.
 */
#include "tests/lib/p11_cache.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char cache[] = "/tmp/pkcs11_cache_XXXXXX";
static bool made;

bool p11_cache_make(void)
{
	if (!p11_cache_drop())
		return false;
	memcpy(cache + sizeof(cache) - 7, "XXXXXX", 6);
	made = mkdtemp(cache) != NULL;
	return made && p11_cache_use(true);
}

const char *p11_cache(void)
{
	return cache;
}

bool p11_cache_use(bool use)
{
	return setenv("XDG_CACHE_HOME", use ? cache : "/dev/null/none", 1) == 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *level)
{
	(void)st;
	(void)kind;
	(void)level;
	return remove(path);
}

bool p11_cache_drop(void)
{
	return !made || nftw(cache, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}
