/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the module: a cache of the test's own, for what is kept of cards (XDG_CACHE_HOME). It goes in the test's teardown, which
 * comes whether the test fails or not.
 */
#ifndef COUNTERSIGN_TESTS_P11_CACHE_H
#define COUNTERSIGN_TESTS_P11_CACHE_H

#include <stdbool.h>

/* An empty folder, which is the cache from now on. False where there can be none. */
bool p11_cache_make(void);
/* Its path; borrowed until the next is made. */
const char *p11_cache(void);
/* As long as it is not used, nothing is kept, and nothing found. */
bool p11_cache_use(bool use);
/* Removes it with all that is in it; true, too, where there is none. The module may make it anew. */
bool p11_cache_drop(void);

#endif
