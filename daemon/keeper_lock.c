/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a transaction holds against other daemons on the same PostgreSQL, before it looks at anything: one
 * lock for each user, client address and Idempotency-Key that its requests name, taken in the locks' order by
 * one statement. So no two transactions wait for each other both ways, and what is decided about a user is
 * decided one after the other. Users share locks by chance (KEEPER_LOCKS of them for all): that costs a
 * little time, and keeps the server's table of locks small. Who is named by a token's identifier is not here,
 * and who is named by an alias is under that name alone; a user's row is locked whenever it is read, by
 * whatever name, and that is what has it decided one after the other then. These locks have no order: of two
 * transactions that wait for each other the server ends one, which is tried again.
 *
 * Whoever enrols shares a lock with all others who do; the commit of a file of tokens, which looks for the
 * seeds and users of all its rows, has it alone. Verifying takes no part in that.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/client_address.h"
#include "daemon/keeper_call.h"
#include "daemon/name.h"

/* FNV-1a: the same in every daemon. */
static unsigned lock_of(unsigned kind, struct cs_view text)
{
	uint32_t hash = (0x811C9DC5u ^ kind) * 0x01000193u;

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ text.ptr[i]) * 0x01000193u;
	return (hash ^ hash >> 16) % KEEPER_LOCKS;
}

/* The client's lock goes by what is counted: one host has many texts, and what is no address is refused. */
static bool lock_of_client(struct cs_view client, unsigned *out)
{
	char address[CLIENT_ADDRESS_MAX];

	if (!client_address(client, address) || !client_address_counts(address))
		return false;
	*out = lock_of(1, cs_view_string(address));
	return true;
}

size_t keeper_lock_numbers(const struct ipc_request *requests, size_t count, char list[KEEPER_LOCK_LIST])
{
	bool wanted[KEEPER_LOCKS] = {false};
	char name[DB_USER_SIZE];
	size_t len = 0;
	unsigned client;

	for (size_t i = 0; i < count; i++) {
		if (!name_canonical(ipc_field(&requests[i], IPC_TAG_USER), sizeof(name) - 1, name))
			wanted[lock_of(0, cs_view_string(name))] = true;
		const struct cs_view key = ipc_field(&requests[i], IPC_TAG_IDEMPOTENCY);
		if (key.len)
			wanted[lock_of(4, key)] = true;
		if (lock_of_client(ipc_field(&requests[i], IPC_TAG_CLIENT), &client))
			wanted[client] = true;
	}
	for (unsigned i = 0; i < KEEPER_LOCKS; i++)
		if (wanted[i])
			len +=
			    (size_t)snprintf(list + len, KEEPER_LOCK_LIST - len, "%c%u", len ? ',' : '{', i);
	(void)snprintf(list + len, KEEPER_LOCK_LIST - len, len ? "}" : "");
	return len;
}

enum cs_err keeper_lock(struct keeper *keeper, const struct ipc_request *requests, size_t count)
{
	char list[KEEPER_LOCK_LIST];

	if (!keeper->shared || !keeper_lock_numbers(requests, count, list))
		return CS_OK;
	return db_lock(keeper->db, list);
}

enum cs_err keeper_lock_staff(struct keeper *keeper)
{
	char list[16];

	if (!keeper->shared)
		return CS_OK;
	(void)snprintf(list, sizeof(list), "{%u}", lock_of(3, CS_VIEW_TEXT("staff")));
	return db_lock(keeper->db, list);
}

enum cs_err keeper_lock_seed(struct keeper *keeper, struct cs_view fingerprint)
{
	char list[16];

	if (!keeper->shared)
		return CS_OK;
	(void)snprintf(list, sizeof(list), "{%u}", lock_of(2, fingerprint));
	/* A batch waits for the commit of a file once. */
	enum cs_err err = keeper->held_off ? CS_ERR_TIMEOUT : db_enrolments_lock(keeper->db);
	keeper->held_off += err == CS_ERR_TIMEOUT;
	if (!err)
		err = db_lock(keeper->db, list);
	return err ? err : db_token_hold(keeper->db, fingerprint);
}

enum cs_err keeper_lock_enrolments(struct keeper *keeper)
{
	return keeper->shared ? db_enrolments_stop(keeper->db) : CS_OK;
}
