/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates on disk, so that a card's are read from it once and not by each program again. A file is named by the
 * SHA-256 of what is in it, the content of the card's object; the card tells that digest first, and what does not have it is
 * thrown away: nobody who writes to the files makes a certificate appear that the card does not vouch for. What else is
 * known of a card of ours it tells in one command, and is not kept. Of another vendor's, presence.h keeps what needs no trust.
 *
 * Where: $XDG_CACHE_HOME/countersign, or $HOME/.cache/countersign; only as the user's own, closed to others. A program with
 * more rights than its user (set-user-ID) has no cache, nor has one with `cache = off` (settings.h). Whatever is wrong with
 * the files costs the command that they would have spared, and nothing else.
 */
#ifndef COUNTERSIGN_PKCS11_CACHE_H
#define COUNTERSIGN_PKCS11_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define CACHE_DIGEST_LEN 32u
#define CACHE_FILES_MAX	 256u /* the oldest goes where there would be more */

/* Appends the content with this digest; false, and out as it was, where there is none. */
bool cache_get(const uint8_t digest[CACHE_DIGEST_LEN], struct cs_writer *out);
/* content has the digest. */
void cache_put(const uint8_t digest[CACHE_DIGEST_LEN], struct cs_view content);

/* A file of another kind, which nothing vouches for: its length, 0 where there is none or it has more than size bytes less
 * one. And whether there is one whose name begins so. */
size_t cache_read(const char *name, uint8_t *out, size_t size);
void cache_write(const char *name, struct cs_view content);
bool cache_has(const char *prefix);

#endif
