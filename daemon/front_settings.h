/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What front may be given anew while it serves: certificate and key for the next handshakes, the time that peers
 * and keeper have, and whom it takes for an application. Connections stay as they are.
 *
 * One object holds all of it, is never changed, and is replaced as a whole. Threads that have looked at one go on
 * with it, so that a replaced one is kept for longer than any handshake or call may last.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_SETTINGS_H
#define COUNTERSIGN_DAEMON_FRONT_SETTINGS_H

#include <gnutls/abstract.h>
#include <stdint.h>

#include "daemon/settings.h"

struct front_settings {
	gnutls_pcert_st *chain;
	unsigned chain_len;
	gnutls_privkey_t key;
	unsigned request_timeout; /* seconds */
	struct front_open open;
	struct front_settings *former; /* kept until due */
	int64_t due;		       /* replaced: seconds of the monotonic clock */
};

/* Makes settings the ones in force. CS_ERR_MALFORMED: GnuTLS refuses certificate or key, and what was in force is. */
CS_MUST_CHECK enum cs_err front_settings_use(const struct settings *settings);

/* The same with settings that came as fd, which is closed; what else went wrong with them leaves those in force, too. */
CS_MUST_CHECK enum cs_err front_settings_take(int fd);

/* Those in force; there are some from the first front_settings_use on. Good until the caller's call, connection or
 * handshake is over. */
const struct front_settings *front_settings_now(void);

/* GnuTLS's gnutls_certificate_retrieve_function2. */
int front_settings_certificate(gnutls_session_t session, const gnutls_datum_t *authorities, int count,
			       const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain,
			       unsigned int *chain_len, gnutls_privkey_t *key);

/* Frees what was replaced long enough ago; the first is called once a second or so, the second when nobody serves
 * any more: it frees all. */
void front_settings_tick(void);
void front_settings_end(void);

#endif
