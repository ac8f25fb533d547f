/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Web hooks: what others want to hear of is put into the outbox, in the transaction in which it happened, once for
 * each URL; courier posts it. An event is made of an audit entry, by one table. It tells what happened, to whose
 * token, and when; no secret, no number, no address.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_HOOK_H
#define COUNTERSIGN_DAEMON_KEEPER_HOOK_H

#include "daemon/keeper.h"

#define HOOK_LIFETIME_S 86400u /* that an event is tried for */

/* The event that an entry is; NULL: none. */
const char *hook_event(const struct audit_entry *entry);

/* The n-th event that there is, for documents and tests; NULL past the last one. */
const char *hook_event_name(size_t n);

/* Whether a list of events, parted by blanks, has this one: by its name, or by what stands before its dot. An empty
 * list has all. */
bool hook_wanted(const char *list, const char *event);
/* Whether each word of the list is one of those. */
bool hook_list_valid(const char *list);

/* Puts what the transaction's audit entries come to into the outbox, and the entries into the audit log. Errors as
 * in audit.h. */
CS_MUST_CHECK enum cs_err hook_and_append(struct keeper *keeper);

#endif
