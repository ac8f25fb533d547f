/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Token files that are text: tables, URIs, and what Google Authenticator exports.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/encoding.h"
#include "tests/unit/import_world.h"

#define BASE32 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define HEX    "3132333435363738393031323334353637383930"
#define BASE64 "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA="

/* ---- csv ---- */

static void a_table_says_what_its_columns_are(void **state)
{
	struct imported in = import_of(
	    import_csv,
	    CS_VIEW_TEXT("serial,user,label,type,secret,algorithm,digits,period,counter,starts,expires\n"
			 "A1,anna,first,hotp," BASE32 ",SHA256,8,,17,,2030-12-31T23:59:59Z\n"
			 "A2,,,TOTP," BASE32 ",sha-512,7,60,59000000,2026-01-01,\n"));

	(void)state;
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 2);
	assert_string_equal(in.rows[0].serial, "A1");
	assert_string_equal(in.rows[0].user, "anna");
	assert_string_equal(in.rows[0].label, "first");
	assert_int_equal(in.rows[0].type, IMPORT_HOTP);
	assert_int_equal(in.rows[0].hash, CS_SHA256);
	assert_int_equal(in.rows[0].digits, 8);
	assert_int_equal(in.rows[0].counter, 17);
	assert_int_equal(in.rows[0].expires, 1924991999);
	assert_int_equal(in.rows[0].line, 2);
	seed_is(&in.rows[0], SEED_TEXT);
	assert_int_equal(in.rows[1].type, IMPORT_TOTP);
	assert_int_equal(in.rows[1].hash, CS_SHA512);
	assert_int_equal(in.rows[1].period, 60);
	assert_int_equal(in.rows[1].counter, 59000000);
	assert_int_equal(in.rows[1].starts, 1767225600);
	assert_int_equal(in.rows[1].expires, 0);
	assert_string_equal(in.rows[1].user, "");
}

static void a_seed_may_be_hexadecimal_or_base64(void **state)
{
	struct imported in = import_of(import_csv, CS_VIEW_TEXT("secret,secret_hex,secret_base64\n" BASE32
								",,\n," HEX ",\n,," BASE64 "\n"));

	(void)state;
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 3);
	for (size_t i = 0; i < 3; i++)
		seed_is(&in.rows[i], SEED_TEXT);
	refused_at(import_csv, CS_VIEW_TEXT("secret,secret_hex\n" BASE32 "," HEX "\n"), 2, "only secret");
}

static void fields_in_quotes_have_commas_quotes_and_ends_of_lines(void **state)
{
	struct imported in =
	    import_of(import_csv, CS_VIEW_TEXT("\xEF\xBB\xBF\"secret\",\"label\"\r\n" BASE32
					       ",\"a \"\"b\"\", c\"\r\n\r\n# a remark\r\n" BASE32 ","));

	(void)state;
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 2);
	assert_string_equal(in.rows[0].label, "a \"b\", c");
	assert_int_equal(in.rows[1].line, 5);
	refused_at(import_csv, CS_VIEW_TEXT("secret,label\n" BASE32 ",\"a\nb\"\n"), 2, "label");
	refused_at(import_csv, CS_VIEW_TEXT("secret,label\n" BASE32 ",\"a\n"), 2, "quote");
	refused_at(import_csv, CS_VIEW_TEXT("secret,label\n" BASE32 ",a\"b\"\n"), 2, "quote");
	refused_at(import_csv, CS_VIEW_TEXT("secret,label\n" BASE32 ",\"a\"b\n"), 2, "quote");
}

static void a_table_is_refused_with_its_line_and_column(void **state)
{
	(void)state;
	refused_at(import_csv, CS_VIEW_TEXT(""), 0, "nothing");
	refused_at(import_csv, CS_VIEW_TEXT("\n#\n"), 0, "nothing");
	refused_at(import_csv, CS_VIEW_TEXT("secret,colour\n"), 1, "column 2");
	refused_at(import_csv, CS_VIEW_TEXT("secret,Secret\n"), 1, "twice");
	refused_at(import_csv, CS_VIEW_TEXT("serial,type\n"), 1, "no column secret");
	refused_at(import_csv, CS_VIEW_TEXT("secret,type\n" BASE32 "\n"), 2, "has 1 fields");
	refused_at(import_csv, CS_VIEW_TEXT("secret,type\n" BASE32 ",yubico\n"), 2, "column type");
	refused_at(import_csv, CS_VIEW_TEXT("secret,digits\n" BASE32 ",5\n"), 2, "digits");
	refused_at(import_csv, CS_VIEW_TEXT("secret,digits\n" BASE32 ",six\n"), 2, "digits");
	refused_at(import_csv, CS_VIEW_TEXT("secret,period\n" BASE32 ",301\n"), 2, "period");
	refused_at(import_csv, CS_VIEW_TEXT("secret,counter\n" BASE32 ",-1\n"), 2, "counter");
	refused_at(import_csv, CS_VIEW_TEXT("secret,counter\n" BASE32 ",9223372036854775807\n"), 2,
		   "counter");
	refused_at(import_csv, CS_VIEW_TEXT("secret,algorithm\n" BASE32 ",MD5\n"), 2, "algorithm");
	refused_at(import_csv, CS_VIEW_TEXT("secret,expires\n" BASE32 ",2030-02-30\n"), 2, "expires");
	refused_at(import_csv, CS_VIEW_TEXT("secret,user\n" BASE32 ",an\0na\n"), 2, "user");
	refused_at(import_csv, CS_VIEW_TEXT("secret,user\n" BASE32 ",an\xC3\n"), 2, "user");
	refused_at(import_csv, CS_VIEW_TEXT("secret,type\n" BASE32 ",ocra\n"), 2, "OCRA suite");
	refused_at(import_csv, CS_VIEW_TEXT("secret\nGEZDGNBVGY3TQOJQ\n"), 2, "10 bytes");
	refused_at(import_csv, CS_VIEW_TEXT("secret\nGEZDGNBVGY3TQOJ1\n"), 2, "column secret");
	refused_at(import_csv, CS_VIEW_TEXT("type\n"), 1, "no column secret");
}

static void no_seed_is_ever_in_a_fault(void **state)
{
	struct imported in = import_of(import_csv, CS_VIEW_TEXT("secret\nGEZDGNBVGY3TQOJQ!\n"));

	(void)state;
	assert_int_equal(in.err, CS_ERR_MALFORMED);
	assert_null(strstr(in.fault.what, "GEZDG"));
}

/* ---- oath-csv ---- */

static void the_table_of_linotp_and_privacyidea_is_known_by_its_places(void **state)
{
	struct imported in = import_of(
	    import_oath_csv,
	    CS_VIEW_TEXT("# serial, seed, type, digits, step\n"
			 "F1, " HEX "\n"
			 "F2, " HEX ", hotp, 8, 5\n"
			 "F3, " HEX ", totp, 6, 60\n"
			 "F4, 3132333435363738393031323334353637383930313233343536373839303132, TOTP\n"
			 "F5, " HEX ", ocra, , OCRA-1:HOTP-SHA256-8:QN08\n"));

	(void)state;
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 5);
	assert_string_equal(in.rows[0].serial, "F1");
	assert_int_equal(in.rows[0].type, IMPORT_HOTP);
	seed_is(&in.rows[0], SEED_TEXT);
	assert_int_equal(in.rows[1].digits, 8);
	assert_int_equal(in.rows[1].counter, 5);
	assert_int_equal(in.rows[2].period, 60);
	assert_int_equal(in.rows[3].hash, CS_SHA256);
	assert_int_equal(in.rows[3].period, 30);
	assert_int_equal(in.rows[4].type, IMPORT_OCRA);
	assert_int_equal(in.rows[4].hash, CS_SHA256);
	assert_string_equal(in.rows[4].suite, "OCRA-1:HOTP-SHA256-8:QN08");
	refused_at(import_oath_csv, CS_VIEW_TEXT("F1\n"), 1, "at least");
	refused_at(import_oath_csv, CS_VIEW_TEXT("F1," HEX "0\n"), 1, "hexadecimal");
	refused_at(import_oath_csv, CS_VIEW_TEXT("," HEX "\n"), 1, "serial");
	refused_at(import_oath_csv, CS_VIEW_TEXT("F1," HEX ",motp\n"), 1, "hotp, totp or ocra");
	refused_at(import_oath_csv, CS_VIEW_TEXT("F1," HEX ",hotp,6,0,more\n"), 1, "field 6");
	refused_at(import_oath_csv, CS_VIEW_TEXT("F1," HEX ",ocra,6,OCRA-2:X\n"), 1, "suite");
}

/* ---- otpauth ---- */

static void uris_stand_one_a_line(void **state)
{
	struct imported in =
	    import_of(import_otpauth,
		      CS_VIEW_TEXT("otpauth://totp/ACME:anna%40example.org?secret=" BASE32
				   "&issuer=ACME&digits=8&period=60\r\n"
				   "\r\n# printed on Monday\r\n"
				   "otpauth://hotp/bob?secret=" BASE32 "&counter=7&algorithm=SHA256\r\n"));

	(void)state;
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 2);
	assert_string_equal(in.rows[0].user, "anna@example.org");
	assert_string_equal(in.rows[0].label, "ACME");
	assert_int_equal(in.rows[0].type, IMPORT_TOTP);
	assert_int_equal(in.rows[0].digits, 8);
	assert_int_equal(in.rows[0].period, 60);
	seed_is(&in.rows[0], SEED_TEXT);
	assert_string_equal(in.rows[1].user, "bob");
	assert_int_equal(in.rows[1].type, IMPORT_HOTP);
	assert_int_equal(in.rows[1].counter, 7);
	assert_int_equal(in.rows[1].hash, CS_SHA256);
	assert_int_equal(in.rows[1].line, 4);
	refused_at(import_otpauth, CS_VIEW_TEXT("https://example.org/\n"), 1, "beginning");
	refused_at(import_otpauth, CS_VIEW_TEXT("otpauth://totp/anna\n"), 1, "secret, which is missing");
	refused_at(import_otpauth, CS_VIEW_TEXT("\notpauth://totp/anna?secret=" BASE32 "&digits=9\n"), 2,
		   "digits");
	refused_at(import_otpauth, CS_VIEW_TEXT("otpauth://totp/anna?secret=" BASE32 "&period=5\n"), 1,
		   "period");
	refused_at(import_otpauth, CS_VIEW_TEXT("otpauth://totp/an\0na?secret=" BASE32 "\n"), 1, "no URI");
	refused_at(import_otpauth, CS_VIEW_TEXT("otpauth://totp/anna?secret=JBSWY3DPEHPK3PXP\n"), 1,
		   "10 bytes");
}

/* ---- Google Authenticator ---- */

/* Bytes of a payload as the line that its QR code shows. */
static struct cs_view migration_line(struct cs_view payload, char out[1024])
{
	char base64[CS_BASE64_SIZE(512)];
	int len;

	cs_base64_encode(payload, base64);
	len = snprintf(out, 1024, "otpauth-migration://offline?data=%s\n", base64);
	for (int i = 0; i < len; i++) /* the characters that a URI's query escapes */
		if (strchr("+/=", out[i]) != NULL && i > 33) {
			memmove(out + i + 3, out + i + 1, (size_t)(len - i));
			memcpy(out + i, out[i] == '+' ? "%2B" : out[i] == '/' ? "%2F" : "%3D", 3);
			len += 2;
		}
	return cs_view(out, (size_t)len);
}

#define ACCOUNT_HOTP                                                                                         \
	"\x0A\x24"                                                                                           \
	"\x0A\x14" SEED_TEXT "\x12\x03"                                                                      \
	"bob"                                                                                                \
	"\x20\x01\x28\x01\x30\x01\x38\xAC\x02" /* SHA-1, six digits, HOTP, counter 300 */
#define BATCH(size, index, id) "\x10\x01\x18" size "\x20" index "\x28" id

static void accounts_come_out_of_a_migration_code(void **state)
{
	char line[1024];
	struct imported in =
	    import_of(import_migration,
		      migration_line(
			  CS_VIEW_TEXT("\x0A\x2D"
				       "\x0A\x14" SEED_TEXT "\x12\x09"
				       "ACME:anna"
				       "\x1A\x04"
				       "ACME"
				       "\x20\x02\x28\x02\x30\x02" ACCOUNT_HOTP BATCH("\x01", "\x00", "\x05")),
			  line));

	(void)state;
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 2);
	assert_string_equal(in.rows[0].user, "anna");
	assert_string_equal(in.rows[0].label, "ACME");
	assert_int_equal(in.rows[0].hash, CS_SHA256);
	assert_int_equal(in.rows[0].digits, 8);
	assert_int_equal(in.rows[0].type, IMPORT_TOTP);
	seed_is(&in.rows[0], SEED_TEXT);
	assert_string_equal(in.rows[1].user, "bob");
	assert_int_equal(in.rows[1].type, IMPORT_HOTP);
	assert_int_equal(in.rows[1].counter, 300);
	assert_int_equal(in.rows[1].digits, 6);
}

static void a_batch_wants_all_its_codes(void **state)
{
	static const struct cs_view first = {(const uint8_t *)ACCOUNT_HOTP BATCH("\x02", "\x00", "\x05"),
					     sizeof(ACCOUNT_HOTP BATCH("\x02", "\x00", "\x05")) - 1},
				    second = {(const uint8_t *)ACCOUNT_HOTP BATCH("\x02", "\x01", "\x05"),
					      sizeof(ACCOUNT_HOTP BATCH("\x02", "\x01", "\x05")) - 1};
	char one[1024], two[1024], both[2048];
	struct cs_view a = migration_line(first, one), b = migration_line(second, two);
	int len = snprintf(both, sizeof both, "%.*s%.*s", (int)b.len, (const char *)b.ptr, (int)a.len,
			   (const char *)a.ptr);

	(void)state;
	struct imported in = import_of(import_migration, cs_view(both, (size_t)len));
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 2);
	refused_at(import_migration, a, 1, "code 2 is not there");
	refused_at(import_migration, b, 1, "code 1 is not there");
	len = snprintf(both, sizeof both, "%.*s%.*s", (int)a.len, (const char *)a.ptr, (int)a.len,
		       (const char *)a.ptr);
	refused_at(import_migration, cs_view(both, (size_t)len), 2, "twice");
}

static void what_is_no_migration_code_is_refused(void **state)
{
	static const struct {
		struct cs_view payload;
		const char *phrase;
	} rows[] = {
#define ROW(bytes, phrase) {{(const uint8_t *)(bytes), sizeof(bytes) - 1}, phrase}
	    ROW("\x0A\x7F", "cut off"),
	    ROW("\x0A\x04\x0A\x14\x31\x32", "cut off"),
	    ROW("\x0A\x02\x08\x01", "another kind"),
	    ROW("\x0A\x02\x20\x04", "algorithm"),
	    ROW("\x0A\x02\x28\x03", "digits"),
	    ROW("\x0A\x02\x30\x00", "type"),
	    ROW("\x0A\x0B\x38\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", "counter"),
	    ROW("\x0A\x0B\x38\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", "cut off"),
	    ROW("\x0A\x02\x30\x02", "0 bytes"),
	    ROW("\x1D\x01\x02\x03\x04", "no Protocol Buffers"),
	    ROW("\x1A\x01\x31", "another kind"),
	    ROW(ACCOUNT_HOTP BATCH("\x00", "\x00", "\x05"), "none"),
	    ROW(ACCOUNT_HOTP BATCH("\x02", "\x02", "\x05"), "none"),
	    ROW(ACCOUNT_HOTP BATCH("\x7F", "\x02", "\x05"), "none"),
#undef ROW
	};
	char line[1024];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		refused_at(import_migration, migration_line(rows[i].payload, line), 1, rows[i].phrase);
	refused_at(import_migration, CS_VIEW_TEXT("otpauth://totp/anna?secret=" BASE32), 1, "does not begin");
	refused_at(import_migration, CS_VIEW_TEXT("otpauth-migration://offline?data=%4"), 1, "base64");
	refused_at(import_migration, CS_VIEW_TEXT("otpauth-migration://offline?data=Zg"), 1, "base64");
}

/* ---- all of them ---- */

static void times_are_read_as_xml_schema_writes_them(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds; /* 0: none */
	} rows[] = {
	    {"1970-01-01T00:00:01Z", 1},
	    {"2030-12-31T23:59:59Z", 1924991999},
	    {"2030-12-31T23:59:59.987Z", 1924991999},
	    {"2030-12-31T23:59:59", 1924991999},
	    {"2031-01-01T01:59:59+02:00", 1924991999},
	    {"2030-12-31T18:29:59-05:30", 1924991999},
	    {"2028-02-29", 1835395200},
	    {"2027-02-29", 0},
	    {"1970-01-01T00:00:00Z", 0},
	    {"1969-12-31", 0},
	    {"2030-13-01", 0},
	    {"2030-12-31T24:00:00Z", 0},
	    {"2030-12-31T23:59:59+25:00", 0},
	    {"2030-12-31T23:59:59Zulu", 0},
	    {"2030-12-31 23:59:59", 0},
	    {"30-12-31", 0},
	    {"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t seconds = 0;
		bool good = import_time(cs_view_string(rows[i].text), &seconds);
		if (good != (rows[i].seconds != 0) || seconds != rows[i].seconds)
			fail_msg("%s is %llu", rows[i].text, (unsigned long long)seconds);
	}
}

static void what_is_no_utf_8_is_no_text(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
	    {"", true},
	    {"plain", true},
	    {"\xC3\xA4", true},
	    {"\xE2\x82\xAC", true},
	    {"\xF0\x9F\x94\x91", true},
	    {"\x80", false},
	    {"\xC0\x80", false},
	    {"\xC3", false},
	    {"\xE0\x80\x80", false},
	    {"\xED\xA0\x80", false},
	    {"\xF4\x90\x80\x80", false},
	    {"\xFF", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (import_utf8(cs_view_string(rows[i].text)) != rows[i].good)
			fail_msg("row %zu", i);
}

static void a_format_is_found_by_its_name(void **state)
{
	size_t count;
	const struct import_format *all = import_formats(&count);

	(void)state;
	assert_true(count >= 5);
	for (size_t i = 0; i < count; i++)
		assert_ptr_equal(import_format(all[i].name), &all[i]);
	assert_null(import_format("xlsx"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_table_says_what_its_columns_are),
	    cmocka_unit_test(a_seed_may_be_hexadecimal_or_base64),
	    cmocka_unit_test(fields_in_quotes_have_commas_quotes_and_ends_of_lines),
	    cmocka_unit_test(a_table_is_refused_with_its_line_and_column),
	    cmocka_unit_test(no_seed_is_ever_in_a_fault),
	    cmocka_unit_test(the_table_of_linotp_and_privacyidea_is_known_by_its_places),
	    cmocka_unit_test(uris_stand_one_a_line),
	    cmocka_unit_test(accounts_come_out_of_a_migration_code),
	    cmocka_unit_test(a_batch_wants_all_its_codes),
	    cmocka_unit_test(what_is_no_migration_code_is_refused),
	    cmocka_unit_test(times_are_read_as_xml_schema_writes_them),
	    cmocka_unit_test(what_is_no_utf_8_is_no_text),
	    cmocka_unit_test(a_format_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
