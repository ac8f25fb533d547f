/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH: CALCULATE and CALCULATE ALL.
 *
 * Invariant: an HOTP credential's next counter is durable before the code of this one leaves; so no counter's
 * code leaves twice, whatever happens in between.
 */
#include "applet/oath_app.h"

#include "applet/touch.h"
#include "applet/oath_credential.h"
#include "base/secret.h"
#include "base/tlv.h"

#define CHALLENGE_MAX 64u

void oath_respond(uint8_t digits, struct cs_view mac, uint8_t p2, struct cs_writer *out)
{
	if (p2 == OATH_P2_TRUNCATED && digits != 0) {
		cs_tlv_write_header(out, YKOATH_TAG_TRUNCATED_RESPONSE, 1u + sizeof(uint32_t));
		cs_write_u8(out, digits);
		cs_write_u32(out, cs_oath_truncate(mac.ptr, mac.len));
	} else {
		cs_tlv_write_header(out, YKOATH_TAG_FULL_RESPONSE, 1u + mac.len);
		cs_write_u8(out, digits);
		cs_write_view(out, mac);
	}
}

static enum cs_err respond(struct card *card, const struct channel *channel, struct oath_credential *cred,
			   struct cs_view message, uint8_t p2, struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	enum cs_hash hash = cs_ykoath_hash(cred->type_hash);
	uint8_t mac[CS_HASH_MAX];
	struct cs_view key;
	enum cs_err err = oath_key(card, channel, cred, &key);

	if (!err)
		err = crypto->hmac(crypto->ctx, hash, key, message, mac);
	if (!err)
		oath_respond(cred->digits, cs_view(mac, cs_hash_size(hash)), p2, out);
	cs_wipe(mac, sizeof mac);
	return err ? err : cs_writer_done(out);
}

static enum cs_err respond_hotp(struct card *card, const struct channel *channel,
				struct oath_credential *cred, uint8_t p2, struct cs_writer *out)
{
	uint8_t message[sizeof(uint64_t)];
	struct cs_writer w = CS_WRITER_OF(message);
	cs_write_u64(&w, cred->counter);
	enum cs_err err = oath_use(card, channel, cred, true);
	return err ? err : respond(card, channel, cred, CS_VIEW_OF(message), p2, out);
}

static enum cs_err respond_totp(struct card *card, const struct channel *channel,
				struct oath_credential *cred, struct cs_view challenge, uint8_t p2,
				struct cs_writer *out)
{
	enum cs_err err = oath_use(card, channel, cred, false);
	return err ? err : respond(card, channel, cred, challenge, p2, out);
}

enum cs_err oath_permit(struct card *card, struct channel *channel, const struct oath_credential *cred)
{
	enum cs_err err = oath_key_permit(channel, cred);

	if (err || !(cred->properties & YKOATH_PROPERTY_TOUCH))
		return err;
	return touch_require(card, channel, PIV_TOUCH_ALWAYS, "make a one-time password");
}

/* Whether CALCULATE can do this credential, with this challenge. */
static enum cs_err calculable(const struct oath_credential *cred, struct cs_view challenge)
{
	switch (oath_type(cred)) {
	case YKOATH_TYPE_HOTP:
		return CS_OK;
	case YKOATH_TYPE_TOTP:
		return challenge.len == 0 || challenge.len > CHALLENGE_MAX ? CS_ERR_MALFORMED : CS_OK;
	default:
		return CS_ERR_UNSUPPORTED;
	}
}

enum cs_err oath_calculate(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			   struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view name = cs_tlv_expect(&r, YKOATH_TAG_NAME);
	struct cs_view challenge = CS_VIEW_EMPTY;
	if (cs_reader_more(&r)) /* HOTP takes none; hosts send it empty or leave it out */
		challenge = cs_tlv_expect(&r, YKOATH_TAG_CHALLENGE);
	if (cmd->p2 > OATH_P2_TRUNCATED)
		return CS_ERR_ARG;
	enum cs_err err = cs_reader_done(&r);
	if (!err)
		err = oath_find(&card->store, name, &cred);
	if (!err)
		err = calculable(&cred, challenge);
	if (!err)
		err = oath_permit(card, channel, &cred);
	if (!err)
		err = oath_type(&cred) == YKOATH_TYPE_HOTP
			  ? respond_hotp(card, channel, &cred, cmd->p2, out)
			  : respond_totp(card, channel, &cred, challenge, cmd->p2, out);
	cs_wipe(&cred, sizeof cred);
	return err;
}

/* In place of a response: digits; and where it is the PIN that is wanted, the properties. */
static void write_marker(struct cs_writer *out, uint8_t tag, const struct oath_credential *cred,
			 bool pin_wanted)
{
	cs_tlv_write_header(out, tag, pin_wanted ? 2 : 1);
	cs_write_u8(out, cred->digits);
	if (pin_wanted)
		cs_write_u8(out, cred->properties);
}

/* Name, then the response, or the marker that tells why there is none. OCRA has its own command. */
static enum cs_err respond_in_list(struct card *card, const struct channel *channel,
				   struct oath_credential *cred, struct cs_view challenge, uint8_t p2,
				   struct cs_writer *out)
{
	bool pin_wanted = oath_key_permit(channel, cred) != CS_OK;

	if (oath_type(cred) == YKOATH_TYPE_OCRA)
		return CS_OK;
	cs_tlv_write(out, YKOATH_TAG_NAME, oath_name(cred));
	if (oath_type(cred) == YKOATH_TYPE_HOTP)
		write_marker(out, YKOATH_TAG_HOTP, cred, pin_wanted);
	else if (pin_wanted || (cred->properties & YKOATH_PROPERTY_TOUCH))
		write_marker(out, YKOATH_TAG_TOUCH, cred, pin_wanted);
	else
		return respond(card, channel, cred, challenge, p2, out);
	return cs_writer_done(out);
}

enum cs_err oath_calculate_all(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			       struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view challenge = cs_tlv_expect(&r, YKOATH_TAG_CHALLENGE);
	uint16_t id = 0;
	if (cmd->p2 > OATH_P2_TRUNCATED)
		return CS_ERR_ARG;
	enum cs_err err = cs_reader_done(&r);
	if (err || challenge.len == 0 || challenge.len > CHALLENGE_MAX)
		return CS_ERR_MALFORMED;
	while (!err && !(err = oath_next(&card->store, &id, &cred)))
		err = respond_in_list(card, channel, &cred, challenge, cmd->p2, out);
	cs_wipe(&cred, sizeof cred);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}
