/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The supervisor: starts front and keeper by executing the program again, links them (daemon.h), and starts
 * again what died, after a pause that grows while it keeps dying.
 */
#ifndef COUNTERSIGN_DAEMON_SUPERVISOR_H
#define COUNTERSIGN_DAEMON_SUPERVISOR_H

#include "daemon/settings.h"

/* The option that tells the program, executed again, which child it is; the link is descriptor SUPERVISOR_LINK_FD,
 * and what it is to work with can be read from SUPERVISOR_SETTINGS_FD. */
#define SUPERVISOR_CHILD_OPTION "child"
#define SUPERVISOR_LINK_FD	3
#define SUPERVISOR_SETTINGS_FD	4

/* Runs until SIGTERM or SIGINT, or until a child says at its first start that it cannot work with these settings.
 * With SIGHUP the file at config_path is read anew. Returns the program's exit status. */
int supervisor_run(const char *config_path, struct settings *settings);

/* The work of the child called name: the other side of the execution. Returns the exit status. */
int supervisor_child(const char *name, struct settings *settings);

#endif
