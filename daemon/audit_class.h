/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The classes of audit entries: for how long each is kept, the configuration says (daemon/retention.h). The class follows
 * from what is never masked, so that whoever verifies a log can tell it too:
 *
 *   security        what the daemon itself tells (start, restored, audit_mask, ...), and calls refused as unauthorized or
 *                   forbidden, whoever made them
 *   decisions       an application's other calls: verifications, logins, challenges
 *   administration  all else: what persons changed, or were refused for another reason
 */
#ifndef COUNTERSIGN_DAEMON_AUDIT_CLASS_H
#define COUNTERSIGN_DAEMON_AUDIT_CLASS_H

#include "daemon/audit.h"

enum audit_class { AUDIT_DECISIONS, AUDIT_ADMINISTRATION, AUDIT_SECURITY, AUDIT_CLASSES };

enum audit_class audit_class(const struct audit_entry *entry);
const char *audit_class_name(enum audit_class class);

#endif
