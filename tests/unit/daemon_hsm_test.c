/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The sealing key in a PKCS#11 token, with SoftHSM as the token: sealing and opening, what a URI must have, a
 * PIN that is refused once, a session that is lost, and the process around it.
 */
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <p11-kit/p11-kit.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/secret.h"
#include "daemon/audit_key.h"
#include "daemon/file.h"
#include "daemon/hsm.h"
#include "daemon/rewrap.h"
#include "daemon/seal_key.h"
#include "daemon/vault.h"

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define PIN    "482915"
#define LABEL  "countersign-kek"

static char world[64]; /* the scratch directory; empty: SoftHSM is not installed */
static char world_error[CONFIG_ERROR_MAX];

static const char *world_path(const char *name)
{
	static char path[2][128];
	static unsigned turn;

	turn ^= 1u;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", world, name);
	return path[turn];
}

static void world_write(const char *name, const char *text)
{
	(void)unlink(world_path(name));
	assert_int_equal(file_create(world_path(name), 0600, cs_view_string(text)), CS_OK);
}

static const char *world_uri(const char *object, const char *pin_file)
{
	static char uri[512];

	(void)snprintf(uri, sizeof(uri), "pkcs11:token=Sealing;object=%s?module-path=%s&pin-source=file:%s",
		       object, MODULE, world_path(pin_file));
	return uri;
}

static void world_generate(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, const char *label,
			   CK_BBOOL decrypt)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG length = 32;
	CK_ATTRIBUTE template[] = {{CKA_TOKEN, &yes, 1},
				   {CKA_ENCRYPT, &yes, 1},
				   {CKA_DECRYPT, &decrypt, 1},
				   {CKA_SENSITIVE, &yes, 1},
				   {CKA_VALUE_LEN, &length, sizeof(length)},
				   {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)}};
	CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
	CK_OBJECT_HANDLE key;

	assert_int_equal(p11->C_GenerateKey(session, &mechanism, template, 6, &key), CKR_OK);
}

static void world_generate_pair(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, const char *public_label,
				const char *private_label)
{
	CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public_half[] = {{CKA_TOKEN, &yes, 1},
				      {CKA_VERIFY, &yes, 1},
				      {CKA_EC_PARAMS, p256, sizeof(p256)},
				      {CKA_LABEL, (void *)(uintptr_t)public_label, strlen(public_label)}};
	CK_ATTRIBUTE private_half[] = {{CKA_TOKEN, &yes, 1},
				       {CKA_SIGN, &yes, 1},
				       {CKA_SENSITIVE, &yes, 1},
				       {CKA_LABEL, (void *)(uintptr_t)private_label, strlen(private_label)}};
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE keys[2];

	assert_int_equal(
	    p11->C_GenerateKeyPair(session, &mechanism, public_half, 4, private_half, 4, &keys[0], &keys[1]),
	    CKR_OK);
}

/* A token "Sealing" with the key, another, one that only encrypts, and two of the label "twins". */
static void world_token(void)
{
	CK_UTF8CHAR label[32];
	CK_SLOT_ID slots[4];
	CK_ULONG count = 4;
	CK_SESSION_HANDLE session;
	CK_FUNCTION_LIST *p11 = p11_kit_module_load(MODULE, P11_KIT_MODULE_UNMANAGED);

	assert_non_null(p11);
	memset(label, ' ', sizeof(label));
	memcpy(label, "Sealing", 7);
	assert_int_equal(p11_kit_module_initialize(p11), CKR_OK);
	assert_int_equal(p11->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	assert_int_equal(p11->C_InitToken(slots[0], (CK_UTF8CHAR *)(uintptr_t) "87654321", 8, label), CKR_OK);
	count = 4; /* SoftHSM shows a fresh slot behind the new one; the first is the token's */
	assert_int_equal(p11->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	assert_int_equal(
	    p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_OK);
	assert_int_equal(p11->C_Login(session, CKU_SO, (CK_UTF8CHAR *)(uintptr_t) "87654321", 8), CKR_OK);
	assert_int_equal(p11->C_InitPIN(session, (CK_UTF8CHAR *)(uintptr_t)PIN, sizeof(PIN) - 1), CKR_OK);
	assert_int_equal(p11->C_Logout(session), CKR_OK);
	assert_int_equal(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)PIN, sizeof(PIN) - 1),
			 CKR_OK);
	world_generate(p11, session, LABEL, CK_TRUE);
	world_generate(p11, session, "other", CK_TRUE);
	world_generate(p11, session, "oneway", CK_FALSE);
	world_generate(p11, session, "twins", CK_TRUE);
	world_generate(p11, session, "twins", CK_TRUE);
	world_generate_pair(p11, session, "signer", "signer");
	world_generate_pair(p11, session, "crossed", "elsewhere");
	world_generate_pair(p11, session, "elsewhere", "crossed");
	assert_int_equal(p11_kit_module_finalize(p11), CKR_OK);
	p11_kit_module_release(p11);
}

static int world_make(void **state)
{
	char text[256];

	(void)state;
	if (access(MODULE, R_OK) != 0)
		return 0;
	(void)snprintf(world, sizeof(world), "%s/hsm.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(world));
	assert_int_equal(mkdir(world_path("tokens"), 0700), 0);
	(void)snprintf(text, sizeof(text),
		       "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
		       world_path("tokens"));
	world_write("softhsm2.conf", text);
	world_write("pin", PIN "\n");
	world_write("wrong", "000000\n");
	assert_int_equal(setenv("SOFTHSM2_CONF", world_path("softhsm2.conf"), 1), 0);
	world_token();
	return 0;
}

static int world_remove(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

static int world_end(void **state)
{
	(void)state;
	return world[0] ? nftw(world, world_remove, 8, FTW_DEPTH | FTW_PHYS) : 0;
}

static void need_softhsm(void)
{
	if (!world[0]) {
		print_message("# SoftHSM (package softhsm2) is not installed\n");
		skip();
	}
}

/* ---- the token ---- */

static void a_secret_sealed_by_the_token_opens_for_its_identity_only(void **state)
{
	struct hsm *hsm;
	uint8_t sealed[128], opened[64];
	struct cs_writer w = CS_WRITER_OF(sealed), o = CS_WRITER_OF(opened);

	(void)state;
	need_softhsm();
	assert_int_equal(hsm_new(world_uri(LABEL, "pin"), &hsm, world_error), CS_OK);
	assert_int_equal(
	    hsm_close(hsm, CS_VIEW_TEXT("key 1"), CS_VIEW_TEXT("0123456789abcdef0123456789abcdef"), &w),
	    CS_OK);
	struct cs_view whole = cs_writer_view(&w);
	assert_int_equal(whole.len, 32 + SEAL_OVERHEAD);
	assert_int_equal(hsm_open(hsm, CS_VIEW_TEXT("key 1"), whole, &o), CS_OK);
	assert_memory_equal(opened, "0123456789abcdef0123456789abcdef", 32);
	o = CS_WRITER_OF(opened);
	assert_int_equal(hsm_open(hsm, CS_VIEW_TEXT("key 2"), whole, &o), CS_ERR_CORRUPT);
	sealed[20] ^= 1;
	o = CS_WRITER_OF(opened);
	assert_int_equal(hsm_open(hsm, CS_VIEW_TEXT("key 1"), whole, &o), CS_ERR_CORRUPT);
	sealed[20] ^= 1;
	o = CS_WRITER_OF(opened);
	assert_int_equal(hsm_open(hsm, CS_VIEW_TEXT("key 1"), whole, &o),
			 CS_OK); /* a refusal leaves it usable */
	o = CS_WRITER_OF(opened);
	assert_int_equal(hsm_open(hsm, CS_VIEW_TEXT("key 1"), cs_view(sealed, SEAL_OVERHEAD - 1), &o),
			 CS_ERR_CORRUPT);
	hsm_free(hsm);
}

static void a_uri_that_lacks_something_is_refused_with_what_it_lacks(void **state)
{
	static const struct {
		const char *uri, *says;
		enum cs_err err;
	} rows[] = {
	    {"pkcs11:token=Sealing;object=x", "module-path", CS_ERR_MALFORMED},
	    {"pkcs11:token=Sealing?module-path=" MODULE, "object=LABEL", CS_ERR_MALFORMED},
	    {"pkcs11:object=x?module-path=" MODULE "&pin-value=1234", "holds a PIN", CS_ERR_MALFORMED},
	    {"pkcs11:object=x;colour=red?module-path=" MODULE, "not known", CS_ERR_MALFORMED},
	    {"file:/etc/key", "URI", CS_ERR_MALFORMED},
	    {"pkcs11:object=x?module-path=/nonexistent.so", "/nonexistent.so", CS_ERR_NOT_FOUND},
	};
	struct hsm *hsm;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(hsm_new(rows[i].uri, &hsm, world_error), rows[i].err);
		assert_non_null(strstr(world_error, rows[i].says));
	}
}

static void a_refused_pin_is_tried_once(void **state)
{
	struct hsm *hsm;
	uint8_t sealed[128];
	struct cs_writer w = CS_WRITER_OF(sealed);

	(void)state;
	need_softhsm();
	assert_int_equal(hsm_new(world_uri(LABEL, "wrong"), &hsm, world_error), CS_OK);
	assert_int_equal(hsm_close(hsm, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("s"), &w), CS_ERR_WRONG);
	world_write("wrong", PIN "\n"); /* too late: nobody looks again */
	assert_int_equal(hsm_close(hsm, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("s"), &w), CS_ERR_WRONG);
	hsm_free(hsm);
	world_write("wrong", "000000\n");
}

/* What a token of another make does: what its login answers, and the flags of its PIN. */
static struct {
	CK_RV rv;
	CK_FLAGS flags;
	unsigned logins;
	CK_C_Login login; /* SoftHSM's own while its functions are these */
	CK_C_GetTokenInfo info;
} other_make;

static CK_RV other_make_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG len)
{
	(void)session;
	(void)user;
	(void)pin;
	(void)len;
	other_make.logins++;
	return other_make.rv;
}

static CK_RV other_make_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR out)
{
	CK_RV rv = other_make.info(slot, out);

	out->flags |= other_make.flags;
	return rv;
}

/* Puts these functions in the place of SoftHSM's, which are those of the whole process; and back. */
static int other_make_swap(void **state)
{
	CK_FUNCTION_LIST *p11 = world[0] ? p11_kit_module_load(MODULE, P11_KIT_MODULE_UNMANAGED) : NULL;

	(void)state;
	if (!p11)
		return 0;
	const CK_C_Login login = p11->C_Login;
	const CK_C_GetTokenInfo info = p11->C_GetTokenInfo;
	p11->C_Login = other_make.login ? other_make.login : other_make_login;
	p11->C_GetTokenInfo = other_make.info ? other_make.info : other_make_info;
	other_make.login = login;
	other_make.info = info;
	p11_kit_module_release(p11);
	return 0;
}

/* Three uses of such a token: what each answers, and how often the PIN is tried in them all. */
static void other_make_is_used(CK_RV rv, CK_FLAGS flags, enum cs_err err, unsigned logins)
{
	uint8_t sealed[128];
	struct hsm *hsm;

	other_make.rv = rv;
	other_make.flags = flags;
	other_make.logins = 0;
	assert_int_equal(hsm_new(world_uri(LABEL, "wrong"), &hsm, world_error), CS_OK);
	for (unsigned i = 0; i < 3; i++) {
		struct cs_writer w = CS_WRITER_OF(sealed);
		assert_int_equal(hsm_close(hsm, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("s"), &w), err);
	}
	assert_int_equal(other_make.logins, logins);
	hsm_free(hsm);
}

static void however_a_token_refuses_a_pin_it_is_tried_once_and_a_last_try_is_never_spent(void **state)
{
	static const CK_RV refusals[] = {CKR_PIN_INCORRECT,	 CKR_PIN_LOCKED,
					 CKR_PIN_EXPIRED,	 CKR_PIN_INVALID,
					 CKR_PIN_LEN_RANGE,	 CKR_USER_PIN_NOT_INITIALIZED,
					 CKR_ARGUMENTS_BAD,	 CKR_FUNCTION_NOT_SUPPORTED,
					 CKR_VENDOR_DEFINED | 7, CKR_GENERAL_ERROR,
					 CKR_FUNCTION_FAILED};
	static const CK_RV others[] = {CKR_DEVICE_REMOVED, CKR_DEVICE_ERROR, CKR_SESSION_HANDLE_INVALID,
				       CKR_USER_ANOTHER_ALREADY_LOGGED_IN};

	(void)state;
	need_softhsm();
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		other_make_is_used(refusals[i], 0, CS_ERR_WRONG, 1);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		other_make_is_used(others[i], CKF_USER_PIN_COUNT_LOW, CS_ERR_NO_READER, 3);
	other_make_is_used(CKR_PIN_INCORRECT, CKF_USER_PIN_FINAL_TRY, CS_ERR_WRONG, 0);
	other_make_is_used(CKR_DEVICE_ERROR, CKF_USER_PIN_FINAL_TRY, CS_ERR_WRONG, 0);
	other_make_is_used(CKR_OK, CKF_USER_PIN_LOCKED, CS_ERR_WRONG, 0);
}

static void a_key_or_token_that_is_not_there_once_is_refused(void **state)
{
	struct hsm *hsm;
	uint8_t sealed[128];
	struct cs_writer w = CS_WRITER_OF(sealed);

	(void)state;
	need_softhsm();
	assert_int_equal(hsm_new(world_uri("nobody", "pin"), &hsm, world_error), CS_OK);
	assert_int_equal(hsm_close(hsm, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("s"), &w), CS_ERR_NOT_FOUND);
	hsm_free(hsm);
	assert_int_equal(hsm_new(world_uri("twins", "pin"), &hsm, world_error), CS_OK);
	assert_int_equal(hsm_close(hsm, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("s"), &w), CS_ERR_NOT_FOUND);
	hsm_free(hsm);
	assert_int_equal(hsm_new("pkcs11:token=Other;object=x?module-path=" MODULE, &hsm, world_error),
			 CS_OK);
	assert_int_equal(hsm_close(hsm, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("s"), &w), CS_ERR_NO_READER);
	hsm_free(hsm);
}

static void a_pin_file_that_others_may_read_is_refused(void **state)
{
	struct hsm *hsm;
	uint8_t sealed[128];
	struct cs_writer w = CS_WRITER_OF(sealed);

	(void)state;
	need_softhsm();
	assert_int_equal(chmod(world_path("pin"), 0644), 0);
	assert_int_equal(hsm_new(world_uri(LABEL, "pin"), &hsm, world_error), CS_OK);
	assert_int_equal(hsm_close(hsm, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("s"), &w), CS_ERR_DENIED);
	assert_int_equal(chmod(world_path("pin"), 0600), 0);
	assert_int_equal(hsm_close(hsm, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("s"), &w), CS_OK);
	hsm_free(hsm);
}

/* Another user of the same module in this process ends all sessions: what a token that was pulled looks like.
 */
static void world_end_sessions(void)
{
	CK_SLOT_ID slots[4];
	CK_ULONG count = 4;
	CK_FUNCTION_LIST *p11 = p11_kit_module_load(MODULE, P11_KIT_MODULE_UNMANAGED);

	assert_non_null(p11);
	assert_int_equal(p11->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	assert_int_equal(p11->C_CloseAllSessions(slots[0]), CKR_OK);
	p11_kit_module_release(p11);
}

static void a_lost_session_is_opened_again(void **state)
{
	struct hsm *hsm;
	uint8_t sealed[128], opened[64];
	struct cs_writer w = CS_WRITER_OF(sealed), o = CS_WRITER_OF(opened);

	(void)state;
	need_softhsm();
	assert_int_equal(hsm_new(world_uri(LABEL, "pin"), &hsm, world_error), CS_OK);
	assert_int_equal(hsm_close(hsm, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("secret"), &w), CS_OK);
	world_end_sessions();
	assert_int_equal(hsm_open(hsm, CS_VIEW_TEXT("k"), cs_writer_view(&w), &o), CS_OK);
	assert_memory_equal(opened, "secret", 6);
	hsm_free(hsm);
}

static void a_key_pair_s_session_is_opened_again_for_the_signature_and_for_the_public_key(void **state)
{
	const uint8_t digest[HSM_DIGEST_LEN] = {1};
	uint8_t signature[HSM_SIGNATURE_LEN], point[HSM_POINT_LEN], again[HSM_POINT_LEN];
	struct hsm *hsm;

	(void)state;
	need_softhsm();
	assert_int_equal(hsm_new(world_uri("signer", "pin"), &hsm, world_error), CS_OK);
	assert_int_equal(hsm_public(hsm, point), CS_OK);
	world_end_sessions();
	assert_int_equal(hsm_sign(hsm, digest, signature), CS_OK);
	world_end_sessions();
	assert_int_equal(hsm_public(hsm, again), CS_OK);
	assert_memory_equal(again, point, sizeof(point));
	hsm_free(hsm);
}

/* ---- the process ---- */

static void the_vault_answers_as_the_token_does(void **state)
{
	struct vault *vault;
	uint8_t sealed[128], opened[64];
	struct cs_writer w = CS_WRITER_OF(sealed), o = CS_WRITER_OF(opened);

	(void)state;
	need_softhsm();
	assert_int_equal(vault_start(world_uri(LABEL, "pin"), &vault, world_error), CS_OK);
	assert_int_equal(vault_close(vault, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("secret"), &w), CS_OK);
	assert_int_equal(vault_open(vault, CS_VIEW_TEXT("other"), cs_writer_view(&w), &o), CS_ERR_CORRUPT);
	assert_int_equal(vault_open(vault, CS_VIEW_TEXT("k"), cs_writer_view(&w), &o), CS_OK);
	assert_int_equal(cs_writer_view(&o).len, 6);
	assert_memory_equal(opened, "secret", 6);
	vault_stop(vault);
	assert_int_equal(vault_start("pkcs11:object=x?module-path=/nonexistent.so", &vault, world_error),
			 CS_ERR_NOT_FOUND);
	assert_non_null(strstr(world_error, "/nonexistent.so"));
}

/* The process below the vault's own that has the module; 0: none at the moment. */
static pid_t vault_worker(const struct vault *vault)
{
	char path[64];
	int pid = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)vault_pid(vault),
		       (int)vault_pid(vault));
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0;
	(void)fclose(file);
	return pid;
}

/* Seals something, as soon as there is a process again that can: it is asked for that without end. */
static void vault_seals_again(struct vault *vault)
{
	enum cs_err err;

	do {
		uint8_t sealed[128];
		struct cs_writer w = CS_WRITER_OF(sealed);
		err = vault_close(vault, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("secret"), &w);
		(void)sched_yield();
	} while (err == CS_ERR_IO);
	assert_int_equal(err, CS_OK);
}

/* Whether these bytes are anywhere in what a process has mapped. What AddressSanitizer maps for itself is too
 * large to be read, and none of it is what a module may see more of than its own. */
static bool memory_has(pid_t pid, struct cs_view bytes)
{
	char path[64], line[512];
	unsigned long begin, end;
	bool found = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	int mem = open(path, O_RDONLY);
	assert_true(mem >= 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	FILE *maps = fopen(path, "r");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx r", &begin, &end) != 2 || end - begin > 1ul << 28)
			continue;
		uint8_t *copy = malloc(end - begin);
		assert_non_null(copy);
		ssize_t got = pread(mem, copy, end - begin, (off_t)begin);
		found = found || (got > 0 && memmem(copy, (size_t)got, bytes.ptr, bytes.len));
		cs_wipe(copy, end - begin);
		free(copy);
	}
	(void)fclose(maps);
	(void)close(mem);
	return found;
}

static void nothing_of_keepers_memory_is_in_the_process_of_the_module(void **state)
{
	static struct seal_key key;
	struct vault *vault;

	(void)state;
	need_softhsm();
	uint8_t *heap = malloc(sizeof(key));
	assert_non_null(heap);
	assert_int_equal(seal_random(&key, sizeof(key)), CS_OK);
	assert_int_equal(seal_random(heap, sizeof(key)), CS_OK);
	assert_int_equal(vault_start(world_uri(LABEL, "pin"), &vault, world_error), CS_OK);
	const pid_t worker = vault_worker(vault);
	assert_true(worker > 0);
	if (geteuid() == 0) {
		/* That one is found where it is. */
		assert_true(memory_has(getpid(), CS_VIEW_OF(key.bytes)));
		assert_false(memory_has(vault_pid(vault), CS_VIEW_OF(key.bytes)));
		assert_false(memory_has(worker, CS_VIEW_OF(key.bytes)));
		assert_false(memory_has(vault_pid(vault), cs_view(heap, sizeof(key))));
		assert_false(memory_has(worker, cs_view(heap, sizeof(key))));
	} else {
		print_message("# only root may look into the memory of such a process\n");
	}
	free(heap);
	vault_stop(vault);
}

static void a_vault_that_dies_is_started_again(void **state)
{
	struct vault *vault;
	pid_t before;

	(void)state;
	need_softhsm();
	assert_int_equal(vault_start(world_uri(LABEL, "pin"), &vault, world_error), CS_OK);
	for (unsigned i = 0; i < 3; i++) {
		before = vault_worker(vault);
		assert_true(before > 0);
		assert_int_equal(kill(before, SIGKILL), 0);
		while (vault_worker(vault) == before)
			(void)sched_yield();
		vault_seals_again(vault);
	}
	vault_stop(vault);
}

static void a_request_that_the_vault_died_of_is_answered(void **state)
{
	const uint8_t digest[HSM_DIGEST_LEN] = {1};
	uint8_t signature[HSM_SIGNATURE_LEN];
	struct cs_writer w = CS_WRITER_OF(signature);
	struct vault *vault;

	(void)state;
	need_softhsm();
	assert_int_equal(vault_start(world_uri(LABEL, "pin"), &vault, world_error), CS_OK);
	pid_t worker = vault_worker(vault);
	assert_int_equal(kill(worker, SIGSTOP), 0);
	assert_int_equal(vault_ask_signature(vault, CS_VIEW_OF(digest)), CS_OK);
	assert_int_equal(vault_take_signature(vault, 0, &w), CS_ERR_BUSY);
	assert_int_equal(kill(worker, SIGKILL), 0);
	assert_int_equal(vault_take_signature(vault, VAULT_WAIT_MS, &w), CS_ERR_IO);
	vault_seals_again(vault);
	vault_stop(vault);
}

static void a_vault_whose_pin_was_refused_does_not_try_it_again(void **state)
{
	uint8_t sealed[128];
	struct cs_writer w = CS_WRITER_OF(sealed);
	struct vault *vault;

	(void)state;
	need_softhsm();
	assert_int_equal(vault_start(world_uri(LABEL, "wrong"), &vault, world_error), CS_OK);
	assert_int_equal(vault_close(vault, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("secret"), &w), CS_ERR_WRONG);
	assert_int_equal(kill(vault_worker(vault), SIGKILL), 0);
	while (vault_worker(vault))
		(void)sched_yield();
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(vault_close(vault, CS_VIEW_TEXT("k"), CS_VIEW_TEXT("secret"), &w),
				 CS_ERR_WRONG);
	assert_int_equal(vault_worker(vault), 0);
	vault_stop(vault);
}

/* ---- the sealing key ---- */

static struct config configured(const char *uri)
{
	static struct config config;

	config_defaults(&config);
	(void)snprintf(config.sealing_key, sizeof(config.sealing_key), "%s", world_path("sealing.key"));
	(void)snprintf(config.sealing_token, sizeof(config.sealing_token), "%s", uri);
	return config;
}

static void a_sealing_key_that_the_token_sealed_opens_with_the_token_alone(void **state)
{
	struct config with, without;
	struct seal_key key, again;
	char text[256];
	struct cs_writer w = CS_WRITER_OF(text);

	(void)state;
	need_softhsm();
	with = configured(world_uri(LABEL, "pin"));
	without = configured("");
	assert_int_equal(seal_key_create(&with, world_error), CS_OK);
	assert_int_equal(file_read_private(with.sealing_key, &w), CS_OK);
	assert_memory_equal(text, "pkcs11:", 7);
	assert_int_equal(seal_key_open(&with, &key, world_error), CS_OK);
	assert_int_equal(seal_key_open(&with, &again, world_error), CS_OK);
	assert_memory_equal(&key, &again, sizeof(key));
	assert_int_equal(seal_key_open(&without, &again, world_error), CS_ERR_STATE);
	assert_non_null(strstr(world_error, "sealing_token"));
	with = configured(world_uri("other", "pin"));
	assert_int_equal(seal_key_open(&with, &again, world_error), CS_ERR_CORRUPT);
	assert_non_null(strstr(world_error, "not the key that sealed it"));
	assert_int_equal(unlink(with.sealing_key), 0);
}

static void a_sealing_key_changes_from_bare_to_one_token_to_another_and_stays_the_same(void **state)
{
	struct config bare, first, second;
	struct seal_key key, now;
	char former[512];

	(void)state;
	need_softhsm();
	bare = configured("");
	first = configured(world_uri(LABEL, "pin"));
	second = configured(world_uri("other", "pin"));
	assert_int_equal(seal_key_create(&bare, world_error), CS_OK);
	assert_int_equal(seal_key_open(&bare, &key, world_error), CS_OK);
	assert_int_equal(seal_key_open(&first, &now, world_error), CS_ERR_STATE);
	assert_non_null(strstr(world_error, "--rewrap-key"));
	assert_int_equal(seal_key_rewrap(&first, NULL, NULL, NULL, world_error), CS_OK);
	assert_int_equal(seal_key_open(&first, &now, world_error), CS_OK);
	assert_memory_equal(&now, &key, sizeof(key));
	assert_int_equal(seal_key_rewrap(&second, NULL, NULL, NULL, world_error), CS_ERR_STATE);
	assert_non_null(strstr(world_error, "--former-token"));
	(void)snprintf(former, sizeof(former), "%s", world_uri("other", "pin"));
	assert_int_equal(seal_key_rewrap(&second, former, NULL, NULL, world_error), CS_ERR_CORRUPT);
	assert_int_equal(seal_key_open(&first, &now, world_error), CS_OK); /* as before */
	(void)snprintf(former, sizeof(former), "%s", world_uri(LABEL, "pin"));
	assert_int_equal(seal_key_rewrap(&second, former, NULL, NULL, world_error), CS_OK);
	assert_int_equal(seal_key_open(&second, &now, world_error), CS_OK);
	assert_memory_equal(&now, &key, sizeof(key));
	(void)snprintf(former, sizeof(former), "%s", world_uri("other", "pin"));
	assert_int_equal(seal_key_rewrap(&bare, former, NULL, NULL, world_error), CS_OK);
	assert_int_equal(seal_key_open(&bare, &now, world_error), CS_OK);
	assert_memory_equal(&now, &key, sizeof(key));
	assert_int_equal(unlink(bare.sealing_key), 0);
}

static void the_audit_log_s_name_of_a_key_has_no_pin(void **state)
{
	static const char *const names[][2] = {
	    {NULL, "bare"},
	    {"", "bare"},
	    {"pkcs11:token=Vault;object=kek?pin-value=482913", "Vault/kek"},
	    {"pkcs11:object=kek;type=secret-key;token=A%20b?pin-source=file:/pin", "A%20b/kek"},
	    {"pkcs11:token=Vault;id=%0b?module-path=/x", "Vault/%0b"},
	    {"pkcs11:?token=x;pin-value=482913&object=482913", "-/-"},
	    {"pkcs11:token=A-token-with-a-long-name;object=an-object-with-one", "A-token-wit/an-object-with"},
	    {"pkcs11:token=Schl\xC3\xBCssel \x01;object=kek\x7F", "Schl??ssel?/kek?"},
	    /* cut in the middle of a character */
	    {"pkcs11:token=Geheimniss\xC3\xBC;object=13-characters\xC3\xBC", "Geheimniss?/13-characters?"},
	};
	char name[REWRAP_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		rewrap_name(names[i][0], name);
		assert_string_equal(name, names[i][1]);
	}
}

static void a_key_that_seals_and_does_not_open_gets_no_sealing_key(void **state)
{
	struct config bare, oneway;
	struct seal_key key, now;

	(void)state;
	need_softhsm();
	bare = configured("");
	oneway = configured(world_uri("oneway", "pin"));
	assert_int_not_equal(seal_key_create(&oneway, world_error), CS_OK);
	assert_int_equal(seal_key_create(&bare, world_error), CS_OK);
	assert_int_equal(seal_key_open(&bare, &key, world_error), CS_OK);
	assert_int_not_equal(seal_key_rewrap(&oneway, NULL, NULL, NULL, world_error), CS_OK);
	assert_int_equal(seal_key_open(&bare, &now, world_error), CS_OK); /* as before */
	assert_memory_equal(&now, &key, sizeof(key));
	assert_int_equal(unlink(bare.sealing_key), 0);
}

/* ---- the key of checkpoints ---- */

static struct config signing(const char *object)
{
	static struct config config;

	config_defaults(&config);
	(void)snprintf(config.audit_token, sizeof(config.audit_token), "%s", world_uri(object, "pin"));
	return config;
}

static bool verifies(const char *pem, struct cs_view text, struct cs_view signature)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	assert_non_null(key);
	bool good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(context, signature.ptr, signature.len, text.ptr, text.len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return good;
}

static void a_token_signs_what_openssl_verifies_with_its_public_key(void **state)
{
	struct config config;
	struct audit_key *key;
	uint8_t signature[CS_CHECKPOINT_SIGNATURE_MAX];
	size_t len;

	(void)state;
	need_softhsm();
	config = signing("signer");
	assert_int_equal(audit_key_open(&config, &key, world_error), CS_OK);
	for (unsigned i = 0; i < 20; i++) { /* r and s of all lengths, sooner or later */
		assert_int_equal(audit_key_ask(key, CS_VIEW_TEXT("a checkpoint")), CS_OK);
		assert_int_equal(audit_key_ask(key, CS_VIEW_TEXT("another")), CS_ERR_STATE);
		assert_true(audit_key_fd(key) >= 0);
		assert_int_equal(audit_key_take(key, VAULT_WAIT_MS, signature, &len), CS_OK);
		assert_int_equal(audit_key_fd(key), -1);
		assert_true(
		    verifies(audit_key_pem(key), CS_VIEW_TEXT("a checkpoint"), cs_view(signature, len)));
		assert_false(verifies(audit_key_pem(key), CS_VIEW_TEXT("another"), cs_view(signature, len)));
	}
	assert_int_equal(audit_key_take(key, 0, signature, &len), CS_ERR_STATE);
	audit_key_free(key);
}

static void a_key_pair_that_is_none_is_refused_at_the_start(void **state)
{
	struct config config;
	struct audit_key *key;

	(void)state;
	need_softhsm();
	config = signing("nobody");
	assert_int_equal(audit_key_open(&config, &key, world_error), CS_ERR_NOT_FOUND);
	config = signing("crossed");
	assert_int_equal(audit_key_open(&config, &key, world_error), CS_ERR_CORRUPT);
	assert_non_null(strstr(world_error, "does not belong"));
	config = signing(LABEL); /* an AES key */
	assert_int_equal(audit_key_open(&config, &key, world_error), CS_ERR_NOT_FOUND);
}

int main(int argc, char **argv)
{
	vault_child(argc, argv);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_secret_sealed_by_the_token_opens_for_its_identity_only),
	    cmocka_unit_test(a_uri_that_lacks_something_is_refused_with_what_it_lacks),
	    cmocka_unit_test(a_refused_pin_is_tried_once),
	    cmocka_unit_test_setup_teardown(
		however_a_token_refuses_a_pin_it_is_tried_once_and_a_last_try_is_never_spent, other_make_swap,
		other_make_swap),
	    cmocka_unit_test(a_key_or_token_that_is_not_there_once_is_refused),
	    cmocka_unit_test(a_pin_file_that_others_may_read_is_refused),
	    cmocka_unit_test(a_lost_session_is_opened_again),
	    cmocka_unit_test(a_key_pair_s_session_is_opened_again_for_the_signature_and_for_the_public_key),
	    cmocka_unit_test(the_vault_answers_as_the_token_does),
	    cmocka_unit_test(nothing_of_keepers_memory_is_in_the_process_of_the_module),
	    cmocka_unit_test(a_vault_that_dies_is_started_again),
	    cmocka_unit_test(a_request_that_the_vault_died_of_is_answered),
	    cmocka_unit_test(a_vault_whose_pin_was_refused_does_not_try_it_again),
	    cmocka_unit_test(a_sealing_key_that_the_token_sealed_opens_with_the_token_alone),
	    cmocka_unit_test(a_sealing_key_changes_from_bare_to_one_token_to_another_and_stays_the_same),
	    cmocka_unit_test(a_key_that_seals_and_does_not_open_gets_no_sealing_key),
	    cmocka_unit_test(the_audit_log_s_name_of_a_key_has_no_pin),
	    cmocka_unit_test(a_token_signs_what_openssl_verifies_with_its_public_key),
	    cmocka_unit_test(a_key_pair_that_is_none_is_refused_at_the_start),
	};

	return cmocka_run_group_tests(tests, world_make, world_end);
}
