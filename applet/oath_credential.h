/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OATH application's credentials as records of the store, one each, from RECORD_OATH_CREDENTIAL_FIRST on:
 *
 *   version (01) | type and hash (YKOATH) | digits | properties | counter, 8 bytes | length of name | name |
 *   OCRA only: length of suite | suite | key
 *
 * counter is the next one that an HOTP or OCRA credential will use; replacing the record moves it on, all or not
 * at all.
 */
#ifndef COUNTERSIGN_APPLET_OATH_CREDENTIAL_H
#define COUNTERSIGN_APPLET_OATH_CREDENTIAL_H

#include "applet/card_private.h"
#include "applet/records.h"
#include "applet/store.h"
#include "base/oath.h"
#include "base/ykoath.h"

#define OATH_CREDENTIALS_MAX 255u
#define RECORD_OATH_SALT     (RECORD_OATH_FIRST + 0u) /* YKOATH_SALT_LEN bytes */
/* The access code: hash, then YKOATH_CODE_LEN bytes; absent: none is set. Its tries left (oath_guard.h). */
#define RECORD_OATH_CODE     (RECORD_OATH_FIRST + 1u)
#define RECORD_OATH_TRIES    (RECORD_OATH_FIRST + 2u)
#define RECORD_OATH_CREDENTIAL_FIRST (RECORD_OATH_FIRST + 0x10u)
#define RECORD_OATH_CREDENTIAL_LAST  (RECORD_OATH_CREDENTIAL_FIRST + OATH_CREDENTIALS_MAX - 1u)

/* Holds a secret: whoever has one wipes it. */
struct oath_credential {
	uint16_t id; /* of its record */
	uint8_t type_hash;
	uint8_t digits;
	uint8_t properties; /* enum ykoath_property */
	uint64_t counter;
	uint8_t name_len;
	uint8_t suite_len; /* OCRA; else 0 */
	uint8_t key_len;
	uint8_t name[YKOATH_NAME_MAX];
	uint8_t suite[CS_OCRA_SUITE_MAX];
	uint8_t key[YKOATH_KEY_MAX];
};

enum ykoath_type oath_type(const struct oath_credential *cred);
struct cs_view oath_name(const struct oath_credential *cred);
/* CS_ERR_MALFORMED for a name that is empty or too long. */
CS_MUST_CHECK enum cs_err oath_name_set(struct oath_credential *cred, struct cs_view name);
struct cs_view oath_suite(const struct oath_credential *cred);

/* The key, while the credential may be used on this channel: CS_ERR_DENIED where its PIN is wanted. Borrowed from cred. */
CS_MUST_CHECK enum cs_err oath_key(const struct channel *channel, const struct oath_credential *cred, struct cs_view *key);
bool oath_pin_wanted(const struct channel *channel, const struct oath_credential *cred);

/* Walks over the credentials in the order of their records: from 0 on, *id is the last one seen, and the next
 * is loaded. CS_ERR_NOT_FOUND: there is none after it; otherwise as store_get. */
CS_MUST_CHECK enum cs_err oath_next(struct store *st, uint16_t *id, struct oath_credential *out);

/* CS_ERR_NOT_FOUND, or as store_get. */
CS_MUST_CHECK enum cs_err oath_find(struct store *st, struct cs_view name, struct oath_credential *out);

/* The record that the credential of this name has, or else a free one. CS_ERR_FULL, or as store_get. */
CS_MUST_CHECK enum cs_err oath_id_for(struct store *st, struct cs_view name, uint16_t *id);

/* Durable when it returns. As store_put. */
CS_MUST_CHECK enum cs_err oath_store(struct store *st, const struct oath_credential *cred);

#endif
