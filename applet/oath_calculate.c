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

#define P2_FULL	     0x00u
#define P2_TRUNCATED 0x01u

#define CHALLENGE_MAX 64u

/* Appends 75 or 76: digits, then the HMAC of message, or the 31-bit number that is cut from it. */
static enum cs_err respond(struct card *card, const struct oath_credential *cred, struct cs_view message,
			   uint8_t p2, struct cs_writer *out)
{
	const struct crypto *crypto = card->ports.crypto;
	enum cs_hash hash = oath_hash(cred->type_hash);
	uint8_t mac[CS_HASH_MAX];
	enum cs_err err = crypto->hmac(crypto->ctx, hash, oath_key(cred), message, mac);
	if (err)
		return err;
	if (p2 == P2_TRUNCATED) {
		cs_tlv_write_header(out, YKOATH_TAG_TRUNCATED_RESPONSE, 1u + sizeof(uint32_t));
		cs_write_u8(out, cred->digits);
		cs_write_u32(out, cs_oath_truncate(mac, cs_hash_size(hash)));
	} else {
		cs_tlv_write_header(out, YKOATH_TAG_FULL_RESPONSE, 1u + cs_hash_size(hash));
		cs_write_u8(out, cred->digits);
		cs_write_view(out, cs_view(mac, cs_hash_size(hash)));
	}
	cs_wipe(mac, sizeof mac);
	return cs_writer_done(out);
}

static enum cs_err respond_hotp(struct card *card, struct oath_credential *cred, uint8_t p2,
				struct cs_writer *out)
{
	uint8_t message[sizeof(uint64_t)];
	struct cs_writer w = CS_WRITER_OF(message);
	cs_write_u64(&w, cred->counter);
	cred->counter++;
	enum cs_err err = oath_store(&card->store, cred);
	return err ? err : respond(card, cred, CS_VIEW_OF(message), p2, out);
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
	if (cmd->p2 > P2_TRUNCATED)
		return CS_ERR_ARG;
	enum cs_err err = cs_reader_done(&r);
	if (!err)
		err = oath_find(&card->store, name, &cred);
	if (!err && !oath_is_hotp(&cred) && (challenge.len == 0 || challenge.len > CHALLENGE_MAX))
		err = CS_ERR_MALFORMED;
	if (!err && (cred.properties & YKOATH_PROPERTY_TOUCH))
		err = touch_require(card, channel, PIV_TOUCH_ALWAYS, "make a one-time password");
	if (!err)
		err = oath_is_hotp(&cred) ? respond_hotp(card, &cred, cmd->p2, out)
					  : respond(card, &cred, challenge, cmd->p2, out);
	cs_wipe(&cred, sizeof cred);
	return err;
}

/* Name, then the response, or the marker that tells why there is none. */
static enum cs_err respond_in_list(struct card *card, const struct oath_credential *cred,
				   struct cs_view challenge, uint8_t p2, struct cs_writer *out)
{
	cs_tlv_write(out, YKOATH_TAG_NAME, oath_name(cred));
	if (oath_is_hotp(cred))
		cs_tlv_write_u8(out, YKOATH_TAG_HOTP, cred->digits);
	else if (cred->properties & YKOATH_PROPERTY_TOUCH)
		cs_tlv_write_u8(out, YKOATH_TAG_TOUCH, cred->digits);
	else
		return respond(card, cred, challenge, p2, out);
	return cs_writer_done(out);
}

enum cs_err oath_calculate_all(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			       struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view challenge = cs_tlv_expect(&r, YKOATH_TAG_CHALLENGE);
	uint16_t id = 0;
	(void)channel;
	if (cmd->p2 > P2_TRUNCATED)
		return CS_ERR_ARG;
	enum cs_err err = cs_reader_done(&r);
	if (err || challenge.len == 0 || challenge.len > CHALLENGE_MAX)
		return CS_ERR_MALFORMED;
	while (!err && !(err = oath_next(&card->store, &id, &cred)))
		err = respond_in_list(card, &cred, challenge, cmd->p2, out);
	cs_wipe(&cred, sizeof cred);
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}
