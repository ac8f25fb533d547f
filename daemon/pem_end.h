/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When the first of the certificates, or of the revocation lists, in a PEM file is over.
 */
#ifndef COUNTERSIGN_DAEMON_PEM_END_H
#define COUNTERSIGN_DAEMON_PEM_END_H

#include "base/bytes.h"

/* In Unix seconds. CS_ERR_NOT_FOUND: no such file, or no certificate in it; CS_ERR_DENIED: it is not to be read. */
CS_MUST_CHECK enum cs_err pem_end(const char *path, uint64_t *out);

/* The same of lists (nextUpdate; one without has no end). soon: when three quarters of that one's time are over. */
CS_MUST_CHECK enum cs_err pem_end_list(const char *path, uint64_t *soon, uint64_t *out);

#endif
