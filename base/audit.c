/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The canonical bytes of an audit entry.
 */
#include "base/audit.h"

enum cs_err cs_audit_encode(const struct cs_audit_entry *entry, struct cs_writer *w)
{
	const struct cs_view texts[CS_AUDIT_TEXTS] = {
	    entry->actor,  entry->action, entry->user,	  entry->token,
	    entry->result, entry->reason, entry->address, entry->detail,
	};

	for (size_t i = 0; i < CS_AUDIT_TEXTS; i++) {
		if (texts[i].len > CS_AUDIT_TEXT_MAX)
			return CS_ERR_LENGTH;
	}
	cs_write_view(w, CS_VIEW_TEXT("CSAUDIT1"));
	cs_write_u64(w, entry->sequence);
	cs_write_u64(w, entry->time_ms);
	cs_write_view(w, CS_VIEW_OF(entry->previous));
	for (size_t i = 0; i < CS_AUDIT_TEXTS; i++) {
		cs_write_u16(w, (uint16_t)texts[i].len);
		cs_write_view(w, texts[i]);
	}
	return cs_writer_done(w);
}
