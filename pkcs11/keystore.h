/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's 24 PIV slots as we know them. Our card tells of all at once (keystore_take). No certificate of ours is read before
 * someone wants to know what is in it.
 *
 * Of another vendor's card, what is asked is asked once, when it is first needed:
 *   - a key is where a certificate is; its metadata (policies, public key, origin), where the card has such a command, is asked
 *     for when one of them is wanted, at the latest before the key is used
 *   - metadata of one of the first four slots without a certificate is asked for at once: nothing else tells of a key there
 *   - a search that names no slot looks for certificates in retired slots as far as the key history object counts them; on a card
 *     where it counts none (the reference token's tools do not) once the user is logged in. A search that names the slot looks
 *     there at once, for a key without a certificate too.
 *   - what the card then refuses to show or tell, in whatever way, is not there, and hides nothing else; a certificate is asked for
 *     once more after the login
 *
 * All is kept until the card goes, tells otherwise, or we change it ourselves. CKA_ID is the slot's number here plus one, where
 * the card keeps no other.
 */
#ifndef COUNTERSIGN_PKCS11_KEYSTORE_H
#define COUNTERSIGN_PKCS11_KEYSTORE_H

#include "base/bytes.h"
#include "base/piv.h"
#include "cardclient/inventory.h"
#include "cardclient/piv.h"
#include "pkcs11/card_attributes.h"
#include "pkcs11/pubkey.h"

#define KEYSTORE_SLOTS 24u

struct token;

struct key_slot {
	bool key_known, has_key;
	bool key_presumed; /* there was a key when this card was last seen: presence.h */
	bool key_doubtful; /* and there was none, beside a certificate: the card is asked whether there is now */
	bool key_made;	   /* one was seen or written here, and not deleted: where the card does not tell, it is still there */
	bool key_news;	   /* presence.h has yet to remember that it was made or deleted here */
	bool key_untold;   /* the card would not tell of it: what a certificate says is all there is */
	bool key_refused;  /* nor once before: a slot counts once */
	bool foreign; /* has a key of a kind that we do not know: it is not shown, nor written over */
	enum piv_alg alg;
	struct cc_piv_policy policy;
	enum piv_origin origin;
	uint8_t *spki; /* owned; NULL where the card did not tell it */
	size_t spki_len;
	unsigned spki_copy; /* no two that were ever kept have the same number; of the certificate, too */
	struct card_attributes attributes; /* of the key, both halves */
	bool certificate_known, has_certificate;
	bool certificate_withheld; /* another vendor's card would not show it, if there is one; */
	bool withheld_from_user;   /* when it was asked after the login either */
	uint8_t *certificate; /* owned; NULL where it has not been read yet */
	size_t certificate_len;
	unsigned certificate_copy;
	bool digest_told;
	uint8_t digest[32]; /* SHA-256 of the object that holds the certificate */
	struct card_attributes certificate_attributes;
	bool certificate_private; /* the card shows it after the PIN only */
};

enum key_history { HISTORY_UNKNOWN, HISTORY_NONE, HISTORY_TOLD };

struct keystore {
	struct key_slot slots[KEYSTORE_SLOTS];
	/* Of another vendor's card: */
	bool no_metadata;	  /* it has no GET METADATA */
	bool metadata_told;	  /* it has, and told of a key; of how many keys it would not: */
	unsigned refusals;
	enum key_history history; /* its key history object (SP 800-73-5 part 1, 3.3.4) */
	unsigned retired;	  /* which tells how many retired keys have certificates on the card */
};

/* The key reference, and the name that PIV has for the slot: "PIV Authentication". index is below
 * KEYSTORE_SLOTS. */
uint8_t keystore_ref(size_t index);
const char *keystore_name(size_t index);

/* Each returns CS_OK, with *there saying whether the slot has it, or an error of the card. */
CS_MUST_CHECK enum cs_err keystore_has_key(struct token *token, size_t index, bool *there);
CS_MUST_CHECK enum cs_err keystore_has_certificate(struct token *token, size_t index, bool *there);
CS_MUST_CHECK enum cs_err keystore_has_public(struct token *token, size_t index, bool *there);
/* Whether a new key would take the place of one, of those too that are not shown. */
CS_MUST_CHECK enum cs_err keystore_occupied(struct token *token, size_t index, bool *occupied);
/* The same with the card held (hold.h): where it is another vendor's, and was free when it was last asked, that is asked anew. */
CS_MUST_CHECK enum cs_err keystore_occupied_now(struct token *token, size_t index, bool *occupied);
/* In a transaction of another vendor's card: asks for its key history. */
CS_MUST_CHECK enum cs_err keystore_history(struct token *token);
/* A key that was made and may be there: the card would not say, or was not asked. */
bool keystore_made_untold(const struct keystore *keys, size_t index);
/* Asks another vendor's card for what is in the slot, whatever is known of it; with the PIN, where the user is logged in and it shows
 * nothing without. */
CS_MUST_CHECK enum cs_err keystore_ask_anew(struct token *token, size_t index);

/* There are certificates of which our card tells more after the PIN. */
bool keystore_untold(const struct keystore *keys);

/* Whether a search that names no slot looks at this one. */
bool keystore_in_view(const struct token *token, size_t index);
/* Asks for the metadata of a key, if that was not done: now what is told of it is so. CS_OK where the card has none. */
CS_MUST_CHECK enum cs_err keystore_details(struct token *token, size_t index);

enum keystore_part { KEYSTORE_KEYS = 1, KEYSTORE_CERTIFICATES = 2 };

/* Finds out about all slots in view in one transaction; which: bits of enum keystore_part. */
CS_MUST_CHECK enum cs_err keystore_load(struct token *token, unsigned which);

/* The certificate (DER), borrowed until it is changed. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err keystore_certificate(struct token *token, size_t index, struct cs_view *out);
/* SubjectPublicKeyInfo: of the key, or where the card does not tell it, of the certificate. CS_ERR_NOT_FOUND.
 */
CS_MUST_CHECK enum cs_err keystore_spki(struct token *token, size_t index, struct cs_view *out);
/* The algorithm of the key. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err keystore_alg(struct token *token, size_t index, enum piv_alg *out);

/* By what is known: the slot's PIN policy, with PIV's own where the card tells none, or was not asked yet
 * (keystore_details). */
enum piv_pin_policy keystore_pin_policy(const struct token *token, size_t index);

/* ---- from INVENTORY ---- */

/* A slot of which nothing is told after this has nothing. */
void keystore_all_told(struct keystore *keys);
/* An entry that is neither a slot's key nor its certificate is left alone. CS_ERR_MEMORY, CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err keystore_take(struct keystore *keys, const struct cc_entry *entry);
/* now is as fresh from here on, with what was read already of certificates that are still the same; fresh is then empty. */
void keystore_replace(struct keystore *now, struct keystore *fresh);

/* After a change on the card. drop: nothing is known, it is asked for when it is needed. A key that is new, or gone, has no
 * attributes; a certificate that is written over keeps them; der empty: it was deleted. */
CS_MUST_CHECK enum cs_err keystore_set_key(struct token *token, size_t index, const struct cc_piv_public *key,
					   struct cc_piv_policy policy, enum piv_origin origin);
void keystore_no_key(struct token *token, size_t index);
/* One was written, if it was, of which the card has yet to tell. */
void keystore_put_key(struct token *token, size_t index, bool written);
void keystore_drop_key(struct token *token, size_t index);
CS_MUST_CHECK enum cs_err keystore_set_certificate(struct token *token, size_t index, struct cs_view der);
void keystore_drop_certificate(struct token *token, size_t index);
void keystore_free(struct keystore *keys);

/* ---- of one slot: what the card told of it ---- */

/* key: NULL where the card told no public key. */
CS_MUST_CHECK enum cs_err key_slot_set(struct key_slot *slot, enum piv_alg alg, const struct cc_piv_public *key,
				       struct cc_piv_policy policy, enum piv_origin origin);
/* A certificate that does not parse is not shown; it does not hide the others either. */
CS_MUST_CHECK enum cs_err key_slot_keep_certificate(struct key_slot *slot, struct cs_view der);

#endif
