# SPDX-License-Identifier: BSD-2-Clause
# base/: bytes, TLV, APDU, secrets, protocol numbers, OATH arithmetic. No malloc, no OS, no crypto library.

noinst_LTLIBRARIES += base/libbase.la
base_libbase_la_SOURCES = \
	base/apdu.c base/apdu.h \
	base/bytes.c base/bytes.h \
	base/countersign.h \
	base/encoding.c base/encoding.h \
	base/err.c base/err.h \
	base/oath.c base/oath.h \
	base/ocra.c \
	base/piv.h \
	base/secret.c base/secret.h \
	base/sw.h \
	base/tlv.c base/tlv.h \
	base/ykoath.h
