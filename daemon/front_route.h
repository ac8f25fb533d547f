/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The HTTP API as a table: method and path, the request to keeper that it becomes, who may try it, and each
 * field: where it stands, its JSON name, its tag, its kind, its limits. Whatever is not in the table is
 * refused by front.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_ROUTE_H
#define COUNTERSIGN_DAEMON_FRONT_ROUTE_H

#include "base/bytes.h"
#include "daemon/ipc.h"

enum front_place { FRONT_IN_BODY, FRONT_IN_QUERY, FRONT_IN_PATH };

enum front_kind {
	FRONT_TEXT,   /* UTF-8 without control characters; min and max are bytes */
	FRONT_WORD,   /* printable ASCII without blanks; min and max are characters */
	FRONT_CHOICE, /* one of the words in choices */
	FRONT_HINT,   /* an address (client_address.h); whatever else stands there is passed over */
	FRONT_BASE32, /* base32 text; the decoded bytes go on; min and max are of those */
	FRONT_BASE64, /* the same of base64 with its padding */
	FRONT_U8,     /* numbers: min and max are of the value */
	FRONT_U32,
	FRONT_U64,
	FRONT_ROWS,   /* an array of objects with the members of front_row_fields: min and max are their number */
};

struct front_field {
	const char *name;
	enum front_place place;
	enum ipc_tag tag; /* IPC_TAG_NONE: a realm (front_style_settle) */
	enum front_kind kind;
	uint64_t min, max;
	bool required;
	const char *choices; /* FRONT_CHOICE: words, each with a blank before and after */
};

#define FRONT_PATH_LIVE "/livez"

struct front_route {
	const char *method;
	const char *path; /* one segment may be {}: the field that is FRONT_IN_PATH */
	enum ipc_op op; /* 0: front answers by itself, at FRONT_PATH_LIVE that it lives, else with the API's
			   description */
	bool credential; /* needs Authorization: Bearer; keeper decides whether it suffices */
	const struct front_field *fields;
	size_t field_count;
};

/* The members of a row, of the one array of objects that there is. */
#define FRONT_ROW_FIELDS 11u
extern const struct front_field front_row_fields[FRONT_ROW_FIELDS];

struct front_match {
	const struct front_route *route; /* NULL: no row has this path and method */
	struct cs_view segment;		 /* what stands for {}, still escaped; borrowed from path */
	bool metrics;			 /* it is /metrics, whatever the method */
	char allow[64];			 /* methods that the path takes, for Allow; "" for an unknown path */
};

/* path is the raw path without its query. HEAD finds the row of GET. OPTIONS finds none (see allow). */
void front_route_find(struct cs_view method, struct cs_view path, struct front_match *out);

/* Whether the credential is one of the route's fields, and none is looked for in the header. */
bool front_route_tells(const struct front_route *route);

/* Whether a call by this route may have an Idempotency-Key: it changes something, and is one of ours. */
bool front_route_repeats(const struct front_route *route);

/* For tests: the table's rows. */
const struct front_route *front_routes(size_t *count);

#endif
