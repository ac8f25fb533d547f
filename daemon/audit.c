/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The audit log's chain.
 */
#include "daemon/audit.h"

#include <string.h>

#include "base/secret.h"
#include "daemon/algorithm.h"
#include "daemon/db.h"
#include "daemon/seal.h"

#define AUDIT_PAGE	 1000u
#define AUDIT_START_LAST 10000u
#define AUDIT_SALTS	 64u

static struct cs_audit_entry audit_fields(const struct audit_entry *entry)
{
	struct cs_audit_entry fields = {
	    .sequence = entry->sequence,
	    .time_ms = entry->time_ms,
	    .actor = cs_view_string(entry->actor),
	    .action = cs_view_string(entry->action),
	    .user = cs_view_string(entry->user),
	    .token = cs_view_string(entry->token),
	    .result = cs_view_string(entry->result),
	    .reason = cs_view_string(entry->reason),
	    .address = cs_view_string(entry->address),
	    .detail = cs_view_string(entry->detail),
	};

	memcpy(fields.previous, entry->previous, sizeof(fields.previous));
	return fields;
}

static enum cs_err audit_digest(const struct cs_writer *w, enum cs_err err, uint8_t hash[AUDIT_HASH_LEN])
{
	return err ? err : algorithm_sha256_of(cs_writer_view(w), hash);
}

static enum cs_err audit_commit(const struct audit_entry *entry, uint8_t commitment[AUDIT_HASH_LEN])
{
	const struct cs_audit_entry fields = audit_fields(entry);
	uint8_t bytes[sizeof(struct audit_entry)];
	struct cs_writer w = CS_WRITER_OF(bytes);

	return audit_digest(&w, cs_audit_encode_personal(&fields, entry->salt, &w), commitment);
}

/* What the chain holds of an entry: its open texts and its commitment, taken as it stands. */
static enum cs_err audit_link(const struct audit_entry *entry, uint8_t hash[AUDIT_HASH_LEN])
{
	const struct cs_audit_entry fields = audit_fields(entry);
	uint8_t bytes[sizeof(struct audit_entry) + 64];
	struct cs_writer w = CS_WRITER_OF(bytes);

	return audit_digest(&w,
			    entry->format == 1 ? cs_audit_encode(&fields, &w)
					       : cs_audit_encode_open(&fields, entry->commitment, &w),
			    hash);
}

enum cs_err audit_hash(const struct audit_entry *entry, uint8_t hash[AUDIT_HASH_LEN])
{
	uint8_t commitment[AUDIT_HASH_LEN];

	if (entry->format != 1 && !entry->masked) {
		enum cs_err err = audit_commit(entry, commitment);
		if (err)
			return err;
		if (!cs_equal_ct(commitment, entry->commitment, sizeof(commitment)))
			return CS_ERR_CORRUPT;
	}
	return audit_link(entry, hash);
}

/* Salts for entries, of which i is one: for many at once, as asking takes longer than making them. */
static enum cs_err audit_salt(struct audit_entry *entries, size_t count, size_t i)
{
	uint8_t salts[AUDIT_SALTS][CS_AUDIT_SALT_LEN];
	const size_t left = count - i, wanted = left < AUDIT_SALTS ? left : AUDIT_SALTS;

	if (i % AUDIT_SALTS != 0)
		return CS_OK;
	enum cs_err err = seal_random(salts, wanted * CS_AUDIT_SALT_LEN);
	for (size_t n = 0; !err && n < wanted; n++)
		memcpy(entries[i + n].salt, salts[n], CS_AUDIT_SALT_LEN);
	cs_wipe(salts, sizeof(salts));
	return err;
}

/* A salted entry's place in the chain, and its bytes' commitment and hash. */
static enum cs_err audit_chain(struct audit_entry *entry, uint64_t sequence,
			       const uint8_t previous[AUDIT_HASH_LEN])
{
	entry->format = 2;
	entry->sequence = sequence;
	memcpy(entry->previous, previous, AUDIT_HASH_LEN);
	enum cs_err err = audit_commit(entry, entry->commitment);
	return err ? err : audit_link(entry, entry->hash);
}

enum cs_err audit_append_all(struct db *db, struct audit_entry *entries, size_t count)
{
	uint8_t previous[AUDIT_HASH_LEN];
	uint64_t head;

	if (count == 0)
		return CS_OK;
	enum cs_err err = db_audit_lock(db);
	if (!err)
		err = db_audit_head(db, &head, previous);
	for (size_t i = 0; !err && i < count; i++) {
		struct audit_entry *entry = &entries[i];
		err = audit_salt(entries, count, i);
		if (!err)
			err = audit_chain(entry, ++head, previous);
		if (!err)
			err = db_audit_append(db, entry);
		memcpy(previous, entry->hash, sizeof(previous));
	}
	return err;
}

enum cs_err audit_append(struct db *db, struct audit_entry *entry)
{
	return audit_append_all(db, entry, 1);
}

/* A walk along the chain. */
struct audit_walk {
	uint64_t sequence; /* of the entry before */
	uint8_t hash[AUDIT_HASH_LEN];
	bool anchored; /* hash is known; not so at the first entry of a walk that starts in the middle */
	enum cs_err err;
	uint64_t broken;
	uint32_t seen;
};

static void audit_walk_entry(void *ctx, const struct audit_entry *entry)
{
	struct audit_walk *walk = ctx;
	uint8_t hash[AUDIT_HASH_LEN];

	if (walk->err)
		return;
	walk->seen++;
	walk->err = audit_hash(entry, hash);
	if (!walk->err &&
	    (entry->sequence != walk->sequence + 1 || !cs_equal_ct(hash, entry->hash, sizeof(hash)) ||
	     (walk->anchored && !cs_equal_ct(walk->hash, entry->previous, sizeof(hash)))))
		walk->err = CS_ERR_CORRUPT;
	if (walk->err)
		walk->broken = walk->sequence + 1;
	walk->anchored = true;
	walk->sequence = entry->sequence;
	memcpy(walk->hash, entry->hash, AUDIT_HASH_LEN);
}

/* Where a walk from the start begins: behind what retention has taken away. Entries up to the root that are
 * there still are on their way out. */
static enum cs_err audit_walk_from(struct db *db, uint64_t after, struct audit_walk *walk)
{
	struct db_checkpoint root;
	uint64_t number;

	*walk = (struct audit_walk){.sequence = after, .anchored = after == 0};
	enum cs_err err = db_audit_root(db, &number);
	if (err || number <= after)
		return err;
	err = db_checkpoint_find(db, number, &root);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_ERR_CORRUPT : err;
	*walk = (struct audit_walk){.sequence = number, .anchored = true};
	memcpy(walk->hash, root.hash, sizeof(walk->hash));
	return CS_OK;
}

enum cs_err audit_check(struct db *db, uint64_t after, uint64_t *last, uint64_t *broken)
{
	struct audit_walk walk;

	enum cs_err err = audit_walk_from(db, after, &walk);
	if (err) {
		*broken = after + 1;
		return err;
	}
	do {
		walk.seen = 0;
		err = db_audit_list(db, walk.sequence, AUDIT_PAGE, audit_walk_entry, &walk);
		if (err)
			return err;
	} while (!walk.err && walk.seen == AUDIT_PAGE);
	if (walk.err)
		*broken = walk.broken;
	else
		*last = walk.sequence;
	return walk.err;
}

enum cs_err audit_check_head(struct db *db, uint64_t *last, uint64_t *broken)
{
	uint8_t hash[AUDIT_HASH_LEN];
	uint64_t head;

	enum cs_err err = db_audit_head(db, &head, hash);
	if (err)
		return err;
	return audit_check(db, head > AUDIT_START_LAST ? head - AUDIT_START_LAST : 0, last, broken);
}
