/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Checkpoints of the audit log.
 */
#include "daemon/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "daemon/file.h"
#include "daemon/log.h"

#define CHECKPOINT_RETRY_MS 60000u
#define CHECKPOINT_EXPORTS  64u /* in one turn */

/* ---- opening ---- */

__attribute__((format(printf, 3, 4))) static enum cs_err
checkpoint_error(char error[CONFIG_ERROR_MAX], enum cs_err err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
	return err;
}

/* DIRECTORY/NAME, or false where that is too long. */
__attribute__((format(printf, 3, 4))) static bool
checkpoint_path(const struct checkpoint_maker *maker, char path[PATH_MAX], const char *format, ...)
{
	va_list ap;
	int len = snprintf(path, PATH_MAX, "%s/", maker->directory);

	if (len < 0 || len >= PATH_MAX)
		return false;
	va_start(ap, format);
	int name = vsnprintf(path + len, (size_t)(PATH_MAX - len), format, ap);
	va_end(ap);
	return name >= 0 && name < PATH_MAX - len;
}

static void checkpoint_export_failed(struct checkpoint_maker *maker, enum cs_err err)
{
	if (!maker->export_fails)
		log_line(LOG_LEVEL_ERROR,
			 "%s: checkpoints of the audit log are not exported: %s; trying again",
			 maker->directory, cs_err_text(err));
	maker->export_fails = true;
}

/* What is there already is the same: the name says what is in it. */
static enum cs_err checkpoint_file(const char *path, struct cs_view contents)
{
	enum cs_err err = file_create(path, 0644, contents);

	return err == CS_ERR_EXISTS ? CS_OK : err;
}

static enum cs_err checkpoint_export_key(const struct checkpoint_maker *maker)
{
	char path[PATH_MAX], hex[2 * CS_AUDIT_HASH_LEN + 1];
	uint8_t id[CS_AUDIT_HASH_LEN];

	audit_key_id(maker->key, id);
	cs_hex_encode(CS_VIEW_OF(id), hex);
	if (!checkpoint_path(maker, path, "key-%.16s.pem", hex))
		return CS_ERR_LENGTH;
	return checkpoint_file(path, cs_view_string(audit_key_pem(maker->key)));
}

enum cs_err checkpoint_open(struct keeper *keeper, const struct config *config, struct checkpoint_maker *out,
			    char error[CONFIG_ERROR_MAX])
{
	uint8_t hash[AUDIT_HASH_LEN];

	memset(out, 0, sizeof(*out));
	out->every_entries = config->checkpoint_entries;
	out->every_ms = (uint64_t)config->checkpoint_minutes * 60000;
	memcpy(out->directory, config->checkpoint_directory, sizeof(out->directory));
	out->held = true;
	enum cs_err err = audit_key_open(config, &out->key, error);
	if (err)
		return err;
	err = db_installation(keeper->db, out->installation);
	if (!err)
		err = db_checkpoint_last(keeper->db, &out->last);
	if (!err || err == CS_ERR_NOT_FOUND)
		err = db_audit_head(keeper->db, &keeper->audit_head, hash);
	if (err) {
		checkpoint_close(out);
		return checkpoint_error(error, err, "checkpoints of the audit log: %s", cs_err_text(err));
	}
	if (mkdir(out->directory, 0755) != 0 && errno != EEXIST)
		checkpoint_export_failed(out, errno == ENOENT ? CS_ERR_NOT_FOUND : CS_ERR_IO);
	else if ((err = checkpoint_export_key(out)) != CS_OK)
		checkpoint_export_failed(out, err);
	return CS_OK;
}

void checkpoint_close(struct checkpoint_maker *maker)
{
	audit_key_free(maker->key);
	memset(maker, 0, sizeof(*maker));
}

/* ---- exporting ---- */

struct checkpoint_export {
	const struct checkpoint_maker *maker;
	uint64_t done[CHECKPOINT_EXPORTS];
	size_t count;
	enum cs_err err;
};

static void checkpoint_export_one(void *ctx, const struct db_checkpoint *checkpoint)
{
	struct checkpoint_export *run = ctx;
	char path[PATH_MAX], hex[2 * AUDIT_HASH_LEN + 1];

	if (run->err)
		return;
	cs_hex_encode(CS_VIEW_OF(checkpoint->hash), hex);
	if (!checkpoint_path(run->maker, path, "checkpoint-%012" PRIu64 "-%.8s.sig", checkpoint->sequence,
			     hex))
		run->err = CS_ERR_LENGTH;
	if (!run->err)
		run->err = checkpoint_file(path, cs_view(checkpoint->signature, checkpoint->signature_len));
	memcpy(path + strlen(path) - 3, "txt", 3);
	if (!run->err)
		run->err = checkpoint_file(path, cs_view_string(checkpoint->text));
	if (!run->err)
		run->done[run->count++] = checkpoint->sequence;
}

static enum cs_err checkpoint_export_marks(struct db *db, const struct checkpoint_export *run)
{
	enum cs_err err = db_begin(db);

	for (size_t i = 0; !err && i < run->count; i++)
		err = db_checkpoint_exported(db, run->done[i]);
	if (!err)
		err = db_commit(db);
	if (err)
		db_rollback(db);
	return err;
}

static void checkpoint_export(struct keeper *keeper, struct checkpoint_maker *maker, uint64_t now)
{
	struct checkpoint_export run = {.maker = maker};

	run.err = checkpoint_export_key(maker);
	enum cs_err err =
	    run.err ? run.err
		    : db_checkpoint_held(keeper->db, CHECKPOINT_EXPORTS, checkpoint_export_one, &run);
	if (!err)
		err = run.err;
	if (run.count) {
		enum cs_err marked = checkpoint_export_marks(keeper->db, &run);
		err = err ? err : marked;
	}
	if (err) {
		checkpoint_export_failed(maker, err);
		maker->export_not_before_ms = now + CHECKPOINT_RETRY_MS;
		return;
	}
	if (maker->export_fails)
		log_line(LOG_LEVEL_NOTICE, "%s: checkpoints are exported again", maker->directory);
	maker->export_fails = false;
	maker->held = run.count == CHECKPOINT_EXPORTS;
}

/* ---- making ---- */

static bool checkpoint_due(const struct keeper *keeper, const struct checkpoint_maker *maker, uint64_t now)
{
	if (keeper->audit_head <= maker->last.sequence)
		return false;
	/* A clock that went back has made the last one's time worthless. */
	return keeper->audit_head - maker->last.sequence >= maker->every_entries ||
	       now < maker->last.time_ms || now - maker->last.time_ms >= maker->every_ms;
}

/* Reads the head and asks for its signature; another daemon may have been first. */
static enum cs_err checkpoint_begin(struct keeper *keeper, struct checkpoint_maker *maker, uint64_t now,
				    bool final)
{
	struct cs_checkpoint fields = {.time_ms = now};
	struct cs_writer w = cs_writer_of(maker->next.text, CS_CHECKPOINT_TEXT_MAX);

	enum cs_err err = db_checkpoint_last(keeper->db, &maker->last);
	if (!err || err == CS_ERR_NOT_FOUND)
		err = db_audit_head(keeper->db, &keeper->audit_head, maker->next.hash);
	if (err)
		return err;
	if (keeper->audit_head <= maker->last.sequence || (!final && !checkpoint_due(keeper, maker, now)))
		return CS_OK;
	maker->next.sequence = fields.sequence = keeper->audit_head;
	maker->next.time_ms = now;
	memcpy(fields.hash, maker->next.hash, sizeof(fields.hash));
	memcpy(fields.installation, maker->installation, sizeof(fields.installation));
	audit_key_id(maker->key, fields.key);
	err = cs_checkpoint_write(&fields, &w);
	if (err)
		return err;
	maker->next.text[cs_writer_view(&w).len] = '\0';
	err = audit_key_ask(maker->key, cs_writer_view(&w));
	maker->signing = !err;
	return err;
}

static enum cs_err checkpoint_store(struct keeper *keeper, struct checkpoint_maker *maker)
{
	enum cs_err err = db_begin(keeper->db);

	if (!err)
		err = db_checkpoint_add(keeper->db, &maker->next);
	if (!err)
		err = db_commit(keeper->db);
	if (err) {
		db_rollback(keeper->db);
		return err;
	}
	maker->last = maker->next;
	maker->held = true;
	keeper->metrics.checkpoints++;
	return CS_OK;
}

/* CS_ERR_BUSY: the key has not answered yet. */
static enum cs_err checkpoint_finish(struct keeper *keeper, struct checkpoint_maker *maker, int wait_ms)
{
	enum cs_err err =
	    audit_key_take(maker->key, wait_ms, maker->next.signature, &maker->next.signature_len);

	if (err == CS_ERR_BUSY)
		return err;
	maker->signing = false;
	return err ? err : checkpoint_store(keeper, maker);
}

static void checkpoint_failed(struct checkpoint_maker *maker, enum cs_err err, uint64_t now)
{
	log_line(LOG_LEVEL_ERROR, "no checkpoint of the audit log: %s; trying again in a minute",
		 cs_err_text(err));
	maker->not_before_ms = now + CHECKPOINT_RETRY_MS;
}

void checkpoint_turn(struct keeper *keeper, struct checkpoint_maker *maker, bool final, int wait_ms)
{
	const uint64_t now = clock_now(&keeper->clock);
	enum cs_err err = CS_OK;

	if (maker->signing)
		err = checkpoint_finish(keeper, maker, wait_ms);
	if (!err && (final || (checkpoint_due(keeper, maker, now) && now >= maker->not_before_ms))) {
		err = checkpoint_begin(keeper, maker, now, final);
		if (!err && maker->signing)
			err = checkpoint_finish(keeper, maker, wait_ms);
	}
	if (err && err != CS_ERR_BUSY)
		checkpoint_failed(maker, err, now);
	if (maker->held && (final || now >= maker->export_not_before_ms))
		checkpoint_export(keeper, maker, now);
}

int64_t checkpoint_wait(const struct keeper *keeper, const struct checkpoint_maker *maker)
{
	const uint64_t now = clock_now(&keeper->clock);
	uint64_t at = UINT64_MAX;

	if (!maker->signing && keeper->audit_head > maker->last.sequence) {
		at = checkpoint_due(keeper, maker, now) ? now : maker->last.time_ms + maker->every_ms;
		if (at < maker->not_before_ms)
			at = maker->not_before_ms;
	}
	if (maker->held && maker->export_not_before_ms < at)
		at = maker->export_not_before_ms;
	return at == UINT64_MAX ? -1 : at > now ? (int64_t)(at - now) : 0;
}
