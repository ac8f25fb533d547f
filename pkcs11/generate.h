/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Making key pairs on the card.
 */
#ifndef COUNTERSIGN_PKCS11_GENERATE_H
#define COUNTERSIGN_PKCS11_GENERATE_H

#include "pkcs11/naming.h"
#include "pkcs11/session.h"
#include "pkcs11/token.h"

/* The two templates of C_GenerateKeyPair. */
struct key_templates {
	const CK_ATTRIBUTE *public;
	CK_ULONG public_count;
	const CK_ATTRIBUTE *private;
	CK_ULONG private_count;
};

/* CKA_ID in either template names the PIV slot (naming.h); without one the first free slot is taken. A slot that has a key is not
 * overwritten: CKR_TEMPLATE_INCONSISTENT; destroy that key first. */
CK_RV generate_key_pair(struct session *session, const CK_MECHANISM *mechanism,
			const struct key_templates *templates, CK_OBJECT_HANDLE_PTR public_key,
			CK_OBJECT_HANDLE_PTR private_key);

/* What the templates say that is kept of a new key. Views borrow from the templates. */
struct key_naming {
	struct naming of; /* its id is that of either template */
	uint8_t allowed[4 * NAMING_MECHANISMS];
};
/* Of a key of this algorithm. CKR_ATTRIBUTE_VALUE_INVALID; CKR_ATTRIBUTE_READ_ONLY; CKR_TEMPLATE_INCONSISTENT: what no key on a token
 * is (CKA_SENSITIVE false, CKA_EXTRACTABLE true), what this token cannot keep, or two templates that differ. */
CK_RV key_naming_take(const struct token *token, enum piv_alg alg, const struct key_templates *t,
		      struct key_naming *out);
/* The same refusals, but for those that depend on what another vendor's card keeps and on the algorithm, and that it is longer than what
 * our card keeps: before it is known which key it will be. */
CK_RV key_naming_check(struct token *token, const struct key_templates *t);
/* The same as the command that makes the key tells it to a card that keeps it, so that there is never a key without it. */
struct key_kept {
	uint8_t more[CSGN_ATTRIBUTE_MORE_MAX];
	struct cc_attributes attributes;
	const struct cc_attributes *sent; /* NULL: nothing is to be kept */
};
/* For a key that is to be made in this slot. out stays where it is, and borrows from naming. CKR_ATTRIBUTE_VALUE_INVALID: it is longer than
 * what the card keeps. CKR_TEMPLATE_INCONSISTENT: a subject that another vendor's card does not keep. */
CK_RV key_kept_of(struct token *token, size_t index, const struct key_naming *naming, struct key_kept *out);
/* The key was made, and we know of it: with this. */
CK_RV key_kept_now(struct token *token, size_t index, const struct key_kept *kept);

/* The command that was to make a key in this slot, which was free, has failed: what it may have made nobody would know of, and goes, where
 * the card is still held. Where it was reset, what is there may be another program's, and stays. */
void key_unmake(struct token *token, size_t index, enum cs_err err);

/* The PIN policy that CKA_ALWAYS_AUTHENTICATE and CKA_PRIVATE ask for, where they are named. A key that is not private wants no PIN, which is the policy of slot
 * 9E alone: CKR_TEMPLATE_INCONSISTENT for all others. */
CK_RV key_policy(const struct key_templates *t, size_t index, struct cc_piv_policy *policy);

/* What is said of a kind of key of which the card does not have the one that is asked for. */
CK_RV key_alg_missing(CK_KEY_TYPE type);

/* CKR_SESSION_READ_ONLY, CKR_USER_NOT_LOGGED_IN, or CKR_OK where the session may write to the token. */
CK_RV session_may_write(const struct session *session);

#endif
