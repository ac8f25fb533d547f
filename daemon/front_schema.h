/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the API's description (front_openapi.h) says of operations and of their answers.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_SCHEMA_H
#define COUNTERSIGN_DAEMON_FRONT_SCHEMA_H

#include <stddef.h>

/* An operation's title, and how keeper answers it. */
struct front_operation {
	const char *summary;
	unsigned status;
	const char *schema; /* the name of one; NULL: no JSON */
};

/* Of an operation that has a route; 0 is the description itself, IPC_OP_COUNT what answers at FRONT_PATH_LIVE. */
const struct front_operation *front_operation(unsigned op);

/* A JSON schema (draft 2020-12), as text. */
struct front_schema {
	const char *name, *text;
};
const struct front_schema *front_schemas(size_t *count);

#endif
