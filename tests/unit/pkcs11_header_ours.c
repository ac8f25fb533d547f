/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tables of our own PKCS #11 header.
 */
#include "tests/unit/pkcs11_header.h"

#include "pkcs11/pkcs11.h"
#define HEADER_HAS_3_0
#include "tests/unit/pkcs11_header_tables.h"

const struct header *header_ours(void)
{
	static const struct header header = {
	    constants,		 layouts,	    functions,		 functions_3_0,
	    COUNT_OF(constants), COUNT_OF(layouts), COUNT_OF(functions), COUNT_OF(functions_3_0)};

	return &header;
}
