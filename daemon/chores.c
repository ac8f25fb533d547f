/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What keeper does besides answering.
 */
#include "daemon/chores.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/checkpoint.h"
#include "daemon/keeper_idempotency.h"
#include "daemon/keeper_purge.h"
#include "daemon/rekey.h"
#include "daemon/report.h"
#include "daemon/retention.h"

#define CHORES_END_MS 5000

struct chores {
	struct checkpoint_maker checkpoints;
	struct report report;
	struct retention retention;
	struct rekey rekey;
};

enum cs_err chores_open(struct keeper *keeper, const struct config *config, char error[CONFIG_ERROR_MAX])
{
	struct chores *chores = calloc(1, sizeof(*chores));

	if (!chores)
		return CS_ERR_MEMORY;
	enum cs_err err = checkpoint_open(keeper, config, &chores->checkpoints, error);
	if (err) {
		free(chores);
		return err;
	}
	err = report_open(keeper, config, chores->checkpoints.key, &chores->report);
	if (err) {
		checkpoint_close(&chores->checkpoints);
		free(chores);
		return err;
	}
	retention_open(keeper, config, &chores->retention);
	keeper->chores = chores;
	return CS_OK;
}

void chores_close(struct keeper *keeper)
{
	if (!keeper->chores)
		return;
	report_close(&keeper->chores->report);
	checkpoint_close(&keeper->chores->checkpoints);
	free(keeper->chores);
	keeper->chores = NULL;
}

void chores_turn(struct keeper *keeper)
{
	struct chores *chores = keeper->chores;

	idempotency_purge(keeper);
	purge_turn(keeper);
	if (!chores)
		return;
	/* One key, one asking: who has not begun waits for the other. A report comes before what it counts
	 * may go. */
	if (!report_signing(&chores->report))
		checkpoint_turn(keeper, &chores->checkpoints, false, 0);
	report_turn(keeper, &chores->report, chores->checkpoints.signing);
	retention_turn(keeper, &chores->retention);
	rekey_turn(keeper, &chores->rekey);
}

enum cs_err chores_tell(struct keeper *keeper, const char *action, const char *reason, const char *detail)
{
	struct audit_entry entry = {
	    .time_ms = clock_now(&keeper->clock), .actor = "countersignd", .result = "done"};

	(void)snprintf(entry.action, sizeof(entry.action), "%s", action);
	(void)snprintf(entry.reason, sizeof(entry.reason), "%s", reason);
	(void)snprintf(entry.detail, sizeof(entry.detail), "%s", detail);
	enum cs_err err = audit_append(keeper->db, &entry);
	if (!err)
		keeper->audit_head = entry.sequence;
	return err;
}

/* -1 is never. */
static int64_t chores_sooner(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

int chores_wait(const struct keeper *keeper)
{
	const struct chores *chores = keeper->chores;

	if (!chores)
		return -1;
	int64_t wait =
	    chores_sooner(report_wait(keeper, &chores->report), retention_wait(keeper, &chores->retention));
	wait = chores_sooner(wait, rekey_wait(keeper, &chores->rekey));
	if (!report_signing(&chores->report))
		wait = chores_sooner(wait, checkpoint_wait(keeper, &chores->checkpoints));
	return wait > INT_MAX ? INT_MAX : (int)wait;
}

int chores_fd(const struct keeper *keeper)
{
	return keeper->chores ? audit_key_fd(keeper->chores->checkpoints.key) : -1;
}

void chores_end(struct keeper *keeper)
{
	if (keeper->chores)
		checkpoint_turn(keeper, &keeper->chores->checkpoints, true, CHORES_END_MS);
}

bool chores_key(const struct keeper *keeper, uint8_t id[CS_AUDIT_HASH_LEN], const char **pem)
{
	if (!keeper->chores)
		return false;
	audit_key_id(keeper->chores->checkpoints.key, id);
	*pem = audit_key_pem(keeper->chores->checkpoints.key);
	return true;
}
