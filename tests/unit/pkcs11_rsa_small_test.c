/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA of 1024 bits, which our card does not have: a card of another vendor that has a key of it in 9C. What
 * such a card answers about that key is made here, by libcrypto; all else is a card's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "base/apdu.h"
#include "base/piv.h"
#include "base/tlv.h"
#include "pkcs11/slot.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_rsa_try.h"

#define session p11_session

#define LEN 128u

static struct cc_backend backend;
static struct rsa_key rsa;
static bool made; /* the key */

/* 80 01 16, of the list of algorithms, becomes 80 01 06. */
static void tell_of_small_keys(struct cs_writer *response)
{
	for (size_t i = 0; i + 3 <= response->len; i++) {
		uint8_t *at = response->buf + i;

		if (at[0] == 0x80 && at[1] == 1 && at[2] == PIV_ALG_RSA4096)
			at[2] = PIV_ALG_RSA1024;
	}
}

/* 81 modulus 82 exponent. */
static void write_public(struct cs_writer *w)
{
	static const uint8_t f4[] = {1, 0, 1};
	uint8_t modulus[LEN];
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(rsa.key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	assert_int_equal(BN_bn2binpad(n, modulus, LEN), LEN);
	BN_free(n);
	cs_tlv_write(w, 0x81, CS_VIEW_OF(modulus));
	cs_tlv_write(w, 0x82, CS_VIEW_OF(f4));
}

static enum cs_err answer_metadata(struct cs_writer *w)
{
	static const uint8_t alg[] = {PIV_ALG_RSA1024}, policy[] = {PIV_PIN_ONCE, PIV_TOUCH_NEVER},
			     origin[] = {PIV_ORIGIN_GENERATED};
	size_t public;

	cs_tlv_write(w, 0x01, CS_VIEW_OF(alg));
	cs_tlv_write(w, 0x02, CS_VIEW_OF(policy));
	cs_tlv_write(w, 0x03, CS_VIEW_OF(origin));
	public = cs_tlv_begin(w, 0x04);
	write_public(w);
	cs_tlv_end(w, public);
	cs_write_u16(w, 0x9000);
	return CS_OK;
}

static enum cs_err answer_generate(struct cs_writer *w)
{
	size_t public = cs_tlv_begin(w, 0x7F49);

	made = true;
	write_public(w);
	cs_tlv_end(w, public);
	cs_write_u16(w, 0x9000);
	return CS_OK;
}

/* 7C of 82, empty, and 81: the number to the power d; what is no number below the modulus is wrong data. */
static enum cs_err answer_authenticate(struct cs_view data, struct cs_writer *w)
{
	struct cs_reader r = cs_reader_of(data),
			 inner = cs_reader_of(cs_tlv_expect(&r, PIV_TAG_AUTH_TEMPLATE));
	struct cs_view input;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa.key, NULL);
	uint8_t out[LEN];
	size_t len = sizeof(out), template;
	bool done;

	(void)cs_tlv_expect(&inner, PIV_TAG_AUTH_RESPONSE);
	input = cs_tlv_expect(&inner, PIV_TAG_AUTH_CHALLENGE);
	assert_int_equal(cs_reader_done(&inner), CS_OK);
	assert_int_equal(input.len, LEN);
	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	done = EVP_PKEY_sign(ctx, out, &len, input.ptr, input.len) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!done) {
		cs_write_u16(w, 0x6A80);
		return CS_OK;
	}
	template = cs_tlv_begin(w, PIV_TAG_AUTH_TEMPLATE);
	cs_tlv_write(w, PIV_TAG_AUTH_RESPONSE, CS_VIEW_OF(out));
	cs_tlv_end(w, template);
	cs_write_u16(w, 0x9000);
	return CS_OK;
}

static enum cs_err transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	struct cs_apdu apdu;
	enum cs_err err;

	if (cs_apdu_parse(command, &apdu) == CS_OK && apdu.p2 == PIV_SLOT_SIGNATURE) {
		if (apdu.ins == PIV_INS_GENERATE)
			return answer_generate(response);
		if (apdu.ins == PIV_INS_GET_METADATA && made)
			return answer_metadata(response);
		if (apdu.ins == PIV_INS_AUTHENTICATE && apdu.p1 == PIV_ALG_RSA1024)
			return answer_authenticate(apdu.data, response);
	}
	err = transport_card.transmit(link, command, response);
	if (command.len > 1 && command.ptr[1] == ISO_INS_SELECT)
		tell_of_small_keys(response);
	return err;
}

static CK_RV generate(CK_ULONG bits, struct pair *pair)
{
	CK_BYTE id = 2;
	CK_BBOOL yes = CK_TRUE;
	CK_MECHANISM m = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public = {CKA_MODULUS_BITS, &bits, sizeof(bits)},
		     private[] = {{CKA_ID, &id, 1}, {CKA_TOKEN, &yes, 1}};

	return C_GenerateKeyPair(session, &m, &public, 1, private, 2, &pair->public, &pair->private);
}

/* The administrator makes the key, and the user uses it, as the card tells of it. */
static int make(void **state)
{
	CK_ULONG n = 0;

	(void)state;
	rsa = rsa_key_small();
	rsa_key_make(&rsa);
	backend = transport_card;
	backend.transmit = transmit;
	if (setenv("XDG_CACHE_HOME", "/dev/null/none", 1) != 0 || !transport_card_make(CSGN_PROFILE_PIV))
		return -1;
	transport_card_make_plain();
	if (p11_begin(&backend, &session) != CKR_OK ||
	    p11_login(session, CKU_SO, P11_MANAGEMENT_KEY) != CKR_OK || generate(1024, &rsa.pair) != CKR_OK ||
	    C_Finalize(NULL) != CKR_OK || p11_begin(&backend, &session) != CKR_OK ||
	    p11_login(session, CKU_USER, P11_PIV_PIN) != CKR_OK ||
	    p11_find(session, CKO_PRIVATE_KEY, 2, &n, &rsa.pair.private) != CKR_OK || n != 1)
		return -1;
	return p11_find(session, CKO_PUBLIC_KEY, 2, &n, &rsa.pair.public) == CKR_OK && n == 1 ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa.key);
	p11_token_free();
	return 0;
}

static void a_card_that_has_it_says_so(void **state)
{
	CK_MECHANISM_INFO info;

	(void)state;
	assert_int_equal(C_GetMechanismInfo(0, CKM_RSA_PKCS_KEY_PAIR_GEN, &info), CKR_OK);
	assert_int_equal(info.ulMinKeySize, 1024);
	assert_int_equal(info.ulMaxKeySize, 3072);
}

static void the_key_that_was_made_is_told_as_it_is(void **state)
{
	(void)state;
	rsa_try_told(&rsa);
}

static void it_signs_as_libcrypto_does(void **state)
{
	(void)state;
	rsa_try_pkcs1(&rsa);
	rsa_try_longest(&rsa);
	rsa_try_pss(&rsa);
}

static void numbers_are_signed_decrypted_and_recovered_as_they_stand(void **state)
{
	(void)state;
	rsa_try_numbers(&rsa);
}

/* Two digests of SHA-512 do not go into 1024 bits. */
static void it_decrypts_what_libcrypto_encrypts(void **state)
{
	(void)state;
	assert_int_equal(rsa_try_oaep(&rsa), 3);
}

static void keys_are_wrapped_and_unwrapped(void **state)
{
	(void)state;
	rsa_try_wrapping(&rsa);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_card_that_has_it_says_so),
	    TEST(the_key_that_was_made_is_told_as_it_is),
	    TEST(it_signs_as_libcrypto_does),
	    TEST(numbers_are_signed_decrypted_and_recovered_as_they_stand),
	    TEST(it_decrypts_what_libcrypto_encrypts),
	    TEST(keys_are_wrapped_and_unwrapped),
	};

	return cmocka_run_group_tests_name("pkcs11_rsa_small", tests, make, end);
}
