/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text of a database's dump, token by token: words, names, texts, signs. What stands in a text or a comment is never
 * taken for anything else.
 */
#ifndef COUNTERSIGN_TOOLS_IMPORT_SQL_H
#define COUNTERSIGN_TOOLS_IMPORT_SQL_H

#include "tools/import.h"

/* Where a reader stands. */
struct sql_reader {
	struct import_job *job;
	struct cs_view rest;
	unsigned long line; /* of what rest begins with */
	bool backslashes;   /* texts have them, as MySQL's have */
};

enum sql_kind { SQL_END, SQL_WORD, SQL_NAME, SQL_TEXT, SQL_SIGN };

/* Names (in quotes) and words (numbers, too) are cut to the size of word. */
struct sql_token {
	enum sql_kind kind;
	char sign;
	size_t len;
	char word[64];
};

/* Takes a character of a word or text that is a value. */
typedef void sql_take_fn(void *ctx, uint8_t c);

/* The next one. Where there is a take, a text goes there, and a word both there and into the token.
 * CS_ERR_MALFORMED: a text does not end. */
CS_MUST_CHECK enum cs_err sql_next(struct sql_reader *reader, struct sql_token *token, sql_take_fn *take, void *ctx);
/* Goes on behind the next semicolon that is a sign, or to the end. */
CS_MUST_CHECK enum cs_err sql_statement_skip(struct sql_reader *reader);
/* Goes on behind the end of the line. */
void sql_line_skip(struct sql_reader *reader);
/* What a character behind a backslash stands for. */
uint8_t sql_backslash(int c);

/* Whether it is this word, in whatever case; this sign. */
bool sql_is(const struct sql_token *token, const char *word);
bool sql_signs(const struct sql_token *token, char sign);

/* import_fail with CS_ERR_MALFORMED, at the line. */
CS_MUST_CHECK enum cs_err sql_fail(struct sql_reader *reader, const char *why);

#endif
