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
	/* These and INFO, CONTENTS, LOCK, UNLOCK, TERMINATE are answered in PIV too: */
	CSGN_INS_INVENTORY = 0x10,      /* all that a host has to know; a few bytes where it knows it already */
	CSGN_INS_SET_ATTRIBUTES = 0x11, /* label, ID, flags of an object; [contents of a data object] */
	CSGN_INS_SECRET_CREATE = 0x12,  /* P1 enum csgn_secret_algorithm, P2 number, 00: a free one */
	CSGN_INS_SECRET_DELETE = 0x13,  /* P2 number */
	CSGN_INS_SECRET_USE = 0x14,     /* P1 enum csgn_use, P2 number */
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
	CSGN_TAG_MARK = 0x89,      /* CSGN_MARK_LEN bytes, and one: are private objects told of */
	CSGN_TAG_PINS = 0x8A,      /* 4 bytes for each: reference, enum csgn_reference_flag, tries left, tries in all */
	CSGN_TAG_ALGORITHMS = 0x8B, /* enum piv_alg, one byte each */
	CSGN_TAG_HOLDER = 0x8C,    /* UTF-8, at most CSGN_HOLDER_MAX bytes */
	CSGN_TAG_EXPIRY = 0x8D,    /* CSGN_EXPIRY_LEN digits: year, month, day */
	CSGN_TAG_CURSOR = 0x8E,    /* 2 bytes: where the next page of INVENTORY begins */
	CSGN_TAG_OATH = 0x8F,      /* 1 byte: CSGN_OATH_LOCKED, or 0 */
	CSGN_TAG_SO_PIN = 0x90,    /* 6 to 8 bytes */
	CSGN_TAG_USER_PIN = 0x91,  /* 6 to 8 bytes */
	CSGN_TAG_REFERENCE = 0x92,  /* slot of a key or number of a secret key (1 byte), tag of a data object (3) */
	CSGN_TAG_USAGE = 0x93,      /* 2 bytes: enum csgn_usage */
	CSGN_TAG_LENGTH = 0x94,     /* 1 byte: of a secret key that the card makes */
	CSGN_TAG_SECRET_KEY = 0x95, /* the bytes of one that the host brings */
	CSGN_TAG_IV = 0x96,         /* IV, first counter block or nonce */
	CSGN_TAG_AAD = 0x97,        /* GCM's additional data */
	CSGN_TAG_TEXT = 0x98,       /* plain text, cipher text, message */
	CSGN_TAG_MAC = 0x99,        /* MAC, or GCM's tag */
	CSGN_TAG_PROFILE_TEMPLATE = 0xA0, /* elements of enum csgn_profile_tag */
	CSGN_TAG_ATTRIBUTES = 0xA1,       /* elements of enum csgn_attribute_tag */
	/* INVENTORY's entries: elements of enum csgn_entry_tag, and ATTRIBUTES */
	CSGN_TAG_KEY = 0xA2,
	CSGN_TAG_OBJECT = 0xA3,
	CSGN_TAG_SECRET = 0xA4,
	CSGN_TAG_CREDENTIAL = 0xA5,
	CSGN_TAG_SCP_VERSION = 0xBC, /* 1 byte, 01 to 7F */
	CSGN_TAG_SCP_ENC = 0xBD,     /* 16, 24 or 32 bytes */
	CSGN_TAG_SCP_MAC = 0xBE,     /* as many, not the same */
	CSGN_TAG_SO_STATE = 0xB0,  /* of the SO PIN, as 85 and 86 */
	CSGN_TAG_PUK = 0xB1,       /* 6 to 8 bytes; without it the PUK begins as the SO PIN does */
	CSGN_TAG_LIMITS = 0xB2,    /* 3 bytes, tries of PIN, PUK and SO PIN: 1 to 15, or 0: as it is */
	CSGN_TAG_PIN_FLAGS = 0xB3, /* 1 byte: enum csgn_pin_flag */
};

enum csgn_entry_tag {
	/* KEY: slot, algorithm, PIN policy, touch policy, origin. OBJECT: tag (3). SECRET: number, algorithm, PIN policy,
	 * touch policy, origin. CREDENTIAL: type and hash, digits, properties, as YKOATH has them. */
	CSGN_ENTRY_WHAT = 0x80,
	CSGN_ENTRY_PUBLIC_KEY = 0x81, /* KEY: the contents of PIV's 7F49 */
	CSGN_ENTRY_LENGTH = 0x82,     /* OBJECT: of its contents (2). SECRET: of the key (1) */
	CSGN_ENTRY_DIGEST = 0x83,     /* OBJECT: SHA-256 of its contents */
	CSGN_ENTRY_USAGE = 0x84,      /* SECRET: enum csgn_usage (2) */
	CSGN_ENTRY_NAME = 0x85,       /* CREDENTIAL */
	CSGN_ENTRY_UNIQUE = 0x86,     /* CREDENTIAL: YKOATH_UNIQUE_LEN bytes */
};

enum csgn_attribute_tag {
	CSGN_ATTRIBUTE_LABEL = 0x80, /* UTF-8, at most CSGN_ATTRIBUTE_TEXT_MAX bytes */
	CSGN_ATTRIBUTE_ID = 0x81,    /* at most as many */
	CSGN_ATTRIBUTE_FLAGS = 0x82, /* 2 bytes: enum csgn_attribute_flag */
	CSGN_ATTRIBUTE_MORE = 0x83,  /* the host's own, at most CSGN_ATTRIBUTE_MORE_MAX bytes */
};

enum csgn_attribute_flag {
	CSGN_FLAG_PRIVATE = 0x0001,	   /* a data object: read, and told of, with the PIN only */
	CSGN_FLAG_NOT_MODIFIABLE = 0x0002, /* its attributes are the officer's and the administrator's to change */
	CSGN_FLAG_TRUSTED = 0x0004,	   /* which only they can set */
	/* all others are the host's to use: the card keeps them */
};

/* In PINS: what a reference is. */
enum csgn_reference_flag { CSGN_REFERENCE_SET = 0x01, CSGN_REFERENCE_DEFAULT = 0x02, CSGN_REFERENCE_MUST_CHANGE = 0x04 };

#define CSGN_OATH_LOCKED 0x01u /* an access code is set: no credential is named */

enum csgn_secret_algorithm {
	CSGN_SECRET_AES128 = 0x08, /* as enum piv_alg */
	CSGN_SECRET_AES192 = 0x0A,
	CSGN_SECRET_AES256 = 0x0C,
	CSGN_SECRET_HMAC_SHA1 = 0xF1,
	CSGN_SECRET_HMAC_SHA256 = 0xF2,
	CSGN_SECRET_HMAC_SHA384 = 0xF3,
	CSGN_SECRET_HMAC_SHA512 = 0xF4,
};

enum csgn_usage {
	CSGN_USAGE_ENCRYPT = 0x0001,
	CSGN_USAGE_DECRYPT = 0x0002,
	CSGN_USAGE_SIGN = 0x0004, /* makes MACs */
	CSGN_USAGE_VERIFY = 0x0008,
};

/* P1 of SECRET USE: encrypts or makes a MAC; with CSGN_USE_INVERSE it decrypts or checks one. */
enum csgn_use {
	CSGN_USE_ECB = 0x01,
	CSGN_USE_CBC = 0x02,
	CSGN_USE_CTR = 0x03,
	CSGN_USE_GCM = 0x04,
	CSGN_USE_CMAC = 0x05,
	CSGN_USE_HMAC = 0x06,
	CSGN_USE_INVERSE = 0x80,
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
#define CSGN_SECRETS_MAX    32u  /* secret keys, numbered from 1 */
#define CSGN_SECRET_KEY_MAX 128u /* bytes of one */
#define CSGN_HMAC_KEY_MIN   14u
#define CSGN_MAC_MIN        8u /* bytes of a MAC that is cut, to be checked */
#define CSGN_ATTRIBUTE_TEXT_MAX 64u
#define CSGN_ATTRIBUTE_MORE_MAX 255u
#define CSGN_ATTRIBUTES_MAX     (3u * 2u + 3u + 2u * CSGN_ATTRIBUTE_TEXT_MAX + 2u + CSGN_ATTRIBUTE_MORE_MAX) /* all elements */
#define CSGN_MARK_LEN    12u /* bytes of the change mark: a counter (4), and a tag that is random */
#define CSGN_KEYS_MAX    32u
#define CSGN_OBJECTS_MAX 64u

#endif
