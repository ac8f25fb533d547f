/* SPDX-License-Identifier: BSD-2-Clause
 *
 * UTC in the form of RFC 3339, to the millisecond and always of one length: 2027-01-15T08:00:00.000Z. Leap seconds do
 * not exist here, as they do not in Unix time. Years 1970 to 9999.
 */
#ifndef COUNTERSIGN_BASE_UTC_H
#define COUNTERSIGN_BASE_UTC_H

#include "base/bytes.h"

#define CS_UTC_LEN     24u
#define CS_UTC_DAY_LEN 10u /* of it are the day */
#define CS_UTC_DAY_MS  86400000u
#define CS_UTC_MAX     253402300799999u /* the last millisecond of 9999 */

/* CS_ERR_ARG: after 9999. */
CS_MUST_CHECK enum cs_err cs_utc_write(uint64_t ms, struct cs_writer *w);
/* CS_ERR_MALFORMED: not a time in exactly this form. */
CS_MUST_CHECK enum cs_err cs_utc_read(struct cs_view text, uint64_t *ms);
/* The first millisecond of the day 2027-01-15. CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err cs_utc_read_day(struct cs_view text, uint64_t *ms);

#endif
