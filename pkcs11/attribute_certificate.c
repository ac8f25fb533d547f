/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Attributes whose value is in a certificate.
 */
#include "pkcs11/attribute_get.h"
#include "pkcs11/token.h"
#include "pkcs11/x509.h"

static enum cs_err parsed_certificate(struct token *token, size_t index, struct cs_view *der,
				      struct x509 *out)
{
	enum cs_err err = keystore_certificate(token, index, der);

	return err == CS_OK ? x509_parse(*der, out) : err;
}

CK_RV get_x509(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	struct cs_view certificate;
	struct x509 parsed;
	enum cs_err err = parsed_certificate(token, object.index, &certificate, &parsed);

	if (err == CS_ERR_NOT_FOUND && object.kind != OBJECT_CERTIFICATE)
		return put_done(out);
	if (err != CS_OK)
		return token_rv(token, err);
	switch (arg) {
	case CKA_SUBJECT:
		return put_view(parsed.subject, out);
	case CKA_ISSUER:
		return put_view(parsed.issuer, out);
	case CKA_SERIAL_NUMBER:
		return put_view(parsed.serial, out);
	case CKA_PUBLIC_KEY_INFO:
		return put_view(parsed.spki, out);
	default:
		return put_view(certificate, out);
	}
}

CK_RV get_validity(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	struct cs_view certificate;
	struct x509 parsed;
	CK_DATE start, end;
	enum cs_err err = parsed_certificate(token, object.index, &certificate, &parsed);

	if (err != CS_OK)
		return token_rv(token, err);
	if (x509_dates(&parsed, &start, &end) != CS_OK)
		return put_done(out);
	return put_view(cs_view(arg == CKA_START_DATE ? &start : &end, sizeof(CK_DATE)), out);
}

CK_RV get_category(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	struct cs_view certificate;
	struct x509 parsed;
	bool key = false;
	enum cs_err err = keystore_has_key(token, object.index, &key);

	(void)arg;
	if (err == CS_OK && key)
		return put_ulong(CK_CERTIFICATE_CATEGORY_TOKEN_USER, out);
	if (err == CS_OK)
		err = parsed_certificate(token, object.index, &certificate, &parsed);
	if (err != CS_OK)
		return token_rv(token, err);
	return put_ulong(x509_is_ca(&parsed) ? CK_CERTIFICATE_CATEGORY_AUTHORITY
					     : CK_CERTIFICATE_CATEGORY_OTHER_ENTITY,
			 out);
}

CK_RV get_check_value(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out)
{
	struct cs_view certificate;
	uint8_t digest[HASH_MAX];
	enum cs_err err = keystore_certificate(token, object.index, &certificate);

	(void)arg;
	if (err == CS_OK)
		err = hash_digest(hash_by_mechanism(CKM_SHA_1), &certificate, 1, digest);
	return err == CS_OK ? put_view(cs_view(digest, 3), out) : token_rv(token, err);
}
