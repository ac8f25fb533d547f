/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH: OCRA (RFC 6287). The credential has the suite; the host brings the inputs that the suite names, and
 * no others, so that nobody takes something for signed that did not go in.
 *
 * Invariant: where the suite has a counter, the next one is durable before the answer of this one leaves.
 */
#include "applet/oath_app.h"

#include "applet/oath_credential.h"
#include "base/secret.h"
#include "base/tlv.h"

/* Takes the element if the suite names it; it has to be there then. */
static struct cs_view input_take(struct cs_reader *r, bool named, uint32_t tag)
{
	return named ? cs_tlv_expect(r, tag) : CS_VIEW_EMPTY;
}

enum cs_err oath_ocra_inputs(const struct cs_ocra_suite *suite, struct cs_reader *r, struct cs_ocra_input *in)
{
	in->question = cs_tlv_expect(r, YKOATH_TAG_QUESTION);
	in->pin_hash = input_take(r, suite->pin_hash != 0, YKOATH_TAG_PIN_DIGEST);
	in->session = input_take(r, suite->session_len != 0, YKOATH_TAG_SESSION);
	struct cs_reader time = cs_reader_of(input_take(r, suite->time_step != 0, YKOATH_TAG_TIME));
	if (suite->time_step != 0)
		in->time = cs_read_u64(&time);
	if (cs_reader_done(&time))
		return CS_ERR_MALFORMED;
	return cs_ocra_check(suite, in) ? CS_ERR_MALFORMED : CS_OK;
}

static enum cs_err answer(struct card *card, const struct channel *channel, struct oath_credential *cred,
			  const struct cs_ocra_suite *suite, const struct cs_ocra_input *in, uint8_t p2,
			  struct cs_writer *out)
{
	const struct cs_hmac hmac = {.fn = card->ports.crypto->hmac, .ctx = card->ports.crypto->ctx};
	uint8_t mac[CS_HASH_MAX];
	struct cs_view key;
	enum cs_err err = oath_use(card, channel, cred, suite->counter);

	if (!err)
		err = oath_key(card, channel, cred, &key);
	if (!err)
		err = cs_ocra_mac(&hmac, suite, key, in, mac);
	if (!err)
		oath_respond(cred->digits, cs_view(mac, cs_hash_size(suite->hash)), p2, out);
	cs_wipe(mac, sizeof mac);
	return err ? err : cs_writer_done(out);
}

enum cs_err oath_ocra(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		      struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_ocra_input in = {0};
	struct cs_ocra_suite suite;
	enum cs_err err;

	if (cmd->p2 > OATH_P2_TRUNCATED)
		return CS_ERR_ARG;
	struct cs_view name = cs_tlv_expect(&r, YKOATH_TAG_NAME);
	err = name.len == 0 ? CS_ERR_MALFORMED : oath_find(&card->store, name, &cred);
	if (!err && oath_type(&cred) != YKOATH_TYPE_OCRA)
		err = CS_ERR_UNSUPPORTED;
	if (!err)
		err = cs_ocra_suite_parse(oath_suite(&cred), &suite) ? CS_ERR_CORRUPT : CS_OK;
	if (!err) {
		in.counter = cred.counter;
		err = oath_ocra_inputs(&suite, &r, &in);
	}
	if (!err)
		err = cs_reader_done(&r);
	if (!err)
		err = oath_permit(card, channel, &cred);
	if (!err)
		err = answer(card, channel, &cred, &suite, &in, cmd->p2, out);
	cs_wipe(&cred, sizeof cred);
	return err;
}
