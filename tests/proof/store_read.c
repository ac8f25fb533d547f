/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves of store_entry.c, store_page.c and store_counter.c, for a flash of 16 pages, of any page and write
 * size that store.h allows, with any bytes on it, any place that is asked for and any answer of the crypto
 * port: an entry is read within its page and the store's buffers, what it hands out lies in them, and the
 * next one lies behind it and still within the page; a header is taken only where its page belongs; and
 * beside a counter a state is accepted only if its stamp is the counter's or one more, and the counter then
 * has it.
 *
 * Sources: base/bytes.c
 *
 * Options: --unwind 18
 */
#include "tests/proof/proof.h"

#include "applet/store_counter.c"
#include "applet/store_entry.c"
#include "applet/store_page.c"

static struct store st;
static struct flash flash;
static uint64_t counter;
static bool opened;

static enum cs_err read_any(void *ctx, uint32_t page, uint32_t offset, void *out, size_t len)
{
	(void)ctx;
	assert(page < flash.page_count && offset <= flash.page_size && len <= flash.page_size - offset);
	assert(__CPROVER_w_ok(out, len));
	if (len == STORE_ENTRY_HEAD)
		__CPROVER_havoc_slice(out, STORE_ENTRY_HEAD);
	else if (len == STORE_HEADER_LEN)
		__CPROVER_havoc_slice(out, STORE_HEADER_LEN);
	return any_result();
}

static enum cs_err open_any(void *ctx, const uint8_t *key, const uint8_t *nonce, struct cs_view aad,
			    struct cs_view sealed, uint8_t *plain)
{
	enum cs_err err = any_result();

	(void)ctx;
	(void)key;
	(void)nonce;
	(void)aad;
	assert(sealed.len >= STORE_TAG_LEN && __CPROVER_r_ok(sealed.ptr, sealed.len));
	assert(sealed.len == STORE_TAG_LEN || __CPROVER_w_ok(plain, sealed.len - STORE_TAG_LEN));
	opened = err == CS_OK;
	return err;
}

static enum cs_err digest_any(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *out)
{
	(void)ctx;
	(void)hash;
	assert(__CPROVER_r_ok(msg.ptr, msg.len) && __CPROVER_w_ok(out, 32));
	return any_result();
}

static enum cs_err hmac_any(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
			    uint8_t *mac)
{
	(void)ctx;
	(void)hash;
	assert(__CPROVER_r_ok(key.ptr, key.len) && __CPROVER_r_ok(msg.ptr, msg.len) &&
	       __CPROVER_w_ok(mac, 32));
	return any_result();
}

static enum cs_err counter_read_any(void *ctx, uint64_t *value)
{
	enum cs_err err = any_result();

	(void)ctx;
	if (err == CS_OK)
		*value = counter;
	return err;
}

static enum cs_err counter_raise_any(void *ctx, uint64_t value)
{
	enum cs_err err = any_result();

	(void)ctx;
	assert(value == counter + 1);
	if (err == CS_OK)
		counter = value;
	return err;
}

static void any_flash(void)
{
	unsigned shift = nondet_u8() % 6;

	flash.page_size = nondet_u32();
	flash.page_count = 16;
	flash.write_size = 1u << shift;
	assume(flash.page_size >= 2048 && flash.page_size <= 65536 &&
	       (flash.page_size & (flash.write_size - 1)) == 0);
	flash.read = read_any;
}

static void entry(void)
{
	const uint8_t tag[STORE_TAG_LEN] = {0};
	uint32_t offset = nondet_u32();
	struct store_entry e;

	assume((offset & (flash.write_size - 1)) == 0);
	if (store_entry_read(&st, nondet_u32(), tag, offset, &e) != CS_OK)
		return;
	assert(opened);
	assert(e.next >= offset + STORE_ENTRY_FIXED && e.next <= flash.page_size);
	assert((e.next & (flash.write_size - 1)) == 0);
	assert(e.data.ptr == st.opened + STORE_META_LEN && e.data.len <= STORE_FRAGMENT_MAX);
}

static void header(void)
{
	uint32_t flash_page = nondet_u32();
	struct store_header h;

	assume(flash_page < flash.page_count);
	if (store_header_read(&st, flash_page, &h) != CS_OK)
		return;
	assert(opened);
	assert(h.page >= STORE_PAGE_FIRST && h.page <= UINT32_MAX);
	assert(h.page % flash.page_count == flash_page);
}

static void stamp(void)
{
	uint64_t before = counter = nondet_u64();
	bool fits;

	flash.counter_read = counter_read_any;
	flash.counter_raise = counter_raise_any;
	st.stamp = nondet_u32();
	fits = before == st.stamp || (before < st.stamp && before + 1 == st.stamp);
	if (store_counter_check(&st) == CS_OK)
		assert(fits && counter == st.stamp && st.raised == st.stamp);
	else
		assert(counter == before);
}

int main(void)
{
	static const struct crypto crypto = {.aead_open = open_any, .digest = digest_any, .hmac = hmac_any};
	static const uint8_t device_key[DEVICE_KEY_LEN];

	any_flash();
	st.flash = &flash;
	st.crypto = &crypto;
	st.device_key = device_key;
	switch (nondet_u8() % 3) {
	case 0:
		entry();
		break;
	case 1:
		header();
		break;
	default:
		stamp();
		break;
	}
	return 0;
}
