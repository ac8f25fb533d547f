/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Codes that this daemon makes and sends, by SMS or mail. What is kept is a digest under a key that lies
 * sealed with the token, so that a copy of the database tells no code that is still on its way, short as it
 * is.
 */
#include "base/secret.h"
#include "daemon/verify.h"

enum cs_err verify_sent_mac(const struct cs_hmac *hmac, struct cs_view seed, struct cs_view id,
			    struct cs_view code, uint8_t mac[VERIFY_MAC_LEN])
{
	uint8_t message[160];
	struct cs_writer w = CS_WRITER_OF(message);

	cs_write_u8(&w, (uint8_t)id.len);
	cs_write_view(&w, id);
	cs_write_view(&w, code);
	enum cs_err err = cs_writer_done(&w);
	if (!err)
		err = hmac->fn(hmac->ctx, CS_SHA256, seed, cs_writer_view(&w), mac);
	cs_wipe(message, sizeof(message));
	return err;
}

enum cs_err verify_sent(const struct cs_hmac *hmac, const struct verify_token *token,
			const struct verify_challenge *challenge, struct cs_view code,
			struct verify_decision *out)
{
	uint8_t mac[VERIFY_MAC_LEN];
	bool same = false;

	if (code.len == token->digits && challenge->mac.len == VERIFY_MAC_LEN) {
		enum cs_err err = verify_sent_mac(hmac, token->seed, challenge->id, code, mac);
		if (err)
			return err;
		same = CS_PUBLIC(cs_equal_ct(mac, challenge->mac.ptr, sizeof(mac)));
	}
	*out = (struct verify_decision){.outcome = same ? VERIFY_ACCEPTED : VERIFY_WRONG,
					.at = token->next,
					.next = token->next,
					.drift = token->drift};
	return CS_OK;
}
