# SPDX-License-Identifier: BSD-2-Clause
# The card as a process: how it meets its users, and the program countersign-card.

noinst_LTLIBRARIES += applet/port/libprocess.la
applet_port_libprocess_la_SOURCES = \
	applet/port/frame.c applet/port/frame.h \
	applet/port/link.c applet/port/link.h \
	applet/port/platform_host.c applet/port/platform_host.h \
	applet/port/serve.c applet/port/serve.h \
	applet/port/slot.c applet/port/slot.h \
	applet/port/socket.c applet/port/socket.h \
	applet/port/vpcd.c applet/port/vpcd.h
