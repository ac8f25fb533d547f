/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The configuration file of the module: what its lines mean, what is said of wrong ones, which files are
 * read, and what each option does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "pkcs11/settings.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

static char problems[16][600];
static unsigned problem_count;
static char directory[256];
static CK_SESSION_HANDLE session;

static void note(void *ctx, const char *problem)
{
	(void)ctx;
	assert_true(problem_count < 16);
	(void)snprintf(problems[problem_count++], sizeof(problems[0]), "%s", problem);
}

static struct settings parsed(const char *text)
{
	struct settings settings;

	problem_count = 0;
	settings_defaults(&settings);
	settings_parse(cs_view_string(text), "FILE", &settings, note, NULL);
	return settings;
}

/* text has this one problem, and nothing of it is taken. */
static void assert_refused(const char *text, const char *problem)
{
	struct settings settings = parsed(text), defaults;

	settings_defaults(&defaults);
	assert_int_equal(problem_count, 1);
	assert_string_equal(problems[0], problem);
	assert_memory_equal(&settings, &defaults, sizeof(settings));
}

static void each_option_is_read(void **state)
{
	struct settings c = parsed("# a comment\n"
				   "\n"
				   "cache = off\n"
				   "  pin_reuse=on\r\n"
				   "hide_keys = ed25519  x25519\n"
				   "transport = socket:/run/card\n"
				   "trace = /tmp/a trace\n"
				   "reader_allow = Yubico *\n"
				   "reader_allow = Virtual PCD 00 0?\n"
				   "reader_deny = *Contactless*");

	(void)state;
	assert_int_equal(problem_count, 0);
	assert_false(c.cache);
	assert_true(c.pin_reuse);
	assert_string_equal(c.transport, "socket:/run/card");
	assert_string_equal(c.trace, "/tmp/a trace");
	assert_int_equal(c.allow.count, 2);
	assert_string_equal(c.allow.text[1], "Virtual PCD 00 0?");
	assert_string_equal(c.deny.text[0], "*Contactless*");
	assert_true(settings_hides(&c, CKK_EC_EDWARDS) && settings_hides(&c, CKK_EC_MONTGOMERY));
	assert_false(settings_hides(&c, CKK_EC) || settings_hides(&c, CKK_RSA));
}

static void a_wrong_line_is_told_with_its_place_and_what_is_allowed(void **state)
{
	char text[1200], expected[1200];

	(void)state;
	assert_refused("\ncache\n", "FILE:2: expected `option = value`");
	assert_refused("cash = on\n", "FILE:1: unknown option `cash`; countersign-pkcs11.conf(5) lists them");
	assert_refused("cache = yes\n", "FILE:1: `cache` must be on or off");
	assert_refused("trace = trace.log\n", "FILE:1: `trace` must be an absolute path");
	assert_refused("transport = ccid\n", "FILE:1: `transport` must be auto, pcsc, usb or socket:PATH");
	assert_refused(
	    "hide_keys = ed25519 dsa\n",
	    "FILE:1: `hide_keys` must be none, or some of rsa ec ed25519 x25519 ml-dsa ml-kem aes hmac");
	assert_refused(
	    "hide_keys =\n",
	    "FILE:1: `hide_keys` must be none, or some of rsa ec ed25519 x25519 ml-dsa ml-kem aes hmac");
	assert_refused("a\033[2J\x7F = 1\n",
		       "FILE:1: unknown option `a?[2J?`; countersign-pkcs11.conf(5) lists them");
	memset(text, 'x', sizeof(text));
	memcpy(text, "reader_deny = ", 14);
	text[14 + 128] = '\0';
	assert_refused(text,
		       "FILE:1: `reader_deny` must be a reader's name, * and ? standing for what may differ, "
		       "shorter than 128 bytes, in at most 16 lines");
	memset(text, 'x', sizeof(text));
	text[400] = '\0';
	(void)snprintf(expected, sizeof(expected),
		       "FILE:1: unknown option `%.64s`; countersign-pkcs11.conf(5) lists them", text);
	text[398] = '=';
	assert_refused(text, expected);
}

static void the_rest_of_a_file_with_a_wrong_line_counts(void **state)
{
	struct settings c = parsed("cache = maybe\ncache = off\nnonsense\npin_reuse = on\npin_reuse = off\n");

	(void)state;
	assert_int_equal(problem_count, 3);
	assert_string_equal(problems[2], "FILE:5: `pin_reuse` is given a second time; the first holds");
	assert_false(c.cache);
	assert_true(c.pin_reuse);
}

static void a_file_full_of_nonsense_is_told_in_a_few_lines(void **state)
{
	struct settings c, defaults;
	uint8_t bytes[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i % 4 == 3 ? '\n' : (uint8_t)(i * 7);
	problem_count = 0;
	settings_defaults(&c);
	settings_parse(CS_VIEW_OF(bytes), "FILE", &c, note, NULL);
	assert_int_equal(problem_count, SETTINGS_PROBLEMS_MAX + 1);
	assert_non_null(strstr(problems[SETTINGS_PROBLEMS_MAX], "more lines that are wrong"));
	settings_defaults(&defaults);
	assert_memory_equal(&c, &defaults, sizeof(c));
}

static void patterns_decide_which_readers_are_slots(void **state)
{
	static const struct {
		const char *lines, *name;
		bool taken;
	} rows[] = {
	    {"", "Any", true},
	    {"reader_allow = *\n", "Any", true},
	    {"reader_allow = Any\n", "Any", true},
	    {"reader_allow = Any\n", "Anything", false},
	    {"reader_allow = ?ny*\n", "Anything", true},
	    {"reader_allow = *a*b*c\n", "xxaxbxbxc", true},
	    {"reader_allow = *a*b*c\n", "xxaxbxbxcx", false},
	    {"reader_allow = A\nreader_allow = B\n", "B", true},
	    {"reader_deny = B*\n", "BC", false},
	    {"reader_deny = B*\n", "AB", true},
	    {"reader_allow = B*\nreader_deny = *C\n", "BC", false},
	    {"reader_deny = [A]\n", "A", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings c = parsed(rows[i].lines);

		assert_int_equal(problem_count, 0);
		assert_int_equal(settings_takes_reader(&c, rows[i].name), rows[i].taken);
	}
}

/* A pattern that backtracks everywhere, against the longest name. */
static void no_pattern_takes_long(void **state)
{
	char line[160] = "reader_deny = ", name[CC_READER_NAME_MAX];
	struct settings c;

	(void)state;
	for (size_t i = 0; i < 63; i++)
		memcpy(line + 14 + 2 * i, "a*", 2);
	line[14 + 2 * 63] = 'b';
	c = parsed(line);
	assert_int_equal(problem_count, 0);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_true(settings_takes_reader(&c, name));
}

/* ---- files ---- */

static const char *path_of(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path_of(name), mode), 0);
}

static struct settings read_file(const char *name)
{
	struct settings c;

	problem_count = 0;
	settings_defaults(&c);
	settings_read(path_of(name), &c, note, NULL);
	return c;
}

static void a_file_that_is_none_is_told_and_left_alone(void **state)
{
	char *long_text = malloc(SETTINGS_FILE_MAX + 2);

	(void)state;
	assert_non_null(long_text);
	assert_true(read_file("not-there").cache);
	assert_int_equal(problem_count, 0);
	(void)read_file("");
	assert_int_equal(problem_count, 1);
	assert_non_null(strstr(problems[0], ": not a file"));
	put("open", "cache = off\n", 0666);
	assert_true(read_file("open").cache);
	assert_non_null(strstr(problems[0], "everybody may write it; it is not read"));
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	(void)read_file("fifo");
	assert_non_null(strstr(problems[0], ": not a file"));
	memset(long_text, '#', SETTINGS_FILE_MAX + 1);
	long_text[SETTINGS_FILE_MAX + 1] = '\0';
	put("long", long_text, 0600);
	(void)read_file("long");
	assert_non_null(strstr(problems[0], "longer than 65536 bytes: not a configuration file"));
	memcpy(long_text, "cache = off\n", 12);
	long_text[SETTINGS_FILE_MAX] = '\0';
	put("long", long_text, 0600);
	assert_false(read_file("long").cache);
	assert_int_equal(problem_count, 0);
	free(long_text);
}

static void the_user_s_settings_take_the_place_of_the_system_s(void **state)
{
	struct settings c = parsed("cache = off\nreader_deny = A\nreader_deny = B\nreader_allow = C\n");

	(void)state;
	settings_parse(CS_VIEW_TEXT("reader_deny = D\ncache = on\n"), "USER", &c, note, NULL);
	assert_int_equal(problem_count, 0);
	assert_true(c.cache);
	assert_int_equal(c.deny.count, 1);
	assert_string_equal(c.deny.text[0], "D");
	assert_int_equal(c.allow.count, 1);
}

static void the_environment_says_where_the_files_are(void **state)
{
	(void)state;
	(void)mkdir(path_of("countersign"), 0700);
	(void)mkdir(path_of(".config"), 0700);
	(void)mkdir(path_of(".config/countersign"), 0700);
	put("countersign/countersign-pkcs11.conf", "trace = /xdg\n", 0600);
	put(".config/countersign/countersign-pkcs11.conf", "trace = /home\n", 0600);
	put("named", "trace = /named\n", 0600);
	assert_int_equal(unsetenv("COUNTERSIGN_PKCS11_CONF"), 0);
	assert_int_equal(setenv("XDG_CONFIG_HOME", directory, 1), 0);
	assert_int_equal(setenv("HOME", directory, 1), 0);
	settings_load();
	assert_string_equal(settings_now()->trace, "/xdg");
	assert_int_equal(setenv("XDG_CONFIG_HOME", "relative", 1), 0);
	settings_load();
	assert_string_equal(settings_now()->trace, "/home");
	assert_int_equal(setenv("COUNTERSIGN_PKCS11_CONF", path_of("named"), 1), 0);
	settings_load();
	assert_string_equal(settings_now()->trace, "/named");
	assert_int_equal(setenv("COUNTERSIGN_PKCS11_CONF", "", 1), 0);
	settings_load();
	assert_string_equal(settings_now()->trace, "");
}

/* Each line of the example that is commented out is an option with its default. */
static void the_example_file_tells_each_option_with_its_default(void **state)
{
	char path[512], text[8192] = "", line[256];
	size_t len = 0;
	const char *top = getenv("top_srcdir");
	unsigned options = 0;
	struct settings c, defaults;
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/docs/examples/countersign-pkcs11.conf",
		       top == NULL ? "." : top);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		bool option = line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';

		options += option ? 1 : 0;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", option ? line + 1 : line);
		assert_true(len < sizeof(text));
	}
	assert_int_equal(fclose(f), 0);
	c = parsed(text);
	assert_int_equal(problem_count, 0);
	assert_int_equal(options, 7);
	settings_defaults(&defaults);
	assert_int_equal(c.cache, defaults.cache);
	assert_int_equal(c.pin_reuse, defaults.pin_reuse);
	assert_int_equal(c.hidden, defaults.hidden);
	assert_string_equal(c.transport, "auto");
}

/* ---- what the options do ---- */

static void begin_with(const char *text)
{
	put("conf", text, 0600);
	assert_int_equal(setenv("COUNTERSIGN_PKCS11_CONF", path_of("conf"), 1), 0);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
}

static CK_ULONG count(CK_OBJECT_CLASS class)
{
	CK_OBJECT_HANDLE first;
	CK_ULONG n = 0;

	assert_int_equal(p11_find(session, class, 0, &n, &first), CKR_OK);
	return n;
}

/* With a certificate whose key is found by nothing certificates are not what a public certificates token has.
 */
static void hidden_keys_make_no_claim(void **state)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE id = P11_KEY_ONCE,
		der[] = {0x30, 0x1A, 0x30, 0x18, 0x02, 0x01, 0x01, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00, 0x30,
			 0x00, 0x30, 0x0B, 0x30, 0x03, 0x06, 0x01, 0x00, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00};
	CK_ATTRIBUTE certificate[] = {{CKA_CLASS, &class, sizeof(class)},
				      {CKA_TOKEN, &yes, 1},
				      {CKA_ID, &id, 1},
				      {CKA_VALUE, der, sizeof(der)}};
	CK_OBJECT_HANDLE object;

	(void)state;
	begin_with("");
	assert_int_equal(count(CKO_PROFILE), 4);
	begin_with("hide_keys = ec\n");
	assert_int_equal(count(CKO_PROFILE), 3); /* no authentication */
	assert_int_equal(C_CreateObject(session, certificate, 4, &object), CKR_OK);
	assert_int_equal(count(CKO_PROFILE), 2);
	begin_with("");
	assert_int_equal(count(CKO_PROFILE), 4);
}

static void hidden_keys_are_not_there(void **state)
{
	CK_OBJECT_HANDLE key;
	CK_ULONG n;

	(void)state;
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &key), CKR_OK);
	begin_with("hide_keys = ec\n");
	assert_int_equal(count(CKO_PRIVATE_KEY), 0);
	assert_int_equal(count(CKO_PUBLIC_KEY), 0);
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_KEY_HANDLE_INVALID);
	begin_with("hide_keys = rsa ed25519\n");
	assert_int_equal(count(CKO_PRIVATE_KEY), 2);
	assert_int_equal(count(CKO_PUBLIC_KEY), 2);
	/* Nor is their place taken for an empty one. */
	begin_with("hide_keys = ec\n");
	assert_int_not_equal(p11_generate(session, P11_KEY_ONCE, &key), CKR_OK);
}

static void hidden_secret_keys_are_not_there(void **state)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG len = 16;
	CK_ATTRIBUTE template[] = {{CKA_TOKEN, &yes, 1}, {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_MECHANISM aes = {CKM_AES_KEY_GEN, NULL, 0};
	CK_OBJECT_HANDLE key;

	(void)state;
	begin_with("");
	assert_int_equal(C_GenerateKey(session, &aes, template, 2, &key), CKR_OK);
	begin_with("hide_keys = aes\n");
	assert_int_equal(count(CKO_SECRET_KEY), 0);
	begin_with("hide_keys = hmac\n");
	assert_int_equal(count(CKO_SECRET_KEY), 1);
}

static CK_BBOOL always_authenticate(void)
{
	CK_BBOOL value = CK_FALSE;
	CK_ATTRIBUTE attribute = {CKA_ALWAYS_AUTHENTICATE, &value, 1};
	CK_OBJECT_HANDLE key;
	CK_ULONG n;

	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ALWAYS, &n, &key), CKR_OK);
	assert_int_equal(C_GetAttributeValue(session, key, &attribute, 1), CKR_OK);
	return value;
}

static void a_login_counts_for_one_use_unless_the_pin_is_to_be_reused(void **state)
{
	unsigned commands = 0;

	(void)state;
	begin_with("");
	assert_int_equal(always_authenticate(), CK_TRUE);
	assert_int_equal(p11_sign_by(session, P11_KEY_ALWAYS), CKR_OK);
	assert_int_equal(p11_sign_by(session, P11_KEY_ALWAYS), CKR_USER_NOT_LOGGED_IN);
	begin_with("pin_reuse = on\n");
	assert_int_equal(always_authenticate(), CK_FALSE);
	for (int i = 0; i < 3; i++) {
		commands = transport_card_commands();
		assert_int_equal(p11_sign_by(session, P11_KEY_ALWAYS), CKR_OK);
	}
	/* SELECT, the PIN, the signature: nothing was tried before. */
	assert_int_equal(transport_card_commands() - commands, 3);
	assert_int_equal(C_Logout(session), CKR_OK);
	assert_int_equal(p11_sign_by(session, P11_KEY_ALWAYS), CKR_KEY_HANDLE_INVALID);
}

static void a_denied_reader_is_no_slot(void **state)
{
	CK_ULONG n = 7;

	(void)state;
	put("conf", "reader_deny = Card c*\n", 0600);
	assert_int_equal(setenv("COUNTERSIGN_PKCS11_CONF", path_of("conf"), 1), 0);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_FALSE, NULL, &n), CKR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_SLOT_ID_INVALID);
}

static void a_trace_is_written_where_the_file_says(void **state)
{
	char text[512];
	struct stat st;

	(void)state;
	assert_int_equal(unsetenv("COUNTERSIGN_TRACE"), 0);
	(void)snprintf(text, sizeof(text), "trace = %s/trace\n", directory);
	begin_with(text);
	assert_int_equal(stat(path_of("trace"), &st), 0);
	assert_true(st.st_size > 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void the_transport_is_the_file_s_where_the_environment_names_none(void **state)
{
	CK_ULONG n = 0;
	CK_SLOT_INFO info;

	(void)state;
	assert_int_equal(unsetenv("COUNTERSIGN_TRANSPORT"), 0);
	put("conf", "transport = socket:/nonexistent/countersign\n", 0600);
	assert_int_equal(setenv("COUNTERSIGN_PKCS11_CONF", path_of("conf"), 1), 0);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_FALSE, NULL, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(C_GetSlotInfo(0, &info), CKR_OK);
	assert_int_equal(info.flags & CKF_TOKEN_PRESENT, 0);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

static int token_setup(void **state)
{
	(void)state;
	(void)setenv("COUNTERSIGN_PKCS11_CONF", "", 1);
	return p11_token_make(&transport_card, &session) ? 0 : -1;
}

static int token_teardown(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

static int directory_make(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	(void)snprintf(directory, sizeof(directory), "%s/p11-settings.XXXXXX", base == NULL ? "/tmp" : base);
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int directory_remove(void **state)
{
	static const char *const files[] = {"open",
					    "fifo",
					    "long",
					    "named",
					    "conf",
					    "trace",
					    "countersign/countersign-pkcs11.conf",
					    ".config/countersign/countersign-pkcs11.conf"};
	static const char *const folders[] = {"countersign", ".config/countersign", ".config", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(path_of(files[i]));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		(void)rmdir(path_of(folders[i]));
	return 0;
}

#define WITH_TOKEN(name) cmocka_unit_test_setup_teardown(name, token_setup, token_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_option_is_read),
	    cmocka_unit_test(a_wrong_line_is_told_with_its_place_and_what_is_allowed),
	    cmocka_unit_test(the_rest_of_a_file_with_a_wrong_line_counts),
	    cmocka_unit_test(a_file_full_of_nonsense_is_told_in_a_few_lines),
	    cmocka_unit_test(patterns_decide_which_readers_are_slots),
	    cmocka_unit_test(no_pattern_takes_long),
	    cmocka_unit_test(a_file_that_is_none_is_told_and_left_alone),
	    cmocka_unit_test(the_user_s_settings_take_the_place_of_the_system_s),
	    cmocka_unit_test(the_environment_says_where_the_files_are),
	    cmocka_unit_test(the_example_file_tells_each_option_with_its_default),
	    cmocka_unit_test(the_transport_is_the_file_s_where_the_environment_names_none),
	    WITH_TOKEN(hidden_keys_are_not_there),
	    WITH_TOKEN(hidden_secret_keys_are_not_there),
	    WITH_TOKEN(hidden_keys_make_no_claim),
	    WITH_TOKEN(a_login_counts_for_one_use_unless_the_pin_is_to_be_reused),
	    WITH_TOKEN(a_denied_reader_is_no_slot),
	    WITH_TOKEN(a_trace_is_written_where_the_file_says),
	};

	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
