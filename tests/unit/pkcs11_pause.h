/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests of the module: a thread that is in the middle of a call, and stays there until the test says to go on. The transport is
 * tests/lib/transport_card.h, whose reader has a PIN pad.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_PKCS11_PAUSE_H
#define COUNTERSIGN_TESTS_UNIT_PKCS11_PAUSE_H

#include "cardclient/backend.h"
#include "pkcs11/pkcs11.h"

enum pause_place {
	PAUSE_NOWHERE,
	/* in the functions of the transport */
	PAUSE_OPEN,
	PAUSE_CLOSE,
	PAUSE_READERS,
	PAUSE_WAIT,
	PAUSE_CONNECT,
	PAUSE_DISCONNECT,
	PAUSE_RECONNECT,
	PAUSE_BEGIN,
	PAUSE_END,
	PAUSE_TRANSMIT,
	PAUSE_CONTROL,
	PAUSE_ELSEWHERE /* where the test calls pause_in itself */
};

extern const struct cc_backend pause_transport;

/* If this is the place, waits there until the test says to go on. */
void pause_in(enum pause_place place);

/* A thread that calls call, once it is in the place. */
void pause_start(enum pause_place place, CK_RV (*call)(void));
/* It goes on; and: its value, once it has ended. */
void pause_over(void);
CK_RV pause_join(void);

/* In a child of fork: nobody is paused. */
void pause_forked(void);

#endif
