/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Public keys of Ed25519 (RFC 8032, 5.1), which cryptographic libraries take in forms that they should not.
 */
#ifndef COUNTERSIGN_BASE_ED25519_H
#define COUNTERSIGN_BASE_ED25519_H

#include <stdbool.h>
#include <stdint.h>

#define CS_ED25519_LEN 32u

/* Whether a key is one that verifies: written as RFC 8032 (5.1.3) has it, and not of small order, to which a signature of any message can
 * be made without a private key. That it is on the curve is not seen here. */
bool cs_ed25519_verifies(const uint8_t key[CS_ED25519_LEN]);

#endif
