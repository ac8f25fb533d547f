# SPDX-License-Identifier: BSD-2-Clause
# cardclient/: how a host program drives a card: transports, transactions, typed commands for PIV, OATH and Countersign.

noinst_LTLIBRARIES += cardclient/libcardclient.la
cardclient_libcardclient_la_SOURCES = \
	cardclient/backend.h \
	cardclient/card.c cardclient/card.h \
	cardclient/context.c \
	cardclient/csgn.c cardclient/csgn.h \
	cardclient/exchange.c \
	cardclient/oath.c cardclient/oath.h \
	cardclient/oath_code.c \
	cardclient/oath_parse.c \
	cardclient/pcsc.h \
	cardclient/pcsc_readers.c \
	cardclient/pin.c cardclient/pin.h \
	cardclient/piv.c cardclient/piv.h \
	cardclient/piv_key.c \
	cardclient/piv_management.c \
	cardclient/piv_parse.c cardclient/piv_parse.h \
	cardclient/private.h \
	cardclient/trace.c cardclient/trace.h \
	cardclient/transport.h \
	cardclient/transport_pcsc.c \
	cardclient/transport_socket.c
cardclient_libcardclient_la_CPPFLAGS = $(AM_CPPFLAGS) $(PCSC_CFLAGS) $(CRYPTO_CFLAGS)
cardclient_libcardclient_la_LIBADD = base/libbase.la $(PCSC_LIBS) $(CRYPTO_LIBS) -lpthread
