/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates of users: whom login_ca has issued them to, whether they hold now, and what their keys have signed
 * (RFC 5280; RFC 7518, section 3, and RFC 8037 for the signatures).
 *
 * A certificate is good when its chain leads to a certificate of login_ca, all of it is valid now and of keys and
 * signatures of 112 bits of security or more (a key for which anybody signs has none: base/host/public_key.h), none of it is revoked
 * where there is a list of login_crl, and it is for clients: no CA's, with an extended key usage that names TLS clients or smart card logon, and a key usage, where it
 * has one, with digitalSignature. Where a CA's certificate has an extended key usage that has to name the same. A list
 * without nextUpdate is none.
 */
#ifndef COUNTERSIGN_DAEMON_LOGIN_TRUST_H
#define COUNTERSIGN_DAEMON_LOGIN_TRUST_H

#include <openssl/x509.h>

#include "base/bytes.h"
#include "daemon/config.h"

#define LOGIN_CHAIN_MAX	      12288u /* bytes of a chain */
#define LOGIN_CHAIN_DEPTH     5u     /* certificates in it */
#define LOGIN_SIGNATURE_MAX   1024u
#define LOGIN_FINGERPRINT_LEN 32u

enum login_fault {
	LOGIN_FAULT_NONE,
	LOGIN_FAULT_NO_CA, /* no login_ca is set, or it is not to be read */
	LOGIN_FAULT_MALFORMED,
	LOGIN_FAULT_UNTRUSTED,
	LOGIN_FAULT_EXPIRED, /* or not valid yet */
	LOGIN_FAULT_REVOKED,
	LOGIN_FAULT_NO_CRL, /* of one of its CAs there is none that is valid now */
	LOGIN_FAULT_WEAK,
	LOGIN_FAULT_PURPOSE,
	LOGIN_FAULT_SIGNATURE,
	LOGIN_FAULT_COUNT
};

/* For the audit log: at most 31 characters. */
const char *login_fault_text(enum login_fault fault);

struct db;
struct login_trust;

/* NULL: memory. Nothing is read before it is wanted. whose, for the log: "user", "card"; borrowed. */
struct login_trust *login_trust_new(const char *whose);
void login_trust_free(struct login_trust *trust); /* takes NULL */
/* The files: PEM, read again when they change. ca empty: nobody is trusted; crl empty: nothing is looked up. A file
 * that cannot be read leaves what was read before, and the log says so; at first it is CS_ERR_MALFORMED, with a sentence. */
CS_MUST_CHECK enum cs_err login_trust_set(struct login_trust *trust, const char *ca, const char *crl,
					  char error[CONFIG_ERROR_MAX]);
bool login_trust_any(const struct login_trust *trust);

/* One that was found good. login_certificate_wipe frees it; a zeroed one is fine there. */
struct login_certificate {
	X509 *leaf;
	uint8_t fingerprint[LOGIN_FINGERPRINT_LEN]; /* SHA-256 of its SubjectPublicKeyInfo */
};
void login_certificate_wipe(struct login_certificate *certificate);

/* chain: DER, the user's certificate first, behind it those of CAs that may be wanted, in any order. now: Unix seconds. In a
 * transaction of db, which is asked for the numbers of lists (login_list.h); out is empty unless fault is none. */
CS_MUST_CHECK enum cs_err login_trust_check(struct login_trust *trust, struct db *db, struct cs_view chain, uint64_t now,
					    struct login_certificate *out, enum login_fault *fault);
/* What is known of the lists of login_crl; it is trust's. */
struct login_lists *login_trust_lists(const struct login_trust *trust);

/* Whether a certificate (DER) leads to one of ca's, or is one, and is valid now, whatever it is for; no list is looked at. For keys that
 * cards vouch with. */
enum login_fault login_trust_issued(struct login_trust *trust, struct cs_view certificate, uint64_t now);

/* Whether its key has signed text. algorithm: ES256, ES384 (r and s, of full length), EdDSA (Ed25519), RS256, PS256. */
enum login_fault login_certificate_verify(const struct login_certificate *certificate,
					  struct cs_view algorithm, struct cs_view text,
					  struct cs_view signature);

/* Whether it names the user, in its canonical form: in a user principal name (upn), or an address of mail (email). */
bool login_certificate_names(const struct login_certificate *certificate, const char *user, bool upn,
			     bool email);

#endif
