/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a command gets its secrets: from the file that an option names, else from an environment variable,
 * else by asking.
 */
#ifndef COUNTERSIGN_TOOLS_SECRETS_H
#define COUNTERSIGN_TOOLS_SECRETS_H

#include "base/bytes.h"
#include "tools/cli.h"

#define SECRET_MAX 255u

enum secret_kind {
	SECRET_PIN,
	SECRET_NEW_PIN, /* asked for twice, as are the other new ones */
	SECRET_PUK,
	SECRET_NEW_PUK,
	SECRET_SO_PIN,
	SECRET_NEW_SO_PIN,
	SECRET_MANAGEMENT_KEY,
	SECRET_SCP_KEY, /* of SCP03: scp.h */
	SECRET_NEW_SCP_KEY,
	SECRET_PASSWORD, /* of the OATH application */
	SECRET_NEW_PASSWORD,
	SECRET_OTP_SEED, /* base32 */
	SECRET_PASSPHRASE, /* of a key file */
	SECRET_OCRA_PIN, /* that goes into an OCRA answer */
	SECRET_TOKEN_PIN, /* that is typed with a token's codes, chosen for the server */
	SECRET_USER_PASSWORD, /* chosen for the server */
	SECRET_LOGIN_PASSWORD, /* the same, of who logs in */
	SECRET_TRANSPORT_KEY, /* of a token file: AES, hex */
	SECRET_TRANSPORT_PASSPHRASE,
	SECRET_KIND_COUNT
};

struct secret {
	char text[SECRET_MAX + 1]; /* NUL-terminated */
	size_t len;
};

/* False: an error was told, and *status says which. A file's first line counts. Wipe out after use, in every
 * case. */
CS_MUST_CHECK bool secret_get(const struct cli *cli, enum secret_kind kind, struct secret *out,
			      enum cli_status *status);

/* As secret_get, for a secret that is being chosen: a person is asked for it twice. */
CS_MUST_CHECK bool secret_choose(const struct cli *cli, enum secret_kind kind, struct secret *out,
				 enum cli_status *status);

/* True if an option or the environment gives it: nobody will be asked. */
bool secret_given(const struct cli *cli, enum secret_kind kind);

/* The first line of a file, without its end. As secret_get; what is a phrase for the errors, such as "PIN".
 */
CS_MUST_CHECK bool secret_from_file(const struct cli *cli, const char *what, const char *path,
				    struct secret *out, enum cli_status *status);

struct cs_view secret_view(const struct secret *secret);
void secret_wipe(struct secret *secret);

#endif
