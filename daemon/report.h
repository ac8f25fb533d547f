/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The daily report: what the audit log says of one day (UTC), counted: codes accepted and not, by application and kind of
 * token; what persons did; what was refused for its credential; and the state of checkpoints and tokens when it was made.
 * It names applications and persons with a credential, and no user.
 *
 * It is made at night, at audit_hour, for each of the last seven days that has none yet, as a text and as HTML without
 * scripts; each is signed by the key of checkpoints, stored, and put into report_directory as report-DAY.txt and
 * report-DAY.html, each with its signature beside it as NAME.sig:
 *
 *   waiting --night--> counting --the day is over--> signing the text --> signing the HTML --> stored, exported --> waiting
 */
#ifndef COUNTERSIGN_DAEMON_REPORT_H
#define COUNTERSIGN_DAEMON_REPORT_H

#include "base/utc.h"
#include "daemon/audit_key.h"
#include "daemon/keeper.h"

#define REPORT_ROWS  128u /* of a table; what is more is counted together, as "others" */
#define REPORT_STEP  200u /* entries in one turn */
#define REPORT_DAYS  7u

struct report_row {
	char who[80], what[32];
	uint64_t accepted, wrong, locked, refused; /* of what persons did: accepted is done */
};

struct report_table {
	struct report_row rows[REPORT_ROWS];
	size_t count;
};

/* What is counted, and what is written about it. */
struct report_counts {
	char day[CS_UTC_DAY_LEN + 1];
	uint8_t installation[CS_CHECKPOINT_INSTALLATION_LEN];
	struct report_table decisions, actions;
	uint64_t entries, unauthorized, forbidden, starts, restored;
	struct db_checkpoint checkpoint; /* the last one; sequence 0: none */
	uint64_t head;			 /* of the audit log */
	uint64_t expiring;		 /* tokens, within 30 days */
	uint64_t ends[KEEPER_ENDS];	 /* Unix seconds; 0: not known */
	uint64_t signing_key, data_key;	 /* when they were made; 0: never */
};

void report_write_text(const struct report_counts *counts, struct cs_writer *out);
void report_write_html(const struct report_counts *counts, struct cs_writer *out);
/* Text of the five characters that HTML has a use for is escaped. */
void report_escape(struct cs_view text, struct cs_writer *out);

enum report_state { REPORT_WAITING, REPORT_COUNTING, REPORT_SIGNING_TEXT, REPORT_SIGNING_HTML };

struct report {
	struct audit_key *key; /* borrowed from the checkpoints */
	char directory[PATH_MAX];
	uint32_t hour;
	enum report_state state;
	uint64_t day_ms, cursor;
	bool counted;	  /* to the day's end; what is left is to write it and have it signed */
	uint64_t next_ms; /* while waiting */
	struct report_counts *counts;
	struct db_report *made;
};

CS_MUST_CHECK enum cs_err report_open(const struct keeper *keeper, const struct config *config,
				      struct audit_key *key, struct report *out);
void report_close(struct report *report);

/* One step, where one is due. busy: the key is somebody else's at the moment. */
void report_turn(struct keeper *keeper, struct report *report, bool busy);
/* Milliseconds until the next step is due; -1: not before the key has answered. */
int64_t report_wait(const struct keeper *keeper, const struct report *report);
/* It waits for the key. */
bool report_signing(const struct report *report);

#endif
