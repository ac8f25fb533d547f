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
	char end[DB_SUBJECT_SIZE];  /* the key up to which rows were looked at, where that ends the page; "" */
};

/* Opens the answer. False where limit or after are wrong: a refusal has been written then. */
bool list_begin(struct call *call, struct list *list, const char *name, char after[DB_USER_SIZE]);
/* True where a row may be written, whose key is then the last one; else the page is full. */
bool list_row(struct list *list, const char *key);
/* As list_begin, of a list whose keys are sequence numbers. */
bool list_begin_numbered(struct call *call, struct list *list, const char *name, uint64_t *after);
void list_hex(struct json_out *out, const char *key, struct cs_view bytes);
void list_hash(struct json_out *out, const char *key, const uint8_t hash[AUDIT_HASH_LEN]);
/* Closes it. Returns err. */
CS_MUST_CHECK enum cs_err list_end(struct list *list, enum cs_err err);

#endif
