/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What will be over soon: the TLS certificate, and tokens that have an end. Once a day, and whenever there is
 * another certificate, the log, the audit log and the metrics tell of what will end within the days that the
 * configuration names.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_ALARM_H
#define COUNTERSIGN_DAEMON_KEEPER_ALARM_H

#include "daemon/keeper.h"

/* Front's certificate ends then, in Unix seconds; the next look is due at once. */
void keeper_alarm_certificate(struct keeper *keeper, uint64_t expires);

/* Looks, if it is due. Not within a transaction. What fails is tried again in some minutes. */
void keeper_alarm(struct keeper *keeper);

/* Within a transaction, whose audit entries are keeper's: the log and the audit log tell of it; over: there is harm
 * already. */
__attribute__((format(printf, 4, 5))) void keeper_alarm_raise(struct keeper *keeper, const char *reason, bool over,
							      const char *format, ...);

#endif
