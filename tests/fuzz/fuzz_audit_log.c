/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An exported audit log, line by line, and checkpoints of it: nothing that is read makes the program fall
 * over; what is read as an entry comes out of JSON again as it went in, and what is read as a checkpoint is
 * written the same.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tools/audit_chain.h"

static void require_checkpoint_same(struct cs_view text)
{
	uint8_t bytes[CS_CHECKPOINT_TEXT_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);
	struct cs_checkpoint checkpoint;

	if (cs_checkpoint_read(text, &checkpoint) == CS_OK) {
		FUZZ_REQUIRE(cs_checkpoint_write(&checkpoint, &w) == CS_OK);
		FUZZ_REQUIRE(cs_view_equal(cs_writer_view(&w), text));
	}
}

static void require_row_same(const struct audit_row *row)
{
	json_t *object = audit_row_json(row, false);
	struct audit_row again;

	if (object == NULL) {
		return;
	}
	FUZZ_REQUIRE(audit_row_of_json(object, &again) == NULL);
	FUZZ_REQUIRE((audit_row_fault(row) == NULL) == (audit_row_fault(&again) == NULL));
	FUZZ_REQUIRE(memcmp(row->stored, again.stored, sizeof(again.stored)) == 0);
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct audit_chain chain = {.checkpoints = NULL};
	struct cs_view rest = cs_view(data, size);

	require_checkpoint_same(rest);
	while (rest.len > 0 && !chain.broken) {
		const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
		const size_t len = end != NULL ? (size_t)(end - rest.ptr) : rest.len;
		json_t *object;
		struct audit_row row;
		const char *fault = audit_row_of_line(cs_view(rest.ptr, len), &object, &row);

		if (fault != NULL) {
			(void)audit_chain_break(&chain, fault);
		} else {
			require_row_same(&row);
			(void)audit_chain_take(&chain, &row);
		}
		json_decref(object);
		rest = end != NULL ? cs_view(end + 1, rest.len - len - 1) : CS_VIEW_EMPTY;
	}
	FUZZ_REQUIRE(audit_chain_end(&chain) == !chain.broken);
	return 0;
}
