/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Comma-separated values (RFC 4180) for the parsers: fields may stand in quotes, and then have commas, quotes (twice)
 * and ends of lines in them. Empty lines are passed over, and lines that begin with #.
 */
#ifndef COUNTERSIGN_TOOLS_IMPORT_TABLE_H
#define COUNTERSIGN_TOOLS_IMPORT_TABLE_H

#include "tools/import.h"

#define TABLE_FIELDS_MAX 32u
#define TABLE_ROW_MAX	 2048u /* bytes of a row's fields */

/* A row of the file. It may hold a seed: wipe it. */
struct table_row {
	unsigned long line; /* where it begins */
	size_t count;
	struct cs_view field[TABLE_FIELDS_MAX]; /* into text */
	uint8_t text[TABLE_ROW_MAX];
};

/* Where a reader of rows stands. */
struct table {
	struct import_job *job;
	struct cs_view rest;
	unsigned long line; /* of what rest begins with */
};

struct table table_of(struct import_job *job);
/* CS_ERR_NOT_FOUND: the file is at its end. CS_ERR_MALFORMED: the job's fault says why. */
CS_MUST_CHECK enum cs_err table_next(struct table *table, struct table_row *row);

#endif
