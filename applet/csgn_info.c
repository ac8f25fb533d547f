/* SPDX-License-Identifier: BSD-2-Clause
 *
 * INFO, which SELECT answers too, and CONTENTS.
 */
#include "applet/csgn.h"

#include "applet/device.h"
#include "applet/pin_officer.h"
#include "applet/records.h"
#include "base/tlv.h"

/* ---- INFO ---- */

/* The record as an element; nothing where there is none. */
static enum cs_err write_record(struct card *card, struct cs_writer *out, uint32_t tag, uint16_t id)
{
	uint8_t bytes[CSGN_HOLDER_MAX];
	struct cs_writer value = CS_WRITER_OF(bytes);
	enum cs_err err = store_get(&card->store, id, &value);

	if (!err)
		cs_tlv_write(out, tag, cs_writer_view(&value));
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

static void write_device(const struct card *card, struct cs_writer *out)
{
	static const uint8_t version[] = DEVICE_VERSION;
	uint8_t serial[4];
	struct cs_writer number = CS_WRITER_OF(serial);

	cs_write_u32(&number, card->ports.platform->serial);
	cs_tlv_write(out, CSGN_TAG_VERSION, CS_VIEW_OF(version));
	cs_tlv_write(out, CSGN_TAG_SERIAL, CS_VIEW_OF(serial));
	cs_tlv_write_u8(out, CSGN_TAG_PROFILE, card->profile.base);
}

/* A card without a label has an empty one. */
static enum cs_err write_label(struct card *card, struct cs_writer *out)
{
	if (store_has(&card->store, RECORD_LABEL))
		return write_record(card, out, CSGN_TAG_LABEL, RECORD_LABEL);
	cs_tlv_write(out, CSGN_TAG_LABEL, CS_VIEW_EMPTY);
	return CS_OK;
}

static enum cs_err write_issue(struct card *card, struct cs_writer *out)
{
	size_t mark = cs_tlv_begin(out, CSGN_TAG_PROFILE_TEMPLATE);
	enum cs_err err;

	profile_write(&card->profile, out);
	cs_tlv_end(out, mark);
	err = write_record(card, out, CSGN_TAG_HOLDER, RECORD_HOLDER);
	return err ? err : write_record(card, out, CSGN_TAG_EXPIRY, RECORD_EXPIRY);
}

enum cs_err csgn_write_identity(struct card *card, struct cs_writer *out)
{
	enum cs_err err;

	write_device(card, out);
	err = write_label(card, out);
	return err ? err : write_issue(card, out);
}

enum cs_err csgn_info(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		      struct cs_writer *out)
{
	enum cs_err err;

	(void)channel;
	(void)cmd;
	write_device(card, out);
	cs_tlv_write_u8(out, CSGN_TAG_LIFECYCLE, (uint8_t)card->lifecycle);
	err = write_label(card, out);
	if (!err)
		err = pin_officer_info(card, out);
	return err ? err : write_issue(card, out);
}

/* ---- CONTENTS ---- */

/* What is where, so that a host need not ask for each place. No flash access: the store's index knows. */
static void write_keys(const struct card *card, struct cs_writer *out)
{
	size_t mark = cs_tlv_begin(out, CSGN_TAG_KEYS);
	uint16_t id = RECORD_KEY_FIRST;

	for (bool more = true; more && store_next(&card->store, id, RECORD_KEY_LAST, &id); id++) {
		cs_write_u8(out, (uint8_t)(id - RECORD_KEY_FIRST));
		more = id < RECORD_KEY_LAST;
	}
	cs_tlv_end(out, mark);
}

static void write_object_range(const struct card *card, struct cs_writer *w, uint16_t first, uint16_t last,
			       uint32_t tag)
{
	uint16_t id = first;

	for (bool more = true; more && store_next(&card->store, id, last, &id); id++) {
		uint32_t object = tag + (uint32_t)(id - first);

		cs_write_u8(w, (uint8_t)(object >> 16));
		cs_write_u16(w, (uint16_t)object);
		more = id < last;
	}
}

static void write_objects(const struct card *card, struct cs_writer *out)
{
	uint8_t list[3 * CSGN_OBJECTS_MAX];
	struct cs_writer w = CS_WRITER_OF(list);

	write_object_range(card, &w, RECORD_OBJECT_FIRST, RECORD_OBJECT_LAST, 0x5FC100);
	write_object_range(card, &w, RECORD_VENDOR_OBJECT_FIRST, RECORD_VENDOR_OBJECT_LAST, 0x5FFF00);
	if (cs_writer_done(&w) == CS_OK)
		cs_tlv_write(out, CSGN_TAG_OBJECTS, cs_writer_view(&w));
}

enum cs_err csgn_contents(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			  struct cs_writer *out)
{
	(void)channel;
	(void)cmd;
	write_keys(card, out);
	write_objects(card, out);
	return CS_OK;
}
