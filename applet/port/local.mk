# SPDX-License-Identifier: BSD-2-Clause
# applet/port/: what the card core stands on when its host is a computer, one file a line; and its tests.

noinst_LTLIBRARIES += applet/port/libport.la
applet_port_libport_la_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
applet_port_libport_la_LIBADD = $(CRYPTO_LIBS)
applet_port_libport_la_SOURCES = \
	applet/port/crypto_openssl.c \
	applet/port/crypto_openssl.h \
	applet/port/crypto_openssl_ec.c \
	applet/port/crypto_openssl_key.c \
	applet/port/crypto_openssl_private.h \
	applet/port/crypto_openssl_rsa.c \
	applet/port/flash_file.c \
	applet/port/flash_file.h \
	applet/port/flash_ram.c \
	applet/port/flash_ram.h


include applet/port/process.mk
