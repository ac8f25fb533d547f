/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The API described as OpenAPI 3.1 has it, made of the table of routes, so that it tells what front takes and nothing
 * else. What keeper answers stands beside it, as schemas; tests hold real answers against them.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_OPENAPI_H
#define COUNTERSIGN_DAEMON_FRONT_OPENAPI_H

#include "daemon/front_style.h"

#define FRONT_OPENAPI_MAX 131072u

/* Writes the document, which fits FRONT_OPENAPI_MAX bytes. */
void front_openapi_write(struct cs_writer *out);

#endif
