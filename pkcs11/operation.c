/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Beginning and feeding operations.
 *
 * Invariants:
 *  1. A key does what its attributes allow, and only with a mechanism for its kind.
 *  2. An operation that could not begin is not active.
 *  3. A key that lies by now in the place of the one an operation began with is not used by it.
 *  4. Who asks for a length, or has too little room, is told it, and nothing else has happened.
 */
#include "pkcs11/operation.h"

#include <string.h>

#include "pkcs11/attribute.h"
#include "pkcs11/cipher.h"
#include "pkcs11/dsa.h"
#include "pkcs11/key_usage.h"
#include "pkcs11/mac.h"
#include "pkcs11/naming.h"
#include "pkcs11/otp_sign.h"
#include "pkcs11/token.h"

#define CARD_MESSAGE_MAX 8182u /* bytes of a message that one command takes (docs/PROTOCOL 4.3) */

static CK_RV pss_params(struct operation *op, const CK_MECHANISM *m)
{
	CK_RSA_PKCS_PSS_PARAMS params;

	if (m->pParameter == NULL || m->ulParameterLen != sizeof(params))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&params, m->pParameter, sizeof(params));
	op->hash = hash_by_mechanism(params.hashAlg);
	op->mgf = hash_by_mgf(params.mgf);
	if (op->hash == NULL || op->mgf == NULL || params.sLen > PKCS1_MODULUS_MAX ||
	    (op->mechanism->hash != CKM_NONE && params.hashAlg != op->mechanism->hash))
		return CKR_MECHANISM_PARAM_INVALID;
	op->salt_len = params.sLen;
	return CKR_OK;
}

static CK_RV oaep_params(struct operation *op, const CK_MECHANISM *m)
{
	CK_RSA_PKCS_OAEP_PARAMS params;
	CK_RV rv;

	if (m->pParameter == NULL || m->ulParameterLen != sizeof(params))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&params, m->pParameter, sizeof(params));
	op->hash = hash_by_mechanism(params.hashAlg);
	op->mgf = hash_by_mgf(params.mgf);
	if (op->hash == NULL || op->mgf == NULL || params.source > CKZ_DATA_SPECIFIED ||
	    (params.pSourceData == NULL) != (params.ulSourceDataLen == 0))
		return CKR_MECHANISM_PARAM_INVALID;
	rv = buffer_append(&op->label, cs_view(params.pSourceData, params.ulSourceDataLen), ATTRIBUTE_MAX);
	return rv == CKR_DATA_LEN_RANGE ? CKR_MECHANISM_PARAM_INVALID : rv;
}

/* The key in between is wrapped by OAEP, whose parameters are in these. */
static CK_RV rsa_aes_params(struct operation *op, const CK_MECHANISM *m)
{
	CK_RSA_AES_KEY_WRAP_PARAMS params;
	CK_MECHANISM oaep = {CKM_RSA_PKCS_OAEP, NULL, sizeof(CK_RSA_PKCS_OAEP_PARAMS)};

	if (m->pParameter == NULL || m->ulParameterLen != sizeof(params))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&params, m->pParameter, sizeof(params));
	if (params.ulAESKeyBits > 256 || !secret_length_ok(CKK_AES, params.ulAESKeyBits / 8) ||
	    params.ulAESKeyBits % 8 != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	op->aes_len = params.ulAESKeyBits / 8;
	oaep.pParameter = params.pOAEPParams;
	return oaep_params(op, &oaep);
}

/* Neither pre-hashed nor with a context: that is another algorithm, which the card does not have (RFC
 * 8032, 5.1). */
static CK_RV eddsa_params(const CK_MECHANISM *m)
{
	CK_EDDSA_PARAMS params;

	if (m->ulParameterLen == 0)
		return CKR_OK;
	if (m->pParameter == NULL || m->ulParameterLen != sizeof(params))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&params, m->pParameter, sizeof(params));
	return params.phFlag == CK_FALSE && params.ulContextDataLen == 0 ? CKR_OK
									 : CKR_MECHANISM_PARAM_INVALID;
}

CK_RV operation_digest(struct operation *op)
{
	/* HashML-DSA's prefix goes before the digest, and not into it. */
	bool inside = op->mechanism->scheme != SCHEME_HASH_ML_DSA;
	struct cs_view first = inside ? buffer_view(&op->prefix) : CS_VIEW_EMPTY;

	hash_free(op->digest);
	op->digest = hash_start(op->hash);
	if (op->digest == NULL || hash_update(op->digest, first) != CS_OK)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV take_params(struct token *token, struct operation *op, const CK_MECHANISM *m, bool private)
{
	CK_RV rv = CKR_OK;

	op->data_max = PKCS1_MODULUS_MAX;
	switch (op->mechanism->scheme) {
	case SCHEME_PSS:
		rv = pss_params(op, m);
		break;
	case SCHEME_OAEP:
		rv = oaep_params(op, m);
		break;
	case SCHEME_RSA_AES:
		rv = rsa_aes_params(op, m);
		break;
	case SCHEME_EDDSA:
		op->data_max = private ? CARD_MESSAGE_MAX : CIPHER_DATA_MAX;
		return eddsa_params(m);
	case SCHEME_ML_DSA:
	case SCHEME_HASH_ML_DSA:
		op->data_max = CARD_MESSAGE_MAX;
		return dsa_begin(token, op, m, private && !token->ours);
	case SCHEME_SM2_SM3:
		return dsa_begin(token, op, m, false);
	default:
		rv = m->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
	}
	if (rv != CKR_OK || op->mechanism->hash == CKM_NONE)
		return rv;
	op->hash = hash_by_mechanism(op->mechanism->hash);
	return operation_digest(op);
}

/* ---- keys ---- */

/* What each use of a key needs: the attribute that allows it, and whether the private half does it. With
 * messages, each brings the parameters of its own. */
static const struct usage {
	CK_FLAGS flag;
	CK_ATTRIBUTE_TYPE attribute;
	bool private;
} usages[] = {
    {CKF_SIGN, CKA_SIGN, true},
    {CKF_SIGN_RECOVER, CKA_SIGN_RECOVER, true},
    {CKF_VERIFY, CKA_VERIFY, false},
    {CKF_VERIFY_RECOVER, CKA_VERIFY_RECOVER, false},
    {CKF_DECRYPT, CKA_DECRYPT, true},
    {CKF_ENCRYPT, CKA_ENCRYPT, false},
    {CKF_UNWRAP, CKA_UNWRAP, true},
    {CKF_WRAP, CKA_WRAP, false},
    {CKF_DECAPSULATE, CKA_DECAPSULATE, true},
    {CKF_ENCAPSULATE, CKA_ENCAPSULATE, false},
    {CKF_MESSAGE_SIGN, CKA_SIGN, true},
    {CKF_MESSAGE_VERIFY, CKA_VERIFY, false},
    {CKF_MESSAGE_DECRYPT, CKA_DECRYPT, true},
    {CKF_MESSAGE_ENCRYPT, CKA_ENCRYPT, false},
    {CKF_UNWRAP | CKF_MESSAGE_DECRYPT, CKA_UNWRAP, true},
    {CKF_WRAP | CKF_MESSAGE_ENCRYPT, CKA_WRAP, false},
};

static const struct usage *usage_of(CK_FLAGS flag)
{
	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		if (usages[i].flag == flag)
			return &usages[i];
	}
	return NULL;
}

CK_RV operation_key_may(struct token *token, struct object object, CK_ATTRIBUTE_TYPE usage)
{
	CK_BBOOL value = CK_FALSE;
	struct cs_writer w = cs_writer_of(&value, sizeof(value));
	CK_RV rv = attribute_get(token, object, usage, &w);

	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		return CKR_OK;
	return rv == CKR_OK && value == CK_FALSE ? CKR_KEY_FUNCTION_NOT_PERMITTED : rv;
}

/* Whether this object is a key of the mechanism's type, and of the half that the use takes. */
static CK_RV check_key(struct token *token, const struct usage *usage, const struct mechanism *m,
		       struct object object)
{
	uint8_t buffer[PUBKEY_SPKI_MAX];
	struct cs_view spki;
	struct pubkey key;
	enum piv_alg alg;
	enum cs_err err;
	CK_RV rv;

	if (m->scheme == SCHEME_OTP)
		return otp_check_key(token, m, object);
	if (usage->private) {
		if (object.kind != OBJECT_PRIVATE)
			return CKR_KEY_FUNCTION_NOT_PERMITTED;
		err = keystore_alg(token, object.index, &alg);
		if (err != CS_OK)
			return token_rv(token, err);
		return mechanism_fits(m, alg) ? CKR_OK : CKR_KEY_TYPE_INCONSISTENT;
	}
	if (object.kind == OBJECT_PRIVATE)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	rv = attribute_public_key(token, object, buffer, &spki);
	if (rv != CKR_OK)
		return rv;
	return pubkey_parse(spki, &key) == CS_OK && mechanism_fits(m, key.alg) ? CKR_OK
									       : CKR_KEY_TYPE_INCONSISTENT;
}

/* With a secret key, all that is to be begun is. */
static CK_RV take_secret(struct token *token, struct operation *op, const struct usage *usage,
			 const CK_MECHANISM *mechanism)
{
	struct secret_key key;
	CK_RV rv = secret_key_of(token, op->key.object, &key);

	if (rv == CKR_KEY_HANDLE_INVALID)
		return CKR_KEY_TYPE_INCONSISTENT;
	if (rv == CKR_OK && !mechanism_takes(op->mechanism, key.type))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (rv != CKR_OK)
		return rv;
	if ((usage->flag & (CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT)) != 0)
		return CKR_OK;
	if (cipher_scheme(op->mechanism->scheme))
		return cipher_begin(op, mechanism, &key, op->decrypts);
	return mac_begin(op, mechanism, &key);
}

/* What attribute_get would say of the attribute, of a key whose kind the mechanism was found to fit: such a
 * key can do it, and may unless its maker took that away. */
static CK_RV key_may(struct token *token, struct object object, CK_ATTRIBUTE_TYPE attribute)
{
	const struct key_usage *usage = object.kind == OBJECT_PRIVATE || object.kind == OBJECT_PUBLIC
					    ? key_usage_find(object.kind, attribute)
					    : NULL;

	if (usage == NULL)
		return operation_key_may(token, object, attribute);
	return (naming_unwanted(token, object) & usage->bit) == 0 ? CKR_OK : CKR_KEY_FUNCTION_NOT_PERMITTED;
}

CK_RV operation_setup(struct session *session, struct operation *op, CK_FLAGS usage,
		      const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	struct token *token = session->slot->token;
	struct object object;
	CK_RV rv;

	op->mechanism = mechanism_find(mechanism->mechanism);
	if (op->mechanism == NULL || (mechanism_flags(op->mechanism) & usage) != usage)
		return CKR_MECHANISM_INVALID;
	op->decrypts = usage_of(usage)->private;
	rv = object_resolve(session->slot, key, &object);
	if (rv != CKR_OK)
		return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
	op->key = place_meant(token, object);
	if (mechanism_symmetric(op->mechanism))
		rv = take_secret(token, op, usage_of(usage), mechanism);
	else
		rv = check_key(token, usage_of(usage), op->mechanism, op->key.object);
	if (rv == CKR_OK)
		rv = key_may(token, op->key.object, usage_of(usage)->attribute);
	if (rv == CKR_OK)
		rv = attribute_allows(token, op->key.object, mechanism->mechanism);
	if (rv == CKR_OK && op->mechanism->scheme == SCHEME_OTP)
		return otp_begin(token, op, (usage & (CKF_VERIFY | CKF_MESSAGE_VERIFY)) != 0, mechanism);
	if (rv == CKR_OK && !mechanism_symmetric(op->mechanism))
		rv = take_params(token, op, mechanism, op->decrypts);
	return rv;
}

CK_RV operation_begin(struct session *session, enum operation_kind kind, CK_FLAGS usage,
		      const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	struct operation *op = &session->operations[kind];
	CK_RV rv;

	if (mechanism == NULL && op->active) {
		operation_end(op);
		return CKR_OK;
	}
	if (mechanism == NULL)
		return CKR_ARGUMENTS_BAD;
	if (op->active)
		return CKR_OPERATION_ACTIVE;
	rv = operation_setup(session, op, usage, mechanism, key);
	if (rv != CKR_OK) {
		operation_end(op);
		return rv;
	}
	op->active = true;
	op->recover = (usage & (CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER)) != 0;
	return CKR_OK;
}

CK_RV operation_again(struct operation *op)
{
	buffer_cut(&op->data, 0);
	buffer_wipe(&op->result);
	op->has_result = op->updated = false;
	if (op->mac != NULL)
		return mac_again(op);
	return op->digest != NULL ? operation_digest(op) : CKR_OK;
}

CK_RV operation_active(const struct session *session, enum operation_kind kind, bool recover)
{
	const struct operation *op = &session->operations[kind];

	return op->active && op->recover == recover ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV operation_update(struct operation *op, struct cs_view data)
{
	if (op->digest != NULL)
		return hash_update(op->digest, data) == CS_OK ? CKR_OK : CKR_FUNCTION_FAILED;
	if (op->mac != NULL)
		return mac_update(op, data);
	return buffer_append(&op->data, data, op->data_max);
}

CK_RV operation_message(struct operation *op, uint8_t *block, struct cs_view *message)
{
	size_t prefix = 0;
	CK_RV rv;

	if (op->mechanism->key_type == CKK_ML_DSA && op->prefix.len > 0) {
		rv = dsa_mu(op, block);
		*message = cs_view(block, PIV_MLDSA_MU_LEN);
		return rv;
	}
	if (op->digest == NULL) {
		*message = buffer_view(&op->data);
		return CKR_OK;
	}
	if (op->mechanism->scheme == SCHEME_PKCS1) {
		prefix = op->hash->prefix_len;
		memcpy(block, op->hash->prefix, prefix);
	}
	if (hash_finish(op->digest, block + prefix) != CS_OK)
		return CKR_FUNCTION_FAILED;
	*message = cs_view(block, prefix + op->hash->len);
	return CKR_OK;
}

/* Of a signature; of RSA, also of what is encrypted; of ML-KEM, what is encapsulated. */
static size_t result_size(enum piv_alg alg)
{
	size_t field = (pubkey_alg_bits(alg) + 7) / 8;

	switch (alg) {
	case PIV_ALG_MLDSA44:
		return 2420;
	case PIV_ALG_MLDSA65:
		return 3309;
	case PIV_ALG_MLDSA87:
		return 4627;
	case PIV_ALG_MLKEM512:
		return 768;
	case PIV_ALG_MLKEM768:
		return 1088;
	case PIV_ALG_MLKEM1024:
		return 1568;
	default:
		return pubkey_alg_type(alg) == CKK_RSA ? field : 2 * field;
	}
}

CK_RV operation_secret(struct token *token, const struct operation *op, struct secret_key *key)
{
	CK_RV rv = token_rv(token, place_still(token, &op->key));

	return rv == CKR_OK ? secret_key_of(token, op->key.object, key) : rv;
}

CK_RV operation_size(const struct session *session, const struct operation *op, size_t *len)
{
	struct token *token = session->slot->token;
	uint8_t buffer[PUBKEY_SPKI_MAX];
	struct cs_view spki;
	struct pubkey key;
	enum piv_alg alg;
	CK_RV rv = CKR_OK;

	if (mechanism_symmetric(op->mechanism)) {
		*len = op->mac_len;
		return CKR_OK;
	}
	if (op->key.object.kind == OBJECT_PRIVATE) {
		rv = token_rv(token, keystore_alg(token, op->key.object.index, &alg));
	} else {
		rv = attribute_public_key(token, op->key.object, buffer, &spki);
		if (rv == CKR_OK && pubkey_parse(spki, &key) != CS_OK)
			rv = CKR_KEY_TYPE_INCONSISTENT;
		if (rv == CKR_OK)
			alg = key.alg;
	}
	if (rv == CKR_OK)
		rv = token_rv(token, place_still(token, &op->key));
	/* Not every card tells its keys apart. */
	if (rv == CKR_OK && !mechanism_fits(op->mechanism, alg))
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK)
		*len = result_size(alg);
	return rv;
}

bool output_asks(size_t need, CK_BYTE_PTR out, CK_ULONG_PTR len, CK_RV *rv)
{
	if (out != NULL && *len >= need)
		return false;
	*rv = out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	*len = need;
	return true;
}

CK_RV output_bytes(struct cs_view result, CK_BYTE_PTR out, CK_ULONG_PTR len)
{
	CK_RV rv;

	if (output_asks(result.len, out, len, &rv))
		return rv;
	if (result.len > 0)
		memcpy(out, result.ptr, result.len);
	*len = result.len;
	return CKR_OK;
}
