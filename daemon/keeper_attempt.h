/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an attempt costs, for every door: it is claimed before anything that came with it is looked at, by
 * updates whose condition is what was read, and settled when it is known how it ended. Both happen in the
 * transaction that the answer waits for.
 *
 * An attempt is charged to
 *   - the user; or, where it comes from an address that he has succeeded from lately (known_days), to him at
 *     this address alone, so that nobody elsewhere can lock him out (docs/THREATS);
 *   - the client's address, where the caller told one that counts (client_address.h), at this application, unless
 *     it is known for this user. An application that lies about addresses locks them for itself alone.
 * A name that is nobody's is charged just so, as a user is, so that locks do not tell who exists. A token is
 * charged as well where the attempt can have been meant for it alone, and did not come from a known address:
 * then its failures lock it, but not for its owner at an address known for him.
 *
 * Who asks for a challenge has guessed at nothing, and is charged for that apart: the address at this application,
 * unless it is known for the user, and a name that is nobody's. What a token may be asked is counted with its challenges.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_ATTEMPT_H
#define COUNTERSIGN_DAEMON_KEEPER_ATTEMPT_H

#include "daemon/client_address.h"
#include "daemon/keeper_call.h"

#define ATTEMPT_CHARGES 2u

enum attempt_of { ATTEMPT_OF_USER, ATTEMPT_OF_KNOWN, ATTEMPT_OF_SUBJECT };

struct attempt_charge {
	enum attempt_of of;
	char subject[DB_SUBJECT_SIZE];
	const struct budget_rule *rule;
	struct budget before, after;
};

struct attempt {
	int64_t user_id; /* 0: nobody's name */
	char address[CLIENT_ADDRESS_MAX];
	bool known;
	uint64_t seen; /* when the user last succeeded from there, as far as it was noted */
	struct attempt_charge charges[ATTEMPT_CHARGES];
	unsigned count;
	bool claimed; /* and not settled */
	uint64_t wait; /* where it was not granted: seconds until one may be */
	unsigned refused; /* the charge that this is about */
};

/* Whether an attempt would be granted, as attempt_open has it; nothing is charged. */
CS_MUST_CHECK enum cs_err attempt_look(struct call *call, const struct db_user *user, const char *name,
				       struct attempt *out, bool *granted);
/* For the audit log: which record did not grant it. */
const char *attempt_refused_by(const struct attempt *attempt);

/* Claims what it costs to ask for a challenge; granted and errors as above. It is never settled, but forgotten for the
 * address once a challenge is answered from there. */
CS_MUST_CHECK enum cs_err attempt_ask(struct call *call, const struct db_user *user, const char *name,
				      struct attempt *out, bool *granted);

/* What records of addresses are called: KIND:ADDRESS APPLICATION. */
#define ATTEMPT_KIND_TRIES  "address"
#define ATTEMPT_KIND_ASKING "asking"

/* Claims what attempt_look has found to be granted, in the same transaction. */
CS_MUST_CHECK enum cs_err attempt_claim(struct call *call, struct attempt *attempt);

/* Claims an attempt for user (NULL: nobody has the name; name then says it) with the request's CLIENT.
 * granted false: nothing is charged, and nothing may be looked at. CS_ERR_ARG: CLIENT is no address. */
CS_MUST_CHECK enum cs_err attempt_open(struct call *call, const struct db_user *user, const char *name,
				       struct attempt *out, bool *granted);

enum attempt_end {
	ATTEMPT_FAILED,	   /* the charges stay */
	ATTEMPT_GIVEN_BACK, /* nothing was guessed at: the records are as before */
	ATTEMPT_SUCCEEDED, /* the records are cleared, and the address is known from now on */
};

CS_MUST_CHECK enum cs_err attempt_close(struct call *call, struct attempt *attempt, enum attempt_end end);

/* Where err is CALL_WAITS, gives an attempt that is claimed back. Returns err, or what came of that. */
CS_MUST_CHECK enum cs_err attempt_called_off(struct call *call, struct attempt *attempt, enum cs_err err);

/* The token's part of a failure; its user's row is held, so nobody else writes it. */
CS_MUST_CHECK enum cs_err attempt_token_failed(struct call *call, const struct db_token *token);

#endif
