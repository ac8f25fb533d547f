/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How keeper begins: with all that it works with, or, where there is no database, with what a break-glass
 * code takes.
 */
#include <stdio.h>

#include "daemon/chores.h"
#include "daemon/keeper_emergency.h"
#include "daemon/log.h"

/* Says in the audit log that this keeper serves from now on. Where a file takes no entry, as its disk is
 * full, keeper serves what it still can, and says it later. */
static enum cs_err start_announce(struct keeper *keeper)
{
	keeper->start_due = true;
	enum cs_err err = keeper_recover(keeper);
	if (!err)
		return CS_OK;
	log_line(LOG_LEVEL_ERROR, "the audit log takes no entry: %s (%s)", cs_err_text(err),
		 db_error_text(keeper->db));
	if (keeper->shared || (err != CS_ERR_FULL && err != CS_ERR_IO))
		return err;
	keeper->failing = true;
	return CS_OK;
}

/* The rest of what was opened: what the database does besides, its first entry. gone: as keeper's. */
static enum cs_err start_rest(const struct config *config, struct keeper *keeper, bool *gone,
			      char error[CONFIG_ERROR_MAX])
{
	bool announced = false;

	keeper_break_glass_open(keeper);
	enum cs_err err = chores_open(keeper, config, error);
	if (!err) {
		err = start_announce(keeper);
		announced = true;
	}
	if (!err)
		return CS_OK;
	*gone = db_failed(keeper->db, err);
	keeper_close(keeper);
	if (!announced)
		return err;
	(void)snprintf(error, CONFIG_ERROR_MAX, "database %s takes no changes", db_place(config->database));
	return db_is_file(config->database) ? err : CS_ERR_IO;
}

enum cs_err keeper_start(const struct config *config, struct clock clock, struct keeper *out)
{
	static char error[CONFIG_ERROR_MAX], ignored[CONFIG_ERROR_MAX];

	enum cs_err err = keeper_open(config, clock, out, error);
	bool gone = out->gone;
	if (!err)
		err = start_rest(config, out, &gone, error);
	if (!err)
		return CS_OK;
	log_line(LOG_LEVEL_ERROR, "%s", error);
	if (!gone)
		return err;
	enum cs_err without = keeper_open_emergency(config, clock, out, ignored);
	if (without)
		return without == CS_ERR_BUSY ? without : err;
	log_event(LOG_LEVEL_ERROR, "database_fails",
		  "there is no database: nothing but break-glass codes is accepted");
	return CS_OK;
}
