/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What will be over soon, or is missing: certificates (the server's, those of client_ca, login_ca and card_ca), lists of login_crl, tokens that have an
 * end, keys that are in use for long, room on the disk, checkpoints. Keeper looks each hour, and whenever there is another certificate; the log and the audit log tell
 * of each thing once a day, the metrics and the daily report always.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_ALARM_H
#define COUNTERSIGN_DAEMON_KEEPER_ALARM_H

#include "daemon/keeper.h"

/* Front's certificate ends then, in Unix seconds; the next look is due at once. */
void keeper_alarm_certificate(struct keeper *keeper, uint64_t expires);
/* The files to look at, and how long before; the next look is due at once. */
void keeper_alarm_configure(struct keeper *keeper, const struct config *config);

/* Looks, if it is due. Not within a transaction. What fails is tried again in some minutes. */
void keeper_alarm(struct keeper *keeper);

/* Within a transaction, whose audit entries are keeper's: the log and the audit log tell of it; over: there is harm
 * already. */
__attribute__((format(printf, 4, 5))) void keeper_alarm_raise(struct keeper *keeper, const char *reason, bool over,
							      const char *format, ...);

/* What a thing that ends is called in the metrics, and in a sentence. */
const char *keeper_alarm_name(enum keeper_end end);
const char *keeper_alarm_title(enum keeper_end end);

#endif
