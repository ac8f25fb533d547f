/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Requests that wait for Argon2id. The first time that a request needs one, it is called off (CALL_WAITS): it
 * undoes what it has written, its answer is left out of the batch, and its ticket goes to the workers when
 * the batch has been committed. When it comes back it is run again from its beginning, and finds what was
 * computed by what it was computed of. So it is decided by what the database says then, in one transaction
 * with its attempt and its audit entry, as any other request.
 *
 *   run --wants Argon2id--> called off --commit--> computed --next batch--> run again --> answered
 *
 * Invariants:
 *  1. A request that is called off leaves nothing in the transaction, and is neither counted nor audited.
 *  2. What was computed counts only for the same stored value and the same password.
 */
#include <string.h>

#include "base/secret.h"
#include "daemon/client_address.h"
#include "daemon/keeper_call.h"

static bool wait_is(const struct hash_work *work, bool make, struct cs_view stored, struct cs_view password)
{
	return work->make == make &&
	       (make || cs_view_equal(cs_view(work->stored, work->stored_len), stored)) &&
	       work->password_len == password.len &&
	       CS_PUBLIC(cs_equal_ct(work->password, password.ptr, password.len));
}

static void wait_fill(struct call *call, struct hash_work *work, bool make, struct cs_view stored,
		      struct cs_view password)
{
	*work = (struct hash_work){
	    .make = make, .cost = call->keeper->cost, .stored_len = stored.len, .password_len = password.len};
	if (stored.len)
		memcpy(work->stored, stored.ptr, stored.len);
	if (password.len)
		memcpy(work->password, password.ptr, password.len);
}

/* What was computed already. NULL: nothing of the kind. */
static struct hash_work *wait_known(const struct call *call, bool make, struct cs_view stored,
				    struct cs_view password)
{
	struct hash_ticket *ticket = call->ticket;

	for (unsigned i = 0; ticket && i < ticket->computed; i++)
		if (wait_is(&ticket->work[i], make, stored, password))
			return &ticket->work[i];
	return NULL;
}

/* FNV-1a, as nothing hangs on it but who waits for whom. */
static void wait_mix(uint64_t *group, struct cs_view bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		*group = (*group ^ bytes.ptr[i]) * 1099511628211u;
}

/* Who asks, and for which client: one that counts, so that nobody is many. */
static uint64_t wait_group(const struct call *call)
{
	char client[CLIENT_ADDRESS_MAX];
	uint64_t group = 14695981039346656037u;

	wait_mix(&group, cs_view_string(call->audit.actor)); /* by credential, token or certificate */
	if (client_address(ipc_field(call->request, IPC_TAG_CLIENT), client) && client_address_counts(client))
		wait_mix(&group, cs_view_string(client));
	return group;
}

/* Has it computed. Where no place is free, or the request has had its share, call->ticket wants nothing, and
 * the caller hears that it is too much at the moment. */
static enum cs_err wait_ask(struct call *call, bool make, struct cs_view stored, struct cs_view password)
{
	struct hash_pool *pool = call->keeper->pool;

	if (!call->ticket)
		call->ticket = hash_pool_take(pool, call->asked, wait_group(call));
	if (call->ticket && call->ticket->computed < HASH_WORK_MAX) {
		wait_fill(call, &call->ticket->work[call->ticket->computed], make, stored, password);
		call->ticket->wants = true;
	}
	return CALL_WAITS;
}

/* The work, computed. CALL_WAITS, or as it came out. */
static enum cs_err wait_for(struct call *call, bool make, struct cs_view stored, struct cs_view password,
			    struct hash_work *out)
{
	if (password.len > PASSWORD_MAX || stored.len > PASSWORD_STORED_LEN)
		return CS_ERR_LENGTH;
	const struct hash_work *known = wait_known(call, make, stored, password);
	if (!known && call->keeper->pool)
		return wait_ask(call, make, stored, password);
	if (known) {
		*out = *known;
	} else {
		wait_fill(call, out, make, stored, password);
		hash_work_compute(call->keeper->password_secret, out);
	}
	return out->err;
}

enum cs_err call_password_ready(struct call *call, struct cs_view stored, struct cs_view password)
{
	if (!call->keeper->pool || wait_known(call, false, stored, password))
		return CS_OK;
	return wait_ask(call, false, stored, password);
}

enum cs_err call_password_matches(struct call *call, struct cs_view stored, struct cs_view password,
				  bool *same)
{
	struct hash_work work;

	enum cs_err err = wait_for(call, false, stored, password, &work);
	if (!err)
		*same = work.same;
	call->keeper->metrics.passwords += err != CALL_WAITS;
	cs_wipe(&work, sizeof(work));
	return err;
}

enum cs_err call_password_store(struct call *call, struct cs_view password, uint8_t out[PASSWORD_STORED_LEN])
{
	struct hash_work work;

	enum cs_err err = wait_for(call, true, CS_VIEW_EMPTY, password, &work);
	if (!err)
		memcpy(out, work.stored, PASSWORD_STORED_LEN);
	cs_wipe(&work, sizeof(work));
	return err;
}

/* ---- a batch's tickets ---- */

void wait_begin(struct keeper *keeper, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct hash_ticket *ticket = keeper->tickets[i];
		if (!ticket)
			continue;
		ticket->wants = false;
		if (ticket->fresh) {
			hash_pool_release(keeper->pool, ticket);
			keeper->tickets[i] = NULL;
		}
	}
}

void wait_end(struct keeper *keeper, size_t count, bool committed)
{
	for (size_t i = 0; i < count; i++) {
		struct hash_ticket *ticket = keeper->tickets[i];
		keeper->tickets[i] = NULL;
		if (ticket && committed && ticket->wants)
			hash_pool_submit(keeper->pool, ticket);
		else if (ticket)
			hash_pool_release(keeper->pool, ticket);
	}
}
