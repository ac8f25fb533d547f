/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a verified PIN or SO PIN gives a channel, and how that ends: the security bits and the data key of secret.h
 * come and go together.
 */
#ifndef COUNTERSIGN_APPLET_PIN_SESSION_H
#define COUNTERSIGN_APPLET_PIN_SESSION_H

#include "applet/pin.h"

/* The reference, PIN or SO PIN, was compared and is right. No session of the PUK's holder outlasts his command. */
void pin_session_begin(struct channel *channel, enum pin pin, const struct pin_match *match);
/* It was wrong, or logged out. */
void pin_session_end(struct card *card, struct channel *channel, enum pin pin);
/* Both ended. */
void pin_session_clear(struct card *card, struct channel *channel);
bool pin_session_is(const struct channel *channel, enum pin pin);

#endif
