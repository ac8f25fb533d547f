/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the supervisor share: its children, and what it has told systemd.
 */
#ifndef COUNTERSIGN_DAEMON_SUPERVISOR_STATE_H
#define COUNTERSIGN_DAEMON_SUPERVISOR_STATE_H

#include <signal.h>
#include <sys/types.h>

#include "daemon/journal.h"
#include "daemon/settings.h"

#define SUPERVISOR_CHILDREN 3

struct child {
	const char *name;
	int (*run)(int link_fd, struct settings *settings);
	enum settings_for whom;
	bool unwanted;	  /* this configuration has nothing for it to do */
	pid_t pid;	  /* 0: not running */
	int link_fd;	  /* -1: not running */
	uint64_t due;	  /* not running: when to start */
	uint64_t started; /* running: since when */
	unsigned pause;	  /* ms, before the next start if it dies at once */
	bool proved;	  /* it has run for a steady time once */
	bool asked;	  /* running: a ping has not been answered yet */
	bool serves;	  /* running: it has answered one */
	bool settling;	  /* running: it has not said yet what became of new settings */
};

struct supervisor {
	struct child children[SUPERVISOR_CHILDREN];
	const char *config_path;
	struct settings *settings; /* in force: what children get */
	sigset_t before;	   /* the signal mask to give to children */
	int signal_fd;
	struct notify notify;
	uint64_t next_ping;
	bool ready;	/* systemd has been told so */
	bool reloading; /* and this */
	bool refused;	/* by a child, in this reload */
	bool stopping;
	int status;
};

/* Reads the configuration anew. One that is not right leaves everything as it is, and is told in the log. */
void supervisor_reload(struct supervisor *s);

/* A child has said what became of new settings, or has ended: who is started from now on gets them anyway. */
void supervisor_settled(struct supervisor *s, struct child *child, bool taken);

#endif
