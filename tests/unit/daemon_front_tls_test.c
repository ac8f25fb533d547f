/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose certificates front believes, in handshakes of TLS 1.3 over a pair of sockets.
 */
#include "daemon/front_tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/pki.h"

static EVP_PKEY *ca_key, *server_key;
static X509 *ca, *server;
static int64_t now;

static int group_make(void **state)
{
	now = time(NULL);
	const struct pki_leaf leaf = {"localhost", "serverAuth", NULL, NULL, now - 60, now + 3600, 2};

	(void)state;
	ca_key = pki_key("P-256");
	server_key = pki_key("P-256");
	ca = pki_ca("Clients", ca_key, NULL, NULL, now);
	server = pki_leaf(&leaf, server_key, ca, ca_key);
	return 0;
}

static int group_end(void **state)
{
	(void)state;
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(server_key);
	X509_free(ca);
	X509_free(server);
	return 0;
}

/* ---- keys, as GnuTLS has them ---- */

static gnutls_datum_t datum(struct cs_writer *w)
{
	const struct cs_view view = cs_writer_view(w);

	return (gnutls_datum_t){(unsigned char *)(uintptr_t)view.ptr, (unsigned)view.len};
}

/* Signs as pki_sign does: also where there is nothing to sign with. */
static int sign_data(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *ctx, unsigned flags,
		     const gnutls_datum_t *data, gnutls_datum_t *signature)
{
	uint8_t bytes[PKI_ED25519_SIGNATURE_LEN];
	struct cs_writer w = CS_WRITER_OF(bytes);

	(void)key;
	(void)algorithm;
	(void)flags;
	pki_sign(ctx, "EdDSA", cs_view(data->data, data->size), &w);
	signature->data = gnutls_malloc(sizeof(bytes));
	assert_non_null(signature->data);
	memcpy(signature->data, bytes, sizeof(bytes));
	signature->size = sizeof(bytes);
	return 0;
}

static int sign_info(gnutls_privkey_t key, unsigned flags, void *ctx)
{
	(void)key;
	(void)ctx;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
		return GNUTLS_PK_EDDSA_ED25519;
	if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
		return GNUTLS_FLAGS_TO_SIGN_ALGO(flags) == GNUTLS_SIGN_EDDSA_ED25519;
	return flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS ? 256 : -1;
}

static gnutls_certificate_credentials_t server_credentials(void)
{
	uint8_t der[4096];
	struct cs_writer w = cs_writer_of(der, 2048), anchor = cs_writer_of(der + 2048, 2048);
	gnutls_certificate_credentials_t made;
	unsigned char *private = NULL;

	pki_der(&w, server);
	gnutls_datum_t certificate = datum(&w);
	pki_der(&anchor, ca);
	gnutls_datum_t trusted = datum(&anchor);
	const int len = i2d_PrivateKey(server_key, &private);
	assert_true(len > 0);
	gnutls_datum_t key = {private, (unsigned)len};
	assert_int_equal(gnutls_certificate_allocate_credentials(&made), 0);
	assert_int_equal(gnutls_certificate_set_x509_trust_mem(made, &trusted, GNUTLS_X509_FMT_DER), 1);
	assert_int_equal(gnutls_certificate_set_x509_key_mem(made, &certificate, &key, GNUTLS_X509_FMT_DER),
			 0);
	OPENSSL_free(private);
	return made;
}

/* GnuTLS keeps what is handed over. */
static gnutls_certificate_credentials_t client_credentials(EVP_PKEY *key, X509 *const *chain, unsigned count)
{
	gnutls_pcert_st *certificates = gnutls_malloc(count * sizeof(*certificates));
	gnutls_certificate_credentials_t made;
	gnutls_privkey_t private;
	uint8_t der[2048];

	assert_non_null(certificates);
	for (unsigned i = 0; i < count; i++) {
		struct cs_writer w = CS_WRITER_OF(der);
		pki_der(&w, chain[i]);
		gnutls_datum_t certificate = datum(&w);
		assert_int_equal(
		    gnutls_pcert_import_x509_raw(&certificates[i], &certificate, GNUTLS_X509_FMT_DER, 0), 0);
	}
	assert_int_equal(gnutls_privkey_init(&private), 0);
	assert_int_equal(gnutls_privkey_import_ext4(private, key, sign_data, NULL, NULL, NULL, sign_info, 0),
			 0);
	assert_int_equal(gnutls_certificate_allocate_credentials(&made), 0);
	gnutls_certificate_set_flags(made, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
	assert_int_equal(gnutls_certificate_set_key(made, NULL, 0, certificates, (int)count, private), 0);
	gnutls_free(certificates);
	return made;
}

/* ---- a handshake ---- */

static gnutls_session_t session_of(unsigned flags, gnutls_certificate_credentials_t credentials, int fd)
{
	gnutls_session_t session;

	assert_int_equal(gnutls_init(&session, flags), 0);
	assert_int_equal(gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL), 0);
	assert_int_equal(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), 0);
	if (flags & GNUTLS_SERVER)
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	gnutls_transport_set_int(session, fd);
	return session;
}

static int shake(gnutls_session_t session)
{
	int err;

	do
		err = gnutls_handshake(session);
	while (err < 0 && !gnutls_error_is_fatal(err));
	return err;
}

static void *client_run(void *ctx)
{
	return (void *)(intptr_t)shake(ctx);
}

/* What front says of a client with this key and chain. */
static enum front_certificate certificate_of(EVP_PKEY *key, X509 *const *chain, unsigned count,
					     uint8_t fingerprint[FRONT_TLS_FINGERPRINT_LEN])
{
	gnutls_certificate_credentials_t ours = server_credentials(),
					 theirs = client_credentials(key, chain, count);
	pthread_t thread;
	void *ended;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	gnutls_session_t front = session_of(GNUTLS_SERVER, ours, fd[0]),
			 client = session_of(GNUTLS_CLIENT, theirs, fd[1]);
	assert_int_equal(pthread_create(&thread, NULL, client_run, client), 0);
	assert_int_equal(shake(front), 0);
	assert_int_equal(pthread_join(thread, &ended), 0);
	assert_int_equal((intptr_t)ended, 0);
	const enum front_certificate found = front_tls_certificate(front, fingerprint);
	gnutls_deinit(front);
	gnutls_deinit(client);
	gnutls_certificate_free_credentials(ours);
	gnutls_certificate_free_credentials(theirs);
	(void)close(fd[0]);
	(void)close(fd[1]);
	return found;
}

static X509 *leaf_of(EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	const struct pki_leaf leaf = {"operator", "clientAuth", NULL, NULL, now - 60, now + 3600, 3};

	return pki_leaf(&leaf, key, issuer, issuer_key);
}

static void an_ed25519_key_that_client_ca_has_certified_is_known_by_its_fingerprint(void **state)
{
	EVP_PKEY *key = pki_key("ED25519"), *foreign_key = pki_key("P-256");
	X509 *chain[] = {leaf_of(key, ca, ca_key)},
	     *foreign = pki_ca("Clients", foreign_key, NULL, NULL, now);
	uint8_t fingerprint[FRONT_TLS_FINGERPRINT_LEN], want[FRONT_TLS_FINGERPRINT_LEN];
	unsigned char *der = NULL;

	(void)state;
	assert_int_equal(certificate_of(key, chain, 1, fingerprint), FRONT_CERTIFICATE_TRUSTED);
	const int len = i2d_PUBKEY(key, &der);
	assert_int_equal(EVP_Digest(der, (size_t)len, want, NULL, EVP_sha256(), NULL), 1);
	assert_memory_equal(fingerprint, want, sizeof(want));
	X509_free(chain[0]);
	chain[0] = leaf_of(key, foreign, foreign_key);
	assert_int_equal(certificate_of(key, chain, 1, fingerprint), FRONT_CERTIFICATE_REFUSED);
	OPENSSL_free(der);
	X509_free(chain[0]);
	X509_free(foreign);
	EVP_PKEY_free(key);
	EVP_PKEY_free(foreign_key);
}

/* Everybody signs for it, whoever has certified it; and for those whom such a CA is said to have certified.
 */
static void a_key_of_small_order_is_refused_wherever_in_the_chain_it_is(void **state)
{
	EVP_PKEY *nobodys = pki_key_of_nobody(), *key = pki_key("ED25519");
	X509 *by_nobody = pki_ca("Nobody's", nobodys, ca, ca_key, now);
	X509 *own[] = {leaf_of(nobodys, ca, ca_key)},
	     *below[] = {leaf_of(key, by_nobody, nobodys), by_nobody};
	uint8_t fingerprint[FRONT_TLS_FINGERPRINT_LEN];

	(void)state;
	assert_int_equal(certificate_of(nobodys, own, 1, fingerprint), FRONT_CERTIFICATE_REFUSED);
	assert_int_equal(certificate_of(key, below, 2, fingerprint), FRONT_CERTIFICATE_REFUSED);
	X509_free(own[0]);
	X509_free(below[0]);
	X509_free(by_nobody);
	EVP_PKEY_free(nobodys);
	EVP_PKEY_free(key);
}

/* Of all kinds below client_ca. */
static void only_keys_that_cannot_be_forged_for_certify(void **state)
{
	EVP_PKEY *key = pki_key("ED25519");
	const struct {
		EVP_PKEY *ca;
		enum front_certificate want;
	} rows[] = {
	    {pki_key("RSA2048"), FRONT_CERTIFICATE_TRUSTED},
	    {pki_key("RSA-PSS"), FRONT_CERTIFICATE_TRUSTED},
	    {pki_key("P-384"), FRONT_CERTIFICATE_TRUSTED},
	    {pki_key("ED448"), FRONT_CERTIFICATE_REFUSED},
	    {pki_key_rsa("RSA", 1), FRONT_CERTIFICATE_REFUSED},
	};
	uint8_t fingerprint[FRONT_TLS_FINGERPRINT_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509 *below = pki_ca("Below", rows[i].ca, ca, ca_key, now);
		X509 *chain[] = {leaf_of(key, below, rows[i].ca), below};

		if (certificate_of(key, chain, 2, fingerprint) != rows[i].want)
			fail_msg("row %zu", i);
		X509_free(chain[0]);
		X509_free(below);
		EVP_PKEY_free(rows[i].ca);
	}
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_ed25519_key_that_client_ca_has_certified_is_known_by_its_fingerprint),
	    cmocka_unit_test(a_key_of_small_order_is_refused_wherever_in_the_chain_it_is),
	    cmocka_unit_test(only_keys_that_cannot_be_forged_for_certify),
	};

	return cmocka_run_group_tests(tests, group_make, group_end);
}
