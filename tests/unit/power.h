/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Power cuts in commands: what there is to cut. Each application has a table (power_piv.c, power_csgn.c,
 * power_oath.c, and power_scp03.c for two of them) with a row or more for each of its commands; applet_power_test.c cuts the power in them, and
 * fails where a command of an application's own table (struct app) has no row here.
 *
 * To add a command, add a row; nothing else has to be changed. A row with look is a command that writes
 * flash: power is cut at every program, erase and sync of it and of the recovery that follows, from a card
 * with some records and from a full one, and look says whether what was found then is the card as before or
 * as after. A row without look is a command that never writes: it is run once, and must not touch the flash.
 *
 * tries and counters are watched for every row: pin_info of each reference, and the counters of HOTP
 * credentials. After a cut none may be better for an attacker than what look found allows.
 */
#ifndef COUNTERSIGN_TESTS_POWER_H
#define COUNTERSIGN_TESTS_POWER_H

#include "tests/unit/card_fixture.h"

#include "applet/card_apps.h"
#include "applet/pin.h"

#define POWER_PREPARE_MAX 12u

enum power_outcome { POWER_OLD, POWER_NEW };

struct power_row {
	const char *name; /* of the test: a sentence */
	enum csgn_profile profile;
	/* Brings a new card to where the command begins. PIV is selected and, in the piv profile, 9B
	 * authenticated already. Answers are not looked at: wrong PINs are sent here too. */
	const char *prepare[POWER_PREPARE_MAX];
	void (*prepare_more)(struct fixture *f); /* after those; NULL: nothing */
	const char *command;
	uint16_t sw; /* that it answers when power stays */
	/* Power is back and the card open, nothing selected. OLD: all as before; NEW: all as after; fails the
	 * test on anything else. What it does to the card is thrown away. */
	enum power_outcome (*look)(struct fixture *f);
	size_t room; /* bytes of the longest record that the full card still takes; 0: 500 */
};

struct power_table {
	const struct app *app;
	const struct power_row *rows;
	size_t count;
};

extern const struct power_table power_piv, power_csgn, power_oath, power_pin_piv, power_pin_csgn;
extern const struct power_table power_scp03_csgn, power_scp03_piv;

/* A new card in the hands of an officer, who is verified, and a user. */
#define POWER_ISSUE                                                                                          \
	SELECT_CSGN, "80020000 10 9008 3837363534333031 8404 54657374", "00200083 08 3837363534333031",        \
	    "80030000 08 9106 343536313233"

#define SELECT_OATH "00A4040007A0000005272101"

/* ---- for look ---- */

struct pin_info power_pin_info(struct fixture *f, enum pin pin);
/* Selects PIV, sends a command, and takes its status word for old or new. */
enum power_outcome power_either(struct fixture *f, const char *command, uint16_t before, uint16_t after);
/* Whether the reference data are what the block says; spends a try, or gets them back. */
bool power_pin_is(struct fixture *f, enum pin pin, const char *block);
/* The user PIN is the factory's or 456123. */
enum power_outcome power_look_changed_pin(struct fixture *f);
/* A card that was made anew has all of what a new card has. */
void power_require_complete(struct fixture *f);
enum power_outcome power_look_wrong_pin(struct fixture *f);
enum power_outcome power_look_wrong_puk(struct fixture *f);
enum power_outcome power_look_wrong_so(struct fixture *f);

/* ISSUED or LOCKED, and the way back. */
enum power_outcome power_look_locked(struct fixture *f);
enum power_outcome power_look_unlocked(struct fixture *f);
/* A card with a key in 9E, or one that nothing is left on. */
enum power_outcome power_look_terminated(struct fixture *f);

/* Secret key 1 with attributes, or neither; and the way back. */
enum power_outcome power_look_secret(struct fixture *f);
enum power_outcome power_look_secret_gone(struct fixture *f);
/* Secret key 1 is sealed to the card, or with the PIN; and of use. */
enum power_outcome power_look_renewed(struct fixture *f);
/* Object 5FFF30: labelled a with contents 55, or b with 66. */
enum power_outcome power_look_attributes(struct fixture *f);
/* A key in 9E with attributes, or neither. */
enum power_outcome power_look_attributed_key(struct fixture *f);
/* A key with attributes in 9E or in 82. */
enum power_outcome power_look_moved_attributes(struct fixture *f);

#endif
