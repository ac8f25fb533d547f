/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card and the oracle's model of it, side by side: what one answers, the other has to have said. The whole
 * of it, flash included, is one object that can be copied, so that a search goes on from any state without
 * playing its history again.
 */
#ifndef COUNTERSIGN_TESTS_ORACLE_LOCKSTEP_H
#define COUNTERSIGN_TESTS_ORACLE_LOCKSTEP_H

#include "applet/card_private.h"
#include "tests/oracle/model.h"

#define LOCKSTEP_PAGE	2048u
#define LOCKSTEP_PAGES	20u
#define LOCKSTEP_PIECES 4096u /* longest answer that is looked at when it comes in pieces */

struct lockstep {
	struct model model;
	unsigned touches;
	uint16_t sw; /* of the last command */
	bool owed_long;
	struct model_answer owed; /* whose data come in pieces */
	uint32_t owed_left;	  /* as 61xx said; 0: more than that can say */
	size_t owed_len;
	uint8_t pieces[LOCKSTEP_PIECES];
	uint8_t flash[LOCKSTEP_PAGES * LOCKSTEP_PAGE];
	struct card card;
};

/* A new card of this profile. Keys of P-256 alone: others take too long to make. False where the card does
 * not open. */
bool lockstep_init(struct lockstep *l, enum csgn_profile profile);

/* to becomes what from is. */
void lockstep_copy(struct lockstep *to, const struct lockstep *from);

enum lockstep_verdict {
	LOCKSTEP_AGREE,
	LOCKSTEP_DIFFER,  /* lockstep_why says how */
	LOCKSTEP_UNKNOWN, /* the model does not say: the command was not sent, nothing changed */
};

enum lockstep_verdict lockstep_send(struct lockstep *l, const uint8_t *raw, size_t len);

/* Reset; power off and on; time that passes. */
enum lockstep_verdict lockstep_reset(struct lockstep *l);
enum lockstep_verdict lockstep_power(struct lockstep *l);
void lockstep_wait(struct lockstep *l, unsigned ms);

/* Asks the card for all that is visible: PIN states, security states, metadata, presence of objects and keys,
 * the OATH list. l is of no use afterwards: to be called on a copy. */
enum lockstep_verdict lockstep_probe(struct lockstep *l);

/* The last difference, in words. */
const char *lockstep_why(void);

#endif
