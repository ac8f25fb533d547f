/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A text as JSON (RFC 8259) has it, for whoever writes JSON.
 */
#ifndef COUNTERSIGN_BASE_JSON_H
#define COUNTERSIGN_BASE_JSON_H

#include "base/bytes.h"

/* Writes text, which is UTF-8, as a JSON string: with its quotes, and escapes where they are needed. */
void cs_json_write_text(struct cs_writer *w, struct cs_view text);

#endif
