/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The HTTP response to a call that has been decided.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_ANSWER_H
#define COUNTERSIGN_DAEMON_FRONT_ANSWER_H

#include <microhttpd.h>

#include "daemon/front_call.h"

/* Makes the response of call's reply, or of what it was refused for, and sets call->status. Takes the reply.
 * NULL where memory fails. */
struct MHD_Response *front_answer_make(struct front_call *call, bool *body_follows);

#endif
