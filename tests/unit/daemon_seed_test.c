/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One seed is one token's: a code is accepted once, however often its seed was enrolled, and whoever has it.
 */
#include <openssl/evp.h>

#include "tests/unit/keeper_world.h"

static void add_user(const char *name)
{
	struct ipc_request request = ask(IPC_USER_ADD, world.admin);

	with(&request, IPC_TAG_USER, name);
	assert_int_equal(one(&request), 201);
}

static void require_known(uint16_t status)
{
	assert_int_equal(status, 409);
	says("seed_known");
}

static void a_seed_is_that_of_one_token_in_use_whoever_has_it(void **state)
{
	char id[32], other[32];

	(void)state;
	add_user("bob");
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_known(enrol("alice", "hotp", other));
	require_last_audit("token_enrol", "refused", "seed_known");
	require_known(enrol("bob", "hotp", other));
	require_known(enrol("bob", "totp", other));
	/* HMAC fills its key up with zeros: this seed's codes are the same. */
	require_known(enrol_seed("bob", "hotp", CS_VIEW_OF(seed), other));
	assert_int_equal(enrol_seed("bob", "hotp", CS_VIEW_TEXT("another seed"), other), 201);
	/* What is made here is another one each time. */
	assert_int_equal(enrol_seed("bob", "totp", CS_VIEW_EMPTY, other), 201);
	assert_int_equal(enrol_seed("alice", "totp", CS_VIEW_EMPTY, other), 201);
}

static void a_token_enrolled_anew_takes_no_code_that_the_one_before_has_taken(void **state)
{
	char id[32], other[32], text[CS_OATH_CODE_MAX];

	(void)state;
	add_user("bob");
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_verified("alice", code_at(4, text));
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, id), 200);
	assert_int_equal(enrol("bob", "hotp", other), 201);
	require_wrong("bob", code_at(3, text));
	require_wrong("bob", code_at(4, text));
	require_verified("bob", code_at(5, text));
}

static void a_token_is_not_enabled_beside_one_of_its_seed_and_takes_nothing_that_it_took(void **state)
{
	char id[32], other[32], text[CS_OATH_CODE_MAX];

	(void)state;
	add_user("bob");
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, id), 200);
	assert_int_equal(enrol("bob", "hotp", other), 201);
	require_known(on_token(IPC_TOKEN_ENABLE, id));
	require_wrong("alice", code_at(0, text));
	require_verified("bob", code_at(2, text));
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, other), 200);
	assert_int_equal(on_token(IPC_TOKEN_ENABLE, id), 200);
	require_wrong("alice", code_at(1, text));
	require_wrong("alice", code_at(2, text));
	require_verified("alice", code_at(3, text));
}

static void a_token_that_is_over_is_in_nobodys_way(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);
	char id[32];

	(void)state;
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "hotp");
	request.field[IPC_TAG_SECRET] = cs_view(seed, 20);
	with_number(&request, IPC_TAG_VALID, 60, 4);
	assert_int_equal(one(&request), 201);
	require_known(enrol("alice", "hotp", id));
	world.now += 60;
	assert_int_equal(enrol("alice", "hotp", id), 201);
}

/* As a version that did not look left them: two tokens in use, neither of which knows of the other. */
static void two_tokens_of_one_seed_from_an_older_version_take_each_code_once(void **state)
{
	char id[32], other[32], text[CS_OATH_CODE_MAX];

	(void)state;
	add_user("bob");
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, id), 200);
	assert_int_equal(enrol("bob", "hotp", other), 201);
	keeper_close(&world.keeper);
	assert_true(
	    database_execute(&world.database,
			     "UPDATE token SET state = 1, fingerprint = NULL; UPDATE token SET next = 4 WHERE"
			     " user = (SELECT id FROM user WHERE name = 'alice')",
			     "UPDATE token SET state = 1, fingerprint = NULL; UPDATE token SET next = 4 WHERE"
			     " \"user\" = (SELECT id FROM \"user\" WHERE name = 'alice')"));
	world_open();
	require_wrong("bob", code_at(3, text));
	require_verified("bob", code_at(5, text));
	require_wrong("alice", code_at(5, text));
	require_verified("alice", code_at(6, text));
	require_wrong("bob", code_at(6, text));
	/* One that is in use goes out of it, and does not come back beside the other. */
	assert_int_equal(on_token(IPC_TOKEN_DISABLE, id), 200);
	require_known(on_token(IPC_TOKEN_ENABLE, id));
}

static void a_deleted_token_enrolled_anew_takes_no_code_that_the_one_before_has_taken(void **state)
{
	char id[32], text[CS_OATH_CODE_MAX];

	(void)state;
	add_user("bob");
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_verified("alice", code_at(4, text));
	assert_int_equal(on_token(IPC_TOKEN_DELETE, id), 200);
	require_wrong("alice", code_at(5, text));
	assert_int_equal(enrol("bob", "hotp", id), 201);
	require_wrong("bob", code_at(4, text));
	require_wrong("bob", code_at(0, text));
	require_verified("bob", code_at(5, text));
	/* Deleted again, by whoever works on the database. */
	assert_true(database_execute(&world.database, "DELETE FROM token", "DELETE FROM token"));
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_wrong("alice", code_at(5, text));
	require_verified("alice", code_at(6, text));
	/* One that had not got so far does not put it back. */
	assert_int_equal(on_token(IPC_TOKEN_DELETE, id), 200);
	assert_int_equal(enrol("alice", "hotp", id), 201);
	assert_int_equal(on_token(IPC_TOKEN_DELETE, id), 200);
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_wrong("alice", code_at(6, text));
	require_verified("alice", code_at(7, text));
	/* Each kind has its own positions. */
	assert_int_equal(on_token(IPC_TOKEN_DELETE, id), 200);
	assert_int_equal(enrol("alice", "totp", id), 201);
	require_verified("alice", code_at(world.now / 30, text));
	assert_int_equal(on_token(IPC_TOKEN_DELETE, id), 200);
	assert_int_equal(enrol("bob", "totp", id), 201);
	require_wrong("bob", code_at(world.now / 30, text));
	world.now += 30;
	require_verified("bob", code_at(world.now / 30, text));
}

static void what_a_deleted_token_has_spent_is_given_back_by_nobody(void **state)
{
	static const char *const never[] = {"UPDATE spent_seed SET next = next - 1",
					    "DELETE FROM spent_seed"};
	char id[32], text[CS_OATH_CODE_MAX];
	struct sql *raw;

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_verified("alice", code_at(4, text));
	assert_int_equal(on_token(IPC_TOKEN_DELETE, id), 200);
	assert_int_equal(sql_open(world.database.place, &raw), CS_OK);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_int_equal(sql_execute(raw, never[i]), CS_ERR_CORRUPT);
	sql_close(raw);
}

/* ---- at rest, as daemon/seal.h has it, with libcrypto alone ---- */

#define AT_REST_HEAD (1u + 12u) /* version, nonce */
#define AT_REST_TAG  16u

/* Whether what lies there is sealed under the key, for this identity; plain has room for all of it. */
static bool opens(const uint8_t key[32], const char *identity, struct cs_view sealed, uint8_t *plain)
{
	const int seed_len = (int)(sealed.len - AT_REST_HEAD - AT_REST_TAG);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t tag[AT_REST_TAG];
	int len;

	memcpy(tag, sealed.ptr + sealed.len - AT_REST_TAG, AT_REST_TAG);
	bool good =
	    ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, sealed.ptr + 1) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &len, (const uint8_t *)identity, (int)strlen(identity)) == 1 &&
	    EVP_DecryptUpdate(ctx, plain, &len, sealed.ptr + AT_REST_HEAD, seed_len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AT_REST_TAG, tag) == 1 &&
	    EVP_DecryptFinal_ex(ctx, plain + len, &len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

static void a_seed_lies_in_aes_256_gcm_under_a_nonce_of_its_own_for_its_token_and_user_alone(void **state)
{
	char id[2][32], identity[96], others[96];
	struct db_token token[2];
	uint8_t plain[DB_SEALED_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id[0]), 201);
	assert_int_equal(enrol_seed("alice", "hotp", CS_VIEW_TEXT("01234567890123456789"), id[1]), 201);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(db_token_find(world.keeper.db, id[i], &token[i]), CS_OK);
	const struct cs_view sealed = cs_view(token[0].sealed, token[0].sealed_len);
	(void)snprintf(identity, sizeof(identity), "%s of %lld", id[0], (long long)token[0].user_id);
	assert_int_equal(sealed.len, AT_REST_HEAD + 20 + AT_REST_TAG);
	assert_int_equal(sealed.ptr[0], 1);
	assert_true(opens(world.keeper.key.bytes, identity, sealed, plain));
	assert_memory_equal(plain, seed, 20);
	(void)snprintf(others, sizeof(others), "%s of %lld", id[1], (long long)token[0].user_id);
	assert_false(opens(world.keeper.key.bytes, others, sealed, plain));
	(void)snprintf(others, sizeof(others), "%s of %lld", id[0], (long long)token[0].user_id + 1);
	assert_false(opens(world.keeper.key.bytes, others, sealed, plain));
	assert_memory_not_equal(token[0].sealed + 1, token[1].sealed + 1, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_seed_is_that_of_one_token_in_use_whoever_has_it),
	    IN_WORLD(a_token_enrolled_anew_takes_no_code_that_the_one_before_has_taken),
	    IN_WORLD(a_token_is_not_enabled_beside_one_of_its_seed_and_takes_nothing_that_it_took),
	    IN_WORLD(a_token_that_is_over_is_in_nobodys_way),
	    IN_WORLD(a_deleted_token_enrolled_anew_takes_no_code_that_the_one_before_has_taken),
	    IN_WORLD(what_a_deleted_token_has_spent_is_given_back_by_nobody),
	    IN_WORLD(two_tokens_of_one_seed_from_an_older_version_take_each_code_once),
	    IN_WORLD(a_seed_lies_in_aes_256_gcm_under_a_nonce_of_its_own_for_its_token_and_user_alone),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
