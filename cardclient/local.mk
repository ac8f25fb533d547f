# SPDX-License-Identifier: BSD-2-Clause
# cardclient/: how a host program drives a card: transports, transactions, typed commands for PIV, OATH and Countersign.

noinst_LTLIBRARIES += cardclient/libcardclient.la
cardclient_libcardclient_la_SOURCES = \
	cardclient/backend.h \
	cardclient/card.c cardclient/card.h \
	cardclient/context.c \
	cardclient/exchange.c \
	cardclient/pcsc.h \
	cardclient/pcsc_readers.c \
	cardclient/private.h \
	cardclient/trace.c cardclient/trace.h \
	cardclient/transport.h \
	cardclient/transport_pcsc.c \
	cardclient/transport_socket.c
cardclient_libcardclient_la_CPPFLAGS = $(AM_CPPFLAGS) $(PCSC_CFLAGS) $(CRYPTO_CFLAGS)
cardclient_libcardclient_la_LIBADD = base/libbase.la $(PCSC_LIBS) $(CRYPTO_LIBS) -lpthread
