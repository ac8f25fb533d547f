/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text of a database's dump.
 */
#include "tools/import_sql.h"

enum cs_err sql_fail(struct sql_reader *reader, const char *why)
{
	return import_fail(reader->job, CS_ERR_MALFORMED, reader->line, "%s", why);
}

/* ---- characters ---- */

static int sql_peek(const struct sql_reader *reader, size_t ahead)
{
	return ahead < reader->rest.len ? reader->rest.ptr[ahead] : -1;
}

static int sql_get(struct sql_reader *reader)
{
	int c = sql_peek(reader, 0);

	if (c < 0)
		return c;
	reader->rest = cs_view(reader->rest.ptr + 1, reader->rest.len - 1);
	reader->line += c == '\n';
	return c;
}

static bool sql_begins(const struct sql_reader *reader, const char *text)
{
	return cs_view_starts_with(reader->rest, cs_view_string(text));
}

void sql_line_skip(struct sql_reader *reader)
{
	int c;

	do
		c = sql_get(reader);
	while (c >= 0 && c != '\n');
}

/* Blanks and comments. */
static void sql_blanks(struct sql_reader *reader)
{
	for (;;) {
		int c = sql_peek(reader, 0);
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			(void)sql_get(reader);
		} else if (sql_begins(reader, "--")) {
			sql_line_skip(reader);
		} else if (sql_begins(reader, "/*")) {
			while (sql_peek(reader, 0) >= 0 && !sql_begins(reader, "*/"))
				(void)sql_get(reader);
			(void)sql_get(reader);
			(void)sql_get(reader);
		} else {
			return;
		}
	}
}

/* ---- words ---- */

static void word_add(struct sql_token *token, uint8_t c)
{
	if (token->len + 1 < sizeof token->word)
		token->word[token->len++] = (char)c;
	token->word[token->len] = '\0';
}

uint8_t sql_backslash(int c)
{
	return (uint8_t)(c == 'n'   ? '\n'
			 : c == 't' ? '\t'
			 : c == 'r' ? '\r'
			 : c == '0' ? 0
			 : c == 'b' ? '\b'
				    : c);
}

/* What stands between quotes. False: it does not end. */
static bool quoted_read(struct sql_reader *reader, int quote, bool backslashes, struct sql_token *token,
			sql_take_fn *take, void *ctx)
{
	(void)sql_get(reader);
	for (;;) {
		int c = sql_get(reader);
		if (c < 0)
			return false;
		if (c == quote && sql_peek(reader, 0) != quote)
			return true;
		if (c == quote)
			(void)sql_get(reader);
		uint8_t value = (uint8_t)c;
		if (c == '\\' && backslashes) {
			if (sql_peek(reader, 0) < 0)
				return false;
			value = sql_backslash(sql_get(reader));
		}
		if (take != NULL)
			take(ctx, value);
		else
			word_add(token, value);
	}
}

static bool is_word(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '.' || c == '-' || c == '+';
}

enum cs_err sql_next(struct sql_reader *reader, struct sql_token *token, sql_take_fn *take, void *ctx)
{
	*token = (struct sql_token){.kind = SQL_END};
	sql_blanks(reader);
	int c = sql_peek(reader, 0);
	if (c < 0)
		return CS_OK;
	token->kind = c == '\''		     ? SQL_TEXT
		      : c == '`' || c == '"' ? SQL_NAME
		      : is_word(c)	     ? SQL_WORD
					     : SQL_SIGN;
	if (token->kind == SQL_TEXT || token->kind == SQL_NAME)
		return quoted_read(reader, c, token->kind == SQL_TEXT && reader->backslashes, token,
				   token->kind == SQL_TEXT ? take : NULL, ctx)
			   ? CS_OK
			   : sql_fail(reader, "a text has no end");
	if (token->kind == SQL_SIGN) {
		token->sign = (char)sql_get(reader);
		return CS_OK;
	}
	while (is_word(sql_peek(reader, 0))) {
		c = sql_get(reader);
		word_add(token, (uint8_t)c);
		if (take != NULL)
			take(ctx, (uint8_t)c);
	}
	return CS_OK;
}

bool sql_is(const struct sql_token *token, const char *word)
{
	return token->kind == SQL_WORD && import_same(cs_view_string(token->word), word);
}

bool sql_signs(const struct sql_token *token, char sign)
{
	return token->kind == SQL_SIGN && token->sign == sign;
}

enum cs_err sql_statement_skip(struct sql_reader *reader)
{
	struct sql_token token = {.kind = SQL_SIGN};
	enum cs_err err = CS_OK;

	while (err == CS_OK && token.kind != SQL_END && !sql_signs(&token, ';'))
		err = sql_next(reader, &token, NULL, NULL);
	return err;
}
