/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The supervisor: starts front and keeper by executing the program again, links them (daemon.h), and starts
 * again what died, after a pause that grows while it keeps dying.
 */
#ifndef COUNTERSIGN_DAEMON_SUPERVISOR_H
#define COUNTERSIGN_DAEMON_SUPERVISOR_H

#include "daemon/config.h"

/* The option that tells the program, executed again, which child it is; the link is descriptor
 * SUPERVISOR_LINK_FD. */
#define SUPERVISOR_CHILD_OPTION "child"
#define SUPERVISOR_LINK_FD	3

/* Runs until SIGTERM, SIGINT or SIGHUP, or until a child says at its first start that it cannot work with
 * this configuration. config_path is given to the children. Returns the program's exit status. */
int supervisor_run(const char *config_path);

/* The work of the child called name: the other side of the execution. Returns the exit status. */
int supervisor_child(const char *name, const struct config *config);

#endif
