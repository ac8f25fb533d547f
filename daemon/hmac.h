/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HMAC by libcrypto behind base/oath.h, with algorithm and contexts fetched once: what a verification costs.
 */
#ifndef COUNTERSIGN_DAEMON_HMAC_H
#define COUNTERSIGN_DAEMON_HMAC_H

#include "base/oath.h"

struct hmac;

/* NULL where libcrypto has no HMAC, or memory is short. One thread at a time may use it. */
struct hmac *hmac_new(void);
void hmac_free(struct hmac *hmac);

/* For cs_hotp; borrows hmac, which keeps the last key until the next one or hmac_free. Its fn answers CS_ERR_UNSUPPORTED for an unknown hash, CS_ERR_CRYPTO. */
struct cs_hmac hmac_port(struct hmac *hmac);

/* How many it has computed. */
uint64_t hmac_computed(const struct hmac *hmac);

#endif
