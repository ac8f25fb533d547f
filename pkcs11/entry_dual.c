/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entry points: one part given to two operations. The cipher goes first: it says whether the part was taken
 * in, or only the length of its output asked for.
 */
#include "pkcs11/entry.h"

#include "pkcs11/decrypt.h"
#include "pkcs11/digest.h"
#include "pkcs11/operation.h"
#include "pkcs11/sign.h"
#include "pkcs11/verify.h"

/* A part and what comes of it. */
struct part {
	struct cs_view in;
	CK_BYTE_PTR out;
	CK_ULONG_PTR out_len;
};

/* The other operation, beside the cipher. */
static CK_RV beside(struct session *session, enum operation_kind kind, struct cs_view data)
{
	switch (kind) {
	case OP_DIGEST:
		return digest_update(session, data);
	case OP_SIGN:
		return sign_update(session, data);
	default:
		return verify_update(session, data, false);
	}
}

static CK_RV update(struct session *session, enum operation_kind cipher, enum operation_kind other,
		    const struct part *part)
{
	struct buffer plain = {NULL, 0, 0};
	bool taken = false;
	CK_RV rv = operation_active(session, other, false);

	/* The output may go where the part is. */
	if (rv == CKR_OK && cipher == OP_ENCRYPT && part->out != NULL)
		rv = buffer_append(&plain, part->in, SIZE_MAX);
	if (rv == CKR_OK)
		rv = crypt_update(session, cipher, part->in, part->out, part->out_len, &taken);
	if (rv == CKR_OK && taken)
		rv = beside(session, other,
			    cipher == OP_ENCRYPT ? buffer_view(&plain) : cs_view(part->out, *part->out_len));
	buffer_wipe(&plain);
	return rv;
}

static CK_RV dual(CK_SESSION_HANDLE session, enum operation_kind cipher, enum operation_kind other,
		  const struct part *part)
{
	struct call c = call_session(session);
	CK_RV rv = call_check(&c, input_ok(part->in.ptr, part->in.len) && part->out_len != NULL);

	return call_end(&c, rv == CKR_OK ? update(c.session, cipher, other, part) : rv);
}

CK_RV C_DigestEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len,
			    CK_BYTE_PTR encrypted, CK_ULONG_PTR encrypted_len)
{
	struct part both = {cs_view(part, part_len), encrypted, encrypted_len};

	return dual(session, OP_ENCRYPT, OP_DIGEST, &both);
}

CK_RV C_DecryptDigestUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted, CK_ULONG encrypted_len,
			    CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
	struct part both = {cs_view(encrypted, encrypted_len), part, part_len};

	return dual(session, OP_DECRYPT, OP_DIGEST, &both);
}

CK_RV C_SignEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR part, CK_ULONG part_len,
			  CK_BYTE_PTR encrypted, CK_ULONG_PTR encrypted_len)
{
	struct part both = {cs_view(part, part_len), encrypted, encrypted_len};

	return dual(session, OP_ENCRYPT, OP_SIGN, &both);
}

CK_RV C_DecryptVerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE_PTR encrypted, CK_ULONG encrypted_len,
			    CK_BYTE_PTR part, CK_ULONG_PTR part_len)
{
	struct part both = {cs_view(encrypted, encrypted_len), part, part_len};

	return dual(session, OP_DECRYPT, OP_VERIFY, &both);
}
