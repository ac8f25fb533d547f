/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Token files of others: the first byte says which format, the rest is the file. What a parser hands on is
 * good, and what it refuses it has a fault for.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tools/import.h"

static bool take(void *ctx, const struct import_record *record)
{
	char what[IMPORT_FAULT_SIZE];
	size_t *count = ctx;

	FUZZ_REQUIRE(import_record_good(record, what));
	++*count;
	return *count < 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The pre-shared key of RFC 6030, figure 6, and the passphrase of figure 7; LinOTP's is twice as
	 * long. */
	static const uint8_t key[] = {0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12,
				      0x34, 0x56, 0x78, 0x90, 0x12, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12,
				      0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12};
	size_t formats, count = 0;
	const struct import_format *format = import_formats(&formats);

	if (size == 0)
		return 0;
	format += data[0] % formats;
	struct import_job job = {
	    .file = cs_view(data + 1, size - 1),
	    .key = cs_view(key, format->parse == import_linotp ? sizeof key : sizeof key / 2),
	    .passphrase = CS_VIEW_TEXT("qwerty"),
	    .take = take,
	    .ctx = &count};
	/* A file's own wish for ten million iterations is honoured, but not here, a thousand times. */
	if (memmem(data, size, "00000</", 7) != NULL)
		return 0;
	enum cs_err err = format->parse(&job);
	FUZZ_REQUIRE(memchr(job.fault.what, '\0', sizeof job.fault.what) != NULL);
	FUZZ_REQUIRE(err == CS_OK || err == CS_ERR_CANCELLED || job.fault.what[0] != '\0');
	return 0;
}
