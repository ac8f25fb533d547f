/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Initialising a token, and its PINs.
 */
#ifndef COUNTERSIGN_PKCS11_ADMIN_H
#define COUNTERSIGN_PKCS11_ADMIN_H

#include "pkcs11/session.h"

/* label: 32 bytes, padded with blanks. Our cards only. */
CK_RV admin_init_token(struct slot *slot, struct cs_view so_pin, const CK_UTF8CHAR *label);
CK_RV admin_init_pin(struct session *session, struct cs_view pin);
/* Both NULL: typed on the reader's PIN pad. The user's PIN; in a session of the security officer his own: SO PIN, PUK, or management key in hexadecimal. */
CK_RV admin_set_pin(struct session *session, struct cs_view old_pin, struct cs_view new_pin);

#endif
