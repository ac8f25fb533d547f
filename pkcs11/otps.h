/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The OATH credentials of our card, as INVENTORY names them: none where an access code locks them. A credential keeps its
 * index while the token is in.
 */
#ifndef COUNTERSIGN_PKCS11_OTPS_H
#define COUNTERSIGN_PKCS11_OTPS_H

#include "cardclient/inventory.h"

#define OTPS_NAME_MAX 64u
#define OTPS_MAX      1024u /* no card has room for as many */

struct otp {
	bool there;
	uint8_t type_hash, digits, properties; /* docs/PROTOCOL 7 */
	uint8_t name[OTPS_NAME_MAX];
	size_t name_len;
};

struct otps {
	struct otp *slots; /* owned: count of them */
	size_t count;
	bool locked; /* an access code is set: there may be credentials that are not named */
};

/* otps_count where there is none of this name. */
size_t otps_find(const struct otps *otps, struct cs_view name);
/* The credential that was made or told of, in the place of one of its name. CS_ERR_MEMORY, CS_ERR_LENGTH, CS_ERR_FULL. */
CS_MUST_CHECK enum cs_err otps_set(struct otps *otps, const struct otp *made, size_t *index);
void otps_drop(struct otps *otps, size_t index);
/* An entry of INVENTORY; one that is no credential is left alone. CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err otps_take(struct otps *otps, const struct cc_entry *entry);
/* What fresh holds is all that there is: now has it from here on, at the old indices, and fresh is empty. CS_ERR_MEMORY,
 * CS_ERR_FULL: now is as it was. */
CS_MUST_CHECK enum cs_err otps_replace(struct otps *now, struct otps *fresh);
void otps_free(struct otps *otps);

#endif
