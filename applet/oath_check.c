/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH: CHECK. Whether an HOTP code is that of a counter which the credential has left behind.
 *
 * Invariants:
 * 1. Of a counter that is still to come it is never said which code is its, nor which is not: whoever asks
 * learns nothing of a code that the card would give later, and leaves no trace that a counter had moved.
 * 2. Who may not have a code made (PIN, touch) is told nothing of old ones either: a server that is behind
 * still takes them.
 */
#include "applet/oath_app.h"

#include "applet/oath_credential.h"
#include "base/secret.h"
#include "base/tlv.h"

struct check {
	uint64_t counter;
	struct cs_view code;
};

static enum cs_err parse(struct cs_reader *r, struct check *check)
{
	struct cs_reader counter = cs_reader_of(cs_tlv_expect(r, YKOATH_TAG_IMF));

	check->counter = cs_read_u64(&counter);
	check->code = cs_tlv_expect(r, YKOATH_TAG_CODE);
	if (cs_reader_done(&counter) || cs_reader_done(r))
		return CS_ERR_MALFORMED;
	return check->code.len >= CS_OATH_DIGITS_MIN && check->code.len <= CS_OATH_DIGITS_MAX
		   ? CS_OK
		   : CS_ERR_MALFORMED;
}

static enum cs_err make(struct card *card, const struct channel *channel, struct oath_credential *cred,
			const struct check *check, char *text)
{
	const struct cs_hmac hmac = {.fn = card->ports.crypto->hmac, .ctx = card->ports.crypto->ctx};
	uint32_t truncated = 0;
	struct cs_view key;
	enum cs_err err = oath_key(card, channel, cred, &key);

	if (!err)
		err = cs_hotp(&hmac, cs_ykoath_hash(cred->type_hash), key, check->counter, &truncated);
	if (!err)
		cs_oath_format(truncated, (unsigned)check->code.len, text);
	return err;
}

/* A wrong code, and a counter that is still to come, are one and the same to who asks. */
static enum cs_err compare(struct card *card, const struct channel *channel, struct oath_credential *cred,
			   const struct check *check)
{
	char text[CS_OATH_DIGITS_MAX + 1];
	enum cs_err err = CS_ERR_MALFORMED;

	if (check->counter < cred->counter)
		err = oath_use(card, channel, cred, false);
	if (!err)
		err = make(card, channel, cred, check, text);
	if (!err && !cs_equal_ct(text, check->code.ptr, check->code.len))
		err = CS_ERR_MALFORMED;
	cs_wipe(text, sizeof text);
	return err;
}

enum cs_err oath_check(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		       struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	struct check check = {0};
	struct cs_view name = cs_tlv_expect(&r, YKOATH_TAG_NAME);
	enum cs_err err = name.len == 0 ? CS_ERR_MALFORMED : oath_find(&card->store, name, &cred);

	(void)out;
	/* TOTP a host makes again; an OCRA counter has answered one question, and this would answer any. */
	if (!err && oath_type(&cred) != YKOATH_TYPE_HOTP)
		err = CS_ERR_UNSUPPORTED;
	if (!err)
		err = parse(&r, &check);
	if (!err)
		err = oath_permit(card, channel, &cred);
	if (!err)
		err = compare(card, channel, &cred, &check);
	cs_wipe(&cred, sizeof cred);
	return err;
}
