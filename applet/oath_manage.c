/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH: DELETE, RENAME, LIST, LIST ALL.
 */
#include "applet/oath_app.h"

#include "applet/content.h"
#include "applet/oath_credential.h"
#include "base/secret.h"
#include "base/tlv.h"

enum cs_err oath_delete(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view name = cs_tlv_expect(&r, YKOATH_TAG_NAME);
	(void)channel;
	(void)out;
	enum cs_err err = cs_reader_done(&r);
	if (!err)
		err = oath_find(&card->store, name, &cred);
	if (!err)
		err = content_delete(card, cred.id);
	cs_wipe(&cred, sizeof cred);
	return err;
}

/* CS_OK where no credential but this one has the name. */
static enum cs_err name_is_free(struct card *card, struct cs_view name, uint16_t but)
{
	struct oath_credential other;
	enum cs_err err = oath_find(&card->store, name, &other);
	if (err == CS_ERR_NOT_FOUND)
		err = CS_OK;
	else if (!err && other.id != but)
		err = CS_ERR_MALFORMED;
	cs_wipe(&other, sizeof other);
	return err;
}

enum cs_err oath_rename(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			struct cs_writer *out)
{
	struct oath_credential cred = {0};
	struct cs_reader r = cs_reader_of(cmd->data);
	struct cs_view from = cs_tlv_expect(&r, YKOATH_TAG_NAME);
	struct cs_view to = cs_tlv_expect(&r, YKOATH_TAG_NAME);
	(void)channel;
	(void)out;
	enum cs_err err = cs_reader_done(&r);
	if (!err)
		err = oath_find(&card->store, from, &cred);
	if (!err)
		err = name_is_free(card, to, cred.id);
	if (!err)
		err = oath_name_set(&cred, to);
	if (!err)
		err = content_touch(card);
	if (!err)
		err = oath_store(&card->store, &cred);
	cs_wipe(&cred, sizeof cred);
	return err;
}

static void write_name(const struct oath_credential *cred, struct cs_writer *out)
{
	cs_tlv_write_header(out, YKOATH_TAG_NAME_LIST, 1u + cred->name_len);
	cs_write_u8(out, cred->type_hash);
	cs_write_view(out, oath_name(cred));
}

enum cs_err oath_list(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		      struct cs_writer *out)
{
	struct oath_credential cred = {0};
	uint16_t id = 0;
	enum cs_err err;
	(void)channel;
	(void)cmd;
	while (!(err = oath_next(&card->store, &id, &cred))) {
		/* Hosts that were not made for it fail over a type they do not know. */
		if (oath_type(&cred) != YKOATH_TYPE_OCRA)
			write_name(&cred, out);
	}
	cs_wipe(&cred, sizeof cred);
	return err == CS_ERR_NOT_FOUND ? cs_writer_done(out) : err;
}

enum cs_err oath_list_all(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			  struct cs_writer *out)
{
	struct oath_credential cred = {0};
	uint16_t id = 0;
	enum cs_err err;
	(void)channel;
	(void)cmd;
	while (!(err = oath_next(&card->store, &id, &cred))) {
		write_name(&cred, out);
		cs_tlv_write_header(out, YKOATH_TAG_PROPERTIES, 2 + oath_unique(&cred).len);
		cs_write_u8(out, cred.properties);
		cs_write_u8(out, cred.digits);
		cs_write_view(out, oath_unique(&cred));
		if (cred.suite_len)
			cs_tlv_write(out, YKOATH_TAG_SUITE, oath_suite(&cred));
	}
	cs_wipe(&cred, sizeof cred);
	return err == CS_ERR_NOT_FOUND ? cs_writer_done(out) : err;
}
