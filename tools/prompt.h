/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Asking a person: on the terminal, or, where there is none, by lines of standard input.
 */
#ifndef COUNTERSIGN_TOOLS_PROMPT_H
#define COUNTERSIGN_TOOLS_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Asks, without echo, for one line; text gets it NUL-terminated, without its end of line. CS_ERR_CANCELLED:
 * end of input, or Ctrl-C (echo is put back first); CS_ERR_LENGTH: it does not fit cap; CS_ERR_IO. The caller
 * wipes text. */
CS_MUST_CHECK enum cs_err prompt_secret(const char *question, char *text, size_t cap);

/* True if the answer is "yes". */
bool prompt_confirm(const char *question);

#endif
