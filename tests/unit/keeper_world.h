/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A keeper on a database of its own and a clock that the test moves, and how tests ask it.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_KEEPER_WORLD_H
#define COUNTERSIGN_TESTS_UNIT_KEEPER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/daemon.h"
#include "daemon/db_sql.h"
#include "daemon/init.h"
#include "daemon/keeper.h"
#include "tests/unit/base_hmac.h"
#include "tests/unit/database.h"

#define T0 1800000000u

extern const bool on_sqlite, on_postgresql;

struct world {
	struct database database;
	struct config config;
	struct keeper keeper;
	uint64_t now;
	char admin[64], application[64];
	uint8_t out[8u * 1024u * 1024u];
	uint16_t status;
	char body[65536];
};
extern struct world world;

extern const uint8_t seed[21]; /* RFC 4226's, with a NUL */

/* A group's setup, for the database that state points to (on_sqlite, on_postgresql), and its end. The cost of
 * Argon2id is the least there is. */
int world_make(void **state);
int world_end(void **state);
/* Opens world.keeper, after keeper_close; and a second daemon beside it. */
void world_open(void);
void world_open_beside(struct keeper *keeper);

#define IN_SQLITE(test)                                                                                      \
	{                                                                                                    \
		#test, test, world_make, world_end, (void *)(uintptr_t)&on_sqlite                            \
	}
#define IN_POSTGRESQL(test)                                                                                  \
	{                                                                                                    \
		#test "_on_postgresql", test, world_make, world_end, (void *)(uintptr_t)&on_postgresql       \
	}
#define IN_WORLD(test) IN_SQLITE(test), IN_POSTGRESQL(test)

struct ipc_request ask(enum ipc_op op, const char *credential);
void with(struct ipc_request *request, enum ipc_tag tag, const char *text);
/* The field as a big-endian number of len bytes, in storage that lives as long as the program. */
void with_number(struct ipc_request *request, enum ipc_tag tag, uint64_t number, size_t len);

/* Runs a batch; the replies come back in order in world.out, from world.keeper or the one given. */
struct cs_view run(struct ipc_request *requests, size_t count);
struct cs_view run_in(struct keeper *keeper, struct ipc_request *requests, size_t count);
struct ipc_reply next_reply(struct cs_view *replies);
/* One request; its body is world.body then. */
uint16_t one(struct ipc_request *request);

/* The value of a text member of the last body. */
void member(const char *name, char *out, size_t cap);
void says(const char *part);

void verify(const char *user, const char *code);
void require_verified(const char *user, const char *code);
void require_wrong(const char *user, const char *code);
void require_locked(const char *user, const char *code);
void take_last_audit(struct audit_entry *out);
void require_last_audit(const char *action, const char *result, const char *reason);

/* What the world's keeper has done, and has since: what somebody could tell from the time that an answer takes. */
struct work {
	uint64_t codes, hmacs, passwords, audited, commits;
};
struct work work_now(void);
struct work work_since(const struct work *before);
void require_same_work(const struct work *one, const struct work *other);

uint16_t give_alias(const char *user, const char *alias);
/* How many rows a table of the database has. */
void require_rows(const char *table, unsigned count);

uint16_t enrol(const char *user, const char *type, char id[32]);
uint16_t enrol_seed(const char *user, const char *type, struct cs_view secret, char id[32]);
uint16_t on_token(enum ipc_op op, const char *id);
uint16_t resync(const char *id, const char *code, const char *code2);
uint16_t staff(enum ipc_op op, const char *credential, const char *name, const char *role, const char *approval);
/* By the world's administrator, while he is the only one. */
void hire(const char *name, const char *role, char credential[64]);
uint16_t on_approval(enum ipc_op op, const char *credential, const char *approval);
/* What the world's administrator does after the other one, whose credential it is, has approved: an operation without
 * further fields. */
uint16_t approved(enum ipc_op op, const char *other);
/* The code of the seed at a position. */
const char *code_at(uint64_t position, char text[CS_OATH_CODE_MAX]);
const char *code_of(struct cs_view secret, uint64_t position, char text[CS_OATH_CODE_MAX]);

#endif
