/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Data objects: the containers that PIV defines, and a few of our own for what applications create. Ours hold
 * a PKCS #11 data object as BER-TLV: 80 label, 81 application, 82 object identifier (DER), 83 value.
 */
#ifndef COUNTERSIGN_PKCS11_DATASTORE_H
#define COUNTERSIGN_PKCS11_DATASTORE_H

#include "base/bytes.h"
#include "cardclient/inventory.h"
#include "pkcs11/card_attributes.h"

#define DATASTORE_PIV     9u  /* containers of PIV */
#define DATASTORE_OWN     32u /* of ours, at 5FFF30 to 5FFF4F */
#define DATASTORE_FOREIGN 8u  /* of them on a card that does not tell which are there: each is asked for */
#define DATASTORE_SLOTS   (DATASTORE_PIV + DATASTORE_OWN)

struct token;

struct data_slot {
	bool known, there;
	bool private; /* one of ours that the card shows after the PIN only */
	bool digest_told;
	uint8_t digest[32]; /* SHA-256 of the card's object */
	struct card_attributes attributes;
	uint8_t *content; /* owned: of the card's object; NULL where it has not been read yet */
	size_t content_len;
};

struct datastore {
	struct data_slot slots[DATASTORE_SLOTS];
};

/* What a data object's attributes are. Views borrow from the token until it changes the object. */
struct data_view {
	struct cs_view label, application, object_id, value;
};

CS_MUST_CHECK enum cs_err datastore_has(struct token *token, size_t index, bool *there);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err datastore_get(struct token *token, size_t index, struct data_view *out);
/* CKA_OBJECT_ID of the object, in DER: own is what datastore_get told. */
CS_MUST_CHECK enum cs_err datastore_object_id(size_t index, struct cs_view own, struct cs_writer *w);
/* Finds out about all objects in one transaction. */
CS_MUST_CHECK enum cs_err datastore_load(struct token *token);
/* Asks the card for it, whatever is known. */
CS_MUST_CHECK enum cs_err datastore_ask_anew(struct token *token, size_t index);
/* With the card held (hold.h), the place for a new object: a free one of ours, or, where object_id or label names one of PIV's containers, that. CS_ERR_FULL. */
CS_MUST_CHECK enum cs_err datastore_place(struct token *token, const struct data_view *data, size_t *index);
/* What the card's object holds for it there. CS_ERR_LENGTH. */
CS_MUST_CHECK enum cs_err datastore_encode(size_t index, const struct data_view *data, struct cs_writer *w);
/* PUT DATA. */
CS_MUST_CHECK enum cs_err datastore_put(struct token *token, size_t index, struct cs_view content);
/* The card's object was written in another way. */
CS_MUST_CHECK enum cs_err datastore_written(struct token *token, size_t index, struct cs_view content, bool private);
/* Its tag. */
uint32_t datastore_object(size_t index);
CS_MUST_CHECK enum cs_err datastore_delete(struct token *token, size_t index);
/* The name of one of PIV's containers; NULL for one of ours. */
const char *datastore_name(size_t index);
/* True for what the card shows after the PIN only. */
bool datastore_private(const struct token *token, size_t index);
/* Wipes what was read of those: it is read again when the PIN is there again. */
void datastore_forget_private(struct token *token);

/* ---- from INVENTORY ---- */

/* Of what nothing is told after this is not there. */
void datastore_all_told(struct datastore *data);
/* The same, and there is nothing that would be made when it is asked for. */
void datastore_none(struct datastore *data);
/* An entry that is none of these objects is left alone. CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err datastore_take(struct datastore *data, const struct cc_entry *entry);
/* now is as fresh from here on, with what was read already of objects that are still the same; fresh is then empty. */
void datastore_replace(struct datastore *now, struct datastore *fresh);
/* There are objects of which the card tells more after the PIN. */
bool datastore_untold(const struct datastore *data);

void datastore_free(struct datastore *data);

#endif
