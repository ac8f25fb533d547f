/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Three powers apart: who may call what, as one table (role.c). An administrator says who may ask and what is
 * wanted of whom; an operator serves users and their tokens; an auditor reads. A person's credential has one of these
 * roles, or, where one person does it all, several. An application verifies, and nothing else. Front asks the table
 * whether a call needs a credential, keeper whether the one that came suffices.
 */
#ifndef COUNTERSIGN_DAEMON_ROLE_H
#define COUNTERSIGN_DAEMON_ROLE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/ipc.h"

/* The numbers of an operator, an auditor and an administrator stand in databases. */
enum role {
	ROLE_ANYONE = 1,
	ROLE_APPLICATION = 2,
	ROLE_OPERATOR = 4,
	ROLE_AUDITOR = 8,
	ROLE_ADMINISTRATOR = 16,
};

#define ROLE_STAFF (ROLE_OPERATOR | ROLE_AUDITOR | ROLE_ADMINISTRATOR) /* of persons */

/* The roles that may call it; 0: there is no such operation. */
unsigned role_of_call(unsigned op);

/* Whether a holder of these roles may. What is for anyone needs no role at all. */
bool role_may(unsigned roles, unsigned op);

/* How one role, of those of persons, is called; NULL past the last one. */
const char *role_name(size_t index, enum role *role);

/* Roles from the word that says them: a name, or all. 0: neither. */
unsigned role_parse(struct cs_view word);

/* What stands before the name of a holder of these roles in the audit log: his highest one. */
const char *role_title(unsigned roles);

#endif
