/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When the first of the certificates in a PEM file is over.
 */
#ifndef COUNTERSIGN_DAEMON_PEM_END_H
#define COUNTERSIGN_DAEMON_PEM_END_H

#include "base/bytes.h"

/* In Unix seconds. CS_ERR_NOT_FOUND: no such file, or no certificate in it; CS_ERR_DENIED: it is not to be read. */
CS_MUST_CHECK enum cs_err pem_end(const char *path, uint64_t *out);

#endif
