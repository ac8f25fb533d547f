/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Client certificates, by GnuTLS, which the HTTP library speaks TLS with.
 */
#include "daemon/front_tls.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "base/ed25519.h"

static bool is_trusted(gnutls_session_t session)
{
	gnutls_typed_vdata_st wanted[] = {{.type = GNUTLS_DT_KEY_PURPOSE_OID,
					   .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT}};
	unsigned status = 0;

	return gnutls_certificate_verify_peers(session, wanted, 1, &status) == GNUTLS_E_SUCCESS &&
	       status == 0;
}

/* With an exponent of 1 a signature is what it signs, padded; an even one has no private key. */
static bool rsa_verifies(gnutls_x509_crt_t certificate)
{
	gnutls_pubkey_t key;
	gnutls_datum_t n = {NULL, 0}, e = {NULL, 0};

	if (gnutls_pubkey_init(&key) != GNUTLS_E_SUCCESS) {
		return false;
	}
	bool good =
	    gnutls_pubkey_import_x509(key, certificate, 0) == GNUTLS_E_SUCCESS &&
	    gnutls_pubkey_export_rsa_raw2(key, &n, &e, GNUTLS_EXPORT_FLAG_NO_LZ) == GNUTLS_E_SUCCESS &&
	    e.size > 0 && (e.data[e.size - 1] & 1u) != 0 && (e.size > 1 || e.data[0] > 1);
	gnutls_free(n.data);
	gnutls_free(e.data);
	gnutls_pubkey_deinit(key);
	return good;
}

static bool ed25519_verifies(gnutls_x509_crt_t certificate)
{
	gnutls_datum_t x = {NULL, 0}, y = {NULL, 0};
	gnutls_ecc_curve_t curve;
	bool good = gnutls_x509_crt_get_pk_ecc_raw(certificate, &curve, &x, &y) == GNUTLS_E_SUCCESS &&
		    x.size == CS_ED25519_LEN && cs_ed25519_verifies(x.data);
	gnutls_free(x.data);
	gnutls_free(y.data);
	return good;
}

/* GnuTLS takes keys, too, for which anybody signs: as base/host/public_key.h has it. It reads no point that
 * is not on its curve, and none that is neutral. */
static bool key_verifies(gnutls_x509_crt_t certificate)
{
	switch (gnutls_x509_crt_get_pk_algorithm(certificate, NULL)) {
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		return rsa_verifies(certificate);
	case GNUTLS_PK_ECDSA:
		return true;
	case GNUTLS_PK_EDDSA_ED25519:
		return ed25519_verifies(certificate);
	default:
		return false;
	}
}

/* Whether the keys of all that were shown do; those above them are of client_ca. */
static bool keys_verify(const gnutls_datum_t *chain, unsigned count)
{
	bool good = true;

	for (unsigned i = 0; good && i < count; i++) {
		gnutls_x509_crt_t certificate;
		if (gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS) {
			return false;
		}
		good =
		    gnutls_x509_crt_import(certificate, &chain[i], GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS &&
		    key_verifies(certificate);
		gnutls_x509_crt_deinit(certificate);
	}
	return good;
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
	return is_trusted(session) && keys_verify(chain, count) && fingerprint_make(&chain[0], fingerprint)
		   ? FRONT_CERTIFICATE_TRUSTED
		   : FRONT_CERTIFICATE_REFUSED;
}
