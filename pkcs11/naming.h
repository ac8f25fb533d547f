/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the objects of a token are called, and what else a program said of them that our card keeps (docs/PROTOCOL 6.10). A PIV slot has one
 * CKA_ID for its keys and its certificate: the card's, or the slot's number where it keeps none. Labels are each object's own:
 * what the card keeps, or PIV's name of the slot. Other vendors' cards keep nothing.
 *
 * Where the card keeps the slot's ID: with its key, and with its certificate. Beside what it has room for by itself it keeps, with a key
 * and as BER-TLV: 90 label of the public key where it is another than the private one's; 91 CKA_ALLOWED_MECHANISMS, 4 bytes each;
 * 92 CKA_START_DATE; 93 CKA_END_DATE; 94 what it is not to be used for, 2 bytes (key_usage.h); 97 CKA_SUBJECT. With a data object or
 * secret key: 95 what was drawn for its CKA_UNIQUE_ID when it was made. With a secret key: 96 CKA_CHECK_VALUE.
 */
#ifndef COUNTERSIGN_PKCS11_NAMING_H
#define COUNTERSIGN_PKCS11_NAMING_H

#include "pkcs11/attribute.h"
#include "pkcs11/card_attributes.h"

#define NAMING_MECHANISMS 16u /* of CKA_ALLOWED_MECHANISMS, that the card keeps */
#define NAMING_UNIQUE	  8u  /* bytes */

/* Flags of ours beside enum csgn_attribute_flag; 0: as the standard's defaults. */
enum naming_flag { NAMING_NOT_DESTROYABLE = 0x0100, NAMING_NOT_COPYABLE = 0x0200 };

/* What is kept of an object. Views borrow. */
struct naming {
	struct cs_view label, id, public_label, allowed, start, end, unique, subject;
	uint16_t flags;
	uint16_t unwanted; /* bits of key_usage.h */
};

/* What the card keeps of it: of a data object, certificate, or either half of a key. */
struct naming naming_of(struct token *token, struct object object);
/* The same, of these alone: each use of a key asks for them. */
struct cs_view naming_allowed(struct token *token, struct object object);
uint16_t naming_unwanted(struct token *token, struct object object);
/* The attributes that are to be kept, from their names. CS_ERR_LENGTH. more has CSGN_ATTRIBUTE_MORE_MAX bytes, and out borrows from it. */
CS_MUST_CHECK enum cs_err naming_attributes(const struct naming *naming, uint8_t *more, struct cc_attributes *out);

/* 95 and 96 by themselves, of what else is kept; empty: there is none. */
struct cs_view naming_unique(struct cs_view more);
struct cs_view naming_check_value(struct cs_view more);
CK_RV naming_unique_new(uint8_t unique[NAMING_UNIQUE]);
/* What is to be kept of a secret key. check: may be empty. */
enum cs_err naming_secret_write(const uint8_t unique[NAMING_UNIQUE], struct cs_view check, struct cs_writer *w);

/* CKA_ID of a slot. The view borrows from the token, or is of static storage. */
struct cs_view naming_id(const struct token *token, size_t index);
/* What is kept of an ID that the slot is to have: nothing, where its number says it. */
struct cs_view naming_id_kept(size_t index, struct cs_view id);
/* CKA_LABEL of a certificate or key. */
struct cs_view naming_label(struct token *token, struct object object);

/* The slot that has something with this CKA_ID, or (empty) has it by its number; KEYSTORE_SLOTS: none. */
size_t naming_slot(struct token *token, struct cs_view id);
/* The slot for a new key with this CKA_ID (empty: any). CKR_TEMPLATE_INCONSISTENT: it has one. CKR_DEVICE_MEMORY: none is free.
 * CKR_ATTRIBUTE_VALUE_INVALID: no card keeps such an ID, or this one keeps none. */
CK_RV naming_slot_of_key(struct token *token, struct cs_view id, size_t *index);
/* And for a new certificate with this public key, likewise: the slot of the ID, else that of its key, else one with nothing in it. */
CK_RV naming_slot_of_certificate(struct token *token, struct cs_view id, struct cs_view spki, size_t *index);

/* Writes to the card what is kept of the object; contents: of a data object, written at the same time, or NULL. CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV naming_write(struct token *token, struct object object, const struct naming *naming,
		   const struct cs_view *contents);

/* ---- templates ---- */

/* What a template says that is kept, of the public or private half of a new key, a certificate or a data object; the rest of naming stays.
 * CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV naming_take(const CK_ATTRIBUTE *attributes, CK_ULONG count, enum object_kind kind, struct naming *naming);
bool naming_date_valid(struct cs_view date);
bool naming_subject_valid(struct cs_view subject);
bool naming_label_valid(struct cs_view label, enum object_kind kind);
/* 4 bytes for each mechanism, which is how they are kept, into out. CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV naming_mechanisms(struct cs_view attribute, uint8_t out[4 * NAMING_MECHANISMS], struct cs_view *kept);
/* Whether a private key may be used so: its CKA_ALLOWED_MECHANISMS, where it was made with one, names the mechanism. */
bool naming_allows(struct token *token, struct object object, CK_MECHANISM_TYPE type);
bool naming_empty(const struct naming *naming);

#endif
