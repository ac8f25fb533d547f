/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A library context of libcrypto of our own: what the program that this is part of configured in OpenSSL, its providers and
 * properties (and those may lead back to the card), does not decide what a card is told.
 */
#ifndef COUNTERSIGN_CARDCLIENT_LIBRARY_H
#define COUNTERSIGN_CARDCLIENT_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/err.h"

/* The context, made at first use; NULL where libcrypto fails or has been shut down (the process is exiting).
 * cc_library_free ends it; nothing made in it may be used after. */
OSSL_LIB_CTX *cc_library(void);
void cc_library_free(void);
/* In a forked child: another thread of the parent may have held any lock of it. */
void cc_library_forked(void);
/* False: libcrypto has none. */
CS_MUST_CHECK bool cc_library_random(uint8_t *out, size_t len);
/* False once libcrypto has cleaned up at exit: then its objects may not be touched, not even to free them. Whoever uses
 * them asks this, or for the context, before. */
bool cc_library_alive(void);
/* What libcrypto says of what this thread does from the one to the other does not stay in its queue of errors, which is
 * the program's. Costs nothing where libcrypto is not used in between. Not nested. */
void cc_library_errors_begin(void);
void cc_library_errors_end(void);

#endif
