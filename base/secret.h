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

/* True if the len bytes at a and b are equal. Its time depends on len alone. */
bool cs_equal_ct(const void *a, const void *b, size_t len);

#endif
