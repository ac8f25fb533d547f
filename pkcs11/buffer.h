/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes that come in parts. What a buffer has held is wiped when it grows and when it ends.
 */
#ifndef COUNTERSIGN_PKCS11_BUFFER_H
#define COUNTERSIGN_PKCS11_BUFFER_H

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"

/* All zeros: empty. */
struct buffer {
	uint8_t *bytes; /* owned */
	size_t len, size;
};

/* CKR_DATA_LEN_RANGE: it would be longer than max. CKR_HOST_MEMORY. The buffer is then as it was. */
CK_RV buffer_append(struct buffer *b, struct cs_view bytes, size_t max);
/* As buffer_append, of bytes that the caller fills at *space, which stays valid until the next call. */
CK_RV buffer_space(struct buffer *b, size_t len, uint8_t **space);
/* Takes back what was appended behind the first len bytes. */
void buffer_cut(struct buffer *b, size_t len);
/* Borrowed until the buffer changes. */
struct cs_view buffer_view(const struct buffer *b);
void buffer_wipe(struct buffer *b);

#endif
