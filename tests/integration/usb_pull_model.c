/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the card may hold: a model keeps, beside each value, what else it may be where a command was under
 * way.
 */
#include <stdio.h>
#include <string.h>

#include "base/apdu.h"
#include "base/countersign.h"
#include "base/oath.h"
#include "base/piv.h"
#include "base/sw.h"
#include "base/tlv.h"
#include "base/ykoath.h"
#include "tests/integration/usb_pull.h"
#include "tests/unit/base_hmac.h"

#define TRIES	   3u
#define OBJECT_MAX 7000u
#define POINT_LEN  65u
#define SCALAR_LEN 32u
#define SHORT_MAX  255u /* bytes of a short APDU's data */

/* ---- commands ---- */

static uint8_t response[8000];
struct cs_view pull_data; /* of the last answer */
uint16_t pull_sw;
static uint8_t last_ins;

/* The answer's data go into response, from at on. */
static bool transmit(const struct cs_apdu *cmd, size_t at)
{
	static uint8_t raw[8000];
	struct cs_writer w = CS_WRITER_OF(raw), answer = cs_writer_of(response + at, sizeof(response) - at);
	struct cs_response parsed;

	if (cs_apdu_build(cmd, &w) != CS_OK)
		pull_die("APDU");
	if (!ccid_line_exchange(&pull_line, cs_writer_view(&w), &answer) ||
	    cs_response_parse(cs_writer_view(&answer), &parsed) != CS_OK)
		return false;
	pull_data = parsed.data;
	pull_sw = parsed.sw;
	last_ins = cmd->ins;
	return true;
}

bool pull_command(uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	const struct cs_apdu cmd = {
	    .cla = cla, .ins = ins, .p1 = p1, .p2 = p2, .data = body, .ne = CS_APDU_NE_MAX, .extended = true};

	return transmit(&cmd, 0);
}

bool pull_command_short(uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2)
{
	const struct cs_apdu cmd = {.cla = cla, .ins = ins, .p1 = p1, .p2 = p2, .ne = CS_APDU_SHORT_NE_MAX};

	return transmit(&cmd, 0);
}

static bool command(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	return pull_command(0, ins, p1, p2, body);
}

/* The same in short APDUs: the command over a chain, the response by GET RESPONSE. */
static bool command_short(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	struct cs_apdu cmd = {.cla = ISO_CLA_CHAIN, .ins = ins, .p1 = p1, .p2 = p2};
	size_t got;

	for (; body.len > SHORT_MAX; body = cs_view(body.ptr + SHORT_MAX, body.len - SHORT_MAX)) {
		cmd.data = cs_view(body.ptr, SHORT_MAX);
		if (!transmit(&cmd, 0))
			return false;
		if (pull_sw != CS_SW_OK)
			return true;
	}
	cmd = (struct cs_apdu){.ins = ins, .p1 = p1, .p2 = p2, .data = body, .ne = CS_APDU_SHORT_NE_MAX};
	if (!transmit(&cmd, 0))
		return false;
	for (got = pull_data.len; (pull_sw & 0xFF00) == CS_SW_BYTES_LEFT; got += pull_data.len) {
		cmd = (struct cs_apdu){.ins = ISO_INS_GET_RESPONSE, .ne = CS_APDU_SHORT_NE_MAX};
		if (!transmit(&cmd, got))
			return false;
	}
	pull_data = cs_view(response, got);
	return true;
}

static bool select_piv(void)
{
	static const uint8_t aid[] = PIV_AID;

	return command(ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

static bool select_oath(void)
{
	static const uint8_t aid[] = YKOATH_AID;

	return command(ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

/* The value of a path of tags in the answer. */
static struct cs_view inner(uint32_t outer_tag, uint32_t tag)
{
	struct cs_view value = pull_data, found;

	if (outer_tag && cs_tlv_find(value, outer_tag, &value) != CS_OK)
		return CS_VIEW_EMPTY;
	return cs_tlv_find(value, tag, &found) == CS_OK ? found : CS_VIEW_EMPTY;
}

/* ---- the model: what the card may hold ---- */

/* A PIN: which of the two it is, and how many tries it has: at the last answer, and (bit n: n) now. */
struct secret {
	uint8_t reference;
	unsigned which, which_maybe, tries, tries_maybe;
};

static struct {
	struct secret pin, puk;
	uint64_t counter, counter_max;	   /* of the HOTP credential, the next one */
	uint64_t typed;			   /* the first that was not typed yet */
	uint8_t point[POINT_LEN];	   /* the public key */
	bool generating;		   /* or another one by now */
	unsigned imported, imported_maybe; /* which of two keys was brought: bits */
	unsigned name, name_maybe;	   /* the second credential's: bit 0 none, bits 1 and 2 one of two */
} model = {.pin = {.reference = PIV_REF_PIN}, .puk = {.reference = PIV_REF_PUK}};

struct pull_wrong pull_wrong;

bool pull_expect(bool answered, unsigned want)
{
	if (answered && pull_sw != want)
		printf("# %02X answered %04X, not %04X\n", last_ins, pull_sw, want), pull_wrong.refused++;
	return answered;
}

static const uint8_t pins[2][8] = {{'1', '3', '5', '7', '9', '2', 0xFF, 0xFF},
				   {'4', '0', '7', '1', '8', '2', '6', '3'}};
static const uint8_t puks[2][8] = {{'3', '1', '4', '1', '5', '9', '2', '6'},
				   {'5', '0', '2', '9', '3', '8', '4', '7'}};

static const uint8_t *value_of(const struct secret *s, unsigned which)
{
	return s->reference == PIV_REF_PIN ? pins[which] : puks[which];
}

/* A right one is being compared: its try is spent, and comes back. */
static void compared(struct secret *s)
{
	s->tries_maybe |= 1u << s->tries | 1u << (s->tries - 1) | 1u << TRIES;
}

static void settled(struct secret *s, unsigned tries)
{
	s->tries = tries;
	s->tries_maybe = 1u << tries;
	s->which_maybe = 1u << s->which;
}

bool pull_verify(void)
{
	compared(&model.pin);
	if (!select_piv() ||
	    !pull_expect(command(ISO_INS_VERIFY, 0, PIV_REF_PIN, cs_view(pins[model.pin.which], 8)),
			 CS_SW_OK))
		return false;
	settled(&model.pin, TRIES);
	return true;
}

static bool unblock_with(unsigned puk)
{
	uint8_t body[16];

	memcpy(body, puks[puk], 8);
	memcpy(body + 8, pins[model.pin.which], 8);
	return command(ISO_INS_RESET_RETRY_COUNTER, 0, PIV_REF_PIN, CS_VIEW_OF(body));
}

static bool unblock(void)
{
	compared(&model.puk);
	model.pin.tries_maybe |= 1u << TRIES;
	if (!select_piv() || !pull_expect(unblock_with(model.puk.which), CS_SW_OK))
		return false;
	settled(&model.puk, TRIES);
	settled(&model.pin, TRIES);
	return true;
}

static bool verify_wrong(void)
{
	struct secret *s = &model.pin;

	if (s->tries == 1 && !unblock())
		return false;
	s->tries_maybe |= 1u << (s->tries - 1);
	if (!select_piv() ||
	    !pull_expect(command(ISO_INS_VERIFY, 0, PIV_REF_PIN, cs_view(pins[!s->which], 8)),
			 CS_SW_TRIES_LEFT | (s->tries - 1)))
		return false;
	settled(s, s->tries - 1);
	return true;
}

/* With one try left the right PUK, pulled, would leave none. */
static bool puk_wrong(void)
{
	struct secret *s = &model.puk;

	if (s->tries == 2 && !unblock())
		return false;
	s->tries_maybe |= 1u << (s->tries - 1);
	if (!select_piv() || !pull_expect(unblock_with(!s->which), CS_SW_TRIES_LEFT | (s->tries - 1)))
		return false;
	settled(s, s->tries - 1);
	return true;
}

static bool change(struct secret *s)
{
	uint8_t body[16];

	memcpy(body, value_of(s, s->which), 8);
	memcpy(body + 8, value_of(s, !s->which), 8);
	compared(s);
	s->which_maybe = 3;
	if (!select_piv() ||
	    !pull_expect(command(ISO_INS_CHANGE_REFERENCE_DATA, 0, s->reference, CS_VIEW_OF(body)), CS_SW_OK))
		return false;
	s->which = !s->which;
	settled(s, TRIES);
	return true;
}

static bool change_pin(void)
{
	return change(&model.pin);
}

static bool change_puk(void)
{
	return change(&model.puk);
}

/* ---- objects and keys ---- */

void pull_must(bool answered, const char *what)
{
	if (!answered)
		pull_die(what);
}

/* An object: of which version, at the last answer and at most now. */
struct object {
	uint8_t name[5];
	size_t max;
	bool (*call)(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body);
	uint32_t version, version_max;
};

/* One in a message of CCID; one over a chain of them, both ways; one over a chain of APDUs. */
static struct object objects[] = {
    {{PIV_TAG_TAG_LIST, 3, 0x5F, 0xC1, 0x0D}, 1500, command, 0, 0},
    {{PIV_TAG_TAG_LIST, 3, 0x5F, 0xC1, 0x0E}, 7000, command, 0, 0},
    {{PIV_TAG_TAG_LIST, 3, 0x5F, 0xC1, 0x0F}, 1500, command_short, 0, 0},
};
#define OBJECTS (sizeof(objects) / sizeof(objects[0]))

/* In the upper half of what the object may be. */
static struct cs_view object_value(const struct object *o, uint32_t version)
{
	static uint8_t value[OBJECT_MAX];
	size_t len = o->max / 2 + version * 977u % (o->max / 2);
	struct cs_writer w = CS_WRITER_OF(value);

	memset(value, (int)(version & 0xFF), len);
	cs_write_u32(&w, version);
	return cs_view(value, len);
}

static bool object_put(struct object *o)
{
	static uint8_t body[OBJECT_MAX + 20];
	struct cs_writer w = CS_WRITER_OF(body);

	cs_write_view(&w, CS_VIEW_OF(o->name));
	cs_tlv_write(&w, PIV_TAG_DATA, object_value(o, o->version + 1));
	if (!pull_verify())
		return false;
	o->version_max = o->version + 1;
	if (!pull_expect(o->call(PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_writer_view(&w)), CS_SW_OK))
		return false;
	o->version = o->version_max;
	return true;
}

static bool object_get(struct object *o)
{
	return select_piv() &&
	       pull_expect(o->call(PIV_INS_GET_DATA, 0x3F, 0xFF, CS_VIEW_OF(o->name)), CS_SW_OK);
}

static bool put_data(void)
{
	return object_put(&objects[0]);
}

static bool get_data(void)
{
	return object_get(&objects[0]);
}

static bool put_long(void)
{
	return object_put(&objects[1]);
}

static bool get_long(void)
{
	return object_get(&objects[1]);
}

static bool put_short(void)
{
	return object_put(&objects[2]);
}

static bool get_short(void)
{
	return object_get(&objects[2]);
}

static bool generate(void)
{
	static const uint8_t body[] = {PIV_TAG_GENERATE, 3, PIV_TAG_ALGORITHM, 1, PIV_ALG_P256};
	struct cs_view point;

	if (!pull_verify())
		return false;
	model.generating = true;
	if (!pull_expect(command(PIV_INS_GENERATE, 0, PIV_SLOT_AUTHENTICATION, CS_VIEW_OF(body)), CS_SW_OK))
		return false;
	point = inner(PIV_TAG_PUBLIC_KEY, PIV_TAG_EC_POINT);
	if (point.len == POINT_LEN)
		memcpy(model.point, point.ptr, POINT_LEN);
	model.generating = false;
	return true;
}

/* The points of the keys that are brought, as the card had them of each when it was new. */
static uint8_t brought[2][POINT_LEN];

static struct cs_view key_point(uint8_t slot)
{
	pull_must(select_piv() && command(PIV_INS_GET_METADATA, 0, slot, CS_VIEW_EMPTY), "metadata");
	return inner(PIV_META_PUBLIC_KEY, PIV_TAG_EC_POINT);
}

static bool import(void)
{
	uint8_t body[2 + SCALAR_LEN] = {PIV_IMPORT_EC_SCALAR, SCALAR_LEN};
	unsigned next = model.imported == 1 ? 2 : 1;

	memset(body + 2, (int)(0x10 + next), SCALAR_LEN);
	if (!pull_verify())
		return false;
	model.imported_maybe = model.imported | next;
	if (!pull_expect(command(PIV_INS_IMPORT_KEY, PIV_ALG_P256, PIV_SLOT_KEY_MANAGEMENT, CS_VIEW_OF(body)),
			 CS_SW_OK))
		return false;
	model.imported = model.imported_maybe = next;
	return true;
}

/* With this slot's key. */
static bool signed_by(uint8_t slot)
{
	uint8_t body[38] = {PIV_TAG_AUTH_TEMPLATE, 36, PIV_TAG_AUTH_RESPONSE, 0, PIV_TAG_AUTH_CHALLENGE, 32};

	test_random_fill(&pull_rng, body + 6, 32);
	return pull_verify() &&
	       pull_expect(command(PIV_INS_AUTHENTICATE, PIV_ALG_P256, slot, CS_VIEW_OF(body)), CS_SW_OK);
}

static bool sign(void)
{
	return signed_by(PIV_SLOT_AUTHENTICATION);
}

/* The host is asked for time until somebody has touched the token, which he does whenever it asks. */
static bool sign_touched(void)
{
	bool done;

	pull_line.extended = pull_touch;
	done = signed_by(PIV_SLOT_SIGNATURE);
	pull_line.extended = NULL;
	return done;
}

static bool touch_key(void)
{
	static const uint8_t body[] = {PIV_TAG_GENERATE,     6, PIV_TAG_ALGORITHM, 1, PIV_ALG_P256,
				       PIV_TAG_TOUCH_POLICY, 1, PIV_TOUCH_ALWAYS};

	return pull_verify() &&
	       pull_expect(command(PIV_INS_GENERATE, 0, PIV_SLOT_SIGNATURE, CS_VIEW_OF(body)), CS_SW_OK);
}

static bool agree(void)
{
	static uint8_t body[4 + 2 + POINT_LEN] = {PIV_TAG_AUTH_TEMPLATE,       4 + POINT_LEN,
						  PIV_TAG_AUTH_RESPONSE,       0,
						  PIV_TAG_AUTH_EXPONENTIATION, POINT_LEN};

	memcpy(body + 6, model.point, POINT_LEN);
	return pull_verify() && pull_expect(command(PIV_INS_AUTHENTICATE, PIV_ALG_P256,
						    PIV_SLOT_AUTHENTICATION, CS_VIEW_OF(body)),
					    CS_SW_OK);
}

static bool metadata(void)
{
	return select_piv() &&
	       pull_expect(command(PIV_INS_GET_METADATA, 0, PIV_SLOT_AUTHENTICATION, CS_VIEW_EMPTY),
			   CS_SW_OK);
}

static bool attest(void)
{
	return select_piv() &&
	       pull_expect(command(PIV_INS_ATTEST, PIV_SLOT_AUTHENTICATION, 0, CS_VIEW_EMPTY), CS_SW_OK);
}

static bool inventory(void)
{
	static const uint8_t aid[] = CSGN_AID;

	return command(ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid)) &&
	       pull_expect(pull_command(CSGN_CLA, CSGN_INS_INVENTORY, 0, 0, CS_VIEW_EMPTY), CS_SW_OK);
}

/* ---- OATH ---- */

static const uint8_t seed[20] = "12345678901234567890";
static const uint8_t hotp_name[] = {YKOATH_TAG_NAME, 4, 'k', 'i', 'l', 'l'};
static const uint8_t names[3][5] = {
    {0}, {YKOATH_TAG_NAME, 3, 'o', 'n', 'e'}, {YKOATH_TAG_NAME, 3, 't', 'w', 'o'}};

static uint32_t hotp_number(uint64_t counter)
{
	struct cs_hmac fn = {libcrypto_hmac, NULL};
	uint32_t number = 0;

	if (cs_hotp(&fn, CS_SHA1, CS_VIEW_OF(seed), counter, &number) != CS_OK)
		pull_die("HMAC");
	return number;
}

static uint32_t code_number(void)
{
	struct cs_reader r = cs_reader_of(inner(0, YKOATH_TAG_TRUNCATED_RESPONSE));

	(void)cs_read_u8(&r);
	return cs_read_u32(&r);
}

static bool hotp(void)
{
	model.counter_max = model.counter + 1;
	if (!select_oath() ||
	    !pull_expect(command(YKOATH_INS_CALCULATE, 0, 1, CS_VIEW_OF(hotp_name)), CS_SW_OK))
		return false;
	pull_wrong.counter += code_number() != hotp_number(model.counter);
	model.counter = model.counter_max;
	return true;
}

static bool oath_put(struct cs_view name, uint8_t kind)
{
	uint8_t body[50];
	struct cs_writer w = CS_WRITER_OF(body);

	cs_write_view(&w, name);
	cs_write_u8(&w, YKOATH_TAG_KEY);
	cs_write_u8(&w, 22);
	cs_write_u8(&w, kind | YKOATH_HASH_SHA1);
	cs_write_u8(&w, 6);
	cs_write_view(&w, CS_VIEW_OF(seed));
	return command(YKOATH_INS_PUT, 0, 0, cs_writer_view(&w));
}

/* The second credential is made, renamed and deleted in turn. */
static bool named(unsigned next, bool (*call)(void))
{
	model.name_maybe = 1u << model.name | 1u << next;
	if (!select_oath() || !pull_expect(call(), CS_SW_OK))
		return false;
	model.name = next;
	model.name_maybe = 1u << next;
	return true;
}

static bool put_call(void)
{
	return oath_put(CS_VIEW_OF(names[1]), YKOATH_TYPE_TOTP);
}

static bool rename_call(void)
{
	uint8_t body[10];

	memcpy(body, names[1], 5);
	memcpy(body + 5, names[2], 5);
	return command(YKOATH_INS_RENAME, 0, 0, CS_VIEW_OF(body));
}

static bool delete_call(void)
{
	return command(YKOATH_INS_DELETE, 0, 0, cs_view(names[model.name], 5));
}

static bool delete (void)
{
	return (model.name != 0 || named(1, put_call)) && named(0, delete_call);
}

static bool put(void)
{
	return (model.name == 0 || named(0, delete_call)) && named(1, put_call);
}

static bool rename_it(void)
{
	return (model.name == 1 || put()) && named(2, rename_call);
}

static bool calculate_all(void)
{
	static const uint8_t body[] = {YKOATH_TAG_CHALLENGE, 8, 0, 0, 0, 0, 0, 0, 0, 1};

	return select_oath() &&
	       pull_expect(command(YKOATH_INS_CALCULATE_ALL, 0, 1, CS_VIEW_OF(body)), CS_SW_OK);
}

/* ---- the looking over: nothing is pulled then ---- */

static unsigned tries_left(uint8_t reference)
{
	struct cs_view tries;

	pull_must(command(PIV_INS_GET_METADATA, 0, reference, CS_VIEW_EMPTY), "metadata of a PIN");
	tries = inner(0, PIV_META_RETRIES);
	return tries.len == 2 ? tries.ptr[1] : 99;
}

static void check_secret(struct secret *s)
{
	unsigned left = tries_left(s->reference);

	if (left > TRIES || !(s->tries_maybe >> left & 1)) {
		printf("# %02X has %u tries, and may have (bits) %x\n", s->reference, left, s->tries_maybe);
		pull_wrong.tries++;
	}
	s->tries = left;
	s->tries_maybe = 1u << left;
}

/* Which of the two it is: asked where both are possible. */
static void settle_pin(void)
{
	struct secret *s = &model.pin;

	pull_must(command(ISO_INS_VERIFY, 0, PIV_REF_PIN, cs_view(pins[s->which], 8)), "VERIFY");
	if (pull_sw != CS_SW_OK && s->which_maybe == 3) {
		s->which = !s->which;
		pull_must(command(ISO_INS_VERIFY, 0, PIV_REF_PIN, cs_view(pins[s->which], 8)), "VERIFY");
	}
	pull_wrong.store += pull_sw != CS_SW_OK;
	settled(s, TRIES);
}

static void settle_puk(void)
{
	struct secret *s = &model.puk;

	pull_must(unblock_with(s->which), "RESET RETRY COUNTER");
	if (pull_sw != CS_SW_OK && s->which_maybe == 3) {
		s->which = !s->which;
		pull_must(unblock_with(s->which), "RESET RETRY COUNTER");
	}
	pull_wrong.store += pull_sw != CS_SW_OK;
	settled(s, TRIES);
}

static void check_secrets(void)
{
	pull_must(select_piv(), "SELECT");
	check_secret(&model.pin);
	check_secret(&model.puk);
	settle_pin();
	settle_puk();
}

/* Behind the code of this number, which the host has modulo that, from first on; it may not be beyond what
 * was asked for. */
static uint64_t behind(uint32_t number, uint32_t modulus, uint64_t first)
{
	uint64_t counter = first, max = model.counter_max + pull_touches();

	while (counter < max && number != hotp_number(counter) % modulus)
		counter++;
	if (number == hotp_number(counter) % modulus)
		return counter + 1;
	printf("# %06u is none of the codes from %llu to %llu\n", number, (unsigned long long)first,
	       (unsigned long long)max);
	pull_wrong.counter++;
	return first;
}

static void check_counter(void)
{
	pull_must(select_oath() && command(YKOATH_INS_CALCULATE, 0, 1, CS_VIEW_OF(hotp_name)), "code");
	model.counter = model.counter_max = behind(code_number(), UINT32_MAX, model.counter);
}

/* A touch, and what the host's kernel has of the keyboard then. That may be of before a code that was
 * calculated since, but of none that was typed before. */
static bool typed(void)
{
	uint32_t number = 0;

	if (!pull_typed(&number))
		return false;
	model.typed = behind(number, 1000000, model.typed);
	if (model.typed > model.counter)
		model.counter = model.counter_max = model.typed;
	return true;
}

/* Whether the second credential, of this name, is there: TOTP codes change nothing. */
static bool credential_is(unsigned name)
{
	uint8_t body[15];

	memcpy(body, names[name], 5);
	memcpy(body + 5, "\x74\x08\0\0\0\0\0\0\0\x01", 10);
	pull_must(command(YKOATH_INS_CALCULATE, 0, 1, CS_VIEW_OF(body)), "code");
	return pull_sw == CS_SW_OK;
}

static void check_credential(void)
{
	unsigned is = credential_is(1) ? 1 : 0;

	if (credential_is(2))
		is = is == 1 ? 3 : 2; /* 3: both, which is never */
	pull_wrong.store += is == 3 || !(model.name_maybe >> is & 1);
	model.name = is == 3 ? 0 : is;
	model.name_maybe = 1u << model.name;
}

static void check_object(struct object *o)
{
	uint32_t version = o->version;

	pull_must(object_get(o), "object");
	struct cs_view value = inner(0, PIV_TAG_DATA);
	while (version < o->version_max && !cs_view_equal(value, object_value(o, version)))
		version++;
	pull_wrong.store += !cs_view_equal(value, object_value(o, version));
	o->version = o->version_max = version;
}

static void check_imported(void)
{
	struct cs_view point = key_point(PIV_SLOT_KEY_MANAGEMENT);
	unsigned is = cs_view_equal(point, CS_VIEW_OF(brought[0]))   ? 1
		      : cs_view_equal(point, CS_VIEW_OF(brought[1])) ? 2
								     : 0;

	pull_wrong.store += (model.imported_maybe & is) == 0;
	model.imported = model.imported_maybe = is;
}

static void check_key(void)
{
	struct cs_view point = key_point(PIV_SLOT_AUTHENTICATION);
	bool same = point.len == POINT_LEN && memcmp(point.ptr, model.point, POINT_LEN) == 0;

	pull_wrong.store += point.len != POINT_LEN || (!same && !model.generating);
	if (point.len == POINT_LEN)
		memcpy(model.point, point.ptr, POINT_LEN);
	model.generating = false;
	pull_must(sign(), "signature");
}

void pull_check(void)
{
	check_secrets();
	pull_more_check(); /* with the PIN known; then no access code is in the way */
	check_counter();
	check_credential();
	for (size_t i = 0; i < OBJECTS; i++)
		check_object(&objects[i]);
	check_key();
	check_imported();
}

/* ---- the kinds of command, with pull_more and pull_issue all that there are ---- */

const struct pull_row pull_rows[] = {
    {"SELECT", select_piv},
    {"VERIFY", pull_verify},
    {"VERIFY, wrong", verify_wrong},
    {"change PIN", change_pin},
    {"unblock PIN", unblock},
    {"PUK, wrong", puk_wrong},
    {"change PUK", change_puk},
    {"PUT DATA", put_data},
    {"GET DATA", get_data},
    {"PUT DATA, over a chain of CCID", put_long},
    {"GET DATA, over a chain of CCID", get_long},
    {"PUT DATA, over a chain of APDUs", put_short},
    {"GET DATA, by GET RESPONSE", get_short},
    {"GENERATE", generate},
    {"IMPORT", import},
    {"sign", sign},
    {"sign, and wait for a touch", sign_touched},
    {"agree", agree},
    {"GET METADATA", metadata},
    {"ATTEST", attest},
    {"INVENTORY", inventory},
    {"HOTP code", hotp},
    {"CALCULATE ALL", calculate_all},
    {"PUT credential", put},
    {"RENAME", rename_it},
    {"DELETE", delete},
};
const size_t pull_rows_count = sizeof(pull_rows) / sizeof(pull_rows[0]);

const struct pull_row pull_keyboard = {"a code that is typed", typed};

void pull_prepare(void)
{
	static const uint8_t factory[] = "12345678";
	uint8_t body[16];

	memcpy(body, factory, 8);
	memcpy(body + 8, puks[0], 8);
	pull_must(select_piv() &&
		      pull_expect(command(ISO_INS_CHANGE_REFERENCE_DATA, 0, PIV_REF_PUK, CS_VIEW_OF(body)),
				  CS_SW_OK),
		  "the PUK");
	model.pin.tries = model.puk.tries = TRIES;
	pull_must(unblock() && put_data() && put_long() && put_short() && generate() && touch_key(),
		  "the new card");
	for (size_t i = 0; i < 2; i++) {
		pull_must(import(), "a key that is brought");
		struct cs_view point = key_point(PIV_SLOT_KEY_MANAGEMENT);
		if (point.len == POINT_LEN)
			memcpy(brought[i], point.ptr, POINT_LEN);
	}
	pull_must(select_oath() && pull_expect(oath_put(CS_VIEW_OF(hotp_name), YKOATH_TYPE_HOTP), CS_SW_OK),
		  "the new card");
	model.name_maybe = 1;
	pull_more_prepare();
	pull_check();
	if (pull_wrong.refused + pull_wrong.store > 0)
		pull_die("the new card refuses to work");
}
