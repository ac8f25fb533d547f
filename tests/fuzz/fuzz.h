/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What every fuzz harness is: one function of bytes. It is linked with libFuzzer (./configure
 * --enable-fuzzing), or with replay.c, which feeds it the corpus in make check.
 */
#ifndef COUNTERSIGN_TESTS_FUZZ_FUZZ_H
#define COUNTERSIGN_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Takes any bytes; returns 0. What it promises beyond not to crash it says with FUZZ_REQUIRE. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_REQUIRE(condition)                                                                              \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);              \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

#endif
