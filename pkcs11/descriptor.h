/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Descriptors of files that the module reads and writes while fork does not wait for it (gate.h): a file may lie on a
 * server that does not answer. A child closes what it has of them right after fork. One that open(2) has just made, and of
 * which we do not know yet, stays open in the child until it executes something else.
 */
#ifndef COUNTERSIGN_PKCS11_DESCRIPTOR_H
#define COUNTERSIGN_PKCS11_DESCRIPTOR_H

#include <stdbool.h>

/* As openat(2); the mode of a new file is 0600, and O_CLOEXEC is set. */
int descriptor_open(int dir, const char *path, int flags);
/* As close(2); 0 in a child that has closed it. */
int descriptor_close(int fd);
/* The caller closes it himself, at once. False in a child that has closed it. */
bool descriptor_let_go(int fd);

/* In the child, right after fork. */
void descriptors_forked(void);

#endif
