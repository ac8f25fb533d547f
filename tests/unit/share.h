/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The share of a long enumeration that is run: COUNTERSIGN_TEST_SHARE=n asks for each n-th case.
 */
#ifndef TESTS_UNIT_SHARE_H
#define TESTS_UNIT_SHARE_H

#include <stdlib.h>

/* n, 1 where nothing or nonsense is asked for. */
static inline unsigned test_share(void)
{
	const char *given = getenv("COUNTERSIGN_TEST_SHARE");
	unsigned long n = given != NULL ? strtoul(given, NULL, 10) : 1;

	return n > 0 && n <= 1000 ? (unsigned)n : 1;
}

#endif
