/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Slots: one for each reader that was seen since C_Initialize. A slot never goes away before C_Finalize and
 * keeps its number, so that a reader that is unplugged and comes back is the same slot; its token is opened
 * when first needed.
 *
 * Locks: slot->lock guards token and sessions and is held for a call that works on them (entry points take it
 * through call.h). What is said of the reader is guarded by a lock inside slot.c, taken after slot->lock
 * where both are.
 */
#ifndef COUNTERSIGN_PKCS11_SLOT_H
#define COUNTERSIGN_PKCS11_SLOT_H

#include <pthread.h>

#include "cardclient/transport.h"
#include "pkcs11/pkcs11.h"

#define SLOT_MAX 32u

struct session;
struct token;

struct slot {
	pthread_mutex_t lock;
	size_t index; /* its CK_SLOT_ID too */

	/* guarded by slot.c's lock */
	char reader[CC_READER_NAME_MAX]; /* "" : this slot has not been given to a reader yet */
	bool attached;			 /* the reader is there */
	bool present;			 /* with a card in it */
	uint32_t events;
	bool reported_present; /* to C_WaitForSlotEvent */
	uint32_t reported_events;

	/* written under both locks, read under either */
	uint32_t refused_events; /* the card at this count of events is none of ours */
	bool refused;

	/* guarded by lock */
	struct token *token;	 /* NULL: none open */
	struct session *sessions;
	uint32_t session_serial;
};

/* Opens the transport and the slots; ends them again (sessions and tokens first); and does so in a forked
 * child, where nothing may be said to the card: right after fork, since descriptors are closed. No call may be under way in
 * slots_close. slots_forked makes the locks anew before any of these. */
CK_RV slots_open(void);
void slots_close(void);
void slots_forget(void);
void slots_forked(void);

struct cc_backend;
/* For tests: slots_open opens this transport from now on, not the one that the environment names. NULL: that one. */
void slots_set_backend(const struct cc_backend *backend);

/* Asks the transport which readers and cards there are now. Talks to no card. */
CK_RV slots_refresh(void);

/* NULL where there is no such slot. */
struct slot *slot_by_id(CK_SLOT_ID id);

/* Whether a card is in the reader, by the last refresh. */
bool slot_has_card(struct slot *slot);
/* Whether a token of ours is in it: opens it if need be. slot->lock is held. */
CK_RV slot_open_token(struct slot *slot);
/* The token is gone: ends its login and all its sessions. slot->lock is held. */
void slot_close_token(struct slot *slot);

CK_RV slot_list(bool with_token, CK_SLOT_ID_PTR out, CK_ULONG_PTR count);
CK_RV slot_info(struct slot *slot, CK_SLOT_INFO_PTR out);

/* C_WaitForSlotEvent: the next slot whose card came or went since it was last told, or CKR_NO_EVENT. */
CK_RV slots_event(CK_SLOT_ID_PTR slot);
/* Blocks until a reader or card comes or goes: slots_wait_enter inside the module (call.h), slots_wait_change
 * when outside again, so that calls go on meanwhile; slots_close waits for it to return.
 * CKR_CRYPTOKI_NOT_INITIALIZED: cancelled. */
void slots_wait_enter(void);
CK_RV slots_wait_change(void);
/* Makes every wait end. There is no way back but slots_close. */
void slots_wait_cancel(void);

#endif
