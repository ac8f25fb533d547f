/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Checkpoints of the audit log: when one is made, that it says what the log says and verifies with the key
 * that stands beside it, that it is exported, and what the database refuses to do to it. The clock is the
 * test's.
 */
#include <dirent.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "base/checkpoint.h"
#include "base/encoding.h"
#include "daemon/audit_key.h"
#include "daemon/chores.h"
#include "tests/unit/keeper_world.h"

#define HOUR 3600u

static int tree_remove(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

static void open_chores(void)
{
	static char error[CONFIG_ERROR_MAX];

	if (chores_open(&world.keeper, &world.config, error))
		fail_msg("%s", error);
}

static int chores_make(void **state)
{
	int made = world_make(state);

	if (!made)
		open_chores();
	return made;
}

static int chores_remove(void **state)
{
	chores_close(&world.keeper);
	(void)nftw(world.config.checkpoint_directory, tree_remove, 8, FTW_DEPTH | FTW_PHYS);
	(void)nftw(world.config.report_directory, tree_remove, 8, FTW_DEPTH | FTW_PHYS);
	(void)unlink(world.config.audit_key);
	return world_end(state);
}

/* ---- looking ---- */

static uint64_t head(void)
{
	uint8_t hash[AUDIT_HASH_LEN];
	uint64_t sequence;

	assert_int_equal(db_audit_head(world.keeper.db, &sequence, hash), CS_OK);
	return sequence;
}

/* The number of the last checkpoint; 0: none. */
static uint64_t last(struct db_checkpoint *out)
{
	enum cs_err err = db_checkpoint_last(world.keeper.db, out);

	if (err == CS_ERR_NOT_FOUND)
		return 0;
	assert_int_equal(err, CS_OK);
	return out->sequence;
}

/* After all that is due, which is more than checkpoints. */
static uint64_t turned(void)
{
	struct db_checkpoint checkpoint;
	unsigned turns = 0;

	do
		chores_turn(&world.keeper);
	while (chores_wait(&world.keeper) == 0 && ++turns < 1000);
	assert_true(turns < 1000);
	return last(&checkpoint);
}

static EVP_PKEY *key_of(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(key);
	return key;
}

static bool verifies(struct cs_view text, struct cs_view signature)
{
	uint8_t id[CS_AUDIT_HASH_LEN];
	const char *pem;

	assert_true(chores_key(&world.keeper, id, &pem));
	EVP_PKEY *key = key_of(pem);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(context, signature.ptr, signature.len, text.ptr, text.len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return good;
}

/* A file of the directory; false where there is none. */
static bool file(const char *name, uint8_t bytes[1024], size_t *len)
{
	char path[PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/%s", world.config.checkpoint_directory, name);
	FILE *in = fopen(path, "rb");
	if (!in)
		return false;
	*len = fread(bytes, 1, 1024, in);
	(void)fclose(in);
	return true;
}

static void name_of(const struct db_checkpoint *checkpoint, const char *end, char name[64])
{
	char hex[2 * AUDIT_HASH_LEN + 1];

	cs_hex_encode(CS_VIEW_OF(checkpoint->hash), hex);
	(void)snprintf(name, 64, "checkpoint-%012llu-%.8s.%s", (unsigned long long)checkpoint->sequence, hex,
		       end);
}

/* ---- making ---- */

static void the_first_entry_has_a_checkpoint_at_once_and_the_next_ones_after_an_hour(void **state)
{
	(void)state;
	const uint64_t first = head();
	assert_int_equal(turned(), first);
	assert_int_equal(turned(), first);
	verify("alice", "000000");
	assert_int_equal(turned(), first);
	assert_int_equal(chores_wait(&world.keeper), HOUR * 1000);
	world.now += HOUR - 1;
	assert_int_equal(turned(), first);
	assert_int_equal(chores_wait(&world.keeper), 1000);
	world.now += 1;
	assert_int_equal(chores_wait(&world.keeper), 0);
	assert_int_equal(turned(), first + 1);
}

static void without_a_new_entry_there_is_no_checkpoint_however_long_it_takes(void **state)
{
	(void)state;
	const uint64_t first = turned();
	world.now += 1000 * HOUR;
	assert_int_equal(turned(), first);
	chores_end(&world.keeper);
	assert_int_equal(turned(), first);
}

static void many_entries_have_a_checkpoint_before_the_hour_is_over(void **state)
{
	(void)state;
	chores_close(&world.keeper);
	world.config.checkpoint_entries = 3;
	open_chores();
	const uint64_t first = turned();
	verify("alice", "000000");
	verify("alice", "000000");
	assert_int_equal(turned(), first);
	verify("alice", "000000");
	assert_int_equal(turned(), first + 3);
}

static void the_end_makes_a_checkpoint_of_what_has_come(void **state)
{
	struct db_checkpoint checkpoint;

	(void)state;
	const uint64_t first = turned();
	verify("alice", "000000");
	chores_end(&world.keeper);
	assert_int_equal(last(&checkpoint), first + 1);
}

static void a_clock_that_goes_back_stops_no_checkpoints(void **state)
{
	(void)state;
	const uint64_t first = turned();
	world.now -= 10 * HOUR;
	verify("alice", "000000");
	assert_int_equal(turned(), first + 1);
	verify("alice", "000000");
	assert_int_equal(turned(), first + 1);
	world.now += HOUR;
	assert_int_equal(turned(), first + 2);
}

static void of_two_daemons_one_makes_it(void **state)
{
	struct keeper other;
	struct db_checkpoint checkpoint;
	static char error[CONFIG_ERROR_MAX];

	(void)state;
	const uint64_t first = turned();
	world_open_beside(&other);
	assert_int_equal(chores_open(&other, &world.config, error), CS_OK);
	verify("alice", "000000");
	world.now += HOUR;
	assert_int_equal(turned(), first + 1);
	/* The other one has seen no entry yet; then one, and that the hour has begun anew. */
	chores_turn(&other);
	other.audit_head = first + 1;
	chores_turn(&other);
	assert_int_equal(other.metrics.checkpoints, 0);
	assert_int_equal(last(&checkpoint), first + 1);
	keeper_close(&other);
}

/* ---- what it says ---- */

static void a_checkpoint_says_what_the_log_says_and_verifies(void **state)
{
	struct db_checkpoint checkpoint;
	struct cs_checkpoint fields;
	uint8_t hash[AUDIT_HASH_LEN], id[CS_AUDIT_HASH_LEN], installation[CS_CHECKPOINT_INSTALLATION_LEN];
	uint64_t sequence;
	const char *pem;

	(void)state;
	assert_int_not_equal(turned(), 0);
	assert_int_not_equal(last(&checkpoint), 0);
	assert_int_equal(cs_checkpoint_read(cs_view_string(checkpoint.text), &fields), CS_OK);
	assert_int_equal(db_audit_head(world.keeper.db, &sequence, hash), CS_OK);
	assert_int_equal(fields.sequence, sequence);
	assert_memory_equal(fields.hash, hash, sizeof(hash));
	assert_int_equal(fields.time_ms, (uint64_t)T0 * 1000);
	assert_true(chores_key(&world.keeper, id, &pem));
	assert_memory_equal(fields.key, id, sizeof(id));
	assert_int_equal(db_installation(world.keeper.db, installation), CS_OK);
	assert_memory_equal(fields.installation, installation, sizeof(installation));
	assert_true(verifies(cs_view_string(checkpoint.text),
			     cs_view(checkpoint.signature, checkpoint.signature_len)));
	checkpoint.text[40] ^= 1;
	assert_false(verifies(cs_view_string(checkpoint.text),
			      cs_view(checkpoint.signature, checkpoint.signature_len)));
}

static void text_signature_and_key_lie_in_the_directory(void **state)
{
	struct db_checkpoint checkpoint;
	uint8_t text[1024], signature[1024], pem[1024], id[CS_AUDIT_HASH_LEN];
	size_t text_len, signature_len, pem_len;
	char name[64], hex[2 * CS_AUDIT_HASH_LEN + 1];
	const char *want;

	(void)state;
	assert_int_not_equal(turned(), 0);
	assert_int_not_equal(last(&checkpoint), 0);
	name_of(&checkpoint, "txt", name);
	assert_true(file(name, text, &text_len));
	name_of(&checkpoint, "sig", name);
	assert_true(file(name, signature, &signature_len));
	assert_true(verifies(cs_view(text, text_len), cs_view(signature, signature_len)));
	assert_true(chores_key(&world.keeper, id, &want));
	cs_hex_encode(CS_VIEW_OF(id), hex);
	(void)snprintf(name, sizeof(name), "key-%.16s.pem", hex);
	assert_true(file(name, pem, &pem_len));
	assert_true(cs_view_equal(cs_view(pem, pem_len), cs_view_string(want)));
}

static void what_could_not_be_exported_is_exported_later(void **state)
{
	struct db_checkpoint first, second;
	uint8_t bytes[1024];
	size_t len;
	char name[64];

	(void)state;
	assert_int_equal(nftw(world.config.checkpoint_directory, tree_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_not_equal(turned(), 0);
	assert_int_not_equal(last(&first), 0);
	assert_int_equal(chores_wait(&world.keeper), 60000);
	world.now += HOUR;
	verify("alice", "000000");
	assert_int_not_equal(turned(), 0);
	assert_int_not_equal(last(&second), first.sequence);
	assert_int_equal(mkdir(world.config.checkpoint_directory, 0755), 0);
	chores_turn(&world.keeper);
	name_of(&first, "txt", name);
	assert_false(file(name, bytes, &len));
	world.now += 60;
	chores_turn(&world.keeper);
	assert_true(file(name, bytes, &len));
	name_of(&second, "sig", name);
	assert_true(file(name, bytes, &len));
}

static void what_was_exported_may_be_taken_away(void **state)
{
	struct db_checkpoint first;
	uint8_t bytes[1024];
	size_t len;
	char name[64];

	(void)state;
	assert_int_not_equal(turned(), 0);
	assert_int_not_equal(last(&first), 0);
	assert_int_equal(nftw(world.config.checkpoint_directory, tree_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
	chores_close(&world.keeper);
	open_chores();
	chores_turn(&world.keeper);
	name_of(&first, "txt", name);
	assert_false(file(name, bytes, &len));
}

/* ---- the key ---- */

static void the_key_stays_the_same_and_is_its_owners_alone(void **state)
{
	uint8_t id[CS_AUDIT_HASH_LEN], again[CS_AUDIT_HASH_LEN];
	static char error[CONFIG_ERROR_MAX];
	const char *pem;
	struct stat st;

	(void)state;
	assert_true(chores_key(&world.keeper, id, &pem));
	assert_int_equal(stat(world.config.audit_key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	chores_close(&world.keeper);
	open_chores();
	assert_true(chores_key(&world.keeper, again, &pem));
	assert_memory_equal(id, again, sizeof(id));
	chores_close(&world.keeper);
	assert_int_equal(chmod(world.config.audit_key, 0640), 0);
	assert_int_equal(chores_open(&world.keeper, &world.config, error), CS_ERR_DENIED);
	assert_non_null(strstr(error, "chmod 600"));
}

static void a_file_that_holds_no_p256_key_is_refused(void **state)
{
	static const char *const others[] = {
	    "", "text\n",
	    /* Ed25519, of RFC 8410, 10.3 */
	    ("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
	     "-----END PRIVATE KEY-----\n")};
	static char error[CONFIG_ERROR_MAX];

	(void)state;
	chores_close(&world.keeper);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		FILE *out = fopen(world.config.audit_key, "w");
		assert_non_null(out);
		assert_true(fputs(others[i], out) >= 0);
		assert_int_equal(fclose(out), 0);
		assert_int_equal(chores_open(&world.keeper, &world.config, error), CS_ERR_MALFORMED);
		assert_non_null(strstr(error, "P-256"));
	}
}

/* ---- the database's own guards ---- */

static void a_checkpoint_is_neither_changed_nor_removed(void **state)
{
	static const char *const never[] = {
	    "UPDATE checkpoint SET text = ''",
	    "UPDATE checkpoint SET sequence = sequence + 1",
	    "UPDATE checkpoint SET exported = 0, time_ms = 1",
	    "DELETE FROM checkpoint",
	    "UPDATE installation SET id = '00000000000000000000000000000000'",
	    "UPDATE installation SET root = 1",
	    "DELETE FROM installation",
	};
	struct sql *raw;

	(void)state;
	assert_true(turned() > 1);
	assert_int_equal(sql_open(world.database.place, &raw), CS_OK);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_int_equal(sql_execute(raw, never[i]), CS_ERR_CORRUPT);
	assert_int_equal(sql_execute(raw, "UPDATE checkpoint SET exported = 0"), CS_OK);
	sql_close(raw);
}

/* ---- asking for them ---- */

static void an_administrator_reads_checkpoints_and_key(void **state)
{
	struct ipc_request list = ask(IPC_CHECKPOINT_LIST, world.admin),
			   key = ask(IPC_AUDIT_KEY, world.admin),
			   refused = ask(IPC_CHECKPOINT_LIST, world.application);

	(void)state;
	assert_int_not_equal(turned(), 0);
	assert_int_equal(one(&list), 200);
	says("{\"checkpoints\":[{\"sequence\":");
	says("\"text\":\"countersign audit checkpoint 1\\u000a");
	says("\"next\":null}");
	assert_int_equal(one(&key), 200);
	says("-----BEGIN PUBLIC KEY-----");
	assert_int_equal(one(&refused), 403);
	chores_close(&world.keeper);
	assert_int_equal(one(&key), 404);
}

#define HERE(test)                                                                                           \
	{#test, test, chores_make, chores_remove, (void *)(uintptr_t)&on_sqlite},                            \
	{                                                                                                    \
#test "_on_postgresql", test, chores_make, chores_remove, (void *)(uintptr_t)&on_postgresql  \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    HERE(the_first_entry_has_a_checkpoint_at_once_and_the_next_ones_after_an_hour),
	    HERE(without_a_new_entry_there_is_no_checkpoint_however_long_it_takes),
	    HERE(many_entries_have_a_checkpoint_before_the_hour_is_over),
	    HERE(the_end_makes_a_checkpoint_of_what_has_come),
	    HERE(a_clock_that_goes_back_stops_no_checkpoints),
	    HERE(of_two_daemons_one_makes_it),
	    HERE(a_checkpoint_says_what_the_log_says_and_verifies),
	    HERE(text_signature_and_key_lie_in_the_directory),
	    HERE(what_could_not_be_exported_is_exported_later),
	    HERE(what_was_exported_may_be_taken_away),
	    HERE(the_key_stays_the_same_and_is_its_owners_alone),
	    HERE(a_file_that_holds_no_p256_key_is_refused),
	    HERE(a_checkpoint_is_neither_changed_nor_removed),
	    HERE(an_administrator_reads_checkpoints_and_key),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
