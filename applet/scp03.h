/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SCP03 (base/scp03.h) on the card: sessions, and the key set that opens them. A session stands for the administrator
 * (SECURITY_SCP): its commands need neither management key nor SO PIN.
 */
#ifndef COUNTERSIGN_APPLET_SCP03_H
#define COUNTERSIGN_APPLET_SCP03_H

#include "applet/card_private.h"
#include "applet/sm.h"

/* The key set: two AES keys of one length. */
struct scp03_keys {
	uint8_t version; /* 01 to 7F */
	uint8_t len;	 /* 16, 24, 32 */
	uint8_t enc[SCP03_KEY_MAX], mac[SCP03_KEY_MAX];
};

/* INITIALIZE UPDATE: P1 key version, 0 for whichever there is; 8 or 16 bytes of challenge (else CS_ERR_LENGTH).
 * CS_ERR_NOT_FOUND: no such key set; CS_ERR_BLOCKED: too many wrong cryptograms. */
app_handler scp03_initialize_update;
/* EXTERNAL AUTHENTICATE: host cryptogram and MAC. CS_ERR_STATE where INITIALIZE UPDATE was not the command before;
 * CS_ERR_WRONG with the tries left. */
app_handler scp03_external_authenticate;
/* SET SCP KEYS. SO PIN while there is no key set; then only in a session that encrypts commands. */
app_handler scp03_set_keys;

#define SCP03_ROWS                                                                                           \
	{CSGN_CLA, SCP03_INS_INITIALIZE_UPDATE, APP_ANY, 0, SCP03_S8_LEN, SCP03_S16_LEN, 0, APP_WHEN_LOCKED,                \
	 CS_SW_REFERENCE_NOT_FOUND, scp03_initialize_update},                                                 \
	/* Of any P2 and length: the handler refuses it, and so that attempt is over. */                      \
	{                                                                                                    \
		CSGN_CLA, SCP03_INS_EXTERNAL_AUTHENTICATE, APP_ANY, APP_ANY, 0, CARD_COMMAND_MAX, 0,          \
		    APP_WHEN_LOCKED, 0, scp03_external_authenticate                                           \
	}

/* True while commands on the channel have to come in the session. */
bool scp03_is_open(const struct channel *channel);

/* Takes the protection off a command: cmd->data then is what was protected, in card->command if it was encrypted.
 * CS_ERR_DENIED where the MAC, the padding or the order is wrong: the session has then to be ended by the caller. */
CS_MUST_CHECK enum cs_err scp03_unwrap(struct card *card, struct scp03_session *session, struct cs_apdu *cmd);

/* Protects len bytes in card->response and the status word; *len becomes the protected length, at most SM_OVERHEAD
 * more. */
CS_MUST_CHECK enum cs_err scp03_wrap(struct card *card, const struct scp03_session *session, uint16_t sw, size_t *len);

#endif
