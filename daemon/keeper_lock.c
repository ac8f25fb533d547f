/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a transaction holds against other daemons on the same PostgreSQL, before it looks at anything: one
 * lock for each user and each client address that its requests name, taken in the locks' order by one
 * statement. So no two transactions wait for each other both ways, and what is decided about a user is
 * decided one after the other. Users share locks by chance (KEEPER_LOCKS of them for all): that costs a
 * little time, and keeps the server's table of locks small. Who is named by a token's identifier alone is not
 * here; his rows are locked when they are read.
 */
#include <stdio.h>

#include "daemon/keeper_call.h"
#include "daemon/name.h"

#define KEEPER_LOCKS 1024u

/* FNV-1a: the same in every daemon. */
static unsigned lock_of(unsigned kind, struct cs_view text)
{
	uint32_t hash = (0x811C9DC5u ^ kind) * 0x01000193u;

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ text.ptr[i]) * 0x01000193u;
	return (hash ^ hash >> 16) % KEEPER_LOCKS;
}

enum cs_err keeper_lock(struct keeper *keeper, const struct ipc_request *requests, size_t count)
{
	bool wanted[KEEPER_LOCKS] = {false};
	char list[KEEPER_LOCKS * 5 + 8], name[DB_USER_SIZE];
	size_t len = 0;

	if (!keeper->shared)
		return CS_OK;
	for (size_t i = 0; i < count; i++) {
		const struct cs_view client = ipc_field(&requests[i], IPC_TAG_CLIENT);
		if (!name_canonical(ipc_field(&requests[i], IPC_TAG_USER), sizeof(name) - 1, name))
			wanted[lock_of(0, cs_view_string(name))] = true;
		if (client.len)
			wanted[lock_of(1, client)] = true;
	}
	for (unsigned i = 0; i < KEEPER_LOCKS; i++)
		if (wanted[i])
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%c%u", len ? ',' : '{', i);
	if (!len)
		return CS_OK;
	(void)snprintf(list + len, sizeof(list) - len, "}");
	return db_lock(keeper->db, list);
}

enum cs_err keeper_lock_seed(struct keeper *keeper, struct cs_view fingerprint)
{
	char list[16];

	if (!keeper->shared)
		return CS_OK;
	(void)snprintf(list, sizeof(list), "{%u}", lock_of(2, fingerprint));
	return db_lock(keeper->db, list);
}
