/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store on whatever the flash holds. The cryptography is one that finds every seal good, so that
 * the input gets past it: what opens must be readable and changeable without harm, and what was put must
 * be there.
 */
#include <string.h>

#include "applet/port/flash_ram.h"
#include "applet/store_private.h"
#include "tests/fuzz/fuzz.h"

#define PAGE_SIZE 2048u
#define PAGES_MAX 12u

static const uint8_t device_key[DEVICE_KEY_LEN];

static enum cs_err no_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0, len);
	return CS_OK;
}

static enum cs_err no_digest(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *out)
{
	(void)ctx;
	(void)msg;
	memset(out, 0, cs_hash_size(hash));
	return CS_OK;
}

static enum cs_err no_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg, uint8_t *mac)
{
	(void)key;
	return no_digest(ctx, hash, msg, mac);
}

static enum cs_err no_seal(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			   const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			   struct cs_view plain, uint8_t *sealed)
{
	(void)ctx;
	(void)key;
	(void)nonce;
	(void)aad;
	if (plain.len > 0)
		memcpy(sealed, plain.ptr, plain.len);
	memset(sealed + plain.len, 0, CRYPTO_AEAD_TAG_LEN);
	return CS_OK;
}

static enum cs_err no_open(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			   const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			   struct cs_view sealed, uint8_t *plain)
{
	(void)ctx;
	(void)key;
	(void)nonce;
	(void)aad;
	memcpy(plain, sealed.ptr, sealed.len - CRYPTO_AEAD_TAG_LEN);
	return CS_OK;
}

static const struct crypto open_crypto = {
    .random = no_random, .digest = no_digest, .hmac = no_hmac, .aead_seal = no_seal, .aead_open = no_open};

static void read_all(struct store *st)
{
	static uint8_t value[STORE_VALUE_MAX];
	uint16_t id = 0;

	for (bool more = store_next(st, 0, UINT16_MAX, &id); more;
	     more = store_next(st, id, UINT16_MAX, &id)) {
		struct cs_writer w = CS_WRITER_OF(value);

		FUZZ_REQUIRE(store_has(st, id));
		FUZZ_REQUIRE(store_get(st, id, &w) != CS_ERR_NOT_FOUND);
		if (id++ == UINT16_MAX)
			break;
	}
}

static void use(struct store *st, const struct flash *flash)
{
	static const uint8_t byte[600] = {0x42};
	enum cs_err err = CS_OK;

	read_all(st);
	(void)store_room(st);
	for (size_t i = 0; err == CS_OK && i < 40; i++)
		err = store_put(st, (uint16_t)(1 + i % 3), cs_view(byte, i * 37 % sizeof(byte)));
	if (err == CS_OK)
		err = store_delete_range(st, 2, 3);
	FUZZ_REQUIRE(err != CS_ERR_ARG && err != CS_ERR_LENGTH);
	if (err == CS_OK && store_put(st, 1, CS_VIEW_OF(byte)) == CS_OK) {
		uint8_t back[sizeof(byte)];
		struct cs_writer w = CS_WRITER_OF(back);

		FUZZ_REQUIRE(store_get(st, 1, &w) == CS_OK);
		FUZZ_REQUIRE(cs_view_equal(cs_writer_view(&w), CS_VIEW_OF(byte)));
		if (store_open(st, flash, &open_crypto, device_key) == CS_OK)
			read_all(st);
	}
}

/* The first byte chooses the write unit, the number of pages and whether there is a counter outside the
 * flash; the rest is the flash, page by page. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct store st;
	uint32_t pages = 4 + (size > 0 ? data[0] >> 4 : 0) % (PAGES_MAX - 3);
	struct flash_ram *ram = flash_ram_new(PAGE_SIZE, pages, 1u << (size > 0 ? data[0] & 0x0F : 0) % 6);
	size_t len = size > 0 ? size - 1 : 0;

	FUZZ_REQUIRE(ram != NULL);
	if (size > 0 && (data[0] & 0x0F) >= 12)
		flash_ram_counter_add(ram);
	if (len > flash_ram_size(ram))
		len = flash_ram_size(ram);
	if (len > 0)
		memcpy(flash_ram_bytes(ram), data + 1, len);
	if (store_open(&st, flash_ram_flash(ram), &open_crypto, device_key) == CS_OK)
		use(&st, flash_ram_flash(ram));
	FUZZ_REQUIRE(flash_ram_counted(ram).violations == 0);
	flash_ram_free(ram);
	return 0;
}
