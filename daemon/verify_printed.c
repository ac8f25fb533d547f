/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is printed: lists and grids of digits, backup codes, temporary passwords. Nothing of it is stored but
 * the seed that all of it comes from: digits as HOTP makes them, letters as base32 of an HMAC.
 *
 * Invariants:
 *  1. A backup code whose bit is in spent is a replay, whatever else matches.
 *  2. Every text is computed and compared, whether an earlier one matched or not.
 *  3. A temporary password is accepted at next alone, and next stays below count.
 *  4. What a grid is asked changes with a right answer, and with nothing else; then no answer to what it was
 * asked before is good.
 */
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/verify.h"

static unsigned printed_letters(const struct verify_token *token)
{
	return token->type == VERIFY_BACKUP ? PRINTED_BACKUP : PRINTED_TEMPORARY;
}

/* The letters of one text, without hyphens and NUL. */
static enum cs_err printed_make(const struct cs_hmac *hmac, const struct verify_token *token, uint32_t number,
				char letters[PRINTED_TEMPORARY])
{
	uint8_t message[8], mac[VERIFY_MAC_LEN];
	char text[CS_BASE32_SIZE(VERIFY_MAC_LEN)];
	struct cs_writer w = CS_WRITER_OF(message);

	cs_write_u32(&w, (uint32_t)token->type);
	cs_write_u32(&w, number);
	enum cs_err err = hmac->fn(hmac->ctx, CS_SHA256, token->seed, CS_VIEW_OF(message), mac);
	if (!err) {
		cs_base32_encode(CS_VIEW_OF(mac), text);
		memcpy(letters, text, printed_letters(token));
	}
	cs_wipe(mac, sizeof(mac));
	cs_wipe(text, sizeof(text));
	return err;
}

/* What a person typed, as letters of base32. False where it cannot be one of token's texts. */
static bool printed_typed(const struct verify_token *token, struct cs_view code,
			  char letters[PRINTED_TEMPORARY])
{
	unsigned have = 0;

	for (size_t i = 0; i < code.len; i++) {
		char c = (char)code.ptr[i];
		if (c == '-' || c == ' ')
			continue;
		c = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A'
			   : c == '0'		? 'O'
			   : c == '1'		? 'I'
			   : c == '8'		? 'B'
						: c);
		if (have == printed_letters(token) || !((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7')))
			return false;
		letters[have++] = c;
	}
	return have == printed_letters(token);
}

/* Bits of the texts, of the first count, that are typed. */
static enum cs_err printed_matches(const struct cs_hmac *hmac, const struct verify_token *token,
				   uint32_t count, const char *typed, uint64_t *out)
{
	char letters[PRINTED_TEMPORARY];
	uint64_t matches = 0;

	for (uint32_t i = 0; i < count; i++) {
		enum cs_err err = printed_make(hmac, token, i, letters);
		if (err)
			return err;
		matches |= (uint64_t)cs_equal_ct(letters, typed, printed_letters(token)) << i;
	}
	cs_wipe(letters, sizeof(letters));
	*out = CS_PUBLIC(matches);
	return CS_OK;
}

static void backup_decide(const struct verify_token *token, uint64_t matches, struct verify_decision *out)
{
	uint64_t fresh = matches & ~token->spent, at = 0;

	if (!fresh) {
		out->outcome = matches ? VERIFY_REPLAY : VERIFY_WRONG;
		return;
	}
	while (!(fresh >> at & 1))
		at++;
	*out = (struct verify_decision){.outcome = VERIFY_ACCEPTED,
					.at = at,
					.next = token->next,
					.drift = token->drift,
					.spends = (uint64_t)1 << at};
}

static void temporary_decide(const struct verify_token *token, uint64_t matches, struct verify_decision *out)
{
	if (!matches || token->next >= token->count) {
		out->outcome = matches ? VERIFY_REPLAY : VERIFY_WRONG;
		return;
	}
	*out = (struct verify_decision){
	    .outcome = VERIFY_ACCEPTED, .at = token->next, .next = token->next + 1, .drift = token->drift};
}

enum cs_err verify_printed(const struct cs_hmac *hmac, const struct verify_token *token, struct cs_view code,
			   struct verify_decision *out)
{
	const uint32_t count = token->type != VERIFY_BACKUP	  ? 1
			       : token->count > VERIFY_BACKUP_MAX ? VERIFY_BACKUP_MAX
								  : token->count;
	struct verify_decision decision = {.outcome = VERIFY_WRONG};
	char typed[PRINTED_TEMPORARY];
	uint64_t matches = 0;
	enum cs_err err = CS_OK;

	if (printed_typed(token, code, typed))
		err = printed_matches(hmac, token, count, typed, &matches);
	if (!err && token->type == VERIFY_BACKUP)
		backup_decide(token, matches, &decision);
	else if (!err)
		temporary_decide(token, matches, &decision);
	cs_wipe(typed, sizeof(typed));
	if (!err)
		*out = decision;
	return err;
}

enum cs_err verify_printed_text(const struct cs_hmac *hmac, const struct verify_token *token, uint32_t number,
				char out[PRINTED_SIZE])
{
	const unsigned group = token->type == VERIFY_BACKUP ? 5 : 4;
	char letters[PRINTED_TEMPORARY];
	size_t len = 0;

	enum cs_err err = printed_make(hmac, token, number, letters);
	if (err)
		return err;
	for (unsigned i = 0; i < printed_letters(token); i++) {
		if (i && i % group == 0)
			out[len++] = '-';
		out[len++] = letters[i];
	}
	out[len] = '\0';
	cs_wipe(letters, sizeof(letters));
	return CS_OK;
}

enum cs_err verify_line_text(const struct cs_hmac *hmac, const struct verify_token *token, uint32_t number,
			     char out[CS_OATH_CODE_MAX])
{
	uint32_t truncated;

	enum cs_err err = cs_hotp(hmac, token->hash, token->seed, number, &truncated);
	if (!err)
		cs_oath_format(truncated, token->type == VERIFY_GRID ? VERIFY_GRID_DIGITS : token->digits,
			       out);
	return err;
}

/* ---- grid ---- */

/* The cells that are asked while the token's next is what it is, in an order that shows nothing but which
 * they are. */
static enum cs_err grid_cells(const struct cs_hmac *hmac, const struct verify_token *token,
			      uint32_t cells[VERIFY_GRID_ASKED])
{
	uint8_t message[12], mac[VERIFY_MAC_LEN];
	struct cs_writer w = CS_WRITER_OF(message);

	cs_write_u32(&w, (uint32_t)token->type);
	cs_write_u64(&w, token->next);
	enum cs_err err = hmac->fn(hmac->ctx, CS_SHA256, token->seed, CS_VIEW_OF(message), mac);
	if (err)
		return err;
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(mac));
	for (unsigned i = 0; i < VERIFY_GRID_ASKED; i++) {
		/* Of the cells not asked yet, the one with this number: each is as likely. */
		uint32_t cell = (uint32_t)(cs_read_u64(&r) % (token->count - i));
		unsigned at = i;
		for (; at > 0 && cell + at <= cells[at - 1]; at--)
			cells[at] = cells[at - 1];
		cells[at] = cell + at;
	}
	return CS_OK;
}

static void grid_text(const uint32_t cells[VERIFY_GRID_ASKED], char out[VERIFY_QUESTION_MAX + 1])
{
	struct cs_writer w = cs_writer_of(out, VERIFY_QUESTION_MAX);

	for (unsigned i = 0; i < VERIFY_GRID_ASKED; i++) {
		uint32_t row = cells[i] / VERIFY_GRID_COLUMNS + 1;
		if (i)
			cs_write_u8(&w, ' ');
		cs_write_u8(&w, (uint8_t)('A' + cells[i] % VERIFY_GRID_COLUMNS));
		if (row >= 10)
			cs_write_u8(&w, (uint8_t)('0' + row / 10));
		cs_write_u8(&w, (uint8_t)('0' + row % 10));
	}
	out[cs_writer_view(&w).len] = '\0';
}

enum cs_err verify_grid_question(const struct cs_hmac *hmac, const struct verify_token *token,
				 char out[VERIFY_QUESTION_MAX + 1])
{
	uint32_t cells[VERIFY_GRID_ASKED];

	if (token->count < VERIFY_GRID_ASKED)
		return CS_ERR_ARG;
	enum cs_err err = grid_cells(hmac, token, cells);
	if (!err)
		grid_text(cells, out);
	return err;
}

enum cs_err verify_grid(const struct cs_hmac *hmac, const struct verify_token *token,
			const struct verify_challenge *challenge, struct cs_view code,
			struct verify_decision *out)
{
	char question[VERIFY_QUESTION_MAX + 1],
	    wanted[VERIFY_GRID_ASKED * VERIFY_GRID_DIGITS + CS_OATH_CODE_MAX];
	const size_t len = (size_t)VERIFY_GRID_ASKED * VERIFY_GRID_DIGITS;
	uint32_t cells[VERIFY_GRID_ASKED];

	if (token->count < VERIFY_GRID_ASKED)
		return CS_ERR_ARG;
	enum cs_err err = grid_cells(hmac, token, cells);
	for (unsigned i = 0; !err && i < VERIFY_GRID_ASKED; i++)
		err = verify_line_text(hmac, token, cells[i], wanted + (size_t)i * VERIFY_GRID_DIGITS);
	if (!err) {
		grid_text(cells, question);
		const bool now = cs_view_equal(challenge->question, cs_view_string(question));
		const bool same = code.len == len && cs_equal_ct(code.ptr, wanted, len);
		*out = (struct verify_decision){.outcome = !now	  ? VERIFY_REPLAY
							   : same ? VERIFY_ACCEPTED
								  : VERIFY_WRONG,
						.at = token->next,
						.next = token->next + 1,
						.drift = token->drift};
	}
	cs_wipe(wanted, sizeof(wanted));
	return err;
}
