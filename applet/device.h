/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card as a device: its profile and life-cycle, how it is made, and how it is erased. An erasure is one
 * act: the plan is stored first, and whatever interrupts it, the card completes it before it does anything
 * else.
 */
#ifndef COUNTERSIGN_APPLET_DEVICE_H
#define COUNTERSIGN_APPLET_DEVICE_H

#include "applet/pin_make.h"

/* What the card says its firmware is: the newest whose whole command set it has. */
#define DEVICE_VERSION                                                                                       \
	{                                                                                                    \
		5, 7, 0                                                                                      \
	}

enum device_scope {
	DEVICE_WIPE_NONE = 0,
	DEVICE_WIPE_PIV = 1, /* PINs, keys, objects, label; OATH stays */
	DEVICE_WIPE_ALL = 2, /* OATH too. The attestation key and its certificate survive both. */
	DEVICE_WIPE_FOR_GOOD = 3, /* everything, attestation too; nothing is made anew */
	DEVICE_WIPE_ISSUE = 4, /* as ALL, but the key set of SCP03 stays: the administrator is using it */
	DEVICE_WIPE_PIV_ISSUE = 5, /* as PIV, likewise */
};

struct device_plan {
	enum device_scope scope;
	struct profile profile;
	enum csgn_lifecycle lifecycle; /* CSGN_BLANK: the factory's PINs; else no PIN, PUK and SO PIN staged */
	struct pin_stage pins;
	struct cs_view label; /* borrowed; at most CSGN_LABEL_MAX bytes */
};

/* Completes what was begun, makes a blank card as profile, loads profile and life-cycle. */
CS_MUST_CHECK enum cs_err device_open(struct card *card, const struct profile *profile);

/* Erases and makes anew as planned; all security state is forgotten. After an error before anything was
 * changed the card is as before, after a later one device_settle completes it. */
CS_MUST_CHECK enum cs_err device_wipe(struct card *card, const struct device_plan *plan);

/* Completes an erasure if one is pending; before each command. */
CS_MUST_CHECK enum cs_err device_settle(struct card *card);

/* The device record's new value, for a store_apply that changes the life-cycle along with something else. */
#define DEVICE_RECORD_LEN (2u + PROFILE_RECORD_LEN)
void device_record(const struct profile *profile, enum csgn_lifecycle lifecycle,
		   uint8_t record[DEVICE_RECORD_LEN]);

#endif
