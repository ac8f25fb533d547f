/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Data objects: the containers that PIV defines, and a few of our own for what applications create. Ours hold
 * a PKCS #11 data object as BER-TLV: 80 label, 81 application, 82 object identifier (DER), 83 value.
 */
#ifndef COUNTERSIGN_PKCS11_DATASTORE_H
#define COUNTERSIGN_PKCS11_DATASTORE_H

#include "base/bytes.h"
#include "cardclient/csgn.h"

#define DATASTORE_PIV	9u /* containers of PIV */
#define DATASTORE_OWN	8u /* of ours, at 5FFF30 to 5FFF37 */
#define DATASTORE_SLOTS (DATASTORE_PIV + DATASTORE_OWN)

struct token;

struct data_slot {
	bool known, there;
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
/* Writes a new object to a free place of ours, or, where object_id or label names one of PIV's containers,
 * there. CS_ERR_FULL: no place free. CS_ERR_LENGTH. */
CS_MUST_CHECK enum cs_err datastore_put(struct token *token, const struct data_view *data, size_t *index);
CS_MUST_CHECK enum cs_err datastore_delete(struct token *token, size_t index);
/* What the card told of its contents at once; and whether it told of this object. */
void datastore_learn(struct token *token, const struct cc_csgn_contents *contents);
bool datastore_told(const struct cc_csgn_contents *contents, uint32_t object);
/* The name of one of PIV's containers; NULL for one of ours. */
const char *datastore_name(size_t index);
/* True for PIV's containers that the card shows after the PIN only. */
bool datastore_private(size_t index);
void datastore_free(struct datastore *data);

#endif
