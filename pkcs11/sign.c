/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_Sign and its kin: the message is hashed and padded here, the card does the rest with one command.
 */
#include "pkcs11/sign.h"

#include <string.h>

#include "base/secret.h"
#include "base/tlv.h"
#include "pkcs11/mac.h"
#include "pkcs11/operation.h"
#include "pkcs11/otp_sign.h"
#include "pkcs11/token.h"

#define DER_INTEGER  0x02u
#define DER_SEQUENCE 0x30u

CK_RV sign_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, bool recover)
{
	return operation_begin(session, OP_SIGN, recover ? CKF_SIGN_RECOVER : CKF_SIGN, mechanism, key);
}

static CK_RV length_rv(enum cs_err err)
{
	if (err == CS_OK)
		return CKR_OK;
	return err == CS_ERR_LENGTH ? CKR_DATA_LEN_RANGE : CKR_FUNCTION_FAILED;
}

/* Right-aligned in block, zeros before it; from is no longer than len. */
static void align(struct cs_view from, uint8_t *block, size_t len)
{
	memset(block, 0, len);
	if (from.len > 0)
		memcpy(block + len - from.len, from.ptr, from.len);
}

/* What the card is to compute on: block has PKCS1_MODULUS_MAX bytes, of which len are used. */
static CK_RV pad(const struct operation *op, struct cs_view message, size_t size, uint8_t *block, size_t *len)
{
	size_t field = size / 2;

	if (size > PKCS1_MODULUS_MAX)
		return CKR_KEY_HANDLE_INVALID;
	*len = size;
	switch (op->mechanism->scheme) {
	case SCHEME_PKCS1:
		return length_rv(pkcs1_pad_signature(message, block, size));
	case SCHEME_PSS:
		return length_rv(pkcs1_pss_encode(op->hash, op->mgf, op->salt_len, message, block, size * 8));
	case SCHEME_RAW:
		if (message.len > size)
			return CKR_DATA_LEN_RANGE;
		align(message, block, size);
		return CKR_OK;
	case SCHEME_SM2:
	case SCHEME_SM2_SM3:
		if (message.len != PIV_SM2_DIGEST_LEN)
			return CKR_DATA_LEN_RANGE;
		align(message, block, message.len);
		*len = message.len;
		return CKR_OK;
	case SCHEME_ECDSA:
		/* Of a longer digest the leftmost bits count (FIPS 186-5, 6.4.1). P-521's field is not of
		 * whole bytes: the card takes the bits, and zeros before a digest would move them. */
		if (field == 66 && message.len < field) {
			align(message, block, message.len);
			*len = message.len;
			return CKR_OK;
		}
		align(message.len > field ? cs_view(message.ptr, field) : message, block, field);
		*len = field;
		return CKR_OK;
	default:
		return CKR_MECHANISM_INVALID;
	}
}

enum cs_err ecdsa_from_der(struct cs_view der, uint8_t *raw, size_t half)
{
	struct cs_reader r = cs_reader_of(der);
	struct cs_reader pair = cs_reader_of(cs_tlv_expect(&r, DER_SEQUENCE));

	for (size_t i = 0; i < 2; i++) {
		struct cs_view number = cs_tlv_expect(&pair, DER_INTEGER);

		while (number.len > half && number.ptr[0] == 0) {
			number.ptr++;
			number.len--;
		}
		if (number.len > half || number.len == 0)
			return CS_ERR_MALFORMED;
		align(number, raw + i * half, half);
	}
	return cs_reader_done(&r) == CS_OK && cs_reader_done(&pair) == CS_OK ? CS_OK : CS_ERR_MALFORMED;
}

enum cs_err ecdsa_to_der(struct cs_view raw, struct cs_writer *der)
{
	size_t half = raw.len / 2;
	size_t pair = cs_tlv_begin(der, DER_SEQUENCE);

	for (size_t i = 0; i < 2; i++) {
		struct cs_view number = cs_view(raw.ptr + i * half, half);
		bool zero;

		while (number.len > 1 && number.ptr[0] == 0) {
			number.ptr++;
			number.len--;
		}
		zero = (number.ptr[0] & 0x80u) != 0;
		cs_tlv_write_header(der, DER_INTEGER, number.len + (zero ? 1 : 0));
		if (zero)
			cs_write_u8(der, 0);
		cs_write_view(der, number);
	}
	cs_tlv_end(der, pair);
	return cs_writer_done(der);
}

bool signature_in_der(enum scheme scheme)
{
	return scheme == SCHEME_ECDSA || scheme == SCHEME_SM2 || scheme == SCHEME_SM2_SM3;
}

/* The card's answer as PKCS #11 has it. */
static CK_RV finish(const struct operation *op, struct cs_view answer, size_t size, uint8_t *signature)
{
	if (signature_in_der(op->mechanism->scheme))
		return ecdsa_from_der(answer, signature, size / 2) == CS_OK ? CKR_OK : CKR_DEVICE_ERROR;
	if (answer.len != size)
		return CKR_DEVICE_ERROR;
	memcpy(signature, answer.ptr, size);
	return CKR_OK;
}

/* Whether the message, or mu, goes to the card as it is. */
static bool unpadded(enum scheme scheme)
{
	return scheme == SCHEME_EDDSA || scheme == SCHEME_ML_DSA || scheme == SCHEME_HASH_ML_DSA;
}

static CK_RV make(struct session *session, struct operation *op, size_t size, CK_BYTE_PTR signature)
{
	uint8_t hashed[PKCS1_MODULUS_MAX], block[PKCS1_MODULUS_MAX], answer[CC_PIV_RESULT_MAX];
	bool mu = op->mechanism->key_type == CKK_ML_DSA && op->prefix.len > 0;
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_view input = CS_VIEW_EMPTY;
	size_t len = 0;
	CK_RV rv = operation_message(op, hashed, &input);

	if (rv == CKR_OK && !unpadded(op->mechanism->scheme)) {
		rv = pad(op, input, size, block, &len);
		input = cs_view(block, len);
	}
	if (rv == CKR_OK)
		rv = key_use(session->slot->token, &op->key, mu ? KEY_SIGN_MU : KEY_OPERATE, input, &w);
	if (rv == CKR_OK)
		rv = finish(op, cs_writer_view(&w), size, signature);
	return rv;
}

static CK_RV make_mac(struct token *token, struct operation *op, CK_BYTE_PTR out)
{
	uint8_t mac[MAC_MAX];
	CK_RV rv = mac_make(token, op, mac);

	if (rv == CKR_OK)
		memcpy(out, mac, op->mac_len);
	cs_wipe(mac, sizeof(mac));
	return rv;
}

CK_RV sign_complete(struct session *session, struct operation *op, struct cs_view data, CK_BYTE_PTR signature,
		    CK_ULONG_PTR len, bool *goes_on)
{
	size_t size = 0;
	CK_RV rv;

	if (op->mechanism->scheme == SCHEME_OTP)
		return otp_sign(session->slot->token, op, data, signature, len, goes_on);
	rv = operation_size(session, op, &size);
	*goes_on = rv == CKR_OK && output_asks(size, signature, len, &rv);
	if (*goes_on)
		return rv;
	if (rv == CKR_OK)
		rv = operation_update(op, data);
	if (rv == CKR_OK)
		rv = mechanism_symmetric(op->mechanism) ? make_mac(session->slot->token, op, signature)
							: make(session, op, size, signature);
	if (rv == CKR_OK)
		*len = size;
	return rv;
}

static CK_RV complete(struct session *session, struct cs_view data, CK_BYTE_PTR signature, CK_ULONG_PTR len)
{
	struct operation *op = &session->operations[OP_SIGN];
	bool goes_on = false;
	CK_RV rv = sign_complete(session, op, data, signature, len, &goes_on);

	if (!goes_on)
		operation_end(op);
	return rv;
}

CK_RV sign_update(struct session *session, struct cs_view part)
{
	struct operation *op = &session->operations[OP_SIGN];
	CK_RV rv = operation_active(session, OP_SIGN, false);

	if (rv != CKR_OK)
		return rv;
	rv = operation_update(op, part);
	op->updated = true;
	if (rv != CKR_OK)
		operation_end(op);
	return rv;
}

CK_RV sign_final(struct session *session, CK_BYTE_PTR signature, CK_ULONG_PTR len)
{
	CK_RV rv = operation_active(session, OP_SIGN, false);

	return rv == CKR_OK ? complete(session, CS_VIEW_EMPTY, signature, len) : rv;
}

CK_RV sign_once(struct session *session, bool recover, struct cs_view data, CK_BYTE_PTR signature,
		CK_ULONG_PTR len)
{
	CK_RV rv = operation_active(session, OP_SIGN, recover);

	if (rv == CKR_OK && session->operations[OP_SIGN].updated)
		rv = CKR_OPERATION_ACTIVE;
	return rv == CKR_OK ? complete(session, data, signature, len) : rv;
}
