/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OATH application on the wire, in the protocol that ykman and the desktop authenticator speak (YKOATH).
 * Every element is one tag byte, one length byte (BER long form above 127), value. The one source for card and host.
 */
#ifndef COUNTERSIGN_BASE_YKOATH_H
#define COUNTERSIGN_BASE_YKOATH_H

#include "base/oath.h"

#define YKOATH_AID     {0xA0, 0x00, 0x00, 0x05, 0x27, 0x21, 0x01}
#define YKOATH_AID_LEN 7u

enum ykoath_ins {
	YKOATH_INS_PUT = 0x01,
	YKOATH_INS_DELETE = 0x02,
	YKOATH_INS_SET_CODE = 0x03,
	YKOATH_INS_RESET = 0x04, /* P1 P2 = DE AD */
	YKOATH_INS_RENAME = 0x05,
	YKOATH_INS_STATUS = 0x06,       /* 06 to 0B: Countersign's own (docs/PROTOCOL, 7.4) */
	YKOATH_INS_LIST_ALL = 0x07,
	YKOATH_INS_OCRA = 0x08,         /* P2 01: truncated response */
	YKOATH_INS_GENERATE = 0x09,
	YKOATH_INS_UNBLOCK = 0x0A,
	YKOATH_INS_CHECK = 0x0B,
	YKOATH_INS_LIST = 0xA1,
	YKOATH_INS_CALCULATE = 0xA2, /* P2 01: truncated response */
	YKOATH_INS_VALIDATE = 0xA3,
	YKOATH_INS_CALCULATE_ALL = 0xA4,
	YKOATH_INS_SEND_REMAINING = 0xA5,
};

enum ykoath_tag {
	YKOATH_TAG_NAME = 0x71,
	YKOATH_TAG_NAME_LIST = 0x72,
	YKOATH_TAG_KEY = 0x73,
	YKOATH_TAG_CHALLENGE = 0x74,
	YKOATH_TAG_FULL_RESPONSE = 0x75,
	YKOATH_TAG_TRUNCATED_RESPONSE = 0x76,
	YKOATH_TAG_HOTP = 0x77, /* in CALCULATE ALL: an HOTP credential, not computed */
	YKOATH_TAG_PROPERTY = 0x78, /* tag and value, without a length byte */
	YKOATH_TAG_VERSION = 0x79,
	YKOATH_TAG_IMF = 0x7A, /* 4 bytes: the initial HOTP counter */
	YKOATH_TAG_ALGORITHM = 0x7B,
	YKOATH_TAG_TOUCH = 0x7C, /* in CALCULATE ALL: touch or PIN needed, not computed */
	/* Countersign's own: */
	YKOATH_TAG_PROPERTIES = 0xC0, /* in PUT: enum ykoath_property; in LIST ALL: those, digits, YKOATH_UNIQUE_LEN bytes */
	YKOATH_TAG_SUITE = 0xC1, /* OCRASuite, text */
	YKOATH_TAG_TRIES = 0xC2, /* of the access code: left, in all, seconds to wait (2 bytes) */
	YKOATH_TAG_QUESTION = 0xC3, /* OCRA's DataInput: characters of the challenge, two-way: of both */
	YKOATH_TAG_PIN_DIGEST = 0xC4, /* P */
	YKOATH_TAG_SESSION = 0xC5, /* S */
	YKOATH_TAG_TIME = 0xC6, /* T: 8 bytes, number of time steps since 1970 */
	YKOATH_TAG_SERVER = 0xC7, /* enum cs_sealed_seed_curve, public key */
	YKOATH_TAG_CODE = 0xC8, /* CHECK: its characters */
};

/* One byte: type in the high nibble, hash in the low one. */
enum ykoath_type {
	YKOATH_TYPE_HOTP = 0x10,
	YKOATH_TYPE_TOTP = 0x20,
	YKOATH_TYPE_OCRA = 0x30, /* Countersign's own */
	YKOATH_TYPE_MASK = 0xF0
};
enum ykoath_hash { YKOATH_HASH_SHA1 = 0x01, YKOATH_HASH_SHA256 = 0x02, YKOATH_HASH_SHA512 = 0x03, YKOATH_HASH_MASK = 0x0F };
enum ykoath_property {
	YKOATH_PROPERTY_INCREASING = 0x01,
	YKOATH_PROPERTY_TOUCH = 0x02,
	/* Countersign's own, not for YKOATH_TAG_PROPERTY: */
	YKOATH_PROPERTY_PIN = 0x40,  /* each code wants the card's PIN verified on its channel */
	YKOATH_PROPERTY_MADE = 0x80, /* the card made the key; it has only left sealed. Not for PUT. */
};

#define YKOATH_NAME_MAX      64u
#define YKOATH_KEY_MIN       14u /* bytes of a credential's key; hosts pad shorter ones with zeros */
#define YKOATH_MADE_MIN      20u /* of keys that a card makes: a SHA-1 digest's */
#define YKOATH_KEY_MAX       64u /* longer ones the host replaces by their digest, as RFC 2104 does */
#define YKOATH_SALT_LEN      8u
#define YKOATH_CHALLENGE_LEN 8u
#define YKOATH_UNIQUE_LEN    8u  /* drawn when a credential is made: another one has others */
#define YKOATH_TRIES_LEN     4u  /* value of YKOATH_TAG_TRIES */
#define YKOATH_CODE_LEN      16u /* access code: PBKDF2-HMAC-SHA1(password, salt, 1000 rounds) */

#define YKOATH_PERIOD_DEFAULT 30u    /* seconds */
#define YKOATH_PERIOD_MAX     86400u

/* What a name says by the custom of hosts: [PERIOD/][ISSUER:]ACCOUNT. All borrow from the name. */
struct cs_ykoath_parts {
	uint32_t period;                /* seconds: TOTP's; else 0 */
	struct cs_view label;           /* the name without the period */
	struct cs_view issuer, account; /* issuer: empty without one */
};
void cs_ykoath_split(enum ykoath_type type, struct cs_view name, struct cs_ykoath_parts *out);

/* The hash of a credential's type_hash byte (enum ykoath_hash); 0 for an unknown one. */
enum cs_hash cs_ykoath_hash(uint8_t type_hash);

/* Whether type, hash, digits and suite go together: HOTP and TOTP have 6 to 10 digits and no suite; an OCRA credential's
 * hash and digits are its suite's. */
bool cs_ykoath_shape_valid(uint8_t type_hash, uint8_t digits, struct cs_view suite);

#endif
