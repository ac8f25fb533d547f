/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The certificate that a client showed when its connection was made. Who has none is asked for nothing more: whether
 * one is wanted, keeper decides, by whose credential comes with the call.
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_TLS_H
#define COUNTERSIGN_DAEMON_FRONT_TLS_H

#include <gnutls/gnutls.h>

#include "base/bytes.h"

#define FRONT_TLS_FINGERPRINT_LEN 32u

enum front_certificate {
	FRONT_CERTIFICATE_NONE,
	FRONT_CERTIFICATE_TRUSTED,
	FRONT_CERTIFICATE_REFUSED, /* not of client_ca, not (any more, or yet) valid, not for clients, or of a key for which anybody signs */
};

/* Checks the chain against client_ca, now: a connection outlives no certificate. Of a trusted one fingerprint gets the
 * SHA-256 of its SubjectPublicKeyInfo, so that a renewed certificate of the same key is the same one. */
enum front_certificate front_tls_certificate(gnutls_session_t session,
					     uint8_t fingerprint[FRONT_TLS_FINGERPRINT_LEN]);

/* The chain that the client showed, in DER, one certificate behind the other, its own first. Writes nothing where it
 * does not fit. */
void front_tls_chain(gnutls_session_t session, struct cs_writer *out);

#endif
