/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Objects and their handles. What is on the card has handles made of kind, place and the place's generation (place.h), the same in every
 * session while the token is in and the object there: for each PIV slot a certificate, a public and a private key with the same CKA_ID,
 * PIV's data objects and ours. Session objects are in memory.
 */
#ifndef COUNTERSIGN_PKCS11_OBJECT_H
#define COUNTERSIGN_PKCS11_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "pkcs11/pkcs11.h"

struct session;
struct slot;
struct token;

enum object_kind {
	OBJECT_CERTIFICATE = 1, /* index: of keystore.h's slot, like the next two */
	OBJECT_PUBLIC,
	OBJECT_PRIVATE,
	OBJECT_DATA,	/* index: of datastore.h */
	OBJECT_PROFILE, /* index: of the profiles that the module claims */
	OBJECT_MEMORY,	/* a session object; index: its number */
	OBJECT_OTP,	/* a one-time-password credential; index: its number in otp_store.h */
	OBJECT_SECRET,	/* a secret key of the card; index: of secrets.h */
};

struct object {
	enum object_kind kind;
	size_t index;
};

/* An object as it was when it was taken up for a use that goes on; another may take its place meanwhile (place.h). */
struct meant {
	struct object object;
	unsigned generation;
};

/* A handle of what is there now: place.h. */
CK_OBJECT_HANDLE object_handle(struct token *token, struct object object);
/* A number of kind and place alone. */
CK_ULONG object_place(struct object object);

/* CKR_OBJECT_HANDLE_INVALID where nothing of this handle is there, or is not to be seen without login. */
CK_RV object_resolve(struct slot *slot, CK_OBJECT_HANDLE handle, struct object *out);
/* The same of a place, whatever it holds. */
CK_RV object_visible(struct token *token, struct object object);

/* Private and not logged in: as if it were not there. */
bool object_hidden(const struct token *token, struct object object);

/* ---- session objects ---- */

struct memory_object {
	struct memory_object *next;
	struct session *owner;
	size_t number;
	CK_ATTRIBUTE *attributes; /* owned, values too */
	size_t count;
};

/* A session object with a copy of these attributes, of the second list where its types are not in the first, and of what else its
 * class has. CKR_HOST_MEMORY, CKR_TEMPLATE_INCONSISTENT (an attribute twice), CKR_ATTRIBUTE_READ_ONLY (one that is not its
 * maker's to say). */
CK_RV memory_object_new(struct session *owner, const CK_ATTRIBUTE *attributes, size_t count,
			const CK_ATTRIBUTE *defaults, size_t default_count, struct object *out);
struct memory_object *memory_object_find(const struct token *token, size_t number);
/* Adds what it has by its class and does not have yet. */
CK_RV memory_object_complete(struct memory_object *object);
/* NULL where it has no such attribute. */
const CK_ATTRIBUTE *memory_object_attribute(const struct memory_object *object, CK_ATTRIBUTE_TYPE type);
/* Replaces or adds an attribute: CKR_HOST_MEMORY. */
CK_RV memory_object_set(struct memory_object *object, const CK_ATTRIBUTE *attribute);
void memory_object_free(struct token *token, size_t number);
/* What nobody but the user who is logged in may see, wiped. */
void memory_objects_free_private(struct token *token);
/* All that the session made; NULL: all there are. */
void memory_objects_free(struct token *token, const struct session *owner);

#endif
