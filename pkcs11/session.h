/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sessions, and the operations that are active in them.
 */
#ifndef COUNTERSIGN_PKCS11_SESSION_H
#define COUNTERSIGN_PKCS11_SESSION_H

#include "base/bytes.h"
#include "pkcs11/buffer.h"
#include "pkcs11/hash.h"
#include "pkcs11/mechanism.h"
#include "pkcs11/object.h"
#include "pkcs11/pkcs1.h"
#include "pkcs11/slot.h"

#define SESSION_MAX 256u /* sessions of one token */

/* The kinds of operation that a session can have active at once, one of each (PKCS #11 v3.2, 5.2). */
enum operation_kind {
	OP_SIGN,
	OP_VERIFY,
	OP_DECRYPT,
	OP_ENCRYPT,
	OP_DIGEST,
	OP_MESSAGE_SIGN,
	OP_MESSAGE_VERIFY,
	OP_MESSAGE_DECRYPT,
	OP_MESSAGE_ENCRYPT,
	OP_COUNT
};

struct cipher;
struct otp_request;

struct operation {
	bool active;
	bool recover;	 /* begun by C_SignRecoverInit or C_VerifyRecoverInit */
	bool updated;	 /* a part was given: the one-call form is closed */
	bool decrypts;	 /* of two ways, this one */
	bool has_result; /* result is made, and waits for a buffer that takes it */
	const struct mechanism *mechanism;
	struct meant key;
	const struct hash *hash, *mgf; /* of the data; of PSS and OAEP */
	size_t salt_len;	      /* PSS */
	size_t mac_len;		      /* of the MAC, or of GCM's tag */
	size_t aes_len; /* of the key that CKM_RSA_AES_KEY_WRAP puts in between */
	struct buffer prefix; /* of ML-DSA and SM2: what stands before the data (dsa.h) */
	EVP_MD_CTX *digest;	      /* of the data so far, where the mechanism hashes */
	EVP_MAC_CTX *mac;	      /* likewise, where it makes MACs with a key in memory */
	struct otp_request *otp;      /* where it is for a one-time password, owned */
	struct cipher *cipher;	      /* where it encrypts or decrypts block by block, owned */
	struct buffer data;	      /* the data so far, where it does neither */
	size_t data_max;	      /* how long that may become */
	struct buffer label;	      /* of OAEP; additional data of GCM */
	struct buffer iv;	      /* of GCM */
	struct buffer result;
	struct buffer signature; /* of C_VerifySignatureInit */
	bool signature_first;	 /* which began it */
	bool in_message;	 /* of a message-based one: between its begin and its last part */
};

struct session {
	struct session *next;
	struct slot *slot;
	CK_SESSION_HANDLE handle;
	CK_FLAGS flags;
	struct operation operations[OP_COUNT];
	unsigned pin_typed; /* the login (token.h) in which a PIN was typed here for the next use of a key; 0: none, or used up */
	bool finding;
	CK_OBJECT_HANDLE *found; /* owned */
	size_t found_count, found_next;
};

/* slot->lock is held in all of these. */
CK_RV session_open(struct slot *slot, CK_FLAGS flags, CK_SESSION_HANDLE_PTR out);
CK_RV session_close(struct session *session);
void session_close_all(struct slot *slot);
struct session *session_find(struct slot *slot, CK_SESSION_HANDLE handle);
CK_RV session_info(const struct session *session, CK_SESSION_INFO_PTR out);
CK_RV session_cancel(struct session *session, CK_FLAGS flags);
/* Sessions open on the slot; rw: only those that may write. */
CK_ULONG session_count(const struct slot *slot, bool rw);
bool session_is_rw(const struct session *session);

/* The slot that a handle belongs to; it need not be valid. */
size_t session_slot_index(CK_SESSION_HANDLE handle);

/* Wipes and frees what the operation holds and makes it inactive. */
void operation_end(struct operation *op);

#endif
