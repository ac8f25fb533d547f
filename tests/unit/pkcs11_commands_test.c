/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How many commands a card is sent: from C_Initialize to all objects listed, and for a signature, with 4 and
 * with 24 certificates, on our card and on another vendor's, there with fewer, too; with nothing known of the
 * card before, and with what was kept of it. make bench counts the same through pcscd, beside other modules.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/p11_cache.h"
#include "tests/lib/p11_foreign.h"
#include "tests/unit/pkcs11_token.h"

#define RSA_ID	1u
#define P256_ID 3u /* the second wants the PIN each time */

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	return p11_cache_drop() ? 0 : -1;
}

/* ---- cards ---- */

static void make_key(CK_BYTE id)
{
	CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE rsa = {CKA_MODULUS_BITS, &bits, sizeof(bits)}, ec = {CKA_EC_PARAMS, p256, sizeof(p256)};
	CK_ATTRIBUTE private[] = {{CKA_TOKEN, &yes, 1}, {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE public_key, private_key, certificate;

	assert_int_equal(generate(id == RSA_ID ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN,
				  id == RSA_ID ? &rsa : &ec, 1, private, 2, &public_key, &private_key),
			 CKR_OK);
	assert_int_equal(
	    write_certificate(make_certificate("Ada", attribute(public_key, CKA_PUBLIC_KEY_INFO), false), id,
			      &certificate),
	    CKR_OK);
}

static void make_keys(CK_BYTE last)
{
	for (CK_BYTE id = 1; id <= last; id++)
		make_key(id);
}

static int our_setup(void **state)
{
	return p11_cache_make() ? token_setup(state) : -1;
}

/* What the retired keys' certificates are told by there (SP 800-73-4, part 1, 3.3.2): as an issuer writes it.
 */
static void write_history(CK_BYTE on_card)
{
	const uint8_t put[] = {0x00, 0xDB, 0x3F, 0xFF, 0x0F,	0x5C, 0x03, 0x5F, 0xC1, 0x0C,
			       0x53, 0x08, 0xC1, 0x01, on_card, 0xC2, 0x01, 0x00, 0xFE, 0x00};

	assert_int_equal(transport_card_other(CS_VIEW_OF(put)), 0x9000);
}

static int piv_setup(void **state)
{
	(void)state;
	return p11_foreign_make(&transport_card, &session) && p11_cache_make() &&
		       log_in(CKU_SO, P11_MANAGEMENT_KEY) == CKR_OK
		   ? 0
		   : -1;
}

/* ---- what a program does ---- */

/* All objects, each with what programs show of it: the commands that it takes from C_Initialize on. */
static unsigned list_all(CK_ULONG certificates)
{
	CK_OBJECT_HANDLE found[128];
	CK_ULONG slots = 0, n = 0, seen = 0;
	unsigned before;

	assert_int_equal(C_Finalize(NULL), CKR_OK);
	before = transport_card_commands();
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &slots), CKR_OK);
	begin_session(0);
	assert_int_equal(C_FindObjectsInit(session, NULL, 0), CKR_OK);
	assert_int_equal(C_FindObjects(session, found, 128, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++) {
		CK_OBJECT_CLASS class = 0;
		CK_BYTE id[64], label[128];
		CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
				    {CKA_ID, id, sizeof(id)},
				    {CKA_LABEL, label, sizeof(label)}};

		(void)C_GetAttributeValue(session, found[i], a, 3);
		seen += class == CKO_CERTIFICATE ? 1 : 0;
	}
	assert_int_equal(seen, certificates);
	return transport_card_commands() - before;
}

static unsigned read_certificates(CK_ULONG certificates)
{
	CK_OBJECT_HANDLE found[32];
	unsigned before = transport_card_commands();

	assert_int_equal(find_class(CKO_CERTIFICATE, found), certificates);
	for (CK_ULONG i = 0; i < certificates; i++)
		assert_true(attribute(found[i], CKA_VALUE).len > 100);
	return transport_card_commands() - before;
}

static unsigned sign(CK_BYTE id, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM mechanism = {type, NULL, 0};
	CK_OBJECT_HANDLE key;
	CK_BYTE digest[32] = {1}, signature[256];
	CK_ULONG n = 0, len = sizeof(signature);
	unsigned before;

	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, id, &n, &key), CKR_OK);
	assert_int_equal(n, 1);
	before = transport_card_commands();
	assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
	assert_int_equal(C_Sign(session, digest, sizeof(digest), signature, &len), CKR_OK);
	assert_int_equal(len, type == CKM_ECDSA ? 64 : 256);
	return transport_card_commands() - before;
}

/* The first with each key may ask about it, and verifies the PIN. */
static void each_signature_is_one_command(const char *pin)
{
	assert_int_equal(log_in(CKU_USER, pin), CKR_OK);
	(void)sign(RSA_ID, CKM_RSA_PKCS);
	(void)sign(P256_ID, CKM_ECDSA);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sign(RSA_ID, CKM_RSA_PKCS), 1);
		assert_int_equal(sign(P256_ID, CKM_ECDSA), 1);
	}
}

/* ---- our card ---- */

static void our_card(CK_BYTE certificates)
{
	make_keys(certificates);
	assert_true(p11_cache_drop());
	assert_in_range(list_all(certificates), 1, 3);
	assert_in_range(read_certificates(certificates), 1, certificates);
	assert_in_range(list_all(certificates), 1, 2);
	assert_int_equal(read_certificates(certificates), 0);
	each_signature_is_one_command(USER_PIN);
}

static void our_card_with_4_certificates(void **state)
{
	(void)state;
	our_card(4);
}

static void our_card_with_24_certificates(void **state)
{
	(void)state;
	our_card(24);
}

/* ---- any PIV card ---- */

static void piv_card(CK_BYTE certificates)
{
	make_keys(certificates);
	write_history((CK_BYTE)(certificates - 4));
	assert_true(p11_cache_drop());
	assert_in_range(list_all(certificates), certificates, 2u + certificates);
	assert_int_equal(read_certificates(certificates), 0);
	assert_in_range(list_all(certificates), 1, 4);
	assert_in_range(read_certificates(certificates), 0, certificates);
	each_signature_is_one_command(P11_PIV_PIN);
}

/* That one of the first four slots is empty nothing tells but the card, which is asked for a certificate in
 * it and for a key; every time, since what comes into it need not change anything else. Where there is no
 * certificate at all its first refusal may be another application's: PIV is selected, and it is asked again.
 * Beside that SELECT and the key history; or SELECT, the CHUID and one certificate, for the profile that it
 * speaks for. */
static unsigned cold(CK_BYTE certificates)
{
	return 2 + certificates + 2 * (4u - certificates) + (certificates == 0 ? 2 : 0);
}

static unsigned warm(CK_BYTE certificates)
{
	return 2 + 2 * (4u - certificates) + (certificates == 0 ? 2 : 1);
}

static void a_piv_card_with_few_certificates(CK_BYTE certificates)
{
	make_keys(certificates);
	assert_true(p11_cache_drop());
	assert_int_equal(list_all(certificates), cold(certificates));
	assert_int_equal(read_certificates(certificates), 0);
	assert_int_equal(list_all(certificates), warm(certificates));
	assert_in_range(read_certificates(certificates), 0, certificates > 0 ? certificates - 1u : 0);
}

static void a_piv_card_with_no_certificate(void **state)
{
	(void)state;
	a_piv_card_with_few_certificates(0);
}

static void a_piv_card_with_1_certificate(void **state)
{
	(void)state;
	a_piv_card_with_few_certificates(1);
}

static void a_piv_card_with_2_certificates(void **state)
{
	(void)state;
	a_piv_card_with_few_certificates(2);
}

static void a_piv_card_with_3_certificates(void **state)
{
	(void)state;
	a_piv_card_with_few_certificates(3);
}

static void a_piv_card_with_4_certificates(void **state)
{
	(void)state;
	piv_card(4);
}

static void a_piv_card_with_24_certificates(void **state)
{
	(void)state;
	piv_card(24);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(our_card_with_4_certificates, our_setup),   TEST(our_card_with_24_certificates, our_setup),
	    TEST(a_piv_card_with_no_certificate, piv_setup), TEST(a_piv_card_with_1_certificate, piv_setup),
	    TEST(a_piv_card_with_2_certificates, piv_setup), TEST(a_piv_card_with_3_certificates, piv_setup),
	    TEST(a_piv_card_with_4_certificates, piv_setup), TEST(a_piv_card_with_24_certificates, piv_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
