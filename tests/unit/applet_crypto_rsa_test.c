/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The crypto port's RSA: a published vector, round trips that libcrypto verifies, and parts that make no key.
 */
#include "tests/unit/crypto_fixture.h"

static const enum piv_alg rsa_algs[] = {PIV_ALG_RSA1024, PIV_ALG_RSA2048, PIV_ALG_RSA3072, PIV_ALG_RSA4096};
static const size_t rsa_len[] = {128, 256, 384, 512};

/* RFC 7515, appendix A.2: an RSA-2048 key and a PKCS #1 v1.5 signature with SHA-256. */
static const char jws_input[] =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
static const char jws_p[] =
    "e01cc410eb48a6655d54464d0aa4bb6da0b872b774a6a9d11ffe480778f0ddb7311a7e902ef9c4b5f75476262ba8176c"
    "b35979f014372a1a2829e4136bd001d07c3f3f2e4f25d4c934f63c7109fba2e67628a0dc9a73c6058e6def22dcd50950"
    "e711ddc16d5586f2a7fa75ea8494c18083e0b65742f8a0d5e73fb2d970f01947";
static const char jws_q[] =
    "b903c47e0995b632f4532cb1f3c199145d5f3ae9c7dfeedc7a92a6b47e29c61b42a07aa95a64fc600999c5a7b01e01c0"
    "8cb62ca756527bbcc56078fb0baba5ed38de2d07990ff6300faeadeb6c039a97bf1e507e4e7040fa78db8257c8b112ed"
    "5e59c3cd092fe5d4e5b51275d41281072a5e785ebaf3dae3709203133f5159d7";
static const char jws_dp[] =
    "07029f577024ab9fcc1590c56429d6fb0ce5f820a8f375a866f9cb430093783bfcbb396e4529e6ef52374022dd86ba84"
    "d9ef58931beec5d05fa53fcf23b633f8538a9eed51e87b097830a39f5d92937be6024b55db36f7e0c09dcbb72975387f"
    "615afbb6cb36bbabe7793c2b03ceab66dbb931baf50b55ec9af9311d001d628d";
static const char jws_dq[] =
    "87ff7afa62b547fee0961b2e9bcd5d6718d39d8ca73db6691f38998de78771762c5da68cc243a5383b166bb23dc570e8"
    "4706ca801ef5f6bae6236a0aafa3770e8f54d1a8da1c5f8d2899f082331ddb0f5c8f3dfffa4c8d97102bdafe082a118d"
    "a6633988880e4b55599ce67af26ebfa5b2c14a9de7b2c4dd96abddd2d2224c75";
static const char jws_qinv[] =
    "21877b0c73a1ad6bf19303d0b11336b4e82b8db72b7efb50262a5df8395cc7256eb8cf6c40b7608d5936a32dba174126"
    "a527062ead8ca305fb7e177f409437c9dcb9718ed82018bcef0f7720a2c475f9db26da0e3cb516d084eb25178e828d5c"
    "abd49bb3161ac0181fa7f821e80e7ad37936f9943054ad092921ee2c592e4375";
static const char jws_n[] =
    "a1f8160ae2e3c9b465ce8d2d656263362b927dbe29e1f02477fc1625cc90a136e38bd93497c5b6ea63dd7711e67c7429"
    "f956b0fb8a8f089adc4b69893cc1333f53edd019b87784252fec914fe4857769594bea4280d32c0f55bf62944f130396"
    "bc6e9bdf6ebdd2bda3678eeca0c668f701b38dbffb38c8342ce2fe6d27fade4a5a4874979dd4b9cf9adec4c75b05852c"
    "2c0f5ef8a5c1750392f944e8ed64c110c6b647609aa4783aeb9c6c9ad755313050638b83665c6f6f7a82a396702a1f64"
    "1b82d3ebf2392219491fb686872c5716f50af8358d9a8b9d17c340728f7f87d89a18d8fcab67ad84590c2ecf75933936"
    "3c07034d6f606f9e21e05456cae5e9a1";
static const char jws_signature[] =
    "702e218943e88fd11eb5d82dbf7845f34106ae1b81fff7731116add1717d83656d420afd3c96eedd73a2663e5166687b"
    "000b87226e0187ed1073f945e582adfcef16d85a798ee8c66ddb3db8975b17d09402beedd5d9d97007108db28160d5f8"
    "040ca7445762b81fbe7ff9d92e0ae76f24f25b33bbe6f44ae61eb1040acb20044d3ef9128ed40130795bd4bd3b41eeca"
    "d066ab651981fde48df77f372dc38b9fafdd3befb18b5da3cc3c2eb02f9e3a41d612caad15911273a05f23b9e838faaf"
    "849d698429ef5a1e88798236c3d40e604522a544c8f27a7a2db80663d16cf7caea56de405cb2215a45b2c25566b55ac1"
    "a748a070dfc8a32a469543d019eefb47";

static struct bytes rsa_parts(const char *p, const char *q, const char *dp, const char *dq, const char *qinv)
{
	const char *text[] = {p, q, dp, dq, qinv};
	struct bytes out, part;
	struct cs_writer w = CS_WRITER_OF(out.data);

	for (uint32_t i = 0; i < 5; i++) {
		part = hex(text[i]);
		cs_tlv_write(&w, PIV_IMPORT_P + i, view(&part));
	}
	out.len = cs_writer_view(&w).len;
	return out;
}

/* EMSA-PKCS1-v1_5 (RFC 8017, 9.2) of a SHA-256 digest. */
static struct bytes pkcs1_block(struct cs_view message, size_t len)
{
	struct bytes prefix = hex("3031300d060960864801650304020105000420"), out = {.len = len};
	struct cs_writer w = cs_writer_of(out.data, len);
	uint8_t digest[CS_HASH_MAX];

	assert_int_equal(port.digest(port.ctx, CS_SHA256, message, digest), CS_OK);
	cs_write_u16(&w, 1);
	cs_write_fill(&w, 0xFF, len - 3 - prefix.len - 32);
	cs_write_u8(&w, 0);
	cs_write_view(&w, view(&prefix));
	cs_write_view(&w, cs_view(digest, 32));
	assert_int_equal(cs_writer_done(&w), CS_OK);
	return out;
}

static void an_imported_rsa_key_signs_as_rfc_7515_says(void **state)
{
	struct bytes parts = rsa_parts(jws_p, jws_q, jws_dp, jws_dq, jws_qinv), priv, pub, out,
		     n = hex(jws_n);
	struct bytes block = pkcs1_block(cs_view(jws_input, sizeof(jws_input) - 1), 256);
	struct cs_view found;

	(void)state;
	assert_int_equal(import(PIV_ALG_RSA2048, &parts, &priv, &pub), CS_OK);
	assert_int_equal(cs_tlv_find(view(&pub), PIV_TAG_RSA_MODULUS, &found), CS_OK);
	assert_true(cs_view_equal(found, view(&n)));
	assert_int_equal(cs_tlv_find(view(&pub), PIV_TAG_RSA_EXPONENT, &found), CS_OK);
	assert_true(cs_view_equal(found, CS_VIEW_TEXT("\x01\x00\x01")));
	assert_int_equal(sign(PIV_ALG_RSA2048, &priv, view(&block), &out), CS_OK);
	assert_hex(out.data, out.len, jws_signature);
}

/* Changes one bit in the middle of an RSA part. */
static void spoil(struct bytes *parts, uint32_t tag)
{
	struct cs_view found;

	assert_int_equal(cs_tlv_find(view(parts), tag, &found), CS_OK);
	parts->data[(size_t)(found.ptr - parts->data) + found.len / 2] ^= 1;
}

static void rsa_parts_that_do_not_belong_together_are_no_key(void **state)
{
	struct bytes good = rsa_parts(jws_p, jws_q, jws_dp, jws_dq, jws_qinv), bad, priv, pub;

	(void)state;
	for (uint32_t tag = PIV_IMPORT_P; tag <= PIV_IMPORT_QINV; tag++) {
		bad = good;
		spoil(&bad, tag);
		assert_int_equal(import(PIV_ALG_RSA2048, &bad, &priv, &pub), CS_ERR_MALFORMED);
		assert_int_equal(priv.len + pub.len, 0);
	}
	bad = rsa_parts(jws_p, jws_p, jws_dp, jws_dp, jws_qinv); /* p = q */
	assert_int_equal(import(PIV_ALG_RSA2048, &bad, &priv, &pub), CS_ERR_MALFORMED);
	bad = rsa_parts(jws_q, jws_p, jws_dp, jws_dq, jws_qinv); /* changed about */
	assert_int_equal(import(PIV_ALG_RSA2048, &bad, &priv, &pub), CS_ERR_MALFORMED);
	assert_int_equal(import(PIV_ALG_RSA1024, &good, &priv, &pub), CS_ERR_MALFORMED);
	assert_int_equal(import(PIV_ALG_RSA4096, &good, &priv, &pub), CS_ERR_MALFORMED);
	bad = good;
	bad.len -= 140; /* qinv cut off */
	assert_int_equal(import(PIV_ALG_RSA2048, &bad, &priv, &pub), CS_ERR_MALFORMED);
	bad.len = 0;
	assert_int_equal(import(PIV_ALG_RSA2048, &bad, &priv, &pub), CS_ERR_MALFORMED);
	memcpy(bad.data, "\x01\x00", 2); /* p, empty; then whole */
	memcpy(bad.data + 2, good.data, good.len);
	bad.len = good.len + 2;
	assert_int_equal(import(PIV_ALG_RSA2048, &bad, &priv, &pub), CS_ERR_MALFORMED);
	bad = good;
	memcpy(bad.data + bad.len, "\x01\x01\x03", 3); /* p twice */
	bad.len += 3;
	assert_int_equal(import(PIV_ALG_RSA2048, &bad, &priv, &pub), CS_ERR_MALFORMED);
	assert_int_equal(import(PIV_ALG_ED25519, &good, &priv, &pub), CS_ERR_MALFORMED);
	assert_int_equal(import(PIV_ALG_AES128, &good, &priv, &pub), CS_ERR_UNSUPPORTED);
}

static void write_number(struct cs_writer *w, uint32_t tag, const BIGNUM *number)
{
	uint8_t bytes[64];

	assert_int_equal(BN_bn2binpad(number, bytes, sizeof(bytes)), sizeof(bytes));
	cs_tlv_write(w, tag, CS_VIEW_OF(bytes));
}

/* d mod prime - 1 */
static bool write_exponent(struct cs_writer *w, uint32_t tag, const BIGNUM *prime, BN_CTX *ctx)
{
	BIGNUM *order = BN_dup(prime), *e = BN_new(), *d;

	assert_int_equal(BN_sub_word(order, 1) & BN_set_word(e, 65537), 1);
	d = BN_mod_inverse(NULL, e, order, ctx);
	if (d)
		write_number(w, tag, d);
	BN_free(d);
	BN_free(e);
	BN_free(order);
	return d != NULL;
}

/* A key of RSA-1024 whose second prime is the first behind p + 2^shift; false where 65537 does not go with
 * it. */
static bool close_primes(unsigned shift, struct bytes *out)
{
	BIGNUM *p = BN_new(), *q = BN_new(), *qinv;
	BN_CTX *ctx = BN_CTX_new();
	struct cs_writer w = CS_WRITER_OF(out->data);
	bool good;

	assert_int_equal(BN_generate_prime_ex(p, 512, 0, NULL, NULL, NULL), 1);
	assert_int_equal(BN_lshift(q, BN_value_one(), (int)shift) & BN_add(q, q, p), 1);
	do
		assert_int_equal(BN_add_word(q, 2), 1);
	while (BN_check_prime(q, ctx, NULL) != 1);
	qinv = BN_mod_inverse(NULL, q, p, ctx);
	write_number(&w, PIV_IMPORT_P, p);
	write_number(&w, PIV_IMPORT_Q, q);
	good = write_exponent(&w, PIV_IMPORT_DP, p, ctx) && write_exponent(&w, PIV_IMPORT_DQ, q, ctx);
	write_number(&w, PIV_IMPORT_QINV, qinv);
	out->len = cs_writer_view(&w).len;
	BN_free(qinv);
	BN_free(q);
	BN_free(p);
	BN_CTX_free(ctx);
	return good;
}

static void primes_that_are_too_close_to_each_other_are_no_key(void **state)
{
	struct bytes parts, priv, pub;

	(void)state;
	while (!close_primes(409, &parts))
		;
	assert_int_equal(import(PIV_ALG_RSA1024, &parts, &priv, &pub), CS_ERR_MALFORMED);
	while (!close_primes(415, &parts))
		;
	assert_int_equal(import(PIV_ALG_RSA1024, &parts, &priv, &pub), CS_OK);
}

static EVP_PKEY *rsa_public(const struct bytes *pub)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	struct cs_view n, e;
	BIGNUM *bn, *be;
	EVP_PKEY *key;

	assert_int_equal(cs_tlv_find(view(pub), PIV_TAG_RSA_MODULUS, &n), CS_OK);
	assert_int_equal(cs_tlv_find(view(pub), PIV_TAG_RSA_EXPONENT, &e), CS_OK);
	bn = BN_bin2bn(n.ptr, (int)n.len, NULL);
	be = BN_bin2bn(e.ptr, (int)e.len, NULL);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, be), 1);
	key = public_key("RSA", build);
	BN_free(bn);
	BN_free(be);
	return key;
}

static void generated_rsa_keys_of_each_length_sign_what_libcrypto_verifies(void **state)
{
	struct bytes priv, pub, out, block;
	uint8_t digest[CS_HASH_MAX];

	(void)state;
	assert_int_equal(port.digest(port.ctx, CS_SHA256, CS_VIEW_TEXT("message"), digest), CS_OK);
	for (size_t i = 0; i < 4; i++) {
		assert_true(port.supports(port.ctx, rsa_algs[i]));
		generate(rsa_algs[i], &priv, &pub);
		assert_imports_as(rsa_algs[i], &priv, &pub);
		block = pkcs1_block(CS_VIEW_TEXT("message"), rsa_len[i]);
		assert_int_equal(sign(rsa_algs[i], &priv, view(&block), &out), CS_OK);
		assert_int_equal(out.len, rsa_len[i]);
		assert_true(verifies(rsa_public(&pub), true, cs_view(digest, 32), &out));
	}
}

static void rsa_input_of_another_length_or_not_below_the_modulus_is_refused(void **state)
{
	struct bytes parts = rsa_parts(jws_p, jws_q, jws_dp, jws_dq, jws_qinv), priv, pub, out,
		     in = hex(jws_n);

	(void)state;
	assert_int_equal(import(PIV_ALG_RSA2048, &parts, &priv, &pub), CS_OK);
	assert_int_equal(sign(PIV_ALG_RSA2048, &priv, view(&in), &out), CS_ERR_MALFORMED);
	in.data[255]++;
	assert_int_equal(sign(PIV_ALG_RSA2048, &priv, view(&in), &out), CS_ERR_MALFORMED);
	in.data[0]--;
	assert_int_equal(sign(PIV_ALG_RSA2048, &priv, view(&in), &out), CS_OK);
	assert_int_equal(sign(PIV_ALG_RSA2048, &priv, cs_view(in.data, 255), &out), CS_ERR_MALFORMED);
	assert_int_equal(sign(PIV_ALG_RSA2048, &priv, CS_VIEW_EMPTY, &out), CS_ERR_MALFORMED);
	assert_int_equal(sign(PIV_ALG_RSA1024, &priv, cs_view(in.data, 128), &out), CS_ERR_CRYPTO);
	priv.len--;
	assert_int_equal(sign(PIV_ALG_RSA2048, &priv, view(&in), &out), CS_ERR_CRYPTO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_imported_rsa_key_signs_as_rfc_7515_says),
	    cmocka_unit_test(rsa_parts_that_do_not_belong_together_are_no_key),
	    cmocka_unit_test(primes_that_are_too_close_to_each_other_are_no_key),
	    cmocka_unit_test(generated_rsa_keys_of_each_length_sign_what_libcrypto_verifies),
	    cmocka_unit_test(rsa_input_of_another_length_or_not_below_the_modulus_is_refused),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
