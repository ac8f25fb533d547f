/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a keeper has told its callers, for tests that cut its power: tokens of many kinds, what may be asked
 * about each, and what has to be so afterwards. A thing that was answered is settled; of one that was not,
 * the audit log says, after the cut, whether it was done.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_KEEPER_POWER_H
#define COUNTERSIGN_TESTS_UNIT_KEEPER_POWER_H

#include "tests/unit/keeper_world.h"
#include "tests/unit/random.h"

#define POWER_CODES 10u /* of a list, of backup codes */
#define POWER_SPENT 6u	/* the latest codes of a slot that are tried again after each cut */
#define POWER_SLOTS 16u /* two of each kind */
#define POWER_KEYED 8u	/* the latest answers under an Idempotency-Key that are asked for again */
#define POWER_ACTS  256u
#define POWER_TEXT  48u
#define POWER_BODY  3072u
#define POWER_LOGIN "correct horse 7"

enum power_kind {
	POWER_HOTP,
	POWER_TOTP,
	POWER_PASSWORD, /* HOTP beside a password */
	POWER_BACKUP,
	POWER_LIST,
	POWER_OCRA,
	POWER_GUESSED, /* HOTP that somebody guesses at */
	POWER_USERS,   /* no token: users who are added */
	POWER_KINDS
};

enum power_state {
	POWER_NONE,
	POWER_ACTIVE,
	POWER_DISABLED,
	POWER_UNTOLD /* enrolled, and its codes are not known */
};

/* A user and his token. */
struct power_slot {
	enum power_kind kind;
	enum power_state state;
	char user[16], token[32], deleted[32];
	uint8_t secret[20];
	uint64_t next;			     /* position, line, backup code; users added */
	unsigned failures;		     /* counted against the user */
	char codes[POWER_CODES][POWER_TEXT]; /* as told */
	char challenge[32], question[80];    /* the open one, or "" */
	struct power_spent {
		char code[POWER_TEXT], challenge[32];
	} spent[POWER_SPENT];
	unsigned spent_count; /* of all time; the latest are kept */
	bool taken;	      /* in the batch that is being made */
};

enum power_what {
	POWER_SPEND,
	POWER_AGAIN,
	POWER_GUESS,
	POWER_ENROL,
	POWER_DISABLE,
	POWER_ENABLE,
	POWER_DELETE,
	POWER_ASK
};

/* One request, and what has to come of it. */
struct power_act {
	struct power_slot *slot;
	enum power_what what;
	char user[POWER_TEXT], token[32], code[POWER_TEXT], challenge[32], key[24];
	uint64_t position;
	uint8_t secret[20];
	bool repeated; /* it was done before, under its key */
	uint16_t status;
	const char *body; /* that the answer has to be; NULL: not known */
};

struct power_model {
	struct power_slot slots[POWER_SLOTS];
	struct power_keyed {
		struct power_act act;
		char body[POWER_BODY];
	} keyed[POWER_KEYED];
	unsigned keyed_count; /* of all time */
	unsigned keys;	      /* given */
	char fault[512];      /* what was not as it has to be; "" */
};

/* In world, whose keeper is open. */
void power_begin(struct power_model *model, struct test_random *rng);

/* Notes what is wrong, the first time; false. */
bool power_fault(struct power_model *model, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What random callers ask for next: yields how many. */
size_t power_acts(struct power_model *model, struct test_random *rng, struct power_act acts[POWER_ACTS]);
/* What nobody must be given again: all spent codes that are kept, and the answers under their keys. */
size_t power_again(struct power_model *model, struct power_act acts[POWER_ACTS]);

/* The request; it borrows from act. */
struct ipc_request power_request(const struct power_act *act);
/* The result that the audit log has to tell. */
const char *power_result(const struct power_act *act);

/* Whether the answer, whose body is world.body, is the one that has to come; what it tells is settled then.
 */
bool power_answered(struct power_model *model, const struct power_act *act, uint16_t status);
/* The act was done, and nobody heard of it: what the audit entry tells. */
void power_unheard(const struct power_act *act, const struct audit_entry *entry);

/* Whether the database has each token as it was settled. */
bool power_holds(struct power_model *model);

#endif
