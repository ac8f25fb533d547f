/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The reference token's GET METADATA: what a key, a PIN or the management key is, without using it.
 */
#include "applet/piv_commands.h"

#include "applet/pin.h"
#include "applet/piv_key.h"
#include "applet/piv_management.h"
#include "base/secret.h"

#define ALGORITHM_PIN 0xFFu /* what the reference token says of its PINs */

static void write_pair(struct cs_writer *out, uint32_t tag, uint8_t first, uint8_t second)
{
	const uint8_t pair[2] = {first, second};

	cs_tlv_write(out, tag, CS_VIEW_OF(pair));
}

static enum cs_err metadata_pin(struct card *card, enum pin pin, struct cs_writer *out)
{
	struct pin_info info;
	enum cs_err err = pin_info(card, pin, &info);

	if (err)
		return err;
	cs_tlv_write_u8(out, PIV_META_ALGORITHM, ALGORITHM_PIN);
	cs_tlv_write_u8(out, PIV_META_IS_DEFAULT, info.is_default);
	write_pair(out, PIV_META_RETRIES, info.tries_total, info.tries_left);
	if (info.must_change)
		cs_tlv_write_u8(out, PIV_META_PIN_FLAGS, CSGN_PIN_MUST_CHANGE);
	return CS_OK;
}

static enum cs_err metadata_management(struct card *card, struct cs_writer *out)
{
	struct piv_management key;
	enum cs_err err = piv_management_load(card, &key);

	if (err)
		return err;
	cs_tlv_write_u8(out, PIV_META_ALGORITHM, key.algorithm);
	write_pair(out, PIV_META_POLICY, PIV_PIN_DEFAULT, key.touch_policy);
	cs_tlv_write_u8(out, PIV_META_IS_DEFAULT, key.is_default);
	cs_wipe(&key, sizeof(key));
	return CS_OK;
}

static enum cs_err metadata_key(struct card *card, uint8_t slot, struct cs_writer *out)
{
	struct piv_key key;
	enum cs_err err = piv_key_load(card, slot, &key);

	if (err)
		return err;
	cs_tlv_write_u8(out, PIV_META_ALGORITHM, key.algorithm);
	write_pair(out, PIV_META_POLICY, key.pin_policy, key.touch_policy);
	cs_tlv_write_u8(out, PIV_META_ORIGIN, key.origin);
	cs_tlv_write(out, PIV_META_PUBLIC_KEY, key.pub);
	return CS_OK;
}

enum cs_err piv_metadata(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			 struct cs_writer *out)
{
	(void)channel;
	switch (cmd->p2) {
	case PIV_REF_PIN:
		return metadata_pin(card, PIN_USER, out);
	case PIV_REF_PUK:
		return metadata_pin(card, PIN_PUK, out);
	case PIV_SLOT_MANAGEMENT:
		return metadata_management(card, out);
	default:
		return metadata_key(card, cmd->p2, out);
	}
}
