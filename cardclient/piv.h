/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Typed commands of the PIV card application (NIST SP 800-73-5 part 2; numbers in base/piv.h), and the
 * reference token's own, which foreign cards may lack: those answer CS_ERR_UNSUPPORTED. Nothing is assumed
 * from a reader's name. Algorithms are enum piv_alg here, whatever number the card gives them: cc_piv_select finds out
 * how it does (piv_algorithm.h).
 *
 * Every function needs PIV selected on the card (cc_piv_select), and returns besides its own errors those of
 * cc_transmit and cc_sw_error (card.h). cc_card_sw tells the status word. "PIN first": CS_ERR_DENIED without
 * a verified PIN. "management key first": CS_ERR_DENIED without cc_piv_authenticate (or what the card's
 * profile lets stand for it).
 */
#ifndef COUNTERSIGN_CARDCLIENT_PIV_H
#define COUNTERSIGN_CARDCLIENT_PIV_H

#include "base/bytes.h"
#include "base/piv.h"
#include "cardclient/card.h"
#include "cardclient/piv_algorithm.h"

#define CC_PIV_OBJECT_MAX     8192u /* bytes of the longest object we read or write */
#define CC_PIV_ALGS_MAX	      32u
#define CC_PIV_MODULUS_MAX    512u
#define CC_PIV_POINT_MAX      2592u /* ML-DSA-87's public key */
#define CC_PIV_MANAGEMENT_MAX 32u  /* bytes of the longest management key */
#define CC_PIV_RESULT_MAX     4627u /* bytes that a private key's operation yields at most: ML-DSA-87's signature */

/* ---- application ---- */

struct cc_piv_info {
	uint8_t aid[16]; /* the application identifier of the property template, as the card writes it (with
			    or without RID) */
	size_t aid_len;
	uint8_t algorithms[CC_PIV_ALGS_MAX]; /* enum piv_alg, ciphers and cipher suites too, in the card's order; nothing
						is known of keys where there are none of theirs */
	size_t algorithm_count;
	enum cc_piv_family family;
};

/* CS_ERR_NOT_FOUND: the card has no PIV. An answer that does not parse still selects: info is then empty.
 * info may be NULL. */
CS_MUST_CHECK enum cs_err cc_piv_select(struct cc_card *card, struct cc_piv_info *info);

/* The vendor's version, major.minor.patch. The reference token's; foreign cards: CS_ERR_UNSUPPORTED. */
CS_MUST_CHECK enum cs_err cc_piv_version(struct cc_card *card, uint8_t version[3]);
CS_MUST_CHECK enum cs_err cc_piv_serial(struct cc_card *card, uint32_t *serial);

/* ---- PIN ---- */

#define CC_TRIES_UNKNOWN 255u /* the card did not say how many tries are left */

/* pin: 1 to 8 bytes; padded here. CS_ERR_ARG for another length: nothing was sent and no try is spent.
 * CS_ERR_WRONG: *tries are left. CS_ERR_BLOCKED: *tries is 0. tries may be NULL; it is written in these two
 * cases only. */
CS_MUST_CHECK enum cs_err cc_piv_verify(struct cc_card *card, struct cs_view pin, unsigned *tries);

/* ref: PIV_REF_PIN, or CSGN_REF_SO in our card's own application. *verified: the
 * PIN counts as verified now, and *tries is then CC_TRIES_UNKNOWN. A blocked PIN is CS_OK with *tries 0. */
CS_MUST_CHECK enum cs_err cc_piv_verify_status(struct cc_card *card, uint8_t ref, bool *verified,
					       unsigned *tries);

/* The PIN counts as not verified from now on (VERIFY with P1 FF). CS_ERR_UNSUPPORTED on cards from before SP
 * 800-73-4. */
CS_MUST_CHECK enum cs_err cc_piv_logout(struct cc_card *card);

/* ref: PIV_REF_PIN or PIV_REF_PUK. Errors as cc_piv_verify (tries: of the old one); CS_ERR_ARG also where the
 * card refuses the new one by its rules (6A80; cc_card_sw tells). */
CS_MUST_CHECK enum cs_err cc_piv_change(struct cc_card *card, uint8_t ref, struct cs_view old_pin,
					struct cs_view new_pin, unsigned *tries);

/* RESET RETRY COUNTER: the PUK sets a new PIN. Errors as cc_piv_change (tries: of the PUK). */
CS_MUST_CHECK enum cs_err cc_piv_unblock(struct cc_card *card, struct cs_view puk, struct cs_view new_pin,
					 unsigned *tries);

/* Writes pin padded with FF to PIV_PIN_LEN bytes. CS_ERR_ARG unless it has 1 to 8 bytes. */
CS_MUST_CHECK enum cs_err cc_piv_pad_pin(struct cs_view pin, uint8_t padded[PIV_PIN_LEN]);

/* ---- objects ---- */

/* Appends the content of the object (inside tag 53; of the discovery object: inside 7E) to out.
 * CS_ERR_NOT_FOUND: none, or empty. PIN first for some. CS_ERR_MALFORMED: an answer that is no object. */
CS_MUST_CHECK enum cs_err cc_piv_get_object(struct cc_card *card, uint32_t object, struct cs_writer *out);

/* Management key first. Empty content deletes. CS_ERR_FULL. */
CS_MUST_CHECK enum cs_err cc_piv_put_object(struct cc_card *card, uint32_t object, struct cs_view content);

/* The object that holds the certificate of a slot (82 to 95, 9A, 9C, 9D, 9E, F9). CS_ERR_ARG for other
 * references. */
CS_MUST_CHECK enum cs_err cc_piv_slot_object(uint8_t slot, uint32_t *object);

/* Appends the certificate (DER) of the slot to out; if *compressed, what was appended is the gzip stream that
 * the card holds, for the caller to inflate. CS_ERR_NOT_FOUND, CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err cc_piv_get_certificate(struct cc_card *card, uint8_t slot, struct cs_writer *out,
						 bool *compressed);

/* What the object of a certificate holds. CS_ERR_LENGTH: it does not fit out. */
CS_MUST_CHECK enum cs_err cc_piv_certificate_object(struct cs_view certificate, bool compressed, struct cs_writer *out);

/* Management key first. An empty certificate deletes the object. */
CS_MUST_CHECK enum cs_err cc_piv_put_certificate(struct cc_card *card, uint8_t slot,
						 struct cs_view certificate, bool compressed);

/* ---- keys ---- */

struct cc_attributes;

struct cc_piv_public {
	enum piv_alg alg; /* 0 where the answer did not tell it (cc_piv_parse_public with alg 0) */
	uint8_t modulus[CC_PIV_MODULUS_MAX];
	size_t modulus_len; /* RSA: big-endian, no leading zeros */
	uint8_t exponent[8];
	size_t exponent_len;
	uint8_t point[CC_PIV_POINT_MAX]; /* EC, SM2: 04 X Y; others: the raw key */
	size_t point_len;
};

/* Fields of an RSA private key are big-endian, each at most half the modulus long; they are padded here. EC:
 * scalar alone. */
struct cc_piv_private {
	struct cs_view p, q, dp, dq, qinv; /* RSA */
	struct cs_view scalar; /* EC, SM2: the number; Ed25519, X25519: the 32 bytes; ML-DSA, ML-KEM: the seed */
};

/* What a key asks for at each use; PIV_PIN_DEFAULT and PIV_TOUCH_DEFAULT are not sent. */
struct cc_piv_policy {
	enum piv_pin_policy pin;
	enum piv_touch_policy touch;
};

/* Bits of an RSA modulus or of an EC field, e.g. 2048, 256; 0 for an algorithm that is neither. */
unsigned cc_piv_alg_bits(enum piv_alg alg);
bool cc_piv_alg_is_rsa(enum piv_alg alg);

/* A new key in slot 04, with which hosts establish PIV's secure messaging, and its certificates. Our cards only. Management
 * key first. */
CS_MUST_CHECK enum cs_err cc_piv_generate_sm(struct cc_card *card, enum piv_sm_suites suite);

/* Management key first. Takes seconds for RSA. Whatever was in the slot is lost; its certificate stays. attributes (csgn.h): what our
 * card is to keep with the key, from the beginning; NULL: nothing, as with any other card. */
CS_MUST_CHECK enum cs_err cc_piv_generate(struct cc_card *card, uint8_t slot, enum piv_alg alg,
					  struct cc_piv_policy policy, const struct cc_attributes *attributes,
					  struct cc_piv_public *out);

/* Management key first; attributes likewise. CS_ERR_ARG where a field is missing or of a length that alg does not have. */
CS_MUST_CHECK enum cs_err cc_piv_import(struct cc_card *card, uint8_t slot, enum piv_alg alg,
					const struct cc_piv_private *key, struct cc_piv_policy policy,
					const struct cc_attributes *attributes);

/* The private operation. RSA: input of exactly the modulus' length (the padding is the caller's), output
 * likewise: it signs and it decrypts. EC: input is the digest (a longer one than the field is cut, a shorter
 * one passed), output the DER ECDSA-Sig-Value. SM2: input is e (32 bytes; PROTOCOL 4.3), output as EC's. Ed25519 and
 * ML-DSA: input is the message, output the signature. PIN first; for slot 9C right before. A slot without a key:
 * CS_ERR_NOT_FOUND from ours, CS_ERR_ARG, CS_ERR_STATE from others. CS_ERR_ARG where the algorithm does not sign;
 * CS_ERR_LENGTH: the message is longer than a command (ML-DSA: cc_piv_sign_mu). */
CS_MUST_CHECK enum cs_err cc_piv_private_op(struct cc_card *card, uint8_t slot, enum piv_alg alg,
					    struct cs_view input, struct cs_writer *out);

/* ML-DSA over mu, PIV_MLDSA_MU_LEN bytes, which the host made of the message (FIPS 204, 6.2). CS_ERR_UNSUPPORTED: not
 * from this card's family. */
CS_MUST_CHECK enum cs_err cc_piv_sign_mu(struct cc_card *card, uint8_t slot, enum piv_alg alg,
					 struct cs_view mu, struct cs_writer *out);

/* The shared secret (X coordinate, or X25519's 32 bytes) with the peer's point (04 X Y, or 32 bytes). PIN
 * first. */
CS_MUST_CHECK enum cs_err cc_piv_ecdh(struct cc_card *card, uint8_t slot, enum piv_alg alg,
				      struct cs_view peer, struct cs_writer *out);

/* ML-KEM: the shared secret in a ciphertext. PIN first. */
CS_MUST_CHECK enum cs_err cc_piv_decapsulate(struct cc_card *card, uint8_t slot, enum piv_alg alg,
					     struct cs_view ciphertext, struct cs_writer *out);

struct cc_piv_metadata {
	uint8_t algorithm; /* enum piv_alg, whatever the card calls it, or FF for a PIN */
	struct cc_piv_policy policy;
	enum piv_origin origin; /* 0 where not told */
	bool has_public;
	struct cc_piv_public public_key;
	bool is_default; /* PIN, PUK, management key: still the factory's */
	bool has_tries;
	unsigned tries_total, tries_left;
};

/* ref: a slot, 9B, or a PIN reference. CS_ERR_NOT_FOUND: an empty slot. CS_ERR_UNSUPPORTED: not from this
 * card. */
CS_MUST_CHECK enum cs_err cc_piv_metadata(struct cc_card *card, uint8_t ref, struct cc_piv_metadata *out);

/* Appends the attestation certificate (DER) of a key that was generated on the card. */
CS_MUST_CHECK enum cs_err cc_piv_attest(struct cc_card *card, uint8_t slot, struct cs_writer *out);

/* Management key first. to must be empty. CS_ERR_NOT_FOUND, CS_ERR_EXISTS. */
CS_MUST_CHECK enum cs_err cc_piv_move_key(struct cc_card *card, uint8_t from, uint8_t to);
CS_MUST_CHECK enum cs_err cc_piv_delete_key(struct cc_card *card, uint8_t slot);

/* ---- management ---- */

/* Mutual authentication with the management key (SP 800-73-5 part 2, A.2): alg is PIV_ALG_3DES, AES128,
 * AES192 or AES256, and key has its length (24, 16, 24, 32). CS_ERR_ARG else. 0: the card did not tell, and it is whichever it takes
 * of those whose keys have this length. CS_ERR_WRONG: the card refuses the key, or cannot prove it has it. */
CS_MUST_CHECK enum cs_err cc_piv_authenticate(struct cc_card *card, enum piv_alg alg, struct cs_view key);

/* The algorithm of the card's management key: from metadata; 0 where the card does not tell. */
CS_MUST_CHECK enum cs_err cc_piv_management_alg(struct cc_card *card, enum piv_alg *alg);

/* Management key first. alg 0: of the same algorithm as that one. */
CS_MUST_CHECK enum cs_err cc_piv_set_management_key(struct cc_card *card, enum piv_alg alg,
						    struct cs_view key, bool touch);

/* Management key and PIN first. Sets PIN and PUK back to the factory's, with these tries (1 to 15). */
CS_MUST_CHECK enum cs_err cc_piv_set_retries(struct cc_card *card, unsigned pin_tries, unsigned puk_tries);

/* Erases PIV; PIN and PUK must both be blocked, else CS_ERR_STATE. */
CS_MUST_CHECK enum cs_err cc_piv_reset(struct cc_card *card);

#endif
