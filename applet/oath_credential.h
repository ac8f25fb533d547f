/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OATH application's credentials as records of the store, one each, from RECORD_OATH_CREDENTIAL_FIRST on:
 *
 *   version (02) | type and hash (YKOATH) | digits | properties | counter, 8 bytes | 8 bytes that were drawn when it was made |
 *   length of name | name | OCRA only: length of suite | suite | key
 *
 * Version 01, which earlier cards wrote, has nothing drawn, and is kept as it is.
 *
 * counter is the next one that an HOTP or OCRA credential will use; replacing the record moves it on, all or not
 * at all.
 */
#ifndef COUNTERSIGN_APPLET_OATH_CREDENTIAL_H
#define COUNTERSIGN_APPLET_OATH_CREDENTIAL_H

#include "applet/card_private.h"
#include "applet/records.h"
#include "applet/secret.h"
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

#define OATH_KEY_RECORD_MAX (YKOATH_KEY_MAX + SECRET_OVERHEAD)

/* Holds a secret: whoever has one wipes it. */
struct oath_credential {
	uint16_t id; /* of its record */
	uint8_t type_hash;
	uint8_t digits;
	uint8_t properties; /* enum ykoath_property */
	uint64_t counter;
	bool has_unique; /* else it was made by an earlier version */
	uint8_t unique[YKOATH_UNIQUE_LEN];
	uint8_t name_len;
	uint8_t suite_len; /* OCRA; else 0 */
	uint8_t key_len;
	uint8_t name[YKOATH_NAME_MAX];
	uint8_t suite[CS_OCRA_SUITE_MAX];
	uint8_t key[OATH_KEY_RECORD_MAX];
};

enum ykoath_type oath_type(const struct oath_credential *cred);
struct cs_view oath_name(const struct oath_credential *cred);
/* CS_ERR_MALFORMED for a name that is empty or too long. */
CS_MUST_CHECK enum cs_err oath_name_set(struct oath_credential *cred, struct cs_view name);
struct cs_view oath_suite(const struct oath_credential *cred);

/* What was drawn, for a host that tells credentials apart; empty: nothing. Borrows from cred. */
struct cs_view oath_unique(const struct oath_credential *cred);
/* Draws it, for a credential that is being made. */
CS_MUST_CHECK enum cs_err oath_unique_draw(struct card *card, struct oath_credential *cred);

/* ---- the key ----
 *
 * The key of a credential that is bound to the PIN lies in an envelope of secret.h, in memory as on flash, until oath_key opens it. */

/* Puts the key of a credential that is being made into its envelope, where it is bound. */
CS_MUST_CHECK enum cs_err oath_key_seal(struct card *card, const struct channel *channel, struct oath_credential *cred);

/* Before each use: moves the counter on where it counts, and makes an envelope that was sealed without the PIN one under its data
 * key. What changed is durable when it returns CS_OK. */
CS_MUST_CHECK enum cs_err oath_use(struct card *card, const struct channel *channel, struct oath_credential *cred,
				   bool counts);

/* The key, opened where it lies: cred is then not to be stored. What secret_permit says of a bound one. */
CS_MUST_CHECK enum cs_err oath_key(struct card *card, const struct channel *channel, struct oath_credential *cred,
				   struct cs_view *key);

/* May it be used on this channel? What secret_permit says of a bound one. */
CS_MUST_CHECK enum cs_err oath_key_permit(const struct channel *channel, const struct oath_credential *cred);

/* Deletes the credentials that are bound to the PIN: those of a PIN that is no more. */
CS_MUST_CHECK enum cs_err oath_delete_bound(struct store *st);

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
