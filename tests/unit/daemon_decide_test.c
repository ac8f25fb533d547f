/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one decision: every state of a token of every kind, with every kind of attempt, against a model; the
 * RFC's answers to challenges; what is printed, each once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/decide.h"
#include "tests/unit/base_hmac.h"

#define NOW 1000000u

static const struct cs_hmac hmac = {.fn = libcrypto_hmac};
static const uint8_t seeds[] = "12345678901234567890123456789012345678901234567890123456789012345678";
static const char suite_plain[] = "OCRA-1:HOTP-SHA1-6:QN08", suite_counter[] = "OCRA-1:HOTP-SHA512-8:C-QN08",
		  suite_time[] = "OCRA-1:HOTP-SHA512-8:QN08-T1M",
		  suite_data[] = "OCRA-1:HOTP-SHA256-6:QN08-S064";
static const struct verify_limits limits = {
    .hotp_window = 3, .totp_window = 1, .totp_drift_limit = 5, .resync_window = 10, .list_window = 2};

/* A PIN is stored as itself here: what it costs is password.h's. */
static unsigned pins_looked_at;

static enum cs_err pin_port(void *ctx, struct cs_view stored, struct cs_view pin, bool *same)
{
	(void)ctx;
	pins_looked_at++;
	*same = cs_view_equal(stored, pin);
	return CS_OK;
}

static const struct decide_ports ports = {.hmac = &hmac, .pin = pin_port};

static struct verify_token token_of(enum verify_type type)
{
	struct verify_token token = {.type = type,
				     .hash = CS_SHA1,
				     .digits = 6,
				     .period = 30,
				     .seed = {seeds, 20},
				     .next = type == VERIFY_TOTP ? NOW / 30 : 5,
				     .suite = CS_VIEW_TEXT("OCRA-1:HOTP-SHA1-6:QN08")};

	token.count = type == VERIFY_LIST	 ? 20
		      : type == VERIFY_GRID	 ? 50
		      : type == VERIFY_BACKUP	 ? 10
		      : type == VERIFY_TEMPORARY ? 9
						 : 0;
	return token;
}

/* The numbers of the cells in a grid's question. */
static unsigned cells_of(const char *question, unsigned cells[VERIFY_GRID_ASKED + 1])
{
	unsigned count = 0, row;
	char column;

	for (const char *p = question; *p; p += strcspn(p, " "), p += *p == ' ') {
		assert_true(count <= VERIFY_GRID_ASKED);
		assert_int_equal(sscanf(p, "%c%u", &column, &row), 2);
		cells[count++] = (row - 1) * 10 + (unsigned)(column - 'A');
	}
	return count;
}

/* What the token's grid has in the cells that it is asked now. */
static void grid_code(const struct verify_token *token, char out[64])
{
	char question[VERIFY_QUESTION_MAX + 1], cell[CS_OATH_CODE_MAX];
	unsigned cells[VERIFY_GRID_ASKED + 1];

	assert_int_equal(verify_grid_question(&hmac, token, question), CS_OK);
	assert_int_equal(cells_of(question, cells), VERIFY_GRID_ASKED);
	for (unsigned i = 0; i < VERIFY_GRID_ASKED; i++) {
		assert_int_equal(verify_line_text(&hmac, token, cells[i], cell), CS_OK);
		assert_int_equal(strlen(cell), VERIFY_GRID_DIGITS);
		memcpy(out + (size_t)i * VERIFY_GRID_DIGITS, cell, VERIFY_GRID_DIGITS + 1);
	}
}

/* The code that the token makes now, next and spent as they are. */
static void right_code(const struct verify_token *token, char out[64])
{
	uint32_t number = (uint32_t)token->next;

	switch (token->type) {
	case VERIFY_GRID:
		grid_code(token, out);
		break;
	case VERIFY_OCRA:
		memcpy(out, "243178", 7); /* RFC 6287, appendix C.1: of 11111111 */
		break;
	case VERIFY_SMS:
	case VERIFY_EMAIL:
		memcpy(out, "042042", 7);
		break;
	case VERIFY_BACKUP:
	case VERIFY_TEMPORARY:
		number = token->type == VERIFY_BACKUP ? 4 : 0;
		assert_int_equal(verify_printed_text(&hmac, token, number, out), CS_OK);
		break;
	default:
		assert_int_equal(verify_line_text(&hmac, token, number, out), CS_OK);
	}
}

enum typed { TYPED_RIGHT, TYPED_WRONG_CODE, TYPED_WRONG_PIN, TYPED_NO_PIN, TYPED_COUNT };
enum asked {
	ASKED_NOTHING,
	ASKED_NOTHING_BUT_DATA,
	ASKED_OPEN,
	ASKED_OPEN_BUT_DATA,
	ASKED_SPENT,
	ASKED_EXPIRED,
	ASKED_BOUND,
	ASKED_BOUND_OTHER,
	ASKED_COUNT
};

struct world {
	enum verify_type type;
	bool disabled, expired, locked;
	enum verify_pin pin;
	enum asked asked;
	enum typed typed;
};

/* What the headers promise, as plainly as can be. */
static enum decide_reason model(const struct world *w)
{
	bool challenge = w->type == VERIFY_OCRA || w->type == VERIFY_GRID || w->type == VERIFY_SMS ||
			 w->type == VERIFY_EMAIL;

	if (challenge != (w->asked >= ASKED_OPEN))
		return DECIDE_NO_TOKEN;
	if (w->disabled)
		return DECIDE_DISABLED;
	if (w->expired)
		return DECIDE_EXPIRED;
	if (w->locked)
		return DECIDE_LOCKED;
	if (w->asked == ASKED_SPENT || w->asked == ASKED_EXPIRED)
		return DECIDE_CHALLENGE_OVER;
	if (w->asked == ASKED_BOUND_OTHER || w->asked == ASKED_OPEN_BUT_DATA ||
	    w->asked == ASKED_NOTHING_BUT_DATA)
		return DECIDE_OTHER_DATA;
	if (w->typed == TYPED_WRONG_CODE)
		return DECIDE_WRONG_CODE;
	if (w->pin == VERIFY_NO_PIN)
		return DECIDE_ACCEPTED;
	return w->typed == TYPED_RIGHT	  ? DECIDE_ACCEPTED
	       : w->typed == TYPED_NO_PIN ? DECIDE_WRONG_CODE
					  : DECIDE_WRONG_PIN;
}

static void one_world(const struct world *w)
{
	static const char *const pins[TYPED_COUNT] = {"1739", "1739", "1738", ""};
	struct verify_token token = token_of(w->type);
	uint8_t mac[VERIFY_MAC_LEN];
	char code[64], typed[128], question[VERIFY_QUESTION_MAX + 1] = "11111111";
	struct decision d;

	if (w->type == VERIFY_GRID)
		assert_int_equal(verify_grid_question(&hmac, &token, question), CS_OK);
	assert_int_equal(verify_sent_mac(&hmac, token.seed, CS_VIEW_TEXT("c_1"), CS_VIEW_TEXT("042042"), mac),
			 CS_OK);
	const struct verify_challenge challenge = {
	    .id = CS_VIEW_TEXT("c_1"),
	    .question = cs_view_string(question),
	    .data = w->asked >= ASKED_BOUND ? CS_VIEW_TEXT("100 EUR to Bob") : CS_VIEW_EMPTY,
	    .expires = w->asked == ASKED_EXPIRED ? NOW : NOW + 1,
	    .spent = w->asked == ASKED_SPENT,
	    .mac = CS_VIEW_OF(mac)};
	token.disabled = w->disabled;
	token.expires = w->expired ? NOW : NOW + 1;
	token.locked = w->locked;
	token.pin = w->pin;
	token.pin_hash = CS_VIEW_TEXT("1739");
	right_code(&token, code);
	if (w->typed == TYPED_WRONG_CODE)
		code[0] = code[0] == '7' ? '6' : '7';
	bool before = w->pin == VERIFY_PIN_BEFORE;
	const char *pin = w->pin == VERIFY_NO_PIN ? "" : pins[w->typed];
	(void)snprintf(typed, sizeof(typed), "%s%s", before ? pin : code, before ? code : pin);
	const struct decide_attempt attempt = {
	    .code = cs_view_string(typed),
	    .data = w->asked == ASKED_BOUND ? CS_VIEW_TEXT("100 EUR to Bob")
		    : w->asked == ASKED_BOUND_OTHER || w->asked == ASKED_OPEN_BUT_DATA ||
			    w->asked == ASKED_NOTHING_BUT_DATA
			? CS_VIEW_TEXT("100 EUR to Eve")
			: CS_VIEW_EMPTY,
	    .challenge = w->asked < ASKED_OPEN ? NULL : &challenge,
	    .now = NOW};
	pins_looked_at = 0;
	assert_int_equal(decide(&ports, &token, 1, &limits, &attempt, &d), CS_OK);
	enum decide_reason expected = model(w);
	assert_string_equal(decide_reason_text(d.reason), decide_reason_text(expected));
	bool right = expected == DECIDE_ACCEPTED || expected == DECIDE_WRONG_PIN;
	assert_int_equal(d.store, right);
	assert_int_equal(d.spend, right && w->asked >= ASKED_OPEN);
	assert_int_equal(pins_looked_at, right && w->pin != VERIFY_NO_PIN);
	if (!right)
		return;
	bool moves = w->type == VERIFY_HOTP || w->type == VERIFY_TOTP || w->type == VERIFY_LIST ||
		     w->type == VERIFY_TEMPORARY || w->type == VERIFY_GRID;
	assert_int_equal(d.update.next, token.next + moves);
	assert_int_equal(d.update.spends, w->type == VERIFY_BACKUP ? 1u << 4 : 0);
}

static void every_state_of_every_kind_of_token_is_decided_as_the_model_has_it(void **state)
{
	unsigned worlds = 0;

	(void)state;
	for (unsigned n = 0; n < VERIFY_TYPE_COUNT * 8 * 3 * ASKED_COUNT * TYPED_COUNT; n++) {
		unsigned rest = n / 8;
		struct world w = {.disabled = n & 1, .expired = n & 2, .locked = n & 4};
		w.typed = (enum typed)(rest % TYPED_COUNT);
		rest /= TYPED_COUNT;
		w.asked = (enum asked)(rest % ASKED_COUNT);
		rest /= ASKED_COUNT;
		w.pin = (enum verify_pin)(rest % 3);
		w.type = (enum verify_type)(rest / 3);
		const struct decide_kind *kind = decide_kind(w.type);
		if (!kind || (w.pin != VERIFY_NO_PIN && !kind->pin))
			continue;
		one_world(&w);
		worlds++;
	}
	assert_int_equal(worlds, (7 * 3 + 2) * 8 * ASKED_COUNT * TYPED_COUNT);
}

/* Two tokens with seeds of their own: whichever the code is of accepts it, and what the other one says is
 * told only where it says more. */
static void of_two_tokens_the_one_that_says_most_is_told(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 3 * 8 * 8; n++) {
		struct verify_token tokens[2] = {token_of(VERIFY_HOTP), token_of(VERIFY_HOTP)};
		struct decide_attempt attempt = {.now = NOW};
		unsigned of = n % 3, target, usable = 0;
		char code[64] = "000000";
		struct decision d;

		tokens[1].seed = cs_view(seeds + 3, 30);
		for (unsigned i = 0; i < 2; i++) {
			unsigned bits = n / 3 >> 3 * i & 7;
			tokens[i].disabled = bits & 1;
			tokens[i].expires = bits & 2 ? 1 : 0;
			tokens[i].locked = bits & 4;
			usable += !bits;
		}
		target = usable != 1 ? 2 : n / 3 >> 3 ? 0 : 1;
		if (of < 2)
			right_code(&tokens[of], code);
		attempt.code = cs_view_string(code);
		assert_int_equal(decide_target(tokens, 2, &attempt), target);
		assert_int_equal(decide(&ports, tokens, 2, &limits, &attempt, &d), CS_OK);
		bool accepted = of < 2 && !(n / 3 >> 3 * of & 7);
		enum decide_reason most = DECIDE_NO_TOKEN;
		for (unsigned i = 0; i < 2; i++) {
			enum decide_reason one = tokens[i].disabled  ? DECIDE_DISABLED
						 : tokens[i].expires ? DECIDE_EXPIRED
						 : tokens[i].locked  ? DECIDE_LOCKED
								     : DECIDE_WRONG_CODE;
			most = one > most ? one : most;
		}
		assert_int_equal(d.reason, accepted ? DECIDE_ACCEPTED : most);
		if (accepted)
			assert_int_equal(d.token, of);
	}
}

static void nobody_without_tokens_is_accepted(void **state)
{
	const struct decide_attempt attempt = {.code = CS_VIEW_TEXT("000000"), .now = NOW};
	struct decision d;

	(void)state;
	assert_int_equal(decide(&ports, NULL, 0, &limits, &attempt, &d), CS_OK);
	assert_int_equal(d.reason, DECIDE_NO_TOKEN);
	assert_false(d.store);
}

static void kinds_have_names_that_find_them(void **state)
{
	(void)state;
	for (unsigned type = 1; type < VERIFY_TYPE_COUNT; type++)
		assert_int_equal(decide_kind_named(cs_view_string(decide_kind((enum verify_type)type)->name)),
				 type);
	assert_null(decide_kind(0));
	assert_null(decide_kind(VERIFY_TYPE_COUNT));
	assert_int_equal(decide_kind_named(CS_VIEW_TEXT("sm")), 0);
}

/* ---- OCRA ---- */

static enum verify_outcome ocra(const char *suite, uint64_t *next, const char *question, const char *data,
				const char *code, uint64_t now)
{
	struct verify_token token = token_of(VERIFY_OCRA);
	const struct verify_challenge challenge = {.question = cs_view_string(question),
						   .data = cs_view_string(data)};
	struct verify_decision d;

	token.suite = cs_view_string(suite);
	token.seed = cs_view(seeds, strstr(suite, "SHA512") ? 64 : strstr(suite, "SHA256") ? 32 : 20);
	token.next = *next;
	assert_int_equal(verify_ocra(&hmac, &token, &limits, &challenge, cs_view_string(code), now, &d),
			 CS_OK);
	assert_true(d.next >= token.next);
	*next = d.next;
	return d.outcome;
}

/* RFC 6287, appendix C.1: seeds, questions and answers. */
static void the_answers_of_rfc_6287_are_accepted_to_their_questions_only(void **state)
{
	static const char *const answers[] = {"237653", "243178", "653583", "740991", "608993",
					      "388898", "816933", "224598", "750600", "294470"};
	uint64_t next = 5;

	(void)state;
	for (unsigned q = 0; q < 10; q++)
		for (unsigned a = 0; a < 10; a++) {
			char question[9];
			memset(question, (int)('0' + q), 8);
			question[8] = '\0';
			assert_int_equal(ocra(suite_plain, &next, question, "", answers[a], NOW),
					 a == q ? VERIFY_ACCEPTED : VERIFY_WRONG);
			assert_int_equal(next, 5);
		}
}

static void the_counter_of_an_ocra_suite_is_looked_for_ahead_and_never_behind(void **state)
{
	uint64_t next = 0;

	(void)state;
	/* C.1: counter 1 with 11111111; the next one to come is 0, the window 3 */
	assert_int_equal(ocra(suite_counter, &next, "11111111", "", "63947962", NOW), VERIFY_ACCEPTED);
	assert_int_equal(next, 2);
	assert_int_equal(ocra(suite_counter, &next, "11111111", "", "63947962", NOW), VERIFY_WRONG);
	assert_int_equal(ocra(suite_counter, &next, "00000000", "", "07016083", NOW), VERIFY_WRONG);
	assert_int_equal(next, 2);
	assert_int_equal(ocra(suite_counter, &next, "55555555", "", "34205738", NOW), VERIFY_ACCEPTED);
	assert_int_equal(next, 6);
	assert_int_equal(ocra(suite_counter, &next, "22222222", "", "70123924", NOW), VERIFY_WRONG);
	next = (uint64_t)VERIFY_POSITION_MAX - 1;
	assert_int_equal(ocra(suite_counter, &next, "22222222", "", "70123924", NOW), VERIFY_WRONG);
}

static void the_time_of_an_ocra_suite_is_looked_for_on_both_sides(void **state)
{
	const uint64_t minute = 0x132d0b6;
	uint64_t next = 0;

	(void)state;
	for (int off = -2; off <= 2; off++)
		assert_int_equal(ocra(suite_time, &next, "00000000", "", "95209754",
				      (minute + (uint64_t)(int64_t)off) * 60 + 59),
				 off >= -1 && off <= 1 ? VERIFY_ACCEPTED : VERIFY_WRONG);
	assert_int_equal(next, 0);
}

static void an_answer_made_over_other_data_is_wrong(void **state)
{
	struct cs_ocra_suite suite;
	struct cs_ocra_input in = {.question = CS_VIEW_TEXT("12345678"), .session = CS_VIEW_TEXT("100 EUR")};
	char code[2 * CS_HASH_MAX + 1];
	uint64_t next = 0;

	(void)state;
	assert_int_equal(verify_ocra_suite(cs_view_string(suite_data), &suite), CS_OK);
	assert_int_equal(cs_ocra(&hmac, &suite, cs_view(seeds, 32), &in, code), CS_OK);
	assert_int_equal(ocra(suite_data, &next, "12345678", "100 EUR", code, NOW), VERIFY_ACCEPTED);
	assert_int_equal(ocra(suite_data, &next, "12345678", "900 EUR", code, NOW), VERIFY_WRONG);
	assert_int_equal(ocra(suite_data, &next, "12345678", "", code, NOW), VERIFY_WRONG);
}

static void suites_that_cannot_be_asked_here_are_refused(void **state)
{
	static const char *const refused[] = {"OCRA-1:HOTP-SHA1-4:QN08", "OCRA-1:HOTP-SHA1-0:QN08",
					      "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1"};
	struct cs_ocra_suite suite;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(verify_ocra_suite(cs_view_string(refused[i]), &suite), CS_ERR_UNSUPPORTED);
	assert_int_equal(verify_ocra_suite(CS_VIEW_TEXT("HOTP"), &suite), CS_ERR_MALFORMED);
}

static void questions_fit_their_suite_and_depend_on_chance_and_data(void **state)
{
	static const char *const suites[] = {suite_plain, "OCRA-1:HOTP-SHA1-6:QA10",
					     "OCRA-1:HOTP-SHA1-6:QH40", "OCRA-1:HOTP-SHA1-6:QN04"};
	char one[VERIFY_QUESTION_MAX + 1], two[VERIFY_QUESTION_MAX + 1];
	uint8_t random[32] = {1};
	struct cs_ocra_suite suite;

	(void)state;
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		assert_int_equal(verify_ocra_suite(cs_view_string(suites[i]), &suite), CS_OK);
		assert_int_equal(verify_ocra_question(&hmac, &suite, random, CS_VIEW_TEXT("a"), one), CS_OK);
		const struct cs_ocra_input in = {.question = cs_view_string(one)};
		assert_int_equal(cs_ocra_check(&suite, &in), CS_OK);
		assert_int_equal(verify_ocra_question(&hmac, &suite, random, CS_VIEW_TEXT("b"), two), CS_OK);
		assert_string_not_equal(one, two);
		random[31]++;
		assert_int_equal(verify_ocra_question(&hmac, &suite, random, CS_VIEW_TEXT("a"), two), CS_OK);
		assert_string_not_equal(one, two);
	}
}

/* ---- what is printed ---- */

static struct verify_decision typed_printed(const struct verify_token *token, const char *text)
{
	struct verify_decision d;

	assert_int_equal(verify_printed(&hmac, token, cs_view_string(text), &d), CS_OK);
	return d;
}

static void backup_codes_are_good_in_any_order_and_each_once(void **state)
{
	static const uint32_t order[] = {3, 9, 0, 1, 8, 2, 7, 4, 6, 5};
	struct verify_token token = token_of(VERIFY_BACKUP);
	char text[PRINTED_SIZE];

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(verify_printed_text(&hmac, &token, order[i], text), CS_OK);
		assert_int_equal(strlen(text), 11);
		struct verify_decision d = typed_printed(&token, text);
		assert_int_equal(d.outcome, VERIFY_ACCEPTED);
		assert_int_equal(d.spends, 1u << order[i]);
		token.spent |= d.spends;
		assert_int_equal(typed_printed(&token, text).outcome, VERIFY_REPLAY);
	}
	assert_int_equal(verify_printed_text(&hmac, &token, 10, text), CS_OK);
	assert_int_equal(typed_printed(&token, text).outcome, VERIFY_WRONG); /* there are only ten */
	token.count = VERIFY_BACKUP_MAX + 1;
	assert_int_equal(verify_printed_text(&hmac, &token, VERIFY_BACKUP_MAX, text), CS_OK);
	assert_int_equal(typed_printed(&token, text).outcome, VERIFY_WRONG);
}

static void how_a_printed_text_is_typed_does_not_matter(void **state)
{
	struct verify_token token = token_of(VERIFY_TEMPORARY);
	char text[PRINTED_SIZE], other[4 * PRINTED_SIZE] = "";

	(void)state;
	token.next = 0;
	assert_int_equal(verify_printed_text(&hmac, &token, 0, text), CS_OK);
	assert_int_equal(strlen(text), 14);
	for (size_t i = 0; text[i]; i++) {
		char c = text[i] == '-'	  ? ' '
			 : text[i] == 'O' ? '0'
			 : text[i] == 'I' ? '1'
			 : text[i] == 'B' ? '8'
			 : text[i] >= 'A' ? (char)(text[i] - 'A' + 'a')
					  : text[i];
		(void)snprintf(other + strlen(other), sizeof(other) - strlen(other), "%c- ", c);
	}
	assert_int_equal(typed_printed(&token, other).outcome, VERIFY_ACCEPTED);
	(void)snprintf(other, sizeof(other), "%sA", text);
	assert_int_equal(typed_printed(&token, other).outcome, VERIFY_WRONG);
	text[13] = '\0';
	assert_int_equal(typed_printed(&token, text).outcome, VERIFY_WRONG);
	assert_int_equal(typed_printed(&token, "").outcome, VERIFY_WRONG);
	assert_int_equal(typed_printed(&token, "AAAA-AAAA-AAA\xff").outcome, VERIFY_WRONG);
}

static void a_temporary_password_is_good_as_often_as_it_says(void **state)
{
	struct verify_token token = token_of(VERIFY_TEMPORARY);
	char text[PRINTED_SIZE];

	(void)state;
	assert_int_equal(verify_printed_text(&hmac, &token, 0, text), CS_OK);
	for (token.next = 0; token.next < 9; token.next++) {
		struct verify_decision d = typed_printed(&token, text);
		assert_int_equal(d.outcome, VERIFY_ACCEPTED);
		assert_true(d.at == token.next && d.next == token.next + 1);
	}
	assert_int_equal(typed_printed(&token, text).outcome, VERIFY_REPLAY);
}

static void the_lines_of_a_list_are_good_in_their_order_and_it_ends(void **state)
{
	struct verify_token token = token_of(VERIFY_LIST);
	char code[CS_OATH_CODE_MAX];
	struct verify_decision d;

	(void)state;
	for (uint32_t next = 0; next <= 20; next++)
		for (uint32_t line = 0; line < 25; line++) {
			token.next = next;
			assert_int_equal(verify_line_text(&hmac, &token, line, code), CS_OK);
			assert_int_equal(verify_code(&hmac, &token, &limits, cs_view_string(code), NOW, &d),
					 CS_OK);
			bool ahead = line >= next && line <= next + limits.list_window && line < 20;
			bool behind = line < next && line + limits.list_window + 1 >= next;
			assert_int_equal(d.outcome, ahead    ? VERIFY_ACCEPTED
						    : behind ? VERIFY_REPLAY
							     : VERIFY_WRONG);
			if (ahead)
				assert_int_equal(d.next, line + 1);
		}
}

static void a_grid_is_asked_for_different_cells_each_of_which_comes_up(void **state)
{
	struct verify_token token = token_of(VERIFY_GRID);
	unsigned seen[50] = {0};
	char question[VERIFY_QUESTION_MAX + 1];

	(void)state;
	token.next = 0;
	for (unsigned round = 0; round < 2000; round++) {
		unsigned cells[VERIFY_GRID_ASKED + 1];
		struct verify_decision d;
		char code[64];
		assert_int_equal(verify_grid_question(&hmac, &token, question), CS_OK);
		assert_int_equal(cells_of(question, cells), VERIFY_GRID_ASKED);
		for (unsigned i = 0; i < VERIFY_GRID_ASKED; i++) {
			assert_true(cells[i] < 50 && (!i || cells[i] > cells[i - 1]));
			seen[cells[i]]++;
		}
		grid_code(&token, code);
		const struct verify_challenge challenge = {.question = cs_view_string(question)};
		assert_int_equal(verify_grid(&hmac, &token, &challenge, cs_view_string(code), &d), CS_OK);
		assert_int_equal(d.outcome, VERIFY_ACCEPTED);
		assert_int_equal(d.at, round);
		assert_int_equal(d.next, round + 1);
		token.next = d.next;
	}
	for (unsigned i = 0; i < 50; i++)
		assert_in_range(seen[i], 70, 170); /* of 6000 draws, 120 each; 50 is 4.6 deviations */
}

static void a_question_that_the_grid_is_not_asked_now_is_answered_by_nothing(void **state)
{
	static const char *const questions[] = {"", "A1", "A1 B2", "A1 B2 K1", "A1 B2 C3 D4", "a1 B2 C3"};
	struct verify_token token = token_of(VERIFY_GRID);
	char before[VERIFY_QUESTION_MAX + 1], question[VERIFY_QUESTION_MAX + 1];
	struct verify_challenge challenge;
	struct verify_decision d;

	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		challenge = (struct verify_challenge){.question = cs_view_string(questions[i])};
		assert_int_equal(verify_grid(&hmac, &token, &challenge, CS_VIEW_TEXT("000000000"), &d),
				 CS_OK);
		assert_int_equal(d.outcome, VERIFY_REPLAY);
	}
	assert_int_equal(verify_grid_question(&hmac, &token, before), CS_OK);
	assert_int_equal(verify_grid_question(&hmac, &token, question), CS_OK);
	assert_string_equal(question, before);
	token.next++;
	assert_int_equal(verify_grid_question(&hmac, &token, question), CS_OK);
	assert_string_not_equal(question, before);
	challenge = (struct verify_challenge){.question = cs_view_string(before)};
	assert_int_equal(verify_grid(&hmac, &token, &challenge, CS_VIEW_TEXT("000000000"), &d), CS_OK);
	assert_int_equal(d.outcome, VERIFY_REPLAY);
	token.count = VERIFY_GRID_ASKED - 1;
	assert_int_equal(verify_grid_question(&hmac, &token, question), CS_ERR_ARG);
	assert_int_equal(verify_grid(&hmac, &token, &challenge, CS_VIEW_TEXT("000000000"), &d), CS_ERR_ARG);
}

static void what_is_kept_of_a_sent_code_is_bound_to_challenge_seed_and_code(void **state)
{
	uint8_t mac[VERIFY_MAC_LEN], other[VERIFY_MAC_LEN];
	struct cs_view seed = cs_view(seeds, 20), id = CS_VIEW_TEXT("c_1"), code = CS_VIEW_TEXT("123456");

	(void)state;
	assert_int_equal(verify_sent_mac(&hmac, seed, id, code, mac), CS_OK);
	assert_int_equal(verify_sent_mac(&hmac, seed, CS_VIEW_TEXT("c_2"), code, other), CS_OK);
	assert_memory_not_equal(mac, other, sizeof(mac));
	assert_int_equal(verify_sent_mac(&hmac, cs_view(seeds + 1, 20), id, code, other), CS_OK);
	assert_memory_not_equal(mac, other, sizeof(mac));
	assert_int_equal(verify_sent_mac(&hmac, seed, CS_VIEW_TEXT("c_11"), CS_VIEW_TEXT("23456"), other),
			 CS_OK);
	assert_memory_not_equal(mac, other, sizeof(mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_state_of_every_kind_of_token_is_decided_as_the_model_has_it),
	    cmocka_unit_test(of_two_tokens_the_one_that_says_most_is_told),
	    cmocka_unit_test(nobody_without_tokens_is_accepted),
	    cmocka_unit_test(kinds_have_names_that_find_them),
	    cmocka_unit_test(the_answers_of_rfc_6287_are_accepted_to_their_questions_only),
	    cmocka_unit_test(the_counter_of_an_ocra_suite_is_looked_for_ahead_and_never_behind),
	    cmocka_unit_test(the_time_of_an_ocra_suite_is_looked_for_on_both_sides),
	    cmocka_unit_test(an_answer_made_over_other_data_is_wrong),
	    cmocka_unit_test(suites_that_cannot_be_asked_here_are_refused),
	    cmocka_unit_test(questions_fit_their_suite_and_depend_on_chance_and_data),
	    cmocka_unit_test(backup_codes_are_good_in_any_order_and_each_once),
	    cmocka_unit_test(how_a_printed_text_is_typed_does_not_matter),
	    cmocka_unit_test(a_temporary_password_is_good_as_often_as_it_says),
	    cmocka_unit_test(the_lines_of_a_list_are_good_in_their_order_and_it_ends),
	    cmocka_unit_test(a_grid_is_asked_for_different_cells_each_of_which_comes_up),
	    cmocka_unit_test(a_question_that_the_grid_is_not_asked_now_is_answered_by_nothing),
	    cmocka_unit_test(what_is_kept_of_a_sent_code_is_bound_to_challenge_seed_and_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
