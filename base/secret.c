/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Wipe and constant-time comparison. Here and not libc's, because the card core is freestanding.
 */
#include "base/secret.h"

#include <stdint.h>
#include <string.h>

void cs_wipe(void *ptr, size_t len)
{
	if (len == 0)
		return;
	memset(ptr, 0, len);
	/* The compiler must assume that the zeros are read here. */
	__asm__ __volatile__("" : : "r"(ptr) : "memory");
}

bool cs_equal_ct(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= (uint8_t)(x[i] ^ y[i]);
	return CS_PUBLIC(difference == 0);
}
