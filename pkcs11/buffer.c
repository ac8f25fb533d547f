/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes that come in parts.
 */
#include "pkcs11/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#define BUFFER_LEAST 256u

/* Moves to a bigger place: realloc would leave a copy behind. */
static CK_RV grow(struct buffer *b, size_t need)
{
	size_t size = b->size > 0 ? b->size : BUFFER_LEAST;
	uint8_t *bytes;

	while (size < need)
		size = size > SIZE_MAX / 2 ? need : size * 2;
	bytes = malloc(size);
	if (bytes == NULL)
		return CKR_HOST_MEMORY;
	if (b->bytes != NULL) {
		memcpy(bytes, b->bytes, b->len);
		cs_wipe(b->bytes, b->size);
	}
	free(b->bytes);
	b->bytes = bytes;
	b->size = size;
	return CKR_OK;
}

CK_RV buffer_space(struct buffer *b, size_t len, uint8_t **space)
{
	CK_RV rv = CKR_OK;

	if (len > SIZE_MAX - b->len)
		return CKR_HOST_MEMORY;
	if (b->bytes == NULL || len > b->size - b->len)
		rv = grow(b, b->len + len);
	if (rv == CKR_OK) {
		*space = b->bytes + b->len;
		b->len += len;
	}
	return rv;
}

CK_RV buffer_append(struct buffer *b, struct cs_view bytes, size_t max)
{
	uint8_t *space;
	CK_RV rv;

	if (b->len > max || bytes.len > max - b->len)
		return CKR_DATA_LEN_RANGE;
	rv = buffer_space(b, bytes.len, &space);
	if (rv == CKR_OK && bytes.len > 0)
		memcpy(space, bytes.ptr, bytes.len);
	return rv;
}

void buffer_cut(struct buffer *b, size_t len)
{
	if (len >= b->len)
		return;
	cs_wipe(b->bytes + len, b->len - len);
	b->len = len;
}

struct cs_view buffer_view(const struct buffer *b)
{
	return cs_view(b->bytes, b->len);
}

void buffer_wipe(struct buffer *b)
{
	if (b->bytes != NULL)
		cs_wipe(b->bytes, b->size);
	free(b->bytes);
	*b = (struct buffer){NULL, 0, 0};
}
