/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libcrypto fails, at each of the calls that open what is sealed: nothing is taken for damaged because of
 * that. The calls are wrapped (ld --wrap).
 */
#include "tests/unit/keeper_world.h"

#include <openssl/evp.h>

#include "daemon/keeper_call.h"
#include "daemon/rekey.h"

#define CALLS_MAX 400u /* in a step of a rekey */

/* Calls until the one that fails; 0: none does. */
static unsigned fail_in, calls;

static bool fails(void)
{
	calls++;
	return fail_in && --fail_in == 0;
}

EVP_CIPHER_CTX *__real_EVP_CIPHER_CTX_new(void);
EVP_CIPHER_CTX *__wrap_EVP_CIPHER_CTX_new(void);
int __real_EVP_CipherInit_ex2(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const unsigned char *key,
			      const unsigned char *iv, int enc, const OSSL_PARAM params[]);
int __wrap_EVP_CipherInit_ex2(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const unsigned char *key,
			      const unsigned char *iv, int enc, const OSSL_PARAM params[]);
int __real_EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len, const unsigned char *in,
			    int in_len);
int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len, const unsigned char *in,
			    int in_len);
int __real_EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *ctx, int type, int arg, void *ptr);
int __wrap_EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *ctx, int type, int arg, void *ptr);
int __real_EVP_CipherFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len);
int __wrap_EVP_CipherFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len);

EVP_CIPHER_CTX *__wrap_EVP_CIPHER_CTX_new(void)
{
	return fails() ? NULL : __real_EVP_CIPHER_CTX_new();
}

int __wrap_EVP_CipherInit_ex2(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const unsigned char *key,
			      const unsigned char *iv, int enc, const OSSL_PARAM params[])
{
	return fails() ? 0 : __real_EVP_CipherInit_ex2(ctx, cipher, key, iv, enc, params);
}

int __wrap_EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len, const unsigned char *in,
			    int in_len)
{
	return fails() ? 0 : __real_EVP_CipherUpdate(ctx, out, len, in, in_len);
}

int __wrap_EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *ctx, int type, int arg, void *ptr)
{
	return fails() ? 0 : __real_EVP_CIPHER_CTX_ctrl(ctx, type, arg, ptr);
}

int __wrap_EVP_CipherFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len)
{
	return fails() ? -1 : __real_EVP_CipherFinal_ex(ctx, out, len);
}

static const struct seal_key key = {{1, 2, 3}};

/* Its last byte is the tag's, another one where forged. */
static enum cs_err open_failing(unsigned in, bool forged, unsigned *made)
{
	static const uint8_t secret[] = "a secret of some bytes";
	uint8_t bytes[sizeof(secret) + SEAL_OVERHEAD], plain[sizeof(secret)] = {0};
	struct cs_writer w = CS_WRITER_OF(bytes), out = CS_WRITER_OF(plain);

	fail_in = 0;
	assert_int_equal(seal_close(&key, CS_VIEW_TEXT("t_1"), CS_VIEW_OF(secret), &w), CS_OK);
	bytes[sizeof(bytes) - 1] ^= forged;
	calls = 0;
	fail_in = in;
	enum cs_err err = seal_open(&key, CS_VIEW_TEXT("t_1"), cs_writer_view(&w), &out);
	*made = calls;
	fail_in = 0;
	if (err)
		assert_memory_equal(plain, (uint8_t[sizeof(plain)]){0}, sizeof(plain));
	else
		assert_memory_equal(plain, secret, sizeof(plain));
	return err;
}

static void a_call_that_fails_is_not_a_forged_value(void **state)
{
	unsigned made, ignored;

	(void)state;
	assert_int_equal(open_failing(0, false, &made), CS_OK);
	assert_true(made >= 6);
	for (unsigned in = 1; in <= made; in++)
		assert_int_equal(open_failing(in, false, &ignored), CS_ERR_CRYPTO);
	assert_int_equal(open_failing(0, true, &made), CS_ERR_CORRUPT);
	/* That the tag is another one is told by it alone, whatever fails while it is looked at: the very
	 * call that ends it fails in any case. */
	for (unsigned in = 1; in <= made; in++) {
		enum cs_err err = open_failing(in, true, &ignored);
		assert_true(err == CS_ERR_CRYPTO || err == CS_ERR_CORRUPT);
	}
}

/* ---- the same in a change of the data key ---- */

static uint64_t keys_count(void)
{
	struct db_data_key keys[DB_DATA_KEYS_MAX];
	size_t count;

	assert_int_equal(db_data_keys(world.keeper.db, keys, &count), CS_OK);
	return count;
}

static void require_signing_key(const char *kid)
{
	struct ipc_request request = ask(IPC_JWKS, NULL);
	char now[64];

	assert_int_equal(one(&request), 200);
	member("kid", now, sizeof(now));
	assert_string_equal(now, kid);
}

static void a_change_of_keys_during_which_every_call_fails_once_loses_nothing(void **state)
{
	struct ipc_request jwks = ask(IPC_JWKS, NULL), list = ask(IPC_DATA_KEY_LIST, world.admin);
	char anton[64], id[32], other[32], kid[64], text[CS_OATH_CODE_MAX];
	bool ended = false;
	unsigned in = 0;

	(void)state;
	hire("anton", "administrator", anton);
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(enrol_seed("alice", "totp", CS_VIEW_EMPTY, other), 201);
	assert_int_equal(one(&jwks), 200);
	member("kid", kid, sizeof(kid));
	for (unsigned change = 0; change < 2; change++) {
		assert_int_equal(approved(IPC_REKEY, anton), 201);
		for (in = 1, ended = false; !ended && in < CALLS_MAX; in++) {
			fail_in = in;
			enum cs_err err = rekey_step(&world.keeper, REKEY_STEP, &ended);
			assert_true(!err || err == CS_ERR_CRYPTO);
			fail_in = 0;
		}
		assert_true(ended);
		assert_true(in > 20);
		assert_int_equal(keys_count(), 1);
		assert_int_equal(one(&list), 200);
		says("\"state\":\"done\",\"total\":3,\"done\":3,\"unreadable\":0");
		require_verified("alice", code_at(change, text));
		require_signing_key(kid);
	}
}

static void a_seed_is_not_refused_for_good_where_its_check_fails(void **state)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code_at(0, text));
	calls = 0;
	require_wrong("alice", "000000");
	const unsigned made = calls;
	for (unsigned in = 1; in <= made; in++) {
		fail_in = in;
		assert_int_equal(one(&request), 503);
		fail_in = 0;
	}
	require_verified("alice", code_at(0, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_that_fails_is_not_a_forged_value),
	    IN_WORLD(a_change_of_keys_during_which_every_call_fails_once_loses_nothing),
	    IN_WORLD(a_seed_is_not_refused_for_good_where_its_check_fails),
	};

	return cmocka_run_group_tests_name("daemon_seal_fails", tests, NULL, database_server_end);
}
