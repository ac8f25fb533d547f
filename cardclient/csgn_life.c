/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Commands of the Countersign application that belong to the card's life, its objects' attributes, and secret
 * keys (csgn.h).
 */
#include "cardclient/csgn.h"
#include "cardclient/private.h"

#include <stdlib.h>

#include "base/piv.h"
#include "base/secret.h"
#include "base/tlv.h"

static enum cs_err plain(struct cc_card *card, uint8_t ins, uint8_t p1, uint8_t p2)
{
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = ins, .p1 = p1, .p2 = p2};
	return cc_command(card, &cmd, NULL);
}

enum cs_err cc_csgn_lock(struct cc_card *card)
{
	return plain(card, CSGN_INS_LOCK, 0, 0);
}

enum cs_err cc_csgn_unlock(struct cc_card *card)
{
	return plain(card, CSGN_INS_UNLOCK, 0, 0);
}

enum cs_err cc_csgn_terminate(struct cc_card *card)
{
	return plain(card, CSGN_INS_TERMINATE, 0xDE, 0xAD);
}

enum cs_err cc_csgn_personalise(struct cc_card *card, const struct cs_view *holder,
				const struct cs_view *expiry)
{
	uint8_t data[CSGN_HOLDER_MAX + CSGN_EXPIRY_LEN + 4];
	struct cs_writer w = CS_WRITER_OF(data);

	if (holder)
		cs_tlv_write(&w, CSGN_TAG_HOLDER, *holder);
	if (expiry)
		cs_tlv_write(&w, CSGN_TAG_EXPIRY, *expiry);
	if (cs_writer_done(&w) != CS_OK)
		return CS_ERR_ARG;
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_PERSONALISE, .data = cs_writer_view(&w)};
	return cc_command(card, &cmd, NULL);
}

/* ---- attributes ---- */

void cc_attributes_write(struct cs_writer *w, const struct cc_attributes *attributes)
{
	const uint8_t flags[2] = {(uint8_t)(attributes->flags >> 8), (uint8_t)attributes->flags};
	size_t mark = cs_tlv_begin(w, CSGN_TAG_ATTRIBUTES);

	if (attributes->label.len)
		cs_tlv_write(w, CSGN_ATTRIBUTE_LABEL, attributes->label);
	if (attributes->id.len)
		cs_tlv_write(w, CSGN_ATTRIBUTE_ID, attributes->id);
	if (attributes->flags)
		cs_tlv_write(w, CSGN_ATTRIBUTE_FLAGS, CS_VIEW_OF(flags));
	if (attributes->more.len)
		cs_tlv_write(w, CSGN_ATTRIBUTE_MORE, attributes->more);
	cs_tlv_end(w, mark);
}

static void reference_write(struct cs_writer *w, uint32_t object)
{
	const uint8_t bytes[3] = {(uint8_t)(object >> 16), (uint8_t)(object >> 8), (uint8_t)object};

	cs_tlv_write(w, CSGN_TAG_REFERENCE, object > 0xFF ? CS_VIEW_OF(bytes) : cs_view(bytes + 2, 1));
}

enum cs_err cc_csgn_set_attributes(struct cc_card *card, uint32_t object,
				   const struct cc_attributes *attributes, const struct cs_view *contents)
{
	const size_t size = CSGN_ATTRIBUTES_MAX + 32 + (contents ? contents->len : 0);
	uint8_t *data = malloc(size);
	struct cs_writer w = cs_writer_of(data, data ? size : 0);
	enum cs_err err = data ? CS_OK : CS_ERR_MEMORY;

	reference_write(&w, object);
	cc_attributes_write(&w, attributes);
	if (contents)
		cs_tlv_write(&w, PIV_TAG_DATA, *contents);
	if (!err && cs_writer_done(&w) != CS_OK)
		err = CS_ERR_ARG;
	if (!err) {
		struct cs_apdu cmd = {
		    .cla = CSGN_CLA, .ins = CSGN_INS_SET_ATTRIBUTES, .data = cs_writer_view(&w)};
		err = cc_command(card, &cmd, NULL);
	}
	free(data);
	return err;
}

/* ---- secret keys ---- */

enum cs_err cc_csgn_secret_create(struct cc_card *card, const struct cc_secret *secret, uint8_t *number)
{
	const uint8_t usage[2] = {(uint8_t)(secret->usage >> 8), (uint8_t)secret->usage};
	uint8_t data[CSGN_SECRET_KEY_MAX + CSGN_ATTRIBUTES_MAX + 32], answer[16];
	struct cs_writer w = CS_WRITER_OF(data), got = CS_WRITER_OF(answer);
	struct cs_view value;

	if (secret->key.len)
		cs_tlv_write(&w, CSGN_TAG_SECRET_KEY, secret->key);
	else if (secret->length)
		cs_tlv_write_u8(&w, CSGN_TAG_LENGTH, secret->length);
	if (secret->usage)
		cs_tlv_write(&w, CSGN_TAG_USAGE, CS_VIEW_OF(usage));
	if (secret->pin_policy)
		cs_tlv_write_u8(&w, PIV_TAG_PIN_POLICY, secret->pin_policy);
	if (secret->touch_policy)
		cs_tlv_write_u8(&w, PIV_TAG_TOUCH_POLICY, secret->touch_policy);
	if (secret->attributes)
		cc_attributes_write(&w, secret->attributes);
	struct cs_apdu cmd = {.cla = CSGN_CLA,
			      .ins = CSGN_INS_SECRET_CREATE,
			      .p1 = (uint8_t)secret->algorithm,
			      .p2 = secret->number,
			      .data = cs_writer_view(&w),
			      .ne = CS_APDU_SHORT_NE_MAX};
	enum cs_err err = cs_writer_done(&w) == CS_OK ? cc_command(card, &cmd, &got) : CS_ERR_ARG;
	cs_wipe(data, sizeof data);
	if (!err &&
	    (cs_tlv_find(cs_writer_view(&got), CSGN_TAG_REFERENCE, &value) != CS_OK || value.len != 1))
		err = CS_ERR_MALFORMED;
	if (!err)
		*number = value.ptr[0];
	return err;
}

enum cs_err cc_csgn_secret_delete(struct cc_card *card, uint8_t number)
{
	return plain(card, CSGN_INS_SECRET_DELETE, 0, number);
}

static void use_write(struct cs_writer *w, const struct cc_secret_use *use)
{
	if (use->iv.len)
		cs_tlv_write(w, CSGN_TAG_IV, use->iv);
	if (use->aad.len)
		cs_tlv_write(w, CSGN_TAG_AAD, use->aad);
	cs_tlv_write(w, CSGN_TAG_TEXT, use->text);
	if (use->mac.len)
		cs_tlv_write(w, CSGN_TAG_MAC, use->mac);
}

/* What the card answered goes to the caller's writers, each of which may be NULL. */
static enum cs_err use_read(struct cs_view answer, const struct cc_secret_use *use)
{
	struct cs_reader r = cs_reader_of(answer);
	struct cs_tlv t;

	while (cs_tlv_read(&r, &t)) {
		struct cs_writer *to = t.tag == CSGN_TAG_IV	? use->iv_out
				       : t.tag == CSGN_TAG_TEXT ? use->text_out
				       : t.tag == CSGN_TAG_MAC	? use->mac_out
								: NULL;
		if (!to)
			continue;
		cs_write_view(to, t.value);
		if (cs_writer_done(to) != CS_OK)
			return CS_ERR_NO_SPACE;
	}
	return cs_reader_done(&r);
}

enum cs_err cc_csgn_secret_use(struct cc_card *card, uint8_t number, uint8_t how,
			       const struct cc_secret_use *use)
{
	const size_t size = use->text.len + use->aad.len + use->iv.len + use->mac.len + 128;
	uint8_t *data = malloc(2 * size);
	struct cs_writer w = cs_writer_of(data, data ? size : 0), got;
	enum cs_err err = data ? CS_OK : CS_ERR_MEMORY;

	use_write(&w, use);
	if (!err) {
		struct cs_apdu cmd = {.cla = CSGN_CLA,
				      .ins = CSGN_INS_SECRET_USE,
				      .p1 = how,
				      .p2 = number,
				      .data = cs_writer_view(&w),
				      .ne = CS_APDU_NE_MAX};
		got = cs_writer_of(data + size, size);
		err = cs_writer_done(&w) == CS_OK ? cc_command(card, &cmd, &got) : CS_ERR_ARG;
		if (!err)
			err = use_read(cs_writer_view(&got), use);
		cs_wipe(data, 2 * size);
	}
	free(data);
	return err;
}
