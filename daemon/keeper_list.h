/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One page of a list, on its way: what the files with lists share.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_LIST_H
#define COUNTERSIGN_DAEMON_KEEPER_LIST_H

#include "daemon/keeper_call.h"

struct list {
	struct json_out out;
	const struct call *call;
	uint32_t limit, rows;
	bool more;		    /* there is a row that this page does not hold */
	char last[DB_SUBJECT_SIZE]; /* the key of the last row that it holds */
};

/* Opens the answer. False where limit or after are wrong: a refusal has been written then. */
bool list_begin(struct call *call, struct list *list, const char *name, char after[DB_USER_SIZE]);
/* True where a row may be written, whose key is then the last one; else the page is full. */
bool list_row(struct list *list, const char *key);
/* Closes it. Returns err. */
CS_MUST_CHECK enum cs_err list_end(struct list *list, enum cs_err err);

#endif
