/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Break-glass codes: issuing, spending, revoking. The invariants stand in the header.
 */
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "daemon/break_glass_file.h"
#include "daemon/log.h"

#define GLASS_CODE_BYTES 10u
#define GLASS_CODE_CHARS 16u

/* ---- looking ---- */

const struct break_glass_record *break_glass_at(const struct break_glass *glass, size_t i)
{
	return &glass->records[i];
}

enum cs_err break_glass_find(const struct break_glass *glass, const char *id, size_t *i)
{
	for (*i = 0; *i < BREAK_GLASS_CODES; ++*i)
		if (glass->records[*i].id[0] && strcmp(glass->records[*i].id, id) == 0)
			return CS_OK;
	return CS_ERR_NOT_FOUND;
}

static bool glass_is_good(const struct break_glass_record *record, uint64_t now)
{
	return record->state == BREAK_GLASS_ISSUED && now < record->expires;
}

unsigned break_glass_good(const struct break_glass *glass, uint64_t now)
{
	unsigned good = 0;

	for (size_t i = 0; i < BREAK_GLASS_CODES; i++)
		good += glass_is_good(&glass->records[i], now);
	return good;
}

bool break_glass_untold(const struct break_glass *glass)
{
	for (size_t i = 0; i < BREAK_GLASS_RECORDS; i++)
		if (glass_is_untold(&glass->records[i]))
			return true;
	return false;
}

/* ---- codes ---- */

/* The letters and digits of a code, without its head, hyphens and blanks. False: text is none. */
static bool glass_letters(struct cs_view text, char out[GLASS_CODE_CHARS])
{
	static const char head[] = "BG", letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = (char)text.ptr[i];
		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (!c || !strchr(letters, c) || (len < 2 && c != head[len]) || len == 2 + GLASS_CODE_CHARS)
			return false;
		if (len >= 2)
			out[len - 2] = c;
		len++;
	}
	return len == 2 + GLASS_CODE_CHARS;
}

bool break_glass_form(struct cs_view text)
{
	char letters[GLASS_CODE_CHARS];

	const bool good = glass_letters(text, letters);
	cs_wipe(letters, sizeof(letters));
	return good;
}

static enum cs_err glass_verifier(const struct break_glass *glass, const char *user,
				  const char letters[GLASS_CODE_CHARS], uint8_t out[BREAK_GLASS_VERIFIER])
{
	uint8_t text[GLASS_CODE_CHARS + sizeof(glass->records[0].user)];
	struct cs_writer w = CS_WRITER_OF(text);

	cs_write_view(&w, cs_view(letters, GLASS_CODE_CHARS));
	cs_write_view(&w, cs_view_string(user));
	enum cs_err err = cs_writer_done(&w);
	if (!err)
		err = break_glass_hmac(glass->key_of_codes, cs_writer_view(&w), out);
	cs_wipe(text, sizeof(text));
	return err;
}

/* A record for another code: one never used, else the one that has been over for longest, else a damaged one.
 */
static enum cs_err glass_free_record(const struct break_glass *glass, uint64_t now, size_t *out)
{
	static const unsigned ranks[] = {[BREAK_GLASS_UNUSED] = 4,
					 [BREAK_GLASS_TOLD] = 3,
					 [BREAK_GLASS_REVOKED] = 3,
					 [BREAK_GLASS_ISSUED] = 2, /* and expired */
					 [BREAK_GLASS_DAMAGED] = 1};
	unsigned best = 0;

	for (size_t i = 0; i < BREAK_GLASS_CODES; i++) {
		const struct break_glass_record *record = &glass->records[i];
		unsigned rank =
		    glass_is_untold(record) || glass_is_good(record, now) ? 0 : ranks[record->state];
		bool older = best && rank == best && record->issued < glass->records[*out].issued;
		if (rank > best || older) {
			best = rank;
			*out = i;
		}
	}
	return best ? CS_OK : CS_ERR_FULL;
}

bool break_glass_room(const struct break_glass *glass, uint64_t now)
{
	size_t i;

	return glass_free_record(glass, now, &i) == CS_OK;
}

/* Random letters, and how they are written. */
static enum cs_err glass_code(char letters[GLASS_CODE_CHARS + 1], char code[BREAK_GLASS_CODE_SIZE])
{
	uint8_t bytes[GLASS_CODE_BYTES];

	enum cs_err err = seal_random(bytes, sizeof(bytes));
	if (err)
		return err;
	cs_base32_encode(CS_VIEW_OF(bytes), letters);
	(void)snprintf(code, BREAK_GLASS_CODE_SIZE, "BG-%.4s-%.4s-%.4s-%.4s", letters, letters + 4,
		       letters + 8, letters + 12);
	cs_wipe(bytes, sizeof(bytes));
	return CS_OK;
}

enum cs_err break_glass_issue(struct break_glass *glass, const char *id, const char *user, uint64_t now,
			      uint64_t expires, char code[BREAK_GLASS_CODE_SIZE])
{
	struct break_glass_record record = {.state = BREAK_GLASS_ISSUED, .issued = now, .expires = expires};
	char letters[GLASS_CODE_CHARS + 1];
	size_t i = 0;

	(void)snprintf(record.id, sizeof(record.id), "%s", id);
	(void)snprintf(record.user, sizeof(record.user), "%s", user);
	enum cs_err err = glass_free_record(glass, now, &i);
	if (!err)
		err = glass_code(letters, code);
	if (!err)
		err = glass_verifier(glass, user, letters, record.verifier);
	if (!err)
		err = break_glass_store(glass, i, &record, true);
	cs_wipe(letters, sizeof(letters));
	if (!err)
		glass->issuing[i] = true;
	return err;
}

void break_glass_settle(struct break_glass *glass, bool committed)
{
	for (size_t i = 0; i < BREAK_GLASS_CODES; i++) {
		if (!glass->issuing[i])
			continue;
		glass->issuing[i] = false;
		/* Nobody has been told this code: where it cannot be taken back, it is good for nobody. */
		if (!committed && break_glass_revoke(glass, i))
			log_line(LOG_LEVEL_ERROR,
				 "a break-glass code that was not issued could not be taken back");
	}
}

enum cs_err break_glass_revoke(struct break_glass *glass, size_t i)
{
	struct break_glass_record record = glass->records[i];

	if (glass_is_untold(&record) || record.state == BREAK_GLASS_TOLD)
		return CS_ERR_STATE;
	if (record.state == BREAK_GLASS_REVOKED)
		return CS_OK;
	record.state = BREAK_GLASS_REVOKED;
	memset(record.verifier, 0, sizeof(record.verifier));
	return break_glass_store(glass, i, &record, true);
}

/* ---- spending ---- */

static void glass_used_by(struct break_glass_record *record, const struct break_glass_use *use)
{
	record->spent = use->now_ms;
	record->told = 0;
	(void)snprintf(record->actor, sizeof(record->actor), "%s", use->actor);
	(void)snprintf(record->address, sizeof(record->address), "%s", use->address);
	(void)snprintf(record->client, sizeof(record->client), "%s", use->client);
}

/* Not so durably that it would cost anything. */
void break_glass_refuse(struct break_glass *glass, const struct break_glass_use *use, bool allowed)
{
	struct break_glass_record record = glass->records[BREAK_GLASS_TALLY];

	if (record.state != BREAK_GLASS_SPENT)
		memset(&record, 0, sizeof(record));
	record.state = BREAK_GLASS_SPENT;
	record.issued++;
	record.expires += !allowed;
	glass_used_by(&record, use);
	if (break_glass_store(glass, BREAK_GLASS_TALLY, &record, false))
		log_line(LOG_LEVEL_ERROR, "a refused break-glass code could not be counted");
}

/* The record that has this verifier; every record is compared. */
static bool glass_match(const struct break_glass *glass, const uint8_t verifier[BREAK_GLASS_VERIFIER],
			uint64_t now, size_t *out)
{
	bool found = false;

	for (size_t i = 0; i < BREAK_GLASS_CODES; i++) {
		const struct break_glass_record *record = &glass->records[i];
		bool same = cs_equal_ct(record->verifier, verifier, BREAK_GLASS_VERIFIER);
		if (CS_PUBLIC(same) && glass_is_good(record, now)) {
			*out = i;
			found = true;
		}
	}
	return found;
}

/* Tried first, so that a disk which does not take it to its end has not written that anyone was let in. */
static enum cs_err glass_use_up(struct break_glass *glass, size_t i, const struct break_glass_use *use)
{
	struct break_glass_record tried = glass->records[i];

	tried.state = BREAK_GLASS_TRIED;
	glass_used_by(&tried, use);
	memset(tried.verifier, 0, sizeof(tried.verifier));
	enum cs_err err = break_glass_store(glass, i, &tried, true);
	if (err == CS_ERR_CRYPTO)
		return err;
	struct break_glass_record spent = tried;
	spent.state = BREAK_GLASS_SPENT;
	if (!err)
		err = break_glass_store(glass, i, &spent, true);
	if (!err)
		return CS_OK;
	/* Whatever the disk has kept, here it is of no use, and as far as it can be written, there too. */
	glass->records[i] = tried;
	if (break_glass_store(glass, i, &tried, false))
		log_line(LOG_LEVEL_ERROR, "what became of break-glass code %s could not be written",
			 tried.id);
	return CS_ERR_IO;
}

enum cs_err break_glass_spend(struct break_glass *glass, const char *user, struct cs_view code,
			      const struct break_glass_use *use, size_t *i)
{
	uint8_t verifier[BREAK_GLASS_VERIFIER];
	char letters[GLASS_CODE_CHARS];

	if (!glass_letters(code, letters))
		return CS_ERR_WRONG;
	enum cs_err err = glass_verifier(glass, user, letters, verifier);
	cs_wipe(letters, sizeof(letters));
	if (err)
		return err == CS_ERR_CRYPTO ? err : CS_ERR_WRONG;
	if (!glass_match(glass, verifier, use->now_ms / 1000, i)) {
		break_glass_refuse(glass, use, true);
		return CS_ERR_WRONG;
	}
	return glass_use_up(glass, *i, use);
}

/* ---- telling ---- */

enum cs_err break_glass_telling(struct break_glass *glass, size_t i, uint64_t sequence)
{
	struct break_glass_record record = glass->records[i];

	record.told = sequence;
	return break_glass_store(glass, i, &record, true);
}

enum cs_err break_glass_told(struct break_glass *glass, size_t i)
{
	struct break_glass_record record = glass->records[i];

	record.state = BREAK_GLASS_TOLD;
	return break_glass_store(glass, i, &record, true);
}
