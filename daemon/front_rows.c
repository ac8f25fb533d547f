/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Arrays of objects.
 */
#include "daemon/front_rows.h"

/* One object: its members, each known, behind the length of them all. */
static bool row_write(const json_t *object, struct front_request *out)
{
	uint8_t *len = cs_write_space(&out->store, 2);
	size_t start = cs_writer_view(&out->store).len;
	size_t members = 0;

	for (size_t i = 0; i < FRONT_ROW_FIELDS; i++) {
		const json_t *value = json_object_get(object, front_row_fields[i].name);

		if (value == NULL ? front_row_fields[i].required
				  : !front_json_write(&front_row_fields[i], value, out)) {
			return false;
		}
		members += value != NULL;
	}
	if (cs_writer_done(&out->store) != CS_OK || members != json_object_size(object)) {
		return false;
	}
	size_t written = cs_writer_view(&out->store).len - start;

	len[0] = (uint8_t)(written >> 8);
	len[1] = (uint8_t)written;
	return true;
}

bool front_rows_write(const struct front_field *field, const json_t *rows, struct front_request *out)
{
	size_t start = cs_writer_view(&out->store).len;
	bool good =
	    json_is_array(rows) && json_array_size(rows) >= field->min && json_array_size(rows) <= field->max;

	out->in_row = true;
	for (size_t i = 0; good && i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		good = json_is_object(row) && row_write(row, out);
	}
	out->in_row = false;
	struct cs_view all = cs_writer_view(&out->store);

	if (!good || all.len - start > IPC_ROWS_BYTES) {
		return false;
	}
	out->ipc.field[field->tag] = cs_view(all.ptr + start, all.len - start);
	return true;
}
