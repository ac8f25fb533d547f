/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The file: version (1), enum key_history (1), retired certificates (1), and a byte for each slot: enum
 * presence.
 */
#include "pkcs11/presence.h"

#include <stdio.h>
#include <string.h>

#include "pkcs11/cache.h"
#include "pkcs11/hash.h"
#include "pkcs11/settings.h"
#include "pkcs11/token.h"

#define VERSION	     1u
#define FILE_LEN     (3u + KEYSTORE_SLOTS)
#define MAKE_LEN     8u	 /* bytes of a digest that tell a make of card */
#define OWNER_LEN    16u /* and one card */
#define NAME_MAX_LEN (5u + 2u * MAKE_LEN + 1u + 2u * OWNER_LEN + 1u)

enum presence { PRESENCE_CERTIFICATE = 1, PRESENCE_KEY = 2, PRESENCE_NO_KEY = 4, PRESENCE_MADE = 8 };

static size_t append_hex(char *out, size_t at, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		(void)snprintf(out + at + 2 * i, 3, "%02x", bytes[i]);
	return at + 2 * len;
}

/* "card-", and what cards of one make have in common. False where libcrypto fails. */
static bool name_make(const struct token *token, char *name, size_t *len)
{
	const struct cs_view parts[] = {cc_card_atr(token->card), cs_view(token->piv.aid, token->piv.aid_len),
					cs_view(token->piv.algorithms, token->piv.algorithm_count)};
	uint8_t digest[HASH_MAX];

	if (hash_digest(hash_by_mechanism(CKM_SHA256), parts, 3, digest) != CS_OK)
		return false;
	memcpy(name, "card-", 6);
	*len = append_hex(name, 5, digest, MAKE_LEN);
	return true;
}

/* Asks the card who it is. */
static bool name_card(struct token *token, char *name, size_t len)
{
	uint8_t chuid[CC_PIV_OBJECT_MAX], digest[HASH_MAX];
	struct cs_writer w = CS_WRITER_OF(chuid);
	struct cs_view content;

	if (cc_piv_get_object(token->card, PIV_OBJ_CHUID, &w) != CS_OK)
		return false;
	content = cs_writer_view(&w);
	if (hash_digest(hash_by_mechanism(CKM_SHA256), &content, 1, digest) != CS_OK)
		return false;
	name[len] = '-';
	(void)append_hex(name, len + 1, digest, OWNER_LEN);
	return true;
}

/* A certificate whose key is known to be gone: it does not stand for one. */
static bool bereft(const struct key_slot *slot)
{
	bool known = slot->key_known ? !slot->has_key && !slot->foreign : slot->key_doubtful;

	return slot->has_certificate && known;
}

/* The card itself has said what there is. */
static bool told(const struct keystore *keys, const struct key_slot *slot)
{
	return slot->key_known && !keys->no_metadata && !slot->key_untold;
}

/* Whether there is a key in the slot that the card does not tell of. What other programs have made or
 * deleted, they have written. before: NULL where there is no file. */
static bool made(const struct keystore *keys, size_t index, const uint8_t *before)
{
	const struct key_slot *slot = &keys->slots[index];

	if (before == NULL || slot->key_news)
		return keystore_made_untold(keys, index);
	return (before[3 + index] & PRESENCE_MADE) != 0 && !told(keys, slot);
}

static bool any_news(const struct keystore *keys)
{
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		if (keys->slots[i].key_news)
			return true;
	}
	return false;
}

static void write_slots(const struct keystore *keys, const uint8_t *before, uint8_t file[FILE_LEN])
{
	file[0] = VERSION;
	file[1] = (uint8_t)keys->history;
	file[2] = (uint8_t)keys->retired;
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		const struct key_slot *slot = &keys->slots[i];
		bool key = slot->key_known && !keystore_made_untold(keys, i)
			       ? slot->has_key
			       : (slot->has_certificate && !slot->key_doubtful) || slot->key_presumed;

		file[3 + i] = (uint8_t)((slot->has_certificate ? PRESENCE_CERTIFICATE : 0) |
					(key ? PRESENCE_KEY : 0) | (bereft(slot) ? PRESENCE_NO_KEY : 0) |
					(made(keys, i, before) ? PRESENCE_MADE : 0));
	}
}

static void presume(struct keystore *keys, const uint8_t file[FILE_LEN])
{
	keys->history = (enum key_history)file[1];
	keys->retired = file[2];
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		struct key_slot *slot = &keys->slots[i];

		slot->certificate_known = slot->has_certificate = (file[3 + i] & PRESENCE_CERTIFICATE) != 0;
		slot->key_presumed = (file[3 + i] & PRESENCE_KEY) != 0;
		slot->key_doubtful = (file[3 + i] & PRESENCE_NO_KEY) != 0;
		slot->key_made = (file[3 + i] & PRESENCE_MADE) != 0;
	}
}

/* The file of the card that is there, if there is one that is right. */
static bool read_file(const char *name, uint8_t file[FILE_LEN + 1])
{
	return cache_read(name, file, FILE_LEN + 1) == FILE_LEN && file[0] == VERSION &&
	       file[1] <= HISTORY_TOLD && file[2] <= KEYSTORE_SLOTS - 4;
}

void presence_recall(struct token *token)
{
	char name[NAME_MAX_LEN];
	uint8_t file[FILE_LEN + 1];
	size_t len;

	if (!settings_now()->cache || !name_make(token, name, &len) || !cache_has(name) ||
	    !name_card(token, name, len) || !read_file(name, file))
		return;
	presume(&token->keys, file);
}

/* Where nobody has looked yet, and the file is for a key that was made: a listing is then no longer with it
 * than without. */
static bool know_history(struct token *token)
{
	if (token->keys.history == HISTORY_UNKNOWN && keystore_history(token) == CS_ERR_NOT_FOUND)
		token->keys.history = HISTORY_NONE;
	return token->keys.history != HISTORY_UNKNOWN;
}

static void write_file(struct keystore *keys, const char *name)
{
	uint8_t now[FILE_LEN], before[FILE_LEN + 1], after[FILE_LEN + 1];
	bool any = read_file(name, before);

	write_slots(keys, any ? before : NULL, now);
	if (!any || memcmp(before, now, sizeof(now)) != 0)
		cache_write(name, CS_VIEW_OF(now));
	/* Where that failed it is tried again at the end. */
	if (!any_news(keys) || !read_file(name, after) || memcmp(after, now, sizeof(now)) != 0)
		return;
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++)
		keys->slots[i].key_news = false;
}

void presence_made(struct token *token)
{
	char name[NAME_MAX_LEN];
	size_t len;

	if (settings_now()->cache && token->selected == TOKEN_APP_PIV && any_news(&token->keys) &&
	    name_make(token, name, &len) && name_card(token, name, len) && know_history(token))
		write_file(&token->keys, name);
}

void presence_look(struct token *token)
{
	char name[NAME_MAX_LEN];
	uint8_t file[FILE_LEN + 1];
	size_t len;

	if (!settings_now()->cache || token->selected != TOKEN_APP_PIV || !name_make(token, name, &len) ||
	    !cache_has(name) || !name_card(token, name, len) || !read_file(name, file))
		return;
	for (size_t i = 0; i < KEYSTORE_SLOTS; i++) {
		struct key_slot *slot = &token->keys.slots[i];

		if (!slot->key_news && !told(&token->keys, slot) && (file[3 + i] & PRESENCE_MADE) != 0)
			slot->key_made = true;
	}
}

void presence_keep(struct token *token)
{
	char name[NAME_MAX_LEN];
	size_t len;
	bool named;

	/* Unknown: nobody has looked. */
	if (!settings_now()->cache || token->selected != TOKEN_APP_PIV ||
	    (token->keys.history == HISTORY_UNKNOWN && !any_news(&token->keys)) ||
	    !name_make(token, name, &len))
		return;
	cc_card_lone(token->card, true);
	named = name_card(token, name, len) && know_history(token);
	cc_card_lone(token->card, false);
	if (named)
		write_file(&token->keys, name);
}
