/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The budget of attempts: every history of a small world against a model that keeps all of the past.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/budget.h"

#define DEPTH 9u

enum act { ACT_WRONG, ACT_RIGHT, ACT_WAIT, ACT_WAIT_LONG, ACT_COUNT };

/* All failures since the last success, with their times: what the header says, told from these alone. */
struct model {
	uint64_t failed[DEPTH];
	unsigned count;
};

/* The failures of the run that now belongs to: those before the last gap of a window are forgotten, where
 * nothing was locked over the gap's end. */
static uint64_t model_until(const struct model *m, const struct budget_rule *rule, uint64_t now,
			    uint32_t *failures)
{
	uint64_t until = 0;
	uint32_t run = 0;

	for (unsigned i = 0; i < m->count; i++) {
		if (i && m->failed[i] - m->failed[i - 1] >= rule->window)
			run = 0;
		run++;
		until = 0;
		if (run >= rule->tries) {
			uint64_t lock = (uint64_t)rule->delay << (run - rule->tries);
			until = m->failed[i] + (lock < rule->delay_max ? lock : rule->delay_max);
		}
	}
	if (m->count && now - m->failed[m->count - 1] >= rule->window && until <= now)
		run = 0;
	*failures = run;
	return until;
}

static void explore(const struct budget_rule *rule, struct budget record, struct model m, uint64_t now,
		    unsigned depth)
{
	uint32_t failures;
	uint64_t until = model_until(&m, rule, now, &failures);

	assert_int_equal(budget_failures(&record, rule, now), failures);
	assert_int_equal(budget_wait(&record, now), until > now ? until - now : 0);
	if (depth == 0)
		return;
	for (unsigned act = 0; act < ACT_COUNT; act++) {
		struct budget after = {.failures = 77, .last = 77, .until = 77};
		struct model later = m;
		if (act >= ACT_WAIT) {
			explore(rule, record, m, now + (act == ACT_WAIT ? 1 : rule->window), depth - 1);
			continue;
		}
		bool granted = budget_claim(&record, rule, now, &after);
		assert_int_equal(granted, until <= now);
		if (!granted) {
			assert_int_equal(after.failures, 77); /* nothing to store */
			continue;
		}
		assert_int_equal(after.failures, failures + 1);
		assert_true(after.until <= now + rule->delay_max);
		later.failed[later.count++] = now;
		if (act == ACT_RIGHT) {
			after = (struct budget){0};
			later.count = 0;
		}
		explore(rule, after, later, now, depth - 1);
	}
}

static void every_history_of_nine_acts_is_as_the_model_has_it(void **state)
{
	(void)state;
	for (uint32_t tries = 1; tries <= 3; tries++)
		for (uint32_t window = 2; window <= 5; window += 3)
			for (uint32_t delay = 0; delay <= 2; delay++) {
				struct budget_rule rule = {tries, window, delay, 3};
				explore(&rule, (struct budget){0}, (struct model){0}, 1000, DEPTH);
			}
}

static void of_forty_attempts_at_once_five_are_granted(void **state)
{
	const struct budget_rule rule = {5, 86400, 60, 3600};
	struct budget record = {0};
	unsigned granted = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		granted += budget_claim(&record, &rule, 1000, &record);
	assert_int_equal(granted, 5);
	assert_int_equal(budget_wait(&record, 1000), 60);
}

static void locks_double_up_to_their_greatest_and_hammering_makes_them_no_longer(void **state)
{
	const struct budget_rule rule = {5, 86400, 60, 3600};
	static const uint64_t locks[] = {60, 120, 240, 480, 960, 1920, 3600, 3600, 3600};
	struct budget record = {0};
	uint64_t now = 1000000;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_true(budget_claim(&record, &rule, now, &record));
	for (unsigned i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
		assert_true(budget_claim(&record, &rule, now, &record));
		for (uint64_t second = 0; second < locks[i]; second++)
			assert_false(budget_claim(&record, &rule, now + second, &record));
		now += locks[i];
	}
}

static void the_longest_run_there_can_be_stays_at_the_greatest_lock(void **state)
{
	const struct budget_rule rule = {1, 86400, 1, UINT32_MAX};
	struct budget record = {.failures = UINT32_MAX, .last = 5, .until = 6};

	(void)state;
	assert_true(budget_claim(&record, &rule, 6, &record));
	assert_int_equal(record.failures, UINT32_MAX);
	assert_int_equal(record.until, 6u + (uint64_t)UINT32_MAX);
}

static void a_clock_that_went_back_ends_no_lock_and_forgets_no_failure(void **state)
{
	const struct budget_rule rule = {2, 10, 5, 5};
	struct budget record = {.failures = 2, .last = 1000, .until = 1005}, after;

	(void)state;
	assert_false(budget_claim(&record, &rule, 10, &after));
	record.until = 0;
	assert_true(budget_claim(&record, &rule, 10, &after));
	assert_int_equal(after.failures, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_history_of_nine_acts_is_as_the_model_has_it),
	    cmocka_unit_test(of_forty_attempts_at_once_five_are_granted),
	    cmocka_unit_test(locks_double_up_to_their_greatest_and_hammering_makes_them_no_longer),
	    cmocka_unit_test(the_longest_run_there_can_be_stays_at_the_greatest_lock),
	    cmocka_unit_test(a_clock_that_went_back_ends_no_lock_and_forgets_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
