/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the record store's tests share: a store on a RAM flash, and a model of what it ought to hold.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_STORE_FIXTURE_H
#define COUNTERSIGN_TESTS_UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "applet/port/crypto_openssl.h"
#include "applet/port/flash_ram.h"
#include "applet/store_private.h"

#define MODEL_IDS 24u /* ids 1 to MODEL_IDS - 1 are used */

/* A value is its length and the byte it is made of. */
struct model_value {
	bool present;
	uint16_t len;
	uint8_t seed;
};

struct model {
	struct model_value value[MODEL_IDS];
};

static const uint8_t fixture_device_key[DEVICE_KEY_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};
static struct crypto fixture_crypto;
static uint8_t fixture_bytes[STORE_VALUE_MAX + 1];

static inline int fixture_setup(void **state)
{
	(void)state;
	return crypto_openssl_init(&fixture_crypto) == CS_OK ? 0 : -1;
}

static inline int fixture_teardown(void **state)
{
	(void)state;
	crypto_openssl_free(&fixture_crypto);
	return 0;
}

static inline enum cs_err fixture_open(struct store *st, struct flash_ram *ram)
{
	return store_open(st, flash_ram_flash(ram), &fixture_crypto, fixture_device_key);
}

/* Bytes that differ along the value and between seeds. */
static inline struct cs_view fixture_value(uint8_t *buffer, size_t len, uint8_t seed)
{
	for (size_t i = 0; i < len; i++)
		buffer[i] = (uint8_t)(seed + i * 31u + (i >> 8));
	return cs_view(buffer, len);
}

static inline enum cs_err fixture_put(struct store *st, uint16_t id, size_t len, uint8_t seed)
{
	return store_put(st, id, fixture_value(fixture_bytes, len, seed));
}

static inline bool fixture_holds(struct store *st, uint16_t id, const struct model_value *value)
{
	static uint8_t got[STORE_VALUE_MAX], want[STORE_VALUE_MAX];
	struct cs_writer w = CS_WRITER_OF(got);
	enum cs_err err = store_get(st, id, &w);

	if (!value->present)
		return err == CS_ERR_NOT_FOUND && !store_has(st, id);
	return err == CS_OK && store_has(st, id) &&
	       cs_view_equal(cs_writer_view(&w), fixture_value(want, value->len, value->seed));
}

static inline bool fixture_agrees(struct store *st, const struct model *m)
{
	uint16_t present = 0;

	for (uint16_t id = 1; id < MODEL_IDS; id++) {
		if (!fixture_holds(st, id, &m->value[id]))
			return false;
		present = (uint16_t)(present + (m->value[id].present ? 1 : 0));
	}
	return st->count == present;
}

#endif
