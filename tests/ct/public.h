/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Included before each source that is tested for constant time: what CS_PUBLIC (base/secret.h) lets out is no secret to
 * valgrind any more.
 */
#ifndef COUNTERSIGN_TESTS_CT_PUBLIC_H
#define COUNTERSIGN_TESTS_CT_PUBLIC_H

#include <stddef.h>
#include <valgrind/memcheck.h>

static inline size_t ct_public(size_t outcome)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(&outcome, sizeof(outcome));
	return outcome;
}

#define CS_PUBLIC(outcome) ct_public((size_t)(outcome))

#endif
