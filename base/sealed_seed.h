/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A seed that a card made, as it leaves the card: once, sealed to a server's public key (ECIES: an ephemeral key,
 * HKDF-SHA-256, AES-256-GCM), with a statement about the credential, the card and the server's key that the card's
 * attestation key has signed. docs/PROTOCOL, section 7.6, is the specification. Card, tools and daemon write and read it with
 * the same lines; the elliptic curve and the cipher are the caller's.
 *
 *   E0 statement { 80 version, 81 serial number, 82 firmware, 83 name, 84 type and hash, digits, 85 properties, [86 suite],
 *                  87 first counter, 88 server's key, 89 ephemeral key, 8A sealed seed }
 *   9E signature of label and statement
 *   70 certificate of the attestation key, DER
 */
#ifndef COUNTERSIGN_BASE_SEALED_SEED_H
#define COUNTERSIGN_BASE_SEALED_SEED_H

#include "base/oath.h"
#include "base/ykoath.h"

#define CS_SEALED_SEED_VERSION 1u

enum cs_sealed_seed_tag {
	CS_SEALED_SEED_STATEMENT = 0xE0,
	CS_SEALED_SEED_SIGNATURE = 0x9E,
	CS_SEALED_SEED_CERTIFICATE = 0x70,
	CS_SEALED_SEED_TAG_VERSION = 0x80, /* 1 byte */
	CS_SEALED_SEED_SERIAL = 0x81,      /* 4 bytes */
	CS_SEALED_SEED_FIRMWARE = 0x82,    /* 3 bytes */
	CS_SEALED_SEED_NAME = 0x83,        /* 1 to YKOATH_NAME_MAX bytes */
	CS_SEALED_SEED_SHAPE = 0x84,       /* type and hash, digits */
	CS_SEALED_SEED_PROPERTIES = 0x85,  /* enum ykoath_property */
	CS_SEALED_SEED_SUITE = 0x86,       /* OCRA only */
	CS_SEALED_SEED_COUNTER = 0x87,     /* 8 bytes */
	CS_SEALED_SEED_SERVER = 0x88,      /* enum cs_sealed_seed_curve, public key */
	CS_SEALED_SEED_EPHEMERAL = 0x89,   /* public key, as long as the server's */
	CS_SEALED_SEED_SEALED = 0x8A,      /* ciphertext, as long as the hash; tag */
};

/* As PIV numbers them. */
enum cs_sealed_seed_curve { CS_SEALED_SEED_P256 = 0x11, CS_SEALED_SEED_X25519 = 0xE1 };

#define CS_SEALED_SEED_POINT_MAX     65u /* P-256: uncompressed point; X25519: 32 bytes */
#define CS_SEALED_SEED_KEY_LEN       32u
#define CS_SEALED_SEED_NONCE_LEN     12u
#define CS_SEALED_SEED_GCM_TAG_LEN   16u
#define CS_SEALED_SEED_STATEMENT_MAX 416u /* bytes of a statement's value */
#define CS_SEALED_SEED_MAX           8192u /* bytes of all of it, certificate included */

/* What is signed: this, with its NUL, and the statement's value. Derivation uses it too. */
#define CS_SEALED_SEED_LABEL     "countersign sealed seed 1"
#define CS_SEALED_SEED_LABEL_LEN sizeof(CS_SEALED_SEED_LABEL)

struct cs_sealed_seed {
	uint32_t serial;
	uint8_t firmware[3];
	struct cs_view name; /* all views are borrowed from what was parsed */
	uint8_t type_hash, digits, properties;
	struct cs_view suite; /* OCRA; else empty */
	uint64_t counter;
	enum cs_sealed_seed_curve curve;
	struct cs_view server, ephemeral; /* public keys */
	struct cs_view sealed;
	/* of the parse only: */
	struct cs_view statement;   /* value of E0 */
	struct cs_view aad;         /* elements 80 to 89: the additional data of the seal */
	struct cs_view signature;
	struct cs_view certificate; /* DER */
};

/* Bytes of a public key on the curve; 0 for an unknown one. */
size_t cs_sealed_seed_point_len(enum cs_sealed_seed_curve curve);

/* Elements 80 to 89 of a statement. */
void cs_sealed_seed_write(struct cs_writer *w, const struct cs_sealed_seed *seed);

/* CS_ERR_MALFORMED for what is not in this form to the last byte, or whose fields do not go together; CS_ERR_UNSUPPORTED for
 * another version or curve. Says nothing of signature or seal. */
CS_MUST_CHECK enum cs_err cs_sealed_seed_parse(struct cs_view in, struct cs_sealed_seed *out);

/* Key and nonce of the seal: HKDF-SHA-256 of the shared secret (P-256: the x coordinate), with the ephemeral and the server's
 * public key as salt, and the label and the curve as info. */
struct cs_sealed_seed_keys {
	uint8_t key[CS_SEALED_SEED_KEY_LEN];
	uint8_t nonce[CS_SEALED_SEED_NONCE_LEN];
};
CS_MUST_CHECK enum cs_err cs_sealed_seed_derive(const struct cs_hmac *hmac, const struct cs_sealed_seed *seed,
    struct cs_view shared, struct cs_sealed_seed_keys *out);

#endif
