/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Refusals of credentials that nobody has, counted by address and minute.
 *
 * Invariants:
 *  1. Each refusal is either one whose entry is to be written, or is in the count of exactly one entry to
 * come.
 *  2. A place that is open is closed by refused_due once its time is over, whether or not more came.
 */
#include "daemon/keeper_refused.h"

#include <stdio.h>
#include <string.h>

/* The place of the address: the one that is open for it, or a free one, or that of all others. */
static size_t refused_place(const struct refused *refused, const char *address)
{
	size_t found = REFUSED_PLACES;

	for (size_t i = 0; i < REFUSED_PLACES; i++) {
		if (refused->open[i] && strcmp(refused->places[i].address, address) == 0)
			return i;
		if (!refused->open[i] && found == REFUSED_PLACES)
			found = i;
	}
	return found;
}

bool refused_note(struct refused *refused, const struct audit_entry *entry)
{
	const size_t i = refused_place(refused, entry->address);
	struct refused_place *place = &refused->places[i];

	if (refused->open[i]) {
		place->more++;
		return false;
	}
	*place = (struct refused_place){.until = entry->time_ms + REFUSED_FOR};
	if (i < REFUSED_PLACES)
		memcpy(place->address, entry->address, sizeof(place->address));
	refused->open[i] = true;
	refused->count++;
	return true;
}

size_t refused_due(struct refused *refused, uint64_t now_ms, uint64_t time_ms, struct audit_entry *out)
{
	size_t count = 0;

	for (size_t i = 0; refused->count && i <= REFUSED_PLACES; i++) {
		const struct refused_place *place = &refused->places[i];
		if (!refused->open[i] || place->until > now_ms)
			continue;
		refused->open[i] = false;
		refused->count--;
		if (!place->more)
			continue;
		out[count] = (struct audit_entry){.time_ms = time_ms,
						  .actor = "unknown",
						  .action = "refused",
						  .result = "refused",
						  .reason = "unauthorized"};
		memcpy(out[count].address, place->address, sizeof(place->address));
		(void)snprintf(out[count].detail, sizeof(out[count].detail), "%u more within a minute%s",
			       (unsigned)place->more, i < REFUSED_PLACES ? "" : ", other addresses");
		count++;
	}
	return count;
}

uint64_t refused_next(const struct refused *refused)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; refused->count && i <= REFUSED_PLACES; i++)
		if (refused->open[i] && refused->places[i].until < next)
			next = refused->places[i].until;
	return next;
}
