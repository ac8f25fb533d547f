/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tests of token files share: a parse of a text, and what came of it.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_IMPORT_WORLD_H
#define COUNTERSIGN_TESTS_UNIT_IMPORT_WORLD_H

#include "tools/import.h"

#define IMPORTED_MAX 8u

struct imported {
	enum cs_err err;
	size_t count;
	struct import_record rows[IMPORTED_MAX]; /* the first ones */
	struct import_fault fault;
};

/* The seed of RFC 4226, appendix D. */
#define SEED_TEXT "12345678901234567890"

struct imported import_of(import_parse_fn *parse, struct cs_view file);
/* With a key and a passphrase. */
struct imported import_with(import_parse_fn *parse, struct cs_view file, struct cs_view key,
			    struct cs_view passphrase);
/* A job with all that it says, but for take and ctx. */
struct imported import_job_of(import_parse_fn *parse, struct import_job job);
/* Fails the test unless the file is refused at line, with a fault that has the phrase in it, and nothing but the records
 * before it came out. */
void refused_at(import_parse_fn *parse, struct cs_view file, unsigned long line, const char *phrase);
/* Fails the test unless the record's seed is text. */
void seed_is(const struct import_record *record, const char *text);

#endif
