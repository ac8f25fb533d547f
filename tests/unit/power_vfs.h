/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A VFS for SQLite on a computer that loses power. Files are those of the system's VFS, but what was written and not
 * synced since is remembered; after a cut each sector of it (512 bytes) is there or not, as the dice fall, or, now and
 * then, all of it is, or nothing; and in what the file had grown by, a sector that is not there is zeros. A file's length
 * may be that of any of the writes.
 *
 * The VFS becomes SQLite's default when the first cut is set; one test at a time.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_POWER_VFS_H
#define COUNTERSIGN_TESTS_UNIT_POWER_VFS_H

#include <stdbool.h>

#include "tests/unit/random.h"

/* Power goes at the operation with this number (writes, truncations and syncs from now on, counted from 0): it and
 * all after it fail. */
void power_vfs_cut_at(unsigned operation);
/* The same, at the first sync from that one on. */
void power_vfs_cut_at_sync(unsigned operation);

/* True since power went. */
bool power_vfs_is_off(void);

/* Power is back: files are as the cut left them. All connections have been closed before. */
void power_vfs_restore(struct test_random *rng);

/* Forgets all files; the system's VFS is the default again. */
void power_vfs_end(void);

#endif
