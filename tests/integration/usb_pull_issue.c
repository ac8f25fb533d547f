/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kinds of command that issue a card, lock it and empty it, and those that only ask: on a card of their
 * own. What such a command changes, it changes whole: behind a pull all of the card is as before it, or all
 * as behind it.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/countersign.h"
#include "base/oath.h"
#include "base/piv.h"
#include "base/sw.h"
#include "base/tlv.h"
#include "base/ykoath.h"
#include "tests/integration/usb_pull.h"
#include "tests/unit/base_hmac.h"

#define TRIES	    3u /* of each profile */
#define TRIES_MORE  7u
#define POINT_LEN   65u
#define FACTORY	    2u /* PIN and SO PIN */
#define NO_PIN	    3u
#define NO_LABEL    2u
#define HOTP	    1u /* credentials: bits */
#define MADE	    2u
#define QUESTIONS   4u
#define REMAINING   5u /* credentials with long names, for an answer in pieces */
#define NAME_LEN    60u
#define SCP_VERSION 1u

/* All that the commands change. */
struct state {
	uint8_t life, profile;
	uint8_t label;	 /* 0, 1 or NO_LABEL */
	uint8_t pin;	 /* 0, 1, FACTORY or NO_PIN */
	uint8_t holder;	 /* 0: none; 1, 2 */
	uint8_t limit;	 /* tries of the PIN */
	uint8_t scp, sm; /* 1: has a key set, a key for secure messaging */
	uint8_t code;	 /* 1: an access code of OATH */
	uint8_t made;	 /* credentials */
	uint32_t asked;	 /* the counter of QUESTIONS */
};

static struct state now, then; /* at the last answer, and behind the command that is under way */

static const uint8_t blank_pin[8] = {'1', '2', '3', '4', '5', '6', 0xFF, 0xFF};
static const uint8_t blank_so[8] = {'1', '2', '3', '4', '5', '6', '7', '8'};
static const uint8_t pins[2][8] = {{'7', '3', '9', '2', '5', '1', 0xFF, 0xFF},
				   {'6', '0', '5', '1', '4', '8', 0xFF, 0xFF}};
static const uint8_t so_pin[8] = {'8', '2', '9', '1', '8', '2', '7', '3'};

/* ---- commands ---- */

static bool ask(uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	return pull_expect(pull_command(cla, ins, p1, p2, body), CS_SW_OK);
}

/* One that makes the card what after says. */
static bool turn(struct state after, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	then = after;
	if (!ask(cla, ins, p1, p2, body))
		return false;
	now = then;
	return true;
}

static bool select_piv(void)
{
	static const uint8_t aid[] = PIV_AID;

	return ask(0, ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

static bool select_csgn(void)
{
	static const uint8_t aid[] = CSGN_AID;

	return ask(0, ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

static bool select_oath(void)
{
	static const uint8_t aid[] = YKOATH_AID;

	return ask(0, ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

static const uint8_t *so_value(void)
{
	return now.life == CSGN_BLANK ? blank_so : so_pin;
}

static bool officer(void)
{
	return select_csgn() && ask(0, ISO_INS_VERIFY, 0, CSGN_REF_SO, cs_view(so_value(), 8));
}

static bool user(void)
{
	const uint8_t *pin = now.pin == FACTORY ? blank_pin : pins[now.pin & 1];

	return select_piv() && ask(0, ISO_INS_VERIFY, 0, PIV_REF_PIN, cs_view(pin, 8));
}

/* ---- issuing ---- */

/* A card without anything; what is bound to no PIN in OATH stays where the application is not emptied, too.
 */
static struct state emptied(uint8_t life, uint8_t label, uint8_t pin)
{
	return (struct state){
	    .life = life, .profile = now.profile, .label = label, .pin = pin, .limit = TRIES};
}

static bool initialise_as(uint8_t profile)
{
	/* The user need not change the PIN that he gets, so that it opens his keys at once. */
	uint8_t body[] = {CSGN_TAG_SO_PIN,
			  8,
			  0,
			  0,
			  0,
			  0,
			  0,
			  0,
			  0,
			  0,
			  CSGN_TAG_LABEL,
			  1,
			  0,
			  CSGN_TAG_PROFILE,
			  1,
			  profile,
			  CSGN_TAG_PROFILE_TEMPLATE,
			  6,
			  CSGN_PROFILE_MANAGEMENT,
			  1,
			  PIV_ALG_AES128,
			  CSGN_PROFILE_RULES,
			  1,
			  profile == CSGN_PROFILE_PIV ? CSGN_RULE_MANAGEMENT_FACTORY
						      : CSGN_RULE_NO_TRIVIAL_PIN | CSGN_RULE_PIN_MANAGES};
	struct state after = emptied(CSGN_INITIALISED, now.label == 0, NO_PIN);

	after.profile = profile;
	memcpy(body + 2, so_pin, 8);
	body[12] = (uint8_t)('a' + after.label);
	return officer() && turn(after, CSGN_CLA, CSGN_INS_INITIALIZE, 0, 0, CS_VIEW_OF(body));
}

static bool init_pin(void)
{
	uint8_t body[8] = {CSGN_TAG_USER_PIN, 6};
	struct state after;

	if (!officer())
		return false;
	after = now;
	after.life = CSGN_ISSUED;
	after.pin = now.pin == 0;
	memcpy(body + 2, pins[after.pin], 6);
	return turn(after, CSGN_CLA, CSGN_INS_INIT_PIN, 0, 0, CS_VIEW_OF(body));
}

static bool unlocked(void)
{
	struct state after = now;

	after.life = CSGN_ISSUED;
	return now.life != CSGN_LOCKED ||
	       (officer() && turn(after, CSGN_CLA, CSGN_INS_UNLOCK, 0, 0, CS_VIEW_EMPTY));
}

/* As a user has it, of our profile. */
static bool issued(void)
{
	if (!unlocked())
		return false;
	if ((now.life == CSGN_BLANK || now.profile != CSGN_PROFILE_COUNTERSIGN) &&
	    !initialise_as(CSGN_PROFILE_COUNTERSIGN))
		return false;
	return (now.life == CSGN_ISSUED && now.pin != NO_PIN) || init_pin();
}

static bool initialise(void)
{
	return unlocked() && initialise_as(CSGN_PROFILE_COUNTERSIGN);
}

static bool init_pin_row(void)
{
	return unlocked() && (now.life != CSGN_BLANK || initialise_as(CSGN_PROFILE_COUNTERSIGN)) &&
	       init_pin();
}

static bool set_label(void)
{
	uint8_t body[] = {CSGN_TAG_LABEL, 1, 0};
	struct state after;

	if (!issued() || !officer())
		return false;
	after = now;
	after.label = now.label == 0;
	body[2] = (uint8_t)('a' + after.label);
	return turn(after, CSGN_CLA, CSGN_INS_SET_LABEL, 0, 0, CS_VIEW_OF(body));
}

static bool personalise(void)
{
	uint8_t body[] = {CSGN_TAG_HOLDER, 1, 0};
	struct state after;

	if (!issued() || !officer())
		return false;
	after = now;
	after.holder = now.holder == 1 ? 2 : 1;
	body[2] = (uint8_t)('A' + after.holder);
	return turn(after, CSGN_CLA, CSGN_INS_PERSONALISE, 0, 0, CS_VIEW_OF(body));
}

static bool lock(void)
{
	struct state after;

	if (!issued() || !officer())
		return false;
	after = now;
	after.life = CSGN_LOCKED;
	return turn(after, CSGN_CLA, CSGN_INS_LOCK, 0, 0, CS_VIEW_EMPTY);
}

static bool unlock(void)
{
	return (now.life == CSGN_LOCKED || lock()) && unlocked();
}

static bool set_limits(void)
{
	uint8_t body[] = {CSGN_TAG_LIMITS, 3, 0, 0, 0};
	struct state after;

	if (!issued() || !officer())
		return false;
	after = now;
	after.limit = now.limit == TRIES ? TRIES_MORE : TRIES;
	body[2] = after.limit;
	return turn(after, CSGN_CLA, CSGN_INS_SET_LIMITS, 0, 0, CS_VIEW_OF(body));
}

static bool reset(void)
{
	return issued() && officer() &&
	       turn(emptied(CSGN_BLANK, NO_LABEL, FACTORY), CSGN_CLA, CSGN_INS_RESET, 0xDE, 0xAD,
		    CS_VIEW_EMPTY);
}

/* A block of padding counts as a wrong one. */
static bool block(uint8_t ins, uint8_t len)
{
	uint8_t padding[16];

	memset(padding, 0xFF, sizeof(padding));
	do {
		if (!pull_command(0, ins, 0, PIV_REF_PIN, cs_view(padding, len)))
			return false;
	} while ((pull_sw & 0xFFF0u) == CS_SW_TRIES_LEFT);
	return pull_expect(true, CS_SW_BLOCKED);
}

static bool piv_reset(void)
{
	struct state after;

	if (!issued() || !select_piv())
		return false;
	then = now;
	then.pin = NO_PIN;
	if (!block(ISO_INS_VERIFY, 8))
		return false;
	now = then;
	if (!block(ISO_INS_RESET_RETRY_COUNTER, 16))
		return false;
	after = emptied(CSGN_BLANK, NO_LABEL, FACTORY);
	after.code = now.code;
	after.made = now.made;
	after.asked = now.asked;
	return turn(after, 0, PIV_INS_RESET, 0, 0, CS_VIEW_EMPTY);
}

/* The reference token's way, in its profile. */
static bool set_retries(void)
{
	static const uint8_t key[16] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	struct state after;

	if (!unlocked() || (now.profile != CSGN_PROFILE_PIV && !initialise_as(CSGN_PROFILE_PIV)) ||
	    ((now.life == CSGN_INITIALISED || now.pin == NO_PIN) && !init_pin()) || !user() ||
	    !pull_expect(pull_management_prove(PIV_ALG_AES128, CS_VIEW_OF(key)), CS_SW_OK))
		return false;
	after = now;
	after.limit = now.limit == TRIES ? TRIES_MORE : TRIES;
	after.pin = FACTORY;
	return turn(after, 0, PIV_INS_SET_RETRIES, after.limit, TRIES, CS_VIEW_EMPTY);
}

static bool set_scp_keys(void)
{
	uint8_t body[3 + 2 * 18] = {
	    CSGN_TAG_SCP_VERSION, 1, SCP_VERSION, CSGN_TAG_SCP_ENC, 16, [21] = CSGN_TAG_SCP_MAC, 16};
	struct state after;

	memset(body + 5, 0x51, 16);
	memset(body + 23, 0x52, 16);
	if ((now.scp && !reset()) || !issued() || !officer())
		return false;
	after = now;
	after.scp = 1;
	return turn(after, CSGN_CLA, CSGN_INS_SET_SCP_KEYS, 0, 0, CS_VIEW_OF(body));
}

/* ---- OATH ---- */

static const uint8_t seed[20] = "12345678901234567890";
static const char suite[] = "OCRA-1:HOTP-SHA1-6:C-QN08";
#define QUESTION "12345678"

static bool oath_reset(void)
{
	struct state after;

	if (!select_oath())
		return false;
	after = now;
	after.code = after.made = 0;
	after.asked = 0;
	return turn(after, 0, YKOATH_INS_RESET, 0xDE, 0xAD, CS_VIEW_EMPTY);
}

/* OATH is selected, and no code is in the way. */
static bool oath_open(void)
{
	return issued() && (now.code == 0 || oath_reset()) && select_oath();
}

static void oath_body(struct cs_writer *w, char name, uint8_t type)
{
	cs_write_u8(w, YKOATH_TAG_NAME);
	cs_write_u8(w, 1);
	cs_write_u8(w, (uint8_t)name);
	cs_write_u8(w, YKOATH_TAG_KEY);
	cs_write_u8(w, 22);
	cs_write_u8(w, type | YKOATH_HASH_SHA1);
	cs_write_u8(w, 6);
	cs_write_view(w, CS_VIEW_OF(seed));
}

static bool oath_put(char name, uint8_t type, unsigned bit)
{
	uint8_t body[64];
	struct cs_writer w = CS_WRITER_OF(body);
	struct state after = now;

	if (now.made & bit)
		return true;
	after.made |= (uint8_t)bit;
	oath_body(&w, name, type);
	if (bit == QUESTIONS)
		cs_tlv_write(&w, YKOATH_TAG_SUITE, cs_view((const uint8_t *)suite, sizeof(suite) - 1));
	return turn(after, 0, YKOATH_INS_PUT, 0, 0, cs_writer_view(&w));
}

static bool oath_reset_row(void)
{
	return oath_open() && oath_put('h', YKOATH_TYPE_HOTP, HOTP) && oath_reset();
}

/* The curve's own point stands for the server's. */
static const uint8_t generator[POINT_LEN] = {
    0x04, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2,
    0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96, 0x4F,
    0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE,
    0x33, 0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5};

static bool oath_generate(void)
{
	uint8_t body[80] = {YKOATH_TAG_SERVER,
			    1 + POINT_LEN,
			    PIV_ALG_P256,
			    [68] = YKOATH_TAG_NAME,
			    1,
			    'g',
			    YKOATH_TAG_KEY,
			    2,
			    YKOATH_TYPE_TOTP | YKOATH_HASH_SHA1,
			    6};
	struct state after;

	memcpy(body + 3, generator, POINT_LEN);
	if (!oath_open())
		return false;
	after = now;
	after.made |= MADE;
	return turn(after, 0, YKOATH_INS_GENERATE, 0, 0, cs_view(body, 75));
}

static bool answered_question(uint32_t counter)
{
	struct cs_ocra_input in = {.counter = counter,
				   .question = cs_view((const uint8_t *)QUESTION, sizeof(QUESTION) - 1)};
	struct cs_hmac fn = {libcrypto_hmac, NULL};
	struct cs_ocra_suite parsed;
	struct cs_view number;
	char want[2 * CS_HASH_MAX + 1], code[CS_OATH_CODE_MAX];

	if (cs_ocra_suite_parse(cs_view((const uint8_t *)suite, sizeof(suite) - 1), &parsed) != CS_OK ||
	    cs_ocra(&fn, &parsed, CS_VIEW_OF(seed), &in, want) != CS_OK)
		pull_die("OCRA");
	if (cs_tlv_find(pull_data, YKOATH_TAG_TRUNCATED_RESPONSE, &number) != CS_OK || number.len != 5)
		return false;
	cs_oath_format((uint32_t)number.ptr[1] << 24 | (uint32_t)number.ptr[2] << 16 |
			   (uint32_t)number.ptr[3] << 8 | number.ptr[4],
		       6, code);
	return strcmp(code, want) == 0;
}

static bool question(struct state after)
{
	uint8_t body[] = {YKOATH_TAG_NAME, 1, 'o', YKOATH_TAG_QUESTION, 8, 0, 0, 0, 0, 0, 0, 0, 0};

	memcpy(body + 5, QUESTION, 8);
	return turn(after, 0, YKOATH_INS_OCRA, 0, 1, CS_VIEW_OF(body));
}

static bool ocra(void)
{
	struct state after;

	if (!oath_open() || !oath_put('o', YKOATH_TYPE_OCRA, QUESTIONS))
		return false;
	after = now;
	after.asked++;
	if (!question(after))
		return false;
	pull_wrong.counter += !answered_question(now.asked - 1);
	return true;
}

/* RFC 4226's first code, behind which the credential is by then. */
static bool check_code(void)
{
	static const uint8_t name[] = {YKOATH_TAG_NAME, 1, 'h'};
	static const uint8_t body[] = {YKOATH_TAG_NAME,
				       1,
				       'h',
				       YKOATH_TAG_IMF,
				       8,
				       0,
				       0,
				       0,
				       0,
				       0,
				       0,
				       0,
				       0,
				       YKOATH_TAG_CODE,
				       6,
				       '7',
				       '5',
				       '5',
				       '2',
				       '2',
				       '4'};

	return oath_open() && oath_put('h', YKOATH_TYPE_HOTP, HOTP) &&
	       ask(0, YKOATH_INS_CALCULATE, 0, 1, CS_VIEW_OF(name)) &&
	       ask(0, YKOATH_INS_CHECK, 0, 0, CS_VIEW_OF(body));
}

static bool unblock_code(void)
{
	if (now.code == 0) {
		if (!issued() || !oath_reset())
			return false;
		then = now;
		then.code = 1;
		if (!pull_code_set(1))
			return false;
		now = then;
	}
	return issued() && select_oath() && ask(0, ISO_INS_VERIFY, 0, CSGN_REF_SO, cs_view(so_pin, 8)) &&
	       ask(0, YKOATH_INS_UNBLOCK, 0, 0, CS_VIEW_EMPTY);
}

static bool oath_status(void)
{
	return issued() && select_oath() && ask(0, YKOATH_INS_STATUS, 0, 0, CS_VIEW_EMPTY);
}

static bool list_all(void)
{
	return oath_open() && oath_put('h', YKOATH_TYPE_HOTP, HOTP) &&
	       ask(0, YKOATH_INS_LIST_ALL, 0, 0, CS_VIEW_EMPTY);
}

/* They are there for this command alone. */
static bool send_remaining(void)
{
	uint8_t body[2 + NAME_LEN + 24] = {YKOATH_TAG_NAME,
					   NAME_LEN,
					   [2 + NAME_LEN] = YKOATH_TAG_KEY,
					   22,
					   YKOATH_TYPE_TOTP | YKOATH_HASH_SHA1,
					   6};

	if (!oath_open())
		return false;
	for (char name = 'A'; name < 'A' + (char)REMAINING; name++) {
		memset(body + 2, name, NAME_LEN);
		if (!ask(0, YKOATH_INS_PUT, 0, 0, CS_VIEW_OF(body)))
			return false;
	}
	if (!pull_command_short(0, YKOATH_INS_LIST, 0, 0))
		return false;
	while ((pull_sw & 0xFF00u) == CS_SW_BYTES_LEFT)
		if (!pull_command_short(0, YKOATH_INS_SEND_REMAINING, 0, 0))
			return false;
	return pull_expect(true, CS_SW_OK) && oath_reset();
}

/* ---- secure channels ---- */

/* The key for PIV's secure messaging, beside the signature of the attestation key, which has to be an EC key.
 */
static bool sm_key(void)
{
	static const uint8_t attester[] = {PIV_TAG_GENERATE, 3, PIV_TAG_ALGORITHM, 1, PIV_ALG_P256};
	static const uint8_t body[] = {PIV_TAG_GENERATE, 3, PIV_TAG_ALGORITHM, 1, PIV_SM_CS2};
	struct state after;

	if (!issued() || !user() || !ask(0, PIV_INS_GENERATE, 0, PIV_SLOT_ATTESTATION, CS_VIEW_OF(attester)))
		return false;
	after = now;
	after.sm = 1;
	return turn(after, 0, PIV_INS_GENERATE, 0, PIV_SLOT_SM, CS_VIEW_OF(body));
}

static bool sm_session(void)
{
	uint8_t body[] = {PIV_TAG_AUTH_TEMPLATE,
			  4 + 9 + POINT_LEN,
			  PIV_TAG_AUTH_CHALLENGE,
			  9 + POINT_LEN,
			  [4 + 9 + POINT_LEN] = PIV_TAG_AUTH_RESPONSE,
			  0};

	memcpy(body + 13, generator, POINT_LEN);
	return (now.sm || sm_key()) && select_piv() &&
	       ask(0, PIV_INS_AUTHENTICATE, PIV_SM_CS2, PIV_SLOT_SM, CS_VIEW_OF(body));
}

static bool update(void)
{
	static const uint8_t challenge[8] = "a chall.";

	return pull_command(CSGN_CLA, 0x50, 0, 0, CS_VIEW_OF(challenge));
}

static bool initialise_update(void)
{
	return (now.scp || set_scp_keys()) && select_csgn() && pull_expect(update(), CS_SW_OK);
}

/* ---- what only asks ---- */

static bool serial(void)
{
	return select_piv() && ask(0, PIV_INS_GET_SERIAL, 0, 0, CS_VIEW_EMPTY);
}

static bool version(void)
{
	return select_piv() && ask(0, PIV_INS_GET_VERSION, 0, 0, CS_VIEW_EMPTY);
}

static bool info(void)
{
	return select_csgn() && ask(CSGN_CLA, CSGN_INS_INFO, 0, 0, CS_VIEW_EMPTY);
}

static bool contents(void)
{
	return select_piv() && ask(CSGN_CLA, CSGN_INS_CONTENTS, 0, 0, CS_VIEW_EMPTY);
}

static bool touch_mode(void)
{
	return select_piv() && ask(CSGN_CLA, CSGN_INS_TOUCH_MODE, CSGN_TOUCH_TELL, 0, CS_VIEW_EMPTY);
}

/* Another channel is opened, and closed. */
static bool channel(void)
{
	return ask(0, ISO_INS_MANAGE_CHANNEL, 0, 0, CS_VIEW_EMPTY) && pull_data.len == 1 &&
	       ask(0, ISO_INS_MANAGE_CHANNEL, 0x80, pull_data.ptr[0], CS_VIEW_EMPTY);
}

/* ---- the looking over ---- */

static struct cs_view element(uint32_t tag)
{
	struct cs_view found;

	return cs_tlv_find(pull_data, tag, &found) == CS_OK ? found : CS_VIEW_EMPTY;
}

static uint8_t byte_of(uint32_t tag, size_t at)
{
	struct cs_view found = element(tag);

	return at < found.len ? found.ptr[at] : 0;
}

/* Which of those that it may be; none: 9. */
static uint8_t pin_is(void)
{
	const uint8_t *const values[] = {pins[0], pins[1], blank_pin};

	pull_must(select_piv(), "SELECT");
	for (uint8_t i = 0; i < 3; i++) {
		if (i != now.pin && i != then.pin)
			continue;
		pull_must(pull_command(0, ISO_INS_VERIFY, 0, PIV_REF_PIN, cs_view(values[i], 8)), "VERIFY");
		if (pull_sw == CS_SW_OK)
			return i;
	}
	pull_must(pull_command(0, ISO_INS_VERIFY, 0, PIV_REF_PIN, CS_VIEW_EMPTY), "VERIFY");
	return pull_sw == CS_SW_BLOCKED ? NO_PIN : 9;
}

/* Also whether others are there, of which nothing is known. */
static uint8_t credentials(bool *others)
{
	static const uint8_t names[] = {'h', 'g', 'o'};
	struct cs_reader r;
	struct cs_tlv tlv;
	uint8_t made = 0;

	*others = false;
	pull_must(ask(0, YKOATH_INS_LIST_ALL, 0, 0, CS_VIEW_EMPTY), "LIST ALL");
	for (r = cs_reader_of(pull_data); cs_tlv_read(&r, &tlv);) {
		if (tlv.tag != YKOATH_TAG_NAME_LIST)
			continue;
		if (tlv.value.len != 2)
			*others = true;
		for (unsigned i = 0; i < 3; i++)
			made |= (uint8_t)(tlv.value.len == 2 && tlv.value.ptr[1] == names[i] ? 1u << i : 0);
	}
	return made;
}

/* The counter is asked for the next code, and so is one on. */
static uint32_t counter_behind(void)
{
	uint32_t last = then.asked > now.asked ? then.asked : now.asked;

	pull_must(question(now), "OCRA");
	for (uint32_t counter = now.asked; counter <= last; counter++)
		if (answered_question(counter))
			return counter + 1;
	pull_wrong.counter++;
	return last + 1;
}

static void oath_is(struct state *is, bool *others)
{
	struct cs_view challenge;

	pull_must(select_oath(), "OATH");
	is->code = cs_tlv_find(pull_data, YKOATH_TAG_CHALLENGE, &challenge) == CS_OK;
	is->made = is->code ? 0 : credentials(others);
}

static struct state card_is(bool *others)
{
	static const uint8_t sm_certificate[] = {PIV_TAG_TAG_LIST, 3, 0x5F, 0xFF, 0x04};
	struct state is = now;

	pull_must(info(), "INFO");
	is.life = byte_of(CSGN_TAG_LIFECYCLE, 0);
	is.profile = byte_of(CSGN_TAG_PROFILE, 0);
	is.label = element(CSGN_TAG_LABEL).len == 0 ? NO_LABEL : (uint8_t)(byte_of(CSGN_TAG_LABEL, 0) - 'a');
	is.holder = element(CSGN_TAG_HOLDER).len == 0 ? 0 : (uint8_t)(byte_of(CSGN_TAG_HOLDER, 0) - 'A');
	is.limit = byte_of(CSGN_TAG_PIN_STATE, 2);
	if (is.life == CSGN_TERMINATED)
		return is;
	pull_must(update(), "INITIALIZE UPDATE");
	is.scp = pull_sw == CS_SW_OK;
	pull_must(select_piv() && pull_command(0, PIV_INS_GET_DATA, 0x3F, 0xFF, CS_VIEW_OF(sm_certificate)),
		  "the certificate for secure messaging");
	is.sm = pull_sw == CS_SW_OK;
	if (is.life == CSGN_LOCKED) /* which changes none of these, and tells nothing of them */
		return is;
	is.pin = pin_is();
	oath_is(&is, others);
	return is;
}

static void tell(const char *what, const struct state *s)
{
	printf(
	    "# %s: life-cycle %u, profile %u, label %u, PIN %u, holder %u, limit %u, SCP %u, SM %u, code %u, "
	    "credentials %u\n",
	    what, s->life, s->profile, s->label, s->pin, s->holder, s->limit, s->scp, s->sm, s->code,
	    s->made);
}

/* But for the counter, which is looked at by itself. */
static bool same(const struct state *a, const struct state *b)
{
	return memcmp(a, b, offsetof(struct state, made) + 1) == 0;
}

void pull_issue_check(void)
{
	bool others = false;
	struct state is = card_is(&others);

	if (!same(&is, &now) && !same(&is, &then)) {
		tell("is", &is);
		tell("was", &now);
		tell("would be", &then);
		pull_wrong.store++;
	}
	if (is.life != CSGN_LOCKED && is.life != CSGN_TERMINATED && is.made & QUESTIONS)
		is.asked = counter_behind();
	now = then = is;
	if (others)
		pull_must(oath_reset(), "RESET");
}

const struct pull_row pull_issue[] = {
    {"INITIALIZE", initialise},
    {"INIT PIN", init_pin_row},
    {"SET LABEL", set_label},
    {"PERSONALISE", personalise},
    {"LOCK", lock},
    {"UNLOCK", unlock},
    {"SET LIMITS", set_limits},
    {"RESET", reset},
    {"PIV RESET", piv_reset},
    {"SET RETRIES", set_retries},
    {"SET SCP KEYS", set_scp_keys},
    {"INITIALIZE UPDATE", initialise_update},
    {"GENERATE, for secure messaging", sm_key},
    {"a session of secure messaging", sm_session},
    {"OATH RESET", oath_reset_row},
    {"OATH GENERATE", oath_generate},
    {"OCRA", ocra},
    {"CHECK", check_code},
    {"UNBLOCK", unblock_code},
    {"STATUS", oath_status},
    {"LIST ALL", list_all},
    {"SEND REMAINING", send_remaining},
    {"GET SERIAL", serial},
    {"GET VERSION", version},
    {"INFO", info},
    {"CONTENTS", contents},
    {"TOUCH MODE", touch_mode},
    {"MANAGE CHANNEL", channel},
};
const size_t pull_issue_count = sizeof(pull_issue) / sizeof(pull_issue[0]);

/* Once: nothing leads back. */
static bool terminate(void)
{
	struct state after = now;

	after.life = CSGN_TERMINATED;
	after.label = NO_LABEL;
	return now.life == CSGN_TERMINATED ||
	       (officer() && turn(after, CSGN_CLA, CSGN_INS_TERMINATE, 0xDE, 0xAD, CS_VIEW_EMPTY));
}

const struct pull_row pull_last = {"TERMINATE", terminate};

void pull_issue_prepare(void)
{
	now = then = emptied(CSGN_BLANK, NO_LABEL, FACTORY);
	now.profile = then.profile = CSGN_PROFILE_COUNTERSIGN;
	pull_issue_check();
	pull_must(issued(), "the new card");
	pull_issue_check();
	if (pull_wrong.refused + pull_wrong.store > 0)
		pull_die("the new card refuses to work");
}
