/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one member that is no single value: an array of objects, each with the members of front_row_fields.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_ROWS_H
#define COUNTERSIGN_DAEMON_FRONT_ROWS_H

#include <jansson.h>

#include "daemon/front_json.h"

/* Writes rows as ipc_row_next reads them. False: it is no array of such objects, or they are too many or too long. */
CS_MUST_CHECK bool front_rows_write(const struct front_field *field, const json_t *rows,
				    struct front_request *out);

/* Any value, as its field's row says (front_json.c). */
CS_MUST_CHECK bool front_json_write(const struct front_field *row, const json_t *value,
				    struct front_request *out);

#endif
