/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Client certificates, by GnuTLS, which the HTTP library speaks TLS with.
 */
#include "daemon/front_tls.h"

#include <gnutls/x509.h>

static bool is_trusted(gnutls_session_t session)
{
	gnutls_typed_vdata_st wanted[] = {{.type = GNUTLS_DT_KEY_PURPOSE_OID,
					   .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT}};
	unsigned status = 0;

	return gnutls_certificate_verify_peers(session, wanted, 1, &status) == GNUTLS_E_SUCCESS &&
	       status == 0;
}

static bool fingerprint_make(const gnutls_datum_t *der, uint8_t fingerprint[FRONT_TLS_FINGERPRINT_LEN])
{
	uint8_t id[FRONT_TLS_FINGERPRINT_LEN];
	size_t len = sizeof id;
	gnutls_x509_crt_t certificate;
	bool made = false;

	if (gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS) {
		return false;
	}
	made =
	    gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS &&
	    gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, id, &len) == GNUTLS_E_SUCCESS &&
	    len == sizeof id;
	gnutls_x509_crt_deinit(certificate);
	for (size_t i = 0; made && i < sizeof id; i++) {
		fingerprint[i] = id[i];
	}
	return made;
}

void front_tls_chain(gnutls_session_t session, struct cs_writer *out)
{
	const struct cs_writer before = *out;
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);

	for (unsigned i = 0; chain != NULL && i < count; i++) {
		cs_write_view(out, cs_view(chain[i].data, chain[i].size));
	}
	if (cs_writer_done(out) != CS_OK) {
		*out = before;
	}
}

enum front_certificate front_tls_certificate(gnutls_session_t session,
					     uint8_t fingerprint[FRONT_TLS_FINGERPRINT_LEN])
{
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);

	if (chain == NULL || count == 0) {
		return FRONT_CERTIFICATE_NONE;
	}
	return is_trusted(session) && fingerprint_make(&chain[0], fingerprint) ? FRONT_CERTIFICATE_TRUSTED
									       : FRONT_CERTIFICATE_REFUSED;
}
