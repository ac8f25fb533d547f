/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What keeper does besides answering.
 */
#include "daemon/chores.h"

#include <limits.h>
#include <stdlib.h>

#include "daemon/checkpoint.h"
#include "daemon/retention.h"

#define CHORES_END_MS 5000

struct chores {
	struct checkpoint_maker checkpoints;
	struct retention retention;
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
	retention_open(keeper, config, &chores->retention);
	keeper->chores = chores;
	return CS_OK;
}

void chores_close(struct keeper *keeper)
{
	if (!keeper->chores)
		return;
	checkpoint_close(&keeper->chores->checkpoints);
	free(keeper->chores);
	keeper->chores = NULL;
}

void chores_turn(struct keeper *keeper)
{
	if (!keeper->chores)
		return;
	checkpoint_turn(keeper, &keeper->chores->checkpoints, false, 0);
	retention_turn(keeper, &keeper->chores->retention);
}

int chores_wait(const struct keeper *keeper)
{
	if (!keeper->chores)
		return -1;
	const int64_t next = checkpoint_wait(keeper, &keeper->chores->checkpoints);
	const int64_t night = retention_wait(keeper, &keeper->chores->retention);
	const int64_t wait = next >= 0 && next < night ? next : night;
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
