/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pre-shared key of a token file.
 */
#ifndef COUNTERSIGN_TOOLS_TRANSPORT_KEY_H
#define COUNTERSIGN_TOOLS_TRANSPORT_KEY_H

#include "tools/secrets.h"

/* An AES key, 16, 24 or 32 bytes, into out, which has room for 32; wipe it. False: an error was told. */
CS_MUST_CHECK bool transport_key_get(const struct cli *cli, struct cs_writer *out, enum cli_status *status);

#endif
