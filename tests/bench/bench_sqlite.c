/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The floor below the daemon's verifications: a program that does nothing but write the rows of as many
 * decisions into a database that the daemon made, GROUP of them in each transaction, by the daemon's own
 * statements and with its own settings of SQLite (a write-ahead log, synchronous=FULL).
 *
 *   bench_sqlite DATABASE GROUP COUNT      prints one JSON object
 *
 * A decision writes the user's budget twice (an attempt is claimed, and given back by success), the token's
 * counter, and an entry of the audit log. Nothing is read, parsed, authorised, opened, computed, hashed or
 * answered here: what the daemon does besides is what it is measured for. The log is not chained, so the
 * database is of no use afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "daemon/db.h"

#define TOKENS 1024u
#define PAGE   128u

struct floor {
	struct db *db;
	struct db_token tokens[TOKENS];
	size_t count;
	uint64_t sequence; /* of the log's last entry */
};

static void die(const struct floor *floor, const char *what, enum cs_err err)
{
	(void)fprintf(stderr, "bench_sqlite: %s: %s (%s)\n", what, cs_err_text(err),
		      floor->db ? db_error_text(floor->db) : "no database");
	exit(2);
}

static void floor_token(void *ctx, const struct db_token *token)
{
	struct floor *floor = ctx;

	if (floor->count < TOKENS)
		floor->tokens[floor->count++] = *token;
}

/* The tokens, in the order of their names, which are random. */
static void floor_load(struct floor *floor, const char *path)
{
	uint8_t head[AUDIT_HASH_LEN];
	size_t before;

	enum cs_err err = db_open(path, &floor->db);
	if (!err)
		err = db_audit_head(floor->db, &floor->sequence, head);
	do {
		before = floor->count;
		const char *after = before ? floor->tokens[before - 1].id : "";
		if (!err)
			err = db_token_list(floor->db, NULL, after, PAGE, floor_token, floor);
	} while (!err && floor->count > before && floor->count < TOKENS);
	if (!err && !floor->count)
		err = CS_ERR_NOT_FOUND;
	if (err)
		die(floor, path, err);
}

/* An entry as long as the daemon's. */
static enum cs_err floor_audit(struct floor *floor, const struct db_token *token)
{
	struct audit_entry entry = {.format = 2,
				    .sequence = ++floor->sequence,
				    .time_ms = (uint64_t)time(NULL) * 1000,
				    .actor = "application:bench",
				    .action = "otp_verify",
				    .result = "accepted",
				    .address = "127.0.0.1"};

	(void)snprintf(entry.user, sizeof(entry.user), "%s", token->user);
	(void)snprintf(entry.token, sizeof(entry.token), "%s", token->id);
	(void)snprintf(entry.detail, sizeof(entry.detail), "attempt 1 of 5, position %llu",
		       (unsigned long long)token->next);
	for (size_t i = 0; i < AUDIT_HASH_LEN; i++)
		entry.hash[i] = entry.previous[i] = entry.commitment[i] =
		    (uint8_t)(floor->sequence >> (i % 8));
	return db_audit_append(floor->db, &entry);
}

static enum cs_err floor_decision(struct floor *floor, struct db_token *token)
{
	static const struct budget none;
	const struct budget claimed = {.failures = 1, .last = (uint64_t)time(NULL)};
	const struct verify_decision decision = {
	    .outcome = VERIFY_ACCEPTED, .at = token->next, .next = token->next + 1};

	enum cs_err err = db_user_budget(floor->db, token->user_id, &none, &claimed);
	if (!err)
		err = db_token_accept(floor->db, token->id, &decision);
	if (!err)
		err = db_user_budget(floor->db, token->user_id, &claimed, &none);
	if (!err)
		err = floor_audit(floor, token);
	token->next++;
	return err;
}

static void floor_run(struct floor *floor, size_t group, size_t count)
{
	enum cs_err err = CS_OK;

	for (size_t done = 0; !err && done < count;) {
		err = db_begin(floor->db);
		for (size_t i = 0; !err && i < group; i++)
			err = floor_decision(floor, &floor->tokens[done++ % floor->count]);
		if (!err)
			err = db_commit(floor->db);
	}
	if (err)
		die(floor, "a transaction", err);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Processor time of this process. */
static double busy(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
	       (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	static struct floor floor;

	if (argc != 4)
		die(&floor, "usage: bench_sqlite DATABASE GROUP COUNT", CS_ERR_ARG);
	const size_t group = strtoul(argv[2], NULL, 10);
	size_t count = strtoul(argv[3], NULL, 10);
	if (group == 0 || count < group)
		die(&floor, argv[2], CS_ERR_ARG);
	count -= count % group;
	floor_load(&floor, argv[1]);
	const double began = now(), busy_before = busy();
	floor_run(&floor, group, count);
	const double seconds = now() - began;
	(void)printf(
	    "{\"group\":%zu,\"count\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,\"processor_us\":%.1f}\n",
	    group, count, seconds, (double)count / seconds, (busy() - busy_before) * 1e6 / (double)count);
	db_close(floor.db);
	return 0;
}
