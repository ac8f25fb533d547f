/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Power cuts in the commands of secure messaging: see power.h. The card's challenge is a fixed one here, that
 * of a recorded session (scp03_recordings.h, the third), so that what the administrator sends is known.
 */
#include "tests/unit/power.h"

#include <string.h>

#include "applet/piv_object.h"
#include "applet/records.h"
#include "base/scp03.h"

#define VERIFY_SO "00200083 08 3132333435363738"
#define FIRST_KEYS                                                                                           \
	"80300000 27 BC0130 BD10 000102030405060708090A0B0C0D0E0F BE10 101112131415161718191A1B1C1D1E1F"
#define WRONG_PUK	  "002C0080 10 3838383838383838 343832393135FFFF"
#define INITIALIZE_UPDATE "80503000 08 FDF38259A1E0DE44 00"
#define AUTHENTICATE	  "84823300 10 8C36F96BCC00724A4E13AD591D7DA3F0"
#define WRONG		  "84823300 10 8C36F96BCC00724A4E13AD591D7DA3F1"
/* SET SCP KEYS, version 31, E1.. and E2.., as the first command of that session. */
#define NEXT_KEYS                                                                                            \
	"84300000 38 2FA322DD2572C4D9185B0BEF69ED80AE0F07C5101CA03C60F14DE45E408530D7"                       \
	"3A665647E468B4B1737C8D3F81BE5C2770D26B12F0AAFCE2"

static enum cs_err recorded_challenge(void *ctx, uint8_t *out, size_t len)
{
	static const uint8_t challenge[] = {0x3B, 0x1A, 0xCA, 0x81, 0xE8, 0x21, 0xF2, 0x19};

	(void)ctx;
	assert_int_equal(len, sizeof(challenge));
	memcpy(out, challenge, len);
	return CS_OK;
}

static void initialize_update(struct fixture *f)
{
	enum cs_err (*random)(void *ctx, uint8_t *out, size_t len) = f->crypto.random;

	f->crypto.random = recorded_challenge;
	fixture_expect(f, INITIALIZE_UPDATE, CS_SW_OK);
	f->crypto.random = random;
}

static void open_session(struct fixture *f)
{
	initialize_update(f);
	fixture_expect(f, AUTHENTICATE, CS_SW_OK);
}

static uint8_t tries(struct fixture *f)
{
	uint8_t value = 0;
	struct cs_writer w = cs_writer_of(&value, 1);

	assert_int_equal(store_get(&f->card.store, RECORD_SCP_TRIES, &w), CS_OK);
	return value;
}

static enum power_outcome look_first(struct fixture *f)
{
	enum power_outcome keys;

	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	keys = fixture_send(f, "80500000 08 0102030405060708 00") == CS_SW_OK ? POWER_NEW : POWER_OLD;
	assert_int_equal(store_has(&f->card.store, RECORD_SCP_TRIES), keys == POWER_NEW);
	if (keys == POWER_NEW)
		assert_int_equal(tries(f), SCP03_TRIES);
	return keys;
}

/* Whichever key set there is, it is whole. */
static enum power_outcome look_next(struct fixture *f)
{
	uint8_t record[80];
	struct cs_writer w = CS_WRITER_OF(record);

	assert_int_equal(store_get(&f->card.store, RECORD_SCP_KEYS, &w), CS_OK);
	assert_int_equal(w.len, 34);
	assert_int_equal(tries(f), SCP03_TRIES);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	if (record[0] == 0x31) {
		assert_int_equal(record[2], 0xE1);
		assert_int_equal(record[33], 0xE2);
		return POWER_NEW;
	}
	open_session(f);
	return POWER_OLD;
}

static enum power_outcome look_wrong(struct fixture *f)
{
	uint8_t left = tries(f);

	assert_in_range(left, SCP03_TRIES - 1, SCP03_TRIES);
	return left == SCP03_TRIES ? POWER_OLD : POWER_NEW;
}

/* With one try gone before. */
static enum power_outcome look_right(struct fixture *f)
{
	uint8_t left = tries(f);

	assert_in_range(left, SCP03_TRIES - 2, SCP03_TRIES);
	return left == SCP03_TRIES ? POWER_NEW : POWER_OLD;
}

/* Key, certificate, and the signer's: all or none. */
static enum power_outcome look_sm_key(struct fixture *f)
{
	bool key = store_has(&f->card.store, RECORD_PIV_SM_KEY);

	assert_int_equal(store_has(&f->card.store, piv_object_record(PIV_OBJ_SM_CVC)), key);
	assert_int_equal(store_has(&f->card.store, piv_object_record(PIV_OBJ_SM_CERT_SIGNER)), key);
	return key ? POWER_NEW : POWER_OLD;
}

/* The set goes with the rest that somebody else had put there. */
static enum power_outcome look_reset(struct fixture *f)
{
	enum power_outcome outcome = power_either(f, "00200080", CS_SW_BLOCKED, 0x63C3);

	assert_int_equal(store_has(&f->card.store, RECORD_SCP_KEYS), outcome == POWER_OLD);
	assert_int_equal(store_has(&f->card.store, RECORD_SCP_TRIES), outcome == POWER_OLD);
	return outcome;
}

#define C    CSGN_PROFILE_COUNTERSIGN
#define KEYS SELECT_CSGN, VERIFY_SO, FIRST_KEYS

static void one_try_gone(struct fixture *f)
{
	initialize_update(f);
	fixture_expect(f, WRONG, 0x63C9);
	initialize_update(f);
}

static const struct power_row csgn_rows[] = {
    {"a cut first SCP03 key set is there with all its tries or not at all",
     C,
     {SELECT_CSGN, VERIFY_SO},
     NULL,
     FIRST_KEYS,
     CS_SW_OK,
     look_first,
     0},
    {"a cut new SCP03 key set is the old one or the new one",
     C,
     {KEYS},
     open_session,
     NEXT_KEYS,
     CS_SW_OK,
     look_next,
     0},
    {"INITIALIZE UPDATE writes nothing", C, {KEYS}, NULL, INITIALIZE_UPDATE, CS_SW_OK, NULL, 0},
    {"a cut wrong SCP03 cryptogram costs a try or was never compared",
     C,
     {KEYS},
     initialize_update,
     WRONG,
     0x63C9,
     look_wrong,
     0},
    {"a cut right SCP03 cryptogram never blocks the key set at once",
     C,
     {KEYS},
     one_try_gone,
     AUTHENTICATE,
     CS_SW_OK,
     look_right,
     0},
};

static const struct power_row piv_rows[] = {
    {"a cut new key of PIV's secure messaging is there with its certificates or not at all",
     CSGN_PROFILE_PIV,
     {NULL},
     NULL,
     "00470004 05 AC03800127 00",
     CS_SW_OK,
     look_sm_key,
     1600},
    {"INITIALIZE UPDATE writes nothing in PIV either",
     C,
     {KEYS, SELECT_PIV},
     NULL,
     INITIALIZE_UPDATE,
     CS_SW_OK,
     NULL,
     0},
    {"a cut wrong SCP03 cryptogram costs a try in PIV too",
     C,
     {KEYS, SELECT_PIV},
     initialize_update,
     WRONG,
     0x63C9,
     look_wrong,
     0},
    {"a cut PIV RESET takes the SCP03 key set with the rest or leaves both",
     C,
     {KEYS, SELECT_PIV, WRONG_PIN, WRONG_PIN, WRONG_PIN, WRONG_PUK, WRONG_PUK, WRONG_PUK},
     NULL,
     "00FB0000",
     CS_SW_OK,
     look_reset,
     0},
};

const struct power_table power_scp03_csgn = {&csgn_app, csgn_rows, sizeof(csgn_rows) / sizeof(csgn_rows[0])};
const struct power_table power_scp03_piv = {&piv_app, piv_rows, sizeof(piv_rows) / sizeof(piv_rows[0])};
