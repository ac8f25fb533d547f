/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The trace that COUNTERSIGN_TRACE=FILE asks for: one line for each APDU that goes to a card, appended to
 * FILE. Headers and lengths only, never a byte of data, of a command or of a response; so it may be kept, and
 * sent to a stranger:
 *
 *   1763781300.123456 4711 1 00 A4 04 00 Lc=11 Le=256 -> 9000 61 0.8ms
 *
 * is: Unix time, process, card (numbered from 1 in its process), CLA INS P1 P2, command data bytes, expected
 * bytes, the status word, response data bytes without it, and the milliseconds it took; or in place of the
 * last three the error in words. And one line for each connection to a card that came to nothing, with the
 * reader's name and why:
 *
 *   1763781300.123456 4711 - Virtual PCD 00 00 -> in use by someone else
 *
 * and one for each logout of which the card could not be told:
 *
 *   1763781300.123456 4711 1 logout -> card removed or reset
 */
#ifndef COUNTERSIGN_CARDCLIENT_TRACE_H
#define COUNTERSIGN_CARDCLIENT_TRACE_H

#include <stdint.h>
#include <time.h>

#include "base/apdu.h"

struct cc_trace;

/* The file that COUNTERSIGN_TRACE names, or else path. NULL where neither names one (NULL, ""), or it cannot be
 * opened: a trace never stops work. The file is made readable by its owner only. In a set-user-ID program the
 * variable is ignored. */
struct cc_trace *cc_trace_new(const char *path);
void cc_trace_free(struct cc_trace *trace);

/* trace may be NULL: nothing happens. result is the transport's; sw and resp_len count only where it is
 * CS_OK. */
void cc_trace_apdu(struct cc_trace *trace, unsigned card, const struct cs_apdu *cmd, enum cs_err result,
		   uint16_t sw, size_t resp_len, const struct timespec *started);

/* trace may be NULL. What was to be done with the card and came to nothing, beside the commands for it. */
void cc_trace_note(struct cc_trace *trace, unsigned card, const char *what, enum cs_err why);

/* trace may be NULL. */
void cc_trace_refusal(struct cc_trace *trace, const char *reader, enum cs_err why);

#endif
