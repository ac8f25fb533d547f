/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HOTP and TOTP.
 */
#include "base/oath.h"

#include "base/secret.h"

size_t cs_hash_size(enum cs_hash hash)
{
	switch (hash) {
	case CS_SHA1:
		return 20;
	case CS_SHA256:
		return 32;
	case CS_SHA384:
		return 48;
	case CS_SHA512:
		return 64;
	}
	return 0;
}

uint32_t cs_oath_truncate(const uint8_t *mac, size_t mac_len)
{
	uint32_t offset = mac[mac_len - 1] & 0x0Fu, truncated = 0;

	/* All sixteen places are read, since where the right one is is as secret as the code. */
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t here = (uint32_t)mac[i] << 24 | (uint32_t)mac[i + 1] << 16 |
				(uint32_t)mac[i + 2] << 8 | mac[i + 3];
		uint32_t mask = 0u - (((i ^ offset) - 1u) >> 31);

		truncated |= here & mask;
	}
	return truncated & 0x7FFFFFFFu;
}

void cs_oath_format(uint32_t truncated, unsigned digits, char code[CS_OATH_CODE_MAX])
{
	if (digits > CS_OATH_DIGITS_MAX)
		digits = CS_OATH_DIGITS_MAX;
	code[digits] = '\0';
	while (digits-- > 0) {
		code[digits] = (char)('0' + truncated % 10);
		truncated /= 10;
	}
}

enum cs_err cs_hotp(const struct cs_hmac *hmac, enum cs_hash hash, struct cs_view key, uint64_t counter,
		    uint32_t *truncated)
{
	uint8_t message[8];
	uint8_t mac[CS_HASH_MAX];
	struct cs_writer w = CS_WRITER_OF(message);

	if (cs_hash_size(hash) == 0)
		return CS_ERR_ARG;
	cs_write_u64(&w, counter);
	enum cs_err err = hmac->fn(hmac->ctx, hash, key, cs_writer_view(&w), mac);
	if (err == CS_OK)
		*truncated = cs_oath_truncate(mac, cs_hash_size(hash));
	cs_wipe(mac, sizeof(mac));
	return err;
}

uint64_t cs_totp_step(uint64_t unix_time, uint64_t t0, uint32_t period)
{
	return unix_time < t0 ? 0 : (unix_time - t0) / period;
}
