/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which process another one has started.
 */
#ifndef COUNTERSIGN_TESTS_LIB_PROCESS_CHILD_H
#define COUNTERSIGN_TESTS_LIB_PROCESS_CHILD_H

#include <sys/types.h>

/* The first child of parent that /proc has; 0: none. */
pid_t process_child(pid_t parent);

#endif
