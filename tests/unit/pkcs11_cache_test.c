/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates on disk: what they spare, and that nobody who writes to the files makes the module show
 * another one.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/sha.h>

#include "base/bytes.h"
#include "base/piv.h"
#include "pkcs11/cache.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/settings.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

#define DIRECTORY "cache/countersign"

static CK_SESSION_HANDLE session;
static char scratch[] = "/tmp/pkcs11_cache_XXXXXX", before[4096];

/* ---- files ---- */

static size_t files(char last[256])
{
	DIR *dir = opendir(DIRECTORY);
	const struct dirent *entry;
	size_t n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' && strlen(entry->d_name) < 3)
			continue;
		(void)snprintf(last, 256, "%s", entry->d_name);
		n++;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return n;
}

static void path_of(const uint8_t digest[32], char path[128])
{
	int len = snprintf(path, 128, "%s/", DIRECTORY);

	for (size_t i = 0; i < 32; i++)
		len += snprintf(path + len, 3, "%02x", digest[i]);
}

static void spoil(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *level)
{
	(void)st;
	(void)kind;
	return level->level == 0 ? 0 : remove(path);
}

static void remove_all(void)
{
	assert_int_equal(nftw(".", remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static int setup(void **state)
{
	(void)state;
	(void)memcpy(scratch + sizeof(scratch) - 7, "XXXXXX", 6);
	if (getcwd(before, sizeof(before)) == NULL || mkdtemp(scratch) == NULL || chdir(scratch) != 0)
		return -1;
	return setenv("COUNTERSIGN_PKCS11_CONF", "", 1);
}

static int use_cache(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/cache", scratch);
	settings_load();
	return setenv("XDG_CACHE_HOME", path, 1);
}

static int setup_files(void **state)
{
	return setup(state) == 0 ? use_cache() : -1;
}

/* A certificate that parses, of 9A, with this serial number. */
static void other_writes_certificate(uint8_t serial)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
	static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x80, 0x08, '4', '8',
					 '2',  '9',  '1',  '3',	 0xFF, 0xFF};
	const uint8_t put[] = {0x00, 0xDB, 0x3F, 0xFF, 0x1D, 0x5C, 0x03, 0x5F, 0xC1,   0x05, 0x53, 0x16,
			       0x70, 0x11, 0x30, 0x0F, 0x30, 0x0D, 0x02, 0x01, serial, 0x30, 0x00, 0x30,
			       0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00, 0x71, 0x01,   0x00};

	assert_int_equal(transport_card_other(CS_VIEW_OF(select)), 0x9000);
	assert_int_equal(transport_card_other(CS_VIEW_OF(verify)), 0x9000);
	assert_int_equal(transport_card_other(CS_VIEW_OF(put)), 0x9000);
	transport_card_other_resets();
}

static int setup_token(void **state)
{
	if (setup(state) != 0 || use_cache() != 0 || !p11_token_make(&transport_card, &session))
		return -1;
	other_writes_certificate(7);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	p11_token_free();
	remove_all();
	(void)setenv("COUNTERSIGN_PKCS11_CONF", "", 1);
	return chdir(before) == 0 && rmdir(scratch) == 0 ? 0 : -1;
}

/* In another life of the module: the serial number in the certificate of 9A, and how many commands that took.
 */
static CK_BYTE serial_in_another_life(unsigned *commands)
{
	CK_BYTE der[8] = {0};
	CK_ATTRIBUTE a = {CKA_SERIAL_NUMBER, der, sizeof(der)};
	CK_OBJECT_HANDLE certificate;
	CK_ULONG n = 0;

	assert_int_equal(C_Finalize(NULL), CKR_OK);
	*commands = transport_card_commands();
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(p11_find(session, CKO_CERTIFICATE, 1, &n, &certificate), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_GetAttributeValue(session, certificate, &a, 1), CKR_OK);
	*commands = transport_card_commands() - *commands;
	return der[2];
}

/* ---- with a card ---- */

static void a_certificate_is_read_from_the_card_once_by_all_programs(void **state)
{
	unsigned commands;

	(void)state;
	assert_int_equal(serial_in_another_life(&commands), 7);
	assert_int_equal(commands, 3);
	assert_int_equal(serial_in_another_life(&commands), 7);
	assert_int_equal(commands, 2);
	other_writes_certificate(8);
	assert_int_equal(serial_in_another_life(&commands), 8);
	assert_int_equal(commands, 3);
}

static void a_file_that_was_changed_shows_nothing_and_is_written_anew(void **state)
{
	static const uint8_t another[] = {0x70, 0x11, 0x30, 0x0F, 0x30, 0x0D, 0x02, 0x01, 0x66, 0x30, 0x00,
					  0x30, 0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00, 0x71, 0x01, 0x00};
	char name[256], path[512];
	unsigned commands;

	(void)state;
	assert_int_equal(serial_in_another_life(&commands), 7);
	assert_int_equal(files(name), 1);
	(void)snprintf(path, sizeof(path), "%s/%s", DIRECTORY, name);
	spoil(path, another, sizeof(another));
	assert_int_equal(serial_in_another_life(&commands), 7);
	assert_int_equal(commands, 3);
	assert_int_equal(serial_in_another_life(&commands), 7);
	assert_int_equal(commands, 2);
}

static void a_certificate_for_the_pins_holder_is_not_kept(void **state)
{
	static const uint8_t private[] = {0x80, 0x11, 0x00, 0x00, 0x0B, 0x92, 0x03, 0x5F,
					  0xC1, 0x05, 0xA1, 0x04, 0x82, 0x02, 0x00, 0x01};
	CK_BYTE der[8];
	CK_ATTRIBUTE a = {CKA_SERIAL_NUMBER, der, sizeof(der)};
	CK_OBJECT_HANDLE certificate;
	CK_ULONG n = 0;
	char name[256];

	(void)state;
	other_writes_certificate(9);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK); /* the PIN is verified */
	assert_int_equal(transport_card_other(CS_VIEW_OF(private)), 0x9000);
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(p11_find(session, CKO_CERTIFICATE, 1, &n, &certificate), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_GetAttributeValue(session, certificate, &a, 1), CKR_OK);
	assert_int_equal(files(name), 0);
}

static void without_a_place_for_files_only_their_use_is_lost(void **state)
{
	unsigned commands;

	(void)state;
	assert_int_equal(setenv("XDG_CACHE_HOME", "/proc/nowhere", 1), 0);
	assert_int_equal(serial_in_another_life(&commands), 7);
	assert_int_equal(serial_in_another_life(&commands), 7);
	assert_int_equal(commands, 3);
}

static void the_configuration_switches_it_off(void **state)
{
	unsigned commands;
	char name[256], path[64];

	(void)state;
	spoil("elsewhere", "cache = off\n", 12);
	(void)snprintf(path, sizeof(path), "%s/elsewhere", scratch);
	assert_int_equal(setenv("COUNTERSIGN_PKCS11_CONF", path, 1), 0);
	assert_int_equal(serial_in_another_life(&commands), 7);
	assert_int_equal(files(name), 0);
}

/* ---- files alone ---- */

static void put(unsigned number, uint8_t digest[32])
{
	uint8_t content[4] = {1, 2, (uint8_t)(number >> 8), (uint8_t)number};

	(void)SHA256(content, sizeof(content), digest);
	cache_put(digest, CS_VIEW_OF(content));
}

static bool have(const uint8_t digest[32])
{
	uint8_t content[16];
	struct cs_writer w = CS_WRITER_OF(content);

	return cache_get(digest, &w) && w.len == 4 && content[0] == 1;
}

static void files_and_directory_are_the_users_alone(void **state)
{
	uint8_t digest[32];
	char path[128];
	struct stat st;

	(void)state;
	put(1, digest);
	path_of(digest, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(DIRECTORY, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(have(digest));
	assert_int_equal(chmod(DIRECTORY, 0770), 0);
	assert_false(have(digest));
	assert_int_equal(chmod(DIRECTORY, 0700), 0);
	assert_int_equal(chmod(path, 0620), 0);
	assert_false(have(digest));
}

static void there_are_never_more_than_so_many(void **state)
{
	uint8_t first[32], digest[32];
	char name[256];

	(void)state;
	put(0, first);
	assert_true(have(first));
	for (unsigned i = 1; i < CACHE_FILES_MAX + 20; i++)
		put(i, digest);
	assert_int_equal(files(name), CACHE_FILES_MAX);
	assert_true(have(digest));
	assert_false(have(first));
}

static void a_file_that_could_not_be_written_whole_has_no_name(void **state)
{
	static const uint8_t content[1024] = {1, 2};
	const struct rlimit little = {512, RLIM_INFINITY}, any = {RLIM_INFINITY, RLIM_INFINITY};
	uint8_t digest[32];
	char name[256];

	(void)state;
	(void)SHA256(content, sizeof(content), digest);
	/* As where the disk is full. */
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	cache_put(digest, CS_VIEW_OF(content));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &any), 0);
	assert_int_equal(files(name), 0);
	cache_put(digest, CS_VIEW_OF(content));
	assert_int_equal(files(name), 1);
}

static void what_is_no_file_is_not_read(void **state)
{
	static const uint8_t zeros[16384];
	uint8_t digest[32];
	char path[128];

	(void)state;
	put(1, digest);
	path_of(digest, path);
	assert_int_equal(rename(path, "elsewhere"), 0);
	assert_int_equal(symlink("../../elsewhere", path), 0);
	assert_false(have(digest));
	(void)unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(have(digest));
	(void)unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(have(digest));
	put(1, digest);
	assert_false(have(digest));
	(void)rmdir(path);
	spoil(path, zeros, 0);
	assert_false(have(digest));
	spoil(path, zeros, sizeof(zeros));
	assert_false(have(digest));
	put(1, digest);
	assert_true(have(digest));
}

static void a_directory_that_is_a_link_is_not_used(void **state)
{
	uint8_t digest[32];
	char name[256];

	(void)state;
	assert_int_equal(mkdir("cache", 0700), 0);
	assert_int_equal(mkdir("elsewhere", 0700), 0);
	assert_int_equal(symlink("../elsewhere", DIRECTORY), 0);
	put(1, digest);
	assert_false(have(digest));
	assert_int_equal(files(name), 0);
}

static void a_relative_path_is_not_taken(void **state)
{
	uint8_t digest[32];
	char home[64];
	struct stat st;

	(void)state;
	(void)snprintf(home, sizeof(home), "%s/elsewhere", scratch);
	assert_int_equal(mkdir("elsewhere", 0700), 0);
	assert_int_equal(setenv("XDG_CACHE_HOME", "cache", 1), 0);
	assert_int_equal(setenv("HOME", home, 1), 0);
	put(1, digest);
	assert_true(have(digest));
	assert_int_not_equal(stat("cache", &st), 0);
	assert_int_equal(stat("elsewhere/.cache/countersign", &st), 0);
	assert_int_equal(unsetenv("HOME"), 0);
	assert_false(have(digest));
}

#define FILES(name) cmocka_unit_test_setup_teardown(name, setup_files, teardown)
#define TOKEN(name) cmocka_unit_test_setup_teardown(name, setup_token, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TOKEN(a_certificate_is_read_from_the_card_once_by_all_programs),
	    TOKEN(a_file_that_was_changed_shows_nothing_and_is_written_anew),
	    TOKEN(a_certificate_for_the_pins_holder_is_not_kept),
	    TOKEN(without_a_place_for_files_only_their_use_is_lost),
	    TOKEN(the_configuration_switches_it_off),
	    FILES(files_and_directory_are_the_users_alone),
	    FILES(there_are_never_more_than_so_many),
	    FILES(a_file_that_could_not_be_written_whole_has_no_name),
	    FILES(what_is_no_file_is_not_read),
	    FILES(a_directory_that_is_a_link_is_not_used),
	    FILES(a_relative_path_is_not_taken),
	};

	return cmocka_run_group_tests_name("pkcs11_cache", tests, NULL, NULL);
}
