/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the oracle's searches say to the card: an alphabet of commands, some of which answer what the card has
 * just asked.
 */
#ifndef COUNTERSIGN_TESTS_ORACLE_ALPHABET_H
#define COUNTERSIGN_TESTS_ORACLE_ALPHABET_H

#include "tests/oracle/lockstep.h"

#define SYMBOL_MAX 512u /* bytes of a command */

enum theme {
	THEME_ACCESS = 1,  /* who may what: PIN, PUK, management key, the use of keys */
	THEME_OBJECTS = 2, /* data objects, keys that come and go, metadata */
	THEME_LIFE = 4,	   /* the Countersign application, erasures */
	THEME_OATH = 8,
	THEME_WIRE = 16, /* chains, pieces, classes, forms of a command */
	THEME_CHANNELS = 32,
	THEME_SECRETS = 64, /* secret keys, attributes, what INVENTORY tells */
	THEME_ALL = 127,
};

struct symbol {
	const char *name;
	unsigned themes;
	const char *hex; /* the command; or, if it is not always the same: */
	size_t (*build)(const struct model *m, uint8_t out[SYMBOL_MAX]);
	enum lockstep_verdict (*act)(struct lockstep *l); /* or no command at all: a reset */
};

extern const struct symbol symbols[];
extern const size_t symbol_count;

/* Its bytes now; 0 where it is no command. */
size_t symbol_bytes(const struct symbol *s, const struct model *m, uint8_t out[SYMBOL_MAX]);

enum lockstep_verdict symbol_say(const struct symbol *s, struct lockstep *l);

/* By name; ends the program where there is none. */
const struct symbol *symbol_named(const char *name);

/* A state that a few symbols lead to, from a new card. */
struct start {
	const char *name;
	enum csgn_profile profile;
	const char *first[16];
};

extern const struct start starts[];
extern const size_t start_count;

/* False, with lockstep_why, where card and model differ on the way. */
bool start_begin(const struct start *s, struct lockstep *l);

#endif
