/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Extract, then expand.
 */
#include "base/hkdf.h"

#include <string.h>

#include "base/secret.h"

#define BLOCK 32u

/* T(number) of RFC 5869, 2.3: block holds T(number - 1) before, and T(number) after. */
static enum cs_err block_next(const struct cs_hmac *hmac, const uint8_t prk[BLOCK], struct cs_view info,
			      unsigned number, uint8_t block[BLOCK])
{
	uint8_t message[BLOCK + CS_HKDF_INFO_MAX + 1];
	struct cs_writer w = CS_WRITER_OF(message);

	if (number > 1)
		cs_write_view(&w, cs_view(block, BLOCK));
	cs_write_view(&w, info);
	cs_write_u8(&w, (uint8_t)number);
	enum cs_err err = cs_writer_done(&w);
	if (err == CS_OK)
		err = hmac->fn(hmac->ctx, CS_SHA256, cs_view(prk, BLOCK), cs_writer_view(&w), block);
	cs_wipe(message, sizeof(message));
	return err;
}

enum cs_err cs_hkdf(const struct cs_hmac *hmac, struct cs_view salt, struct cs_view ikm, struct cs_view info,
		    uint8_t *out, size_t len)
{
	static const uint8_t no_salt[BLOCK];
	uint8_t prk[BLOCK], block[BLOCK] = {0};
	unsigned number = 1;
	size_t done = 0;

	if (len > CS_HKDF_LEN_MAX || info.len > CS_HKDF_INFO_MAX)
		return CS_ERR_ARG;
	enum cs_err err =
	    hmac->fn(hmac->ctx, CS_SHA256, salt.len == 0 ? CS_VIEW_OF(no_salt) : salt, ikm, prk);
	while (err == CS_OK && done < len) {
		size_t now = len - done < BLOCK ? len - done : BLOCK;

		err = block_next(hmac, prk, info, number++, block);
		memcpy(out + done, block, now);
		done += now;
	}
	if (err != CS_OK)
		cs_wipe(out, len);
	cs_wipe(prk, sizeof(prk));
	cs_wipe(block, sizeof(block));
	return err;
}
