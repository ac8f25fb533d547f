/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a PKCS #11 header says, as data: our own and those of other projects are looked at alike and compared.
 * Each is included in a file of its own, because they give the same names.
 */
#ifndef COUNTERSIGN_TESTS_PKCS11_HEADER_H
#define COUNTERSIGN_TESTS_PKCS11_HEADER_H

#include <stddef.h>

struct named {
	const char *name;
	unsigned long value;
};

/* Constants; sizes of structures and offsets of their last members; places of functions in their lists. */
struct header {
	const struct named *constants, *layouts, *functions, *functions_3_0;
	size_t constant_count, layout_count, function_count, function_3_0_count;
};

/* NULL where the other header was not there when this was built. */
const struct header *header_ours(void);
const struct header *header_p11kit(void);
const struct header *header_nss(void);

#endif
