/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Small files that hold secrets: made once and durably, read only where nobody else may.
 */
#ifndef COUNTERSIGN_DAEMON_FILE_H
#define COUNTERSIGN_DAEMON_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"

/* Makes the file with these contents and has it, and its entry in the directory, on disk before returning; a
 * failure leaves no file. CS_ERR_EXISTS, CS_ERR_NOT_FOUND (the directory), CS_ERR_IO. */
CS_MUST_CHECK enum cs_err file_create(const char *path, mode_t mode, struct cs_view contents);

/* The same in the place of a file that is there: at any instant the path names the old contents or the new ones. Owner and
 * group stay. CS_ERR_NOT_FOUND, CS_ERR_IO; CS_ERR_STATE: it names the new ones, which are not known to be on disk. */
CS_MUST_CHECK enum cs_err file_replace(const char *path, mode_t mode, struct cs_view contents);

/* Reads the whole file. CS_ERR_NOT_FOUND; CS_ERR_DENIED where it is not a regular file that group and others
 * have no right on; of a credential that systemd passes and that is root's and its group's, the group may have the one
 * to read, which is an access list's mask there. CS_ERR_NO_SPACE; CS_ERR_IO. The caller wipes. */
CS_MUST_CHECK enum cs_err file_read_private(const char *path, struct cs_writer *out);

/* Has the entries of the file's directory on disk. */
bool file_sync_directory(const char *path);

#endif
