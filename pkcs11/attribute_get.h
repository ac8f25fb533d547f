/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of attribute getters share. A getter appends the value of one attribute of a token object; arg is its row's.
 */
#ifndef COUNTERSIGN_PKCS11_ATTRIBUTE_GET_H
#define COUNTERSIGN_PKCS11_ATTRIBUTE_GET_H

#include "pkcs11/attribute.h"

typedef CK_RV getter(struct token *token, struct object object, CK_ULONG arg, struct cs_writer *out);

static inline CK_RV put_done(const struct cs_writer *out)
{
	return cs_writer_done(out) == CS_OK ? CKR_OK : CKR_DEVICE_ERROR;
}

static inline CK_RV put_ulong(CK_ULONG value, struct cs_writer *out)
{
	cs_write_view(out, cs_view(&value, sizeof(value)));
	return put_done(out);
}

static inline CK_RV put_bool(bool value, struct cs_writer *out)
{
	cs_write_u8(out, value ? CK_TRUE : CK_FALSE);
	return put_done(out);
}

static inline CK_RV put_view(struct cs_view value, struct cs_writer *out)
{
	cs_write_view(out, value);
	return put_done(out);
}

/* ---- attribute_identity.c ---- */

/* CKA_UNIQUE_ID of an object at its place, with what tells it from those that were there before. */
getter get_unique_id;
CK_RV put_unique_id(const struct token *token, struct object object, struct cs_view of, struct cs_writer *out);

/* ---- attribute_certificate.c ---- */

/* arg: the attribute itself. A public or private key has the subject of the certificate beside it, or none. */
getter get_x509;
/* CKA_START_DATE (arg) or CKA_END_DATE of a certificate; empty where its dates are none. */
getter get_validity;
/* CKA_CERTIFICATE_CATEGORY: by the key beside it, and by its basic constraints. */
getter get_category;
getter get_check_value;

#endif
