/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A counter for the store (applet/store.h) in a file of its own.
 *
 * It is worth what its place is worth: it shows that the image was put back to an older state to whoever cannot
 * put back this file as well. Beside the image, on the same disk and in the same backup, it shows a restored
 * backup and no attack; on other media, or on a file system that only another machine writes, it shows both.
 */
#ifndef COUNTERSIGN_APPLET_PORT_COUNTER_FILE_H
#define COUNTERSIGN_APPLET_PORT_COUNTER_FILE_H

#include <stdint.h>

#include "base/err.h"

struct counter_file;

/* Opens the counter, and makes one that reads 0 where there is no file; mode 0600. Locked against every other
 * process until it is closed. CS_ERR_BUSY, CS_ERR_CORRUPT where the file is no counter, CS_ERR_IO (errno says
 * why), CS_ERR_MEMORY. */
CS_MUST_CHECK enum cs_err counter_file_open(const char *path, struct counter_file **out);

/* Takes NULL. */
void counter_file_close(struct counter_file *counter);

uint64_t counter_file_value(const struct counter_file *counter);

/* Durable when it returns; power loss in it leaves the old value or the new one. CS_ERR_IO, then and ever
 * after. */
CS_MUST_CHECK enum cs_err counter_file_raise(struct counter_file *counter, uint64_t value);

#endif
