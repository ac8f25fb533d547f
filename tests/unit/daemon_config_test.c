/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The configuration file: what is not exactly right is told with its line.
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

#include "daemon/config_key.h"
#include "daemon/file.h"
#include "daemon/name.h"

static char error[CONFIG_ERROR_MAX];
static struct config config;

static enum cs_err parse(const char *text)
{
	memset(&config, 0, sizeof(config));
	error[0] = '\0';
	return config_parse(cs_view_string(text), "FILE", &config, error);
}

static void an_empty_file_is_all_defaults(void **state)
{
	static struct config defaults;

	(void)state;
	config_defaults(&defaults);
	assert_int_equal(parse("# nothing\n\n   \n"), CS_OK);
	assert_memory_equal(&config, &defaults, sizeof(config));
	assert_string_equal(config.listen_host, "127.0.0.1");
	assert_int_equal(config.listen_port, 8443);
	assert_int_equal(config.tries, 5);
	assert_int_equal(config.hotp_window, 10);
	assert_int_equal(config.resync_window, 1000);
	assert_int_equal(config.address_lock, 24 * 3600);
	assert_int_equal(config.audit_decision_days, 180);
	assert_int_equal(config.audit_administration_days, 180);
	assert_int_equal(config.audit_security_days, 180);
}

/* What the manual says of a key, which may be one of some in a row: up to the next item. */
static struct cs_view manual_item(const char *manual, const char *key)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "\n.It Cm %s\n", key);
	const char *at = strstr(manual, line);
	if (!at)
		return cs_view(NULL, 0);
	at += strlen(line);
	while (strncmp(at, ".It", 3) == 0)
		at = strchr(at, '\n') + 1;
	const char *next = strstr(at, "\n.It"), *end = strstr(at, "\n.El");
	assert_non_null(end);
	return cs_view(at, (size_t)((next && next < end ? next : end) - at));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool item_has(struct cs_view item, uint32_t number)
{
	char digits[12];
	const size_t len = (size_t)snprintf(digits, sizeof(digits), "%u", (unsigned)number);
	const char *text = (const char *)item.ptr;

	for (size_t i = 1; i + len <= item.len; i++)
		if (memcmp(text + i, digits, len) == 0 && !is_digit(text[i - 1]) &&
		    (i + len == item.len || !is_digit(text[i + len])))
			return true;
	return false;
}

static void the_manual_has_the_default_of_each_number(void **state)
{
	static char manual[1 << 17];
	const char *top = getenv("top_srcdir");
	char path[512];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/docs/man/countersignd.conf.5", top ? top : ".");
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	const size_t len = fread(manual, 1, sizeof(manual) - 1, file);
	assert_int_equal(fclose(file), 0);
	assert_true(len > 0 && len < sizeof(manual) - 1);
	for (size_t i = 0; i < config_key_count; i++)
		if (config_keys[i].type == CONFIG_NUMBER &&
		    !item_has(manual_item(manual, config_keys[i].name), config_keys[i].fallback))
			fail_msg("%s: the manual does not say %u", config_keys[i].name,
				 (unsigned)config_keys[i].fallback);
}

static void paths_follow_the_state_directory_unless_they_are_given(void **state)
{
	(void)state;
	assert_int_equal(parse("sealing_key = /etc/secret/key\nstate_directory=/srv/cs\n"), CS_OK);
	assert_string_equal(config.database, "/srv/cs/countersign.db");
	assert_string_equal(config.sealing_key, "/etc/secret/key");
	assert_string_equal(config.tls_key, "/srv/cs/tls.key");
}

static void a_key_may_be_a_credential_of_systemd_s(void **state)
{
	(void)state;
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1), 0);
	assert_int_equal(parse("tls_key = credential:tls.key\n"), CS_OK);
	assert_string_equal(config.tls_key, "/run/credentials/x/tls.key");
	assert_int_equal(parse("tls_key = credential:../tls.key\n"), CS_ERR_MALFORMED);
	assert_int_equal(parse("tls_key = credential:\n"), CS_ERR_MALFORMED);
	assert_int_equal(parse("socket = credential:socket\n"), CS_ERR_MALFORMED);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(parse("tls_key = credential:tls.key\n"), CS_ERR_MALFORMED);
	assert_non_null(strstr(error, "FILE:1: `tls_key` must be the name of a credential"));
}

/* systemd 257 leaves it root's, with an access list, which shows as a right of the group to read. */
static void a_credential_of_systemd_s_is_read_with_the_mask_of_its_access_list(void **state)
{
	char directory[] = "/tmp/config.XXXXXX", path[64], other[160], text[16];
	struct cs_writer out = CS_WRITER_OF(text);

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/sealing.key", directory);
	(void)snprintf(other, sizeof(other), "%s/..%s", directory, path + 4);
	assert_int_equal(file_create(path, 0440, cs_view_string("key")), CS_OK);
	assert_int_equal(file_read_private(path, &out), CS_ERR_DENIED);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
	if (geteuid() == 0) { /* a file of anybody else is none that systemd has left as it was */
		assert_int_equal(file_read_private(path, &out), CS_OK);
		assert_true(cs_view_equal(cs_writer_view(&out), cs_view_string("key")));
		assert_int_equal(chown(path, 0, 1), 0);
		assert_int_equal(file_read_private(path, &out), CS_ERR_DENIED);
		assert_int_equal(chown(path, 1, 0), 0);
	}
	assert_int_equal(file_read_private(path, &out), CS_ERR_DENIED);
	assert_int_equal(chown(path, geteuid(), getegid()), 0);
	assert_int_equal(file_read_private(other, &out), CS_ERR_DENIED);
	assert_int_equal(chmod(path, 0460), 0);
	assert_int_equal(file_read_private(path, &out), CS_ERR_DENIED);
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(file_read_private(path, &out), CS_ERR_DENIED);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void addresses_of_both_families_are_taken_apart(void **state)
{
	(void)state;
	assert_int_equal(parse("listen = [::1]:9443\nmetrics = 10.0.0.1:0"), CS_OK);
	assert_string_equal(config.listen_host, "::1");
	assert_int_equal(config.listen_port, 9443);
	assert_string_equal(config.metrics_host, "10.0.0.1");
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
	    {"listne = 127.0.0.1:1\n", "FILE:1: unknown key `listne`"},
	    {"\n\nhotp_window = 10\nhotp_window = 10\n", "FILE:4: key `hotp_window` is given a second time"},
	    {"# x\ntries = 0\n", "FILE:2: `tries` must be a number from 1 to 1000"},
	    {"tries = 1001", "a number from 1 to 1000"},
	    {"tries = 99999999999999999999999", "a number from 1 to 1000"},
	    {"tries = 5 # five", "a number"},
	    {"tries = -1", "a number"},
	    {"tries =", "a number"},
	    {"tries", "expected `key = value`"},
	    {"database = relative.db", "FILE:1: `database` must be an absolute path"},
	    {"log_level = loud", "FILE:1: `log_level` must be error, warning, notice or info"},
	    {"listen = localhost:8443", "numeric address"},
	    {"listen = ::1:8443", "numeric address"},
	    {"listen = 127.0.0.1", "numeric address"},
	    {"listen = 127.0.0.1:65536", "numeric address"},
	    {"listen = [::1]8443", "numeric address"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(parse(wrong[i].text), CS_ERR_MALFORMED);
		assert_non_null(strstr(error, wrong[i].says));
	}
}

static void a_nul_or_an_endless_line_is_refused(void **state)
{
	static char text[10000];

	(void)state;
	assert_int_equal(config_parse(cs_view("user = a\0b\n", 11), "FILE", &config, error),
			 CS_ERR_MALFORMED);
	memset(text, 'x', sizeof(text));
	assert_int_equal(config_parse(CS_VIEW_OF(text), "FILE", &config, error), CS_ERR_MALFORMED);
}

static void a_file_that_is_not_there_is_said_so(void **state)
{
	(void)state;
	assert_int_equal(config_load("/nonexistent/countersignd.conf", &config, error), CS_ERR_NOT_FOUND);
	assert_non_null(strstr(error, "/nonexistent/countersignd.conf"));
}

/* ---- names ---- */

static void a_name_has_one_form_however_it_is_typed(void **state)
{
	static const struct {
		const char *typed, *canonical;
	} names[] = {{"alice", "alice"},
		     {"  ALICE ", "alice"},
		     {"Al Ice", "al ice"},
		     {"J\xC3\xBCrgen", "j\xC3\xBCrgen"},
		     {"\xF0\x9F\x94\x91", "\xF0\x9F\x94\x91"},
		     {"O'Neil@EXAMPLE.org", "o'neil@example.org"}};
	char out[NAME_MAX_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(name_canonical(cs_view_string(names[i].typed), NAME_MAX_LEN, out), CS_OK);
		assert_string_equal(out, names[i].canonical);
	}
}

static void what_is_not_utf_8_or_does_not_show_is_no_name(void **state)
{
	static const char *const wrong[] = {
	    "a\xC0\x80",
	    "\xC1\xA1",
	    "\xE0\x80\xA1",
	    "\xED\xA0\x80",
	    "\xF4\x90\x80\x80",
	    "\xF8\x88\x80\x80\x80",
	    "a\x80",
	    "a\xC3",
	    "a\xE2\x82",
	    "a\nb",
	    "a\x7F",
	    "a\xC2\x85",
	    "a\xE2\x80\x8B"
	    "b",
	    "a\xE2\x80\xAE"
	    "b",
	    "\xEF\xBB\xBF"
	    "a",
	    "a\xC2\xAD"
	    "b",
	};
	char out[NAME_MAX_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(name_canonical(cs_view_string(wrong[i]), NAME_MAX_LEN, out),
				 CS_ERR_MALFORMED);
	assert_int_equal(name_canonical(cs_view("a\0b", 3), NAME_MAX_LEN, out), CS_ERR_MALFORMED);
	assert_int_equal(name_canonical(cs_view_string("   "), NAME_MAX_LEN, out), CS_ERR_LENGTH);
	assert_int_equal(name_canonical(cs_view_string("abcd"), 3, out), CS_ERR_LENGTH);
	assert_int_equal(name_canonical(cs_view_string(" abc "), 3, out), CS_OK);
}

static char changes[256];

static void note_change(void *ctx, const char *key, bool restart)
{
	(void)ctx;
	(void)snprintf(changes + strlen(changes), sizeof(changes) - strlen(changes), "%s%s ", key,
		       restart ? "!" : "");
}

static void what_differs_is_told_and_what_needs_a_restart_stays(void **state)
{
	static struct config running;

	(void)state;
	assert_int_equal(parse("listen = 127.0.0.1:1\ntries = 4\nissuer = long-issuer\n"), CS_OK);
	running = config;
	changes[0] = '\0';
	config_settle(&running, &config, note_change, NULL);
	assert_string_equal(changes, "");
	assert_int_equal(
	    parse("listen = 127.0.0.1:2\ntries = 3\nissuer = b\ndatabase = /x\nlog_level = error\n"
		  "dual_control = no\n"),
	    CS_OK);
	config_settle(&running, &config, note_change, NULL);
	assert_string_equal(changes, "database! log_level listen! tries issuer dual_control ");
	assert_int_equal(config.listen_port, 1);
	assert_string_equal(config.database, running.database);
	assert_int_equal(config.tries, 3);
	assert_int_equal(config.log_level, 3);
	assert_string_equal(config.issuer, "b");
	assert_false(config.dual_control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_file_is_all_defaults),
	    cmocka_unit_test(the_manual_has_the_default_of_each_number),
	    cmocka_unit_test(paths_follow_the_state_directory_unless_they_are_given),
	    cmocka_unit_test(a_key_may_be_a_credential_of_systemd_s),
	    cmocka_unit_test(a_credential_of_systemd_s_is_read_with_the_mask_of_its_access_list),
	    cmocka_unit_test(what_differs_is_told_and_what_needs_a_restart_stays),
	    cmocka_unit_test(addresses_of_both_families_are_taken_apart),
	    cmocka_unit_test(what_is_wrong_is_told_with_its_line),
	    cmocka_unit_test(a_nul_or_an_endless_line_is_refused),
	    cmocka_unit_test(a_file_that_is_not_there_is_said_so),
	    cmocka_unit_test(a_name_has_one_form_however_it_is_typed),
	    cmocka_unit_test(what_is_not_utf_8_or_does_not_show_is_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
