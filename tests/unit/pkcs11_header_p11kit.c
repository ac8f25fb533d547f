/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tables of p11-kit's PKCS #11 header (v2.40).
 */
#include "tests/unit/pkcs11_header.h"

#ifdef HAVE_P11KIT
#define CRYPTOKI_COMPAT 1
#include <p11-kit/pkcs11.h>
#include "tests/unit/pkcs11_header_tables.h"

const struct header *header_p11kit(void)
{
	static const struct header header = {
	    constants,		 layouts,	    functions,		 NULL,
	    COUNT_OF(constants), COUNT_OF(layouts), COUNT_OF(functions), 0};

	return &header;
}
#else
const struct header *header_p11kit(void)
{
	return NULL;
}
#endif
