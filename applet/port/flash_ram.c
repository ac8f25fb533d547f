/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The RAM flash. now[] is what reads see; durable[] what the last sync made safe; the journal lists the
 * operations since, so that a cut with reordering can replay any of them over durable[].
 */
#include <stdlib.h>
#include <string.h>

#include "applet/port/flash_ram.h"

#define BLANK 0xFFu

struct journal_entry {
	bool erase;
	uint32_t page;
	uint32_t offset;
	size_t len;
	uint8_t *data;
};

struct flash_ram {
	struct flash flash;
	size_t size;
	uint8_t *now;
	uint8_t *durable;
	uint8_t *programmed; /* a flag for each write unit */
	uint32_t *erase_count;
	struct journal_entry *journal;
	size_t journal_len, journal_cap;
	struct flash_ram_count count;
	uint64_t cut_in; /* operations until the cut; 0: none planned */
	enum flash_tear tear;
	uint64_t random;
	uint64_t counter;
	bool cut;
};

static uint64_t ram_random(struct flash_ram *ram) /* xorshift64: spread, not secrecy */
{
	ram->random ^= ram->random << 13;
	ram->random ^= ram->random >> 7;
	ram->random ^= ram->random << 17;
	return ram->random;
}

static size_t ram_at(const struct flash_ram *ram, uint32_t page, uint32_t offset)
{
	return (size_t)page * ram->flash.page_size + offset;
}

static bool ram_in_bounds(const struct flash_ram *ram, uint32_t page, uint32_t offset, size_t len)
{
	return page < ram->flash.page_count && offset <= ram->flash.page_size &&
	       len <= ram->flash.page_size - offset;
}

/* ---- the effect of an operation on an image ---- */

static uint8_t operation_byte(const struct journal_entry *op, size_t i, uint8_t old)
{
	return op->erase ? BLANK : (uint8_t)(op->data[i] & old);
}

static void operation_apply(const struct flash_ram *ram, uint8_t *image, const struct journal_entry *op,
			    size_t len)
{
	uint8_t *at = image + ram_at(ram, op->page, op->offset);

	for (size_t i = 0; i < len; i++)
		at[i] = operation_byte(op, i, at[i]);
}

static void operation_mix(struct flash_ram *ram, uint8_t *image, const struct journal_entry *op)
{
	uint8_t *at = image + ram_at(ram, op->page, op->offset);

	for (size_t i = 0; i < op->len; i++) {
		uint8_t old = at[i], new = operation_byte(op, i, old);
		uint64_t dice = ram_random(ram);

		if (dice % 3 == 0)
			at[i] = new;
		else if (dice % 3 == 1) /* some of the bits that change have changed */
			at[i] = (uint8_t)(old ^ ((old ^ new) & (uint8_t)(dice >> 8)));
	}
}

static void operation_tear(struct flash_ram *ram, uint8_t *image, const struct journal_entry *op,
			   enum flash_tear tear)
{
	if (tear == FLASH_TEAR_PART)
		operation_apply(ram, image, op, op->len / 2);
	else if (tear == FLASH_TEAR_WHOLE)
		operation_apply(ram, image, op, op->len);
	else if (tear == FLASH_TEAR_MIX)
		operation_mix(ram, image, op);
}

/* ---- journal ---- */

static void journal_clear(struct flash_ram *ram)
{
	for (size_t i = 0; i < ram->journal_len; i++)
		free(ram->journal[i].data);
	ram->journal_len = 0;
}

static bool journal_add(struct flash_ram *ram, const struct journal_entry *op)
{
	struct journal_entry copy = *op;

	if (ram->journal_len == ram->journal_cap) {
		size_t cap = 2 * ram->journal_cap + 16;
		struct journal_entry *more = realloc(ram->journal, cap * sizeof(*more));

		if (more == NULL)
			return false;
		ram->journal = more;
		ram->journal_cap = cap;
	}
	if (op->data != NULL) {
		copy.data = malloc(op->len);
		if (copy.data == NULL)
			return false;
		memcpy(copy.data, op->data, op->len);
	}
	ram->journal[ram->journal_len++] = copy;
	return true;
}

/* ---- power ---- */

/* The units that an interrupted operation may have touched are no longer known to be blank. */
static void ram_mark(struct flash_ram *ram, const struct journal_entry *op)
{
	size_t unit = ram->flash.write_size;

	for (size_t at = ram_at(ram, op->page, op->offset); at < ram_at(ram, op->page, op->offset) + op->len;
	     at += unit)
		ram->programmed[at / unit] = 1;
}

static void journal_shuffle(struct flash_ram *ram)
{
	for (size_t left = ram->journal_len; left > 1; left--) {
		size_t chosen = (size_t)(ram_random(ram) % left);
		struct journal_entry last = ram->journal[left - 1];

		ram->journal[left - 1] = ram->journal[chosen];
		ram->journal[chosen] = last;
	}
}

static void ram_cut(struct flash_ram *ram)
{
	ram->cut = true;
	if (ram->tear == FLASH_TEAR_KILL)
		return;
	if (ram->tear == FLASH_TEAR_REORDER) {
		memcpy(ram->now, ram->durable, ram->size);
		journal_shuffle(ram);
		for (size_t i = 0; i < ram->journal_len; i++)
			operation_tear(ram, ram->now, &ram->journal[i],
				       (enum flash_tear)(ram_random(ram) % FLASH_TEAR_REORDER));
		for (size_t i = 0; i < ram->journal_len; i++)
			ram_mark(ram, &ram->journal[i]);
	} else if (ram->journal_len > 0) {
		ram_mark(ram, &ram->journal[ram->journal_len - 1]);
	}
	memcpy(ram->durable, ram->now, ram->size);
	journal_clear(ram);
}

/* Counts an operation down to the planned cut: true where this is the one. */
static bool ram_is_last(struct flash_ram *ram)
{
	ram->count.operations++;
	return ram->cut_in > 0 && --ram->cut_in == 0;
}

static enum cs_err ram_run(struct flash_ram *ram, const struct journal_entry *op)
{
	bool last = ram_is_last(ram);

	if (last && ram->tear == FLASH_TEAR_KILL) {
		ram_mark(ram, op);
		ram_cut(ram);
		return CS_ERR_IO;
	}
	if (!journal_add(ram, op))
		return CS_ERR_IO;
	if (last) {
		if (ram->tear != FLASH_TEAR_REORDER)
			operation_tear(ram, ram->now, op, ram->tear);
		ram_cut(ram);
		return CS_ERR_IO;
	}
	operation_apply(ram, ram->now, op, op->len);
	return CS_OK;
}

/* ---- the flash ---- */

static enum cs_err ram_read(void *ctx, uint32_t page, uint32_t offset, void *out, size_t len)
{
	struct flash_ram *ram = ctx;

	if (ram->cut)
		return CS_ERR_IO;
	if (!ram_in_bounds(ram, page, offset, len)) {
		ram->count.violations++;
		return CS_ERR_IO;
	}
	memcpy(out, ram->now + ram_at(ram, page, offset), len);
	return CS_OK;
}

static bool ram_may_program(const struct flash_ram *ram, uint32_t page, uint32_t offset, size_t len)
{
	size_t unit = ram->flash.write_size, first;

	if (!ram_in_bounds(ram, page, offset, len) || offset % unit != 0 || len % unit != 0 || len == 0)
		return false;
	first = ram_at(ram, page, offset) / unit;
	for (size_t i = 0; i < len / unit; i++) {
		if (ram->programmed[first + i] != 0)
			return false;
	}
	return true;
}

static enum cs_err ram_program(void *ctx, uint32_t page, uint32_t offset, const void *in, size_t len)
{
	struct flash_ram *ram = ctx;
	uint8_t *copy;
	enum cs_err err;

	if (ram->cut)
		return CS_ERR_IO;
	if (!ram_may_program(ram, page, offset, len)) {
		ram->count.violations++;
		return CS_ERR_IO;
	}
	copy = malloc(len);
	if (copy == NULL)
		return CS_ERR_IO;
	memcpy(copy, in, len);
	ram->count.programs++;
	ram->count.bytes += len;
	memset(ram->programmed + ram_at(ram, page, offset) / ram->flash.write_size, 1,
	       len / ram->flash.write_size);
	err = ram_run(ram, &(struct journal_entry){.page = page, .offset = offset, .len = len, .data = copy});
	free(copy);
	return err;
}

static enum cs_err ram_erase(void *ctx, uint32_t page)
{
	struct flash_ram *ram = ctx;
	size_t units = ram->flash.page_size / ram->flash.write_size;

	if (ram->cut)
		return CS_ERR_IO;
	if (!ram_in_bounds(ram, page, 0, 0)) {
		ram->count.violations++;
		return CS_ERR_IO;
	}
	ram->count.erases++;
	ram->erase_count[page]++;
	memset(ram->programmed + page * units, 0, units);
	return ram_run(ram,
		       &(struct journal_entry){.erase = true, .page = page, .len = ram->flash.page_size});
}

static enum cs_err ram_sync(void *ctx)
{
	struct flash_ram *ram = ctx;

	if (ram->cut)
		return CS_ERR_IO;
	ram->count.syncs++;
	if (ram_is_last(ram)) {
		ram_cut(ram);
		return CS_ERR_IO;
	}
	for (size_t i = 0; i < ram->journal_len; i++) {
		size_t at = ram_at(ram, ram->journal[i].page, 0);

		memcpy(ram->durable + at, ram->now + at, ram->flash.page_size);
	}
	journal_clear(ram);
	return CS_OK;
}

static enum cs_err ram_counter_read(void *ctx, uint64_t *value)
{
	const struct flash_ram *ram = ctx;

	if (ram->cut)
		return CS_ERR_IO;
	*value = ram->counter;
	return CS_OK;
}

static bool raise_is_done(struct flash_ram *ram)
{
	if (ram->tear == FLASH_TEAR_NOTHING || ram->tear == FLASH_TEAR_KILL || ram->tear == FLASH_TEAR_WHOLE)
		return ram->tear == FLASH_TEAR_WHOLE;
	return ram_random(ram) % 2 == 0;
}

static enum cs_err ram_counter_raise(void *ctx, uint64_t value)
{
	struct flash_ram *ram = ctx;

	if (ram->cut)
		return CS_ERR_IO;
	if (value != ram->counter + 1)
		ram->count.violations++;
	ram->count.raises++;
	if (!ram_is_last(ram)) {
		ram->counter = value;
		return CS_OK;
	}
	if (raise_is_done(ram))
		ram->counter = value;
	ram_cut(ram);
	return CS_ERR_IO;
}

/* ---- life ---- */

struct flash_ram *flash_ram_new(uint32_t page_size, uint32_t page_count, uint32_t write_size)
{
	struct flash_ram *ram = calloc(1, sizeof(*ram));

	if (ram == NULL)
		return NULL;
	ram->flash = (struct flash){.ctx = ram,
				    .page_size = page_size,
				    .page_count = page_count,
				    .write_size = write_size,
				    .read = ram_read,
				    .program = ram_program,
				    .erase = ram_erase,
				    .sync = ram_sync};
	ram->size = (size_t)page_size * page_count;
	ram->now = malloc(ram->size);
	ram->durable = malloc(ram->size);
	ram->programmed = calloc(ram->size / write_size, 1);
	ram->erase_count = calloc(page_count, sizeof(*ram->erase_count));
	if (ram->now == NULL || ram->durable == NULL || ram->programmed == NULL || ram->erase_count == NULL) {
		flash_ram_free(ram);
		return NULL;
	}
	memset(ram->now, BLANK, ram->size);
	memset(ram->durable, BLANK, ram->size);
	ram->random = 1;
	return ram;
}

void flash_ram_free(struct flash_ram *ram)
{
	if (ram == NULL)
		return;
	journal_clear(ram);
	free(ram->journal);
	free(ram->erase_count);
	free(ram->programmed);
	free(ram->durable);
	free(ram->now);
	free(ram);
}

struct flash_ram *flash_ram_clone(const struct flash_ram *ram)
{
	const struct flash *f = &ram->flash;
	struct flash_ram *copy = flash_ram_new(f->page_size, f->page_count, f->write_size);

	if (copy == NULL)
		return NULL;
	memcpy(copy->now, ram->now, ram->size);
	memcpy(copy->durable, ram->durable, ram->size);
	for (size_t i = 0; i < ram->journal_len; i++) {
		if (!journal_add(copy, &ram->journal[i])) {
			flash_ram_free(copy);
			return NULL;
		}
	}
	memcpy(copy->programmed, ram->programmed, ram->size / f->write_size);
	memcpy(copy->erase_count, ram->erase_count, f->page_count * sizeof(*ram->erase_count));
	copy->counter = ram->counter;
	if (f->counter_read != NULL)
		flash_ram_counter_add(copy);
	return copy;
}

const struct flash *flash_ram_flash(struct flash_ram *ram)
{
	return &ram->flash;
}

void flash_ram_counter_add(struct flash_ram *ram)
{
	ram->flash.counter_read = ram_counter_read;
	ram->flash.counter_raise = ram_counter_raise;
}

uint64_t flash_ram_counter(const struct flash_ram *ram)
{
	return ram->counter;
}

void flash_ram_cut_at(struct flash_ram *ram, uint64_t n, enum flash_tear tear, uint64_t seed)
{
	ram->cut_in = n;
	ram->tear = tear;
	ram->random = seed * 0x9E3779B97F4A7C15u | 1u;
}

void flash_ram_pull(struct flash_ram *ram, uint64_t seed)
{
	flash_ram_cut_at(ram, 0, FLASH_TEAR_REORDER, seed);
	ram_cut(ram);
}

bool flash_ram_is_cut(const struct flash_ram *ram)
{
	return ram->cut;
}

void flash_ram_power_on(struct flash_ram *ram)
{
	ram->cut = false;
	ram->cut_in = 0;
}

struct flash_ram_count flash_ram_counted(const struct flash_ram *ram)
{
	return ram->count;
}

uint32_t flash_ram_erase_count(const struct flash_ram *ram, uint32_t page)
{
	return ram->erase_count[page];
}

uint8_t *flash_ram_bytes(struct flash_ram *ram)
{
	return ram->now;
}

size_t flash_ram_size(const struct flash_ram *ram)
{
	return ram->size;
}
