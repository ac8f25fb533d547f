/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A parse of a text, and what came of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/import_world.h"

static bool imported_take(void *ctx, const struct import_record *record)
{
	struct imported *imported = ctx;

	if (imported->count < IMPORTED_MAX)
		imported->rows[imported->count] = *record;
	imported->count++;
	return true;
}

struct imported import_job_of(import_parse_fn *parse, struct import_job job)
{
	struct imported imported = {.count = 0};

	job.take = imported_take;
	job.ctx = &imported;
	imported.err = parse(&job);
	imported.fault = job.fault;
	return imported;
}

struct imported import_with(import_parse_fn *parse, struct cs_view file, struct cs_view key,
			    struct cs_view passphrase)
{
	return import_job_of(parse, (struct import_job){.file = file, .key = key, .passphrase = passphrase});
}

struct imported import_of(import_parse_fn *parse, struct cs_view file)
{
	return import_with(parse, file, CS_VIEW_EMPTY, CS_VIEW_EMPTY);
}

void refused_at(import_parse_fn *parse, struct cs_view file, unsigned long line, const char *phrase)
{
	struct imported imported = import_of(parse, file);

	if (imported.err == CS_OK)
		fail_msg("was taken: %.*s", (int)file.len, (const char *)file.ptr);
	if (strstr(imported.fault.what, phrase) == NULL || imported.fault.line != line)
		fail_msg("line %lu, \"%s\": line %lu, \"%s\" was expected", imported.fault.line,
			 imported.fault.what, line, phrase);
}

void seed_is(const struct import_record *record, const char *text)
{
	assert_true(cs_view_equal(cs_view(record->seed, record->seed_len), cs_view_string(text)));
}
