/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_DigestInit, C_Digest, C_DigestUpdate, C_DigestKey and C_DigestFinal (PKCS #11 v3.2, 5.12), for each
 * digest that the module says it has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_session.h"

#define session p11_session

#define DIGEST_MAX 64u

static CK_BYTE nothing[1], abc[] = "abc",
			   longer[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
				      "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

static const struct message {
	CK_BYTE *at;
	CK_ULONG len;
} messages[] = {{nothing, 0}, {abc, 3}, {longer, 112}};

/* NIST's examples for FIPS 180-4 and FIPS 202: of nothing, of three bytes, of 896 bits. */
static const struct digest {
	CK_MECHANISM_TYPE type;
	CK_ULONG len;
	const char *of[3];
} digests[] = {
    {CKM_SHA_1,
     20,
     {"da39a3ee5e6b4b0d3255bfef95601890afd80709", "a9993e364706816aba3e25717850c26c9cd0d89d",
      "a49b2446a02c645bf419f995b67091253a04a259"}},
    {CKM_SHA224,
     28,
     {"d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
      "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
      "c97ca9a559850ce97a04a96def6d99a9e0e0e2ab14e6b8df265fc0b3"}},
    {CKM_SHA256,
     32,
     {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"}},
    {CKM_SHA384,
     48,
     {"38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
      "274edebfe76f65fbd51ad2f14898b95b",
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
      "8086072ba1e7cc2358baeca134c825a7",
      "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
      "fcc7c71a557e2db966c3e9fa91746039"}},
    {CKM_SHA512,
     64,
     {"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
      "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
      "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"}},
    {CKM_SHA512_224,
     28,
     {"6ed0dd02806fa89e25de060c19d3ac86cabb87d6a0ddd05c333b84f4",
      "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa",
      "23fec5bb94d60b23308192640b0c453335d664734fe40e7268674af9"}},
    {CKM_SHA512_256,
     32,
     {"c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a",
      "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
      "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"}},
    {CKM_SHA3_224,
     28,
     {"6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7",
      "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
      "543e6868e1666c1a643630df77367ae5a62a85070a51c14cbf665cbc"}},
    {CKM_SHA3_256,
     32,
     {"a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
      "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
      "916f6061fe879741ca6469b43971dfdb28b1a32dc36cb3254e812be27aad1d18"}},
    {CKM_SHA3_384,
     48,
     {"0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2a"
      "c3713831264adb47fb6bd1e058d5f004",
      "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
      "98d88cea927ac7f539f1edf228376d25",
      "79407d3b5916b59c3e30b09822974791c313fb9ecc849e406f23592d04f625dc"
      "8c709b98b43b3852b337216179aa7fc7"}},
    {CKM_SHA3_512,
     64,
     {"a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
      "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
      "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
      "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
      "afebb2ef542e6579c50cad06d2e578f9f8dd6881d7dc824d26360feebf18a4fa"
      "73e3261122948efcfd492e74e82e2189ed0fb440d187f382270cb455f21dd185"}},
};

static const struct digest *find(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < COUNT(digests); i++) {
		if (digests[i].type == type)
			return &digests[i];
	}
	return NULL;
}

static void begin(CK_MECHANISM_TYPE type)
{
	CK_MECHANISM m = {type, NULL, 0};

	assert_int_equal(C_DigestInit(session, &m), CKR_OK);
}

static void assert_final(const char *want)
{
	CK_BYTE out[DIGEST_MAX];
	CK_ULONG len = sizeof(out);

	assert_int_equal(C_DigestFinal(session, out, &len), CKR_OK);
	assert_bytes(out, len, want);
}

static void each_digest_that_is_listed_has_known_answers_here(void **state)
{
	static CK_MECHANISM_TYPE list[256];
	CK_ULONG count = COUNT(list), seen = 0;

	(void)state;
	assert_int_equal(C_GetMechanismList(0, list, &count), CKR_OK);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_MECHANISM_INFO info;

		assert_int_equal(C_GetMechanismInfo(0, list[i], &info), CKR_OK);
		if ((info.flags & CKF_DIGEST) == 0)
			continue;
		assert_non_null(find(list[i]));
		assert_int_equal(info.flags, CKF_DIGEST);
		seen++;
	}
	assert_int_equal(seen, COUNT(digests));
}

static void a_message_in_one_part_has_its_digest(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(digests); i++) {
		for (size_t j = 0; j < COUNT(messages); j++) {
			CK_BYTE out[DIGEST_MAX];
			CK_ULONG len = sizeof(out);

			begin(digests[i].type);
			assert_int_equal(C_Digest(session, messages[j].at, messages[j].len, out, &len),
					 CKR_OK);
			assert_bytes(out, len, digests[i].of[j]);
			assert_int_equal(C_Digest(session, messages[j].at, messages[j].len, out, &len),
					 CKR_OPERATION_NOT_INITIALIZED);
		}
	}
}

static void a_message_in_parts_of_any_length_has_the_same(void **state)
{
	static const CK_ULONG parts[] = {1, 7, 55, 56, 64, 111, 112};

	(void)state;
	for (size_t i = 0; i < COUNT(digests) * COUNT(parts); i++) {
		const struct digest *digest = &digests[i / COUNT(parts)];
		CK_ULONG part = parts[i % COUNT(parts)], n;

		begin(digest->type);
		for (CK_ULONG at = 0; at < messages[2].len; at += n) {
			n = messages[2].len - at < part ? messages[2].len - at : part;
			assert_int_equal(C_DigestUpdate(session, longer + at, n), CKR_OK);
			assert_int_equal(C_DigestUpdate(session, NULL, 0), CKR_OK);
		}
		assert_final(digest->of[2]);
	}
}

static void a_digest_of_no_part_at_all_is_that_of_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(digests); i++) {
		CK_BYTE out[DIGEST_MAX];
		CK_ULONG len = sizeof(out);

		begin(digests[i].type);
		assert_final(digests[i].of[0]);
		begin(digests[i].type);
		assert_int_equal(C_Digest(session, NULL, 0, out, &len), CKR_OK);
		assert_bytes(out, len, digests[i].of[0]);
	}
}

/* 5.2: who asks for the length, or has too little room, is told it and may go on. */
static void the_length_is_told_and_the_digest_waits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(digests); i++) {
		CK_BYTE out[DIGEST_MAX + 1];
		CK_ULONG len = 0, room = digests[i].len - 1;

		memset(out, 0xEE, sizeof(out));
		begin(digests[i].type);
		assert_int_equal(C_Digest(session, abc, 3, NULL, &len), CKR_OK);
		assert_int_equal(len, digests[i].len);
		assert_int_equal(C_Digest(session, abc, 3, out, &room), CKR_BUFFER_TOO_SMALL);
		assert_int_equal(room, digests[i].len);
		assert_int_equal(out[0], 0xEE);
		assert_int_equal(C_Digest(session, abc, 3, out, &len), CKR_OK);
		assert_bytes(out, len, digests[i].of[1]);
		assert_int_equal(out[len], 0xEE);
		begin(digests[i].type);
		assert_int_equal(C_DigestUpdate(session, abc, 3), CKR_OK);
		len = 0;
		assert_int_equal(C_DigestFinal(session, NULL, &len), CKR_OK);
		assert_int_equal(len, digests[i].len);
		room = 0;
		assert_int_equal(C_DigestFinal(session, out, &room), CKR_BUFFER_TOO_SMALL);
		assert_int_equal(room, digests[i].len);
		assert_final(digests[i].of[1]);
	}
}

static void a_digest_may_come_where_its_message_was(void **state)
{
	CK_BYTE place[128];
	CK_ULONG len = sizeof(place);

	(void)state;
	memcpy(place, longer, messages[2].len);
	begin(CKM_SHA512);
	assert_int_equal(C_Digest(session, place, messages[2].len, place, &len), CKR_OK);
	assert_bytes(place, len, find(CKM_SHA512)->of[2]);
}

static void an_operation_is_one_at_a_time_and_of_one_kind(void **state)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0}, hmac = {CKM_SHA256_HMAC, NULL, 0},
		     long_winded = {CKM_SHA256, abc, 3}, unknown = {CKM_VENDOR_DEFINED, NULL, 0};
	CK_BYTE out[DIGEST_MAX];
	CK_ULONG len = sizeof(out);

	(void)state;
	assert_int_equal(C_DigestUpdate(session, abc, 3), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_DigestFinal(session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	assert_int_equal(C_DigestInit(session, &hmac), CKR_MECHANISM_INVALID);
	assert_int_equal(C_DigestInit(session, &unknown), CKR_MECHANISM_INVALID);
	assert_int_equal(C_DigestInit(session, &long_winded), CKR_MECHANISM_PARAM_INVALID);
	assert_int_equal(C_DigestUpdate(session, abc, 3), CKR_OPERATION_NOT_INITIALIZED);
	begin(CKM_SHA256);
	assert_int_equal(C_DigestInit(session, &sha256), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_DigestUpdate(session, abc, 3), CKR_OK);
	assert_int_equal(C_Digest(session, abc, 3, out, &len), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_DigestInit(session, NULL), CKR_OK);
	assert_int_equal(C_DigestUpdate(session, abc, 3), CKR_OPERATION_NOT_INITIALIZED);
	begin(CKM_SHA256);
	assert_int_equal(C_SessionCancel(session, CKF_DIGEST), CKR_OK);
	assert_int_equal(C_DigestFinal(session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
}

/* ---- keys ---- */

static void a_key_that_may_be_seen_is_digested_as_its_value(void **state)
{
	static const CK_KEY_TYPE types[] = {CKK_GENERIC_SECRET, CKK_AES, CKK_SHA256_HMAC};
	static const char value[] = "6162636465666768626364656667686963646566676869";

	(void)state;
	for (size_t i = 0; i < COUNT(digests) * COUNT(types); i++) {
		const struct digest *digest = &digests[i / COUNT(types)];
		/* The first bytes of the longest message; AES has no key of 23. */
		CK_KEY_TYPE type = types[i % COUNT(types)];
		CK_ULONG key_len = type == CKK_AES ? 16 : 23;
		struct bytes b = hex(value);
		char cut[2 * 16 + 1];
		CK_OBJECT_HANDLE key;

		memcpy(cut, value, 32);
		cut[32] = '\0';
		assert_memory_equal(b.at, longer, 23);
		key = p11_key(type, type == CKK_AES ? cut : value);
		begin(digest->type);
		assert_int_equal(C_DigestKey(session, key), CKR_OK);
		assert_int_equal(C_DigestUpdate(session, longer + key_len, messages[2].len - key_len),
				 CKR_OK);
		assert_final(digest->of[2]);
		assert_int_equal(C_DestroyObject(session, key), CKR_OK);
	}
}

static void a_key_goes_in_between_parts(void **state)
{
	CK_BYTE out[DIGEST_MAX];
	CK_ULONG len = sizeof(out);
	CK_OBJECT_HANDLE key = p11_key(CKK_GENERIC_SECRET, "62");

	(void)state;
	begin(CKM_SHA384);
	assert_int_equal(C_DigestUpdate(session, abc, 1), CKR_OK);
	assert_int_equal(C_DigestKey(session, key), CKR_OK);
	/* It is a part. */
	assert_int_equal(C_Digest(session, abc + 2, 1, out, &len), CKR_OPERATION_ACTIVE);
	assert_int_equal(C_DigestUpdate(session, abc + 2, 1), CKR_OK);
	assert_final(find(CKM_SHA384)->of[1]);
	assert_int_equal(C_DestroyObject(session, key), CKR_OK);
}

static CK_OBJECT_HANDLE object(CK_OBJECT_CLASS class, CK_BBOOL *token)
{
	CK_KEY_TYPE type = CKK_AES;
	CK_BYTE value[16] = {1};
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_VALUE, value, sizeof(value)},
				   {CKA_TOKEN, token, 1},
				   {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_OBJECT_HANDLE made = 0;

	assert_int_equal(C_CreateObject(session, template, class == CKO_SECRET_KEY ? 4 : 3, &made), CKR_OK);
	return made;
}

/* A digest of a short secret is as good as the secret: what is hidden is not digested either. What is no
 * secret key is none, though it has a value. The digest goes on without it. */
static void what_is_hidden_or_no_secret_key_is_indigestible(void **state)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE sensitive = {CKA_SENSITIVE, &yes, 1}, kept = {CKA_EXTRACTABLE, &no, 1};
	CK_OBJECT_HANDLE made[6], pair[2];
	CK_ULONG n;

	(void)state;
	assert_int_equal(p11_secret(CKK_GENERIC_SECRET, "0102", &sensitive, &made[0]), CKR_OK);
	assert_int_equal(p11_secret(CKK_GENERIC_SECRET, "0102", &kept, &made[1]), CKR_OK);
	made[2] = object(CKO_SECRET_KEY, &yes);
	made[3] = object(CKO_DATA, &no);
	made[4] = object(CKO_DATA, &yes);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &pair[0]), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, P11_KEY_ONCE, &n, &pair[1]), CKR_OK);
	made[5] = p11_key(CKK_GENERIC_SECRET, "0102");
	begin(CKM_SHA256);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(C_DigestKey(session, made[i]), CKR_KEY_INDIGESTIBLE);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(C_DigestKey(session, pair[i]), CKR_KEY_INDIGESTIBLE);
	assert_int_equal(C_DestroyObject(session, made[5]), CKR_OK);
	assert_int_equal(C_DigestKey(session, made[5]), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(C_DigestKey(session, 0), CKR_KEY_HANDLE_INVALID);
	assert_int_equal(C_DigestUpdate(session, abc, 3), CKR_OK);
	assert_final(find(CKM_SHA256)->of[1]);
	assert_int_equal(C_DigestKey(session, made[0]), CKR_OPERATION_NOT_INITIALIZED);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(C_DestroyObject(session, made[i]), CKR_OK);
}

static void no_digest_asks_the_card(void **state)
{
	CK_OBJECT_HANDLE key = p11_key(CKK_GENERIC_SECRET, "61");
	unsigned before = transport_card_commands();

	(void)state;
	begin(CKM_SHA3_256);
	assert_int_equal(C_DigestKey(session, key), CKR_OK);
	assert_int_equal(C_DigestUpdate(session, abc + 1, 2), CKR_OK);
	assert_final(find(CKM_SHA3_256)->of[1]);
	assert_int_equal(transport_card_commands(), before);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(each_digest_that_is_listed_has_known_answers_here),
	    TEST(a_message_in_one_part_has_its_digest),
	    TEST(a_message_in_parts_of_any_length_has_the_same),
	    TEST(a_digest_of_no_part_at_all_is_that_of_nothing),
	    TEST(the_length_is_told_and_the_digest_waits),
	    TEST(a_digest_may_come_where_its_message_was),
	    TEST(an_operation_is_one_at_a_time_and_of_one_kind),
	    TEST(a_key_that_may_be_seen_is_digested_as_its_value),
	    TEST(a_key_goes_in_between_parts),
	    TEST(what_is_hidden_or_no_secret_key_is_indigestible),
	    TEST(no_digest_asks_the_card),
	};

	return cmocka_run_group_tests_name("pkcs11_digest", tests, p11_session_make, p11_session_end);
}
