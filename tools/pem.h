/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Results in PEM, printed or written to a file.
 */
#ifndef COUNTERSIGN_TOOLS_PEM_H
#define COUNTERSIGN_TOOLS_PEM_H

#include "base/bytes.h"
#include "tools/cli.h"

#define OUTPUT_OPTION                                                                                        \
	{                                                                                                    \
		"output", "FILE", "write the PEM to FILE, not to standard output"                            \
	}

/* Prints these DER texts as PEM, one behind the other, or writes them to --output; in JSON with the slot. */
enum cli_status pem_print(struct cli *cli, uint8_t slot, const char *title, const struct cs_view *ders, size_t count);

#endif
