/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Randomised tests print their seed and take it back: COUNTERSIGN_TEST_SEED=number repeats a run.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_RANDOM_H
#define COUNTERSIGN_TESTS_UNIT_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct test_random {
	uint64_t state;
};

/* splitmix64 */
static inline uint64_t test_random_u64(struct test_random *rng)
{
	uint64_t z = rng->state += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

/* 0 to below - 1 */
static inline size_t test_random_below(struct test_random *rng, size_t below)
{
	return (size_t)(test_random_u64(rng) % below);
}

static inline void test_random_fill(struct test_random *rng, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)test_random_u64(rng);
}

static inline struct test_random test_random_start(void)
{
	const char *given = getenv("COUNTERSIGN_TEST_SEED");
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	const uint64_t first = given != NULL ? strtoull(given, NULL, 0)
					     : (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	printf("# COUNTERSIGN_TEST_SEED=%llu\n", (unsigned long long)first);
	return (struct test_random){.state = first};
}

#endif
