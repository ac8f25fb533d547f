/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A key in a PKCS#11 token, named by a URI (RFC 7512), that works where it lies. An AES-256 key seals and opens small
 * secrets: CKM_AES_GCM by the token, in the form of daemon/seal.h, so that what it sealed is bound to an identity too.
 * A P-256 key pair signs: CKM_ECDSA. One struct hsm is for the one or for the other: its first use says for which.
 *
 *   pkcs11:token=NAME;object=LABEL?module-path=/usr/lib/.../module.so&pin-source=file:/etc/countersign/hsm.pin
 *
 * module-path is wanted: nothing is loaded because a file lies somewhere. pin-source is a file that nobody but its
 * owner may read, or credential:NAME, a credential that systemd passed ($CREDENTIALS_DIRECTORY/NAME). A pin-value is
 * refused: a URI stands in a configuration file, and in what a process list shows.
 *
 *   closed --first use--> open (session, logged in, key found) --token lost, or its session--> closed
 *
 * A use that finds the session lost opens another, and tries once more; a use that fails leaves it closed, so that the
 * next one begins with a new look for the token. A PIN that was refused, for whatever reason, is not tried again until
 * hsm_free, and one that the token says has a single try left is not tried at all: restarts of an impatient service
 * must not block a token.
 */
#ifndef COUNTERSIGN_DAEMON_HSM_H
#define COUNTERSIGN_DAEMON_HSM_H

#include "base/bytes.h"
#include "daemon/config.h"

struct hsm;

/* Parses the URI and loads the module; the token is looked for at the first use. error gets a sentence.
 * CS_ERR_MALFORMED: the URI, or what it lacks; CS_ERR_NOT_FOUND: the module; CS_ERR_IO: it does not initialise. */
CS_MUST_CHECK enum cs_err hsm_new(const char *uri, struct hsm **out, char error[CONFIG_ERROR_MAX]);
void hsm_free(struct hsm *hsm);
/* Whether the PIN is being tried, or was refused, is kept there from now on, for who outlives this process. */
void hsm_watch(struct hsm *hsm, volatile bool *pin_tried);

/* As seal_close and seal_open: the writer gets plain.len + SEAL_OVERHEAD bytes, or the plain ones. What went wrong is
 * logged. CS_ERR_NO_READER: the token is not there; CS_ERR_NOT_FOUND: it has no such key; CS_ERR_WRONG: it refuses the
 * PIN, or would block it; CS_ERR_CORRUPT: not sealed by this key for this identity; CS_ERR_CRYPTO, CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err hsm_close(struct hsm *hsm, struct cs_view identity, struct cs_view plain,
				    struct cs_writer *out);
CS_MUST_CHECK enum cs_err hsm_open(struct hsm *hsm, struct cs_view identity, struct cs_view sealed,
				   struct cs_writer *out);

#define HSM_DIGEST_LEN	  32u
#define HSM_SIGNATURE_LEN 64u /* r and s */
#define HSM_POINT_LEN	  65u /* 04, x and y: SEC 1, 2.3.3 */

/* ECDSA of a digest by the private key of the URI's name. Errors as above; CS_ERR_UNSUPPORTED: the key is none of P-256. */
CS_MUST_CHECK enum cs_err hsm_sign(struct hsm *hsm, const uint8_t digest[HSM_DIGEST_LEN],
				   uint8_t signature[HSM_SIGNATURE_LEN]);
/* The public key of the same name: it must be an object on the token. */
CS_MUST_CHECK enum cs_err hsm_public(struct hsm *hsm, uint8_t point[HSM_POINT_LEN]);

#endif
