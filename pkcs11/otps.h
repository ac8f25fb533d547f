/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The credentials of the card's OATH application: of our card as INVENTORY names them, which it does where no access code locks
 * them; else as otp_store.h finds them. A credential keeps its index while the token is in.
 */
#ifndef COUNTERSIGN_PKCS11_OTPS_H
#define COUNTERSIGN_PKCS11_OTPS_H

#include "base/ykoath.h"
#include "cardclient/inventory.h"

#define OTPS_MAX 1024u /* no card has room for as many */

struct otp {
	bool there;
	uint8_t type_hash, digits, properties; /* docs/PROTOCOL 7. digits: 0 where they are not known, or OCRA's */
	uint8_t name[YKOATH_NAME_MAX];
	size_t name_len;
	char suite[CS_OCRA_SUITE_MAX + 1]; /* OCRA: "" as long as it is not known, since INVENTORY does not tell it */
	bool has_unique;
	uint8_t unique[YKOATH_UNIQUE_LEN]; /* drawn when it was made, kept through each new name */
	uint8_t *sealed;		   /* owned: the seed, sealed, where it was made since the token is in; or NULL */
	size_t sealed_len;
	bool in_memory; /* not of a card: a session object, otp_memory.h */
};

struct otps {
	struct otp *slots; /* owned: count of them */
	size_t count;
	bool locked;  /* an access code is set: there may be credentials that are not named */
	bool absent;  /* the card was found to have no OATH application */
	uint64_t fresh_until; /* ms of the monotonic clock: they were asked for when the token was opened, and no search has used that
			       * up; 0: none can */
	bool renames; /* it knows the command */
};

/* otps_count where there is none of this name. */
size_t otps_find(const struct otps *otps, struct cs_view name);
/* NULL where there is none of this index. Borrowed until a credential is added. */
struct otp *otps_at(const struct otps *otps, size_t index);
/* The credential that was made or told of, in the place of one of its name; a sealed seed of the same one
 * stays. CS_ERR_MEMORY, CS_ERR_LENGTH, CS_ERR_FULL. */
CS_MUST_CHECK enum cs_err otps_set(struct otps *otps, const struct otp *made, size_t *index);
/* It keeps its index. The name fits and is nobody's. */
void otps_rename(struct otps *otps, size_t index, struct cs_view name);
void otps_drop(struct otps *otps, size_t index);
/* An entry of INVENTORY; one that is no credential is left alone. CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err otps_take(struct otps *otps, const struct cc_entry *entry);
/* What fresh holds is all that there is: now has it from here on, at the old indices, and fresh is empty. CS_ERR_MEMORY,
 * CS_ERR_FULL: now is as it was. */
CS_MUST_CHECK enum cs_err otps_replace(struct otps *now, struct otps *fresh);
void otps_free(struct otps *otps);

#endif
