/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A whole file in memory, which is wiped: it may hold seeds.
 */
#ifndef COUNTERSIGN_TOOLS_WHOLE_FILE_H
#define COUNTERSIGN_TOOLS_WHOLE_FILE_H

#include <stdint.h>

#include "base/bytes.h"
#include "tools/cli.h"

struct whole_file {
	uint8_t *bytes;
	size_t len;
};

/* False: an error was told, and *status says which; a file of more than max bytes is one. */
bool whole_file_read(const struct cli *cli, const char *path, size_t max, struct whole_file *out,
		     enum cli_status *status);
/* All of a short file, appended to what caller has room for; "-" is standard input. As above. */
bool bytes_from_file(const struct cli *cli, const char *path, struct cs_writer *out, enum cli_status *status);
void whole_file_wipe(struct whole_file *file);

#endif
