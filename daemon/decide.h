/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one decision about an attempt: a user's tokens, the code that came, the challenge it answers if any,
 * and the time go in; which token accepted it, what to store, and the reason for the audit log come out. Every
 * door asks this function. It does no I/O; what a kind of token needs is a row of the table in decide.c, its
 * arithmetic is in verify_*.c.
 *
 * The caller has claimed the attempt (budget.h) before it asks, and stores what comes out by updates that the
 * database guards.
 *
 * A PIN is looked at when the code beside it is right, and not before: it is the slow part, and whoever does
 * not have the token learns nothing of the PIN by its answers. A right code beside a wrong PIN is spent all
 * the same, so that it serves for one PIN only.
 */
#ifndef COUNTERSIGN_DAEMON_DECIDE_H
#define COUNTERSIGN_DAEMON_DECIDE_H

#include "daemon/verify.h"

/* What a kind of token is and needs. */
struct decide_kind {
	const char *name;
	bool challenge; /* answers challenges, and nothing else */
	bool sent;	/* the challenge's code is made here and sent */
	bool counted;	/* has a count */
	bool pin;	/* its codes have one length, so that a PIN can stand beside them */
};

/* NULL for what is no type. */
const struct decide_kind *decide_kind(enum verify_type type);
/* 0 where no kind has the name. */
enum verify_type decide_kind_named(struct cs_view name);

/* From the least that can be said to the most: of several tokens the one that says most is told. */
enum decide_reason {
	DECIDE_NO_TOKEN = 0,
	DECIDE_DISABLED,
	DECIDE_UNREADABLE, /* its seed does not open: the server's fault */
	DECIDE_EXPIRED,
	DECIDE_LOCKED,
	DECIDE_CHALLENGE_OVER, /* it has expired, or was answered before */
	DECIDE_OTHER_DATA,     /* the transaction is not one that the challenge, if any, is bound to */
	DECIDE_WRONG_CODE,
	DECIDE_REPLAY,
	DECIDE_WRONG_PIN,
	DECIDE_ACCEPTED,
	DECIDE_REASON_COUNT
};

/* The word for the audit log, and whether the attempt is given back: where nothing was guessed at. */
const char *decide_reason_text(enum decide_reason reason);
bool decide_reason_free(enum decide_reason reason);

struct decide_ports {
	const struct cs_hmac *hmac;
	/* Whether pin is the one that was stored; slow. */
	enum cs_err (*pin)(void *ctx, struct cs_view stored, struct cs_view pin, bool *same);
	void *ctx;
};

struct decide_attempt {
	struct cs_view code;
	struct cs_view data;			  /* of the transaction that is to be approved; empty: none */
	const struct verify_challenge *challenge; /* NULL: none is answered */
	uint64_t now;				  /* Unix seconds */
};

struct decision {
	enum decide_reason reason;
	size_t token;		      /* whose reason it is; of no meaning for DECIDE_NO_TOKEN */
	bool store;		      /* update is to be stored for the token */
	bool spend;		      /* and the challenge spent */
	struct verify_decision update; /* set where store is */
};

/* The token that the attempt is meant for, where it is clear before the code is looked at: the only one that
 * could accept it. count: there is none, or more than one. */
size_t decide_target(const struct verify_token *tokens, size_t count, const struct decide_attempt *attempt);

/* CS_ERR_CRYPTO and what the ports answer; out is untouched then. */
CS_MUST_CHECK enum cs_err decide(const struct decide_ports *ports, const struct verify_token *tokens,
				 size_t count, const struct verify_limits *limits,
				 const struct decide_attempt *attempt, struct decision *out);

#endif
