/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The daemon's HMAC, which remembers the key before: RFC 2202 (section 3) and RFC 4231 (sections 4.2, 4.3),
 * in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/hmac.h"

#define MAC_MAX 64u

static const struct vector {
	enum cs_hash hash;
	const char *key, *message;
	const char *mac; /* hexadecimal */
} vectors[] = {
    {CS_SHA1, "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", "Hi There",
     "b617318655057264e28bc0b6fb378c8ef146be00"},
    {CS_SHA1, "Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {CS_SHA256, "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
     "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {CS_SHA256, "Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void vector_check(struct hmac *hmac, const struct vector *vector)
{
	const struct cs_hmac port = hmac_port(hmac);
	uint8_t mac[MAC_MAX];
	char hex[2 * MAC_MAX + 1];

	assert_int_equal(port.fn(port.ctx, vector->hash, cs_view_string(vector->key),
				 cs_view_string(vector->message), mac),
			 CS_OK);
	for (size_t i = 0; i < cs_hash_size(vector->hash); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", mac[i]);
	assert_string_equal(hex, vector->mac);
}

static void the_same_key_again_gives_the_same_mac(void **state)
{
	struct hmac *hmac = hmac_new();

	(void)state;
	assert_non_null(hmac);
	for (size_t i = 0; i < VECTORS; i++) {
		for (unsigned again = 0; again < 3; again++)
			vector_check(hmac, &vectors[i]);
	}
	hmac_free(hmac);
}

static void no_mac_is_made_with_the_key_of_the_call_before(void **state)
{
	struct hmac *hmac = hmac_new();

	(void)state;
	assert_non_null(hmac);
	for (size_t i = 0; i < VECTORS * VECTORS; i++) {
		vector_check(hmac, &vectors[i % VECTORS]);
		vector_check(hmac, &vectors[i / VECTORS]);
	}
	hmac_free(hmac);
}

/* The last byte is another one, and then there is one more, and one less. */
static void keys_that_begin_alike_are_told_apart(void **state)
{
	struct hmac *hmac = hmac_new();
	const struct cs_hmac port = hmac_port(hmac);
	static const size_t lengths[] = {20, 21, 19};
	const struct cs_view message = cs_view_string("Hi There");
	uint8_t one[20], other[20], changed[24];

	(void)state;
	assert_non_null(hmac);
	memset(changed, 0x0B, sizeof(changed));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		assert_int_equal(port.fn(port.ctx, CS_SHA1, cs_view(changed, 20), message, one), CS_OK);
		changed[19] ^= lengths[i] == 20;
		assert_int_equal(port.fn(port.ctx, CS_SHA1, cs_view(changed, lengths[i]), message, other),
				 CS_OK);
		assert_memory_not_equal(one, other, sizeof(one));
		changed[19] = 0x0B;
	}
	hmac_free(hmac);
}

static void a_key_too_long_to_be_remembered_works_too(void **state)
{
	/* RFC 2202, test case 6 */
	static const struct vector *const short_one = &vectors[0];
	uint8_t key[80], mac[20];
	struct hmac *hmac = hmac_new();
	const struct cs_hmac port = hmac_port(hmac);
	static const uint8_t wanted[20] = {0xaa, 0x4a, 0xe5, 0xe1, 0x52, 0x72, 0xd0, 0x0e, 0x95, 0x70,
					   0x56, 0x37, 0xce, 0x8a, 0x3b, 0x55, 0xed, 0x40, 0x21, 0x12};

	(void)state;
	assert_non_null(hmac);
	memset(key, 0xAA, sizeof(key));
	for (unsigned again = 0; again < 2; again++) {
		assert_int_equal(
		    port.fn(port.ctx, CS_SHA1, cs_view(key, sizeof(key)),
			    cs_view_string("Test Using Larger Than Block-Size Key - Hash Key First"), mac),
		    CS_OK);
		assert_memory_equal(mac, wanted, sizeof(wanted));
		vector_check(hmac, short_one);
	}
	hmac_free(hmac);
}

static void an_unknown_hash_is_refused(void **state)
{
	struct hmac *hmac = hmac_new();
	const struct cs_hmac port = hmac_port(hmac);
	uint8_t mac[MAC_MAX];

	(void)state;
	assert_int_equal(port.fn(port.ctx, (enum cs_hash)99, cs_view_string("k"), cs_view_string("m"), mac),
			 CS_ERR_UNSUPPORTED);
	hmac_free(hmac);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_key_again_gives_the_same_mac),
	    cmocka_unit_test(no_mac_is_made_with_the_key_of_the_call_before),
	    cmocka_unit_test(keys_that_begin_alike_are_told_apart),
	    cmocka_unit_test(a_key_too_long_to_be_remembered_works_too),
	    cmocka_unit_test(an_unknown_hash_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
