/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an application on the card is to the card core: an AID, what SELECT does, and a table of commands
 * whose columns say what each command needs. The dispatcher (dispatch.c) has checked all that the columns say
 * before a handler runs.
 */
#ifndef COUNTERSIGN_APPLET_APP_H
#define COUNTERSIGN_APPLET_APP_H

#include "base/apdu.h"
#include "base/sw.h"

struct card;
struct channel;

/* Bits of a channel's security state, 16 of them. Selecting another application, VERIFY's logout, closing the channel and
 * reset clear them; changing or blocking what they stand for takes them from all other channels too (channel.h). */
enum security {
	SECURITY_PIN = 0x01, /* the user PIN was verified */
	SECURITY_PIN_FRESH =
	    0x02, /* and no key with the PIN policy "always" has been used since: see KEEPS_FRESH */
	SECURITY_MANAGEMENT = 0x04, /* key 9B was authenticated */
	SECURITY_SCP = 0x20, /* an SCP03 session is open: stands for SECURITY_MANAGEMENT and SECURITY_SO */
	SECURITY_SO = 0x08,	    /* the SO PIN was verified (Countersign application) */
	SECURITY_VCI = 0x40, /* PIV's pairing code was shown in its secure messaging */
	SECURITY_APP = 0x10, /* the application's own condition: OATH's access code validated, or none set */
};

/* A handler is called with a command whose CLA has lost its chaining and channel bits and whose data is whole
 * (a chain is put together, short and extended are the same). It appends response data to out and returns
 * CS_OK, or returns an error that dispatch.c turns into the status word; then what it wrote to out is
 * dropped. Meaning of errors here: ARG: P1 or P2; MALFORMED: data field; LENGTH: 6700; NOT_FOUND: the row's
 * not_found; DENIED: 6982; WRONG: 63Cx, with channel->tries_left set; BLOCKED: 6983; STATE: 6985;
 * UNSUPPORTED: 6A81; EXPIRED: 6984. cmd->data is borrowed for the call. cmd->ne is of no concern to a handler: cutting and
 * 61xx are the dispatcher's. */
typedef enum cs_err app_handler(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
				struct cs_writer *out);

#define APP_ANY	     (-1)    /* P1 or P2: the handler looks at it */
#define APP_DATA_MAX 0xFFFFu /* no limit but the card's CARD_COMMAND_MAX */

enum app_flag {
	APP_KEEPS_FRESH = 1, /* the command may stand between VERIFY and the use of an "always" key */
	/* The command, or the application, is there in these states of the life-cycle too; otherwise 6985. */
	APP_WHEN_LOCKED = 0x40,
	APP_WHEN_TERMINATED = 0x80,
};

struct app_command {
	uint8_t cla; /* 00 or 80 */
	uint8_t ins;
	int16_t p1, p2;		   /* the only value allowed (else 6A86), or APP_ANY */
	uint16_t min_len, max_len; /* of the data field, else 6700 */
	uint16_t needs;		   /* any one of these bits of enum security, else 6982; 0: nothing */
	uint8_t flags;		   /* enum app_flag */
	uint16_t not_found;	   /* status word for CS_ERR_NOT_FOUND; 0: 6A82 */
	app_handler *handler;
};

struct app {
	struct cs_view aid;    /* the whole AID */
	size_t aid_min;	       /* length of the shortest part of it that selects the application */
	uint8_t remaining_ins; /* the instruction that fetches what 61xx announced: C0 (OATH: A5) */
	app_handler *select;   /* SELECT's answer; runs after the change of application took place */
	const struct app_command *commands;
	size_t command_count;
	uint8_t flags; /* enum app_flag, of which the states count */
};

extern const struct app piv_app;
extern const struct app csgn_app;
extern const struct app oath_app;

#endif
