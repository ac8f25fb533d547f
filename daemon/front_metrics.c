/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Front's counters, and their Prometheus text.
 */
#include "daemon/front_metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "daemon/ipc.h"

#define CLASS_COUNT  5u /* 1xx to 5xx */
#define BUCKET_COUNT 12u

/* Upper bounds of the latency buckets, in microseconds. */
static const uint32_t BOUNDS[BUCKET_COUNT] = {500,   1000,   2500,   5000,   10000,   25000,
					      50000, 100000, 250000, 500000, 1000000, 2500000};

static _Atomic uint64_t calls[IPC_OP_COUNT][CLASS_COUNT];
static _Atomic uint64_t
    buckets[IPC_OP_COUNT][BUCKET_COUNT + 1u]; /* not cumulative; the last: beyond the bounds */
static _Atomic uint64_t microseconds_sum[IPC_OP_COUNT];
static _Atomic uint64_t connections_opened;
static _Atomic uint64_t connections_closed;
static _Atomic uint64_t connections_expired;
static _Atomic uint64_t connections_refused;

static void count(_Atomic uint64_t *counter, uint64_t by)
{
	(void)atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static uint64_t value(_Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void front_metrics_call(unsigned op, unsigned status, uint64_t microseconds)
{
	unsigned row = op < IPC_OP_COUNT ? op : 0;
	unsigned class = status / 100u;
	unsigned bucket = 0;

	while (bucket < BUCKET_COUNT && microseconds > BOUNDS[bucket]) {
		bucket++;
	}
	count(&calls[row][class >= 1 && class <= CLASS_COUNT ? class - 1 : CLASS_COUNT - 1], 1);
	count(&buckets[row][bucket], 1);
	count(&microseconds_sum[row], microseconds);
}

void front_metrics_connection(bool opened)
{
	count(opened ? &connections_opened : &connections_closed, 1);
}

void front_metrics_expired(void)
{
	count(&connections_expired, 1);
}

void front_metrics_stranger(void)
{
	count(&connections_refused, 1);
}

__attribute__((format(printf, 2, 3))) static void print(struct cs_writer *out, const char *format, ...)
{
	char line[192];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof line) {
		cs_writer_fail(out);
		return;
	}
	cs_write_view(out, cs_view(line, (size_t)len));
}

static const char *op_name(unsigned op)
{
	const struct ipc_rule *rule = ipc_rule(op);

	return rule != NULL ? rule->name : "none";
}

static void calls_write(struct cs_writer *out)
{
	print(out,
	      "# HELP countersign_http_requests_total Calls answered, by operation and class of status.\n"
	      "# TYPE countersign_http_requests_total counter\n");
	for (unsigned op = 0; op < IPC_OP_COUNT; op++) {
		for (unsigned class = 0; class < CLASS_COUNT; class ++) {
			uint64_t n = value(&calls[op][class]);

			if (n > 0) {
				print(out,
				      "countersign_http_requests_total{operation=\"%s\",class=\"%uxx\"} "
				      "%" PRIu64 "\n",
				      op_name(op), class + 1, n);
			}
		}
	}
}

static void latency_write(struct cs_writer *out, unsigned op)
{
	const char *name = "countersign_http_request_seconds";
	uint64_t sum = value(&microseconds_sum[op]);
	uint64_t n = 0;

	for (unsigned i = 0; i < BUCKET_COUNT; i++) {
		n += value(&buckets[op][i]);
		print(out, "%s_bucket{operation=\"%s\",le=\"%u.%06u\"} %" PRIu64 "\n", name, op_name(op),
		      BOUNDS[i] / 1000000u, BOUNDS[i] % 1000000u, n);
	}
	n += value(&buckets[op][BUCKET_COUNT]);
	print(out, "%s_bucket{operation=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, op_name(op), n);
	print(out, "%s_sum{operation=\"%s\"} %" PRIu64 ".%06u\n", name, op_name(op), sum / 1000000u,
	      (unsigned)(sum % 1000000u));
	print(out, "%s_count{operation=\"%s\"} %" PRIu64 "\n", name, op_name(op), n);
}

static bool op_called(unsigned op)
{
	for (unsigned i = 0; i <= BUCKET_COUNT; i++) {
		if (value(&buckets[op][i]) > 0) {
			return true;
		}
	}
	return false;
}

void front_metrics_write(struct cs_writer *out)
{
	uint64_t closed = value(&connections_closed);
	uint64_t opened = value(&connections_opened);

	calls_write(out);
	print(out,
	      "# HELP countersign_http_request_seconds From the request line to the answer's first byte.\n"
	      "# TYPE countersign_http_request_seconds histogram\n");
	for (unsigned op = 0; op < IPC_OP_COUNT; op++) {
		if (op_called(op)) {
			latency_write(out, op);
		}
	}
	print(out,
	      "# HELP countersign_http_connections Connections open now.\n"
	      "# TYPE countersign_http_connections gauge\ncountersign_http_connections %" PRIu64 "\n",
	      opened > closed ? opened - closed : 0);
	print(out,
	      "# HELP countersign_http_connections_total Connections opened since the start.\n"
	      "# TYPE countersign_http_connections_total counter\ncountersign_http_connections_total %" PRIu64
	      "\n",
	      opened);
	print(out,
	      "# HELP countersign_http_expired_total Connections ended because a peer was too slow.\n"
	      "# TYPE countersign_http_expired_total counter\ncountersign_http_expired_total %" PRIu64 "\n",
	      value(&connections_expired));
	print(
	    out,
	    "# HELP countersign_http_refused_total Connections to the Unix socket by accounts that may not.\n"
	    "# TYPE countersign_http_refused_total counter\ncountersign_http_refused_total %" PRIu64 "\n",
	    value(&connections_refused));
}
