/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What logins share: the factors of a class, the rules of passwords, the keys that assertions are signed with.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_LOGIN_H
#define COUNTERSIGN_DAEMON_KEEPER_LOGIN_H

#include "daemon/keeper_call.h"

#define LOGIN_PASSWORD	    1u
#define LOGIN_CODE	    2u
#define LOGIN_CERTIFICATE   4u
#define LOGIN_CLASS_DEFAULT "default"

/* As the API has them: "password", "code", "password+code", "certificate+password", "certificate+code"; NULL and 0
 * for what is none of these. */
const char *login_factors_text(unsigned factors);
unsigned login_factors(struct cs_view text);
/* Of the authenticator assurance levels of NIST SP 800-63B the one that the factors are for: aal1, aal2. */
const char *login_level(unsigned factors);

/* Whether the request's field obeys the rules for new passwords of this user. */
bool login_password_good(const struct call *call, const struct db_user *user, enum ipc_tag tag);

/* Signs claims with the newest key, which is made where there is none or where it is too old. */
CS_MUST_CHECK enum cs_err signing_sign(struct call *call, struct cs_view claims, struct cs_writer *out);

/* A new key under a name of its own, sealed, which has yet to be stored; private_key gets its private half, which the caller wipes. */
CS_MUST_CHECK enum cs_err signing_key_new(struct call *call, const char *prefix, struct db_signing_key *out,
					  struct cs_writer *private_key);
/* The private half. CS_ERR_NOT_FOUND: it does not open, and the log says so. */
CS_MUST_CHECK enum cs_err signing_key_open(struct call *call, const struct db_signing_key *key, struct cs_writer *out);

#endif
