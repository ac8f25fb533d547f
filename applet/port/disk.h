/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the virtual card share: bytes at a place, whole, and names that survive power loss.
 */
#ifndef COUNTERSIGN_APPLET_PORT_DISK_H
#define COUNTERSIGN_APPLET_PORT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* All of the bytes, or false with errno. A file that ends before them is false too. */
bool disk_write(int fd, const uint8_t *bytes, size_t len, off_t offset);
bool disk_read(int fd, uint8_t *bytes, size_t len, off_t offset);

/* Makes the name itself durable, which it is only with its folder. */
bool disk_sync_folder(const char *path);

/* Locks the file that path names against every other process, until fd is closed. CS_ERR_BUSY where another has
 * it, or where the name has got another file meanwhile; CS_ERR_IO. */
CS_MUST_CHECK enum cs_err disk_lock(int fd, const char *path);

#endif
