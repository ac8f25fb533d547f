/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the two files of break_glass.h share: the open file, and writing a record of it.
 */
#ifndef COUNTERSIGN_DAEMON_BREAK_GLASS_FILE_H
#define COUNTERSIGN_DAEMON_BREAK_GLASS_FILE_H

#include "daemon/break_glass.h"

#define GLASS_KEY_LEN 32u

struct break_glass {
	int fd;
	struct break_glass_disk disk;
	uint8_t key_of_codes[GLASS_KEY_LEN], key_of_records[GLASS_KEY_LEN];
	struct break_glass_record records[BREAK_GLASS_RECORDS];
	bool issuing[BREAK_GLASS_RECORDS]; /* in a transaction that is not committed yet */
};

/* Whether the code of such a record is used up, and the audit log has not told of it. */
static inline bool glass_is_untold(const struct break_glass_record *record)
{
	return record->state == BREAK_GLASS_SPENT || record->state == BREAK_GLASS_TRIED;
}

/* HMAC-SHA-256. CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err break_glass_hmac(const uint8_t key[GLASS_KEY_LEN], struct cs_view text,
					   uint8_t out[BREAK_GLASS_VERIFIER]);

/* Has a record on the disk, or, where that fails, takes it for damaged: nobody knows what is there then. What was tried or
 * spent stays so. durably: not before it is there to stay. CS_ERR_IO, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err break_glass_store(struct break_glass *glass, size_t i,
					    const struct break_glass_record *record, bool durably);

#endif
