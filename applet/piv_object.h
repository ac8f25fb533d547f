/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Data objects by tag.
 */
#ifndef COUNTERSIGN_APPLET_PIV_OBJECT_H
#define COUNTERSIGN_APPLET_PIV_OBJECT_H

#include "applet/card_private.h"

/* The record that holds the contents of an object's tag 53; 0 for a tag that no object has, or that is not
 * stored. */
uint16_t piv_object_record(uint32_t tag);

/* The tag of the object that a record holds: the other way round. */
uint32_t piv_object_tag(uint16_t record);

/* Whether the object is for the PIN's holder alone: by the standard, or by its attributes (CSGN_FLAG_PRIVATE). record may
 * be 0. */
CS_MUST_CHECK enum cs_err piv_object_needs_pin(struct card *card, uint16_t record, bool *needs_pin);

/* Writes the object; without contents it is deleted, its attributes too. attributes, if not NULL, are its elements from
 * now on; else they stay. A certificate gives the CHUID a new GUID in the same breath. As content_apply. */
CS_MUST_CHECK enum cs_err piv_object_put(struct card *card, uint16_t record, struct cs_view contents,
					 const struct cs_view *attributes);

/* The certificate (DER) in an object's contents: the value of 70, if it is not compressed. CS_ERR_NOT_FOUND.
 */
CS_MUST_CHECK enum cs_err piv_object_certificate(struct cs_view contents, struct cs_view *cert);

#define PIV_CHUID_MAX 512u

/* The stored CHUID with another GUID and, where expiry is not empty, with this expiration date, in buf, as a change.
 * CS_ERR_NOT_FOUND where there is none, or one that an issuer has signed, or made in a way of his own. */
CS_MUST_CHECK enum cs_err piv_object_chuid_renew(struct card *card, uint8_t buf[PIV_CHUID_MAX], struct cs_view expiry,
						 struct store_change *change);

/* A new CHUID with a random GUID, and CCC and key history as a new card has them, appended to w. */
CS_MUST_CHECK enum cs_err piv_object_new_chuid(const struct crypto *crypto, struct cs_writer *w);
CS_MUST_CHECK enum cs_err piv_object_new_ccc(const struct crypto *crypto, struct cs_writer *w);
void piv_object_new_history(struct cs_writer *w);

#endif
