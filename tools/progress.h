/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A line for what takes long: appears on stderr after one second, counts the seconds, and goes away again.
 * Only where stderr is a terminal. One at a time.
 */
#ifndef COUNTERSIGN_TOOLS_PROGRESS_H
#define COUNTERSIGN_TOOLS_PROGRESS_H

/* what is borrowed until progress_end: "making an RSA-2048 key on the card". */
void progress_begin(const char *what);
void progress_end(void);

#endif
