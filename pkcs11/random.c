/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random bytes from the system.
 */
#include "pkcs11/random.h"

#include <sys/random.h>

#define RANDOM_AT_ONCE 256u /* what getrandom gives whole, whatever signals come */

CK_RV random_fill(CK_BYTE_PTR out, CK_ULONG len)
{
	while (len > 0) {
		size_t n = len < RANDOM_AT_ONCE ? len : RANDOM_AT_ONCE;

		if (getrandom(out, n, 0) != (ssize_t)n)
			return CKR_FUNCTION_FAILED;
		out += n;
		len -= n;
	}
	return CKR_OK;
}
