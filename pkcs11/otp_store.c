/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Asking for credentials, and reading what is known of one.
 */
#include "pkcs11/otp_store.h"

#include <string.h>
#include <time.h>

#include "pkcs11/otp_card.h"
#include "pkcs11/pkcs11_countersign.h"
#include "pkcs11/token.h"

#define FRESH_MS 2000u

bool otp_is_key_type(CK_KEY_TYPE type)
{
	return type == CKK_HOTP || type == CKK_COUNTERSIGN_TOTP || type == CKK_COUNTERSIGN_OCRA;
}

struct cs_view otp_name(const struct otp *otp)
{
	return cs_view(otp->name, otp->name_len);
}

enum ykoath_type otp_type(const struct otp *otp)
{
	return (enum ykoath_type)(otp->type_hash & YKOATH_TYPE_MASK);
}

CK_KEY_TYPE otp_key_type(const struct otp *otp)
{
	switch (otp_type(otp)) {
	case YKOATH_TYPE_HOTP:
		return CKK_HOTP;
	case YKOATH_TYPE_TOTP:
		return CKK_COUNTERSIGN_TOTP;
	default:
		return CKK_COUNTERSIGN_OCRA;
	}
}

bool otp_has(const struct otp *otp, enum ykoath_property property)
{
	return (otp->properties & property) != 0;
}

struct cs_ykoath_parts otp_parts(const struct otp *otp)
{
	struct cs_ykoath_parts parts;

	cs_ykoath_split(otp_type(otp), otp_name(otp), &parts);
	return parts;
}

bool otp_suite(const struct otp *otp, struct cs_ocra_suite *out)
{
	return otp_type(otp) == YKOATH_TYPE_OCRA &&
	       cs_ocra_suite_parse(cs_view_string(otp->suite), out) == CS_OK;
}

bool otp_counts(const struct otp *otp)
{
	struct cs_ocra_suite suite;

	return otp_type(otp) == YKOATH_TYPE_HOTP || (otp_suite(otp, &suite) && suite.counter);
}

bool otp_verifies(const struct token *token, const struct otp *otp)
{
	return otp->in_memory || !otp_counts(otp) || (token->ours && otp_type(otp) == YKOATH_TYPE_HOTP);
}

static bool truncated(const struct otp *otp)
{
	return otp->digits > 0 || otp_type(otp) != YKOATH_TYPE_OCRA;
}

CK_ULONG otp_format(const struct otp *otp)
{
	return truncated(otp) ? CK_OTP_FORMAT_DECIMAL : CK_OTP_FORMAT_HEXADECIMAL;
}

/* Not truncated: in hexadecimal. Not told by another maker's card: what is common. */
size_t otp_length(const struct otp *otp)
{
	if (!truncated(otp))
		return 2 * cs_hash_size(cs_ykoath_hash(otp->type_hash));
	if (otp->digits > CS_OATH_DIGITS_MAX)
		return CS_OATH_DIGITS_MAX;
	return otp->digits > 0 ? otp->digits : CS_OATH_DIGITS_MIN;
}

/* ---- asking the card ---- */

static uint8_t properties_of(const struct cc_oath_entry *entry)
{
	return (uint8_t)((entry->touch ? YKOATH_PROPERTY_TOUCH : 0) | (entry->pin ? YKOATH_PROPERTY_PIN : 0) |
			 (entry->made ? YKOATH_PROPERTY_MADE : 0));
}

static enum cs_err take(void *arg, const struct cc_oath_entry *entry)
{
	struct otp otp = {.type_hash = (uint8_t)((unsigned)entry->type | (unsigned)entry->hash),
			  .digits = (uint8_t)entry->digits,
			  .properties = properties_of(entry),
			  .has_unique = entry->has_unique,
			  .name_len = entry->name.len};
	size_t index;

	memcpy(otp.unique, entry->unique, sizeof(otp.unique));
	memcpy(otp.name, entry->name.text, entry->name.len);
	memcpy(otp.suite, entry->suite, sizeof(otp.suite));
	return otps_set(arg, &otp, &index);
}

/* LIST does not tell everything: what CALCULATE ALL adds. Its codes are not kept. */
static enum cs_err take_more(void *arg, const struct cc_oath_entry *entry)
{
	struct otps *fresh = arg;
	struct otp *otp = otps_at(fresh, otps_find(fresh, cs_view(entry->name.text, entry->name.len)));

	if (otp == NULL)
		return CS_OK;
	otp->properties = properties_of(entry);
	otp->digits = (uint8_t)entry->digits;
	return CS_OK;
}

static enum cs_err list(struct token *token, struct otps *fresh)
{
	enum cs_err err;

	if (token->ours)
		return cc_oath_list_all(token->card, take, fresh);
	err = cc_oath_list(token->card, take, fresh);
	return err == CS_OK ? cc_oath_calculate_all(token->card, 0, take_more, fresh) : err;
}

enum cs_err otp_store_update(struct token *token, const struct cc_oath_info *info, void *arg)
{
	struct otps fresh = {.locked = info->locked};
	enum cs_err err = list(token, &fresh);

	(void)arg;
	if (err == CS_OK)
		err = otps_replace(&token->otps, &fresh);
	otps_free(&fresh);
	token->otps.absent = false;
	/* Version 5.3.1 brought RENAME. */
	token->otps.renames = info->version[0] > 5 || (info->version[0] == 5 && info->version[1] >= 3);
	return err;
}

/* No such application; locked by its password, or with the whole card; blank. */
static bool has_none(enum cs_err err)
{
	return err == CS_ERR_NOT_FOUND || err == CS_ERR_UNSUPPORTED || err == CS_ERR_DENIED ||
	       err == CS_ERR_STATE;
}

static enum cs_err ask(struct token *token)
{
	enum cs_err err = otp_run(token, OTP_NEED_NOTHING, otp_store_update, NULL);

	token->otps.absent = err == CS_ERR_NOT_FOUND || err == CS_ERR_UNSUPPORTED;
	if (!has_none(err))
		return err;
	for (size_t i = 0; i < token->otps.count; i++)
		otps_drop(&token->otps, i);
	return CS_OK;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* From when the token is opened, which C_GetSlotList does, to the search that it was opened for. */
static bool fresh(const struct token *token)
{
	return token->otps.fresh_until != 0 && now_ms() < token->otps.fresh_until;
}

enum cs_err otp_store_load(struct token *token)
{
	bool known = fresh(token) && !token->stale;
	enum cs_err err = token_refresh(token, NEED_NOTHING);

	token->otps.fresh_until = 0;
	if (err != CS_OK || known || (token->ours && !token->otps.locked))
		return err;
	return ask(token);
}

/* ---- a card that has nothing else ---- */

struct meeting {
	bool selected;
};

static enum cs_err meet_work(struct token *token, const struct cc_oath_info *info, void *arg)
{
	struct meeting *meeting = arg;
	struct cs_reader salt = cs_reader_of(cs_view(info->salt, info->salt_len));
	enum cs_err err;

	meeting->selected = true;
	memcpy(token->version, info->version, sizeof(token->version));
	token->serial = cs_read_u32(&salt);
	token->named = true;
	token->otps.locked = info->locked;
	err = info->locked ? CS_OK : otp_store_update(token, info, NULL);
	token->otps.fresh_until = err == CS_OK && !info->locked ? now_ms() + FRESH_MS : 0;
	return err;
}

/* What refuses the name, in whatever words, or answers with something else, is no OATH application. */
static bool is_another(enum cs_err err)
{
	return cc_refused(err) || err == CS_ERR_MALFORMED;
}

enum cs_err otp_store_meet(struct token *token)
{
	struct meeting meeting = {.selected = false};
	enum cs_err err = otp_run(token, OTP_NEED_SELECTED, meet_work, &meeting);

	return !meeting.selected && is_another(err) ? CS_ERR_NOT_FOUND : err;
}

struct lock {
	bool *locked;
	struct cc_oath_tries *tries;
};

static enum cs_err lock_work(struct token *token, const struct cc_oath_info *info, void *arg)
{
	const struct lock *lock = arg;

	*lock->locked = token->otps.locked = info->locked;
	if (info->has_tries)
		*lock->tries = info->tries;
	return CS_OK;
}

enum cs_err otp_store_lock(struct token *token, bool *locked, struct cc_oath_tries *tries)
{
	struct lock lock = {locked, tries};

	*locked = false;
	*tries = (struct cc_oath_tries){.total = 0};
	return fresh(token) ? CS_OK : otp_run(token, OTP_NEED_SELECTED, lock_work, &lock);
}

enum cs_err otp_store_whole(struct token *token, size_t index, struct otp **out)
{
	struct otp *otp = otps_at(&token->otps, index);
	enum cs_err err = CS_OK;

	if (otp != NULL && otp_type(otp) == YKOATH_TYPE_OCRA && otp->suite[0] == '\0') {
		err = ask(token);
		otp = otps_at(&token->otps, index);
	}
	*out = otp;
	return err == CS_OK && otp == NULL ? CS_ERR_NOT_FOUND : err;
}
