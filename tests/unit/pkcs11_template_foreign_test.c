/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Complete templates (tests/unit/pkcs11_template_check.h) of what is on another vendor's PIV card: one that
 * tells of its keys, and one with nothing but the standard's commands, of whose keys certificates tell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509.h>

#include "base/piv.h"
#include "pkcs11/slot.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"
#include "tests/unit/pkcs11_template_check.h"

#define session p11_session

static struct cc_backend backend;
static bool bare;

static enum cs_err bare_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	static const uint8_t unknown[] = {0x6D, 0x00};
	uint8_t ins = command.ptr[1];

	if (!bare || (ins != PIV_INS_GET_METADATA && ins != PIV_INS_GET_VERSION && ins != PIV_INS_GET_SERIAL))
		return transport_card.transmit(link, command, response);
	cs_write_view(response, CS_VIEW_OF(unknown));
	return CS_OK;
}

static int setup(void **state)
{
	(void)state;
	bare = false;
	backend = transport_card;
	backend.transmit = bare_transmit;
	if (setenv("XDG_CACHE_HOME", "/dev/null/none", 1) != 0 || !transport_card_make(CSGN_PROFILE_PIV))
		return -1;
	transport_card_make_plain();
	return p11_begin(&backend, &session) == CKR_OK &&
		       p11_login(session, CKU_SO, P11_MANAGEMENT_KEY) == CKR_OK
		   ? 0
		   : -1;
}

/* Each program after the one that made the objects, who is logged in as the user. */
static void be_user(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&backend, &session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_PIV_PIN), CKR_OK);
}

static CK_OBJECT_HANDLE the_only(CK_OBJECT_CLASS class)
{
	CK_OBJECT_HANDLE first;
	CK_ULONG n = 0;

	assert_int_equal(p11_find(session, class, 0, &n, &first), CKR_OK);
	assert_int_equal(n, 1);
	return first;
}

static const struct kind {
	const char *name;
	CK_MECHANISM_TYPE generate;
	const char *params; /* NULL: RSA */
	CK_KEY_TYPE type;
} kinds[] = {
    {"RSA", CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, CKK_RSA},
    {"P-256", CKM_EC_KEY_PAIR_GEN, "06082a8648ce3d030107", CKK_EC},
    {"P-384", CKM_EC_KEY_PAIR_GEN, "06052b81040022", CKK_EC},
    {"Ed25519", CKM_EC_EDWARDS_KEY_PAIR_GEN, "06032b6570", CKK_EC_EDWARDS},
    {"X25519", CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "06032b656e", CKK_EC_MONTGOMERY},
};

static void make(const struct kind *kind)
{
	CK_MECHANISM m = {kind->generate, NULL, 0};
	CK_ULONG bits = 2048;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public = {CKA_MODULUS_BITS, &bits, sizeof(bits)}, private = {CKA_TOKEN, &yes, 1};
	struct pair pair;

	if (kind->params != NULL)
		assert_int_equal(p11_pair(kind->generate, kind->params, 0, &pair), CKR_OK);
	else
		assert_int_equal(
		    C_GenerateKeyPair(session, &m, &public, 1, &private, 1, &pair.public, &pair.private),
		    CKR_OK);
}

/* Of the key that is there, in the slot that it is in. */
static void certify(void)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE der[2048], id = 1;
	unsigned char *out = der;
	EVP_PKEY *signer = EVP_EC_gen("P-256"), *key = p11_public(the_only(CKO_PUBLIC_KEY));
	X509 *x = X509_new();

	assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(x), "260101000000Z"), 1);
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x), "360101000000Z"), 1);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, signer, EVP_sha256()) > 0);
	int len = i2d_X509(x, NULL);
	assert_in_range(len, 1, sizeof(der));
	assert_int_equal(i2d_X509(x, &out), len);
	X509_free(x);
	EVP_PKEY_free(key);
	EVP_PKEY_free(signer);

	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_ID, &id, 1},
			    {CKA_VALUE, der, (CK_ULONG)len}};
	CK_OBJECT_HANDLE made;
	assert_int_equal(C_CreateObject(session, a, COUNT(a), &made), CKR_OK);
}

static void check_pair(CK_KEY_TYPE type)
{
	struct template private = template_of_half(type, true), public = template_of_half(type, false);
	CK_OBJECT_HANDLE of[] = {the_only(CKO_PRIVATE_KEY), the_only(CKO_PUBLIC_KEY)};

	template_is_whole(of[0], &private);
	template_is_whole(of[1], &public);
	for (size_t i = 0; i < COUNT(of); i++) {
		EVP_PKEY *told = p11_public(of[i]);

		EVP_PKEY_free(told);
		assert_int_equal(p11_ulong(of[i], CKA_KEY_TYPE), type);
	}
}

static void each_kind_of_key_on_another_vendor_s_card_has_all_that_is_its(void **state)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		make(&kinds[i]);
		be_user();
		check_pair(kinds[i].type);
		p11_token_free();
		assert_int_equal(setup(state), 0);
	}
}

/* X25519's certificate is one that others make: the standard's cards have none. */
static void keys_that_certificates_tell_of_have_all_that_is_theirs(void **state)
{
	struct template certificate = template_of_class(CKO_CERTIFICATE);

	for (size_t i = 0; i < COUNT(kinds); i++) {
		make(&kinds[i]);
		certify();
		bare = true;
		be_user();
		check_pair(kinds[i].type);
		template_is_whole(the_only(CKO_CERTIFICATE), &certificate);
		p11_token_free();
		assert_int_equal(setup(state), 0);
	}
}

static void make_data(void)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE value[] = "a note";
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_VALUE, value, sizeof(value)}};
	CK_OBJECT_HANDLE made;

	assert_int_equal(C_CreateObject(session, a, COUNT(a), &made), CKR_OK);
}

static void each_other_object_of_another_vendor_s_card_has_all_that_is_its(void **state)
{
	static const CK_OBJECT_CLASS classes[] = {CKO_DATA, CKO_CERTIFICATE, CKO_PROFILE};

	(void)state;
	make(&kinds[1]);
	certify();
	make_data();
	for (int i = 0; i < 2; i++) {
		bare = i != 0;
		be_user();
		for (size_t k = 0; k < COUNT(classes); k++) {
			struct template t = template_of_class(classes[k]);
			CK_ATTRIBUTE a = {CKA_CLASS, (CK_OBJECT_CLASS[]){classes[k]}, sizeof(classes[k])};
			CK_OBJECT_HANDLE found[64];
			CK_ULONG n = 0;

			assert_int_equal(C_FindObjectsInit(session, &a, 1), CKR_OK);
			assert_int_equal(C_FindObjects(session, found, 64, &n), CKR_OK);
			assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
			assert_in_range(n, 1, 63);
			for (CK_ULONG o = 0; o < n; o++)
				template_is_whole(found[o], &t);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, p11_session_end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(each_kind_of_key_on_another_vendor_s_card_has_all_that_is_its),
	    TEST(keys_that_certificates_tell_of_have_all_that_is_theirs),
	    TEST(each_other_object_of_another_vendor_s_card_has_all_that_is_its),
	};

	return cmocka_run_group_tests_name("pkcs11_template_foreign", tests, NULL, NULL);
}
