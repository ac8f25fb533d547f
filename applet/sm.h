/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secure messaging: the state that a channel keeps of its sessions, and the way in and out of them. Whose protection a
 * command has, its class byte says: SCP03 (scp03.h) or PIV's (piv_sm.h).
 */
#ifndef COUNTERSIGN_APPLET_SM_H
#define COUNTERSIGN_APPLET_SM_H

#include "applet/app.h"
#include "applet/block_mode.h"
#include "base/scp03.h"

#define SM_CLA_MASK  0x0Cu /* bits of CLA */
#define SM_CLA_SCP03 0x04u
#define SM_CLA_ISO   0x0Cu

#define SM_OVERHEAD 64u /* bytes by which protection makes a response longer, at most */

struct scp03_session {
	bool pending;	 /* INITIALIZE UPDATE was the last command */
	uint8_t level;	 /* enum scp03_level; 0: no session is open */
	uint8_t mac_len; /* 8 or 16 */
	uint8_t key_len;
	uint8_t enc[SCP03_KEY_MAX], mac[SCP03_KEY_MAX], rmac[SCP03_KEY_MAX];
	uint8_t chaining[BLOCK_LEN];
	uint8_t host_cryptogram[SCP03_S16_LEN]; /* while pending: what the host has to send */
	uint32_t counter;			/* of commands in the session */
};

struct piv_sm_session {
	uint8_t key_len; /* 16 or 32; 0: no session is open */
	uint8_t mac[32], enc[32], rmac[32];
	uint8_t mcv[BLOCK_LEN], r_mcv[BLOCK_LEN]; /* MAC chaining values of commands and responses */
	uint32_t counter;			  /* of commands in the session */
};

/* How the command that is being executed was protected. */
enum sm_kind { SM_NONE, SM_SCP03, SM_PIV };

struct channel_sm {
	enum sm_kind kind;
	struct scp03_session scp;
	struct piv_sm_session piv;
};

/* Takes the protection off a whole command whose class byte may have bits of SM_CLA_MASK, and takes those bits away. Yields
 * the status word that refuses it: 6982 where a session is open and the command is not protected by it, or wrongly; the
 * session and all that was verified in the channel are then gone. */
uint16_t sm_open(struct card *card, struct channel *channel, struct cs_apdu *cmd);

/* Protects the response, len bytes in card->response, with the session that the command came in, as it was before the
 * command was executed: what ends a session is answered in it. Returns the new length, or 0 with *sw changed. PIV's has the
 * status word inside, and 9000 outside. */
size_t sm_close(struct card *card, struct channel *channel, struct channel_sm *session, uint16_t *sw, size_t len);

/* Ends the channel's sessions, or PIV's alone, and what stands on them alone. */
void sm_end(struct channel *channel);
void sm_end_piv(struct channel *channel);

#endif
