/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The certificate as a factor of a login: that whoever logs in has a key whose certificate is the user's.
 *
 * The key has signed the text of base/login_text.h with a nonce that keeper gave for this user and this application,
 * not long ago (challenge_lifetime), and that was not accepted before; or it is the key of the connection that
 * the call came over, as countersignd itself has seen. Either way the certificate is good as login_trust.h says, and
 * is the user's: its key is bound to him; or, where he has none bound, it names him in a way that is configured.
 *
 * A nonce is: base64url of (u64 expires | 16 random bytes), sealed for the application's and the user's name. So
 * nothing is stored for who only asks, a name that is nobody's gets one like any other, and what was given to another
 * user or application does not open.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_PROOF_H
#define COUNTERSIGN_DAEMON_KEEPER_PROOF_H

#include "daemon/keeper_call.h"

#define PROOF_NONCE_SIZE 96u /* with its NUL */

enum proof_state {
	PROOF_NONE,   /* nothing came, or not for this user */
	PROOF_STALE,  /* the nonce has expired, or was accepted before: what it signed is not looked at */
	PROOF_GIVEN,  /* a signature, to be looked at when the attempt is claimed */
	PROOF_SHOWN,  /* the connection's certificate is the user's */
};

struct proof {
	enum proof_state state;
	uint8_t nonce[DB_NONCE_LEN];
	uint64_t expires; /* the nonce */
	bool foreign;	  /* it is none of this user's and application's */
	uint8_t fingerprint[DB_FINGERPRINT_LEN]; /* of the key, where the proof is right */
};

/* A nonce for the user of the call. */
CS_MUST_CHECK enum cs_err proof_nonce(struct call *call, uint64_t *expires, char out[PROOF_NONCE_SIZE]);

/* What has come with the call for user; NULL: nobody has the name. CS_ERR_ARG: a part of it is missing. Where a nonce
 * is stale, the audit entry's reason says so. */
CS_MUST_CHECK enum cs_err proof_begin(struct call *call, const struct db_user *user, struct proof *out);

/* Looks at what was PROOF_GIVEN or PROOF_SHOWN. wrong: NULL where it is right, else why not, for the audit log. */
CS_MUST_CHECK enum cs_err proof_check(struct call *call, const struct db_user *user, struct proof *proof,
				      const char **wrong);

/* A login is accepted with it: the nonce is good no more. CS_ERR_BUSY: someone else was faster. */
CS_MUST_CHECK enum cs_err proof_spend(struct call *call, const struct proof *proof);

#endif
