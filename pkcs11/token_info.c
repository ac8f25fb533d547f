/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_GetTokenInfo.
 */
#include <stdio.h>
#include <string.h>

#include "cardclient/pinpad.h"
#include "base/tlv.h"
#include "pkcs11/otp_card.h"
#include "pkcs11/otp_store.h"
#include "pkcs11/pin.h"
#include "pkcs11/puk.h"
#include "pkcs11/session.h"
#include "pkcs11/text.h"
#include "pkcs11/token.h"

#define TRIES_USUAL 3u /* what a PIV card begins with that has not shown what it does */

struct cc_reference token_reference(const struct token *token, uint8_t reference)
{
	if (!token->ours && reference == CSGN_REF_SO)
		return token->puk;
	for (size_t i = 0; i < token->csgn.reference_count; i++) {
		if (token->csgn.references[i].reference == reference)
			return token->csgn.references[i];
	}
	return (struct cc_reference){.reference = reference};
}

/* Of our card that is in what it tells, which is asked for anew. */
void token_pin_blocked(struct token *token)
{
	token->pin_blocked = true;
	token->stale = true;
}

void token_has_pin(struct token *token)
{
	token->pin_blocked = false;
	for (size_t i = 0; i < token->csgn.reference_count; i++) {
		struct cc_reference *told = &token->csgn.references[i];

		if (told->reference != PIV_REF_PIN)
			continue;
		told->flags |= CSGN_REFERENCE_SET;
		told->left = told->total;
	}
}

static struct cc_pin_state state_of(const struct token *token, uint8_t reference)
{
	struct cc_reference told = token_reference(token, reference);

	if (told.total == 0)
		return (struct cc_pin_state){.set = true, .left = CC_TRIES_UNKNOWN};
	return (struct cc_pin_state){
	    .set = (told.flags & CSGN_REFERENCE_SET) != 0, .left = told.left, .total = told.total};
}

void token_tries_seen(struct token *token, unsigned left, bool all)
{
	if (left == CC_TRIES_UNKNOWN || left < token->pin_tries)
		return;
	token->pin_tries_all |= all;
	token->pin_tries = left;
}

/* CS_ERR_UNSUPPORTED where the card is known to have no such command, or none for its PIN. */
static enum cs_err metadata_tells(struct token *token, struct cc_pin_state *pin)
{
	struct cc_piv_metadata metadata;
	enum cs_err err = CS_ERR_UNSUPPORTED;

	if (!token->pin_untold && !token->keys.no_metadata)
		err = cc_piv_metadata(token->card, PIV_REF_PIN, &metadata);
	if (err != CS_OK)
		return err;
	if (!metadata.has_tries || metadata.tries_left > metadata.tries_total)
		return CS_ERR_MALFORMED;
	token->pin_told = true;
	pin->left = metadata.tries_left;
	pin->total = metadata.tries_total;
	return CS_OK;
}

/* VERIFY without a PIN tells no total, and no tries while the PIN counts as verified, when none is lost. */
static enum cs_err verify_tells(struct token *token, struct cc_pin_state *pin)
{
	bool verified = false;
	unsigned tries = CC_TRIES_UNKNOWN;
	enum cs_err err = cc_piv_verify_status(token->card, PIV_REF_PIN, &verified, &tries);

	if (err != CS_OK)
		return err;
	/* Another program's wrong PIN has ended what was proved. */
	if (!verified && token->login == LOGIN_USER)
		token->verified = token->verified_fresh = false;
	token_tries_seen(token, tries, false);
	pin->left = tries;
	pin->total = token->pin_tries_all || token->pin_tries > TRIES_USUAL ? token->pin_tries : TRIES_USUAL;
	return CS_OK;
}

/* A refusal of the first says that the card has no such command only with an answer to the second, and of
 * PIV: another program may have selected another application, which answers VERIFY, too. What is proved
 * to the card would not outlive PIV's selection. */
static enum cs_err status_work(struct token *token, void *arg)
{
	struct cc_pin_state *pin = arg;
	bool known = token->pin_untold || token->keys.no_metadata;
	enum cs_err told = metadata_tells(token, pin), err = told;

	if (cc_refused(told) || told == CS_ERR_MALFORMED) {
		if (!known && !token->sure && !token->verified)
			return told;
		err = verify_tells(token, pin);
	}
	if (err != CS_OK)
		return err;
	token->pin_untold = told != CS_OK && told != CS_ERR_CARD && (known || token->sure);
	token->pin_blocked = pin->left == 0;
	token_sure(token);
	/* Nothing may come between a PIN and the use of a key that wants it each time: it is sent again. */
	token->verified_fresh = false;
	return told == CS_OK ? puk_ask(token) : CS_OK;
}

/* The user's is the password of OATH, if there is one. */
static enum cs_err password_state(struct token *token, struct cc_pin_state *user)
{
	struct cc_oath_tries tries;
	enum cs_err err = otp_store_lock(token, &user->set, &tries);

	user->total = tries.total;
	user->left = tries.total != 0 ? tries.left : CC_TRIES_UNKNOWN;
	return err;
}

/* The tries of user PIN and SO PIN. What can't be learnt counts as untouched: total 0. */
static enum cs_err pin_states(struct token *token, struct cc_pin_state *user, struct cc_pin_state *so)
{
	enum cs_err err = CS_OK;

	*user = *so = (struct cc_pin_state){.set = true, .left = CC_TRIES_UNKNOWN};
	if (token->ours) {
		err = token_refresh(token, NEED_NOTHING);
		*user = state_of(token, PIV_REF_PIN);
		*so = state_of(token, CSGN_REF_SO);
		return err;
	}
	if (token->oath_alone)
		return password_state(token, user);
	/* See keyuse.c. A PIN that was typed on the reader cannot be sent again. */
	if (!token->by_pad || !token->verified_fresh)
		err = token_run(token, NEED_NOTHING, status_work, user);
	*so = state_of(token, CSGN_REF_SO);
	return cc_card_present(token->card) ? CS_OK : err;
}

enum cs_err token_tries_ask(struct token *token)
{
	struct cc_pin_state user, so;

	return token->oath_alone ? CS_OK : pin_states(token, &user, &so);
}

static CK_FLAGS tries_flags(const struct cc_pin_state *pin, CK_FLAGS low, CK_FLAGS final, CK_FLAGS locked)
{
	if (pin->left == CC_TRIES_UNKNOWN)
		return 0;
	if (pin->left == 0)
		return locked;
	return (pin->left == 1 ? final : 0) | (pin->left < pin->total ? low : 0);
}

/* One that the officer chose for a first time, or that the maker gave every card. */
#define TO_BE_CHANGED (CSGN_REFERENCE_MUST_CHANGE | CSGN_REFERENCE_DEFAULT)

static CK_FLAGS token_flags(const struct token *token, const struct cc_pin_state *user,
			    const struct cc_pin_state *so)
{
	CK_FLAGS flags = CKF_RNG | CKF_DUAL_CRYPTO_OPERATIONS;

	if (!token->oath_alone || user->set)
		flags |= CKF_LOGIN_REQUIRED;
	if (!token->ours || token->csgn.lifecycle != CSGN_BLANK || token->csgn.profile == CSGN_PROFILE_PIV)
		flags |= CKF_TOKEN_INITIALIZED;
	if (!token->oath_alone && cc_pinpad_present(token->card))
		flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	if (user->set)
		flags |= CKF_USER_PIN_INITIALIZED;
	if (token_reference(token, PIV_REF_PIN).flags & TO_BE_CHANGED)
		flags |= CKF_USER_PIN_TO_BE_CHANGED;
	if (token_reference(token, CSGN_REF_SO).flags & TO_BE_CHANGED)
		flags |= CKF_SO_PIN_TO_BE_CHANGED;
	if (token_terminated(token))
		flags |= CKF_WRITE_PROTECTED;
	flags |= tries_flags(user, CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED);
	flags |= tries_flags(so, CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY, CKF_SO_PIN_LOCKED);
	return flags;
}

/* Its name, where it has none of its own. */
static const char *kind_of(const struct token *token)
{
	return token->ours ? "Countersign" : token->oath_alone ? "OATH" : "PIV";
}

static void label_text(const struct token *token, char *out, size_t cap)
{
	if (token->ours && token->csgn.label[0] != '\0')
		(void)snprintf(out, cap, "%s", token->csgn.label);
	else if (token->serial != 0)
		(void)snprintf(out, cap, "%s %08X", kind_of(token), (unsigned)token->serial);
	else
		(void)snprintf(out, cap, "%s card", kind_of(token));
}

/* The GUID of its CHUID (SP 800-73-5 part 1, 3.1.2). */
static enum cs_err read_guid(struct token *token)
{
	uint8_t chuid[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(chuid);
	struct cs_view guid;
	enum cs_err err = cc_piv_get_object(token->card, PIV_OBJ_CHUID, &w);

	if (err == CS_OK && cs_tlv_find(cs_writer_view(&w), 0x34, &guid) == CS_OK && guid.len == 16)
		memcpy(token->guid, guid.ptr, sizeof(token->guid));
	return err;
}

/* A card need not have these commands. But a refusal says so only where it is sure that PIV heard them. */
static enum cs_err name_work(struct token *token, void *arg)
{
	enum cs_err err = cc_piv_version(token->card, token->version);

	(void)arg;
	if (err == CS_OK) {
		token_sure(token);
		err = cc_piv_serial(token->card, &token->serial);
	}
	if (err != CS_OK && token->sure)
		err = read_guid(token);
	if (err != CS_OK && !token->sure)
		return err;
	token->named = true;
	return cc_card_present(token->card) ? CS_OK : CS_ERR_REMOVED;
}

enum cs_err token_named(struct token *token)
{
	return token->ours || token->named ? CS_OK : token_run(token, NEED_NOTHING, name_work, NULL);
}

static void serial_text(const struct token *token, char out[17])
{
	static const uint8_t none[8];

	out[0] = '\0';
	if (token->serial != 0)
		(void)snprintf(out, 17, "%08X", (unsigned)token->serial);
	else if (memcmp(token->guid, none, sizeof(none)) != 0)
		for (size_t i = 0; i < sizeof(token->guid); i++)
			(void)snprintf(out + 2 * i, 3, "%02X", token->guid[i]);
}

/* Where the security officer's secret may be the management key, it is longer than any PIN. */
static CK_ULONG secret_max(const struct token *token)
{
	if (token->oath_alone)
		return OTP_PASSWORD_MAX;
	return token->ours && token->csgn.profile != CSGN_PROFILE_PIV ? PIV_PIN_LEN : PIN_MAX;
}

CK_RV token_info(struct slot *slot, CK_TOKEN_INFO_PTR out)
{
	struct token *token = slot->token;
	struct cc_pin_state user, so;
	char label[CSGN_LABEL_MAX + 1], serial[17], maker[33];
	enum cs_err err = pin_states(token, &user, &so);

	if (err == CS_OK)
		err = token_named(token);
	if (err != CS_OK)
		return token_rv(token, err);
	memset(out, 0, sizeof(*out));
	label_text(token, label, sizeof(label));
	serial_text(token, serial);
	text_pad(out->label, sizeof(out->label), label);
	(void)snprintf(maker, sizeof(maker), "%s%s", kind_of(token), token->ours ? "" : " card");
	text_pad(out->manufacturerID, sizeof(out->manufacturerID), maker);
	text_pad(out->model, sizeof(out->model), kind_of(token));
	text_pad(out->serialNumber, sizeof(out->serialNumber), serial);
	memset(out->utcTime, ' ', sizeof(out->utcTime));
	out->flags = token_flags(token, &user, &so);
	out->ulMaxSessionCount = out->ulMaxRwSessionCount = SESSION_MAX;
	out->ulSessionCount = session_count(slot, false);
	out->ulRwSessionCount = session_count(slot, true);
	out->ulMaxPinLen = secret_max(token);
	out->ulMinPinLen = token->oath_alone ? 1 : PIV_PIN_LEN_MIN;
	out->ulTotalPublicMemory = out->ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION;
	out->ulTotalPrivateMemory = out->ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
	out->firmwareVersion.major = token->ours ? token->csgn.version[0] : token->version[0];
	out->firmwareVersion.minor = token->ours ? token->csgn.version[1] : token->version[1];
	return CKR_OK;
}
