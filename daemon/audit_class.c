/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The classes of audit entries.
 */
#include "daemon/audit_class.h"

#include <string.h>

static const char application[] = "application:";

enum audit_class audit_class(const struct audit_entry *entry)
{
	if (!strchr(entry->actor, ':') || strcmp(entry->reason, "unauthorized") == 0 ||
	    strcmp(entry->reason, "forbidden") == 0)
		return AUDIT_SECURITY;
	return strncmp(entry->actor, application, sizeof(application) - 1) == 0 ? AUDIT_DECISIONS
										: AUDIT_ADMINISTRATION;
}

const char *audit_class_name(enum audit_class class)
{
	static const char *const names[AUDIT_CLASSES] = {"decisions", "administration", "security"};

	return names[class];
}
