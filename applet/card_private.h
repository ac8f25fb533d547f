/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card core's memory, so that whoever runs a card can give it storage. Its fields are the core's alone.
 *
 * A card has CARD_CHANNELS logical channels. All security state lives in the channel: nothing is global.
 * Buffers are the card's, since it executes one command at a time.
 */
#ifndef COUNTERSIGN_APPLET_CARD_PRIVATE_H
#define COUNTERSIGN_APPLET_CARD_PRIVATE_H

#include "applet/app.h"
#include "applet/card.h"
#include "applet/profile.h"
#include "applet/sm.h"
#include "applet/store_private.h"
#include "base/ykoath.h"

#define CARD_CHANNELS 4u
/* A key record with its private and public part (piv_key.h), the former sealed (secret.h), and the seed of which an
 * imported one is made. */
#define CARD_WORK_SIZE (CRYPTO_PRIVATE_MAX + CRYPTO_PUBLIC_MAX + 96u + 96u)

#define TOUCH_NAME_LEN 32u

#define SECRET_KEY_LEN CRYPTO_AEAD_KEY_LEN

/* Management-key authentication under way: what was sent to the host, until its next GENERAL AUTHENTICATE. */
enum management_pending { MANAGEMENT_NONE, MANAGEMENT_WITNESS, MANAGEMENT_CHALLENGE };

struct channel_management {
	enum management_pending pending;
	uint8_t expected[CRYPTO_BLOCK_MAX]; /* what the host has to send back */
};

/* The OATH application's volatile state; whether the access code was validated is SECURITY_APP. */
struct channel_oath {
	uint8_t challenge[YKOATH_CHALLENGE_LEN]; /* as SELECT sent it */
	bool challenge_valid;
};

/* What the PIN opens (secret.h): pin_session.c gives it and takes it away. */
struct channel_secret {
	bool valid;	  /* there is a data key: the PIN or the SO PIN is verified */
	bool pin_expired; /* the PIN is verified, but has to be changed before it opens anything */
	uint8_t data_key[SECRET_KEY_LEN];
};

/* What all pieces of a chain have in common. */
struct chain_header {
	uint8_t cla, ins, p1, p2;
};

struct channel {
	bool open;
	const struct app *app; /* selected, or NULL */
	uint16_t security;     /* bits of enum security */
	uint8_t tries_left;    /* goes with CS_ERR_WRONG */
	bool has_lost;	       /* the chain of this header had to yield to another channel's */
	struct chain_header lost;
	struct channel_management management;
	struct channel_oath oath;
	struct channel_sm sm;
	struct channel_secret secret;
	bool touch_tell; /* a touch that is wanted is told of (6401), not waited for */
};

/* A command that arrives in pieces (transfer.c). */
struct chain {
	struct channel *owner; /* NULL: there is none */
	struct chain_header header;
	size_t len; /* of the data so far, in card->command */
};

/* A response that leaves in pieces: what is in card->response from sent to len is still to be fetched. */
struct remaining {
	const struct channel *owner; /* NULL: there is none */
	size_t sent, len;
	uint16_t sw; /* after the last piece */
};

/* What content.h says of the mark. */
struct content_mark {
	uint32_t counter;
	uint8_t tag[CSGN_MARK_LEN - 4u];
	bool drawn; /* the tag, since the card was opened */
};

struct card {
	struct card_ports ports;
	struct store store;
	struct channel channels[CARD_CHANNELS];
	struct profile profile;		   /* the device record, kept at hand */
	enum csgn_lifecycle lifecycle;	   /* the same */
	uint64_t touched_ms;		   /* when the user was last present, for cached touch policies */
	bool touched;			   /* touched_ms is valid */
	const struct channel *touch_asker; /* who a touch is being asked for; NULL: nobody */
	uint64_t touch_asked_ms;	   /* when it asked last */
	uint8_t touch_name[TOUCH_NAME_LEN]; /* for which command: a digest of it */
	const struct cs_apdu *running;	   /* the command whose handler is being called, or NULL */
	uint64_t oath_wait_from_ms;	   /* a wait after wrong access codes runs from here: oath_guard.c */
	struct content_mark mark;	   /* content.c's record, kept at hand */
	bool wipe_pending;		   /* an erasure was begun and has to be completed (device.c) */
	struct chain chain;
	struct remaining remaining;
	uint8_t command[CARD_COMMAND_MAX];
	uint8_t response[CARD_RESPONSE_MAX];
	/* For keys and other secrets while one command runs; wiped after each. A handler owns it for its
	 * call. */
	uint8_t work[CARD_WORK_SIZE];
};

#endif
