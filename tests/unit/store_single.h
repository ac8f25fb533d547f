/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A store of its own for each test, on a flash of 16 pages that keeps its power.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_STORE_SINGLE_H
#define COUNTERSIGN_TESTS_UNIT_STORE_SINGLE_H

#include "tests/unit/store_fixture.h"

static struct flash_ram *ram;
static struct store st;

static inline int begin(void **state)
{
	(void)state;
	ram = flash_ram_new(2048, 16, 8);
	return ram != NULL && fixture_open(&st, ram) == CS_OK ? 0 : -1;
}

static inline int end(void **state)
{
	uint64_t violations = flash_ram_counted(ram).violations;

	(void)state;
	flash_ram_free(ram);
	return violations == 0 ? 0 : -1;
}

static inline void assert_value(uint16_t id, uint16_t len, uint8_t seed)
{
	assert_true(fixture_holds(&st, id, &(struct model_value){true, len, seed}));
}

static inline void reopen(void)
{
	memset(&st, 0xA5, sizeof(st));
	assert_int_equal(fixture_open(&st, ram), CS_OK);
}

#endif
