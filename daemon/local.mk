# SPDX-License-Identifier: BSD-2-Clause
# daemon/: countersignd. The front process has its own list in front.mk; everything else is here.

DAEMON_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(SQLITE_CFLAGS) $(SECCOMP_CFLAGS) \
	-DCOUNTERSIGN_STATEDIR='"$(localstatedir)/lib/countersign"' \
	-DCOUNTERSIGN_SYSCONFDIR='"$(sysconfdir)/countersign"'

# What front and keeper share, and the unit tests of both use.
noinst_LTLIBRARIES += daemon/libdaemon.la
daemon_libdaemon_la_CPPFLAGS = $(DAEMON_CPPFLAGS)
daemon_libdaemon_la_SOURCES = \
	daemon/config.c daemon/config.h \
	daemon/daemon.h \
	daemon/ipc.c daemon/ipc.h \
	daemon/link.c \
	daemon/log.c daemon/log.h

include daemon/front.mk
