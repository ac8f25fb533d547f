/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists of words, read and searched.
 */
#include "daemon/scope.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ipc.h"
#include "daemon/name.h"

#define BITS_V4 96u /* of an IPv6 address that stand before a mapped IPv4 one */

static const struct {
	const char *word;
	unsigned op;
} scope_words[] = {
    {"verify", IPC_OTP_VERIFY},
    {"challenge", IPC_CHALLENGE_CREATE},
    {"challenge", IPC_CHALLENGE_GET},
    {"login", IPC_LOGIN},
};
#define SCOPE_WORDS (sizeof(scope_words) / sizeof(scope_words[0]))

/* ---- lists ---- */

/* The next word of a list, which is taken off it; false at the end. */
static bool word_next(struct cs_view *list, struct cs_view *word)
{
	size_t len = 0;

	while (list->len > 0 && list->ptr[0] == ' ')
		*list = cs_view(list->ptr + 1, list->len - 1);
	while (len < list->len && list->ptr[len] != ' ')
		len++;
	*word = cs_view(list->ptr, len);
	*list = cs_view(list->ptr + len, list->len - len);
	return len > 0;
}

static bool list_has(const char *list, struct cs_view wanted)
{
	struct cs_view rest = cs_view_string(list), word;

	while (word_next(&rest, &word))
		if (cs_view_equal(word, wanted))
			return true;
	return false;
}

/* Adds a word that is not there yet. False where there is no room. */
static bool list_add(char *list, size_t cap, struct cs_view word)
{
	size_t len = strlen(list);

	if (list_has(list, word))
		return true;
	if (len + word.len + 2 > cap)
		return false;
	(void)snprintf(list + len, cap - len, "%s%.*s", len ? " " : "", (int)word.len,
		       (const char *)word.ptr);
	return true;
}

/* Takes every word of text that good knows into a list, which it may have written anew. */
static enum cs_err list_make(struct cs_view text,
			     bool (*good)(struct cs_view word, char out[SCOPE_WORD_SIZE * 3]), char *list,
			     size_t cap, char wrong[SCOPE_WORD_SIZE])
{
	char word_text[SCOPE_WORD_SIZE * 3];
	struct cs_view word;

	list[0] = '\0';
	while (word_next(&text, &word)) {
		if (word.len >= sizeof(word_text) || !good(word, word_text)) {
			(void)snprintf(wrong, SCOPE_WORD_SIZE, "%.*s", (int)word.len, (const char *)word.ptr);
			return CS_ERR_MALFORMED;
		}
		if (!list_add(list, cap, cs_view_string(word_text)))
			return CS_ERR_LENGTH;
	}
	return CS_OK;
}

/* ---- calls and realms ---- */

static bool call_good(struct cs_view word, char out[SCOPE_WORD_SIZE * 3])
{
	for (size_t i = 0; i < SCOPE_WORDS; i++)
		if (cs_view_equal(word, cs_view_string(scope_words[i].word))) {
			(void)snprintf(out, SCOPE_WORD_SIZE * 3, "%s", scope_words[i].word);
			return true;
		}
	return false;
}

static bool realm_good(struct cs_view word, char out[SCOPE_WORD_SIZE * 3])
{
	return !memchr(word.ptr, '@', word.len) && !name_canonical(word, NAME_MAX_LEN, out);
}

enum cs_err scope_calls(struct cs_view text, struct scope *out, char wrong[SCOPE_WORD_SIZE])
{
	return list_make(text, call_good, out->calls, sizeof(out->calls), wrong);
}

enum cs_err scope_realms(struct cs_view text, struct scope *out, char wrong[SCOPE_WORD_SIZE])
{
	return list_make(text, realm_good, out->realms, sizeof(out->realms), wrong);
}

bool scope_has_call(const struct scope *scope, unsigned op)
{
	const char *wanted = NULL;

	for (size_t i = 0; i < SCOPE_WORDS; i++)
		if (scope_words[i].op == op)
			wanted = scope_words[i].word;
	return !wanted || !scope->calls[0] || list_has(scope->calls, cs_view_string(wanted));
}

bool scope_has_user(const struct scope *scope, const char *user)
{
	const char *at = strrchr(user, '@');

	return !scope->realms[0] || list_has(scope->realms, cs_view_string(at && at[1] ? at + 1 : "-"));
}

/* ---- addresses ---- */

/* Of either family, as IPv6. */
static bool address_parse(const char *text, uint8_t out[16], bool *four)
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	uint8_t bytes[16];

	*four = inet_pton(AF_INET, text, bytes + 12) == 1;
	if (*four)
		memcpy(bytes, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	memcpy(out, bytes, sizeof(bytes));
	return true;
}

static bool address_is_four(const uint8_t address[16])
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

/* Whether the bits from the prefix on are zero, or, with other, those up to it are the other's. */
static bool bits_zero_after(const uint8_t address[16], unsigned prefix)
{
	for (unsigned bit = prefix; bit < 128; bit++)
		if (address[bit / 8] & (0x80u >> bit % 8))
			return false;
	return true;
}

static bool bits_equal_to(const uint8_t a[16], const uint8_t b[16], unsigned prefix)
{
	for (unsigned bit = 0; bit < prefix; bit++)
		if ((a[bit / 8] ^ b[bit / 8]) & (0x80u >> bit % 8))
			return false;
	return true;
}

/* One to three digits, without a zero before others. */
static bool prefix_parse(const char *text, unsigned max, unsigned *out)
{
	size_t len = strspn(text, "0123456789");
	unsigned value = 0;

	if (!len || len > 3 || text[len] || (text[0] == '0' && len > 1))
		return false;
	for (size_t i = 0; i < len; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	*out = value;
	return value <= max;
}

/* 192.0.2.0/24, or an address alone; prefix counts in the bits of IPv6. */
static bool network_parse(struct cs_view word, uint8_t address[16], unsigned *prefix)
{
	char text[SCOPE_WORD_SIZE * 3];
	bool four;

	if (word.len >= sizeof(text) || memchr(word.ptr, 0, word.len))
		return false;
	memcpy(text, word.ptr, word.len);
	text[word.len] = '\0';
	char *slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	if (!address_parse(text, address, &four))
		return false;
	*prefix = 128;
	if (slash && !prefix_parse(slash, four ? 32 : 128, prefix))
		return false;
	if (slash && four)
		*prefix += BITS_V4;
	return bits_zero_after(address, *prefix);
}

static bool address_good(struct cs_view word, char out[SCOPE_WORD_SIZE * 3])
{
	uint8_t address[16];
	unsigned prefix;

	if (!cs_view_equal(word, CS_VIEW_TEXT("local")) && !network_parse(word, address, &prefix))
		return false;
	(void)snprintf(out, SCOPE_WORD_SIZE * 3, "%.*s", (int)word.len, (const char *)word.ptr);
	return true;
}

enum cs_err scope_addresses(struct cs_view text, struct scope *out, char wrong[SCOPE_WORD_SIZE])
{
	return list_make(text, address_good, out->addresses, sizeof(out->addresses), wrong);
}

bool scope_has_address(const struct scope *scope, const char *address)
{
	struct cs_view rest = cs_view_string(scope->addresses), word;
	uint8_t wanted[16], network[16];
	unsigned prefix;
	bool four;

	if (!scope->addresses[0])
		return true;
	if (!address[0])
		return list_has(scope->addresses, CS_VIEW_TEXT("local"));
	if (!address_parse(address, wanted, &four))
		return false;
	while (word_next(&rest, &word)) {
		if (!network_parse(word, network, &prefix))
			continue;
		/* A network of IPv6 is not one of IPv4, however short its prefix. */
		bool network_four = prefix >= BITS_V4 && address_is_four(network);
		if (network_four == address_is_four(wanted) && bits_equal_to(wanted, network, prefix))
			return true;
	}
	return false;
}
