/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The budget of attempts.
 *
 * Invariants:
 *  1. No claim is granted before until.
 *  2. A granted claim counts one failure, never none; from the tries-th of a run on it sets a lock.
 *  3. A lock lasts delay << (failures - tries) seconds, and never more than delay_max.
 */
#include "daemon/budget.h"

uint64_t budget_wait(const struct budget *record, uint64_t now)
{
	return record->until > now ? record->until - now : 0;
}

uint32_t budget_failures(const struct budget *record, const struct budget_rule *rule, uint64_t now)
{
	bool over = now > record->last && now - record->last >= rule->window;

	return over && record->until <= now ? 0 : record->failures;
}

static uint64_t budget_delay(const struct budget_rule *rule, uint32_t failures)
{
	uint32_t doublings = failures - rule->tries;
	uint64_t delay = rule->delay;

	while (doublings-- && delay < rule->delay_max)
		delay *= 2;
	return delay < rule->delay_max ? delay : rule->delay_max;
}

bool budget_claim(const struct budget *record, const struct budget_rule *rule, uint64_t now,
		  struct budget *out)
{
	uint32_t failures = budget_failures(record, rule, now);

	if (budget_wait(record, now))
		return false;
	failures += failures < UINT32_MAX;
	out->failures = failures;
	out->last = now;
	out->until = failures >= rule->tries ? now + budget_delay(rule, failures) : 0;
	return true;
}
