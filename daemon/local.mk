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
	daemon/log.c daemon/log.h \
	daemon/privilege.c

# The keeper process, and what makes its files.
noinst_LTLIBRARIES += daemon/libkeeper.la
daemon_libkeeper_la_CPPFLAGS = $(DAEMON_CPPFLAGS)
daemon_libkeeper_la_SOURCES = \
	daemon/audit.c daemon/audit.h \
	daemon/certificate.c daemon/certificate.h \
	daemon/clock.h \
	daemon/credential.c daemon/credential.h \
	daemon/db.h \
	daemon/db_schema.c \
	daemon/db_sqlite.c daemon/db_sqlite.h \
	daemon/db_sqlite_audit.c \
	daemon/db_sqlite_user.c \
	daemon/file.c daemon/file.h \
	daemon/hmac.c daemon/hmac.h \
	daemon/init.c daemon/init.h \
	daemon/json_out.c daemon/json_out.h \
	daemon/keeper.c daemon/keeper.h \
	daemon/keeper_admin.c \
	daemon/keeper_call.c daemon/keeper_call.h \
	daemon/keeper_list.c \
	daemon/keeper_loop.c \
	daemon/keeper_metrics.c \
	daemon/keeper_otp.c \
	daemon/keeper_sandbox.c daemon/keeper_sandbox.h \
	daemon/name.c daemon/name.h \
	daemon/seal.c daemon/seal.h \
	daemon/verify.c daemon/verify.h
KEEPER_LIBS = daemon/libkeeper.la daemon/libdaemon.la base/libbase.la $(CRYPTO_LIBS) $(SQLITE_LIBS) $(SECCOMP_LIBS)

include daemon/front.mk

sbin_PROGRAMS += daemon/countersignd
daemon_countersignd_CPPFLAGS = $(DAEMON_CPPFLAGS)
daemon_countersignd_SOURCES = \
	daemon/main.c \
	daemon/supervisor.c daemon/supervisor.h
daemon_countersignd_LDADD = $(KEEPER_LIBS) $(FRONT_LIBS)
