/* SPDX-License-Identifier: BSD-2-Clause
 *
 * INVENTORY: all that a host has to know about the card before it asks for anything, in one response; in a
 * few bytes where it knows it already; in pages where one response is too small.
 *
 * Everything is read from the store as it is written out: there is no second copy that could disagree. A page
 * begins at the record that its cursor names, and an element that does not fit is taken back and begins the
 * next page.
 */
#include "applet/attribute.h"
#include "applet/content.h"
#include "applet/csgn.h"
#include "applet/device.h"
#include "applet/lifecycle.h"
#include "applet/oath_credential.h"
#include "applet/pin.h"
#include "applet/piv_algorithm.h"
#include "applet/piv_key.h"
#include "applet/piv_object.h"
#include "applet/records.h"
#include "applet/secret_key.h"
#include "base/secret.h"
#include "base/tlv.h"

#define VIEW_PUBLIC  0u /* the last byte of the mark: whether private objects are told of */
#define VIEW_PRIVATE 1u
#define MARK_LEN     (CSGN_MARK_LEN + 1u)

struct inventory {
	struct card *card;
	struct cs_writer *out;
	bool private; /* the PIN is verified */
	bool names;   /* of OATH credentials: nothing locks them, as LIST would tell them too */
};

/* ---- head: what is told each time ---- */

static uint8_t pin_flags(const struct pin_info *info)
{
	unsigned flags = info->set ? CSGN_REFERENCE_SET : 0;

	if (info->is_default)
		flags |= CSGN_REFERENCE_DEFAULT;
	if (info->must_change)
		flags |= CSGN_REFERENCE_MUST_CHANGE;
	return (uint8_t)flags;
}

static enum cs_err head_pins(struct card *card, struct cs_writer *out)
{
	static const struct {
		uint8_t reference;
		enum pin pin;
	} rows[] = {{PIV_REF_PIN, PIN_USER}, {PIV_REF_PUK, PIN_PUK}, {CSGN_REF_SO, PIN_SO}};
	size_t mark = cs_tlv_begin(out, CSGN_TAG_PINS);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pin_info info;
		enum cs_err err = pin_info(card, rows[i].pin, &info);

		if (err)
			return err;
		cs_write_u8(out, rows[i].reference);
		cs_write_u8(out, pin_flags(&info));
		cs_write_u8(out, info.tries_left);
		cs_write_u8(out, info.tries_total);
	}
	cs_tlv_end(out, mark);
	return CS_OK;
}

static enum cs_err head_write(const struct inventory *inv, uint8_t mark[MARK_LEN])
{
	content_mark(inv->card, mark);
	mark[CSGN_MARK_LEN] = inv->private ? VIEW_PRIVATE : VIEW_PUBLIC;
	cs_tlv_write(inv->out, CSGN_TAG_MARK, cs_view(mark, MARK_LEN));
	cs_tlv_write_u8(inv->out, CSGN_TAG_LIFECYCLE, (uint8_t)inv->card->lifecycle);
	return head_pins(inv->card, inv->out);
}

/* ---- what the card is ---- */

static void write_algorithms(const struct inventory *inv)
{
	const struct crypto *crypto = inv->card->ports.crypto;
	size_t mark = cs_tlv_begin(inv->out, CSGN_TAG_ALGORITHMS);
	const struct piv_algorithm *row;

	for (size_t i = 0; (row = piv_algorithm_row(i)) != NULL; i++) {
		if (crypto->supports(crypto->ctx, row->id))
			cs_write_u8(inv->out, (uint8_t)row->id);
	}
	cs_tlv_end(inv->out, mark);
}

static enum cs_err write_card(const struct inventory *inv)
{
	uint8_t oath = store_has(&inv->card->store, RECORD_OATH_CODE) ? (uint8_t)CSGN_OATH_LOCKED : 0;
	enum cs_err err = csgn_write_identity(inv->card, inv->out);

	if (err)
		return err;
	write_algorithms(inv);
	cs_tlv_write_u8(inv->out, CSGN_TAG_OATH, oath);
	return CS_OK;
}

/* ---- the objects ---- */

static enum cs_err write_attributes(const struct inventory *inv, uint16_t object)
{
	enum cs_err err;
	size_t mark;

	if (attribute_record(object) == 0 || !store_has(&inv->card->store, attribute_record(object)))
		return CS_OK;
	mark = cs_tlv_begin(inv->out, CSGN_TAG_ATTRIBUTES);
	err = attribute_read(inv->card, object, inv->out);
	cs_tlv_end(inv->out, mark);
	return err;
}

static enum cs_err write_key(const struct inventory *inv, uint16_t id)
{
	uint8_t slot = id == RECORD_ATTESTATION_KEY ? PIV_SLOT_ATTESTATION : (uint8_t)(id - RECORD_KEY_FIRST);
	struct piv_key key;
	enum cs_err err = piv_key_load(inv->card, slot, &key);
	size_t mark;

	if (err)
		return err;
	mark = cs_tlv_begin(inv->out, CSGN_TAG_KEY);
	cs_tlv_write(inv->out, CSGN_ENTRY_WHAT,
		     CS_VIEW_OF(((const uint8_t[]){slot, key.algorithm, key.pin_policy, key.touch_policy,
						   key.origin})));
	cs_tlv_write(inv->out, CSGN_ENTRY_PUBLIC_KEY, key.pub);
	err = write_attributes(inv, id);
	cs_tlv_end(inv->out, mark);
	return err;
}

/* Length and digest of the contents. They are read into what is left of the response, and wiped there: there
 * is no room for them elsewhere. CS_ERR_NO_SPACE ends the page. */
static enum cs_err write_contents(const struct inventory *inv, uint16_t id)
{
	const struct crypto *crypto = inv->card->ports.crypto;
	struct cs_writer beyond = *inv->out;
	uint8_t len[2], digest[CS_HASH_MAX], *start = cs_write_space(&beyond, 0);
	struct cs_writer number = CS_WRITER_OF(len);
	size_t before = cs_writer_view(&beyond).len, size;
	enum cs_err err = start ? store_get(&inv->card->store, id, &beyond) : CS_ERR_NO_SPACE;

	if (err)
		return err;
	size = cs_writer_view(&beyond).len - before;
	err = crypto->digest(crypto->ctx, CS_SHA256, cs_view(start, size), digest);
	cs_wipe(start, size);
	if (err)
		return err;
	cs_write_u16(&number, (uint16_t)size);
	cs_tlv_write(inv->out, CSGN_ENTRY_LENGTH, CS_VIEW_OF(len));
	cs_tlv_write(inv->out, CSGN_ENTRY_DIGEST, cs_view(digest, cs_hash_size(CS_SHA256)));
	return CS_OK;
}

static enum cs_err write_object(const struct inventory *inv, uint16_t id)
{
	uint32_t object = piv_object_tag(id);
	const uint8_t tag[3] = {(uint8_t)(object >> 16), (uint8_t)(object >> 8), (uint8_t)object};
	size_t mark = cs_tlv_begin(inv->out, CSGN_TAG_OBJECT);
	bool needs_pin = false;
	enum cs_err err = piv_object_needs_pin(inv->card, id, &needs_pin);

	cs_tlv_write(inv->out, CSGN_ENTRY_WHAT, CS_VIEW_OF(tag));
	if (!err && needs_pin && !inv->private) {
		cs_tlv_end(inv->out, mark);
		return CS_OK;
	}
	if (!err)
		err = write_contents(inv, id);
	if (!err)
		err = write_attributes(inv, id);
	cs_tlv_end(inv->out, mark);
	return err;
}

static enum cs_err write_secret(const struct inventory *inv, uint16_t id)
{
	size_t mark = cs_tlv_begin(inv->out, CSGN_TAG_SECRET);
	enum cs_err err = secret_key_describe(inv->card, (uint8_t)(id - RECORD_SECRET_FIRST), inv->out);

	if (!err)
		err = write_attributes(inv, id);
	cs_tlv_end(inv->out, mark);
	return err;
}

static enum cs_err write_credential(const struct inventory *inv, uint16_t id)
{
	struct oath_credential cred;
	uint16_t before = (uint16_t)(id - 1);
	enum cs_err err = oath_next(&inv->card->store, &before, &cred);
	size_t mark;

	if (!err) {
		mark = cs_tlv_begin(inv->out, CSGN_TAG_CREDENTIAL);
		cs_tlv_write(inv->out, CSGN_ENTRY_WHAT,
			     CS_VIEW_OF(((const uint8_t[]){cred.type_hash, cred.digits, cred.properties})));
		cs_tlv_write(inv->out, CSGN_ENTRY_NAME, oath_name(&cred));
		if (cred.has_unique)
			cs_tlv_write(inv->out, CSGN_ENTRY_UNIQUE, oath_unique(&cred));
		cs_tlv_end(inv->out, mark);
	}
	cs_wipe(&cred, sizeof(cred));
	return err;
}

/* Which records are told of, in the order of their numbers, and by what. */
static const struct {
	uint16_t first, last;
	enum cs_err (*write)(const struct inventory *inv, uint16_t id);
	bool names;
} ranges[] = {
    {RECORD_ATTESTATION_KEY, RECORD_ATTESTATION_KEY, write_key, false},
    {RECORD_ATTESTATION_CERT, RECORD_ATTESTATION_CHAIN, write_object, false},
    {RECORD_KEY_FIRST, RECORD_KEY_LAST, write_key, false},
    {RECORD_OBJECT_FIRST, RECORD_VENDOR_OBJECT_LAST, write_object, false},
    {RECORD_OATH_CREDENTIAL_FIRST, RECORD_OATH_CREDENTIAL_LAST, write_credential, true},
    {RECORD_SECRET_FIRST, RECORD_SECRET_LAST, write_secret, false},
};
#define RANGES (sizeof(ranges) / sizeof(ranges[0]))

static void write_cursor(struct cs_writer *out, uint16_t id)
{
	cs_tlv_write(out, CSGN_TAG_CURSOR, CS_VIEW_OF(((const uint8_t[]){(uint8_t)(id >> 8), (uint8_t)id})));
}

/* True if what was written fits, and behind it a cursor would. */
static bool page_fits(const struct cs_writer *out)
{
	struct cs_writer trial = *out;

	write_cursor(&trial, 0);
	return cs_writer_done(&trial) == CS_OK;
}

/* The range's elements from id on. *full: the page is, and the cursor is written. */
static enum cs_err write_range(const struct inventory *inv, size_t range, uint16_t from, bool *full)
{
	uint16_t id = from > ranges[range].first ? from : ranges[range].first;

	for (; id <= ranges[range].last && store_next(&inv->card->store, id, ranges[range].last, &id); id++) {
		struct cs_writer before = *inv->out;
		enum cs_err err = ranges[range].write(inv, id);

		if (err && err != CS_ERR_NO_SPACE)
			return err;
		if (err || !page_fits(inv->out)) {
			*inv->out = before;
			write_cursor(inv->out, id);
			*full = true;
			return CS_OK;
		}
	}
	return CS_OK;
}

static enum cs_err write_objects(const struct inventory *inv, uint16_t from)
{
	enum cs_err err = CS_OK;
	bool full = false;

	for (size_t i = 0; i < RANGES && !err && !full; i++) {
		if (!ranges[i].names || inv->names)
			err = write_range(inv, i, from, &full);
	}
	return err;
}

/* ---- the command ---- */

struct request {
	bool knows; /* the mark is the one that the host has */
	uint8_t known[MARK_LEN];
	uint16_t from; /* record; 0: from the beginning */
};

static enum cs_err request_read(struct cs_view data, struct request *req)
{
	struct cs_reader r = cs_reader_of(data), value;
	struct cs_tlv t;

	*req = (struct request){.knows = false};
	while (cs_tlv_read(&r, &t)) {
		value = cs_reader_of(t.value);
		if (t.tag == CSGN_TAG_MARK) {
			cs_read_copy(&value, req->known, sizeof(req->known));
			req->knows = true;
		} else if (t.tag == CSGN_TAG_CURSOR) {
			req->from = cs_read_u16(&value);
		} else {
			cs_reader_fail(&r);
		}
		if (cs_reader_done(&value) != CS_OK)
			cs_reader_fail(&r);
	}
	return cs_reader_done(&r);
}

/* Whoever knows what the PIN's holder sees knows what others see. */
static bool still_known(const struct request *req, const uint8_t mark[MARK_LEN])
{
	return req->knows && req->known[CSGN_MARK_LEN] >= mark[CSGN_MARK_LEN] &&
	       cs_view_equal(cs_view(req->known, CSGN_MARK_LEN), cs_view(mark, CSGN_MARK_LEN));
}

enum cs_err csgn_inventory(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			   struct cs_writer *out)
{
	const struct inventory inv = {
	    .card = card,
	    .out = out,
	    .private = (channel->security & SECURITY_PIN) != 0,
	    .names = lifecycle_allows(card, oath_app.flags) && !store_has(&card->store, RECORD_OATH_CODE),
	};
	uint8_t mark[MARK_LEN];
	struct request req;
	enum cs_err err = request_read(cmd->data, &req);

	if (!err)
		err = head_write(&inv, mark);
	if (err)
		return err;
	if (still_known(&req, mark)) {
		if (req.from == 0)
			return CS_OK;
	} else {
		req.from = 0;
	}
	if (card->lifecycle == CSGN_TERMINATED)
		return CS_OK;
	if (req.from == 0)
		err = write_card(&inv);
	if (!err)
		err = write_objects(&inv, req.from);
	return err;
}
