/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a child works with: the configuration, and what of its files a locked-in process cannot read again. The
 * supervisor reads all of it, at the start and when it is told to read it anew, and gives it to its children as
 * a sealed file in memory: each starts with what is in force, whatever stands on the disk by then, and gets what
 * is new without a restart. Only front gets the TLS key and the
 * application's credential, only courier those for gateway and mail server.
 */
#ifndef COUNTERSIGN_DAEMON_SETTINGS_H
#define COUNTERSIGN_DAEMON_SETTINGS_H

#include "daemon/config.h"
#include "daemon/front_open.h"

#define SETTINGS_PEM_MAX	65536u
#define SETTINGS_CREDENTIAL_MAX 512u

struct settings {
	struct config config;
	uint64_t tls_expires;		    /* when the TLS certificate is over, in Unix seconds */
	char certificate[SETTINGS_PEM_MAX]; /* PEM, NUL-terminated */
	char key[SETTINGS_PEM_MAX];
	struct front_open open;
	char sms_credential[SETTINGS_CREDENTIAL_MAX]; /* courier's, as the files have them */
	char smtp_credential[SETTINGS_CREDENTIAL_MAX];
	char hook_secret[SETTINGS_CREDENTIAL_MAX];
};

/* Whose secrets a copy has. */
enum settings_for { SETTINGS_FOR_KEEPER, SETTINGS_FOR_FRONT, SETTINGS_FOR_COURIER };

/* Reads the configuration file and the files it names for front, and checks them: the TLS key is the
 * certificate's. Any error with a sentence in error; out is of no use then. */
CS_MUST_CHECK enum cs_err settings_load(const char *path, struct settings *out, char error[CONFIG_ERROR_MAX]);

/* What of it can be said to be wrong without the files that it names: settings_load says the same. CS_ERR_MALFORMED, as settings_load. */
CS_MUST_CHECK enum cs_err settings_check(const struct config *config, char error[CONFIG_ERROR_MAX]);

/* A descriptor (CLOEXEC set) with a copy, for one child: what only others get is left out. -1. */
int settings_share(const struct settings *settings, enum settings_for whom);

/* The other side: reads it, and closes fd. CS_ERR_MALFORMED, CS_ERR_IO. */
CS_MUST_CHECK enum cs_err settings_take(int fd, struct settings *out);

#endif
