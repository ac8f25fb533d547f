/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Touches of a card that is a process: given at once, never, by a button, or by whoever says so on the card's
 * socket (slot.h); and telling the person that one is wanted.
 *
 * Invariant: a touch that was made before it was asked for is nobody's.
 */
#ifndef COUNTERSIGN_APPLET_PORT_PRESENCE_H
#define COUNTERSIGN_APPLET_PORT_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "applet/port/button.h"

#define PRESENCE_WAIT_MS 15000u /* how long a touch is waited for */
#define PRESENCE_GAP_MS	 2000u	/* a host that asks again later than this asks anew */

enum presence_mode { PRESENCE_AUTO, PRESENCE_NEVER, PRESENCE_ASK };

struct presence {
	enum presence_mode mode;
	struct button button;
	const char *notify; /* the program that tells the person, or NULL; borrowed */
	uint64_t (*now_ms)(void *ctx);
	/* Serves the card's other users for at most timeout_ms, or until fd, the button's (-1: none), is readable. NULL: we
	 * wait for fd alone. */
	void (*attend)(void *ctx, int fd, int timeout_ms);
	void *ctx;
	const char *why; /* a touch is being asked for; NULL: none */
	uint64_t since_ms, last_ms;
	bool given, cancelled;
	bool armed; /* the touch that is asked for was there before */
};

/* how: "auto", every touch is given at once; "never", none is; "ask", it has to come by presence_touch; else by
 * a button as well, as button_open takes it, whose errors these are. notify: NULL, or a program, searched in PATH, that is started
 * with two arguments, "Countersign" and "Touch the card to ...". */
CS_MUST_CHECK enum cs_err presence_init(struct presence *p, const char *how, const char *notify,
					uint64_t (*now_ms)(void *ctx));
void presence_close(struct presence *p);

/* As struct platform's functions of these names. */
CS_MUST_CHECK enum cs_err presence_ask(struct presence *p, const char *why, bool wait);
void presence_end(struct presence *p);

/* A touch. False where none is being asked for: then it is nobody's. */
bool presence_touch(struct presence *p);

/* While armed each touch that is asked for is given at once, whatever the mode: it is what led to the command. */
void presence_arm(struct presence *p, bool armed);

/* Takes what the button has; false: no touch. To be called whenever it is readable: what has come before a touch is asked for is
 * no answer. */
bool presence_take(struct presence *p);

/* Who asked has gone: what waits is told CS_ERR_CANCELLED. */
void presence_cancel(struct presence *p);

/* What a touch is wanted for now; NULL: none is. */
const char *presence_wanted(const struct presence *p);

#endif
