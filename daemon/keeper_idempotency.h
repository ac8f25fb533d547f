/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Idempotency-Key of a request (draft-ietf-httpapi-idempotency-key-header): who does not know whether his call took
 * effect sends it again with the same key, and hears what was decided the first time.
 *
 *  1. The answer is kept in the transaction of the decision: both are there, or neither.
 *  2. A key is one caller's. With the same request it yields the answer kept; with another one, 422, and nothing is done.
 *  3. Who comes while the first one is under way, be it in another daemon, waits for it (keeper_lock.c) and hears its
 *     answer: nobody has to be told to come again (409).
 *  4. What was kept is sealed, as answers may hold seeds and credentials, together with a digest of the request. It is
 *     kept for a day, and then goes within the hour, whoever calls or does not. Seeds that were exported are not kept: with
 *     the same key again their approval is spent.
 *     One longer than 8 KiB is not: of what changes something only an import's and an export's may be, and these say by
 *     themselves where they stand.
 *  5. Whether the caller may, is asked each time; a refusal for that, what could not be done (503), and what was done in part,
 *     and is to be asked again, is not kept.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_IDEMPOTENCY_H
#define COUNTERSIGN_DAEMON_KEEPER_IDEMPOTENCY_H

#include "daemon/keeper_call.h"

#define IDEMPOTENCY_DIGEST_LEN 32u

/* Of a request without what is about its caller: SHA-256 of its operation's name, and of each field's name, length (u16)
 * and bytes, in the order of the fields' names; a NUL ends each name. No number of a field is in it, so that a version which
 * numbers them otherwise knows what an older one has kept. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err idempotency_digest(const struct ipc_request *request, uint8_t out[IDEMPOTENCY_DIGEST_LEN]);

/* Whether the call has been answered, from what was kept or with a refusal. One without a key has not. */
CS_MUST_CHECK enum cs_err idempotency_find(struct call *call, bool *answered);
/* Keeps the answer, where the call has a key and the answer is a decision. */
CS_MUST_CHECK enum cs_err idempotency_keep(struct call *call);
/* Once an hour, in a transaction of its own: what is too old goes. What fails, or has no database, is done the next time. */
void idempotency_purge(struct keeper *keeper);

#endif
