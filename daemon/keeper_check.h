/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A code against a user's tokens, as every operation has it that takes one: what the database knows goes into
 * decide.h, and what comes out of it is stored, guarded.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_CHECK_H
#define COUNTERSIGN_DAEMON_KEEPER_CHECK_H

#include "daemon/decide.h"
#include "daemon/keeper_attempt.h"

/* A token as verify.h takes it; seed gets what was sealed, and the caller wipes it. A seed that does not open
 * disables the token, and the log says so. From a known address no lock of the token stands in the way. */
CS_MUST_CHECK enum cs_err check_token(struct call *call, const struct db_token *token, bool known,
				      uint8_t seed[DB_SEED_MAX], struct verify_token *out);

/* What decide.h needs of keeper. */
struct decide_ports check_ports(struct call *call, struct cs_hmac *hmac);

struct check_result {
	enum decide_reason reason;
	uint64_t wait; /* DECIDE_LOCKED: seconds until one of the tokens may be tried */
};

/* The request's CODE, with its TOKEN, CHALLENGE and DATA where they are there, for a user whose attempt has been
 * granted. Stores what follows from it, but for settling the attempt. The audit entry gets token and detail. */
CS_MUST_CHECK enum cs_err check_code(struct call *call, const struct attempt *attempt,
				     const struct db_user *user, struct check_result *out);

/* As much work for a name that is nobody's. */
CS_MUST_CHECK enum cs_err check_nobody(struct call *call);

#endif
