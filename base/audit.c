/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The canonical bytes of an audit entry.
 */
#include "base/audit.h"

#define AUDIT_MARK_LEN 8u

/* Nothing is written where a text is too long. */
static enum cs_err audit_lengths(const struct cs_view *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (texts[i].len > CS_AUDIT_TEXT_MAX)
			return CS_ERR_LENGTH;
	return CS_OK;
}

static enum cs_err audit_texts(const struct cs_view *texts, size_t count, struct cs_writer *w)
{
	for (size_t i = 0; i < count; i++) {
		cs_write_u16(w, (uint16_t)texts[i].len);
		cs_write_view(w, texts[i]);
	}
	return cs_writer_done(w);
}

static void audit_head(const char mark[AUDIT_MARK_LEN], const struct cs_audit_entry *entry,
		       struct cs_writer *w)
{
	cs_write_view(w, cs_view(mark, AUDIT_MARK_LEN));
	cs_write_u64(w, entry->sequence);
	cs_write_u64(w, entry->time_ms);
	cs_write_view(w, CS_VIEW_OF(entry->previous));
}

enum cs_err cs_audit_encode(const struct cs_audit_entry *entry, struct cs_writer *w)
{
	const struct cs_view texts[CS_AUDIT_TEXTS] = {
	    entry->actor,  entry->action, entry->user,	  entry->token,
	    entry->result, entry->reason, entry->address, entry->detail,
	};

	enum cs_err err = audit_lengths(texts, CS_AUDIT_TEXTS);
	if (err)
		return err;
	audit_head("CSAUDIT1", entry, w);
	return audit_texts(texts, CS_AUDIT_TEXTS, w);
}

enum cs_err cs_audit_encode_personal(const struct cs_audit_entry *entry,
				     const uint8_t salt[CS_AUDIT_SALT_LEN], struct cs_writer *w)
{
	const struct cs_view texts[] = {entry->user, entry->token, entry->address, entry->detail};

	enum cs_err err = audit_lengths(texts, 4);
	if (err)
		return err;
	cs_write_view(w, CS_VIEW_TEXT("CSAUDITP"));
	cs_write_view(w, cs_view(salt, CS_AUDIT_SALT_LEN));
	return audit_texts(texts, 4, w);
}

enum cs_err cs_audit_encode_open(const struct cs_audit_entry *entry,
				 const uint8_t commitment[CS_AUDIT_HASH_LEN], struct cs_writer *w)
{
	const struct cs_view texts[] = {entry->actor, entry->action, entry->result, entry->reason};

	enum cs_err err = audit_lengths(texts, 4);
	if (err)
		return err;
	audit_head("CSAUDIT2", entry, w);
	cs_write_view(w, cs_view(commitment, CS_AUDIT_HASH_LEN));
	return audit_texts(texts, 4, w);
}
