/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Data objects. Our card writes contents and attributes at once, so that none is ever there without the
 * other, and a private one is never there for all to read.
 */
#include "pkcs11/data_object.h"

#include "base/secret.h"
#include "pkcs11/token.h"

CK_RV data_object_write(struct token *token, size_t index, const struct data_view *data,
			const struct naming *naming)
{
	uint8_t content[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(content);
	struct cs_view view;
	CK_RV rv;

	if (datastore_encode(index, data, &w) != CS_OK)
		return CKR_DEVICE_MEMORY;
	view = cs_writer_view(&w);
	rv = naming_write(token, (struct object){OBJECT_DATA, index}, naming, &view);
	if (rv == CKR_OK)
		rv = token_rv(
		    token, datastore_written(token, index, view, (naming->flags & CSGN_FLAG_PRIVATE) != 0));
	cs_wipe(content, w.len);
	return rv;
}

/* PIV's containers, and cards that keep no attributes. They are shown to anyone. */
static CK_RV put(struct token *token, size_t index, const struct data_view *data)
{
	uint8_t content[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(content);
	enum cs_err err = datastore_encode(index, data, &w);

	if (err == CS_OK)
		err = datastore_put(token, index, cs_writer_view(&w));
	return err == CS_ERR_LENGTH ? CKR_DEVICE_MEMORY : token_rv(token, err);
}

CK_RV data_object_create(struct token *token, const CK_ATTRIBUTE *attributes, CK_ULONG count,
			 struct object *made)
{
	struct data_view data = {.label = template_view(attributes, count, CKA_LABEL),
				 .application = template_view(attributes, count, CKA_APPLICATION),
				 .object_id = template_view(attributes, count, CKA_OBJECT_ID),
				 .value = template_view(attributes, count, CKA_VALUE)};
	struct naming naming = {.flags = 0};
	uint8_t unique[NAMING_UNIQUE];
	CK_RV rv = naming_take(attributes, count, OBJECT_DATA, &naming);
	enum cs_err err;

	if (rv != CKR_OK)
		return rv;
	made->kind = OBJECT_DATA;
	err = datastore_place(token, &data, &made->index);
	if (err != CS_OK)
		return token_rv(token, err);
	if (token->ours && made->index >= DATASTORE_PIV) {
		rv = naming_unique_new(unique);
		naming.unique = CS_VIEW_OF(unique);
		return rv == CKR_OK ? data_object_write(token, made->index, &data, &naming) : rv;
	}
	return naming.flags == 0 ? put(token, made->index, &data) : CKR_TEMPLATE_INCONSISTENT;
}
