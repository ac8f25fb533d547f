/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pages of the record store: the header that makes a flash page a page of the log, and what beginning one
 * takes.
 *
 * Header: magic (4), check (4), version (2), flags (2), stamp (4), page (4), previous end (4), link (16),
 * salt (16), nonce (12), tag (16). check is the head of the SHA-256 of what follows it: it tells a torn
 * header from another device's. tag is AES-256-GCM's over all before the nonce, and the geometry.
 */
#include <string.h>

#include "applet/store_internal.h"
#include "base/secret.h"

#define HEADER_VERSION	1u
#define HEADER_FRESH	1u
#define HEADER_CHECK_AT 4u
#define HEADER_BODY_AT	8u
#define HEADER_NONCE_AT 56u
#define HEADER_TAG_AT	68u
#define HEADER_AAD_LEN	(HEADER_NONCE_AT + 12u)
#define BLANK		0xFFu
#define BLANK_STEP	64u

static const uint8_t header_magic[4] = {'C', 'S', 'G', '1'};
static const uint8_t key_purpose[] = "countersign store 1";

_Static_assert(HEADER_TAG_AT + STORE_TAG_LEN == STORE_HEADER_LEN, "header layout");

uint32_t store_flash_page(const struct store *st, uint64_t page)
{
	return (uint32_t)(page % st->flash->page_count);
}

uint32_t store_align(const struct store *st, uint32_t len)
{
	return (len + st->flash->write_size - 1) & ~(st->flash->write_size - 1);
}

uint32_t store_page_start(const struct store *st)
{
	return store_align(st, STORE_HEADER_LEN);
}

enum cs_err store_sync(struct store *st)
{
	enum cs_err err = st->flash->sync(st->flash->ctx);

	if (err == CS_OK)
		st->unsettled = false;
	return err;
}

enum cs_err store_key_derive(struct store *st, const uint8_t salt[STORE_SALT_LEN])
{
	uint8_t msg[sizeof(key_purpose) + STORE_SALT_LEN];

	memcpy(msg, key_purpose, sizeof(key_purpose));
	memcpy(msg + sizeof(key_purpose), salt, STORE_SALT_LEN);
	return st->crypto->hmac(st->crypto->ctx, CS_SHA256, cs_view(st->device_key, DEVICE_KEY_LEN),
				CS_VIEW_OF(msg), st->key);
}

/* ---- the header's bytes ---- */

static enum cs_err header_check(struct store *st, const uint8_t *raw, uint8_t check[4])
{
	uint8_t digest[CS_HASH_MAX];
	enum cs_err err =
	    st->crypto->digest(st->crypto->ctx, CS_SHA256,
			       cs_view(raw + HEADER_BODY_AT, STORE_HEADER_LEN - HEADER_BODY_AT), digest);

	if (err == CS_OK)
		memcpy(check, digest, 4);
	return err;
}

/* What the tag covers: a header belongs to a flash of one shape. */
static void header_aad(const struct store *st, const uint8_t *raw, uint8_t aad[HEADER_AAD_LEN])
{
	struct cs_writer w = cs_writer_of(aad, HEADER_AAD_LEN);

	cs_write_view(&w, cs_view(header_magic, sizeof(header_magic)));
	cs_write_fill(&w, 0, HEADER_BODY_AT - HEADER_CHECK_AT); /* the check comes after the tag */
	cs_write_view(&w, cs_view(raw + HEADER_BODY_AT, HEADER_NONCE_AT - HEADER_BODY_AT));
	cs_write_u32(&w, st->flash->page_size);
	cs_write_u32(&w, st->flash->page_count);
	cs_write_u32(&w, st->flash->write_size);
}

static enum cs_err header_build(struct store *st, struct store_header *h, uint8_t raw[STORE_HEADER_LEN])
{
	struct cs_writer w = cs_writer_of(raw, STORE_HEADER_LEN);
	uint8_t aad[HEADER_AAD_LEN];
	enum cs_err err;

	cs_write_view(&w, cs_view(header_magic, sizeof(header_magic)));
	cs_write_u32(&w, 0);
	cs_write_u16(&w, HEADER_VERSION);
	cs_write_u16(&w, h->fresh ? HEADER_FRESH : 0);
	cs_write_u32(&w, h->stamp);
	cs_write_u32(&w, (uint32_t)h->page);
	cs_write_u32(&w, h->previous_end);
	cs_write_view(&w, CS_VIEW_OF(h->link));
	cs_write_view(&w, CS_VIEW_OF(h->salt));
	err = st->crypto->random(st->crypto->ctx, raw + HEADER_NONCE_AT, CRYPTO_AEAD_NONCE_LEN);
	if (err != CS_OK)
		return err;
	header_aad(st, raw, aad);
	err = st->crypto->aead_seal(st->crypto->ctx, st->key, raw + HEADER_NONCE_AT, CS_VIEW_OF(aad),
				    CS_VIEW_EMPTY, raw + HEADER_TAG_AT);
	if (err == CS_OK)
		err = header_check(st, raw, raw + HEADER_CHECK_AT);
	memcpy(h->tag, raw + HEADER_TAG_AT, STORE_TAG_LEN);
	return err;
}

static void header_parse(const uint8_t raw[STORE_HEADER_LEN], struct store_header *h)
{
	struct cs_reader r = cs_reader_of(cs_view(raw, STORE_HEADER_LEN));

	(void)cs_read_view(&r, HEADER_BODY_AT + 2);
	h->fresh = cs_read_u16(&r) == HEADER_FRESH;
	h->stamp = cs_read_u32(&r);
	h->page = cs_read_u32(&r);
	h->previous_end = cs_read_u32(&r);
	cs_read_copy(&r, h->link, sizeof(h->link));
	cs_read_copy(&r, h->salt, sizeof(h->salt));
	memcpy(h->tag, raw + HEADER_TAG_AT, STORE_TAG_LEN);
}

/* ---- reading ---- */

enum cs_err store_header_read(struct store *st, uint32_t flash_page, struct store_header *out)
{
	uint8_t raw[STORE_HEADER_LEN], aad[HEADER_AAD_LEN], check[4], none[1];
	struct store_header h;
	enum cs_err err = st->flash->read(st->flash->ctx, flash_page, 0, raw, sizeof(raw));

	if (err == CS_OK)
		err = header_check(st, raw, check);
	if (err != CS_OK)
		return err;
	if (memcmp(raw, header_magic, sizeof(header_magic)) != 0 ||
	    memcmp(raw + HEADER_CHECK_AT, check, 4) != 0)
		return CS_ERR_NOT_FOUND;
	header_parse(raw, &h);
	err = store_key_derive(st, h.salt);
	if (err != CS_OK)
		return err;
	header_aad(st, raw, aad);
	err = st->crypto->aead_open(st->crypto->ctx, st->key, raw + HEADER_NONCE_AT, CS_VIEW_OF(aad),
				    cs_view(raw + HEADER_TAG_AT, STORE_TAG_LEN), none);
	if (err != CS_OK)
		return err;
	if (raw[HEADER_BODY_AT] != 0 || raw[HEADER_BODY_AT + 1] != HEADER_VERSION ||
	    h.page < STORE_PAGE_FIRST || store_flash_page(st, h.page) != flash_page)
		return CS_ERR_CORRUPT;
	*out = h;
	return CS_OK;
}

enum cs_err store_header_expect(struct store *st, uint64_t page, struct store_header *out)
{
	struct store_header h;
	enum cs_err err = store_header_read(st, store_flash_page(st, page), &h);

	if (err == CS_ERR_NOT_FOUND)
		return CS_ERR_CORRUPT;
	if (err == CS_OK && (h.page != page || memcmp(h.salt, st->salt, sizeof(h.salt)) != 0))
		err = CS_ERR_CORRUPT;
	if (err == CS_OK)
		*out = h;
	return err;
}

enum cs_err store_header_peek(struct store *st, uint64_t page, struct store_header *out)
{
	uint8_t raw[STORE_HEADER_LEN];
	enum cs_err err = st->flash->read(st->flash->ctx, store_flash_page(st, page), 0, raw, sizeof(raw));

	if (err == CS_OK)
		header_parse(raw, out);
	return err;
}

enum cs_err store_header_tag(struct store *st, uint64_t page, uint8_t tag[STORE_TAG_LEN])
{
	return st->flash->read(st->flash->ctx, store_flash_page(st, page), HEADER_TAG_AT, tag, STORE_TAG_LEN);
}

enum cs_err store_flash_is_blank(struct store *st, uint32_t flash_page, uint32_t from, bool *blank)
{
	uint8_t bytes[BLANK_STEP];

	for (uint32_t at = from; at < st->flash->page_size; at += BLANK_STEP) {
		uint32_t left = st->flash->page_size - at;
		uint32_t len = left < BLANK_STEP ? left : BLANK_STEP;
		enum cs_err err = st->flash->read(st->flash->ctx, flash_page, at, bytes, len);

		if (err != CS_OK)
			return err;
		for (uint32_t i = 0; i < len; i++) {
			if (bytes[i] != BLANK) {
				*blank = false;
				return CS_OK;
			}
		}
	}
	*blank = true;
	return CS_OK;
}

/* ---- beginning a page ---- */

/* Newest first, each durable before the next goes: whatever a power loss leaves is a log with fewer void
 * pages. */
static enum cs_err void_pages_erase(struct store *st)
{
	while (st->newest > st->cursor.page + 1) {
		enum cs_err err = st->flash->erase(st->flash->ctx, store_flash_page(st, st->newest));

		if (err == CS_OK)
			err = store_sync(st);
		if (err != CS_OK)
			return err;
		st->newest--;
	}
	return CS_OK;
}

static enum cs_err header_program(struct store *st, struct store_header *h)
{
	uint8_t raw[STORE_HEADER_LEN + STORE_WRITE_MAX];
	uint32_t flash_page = store_flash_page(st, h->page);
	enum cs_err err;

	memset(raw, BLANK, sizeof(raw));
	err = header_build(st, h, raw);
	if (err == CS_OK)
		err = st->flash->erase(st->flash->ctx, flash_page);
	if (err == CS_OK)
		err = store_sync(st);
	if (err == CS_OK)
		err = st->flash->program(st->flash->ctx, flash_page, 0, raw, store_page_start(st));
	if (err == CS_OK)
		err = store_sync(st);
	return err;
}

enum cs_err store_page_begin(struct store *st, bool fresh)
{
	struct store_header h = {.stamp = st->stamp, .page = st->cursor.page + 1, .fresh = fresh};
	enum cs_err err = CS_OK;

	if (h.page > UINT32_MAX)
		return CS_ERR_IO; /* after more erasures than any flash stands */
	if (fresh) {
		err = st->crypto->random(st->crypto->ctx, st->salt, sizeof(st->salt));
		if (err == CS_OK)
			err = store_key_derive(st, st->salt);
	} else {
		h.previous_end = st->cursor.offset;
		memcpy(h.link, st->cursor.link, sizeof(h.link));
	}
	memcpy(h.salt, st->salt, sizeof(h.salt));
	if (err == CS_OK && st->unsettled)
		err = store_sync(st);
	if (err == CS_OK)
		err = void_pages_erase(st);
	if (err == CS_OK)
		err = header_program(st, &h);
	if (err != CS_OK)
		return err;
	st->newest = h.page;
	st->cursor = (struct store_cursor){.page = h.page, .offset = store_page_start(st)};
	memcpy(st->cursor.tag, h.tag, sizeof(h.tag));
	memcpy(st->cursor.link, h.tag, sizeof(h.tag));
	return CS_OK;
}
