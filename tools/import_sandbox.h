/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A file is parsed in a process of its own that is given the file in memory, and can then do nothing but compute and
 * write to one pipe: no file is opened, no socket, no process started (seccomp); it has limits on time and memory,
 * leaves no core, and nobody may look into it. What comes out of the pipe is held to the records' limits again, as
 * the process may be the file's by then.
 */
#ifndef COUNTERSIGN_TOOLS_IMPORT_SANDBOX_H
#define COUNTERSIGN_TOOLS_IMPORT_SANDBOX_H

#include "tools/import.h"

#define IMPORT_SECONDS_MAX 600u /* of processor time that one file may take */

/* Runs a parser over job in such a process; job->take is called here, with each record, in their order. As
 * import_parse_fn; also CS_ERR_IO: no such process was to be had, or it ended without a word. */
CS_MUST_CHECK enum cs_err import_sandboxed(import_parse_fn *parse, struct import_job *job);

/* What the process does to itself before it parses; for tests, too. fd is the descriptor that stays. CS_ERR_UNSUPPORTED
 * where the program is built with a sanitizer, which needs more than is left. */
CS_MUST_CHECK enum cs_err import_confine(int fd);

#endif
