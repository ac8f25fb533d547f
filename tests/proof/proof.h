/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For the harnesses of CBMC. A harness is a C file with a main whose variables without a value are any value at all;
 * what it asserts, and what CBMC asserts by itself (bounds, pointers, overflow, shifts, that loops end within the
 * bound), holds for all of them.
 */
#ifndef COUNTERSIGN_TESTS_PROOF_H
#define COUNTERSIGN_TESTS_PROOF_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"

void __CPROVER_assume(_Bool condition);
#define assume(c) __CPROVER_assume(c)

bool nondet_bool(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
size_t nondet_size(void);

/* Any error, or CS_OK. */
static inline enum cs_err any_result(void)
{
	enum cs_err err = (enum cs_err)nondet_u8();

	assume(err >= CS_OK && err < CS_ERR_COUNT);
	return err;
}

/* Where one function of an included source is given as a contract to another: #define f(...) PROOF_CALL(f, __VA_ARGS__)
 * before the source is included makes of its definition, which comes first, f_0, and of the calls behind it f_1, f_2 ..., in
 * their order: those are the harness's. The source is as it is shipped. */
#define PROOF_CALL(name, ...)	     PROOF_NAME(name, __COUNTER__)(__VA_ARGS__)
#define PROOF_NAME(name, number)     PROOF_NAME_NOW(name, number)
#define PROOF_NAME_NOW(name, number) name##_##number

/* len bytes that may be anything. */
static inline uint8_t *any_bytes(size_t len)
{
	uint8_t *bytes = malloc(len);

	assume(bytes != NULL);
	return bytes;
}

#endif
