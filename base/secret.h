/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What every secret needs: to be wiped, and to be compared without telling by time where it differs.
 */
#ifndef COUNTERSIGN_BASE_SECRET_H
#define COUNTERSIGN_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroes len bytes; the compiler may not leave it out. ptr may be NULL where len is 0. */
void cs_wipe(void *ptr, size_t len);

/* Around an outcome over secrets that everybody may know: whether they were equal, whether a padding was right. Behind it
 * branches are allowed. It does nothing, but for tests/ct, which sees that there are none before. */
#ifndef CS_PUBLIC
#define CS_PUBLIC(outcome) (outcome)
#endif

/* True if the len bytes at a and b are equal. Its time depends on len alone. */
bool cs_equal_ct(const void *a, const void *b, size_t len);

#endif
