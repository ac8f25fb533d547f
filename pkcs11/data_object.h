/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Data objects on the token: a new one, and one that is changed.
 */
#ifndef COUNTERSIGN_PKCS11_DATA_OBJECT_H
#define COUNTERSIGN_PKCS11_DATA_OBJECT_H

#include "pkcs11/datastore.h"
#include "pkcs11/naming.h"

CK_RV data_object_create(struct token *token, const CK_ATTRIBUTE *attributes, CK_ULONG count, struct object *made);
/* One of ours on our card: all that it has from now on. */
CK_RV data_object_write(struct token *token, size_t index, const struct data_view *data,
			const struct naming *naming);

#endif
