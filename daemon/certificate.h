/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The TLS key and certificate that --init makes: ECDSA on P-256, signed by itself, so that the certificate is
 * also what clients trust (--ca). For localhost, 127.0.0.1, ::1 and the names given; valid for ten years from
 * the day before.
 */
#ifndef COUNTERSIGN_DAEMON_CERTIFICATE_H
#define COUNTERSIGN_DAEMON_CERTIFICATE_H

#include "base/bytes.h"

/* Writes both files (key mode 0600, certificate 0644), neither of which may exist. names: DNS names and
 * addresses parted by blanks, may be empty. now: Unix seconds. CS_ERR_MALFORMED: a name has a character that
 * belongs in none; CS_ERR_EXISTS, CS_ERR_IO, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err certificate_create(const char *key_path, const char *certificate_path,
					     const char *names, uint64_t now);

#endif
