/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tables of NSS's PKCS #11 header (v3.0).
 */
#include "tests/unit/pkcs11_header.h"

#ifdef HAVE_NSS
#include <pkcs11.h>
#define HEADER_HAS_3_0
#include "tests/unit/pkcs11_header_tables.h"

const struct header *header_nss(void)
{
	static const struct header header = {
	    constants,		 layouts,	    functions,		 functions_3_0,
	    COUNT_OF(constants), COUNT_OF(layouts), COUNT_OF(functions), COUNT_OF(functions_3_0)};

	return &header;
}
#else
const struct header *header_nss(void)
{
	return NULL;
}
#endif
