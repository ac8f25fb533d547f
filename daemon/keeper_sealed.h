/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seeds that cards have made, and sealed to the daemons' enrolment key (base/sealed_seed.h; docs/PROTOCOL, 7.6): no person, no
 * program between and no file ever has one.
 *
 * The enrolment key (P-256) lies in the database, sealed as the keys that sign assertions are; all daemons that share it have the
 * same one. It is made when it is first asked for.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_SEALED_H
#define COUNTERSIGN_DAEMON_KEEPER_SEALED_H

#include "base/ykoath.h"
#include "daemon/keeper_call.h"

/* What a statement says, as the request that would have said it: with the seed in it. Whoever has it wipes it. */
struct sealed_enrolment {
	struct ipc_request request; /* borrows from what follows, from the call's request and from the strings of the program */
	uint8_t digits, period[4], counter[8];
	uint8_t seed[YKOATH_KEY_MAX];
	char serial[DB_SERIAL_SIZE]; /* of the token: cs_sealed_seed_number */
};

/* Reads the statement in the call's request. refusal is CALL_REFUSAL_COUNT where it is to be enrolled; the audit entry says of which
 * card it is. */
CS_MUST_CHECK enum cs_err sealed_enrolment_open(struct call *call, struct sealed_enrolment *out,
						enum call_refusal *refusal);

#endif
