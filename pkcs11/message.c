/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Message-based operations.
 *
 * Invariants:
 *  1. A nonce that is counted comes once under a key, whichever operation asks for it.
 *  2. Chance is asked for a nonce only where it has 96 bits to fill.
 *  3. A message that failed is over.
 */
#include "pkcs11/message.h"

#include <string.h>

#include "pkcs11/cipher.h"
#include "pkcs11/operation.h"
#include "pkcs11/random.h"
#include "pkcs11/sign.h"
#include "pkcs11/token.h"
#include "pkcs11/verify.h"

#define COUNTER_LEAST 8u		/* bytes of a nonce that a counter has to have to itself */
#define RANDOM_LEAST  NONCE_COUNTER_LEN /* that chance has to have: 96 bits (SP 800-38D, 8.2.2) */

static const CK_FLAGS flags[OP_COUNT] = {[OP_MESSAGE_SIGN] = CKF_MESSAGE_SIGN,
					 [OP_MESSAGE_VERIFY] = CKF_MESSAGE_VERIFY,
					 [OP_MESSAGE_ENCRYPT] = CKF_MESSAGE_ENCRYPT,
					 [OP_MESSAGE_DECRYPT] = CKF_MESSAGE_DECRYPT};

CK_RV message_init(struct session *session, enum operation_kind kind, const CK_MECHANISM *mechanism,
		   CK_OBJECT_HANDLE key)
{
	return operation_begin(session, kind, flags[kind], mechanism, key);
}

CK_RV message_final(struct session *session, enum operation_kind kind)
{
	struct operation *op = &session->operations[kind];

	if (!op->active)
		return CKR_OPERATION_NOT_INITIALIZED;
	/* In the middle of a message there is no signature yet that could be final. */
	if (op->in_message)
		return CKR_OPERATION_ACTIVE;
	operation_end(op);
	return CKR_OK;
}

/* Between messages, or (inside) in the middle of one. */
static CK_RV expect(struct session *session, enum operation_kind kind, bool inside)
{
	const struct operation *op = &session->operations[kind];

	if (!op->active || (inside && !op->in_message))
		return CKR_OPERATION_NOT_INITIALIZED;
	return op->in_message == inside ? CKR_OK : CKR_OPERATION_ACTIVE;
}

/* ---- nonces ---- */

/* One counter for all keys of a token, over whatever operations: under no key it says the same twice. It
 * begins by chance, since a key of the card's, or one that is brought again, has other users than this
 * process. */
static CK_RV count_nonce(struct token *token, CK_BYTE *out, size_t len)
{
	size_t counted = len < NONCE_COUNTER_LEN ? len : NONCE_COUNTER_LEN;
	CK_RV rv = CKR_OK;

	if (!token->nonce_drawn)
		rv = random_fill(token->nonce, NONCE_COUNTER_LEN);
	if (rv != CKR_OK)
		return rv;
	token->nonce_drawn = true;
	for (size_t i = NONCE_COUNTER_LEN; i-- > 0 && ++token->nonce[i] == 0;)
		;
	memset(out, 0, len - counted);
	memcpy(out + len - counted, token->nonce + NONCE_COUNTER_LEN - counted, counted);
	return CKR_OK;
}

/* Fills the part of the nonce that is the module's to choose. The fixed bits come first (v3.2, 6.13.3). */
static CK_RV make_nonce(struct token *token, const CK_GCM_MESSAGE_PARAMS *p)
{
	size_t fixed = p->ulIvFixedBits / 8, own = p->ulIvLen - fixed;

	if (p->ivGenerator == CKG_GENERATE_RANDOM)
		return random_fill(p->pIv + fixed, own);
	return count_nonce(token, p->pIv + fixed, own);
}

static CK_RV check_nonce(const CK_GCM_MESSAGE_PARAMS *p, bool decrypts)
{
	size_t least = p->ivGenerator == CKG_GENERATE_RANDOM ? RANDOM_LEAST : COUNTER_LEAST;

	if (p->pIv == NULL || p->ulIvLen == 0 || p->ulIvLen > GCM_IV_MAX)
		return CKR_MECHANISM_PARAM_INVALID;
	/* Who decrypts has the nonce, and says nothing of how it is made. */
	if (decrypts || p->ivGenerator == CKG_NO_GENERATE)
		return CKR_OK;
	if (p->ivGenerator != CKG_GENERATE && p->ivGenerator != CKG_GENERATE_RANDOM &&
	    p->ivGenerator != CKG_GENERATE_COUNTER)
		return CKR_MECHANISM_PARAM_INVALID;
	if (p->ulIvFixedBits % 8 != 0 || p->ulIvFixedBits / 8 > p->ulIvLen ||
	    p->ulIvLen - p->ulIvFixedBits / 8 < least)
		return CKR_MECHANISM_PARAM_INVALID;
	return CKR_OK;
}

static CK_RV read_params(struct operation *op, struct cs_view params, CK_GCM_MESSAGE_PARAMS *p)
{
	if (params.ptr == NULL || params.len != sizeof(*p))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(p, params.ptr, sizeof(*p));
	op->mac_len = gcm_tag_bytes(p->ulTagBits);
	return op->mac_len > 0 && p->pTag != NULL ? check_nonce(p, op->decrypts)
						  : CKR_MECHANISM_PARAM_INVALID;
}

/* Takes the nonce of a new message, or makes it: it is the caller's to send. */
static CK_RV take_nonce(struct token *token, struct operation *op, const CK_GCM_MESSAGE_PARAMS *p)
{
	CK_RV rv = CKR_OK;

	if (!op->decrypts && p->ivGenerator != CKG_NO_GENERATE)
		rv = make_nonce(token, p);
	buffer_cut(&op->iv, 0);
	if (rv == CKR_OK)
		rv = buffer_append(&op->iv, cs_view(p->pIv, p->ulIvLen), GCM_IV_MAX);
	return rv;
}

/* ---- encrypting and decrypting ---- */

static CK_RV run(struct session *session, struct operation *op, const CK_GCM_MESSAGE_PARAMS *p,
		 struct cs_view aad, struct cs_view text, struct buffer *out)
{
	struct gcm gcm = {.decrypt = op->decrypts,
			  .iv = buffer_view(&op->iv),
			  .aad = aad,
			  .text = text,
			  .tag_len = op->mac_len};
	struct secret_key key;
	CK_RV rv = operation_secret(session->slot->token, op, &key);

	if (rv == CKR_OK && gcm.decrypt)
		memcpy(gcm.tag, p->pTag, gcm.tag_len);
	if (rv == CKR_OK)
		rv = gcm_run(session->slot->token, &key, &gcm, out);
	if (rv == CKR_OK && !gcm.decrypt)
		memcpy(p->pTag, gcm.tag, gcm.tag_len);
	return rv;
}

CK_RV message_crypt(struct session *session, struct operation *op, struct cs_view params, struct cs_view aad,
		    struct cs_view text, struct buffer *out)
{
	CK_GCM_MESSAGE_PARAMS p;
	CK_RV rv = read_params(op, params, &p);

	if (rv == CKR_OK)
		rv = take_nonce(session->slot->token, op, &p);
	return rv == CKR_OK ? run(session, op, &p, aad, text, out) : rv;
}

CK_RV message_crypt_once(struct session *session, enum operation_kind kind, struct cs_view params,
			 struct cs_view aad, struct cs_view text, CK_BYTE_PTR out, CK_ULONG_PTR len)
{
	struct buffer made = {NULL, 0, 0};
	CK_RV rv = expect(session, kind, false);

	if (rv != CKR_OK || output_asks(text.len, out, len, &rv))
		return rv;
	rv = message_crypt(session, &session->operations[kind], params, aad, text, &made);
	if (rv == CKR_OK)
		rv = output_bytes(buffer_view(&made), out, len);
	buffer_wipe(&made);
	return rv;
}

static void message_over(struct operation *op)
{
	op->in_message = false;
	buffer_wipe(&op->data);
	buffer_wipe(&op->label);
}

CK_RV message_crypt_next(struct session *session, enum operation_kind kind, struct cs_view params,
			 struct cs_view text, bool last, CK_BYTE_PTR out, CK_ULONG_PTR len)
{
	struct operation *op = &session->operations[kind];
	struct buffer made = {NULL, 0, 0};
	CK_GCM_MESSAGE_PARAMS p;
	CK_RV rv = expect(session, kind, true);

	if (rv == CKR_OK)
		rv = read_params(op, params, &p);
	if (rv == CKR_OK && last && output_asks(op->data.len + text.len, out, len, &rv))
		return rv;
	if (rv == CKR_OK)
		rv = buffer_append(&op->data, text, CIPHER_DATA_MAX);
	if (rv == CKR_OK && !last) {
		*len = 0;
		return CKR_OK;
	}
	if (rv == CKR_OK)
		rv = run(session, op, &p, buffer_view(&op->label), buffer_view(&op->data), &made);
	if (rv == CKR_OK)
		rv = output_bytes(buffer_view(&made), out, len);
	buffer_wipe(&made);
	if (op->in_message)
		message_over(op);
	return rv;
}

CK_RV message_begin(struct session *session, enum operation_kind kind, struct cs_view params,
		    struct cs_view aad)
{
	struct operation *op = &session->operations[kind];
	CK_GCM_MESSAGE_PARAMS p;
	CK_RV rv = expect(session, kind, false);

	if (rv != CKR_OK)
		return rv;
	if (kind == OP_MESSAGE_SIGN || kind == OP_MESSAGE_VERIFY) {
		rv = params.len == 0 ? operation_again(op) : CKR_MECHANISM_PARAM_INVALID;
	} else {
		rv = read_params(op, params, &p);
		/* Of a message that could not begin there may be some. */
		buffer_cut(&op->label, 0);
		if (rv == CKR_OK)
			rv = buffer_append(&op->label, aad, CIPHER_DATA_MAX);
		if (rv == CKR_OK)
			rv = take_nonce(session->slot->token, op, &p);
	}
	op->in_message = rv == CKR_OK;
	return rv;
}

/* ---- signatures ---- */

CK_RV message_sign(struct session *session, struct cs_view params, struct cs_view data, CK_BYTE_PTR signature,
		   CK_ULONG_PTR len)
{
	struct operation *op = &session->operations[OP_MESSAGE_SIGN];
	bool goes_on = false;
	CK_RV rv = expect(session, OP_MESSAGE_SIGN, false);

	if (rv == CKR_OK && params.len > 0)
		rv = CKR_MECHANISM_PARAM_INVALID;
	if (rv == CKR_OK)
		rv = operation_again(op);
	return rv == CKR_OK ? sign_complete(session, op, data, signature, len, &goes_on) : rv;
}

CK_RV message_sign_next(struct session *session, struct cs_view params, struct cs_view data,
			CK_BYTE_PTR signature, CK_ULONG_PTR len)
{
	struct operation *op = &session->operations[OP_MESSAGE_SIGN];
	bool goes_on = false;
	CK_RV rv = expect(session, OP_MESSAGE_SIGN, true);

	if (rv == CKR_OK && params.len > 0)
		rv = CKR_MECHANISM_PARAM_INVALID;
	if (rv != CKR_OK)
		return rv;
	if (len == NULL)
		rv = operation_update(op, data);
	else
		rv = sign_complete(session, op, data, signature, len, &goes_on);
	op->in_message = goes_on || (len == NULL && rv == CKR_OK);
	return rv;
}

CK_RV message_verify(struct session *session, struct cs_view params, struct cs_view data,
		     struct cs_view signature)
{
	struct operation *op = &session->operations[OP_MESSAGE_VERIFY];
	CK_RV rv = expect(session, OP_MESSAGE_VERIFY, false);

	if (rv == CKR_OK && params.len > 0)
		rv = CKR_MECHANISM_PARAM_INVALID;
	if (rv == CKR_OK)
		rv = operation_again(op);
	return rv == CKR_OK ? verify_complete(session, op, data, signature) : rv;
}

CK_RV message_verify_next(struct session *session, struct cs_view params, struct cs_view data,
			  struct cs_view signature)
{
	struct operation *op = &session->operations[OP_MESSAGE_VERIFY];
	CK_RV rv = expect(session, OP_MESSAGE_VERIFY, true);

	if (rv == CKR_OK && params.len > 0)
		rv = CKR_MECHANISM_PARAM_INVALID;
	if (rv != CKR_OK)
		return rv;
	if (signature.ptr == NULL)
		rv = operation_update(op, data);
	else
		rv = verify_complete(session, op, data, signature);
	op->in_message = signature.ptr == NULL && rv == CKR_OK;
	return rv;
}
