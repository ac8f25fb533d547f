/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What front counts: calls by operation and class of answer, their latency, connections. Counters are atomic:
 * any thread counts without a lock.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_METRICS_H
#define COUNTERSIGN_DAEMON_FRONT_METRICS_H

#include <stdint.h>

#include "base/bytes.h"

/* One call answered: op is 0 where front answered without asking keeper. */
void front_metrics_call(unsigned op, unsigned status, uint64_t microseconds);

void front_metrics_connection(bool opened);

/* A connection that front ended because a request did not come, or an answer was not taken, in time. */
void front_metrics_expired(void);

/* A connection to the local door by a process that may not use it. */
void front_metrics_stranger(void);

#define FRONT_METRICS_MAX 65536u

/* Appends the Prometheus text (exposition format 0.0.4); it fits FRONT_METRICS_MAX bytes. */
void front_metrics_write(struct cs_writer *out);

#endif
