/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates that a PIV card holds compressed (SP 800-73-5 part 1, appendix A: gzip, RFC 1952).
 */
#ifndef COUNTERSIGN_PKCS11_INFLATE_H
#define COUNTERSIGN_PKCS11_INFLATE_H

#include "base/bytes.h"

/* CS_ERR_MALFORMED: not one whole gzip (or zlib) stream. CS_ERR_NO_SPACE: more than fits; nothing is written
 * then. */
CS_MUST_CHECK enum cs_err gzip_inflate(struct cs_view packed, struct cs_writer *out);

#endif
