/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An import in a keeper's world: how tests open one, send rows, and end it.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_IMPORT_ROWS_H
#define COUNTERSIGN_TESTS_UNIT_IMPORT_ROWS_H

#include "tests/unit/keeper_world.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The rows of the next import_rows. */
void rows_begin(void);
/* A row with a seed of its own, 20 bytes of seed_byte; user and serial may be NULL. */
void row_add(const char *type, uint8_t seed_byte, const char *user, const char *serial, uint64_t position);

/* Of a file with DIGEST; the statuses of the answers. */
uint16_t import_open(uint32_t count, const char *users, char id[32]);
uint16_t import_rows(const char *id, uint32_t first);
uint16_t import_call(enum ipc_op op, const char *id);

#endif
