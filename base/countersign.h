/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Countersign card application on the wire; docs/PROTOCOL is its specification. The one source for card and host.
 */
#ifndef COUNTERSIGN_BASE_COUNTERSIGN_H
#define COUNTERSIGN_BASE_COUNTERSIGN_H

#define CSGN_AID     {0xF0, 0x43, 0x53, 0x49, 0x47, 0x4E, 0x01}
#define CSGN_AID_LEN 7u

/* CLA 80. VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER (CLA 00) work here as in PIV, and VERIFY and CHANGE take
 * the SO PIN too, whose holder is PKCS#11's security officer. */
#define CSGN_CLA 0x80u

#define CSGN_REF_SO 0x83u /* P2 of VERIFY and CHANGE REFERENCE DATA: the SO PIN */

enum csgn_ins {
	CSGN_INS_INFO = 0x01,       /* what SELECT answers, again */
	CSGN_INS_INITIALIZE = 0x02, /* SO PIN, PUK, label, profile: erases everything else */
	CSGN_INS_INIT_PIN = 0x03,   /* SO verified: sets the user PIN and its tries */
	CSGN_INS_SET_LABEL = 0x04,  /* PIN or SO verified */
	CSGN_INS_RESET = 0x05,      /* back to blank; SO verified, or PIN and PUK both blocked. P1 P2 = DE AD */
	CSGN_INS_CONTENTS = 0x06,   /* what is where in PIV: KEYS, OBJECTS. INFO and this are answered in PIV too */
	CSGN_INS_PERSONALISE = 0x07, /* SO verified: card holder, expiry */
	/* SO verified, or (in PIV) management key authenticated: */
	CSGN_INS_LOCK = 0x08,
	CSGN_INS_UNLOCK = 0x09,
	CSGN_INS_TERMINATE = 0x0A, /* for good; P1 P2 = DE AD */
	CSGN_INS_SET_SCP_KEYS = 0x30, /* the key set of SCP03: SO PIN for the first one, then in a session only */
	CSGN_INS_SET_LIMITS = 0x20, /* SO verified: retry limits; PIN, PUK and SO PIN stay as they are */
	CSGN_INS_TOUCH_MODE = 0x60, /* P1: enum csgn_touch_mode; in every application */
};

enum csgn_touch_mode {
	CSGN_TOUCH_WAIT = 0, /* a command that needs a touch is answered when there is one, or the time is over */
	CSGN_TOUCH_TELL = 1, /* it is answered 6401 at once, and to be sent again until it is answered otherwise */
};

enum csgn_tag {
	CSGN_TAG_VERSION = 0x80,   /* 3 bytes */
	CSGN_TAG_SERIAL = 0x81,    /* 4 bytes */
	CSGN_TAG_PROFILE = 0x82,   /* 1 byte: enum csgn_profile */
	CSGN_TAG_LIFECYCLE = 0x83, /* 1 byte: enum csgn_lifecycle */
	CSGN_TAG_LABEL = 0x84,     /* UTF-8, at most CSGN_LABEL_MAX bytes */
	CSGN_TAG_PIN_STATE = 0x85, /* 3 bytes: set (0/1), tries left, tries in all */
	CSGN_TAG_PUK_STATE = 0x86, /* the same */
	CSGN_TAG_KEYS = 0x87,      /* the PIV slots that have a key, one byte each */
	/* Tags of the PIV data objects that have content, 3 bytes each; absent above CSGN_OBJECTS_MAX of them. */
	CSGN_TAG_OBJECTS = 0x88,
	CSGN_TAG_HOLDER = 0x8C,    /* UTF-8, at most CSGN_HOLDER_MAX bytes */
	CSGN_TAG_EXPIRY = 0x8D,    /* CSGN_EXPIRY_LEN digits: year, month, day */
	CSGN_TAG_SO_PIN = 0x90,    /* 6 to 8 bytes */
	CSGN_TAG_USER_PIN = 0x91,  /* 6 to 8 bytes */
	CSGN_TAG_SCP_VERSION = 0xBC, /* 1 byte, 01 to 7F */
	CSGN_TAG_SCP_ENC = 0xBD,     /* 16, 24 or 32 bytes */
	CSGN_TAG_SCP_MAC = 0xBE,     /* as many, not the same */
	CSGN_TAG_SO_STATE = 0xB0,  /* of the SO PIN, as 85 and 86 */
	CSGN_TAG_PUK = 0xB1,       /* 6 to 8 bytes; without it the PUK begins as the SO PIN does */
	CSGN_TAG_LIMITS = 0xB2,    /* 3 bytes, tries of PIN, PUK and SO PIN: 1 to 15, or 0: as it is */
	CSGN_TAG_PIN_FLAGS = 0xB3, /* 1 byte: enum csgn_pin_flag */
	CSGN_TAG_PROFILE_TEMPLATE = 0xA0, /* elements of enum csgn_profile_tag */
};

/* Of the user PIN: in INIT PIN, in INFO and in PIV's metadata of the PIN. */
enum csgn_pin_flag {
	CSGN_PIN_MUST_CHANGE = 0x01, /* it verifies, but what it guards answers 6984 until it was changed */
};

/* What a profile says beyond its base kind; all optional in INITIALIZE, all there in INFO. */
enum csgn_profile_tag {
	CSGN_PROFILE_MANAGEMENT = 0x80, /* 1 byte: enum piv_alg that key 9B starts with */
	CSGN_PROFILE_RULES = 0x81,      /* 1 byte: bits of enum csgn_rule */
	CSGN_PROFILE_PIN_MIN = 0x82,    /* 1 byte: length of the shortest PIN, 6 to 8 */
	CSGN_PROFILE_TRIES = 0x83,      /* 3 bytes: of PIN, PUK and SO PIN, 1 to 15 each */
	CSGN_PROFILE_POLICIES = 0x84,   /* 2 bytes: PIN and touch policy of keys made without a choice; 0: the slot's */
};

enum csgn_rule {
	/* New PINs, PUKs and SO PINs: printable ASCII, none like 111111, 123456, 121212 or 112233 (applet/pin_rules.h). */
	CSGN_RULE_NO_TRIVIAL_PIN = 0x01,
	/* A PIN that someone else chose (the factory, the issuer) opens no private key until its user has changed it. */
	CSGN_RULE_MUST_CHANGE = 0x02,
	CSGN_RULE_PIN_MANAGES = 0x04, /* the verified PIN stands for the management key */
	/* Key 9B starts as 01 02 .. 08, repeated to its length, and not as a random one that nobody knows. */
	CSGN_RULE_MANAGEMENT_FACTORY = 0x08,
};

/* piv: as SP 800-73 and the reference token have it, factory PIN, PUK and management key.
 * countersign: a verified user PIN stands for management-key authentication; PIN rules on; random management key. */
enum csgn_profile { CSGN_PROFILE_PIV = 1, CSGN_PROFILE_COUNTERSIGN = 2 };

enum csgn_lifecycle { CSGN_BLANK = 1, CSGN_INITIALISED = 2, CSGN_ISSUED = 3, CSGN_LOCKED = 4, CSGN_TERMINATED = 5 };

#define CSGN_LABEL_MAX   32u
#define CSGN_HOLDER_MAX  64u
#define CSGN_EXPIRY_LEN  8u
#define CSGN_MARK_LEN    12u /* bytes of the change mark: a counter (4), and a tag that is random */
#define CSGN_KEYS_MAX    32u
#define CSGN_OBJECTS_MAX 64u

#endif
