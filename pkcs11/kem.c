/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_EncapsulateKey and C_DecapsulateKey.
 */
#include "pkcs11/kem.h"

#include <string.h>

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/operation.h"
#include "pkcs11/public.h"
#include "pkcs11/secret.h"
#include "pkcs11/token.h"

#define CIPHERTEXT_MAX 1568u

static CK_RV begin(struct session *session, struct operation *op, CK_FLAGS usage,
		   const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, size_t *size)
{
	CK_RV rv = operation_setup(session, op, usage, mechanism, key);

	return rv == CKR_OK ? operation_size(session, op, size) : rv;
}

CK_RV encapsulate_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
		      const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_BYTE_PTR ciphertext,
		      CK_ULONG_PTR len, CK_OBJECT_HANDLE_PTR out)
{
	uint8_t secret[PUBLIC_SECRET_LEN], made[CIPHERTEXT_MAX];
	struct operation op = {.active = false};
	size_t size = 0;
	CK_RV rv = template_check(attributes, count);

	if (rv == CKR_OK)
		rv = begin(session, &op, CKF_ENCAPSULATE, mechanism, key, &size);
	if (rv != CKR_OK || output_asks(size, ciphertext, len, &rv)) {
		operation_end(&op);
		return rv;
	}
	rv = public_encapsulate(session->slot->token, op.key.object, made, size, secret);
	if (rv == CKR_OK)
		rv = secret_key_new(session, CS_VIEW_OF(secret), SECRET_DERIVED, attributes, count, out);
	if (rv == CKR_OK) {
		memcpy(ciphertext, made, size);
		*len = size;
	}
	cs_wipe(secret, sizeof(secret));
	operation_end(&op);
	return rv;
}

CK_RV decapsulate_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
		      struct cs_view ciphertext, const CK_ATTRIBUTE *attributes, CK_ULONG count,
		      CK_OBJECT_HANDLE_PTR out)
{
	uint8_t secret[CC_PIV_RESULT_MAX];
	struct cs_writer w = CS_WRITER_OF(secret);
	struct operation op = {.active = false};
	size_t size = 0;
	CK_RV rv = template_check(attributes, count);

	if (rv == CKR_OK)
		rv = begin(session, &op, CKF_DECAPSULATE, mechanism, key, &size);
	if (rv == CKR_OK && ciphertext.len != size)
		rv = CKR_WRAPPED_KEY_LEN_RANGE;
	if (rv == CKR_OK)
		rv = key_use(session->slot->token, &op.key, KEY_DECAPSULATE, ciphertext, &w);
	if (rv == CKR_OK && w.len != PUBLIC_SECRET_LEN)
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_OK)
		rv = secret_key_new(session, cs_writer_view(&w), SECRET_DERIVED, attributes, count, out);
	cs_wipe(secret, sizeof(secret));
	operation_end(&op);
	return rv == CKR_DATA_INVALID ? CKR_WRAPPED_KEY_INVALID : rv;
}
