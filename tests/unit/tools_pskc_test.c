/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PSKC, with the figures of RFC 6030: 3 (plain), 6 (pre-shared key) and 7 (passphrase), and what has been
 * done to them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/encoding.h"
#include "tests/unit/import_world.h"
#include "tools/import_pskc_crypto.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define ROOT "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"" XENC ">\n"
#define XENC                                                                                                 \
	" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\""
#define HOTP	      "Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:hotp\""
#define TOTP	      "Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\""
#define PLAIN	      "<Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=\n</PlainValue></Secret>"
#define CBC	      "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#aes128-cbc\"/>"
#define CIPHER(value) "<xenc:CipherData><xenc:CipherValue>\n " value "\n</xenc:CipherValue></xenc:CipherData>"

/* A container with one key: attributes of Key, and its content. */
#define ONE(attributes, content)                                                                             \
	CS_VIEW_TEXT(HEAD ROOT "<KeyPackage><Key Id=\"K1\" " attributes ">\n" content                        \
			       "</Key></KeyPackage></KeyContainer>\n")

static const char figure_3[] =
    HEAD "<KeyContainer Version=\"1.0\" Id=\"exampleID1\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">\n"
	 "<KeyPackage>\n<DeviceInfo><Manufacturer>Manufacturer</Manufacturer>\n"
	 "<SerialNo>987654321</SerialNo>\n<UserId>DC=example-bank,DC=net</UserId></DeviceInfo>\n"
	 "<CryptoModuleInfo><Id>CM_ID_001</Id></CryptoModuleInfo>\n"
	 "<Key Id=\"12345678\" " HOTP ">\n<Issuer>Issuer</Issuer>\n"
	 "<AlgorithmParameters><ResponseFormat Length=\"8\" Encoding=\"DECIMAL\"/></AlgorithmParameters>\n"
	 "<Data>" PLAIN "<Counter><PlainValue>0</PlainValue></Counter></Data>\n"
	 "<UserId>UID=jsmith,DC=example-bank,DC=net</UserId></Key></KeyPackage></KeyContainer>\n";

#define FIGURE_6(mac_key, secret, mac)                                                                       \
	HEAD ROOT                                                                                            \
	    "<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>\n"                       \
	    "<MACMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#hmac-sha1\"><MACKey>" CBC              \
	    CIPHER(mac_key) "</MACKey></MACMethod>\n<KeyPackage><DeviceInfo>\n<Manufacturer>Manufacturer"    \
			    "</Manufacturer>"                                                                \
			    "<SerialNo>987654321</SerialNo></DeviceInfo>\n"                                  \
			    "<Key Id=\"12345678\" " HOTP "><Issuer>Issuer</Issuer>"                          \
			    "<AlgorithmParameters><ResponseFormat Length=\"8\" Encoding=\"DECIMAL\"/>"       \
			    "</AlgorithmParameters><Data><Secret>\n<EncryptedValue>" CBC                     \
			    CIPHER(secret) "</EncryptedValue>" mac                                           \
					   "</Secret><Counter><PlainValue>0</PlainValue></Counter></Data>"   \
					   "</Key></KeyPackage></KeyContainer>\n"
#define MAC_KEY_6 "ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX"
#define SECRET_6  "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv"
#define MAC_6	  "<ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExc=\n</ValueMAC>"

#define KEY_NAME   "<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>"
#define MAC_METHOD "<MACMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#hmac-sha1\"/>"

static const uint8_t key_6[] = {0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56,
				0x78, 0x90, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12};

#define FIGURE_7(iterations, length)                                                                         \
	HEAD                                                                                                 \
	    "<pskc:KeyContainer xmlns:pskc=\"urn:ietf:params:xml:ns:keyprov:pskc\" Version=\"1.0\""          \
	    " xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\""                                             \
	    " xmlns:pkcs5=\"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#\"" XENC ">\n"        \
	    "<pskc:EncryptionKey><xenc11:DerivedKey><xenc11:KeyDerivationMethod Algorithm=\n"                \
	    "\"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2\"><pkcs5:PBKDF2-params>"    \
	    "<Salt><Specified>Ej7/PEpyEpw=</Specified></Salt><IterationCount>" iterations                    \
	    "</IterationCount>"                                                                              \
	    "<KeyLength>" length "</KeyLength><PRF/></pkcs5:PBKDF2-params></xenc11:KeyDerivationMethod>"     \
	    "<xenc11:MasterKeyName>My Password 1</xenc11:MasterKeyName></xenc11:DerivedKey>"                 \
	    "</pskc:EncryptionKey>"                                                                          \
	    "<pskc:MACMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#hmac-sha1\"><pskc:MACKey>" CBC    \
		CIPHER(                                                                                      \
		    "2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx") "</pskc:MACKey></"   \
											"pskc:MACMethod><"   \
											"pskc:KeyPackage><"  \
											"pskc:DeviceInfo>"   \
											"<pskc:"             \
											"Manufacturer>"      \
											"TokenVendorAcme</"  \
											"pskc:Manufacturer>" \
											"<pskc:SerialNo>"    \
											"987654321</"        \
											"pskc:SerialNo>"     \
											"</"                 \
											"pskc:DeviceInfo><"  \
											"pskc:Key " HOTP     \
											" Id=\"123456\"><"   \
											"pskc:Issuer>"       \
											"Example-Issuer</"   \
											"pskc:Issuer>"       \
											"<pskc:"             \
											"AlgorithmParameter" \
											"s><pskc:"           \
											"ResponseFormat "    \
											"Length=\"8\" "      \
											"Encoding="          \
											"\"DECIMAL\"/>"      \
											"</"                 \
											"pskc:"              \
											"AlgorithmParameter" \
											"s><pskc:Data><"     \
											"pskc:Secret><pskc:" \
											"EncryptedValue "    \
											"Id=\"ED\">" CBC     \
											    CIPHER(          \
												"oTvo+"      \
												"S22nsmS2Z/" \
												"RtcoF8Hfh+" \
												"jzMe0Rkiaf" \
												"poDpnoZTjP" \
												"YZu6V+"     \
												"A4aEn032yC" \
												"r4f") "</"  \
												       "psk" \
												       "c:"  \
												       "Enc" \
												       "ryp" \
												       "ted" \
												       "Val" \
												       "ue>" \
												       "<ps" \
												       "kc:" \
												       "Val" \
												       "ueM" \
												       "AC>" \
												       "LP6" \
												       "xMv" \
												       "jty" \
												       "pbf" \
												       "T9P" \
												       "dkJ" \
												       "hBZ" \
												       "+D6" \
												       "O4w" \
												       "=</" \
												       "psk" \
												       "c:"  \
												       "Val" \
												       "ueM" \
												       "AC>" \
												       "</"  \
												       "psk" \
												       "c:"  \
												       "Sec" \
												       "ret" \
												       "></" \
												       "psk" \
												       "c:"  \
												       "Dat" \
												       "a><" \
												       "/ps" \
												       "kc:" \
												       "Key" \
												       "></" \
												       "psk" \
												       "c:"  \
												       "Key" \
												       "Pac" \
												       "kag" \
												       "e><" \
												       "/ps" \
												       "kc:" \
												       "Key" \
												       "Con" \
												       "tai" \
												       "ner" \
												       ">"

static void figure_3_is_plain(void **state)
{
	struct imported in = import_of(import_pskc, cs_view_string(figure_3));

	(void)state;
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 1);
	assert_int_equal(in.rows[0].type, IMPORT_HOTP);
	assert_int_equal(in.rows[0].digits, 8);
	assert_int_equal(in.rows[0].counter, 0);
	assert_string_equal(in.rows[0].serial, "987654321");
	assert_string_equal(in.rows[0].user, "jsmith");
	assert_string_equal(in.rows[0].label, "Issuer");
	seed_is(&in.rows[0], SEED_TEXT);
}

static void figure_6_is_encrypted_under_a_pre_shared_key(void **state)
{
	struct imported in = import_with(import_pskc, CS_VIEW_TEXT(FIGURE_6(MAC_KEY_6, SECRET_6, MAC_6)),
					 CS_VIEW_OF(key_6), CS_VIEW_EMPTY);

	(void)state;
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.rows[0].serial, "987654321");
	seed_is(&in.rows[0], SEED_TEXT);
}

static void figure_7_is_encrypted_under_a_passphrase(void **state)
{
	struct imported in = import_with(import_pskc, CS_VIEW_TEXT(FIGURE_7("1000", "16")), CS_VIEW_EMPTY,
					 CS_VIEW_TEXT("qwerty"));

	(void)state;
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.count, 1);
	assert_string_equal(in.rows[0].label, "Example-Issuer");
	seed_is(&in.rows[0], SEED_TEXT);
}

/* Fails the test unless the file is refused with the phrase, and nothing came out. */
static void refused_with(struct cs_view file, struct cs_view key, struct cs_view passphrase,
			 const char *phrase)
{
	struct imported in = import_with(import_pskc, file, key, passphrase);

	if (in.err == CS_OK || in.count != 0 || strstr(in.fault.what, phrase) == NULL)
		fail_msg("%d, %zu records, \"%s\": \"%s\" was expected", in.err, in.count, in.fault.what,
			 phrase);
}

static void a_changed_value_is_found_by_its_mac_and_never_decrypted(void **state)
{
	static const char changed[] = "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGu";

	(void)state;
	refused_with(
	    CS_VIEW_TEXT(FIGURE_6(MAC_KEY_6,
				  "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGu", MAC_6)),
	    CS_VIEW_OF(key_6), CS_VIEW_EMPTY, "the MAC is not that");
	assert_int_equal(strlen(changed), strlen(SECRET_6));
	refused_with(
	    CS_VIEW_TEXT(FIGURE_6(MAC_KEY_6, SECRET_6, "<ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExg=</ValueMAC>")),
	    CS_VIEW_OF(key_6), CS_VIEW_EMPTY, "the MAC is not that");
	refused_with(
	    CS_VIEW_TEXT(FIGURE_6(MAC_KEY_6, SECRET_6, "<ValueMAC>Su+NvtQfmvfJzF6bmQiJqg==</ValueMAC>")),
	    CS_VIEW_OF(key_6), CS_VIEW_EMPTY, "the MAC is not that");
	refused_with(CS_VIEW_TEXT(FIGURE_6(MAC_KEY_6, SECRET_6, "")), CS_VIEW_OF(key_6), CS_VIEW_EMPTY,
		     "has no MAC");
	refused_with(CS_VIEW_TEXT(FIGURE_6(MAC_KEY_6, SECRET_6, "<ValueMAC></ValueMAC>")), CS_VIEW_OF(key_6),
		     CS_VIEW_EMPTY, "has no MAC");
}

/* Who has no key of the file can still move its elements about. */
static void a_mac_that_anyone_could_make_is_none(void **state)
{
	/* SECRET_6 with a bit changed, and its HMAC-SHA-1 under no key at all. */
	static const char value[] = "AQECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv",
			  mac[] = "WwCJxu23JEBz0PS8K6DMV8bRtxY=";
	struct pskc_keys keys = {.mac = "SHA1", .mac_key_len = 0};
	uint8_t bytes[64], mac_bytes[32];
	struct cs_writer v = CS_WRITER_OF(bytes), m = CS_WRITER_OF(mac_bytes);

	(void)state;
	assert_int_equal(cs_base64_decode(cs_view_string(value), &v), CS_OK);
	assert_int_equal(cs_base64_decode(cs_view_string(mac), &m), CS_OK);
	assert_int_equal(pskc_mac_check(&keys, cs_writer_view(&v), cs_writer_view(&m)), CS_ERR_WRONG);
	refused_with(CS_VIEW_TEXT(HEAD ROOT MAC_METHOD KEY_NAME "<KeyPackage><Key " HOTP
								"><Data><Secret><EncryptedValue>" CBC CIPHER(
								    "AQECAwQFBgcICQoLDA0OD+"
								    "cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUq"
								    "Gv") "</"
									  "EncryptedValue><ValueMAC>"
									  "WwCJxu23JEBz0PS8K6DMV8bRtxY=</"
									  "ValueMAC>"
									  "</Secret></Data></Key></"
									  "KeyPackage></KeyContainer>"),
		     CS_VIEW_OF(key_6), CS_VIEW_EMPTY, "behind what it is the key of");
	refused_with(CS_VIEW_TEXT(HEAD ROOT KEY_NAME MAC_METHOD "<KeyPackage><Key " HOTP "><Data>" PLAIN
								"</Data></Key></KeyPackage></KeyContainer>"),
		     CS_VIEW_OF(key_6), CS_VIEW_EMPTY, "plain in an encrypted file");
}

static void a_wrong_key_is_said_to_be_one(void **state)
{
	uint8_t other[32] = {0x12};

	(void)state;
	refused_with(CS_VIEW_TEXT(FIGURE_6(MAC_KEY_6, SECRET_6, MAC_6)), CS_VIEW_EMPTY,
		     CS_VIEW_TEXT("qwerty"), "none was given");
	refused_with(CS_VIEW_TEXT(FIGURE_6(MAC_KEY_6, SECRET_6, MAC_6)), cs_view(other, 16), CS_VIEW_EMPTY,
		     "another one");
	refused_with(CS_VIEW_TEXT(FIGURE_6(MAC_KEY_6, SECRET_6, MAC_6)), cs_view(other, 32), CS_VIEW_EMPTY,
		     "has 32 bytes");
	refused_with(CS_VIEW_TEXT(FIGURE_7("1000", "16")), CS_VIEW_OF(key_6), CS_VIEW_EMPTY,
		     "none was given");
	refused_with(CS_VIEW_TEXT(FIGURE_7("1000", "16")), CS_VIEW_EMPTY, CS_VIEW_TEXT("qwertz"),
		     "another one");
	refused_with(CS_VIEW_TEXT(FIGURE_7("10000001", "16")), CS_VIEW_EMPTY, CS_VIEW_TEXT("qwerty"),
		     "iterations");
	refused_with(CS_VIEW_TEXT(FIGURE_7("0", "16")), CS_VIEW_EMPTY, CS_VIEW_TEXT("qwerty"), "no key");
	refused_with(CS_VIEW_TEXT(FIGURE_7("1000", "33")), CS_VIEW_EMPTY, CS_VIEW_TEXT("qwerty"), "PBKDF2");
	refused_with(CS_VIEW_TEXT(FIGURE_7("1000", "24")), CS_VIEW_EMPTY, CS_VIEW_TEXT("qwerty"),
		     "has 24 bytes");
}

static void time_steps_algorithms_and_dates_come_along(void **state)
{
	struct imported in = import_of(
	    import_pskc,
	    ONE(TOTP, "<FriendlyName>my token</FriendlyName><AlgorithmParameters><Suite>HMAC-SHA256</Suite>"
		      "<ResponseFormat Length=\"7\" Encoding=\"DECIMAL\"/></AlgorithmParameters>"
		      "<Data>" PLAIN "<Time><PlainValue>0</PlainValue></Time>"
		      "<TimeInterval><PlainValue>60</PlainValue></TimeInterval></Data>"
		      "<Policy><StartDate>2012-08-01T00:00:00Z</StartDate><ExpiryDate>2037-12-31T00:00:00Z"
		      "</ExpiryDate><KeyUsage>OTP</KeyUsage></Policy>"));

	(void)state;
	assert_string_equal(in.fault.what, "");
	assert_int_equal(in.rows[0].type, IMPORT_TOTP);
	assert_int_equal(in.rows[0].hash, CS_SHA256);
	assert_int_equal(in.rows[0].digits, 7);
	assert_int_equal(in.rows[0].period, 60);
	assert_int_equal(in.rows[0].starts, 1343779200);
	assert_int_equal(in.rows[0].expires, 2145830400);
	assert_string_equal(in.rows[0].label, "my token");
	assert_string_equal(in.rows[0].serial, "K1");
	in = import_of(import_pskc,
		       ONE(HOTP, "<Data>" PLAIN "<Counter><PlainValue>42</PlainValue></Counter></Data>"));
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.rows[0].counter, 42);
	in = import_of(import_pskc, ONE("Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:ocra-1\"",
					"<AlgorithmParameters><Suite>OCRA-1:HOTP-SHA1-6:QN08</Suite>"
					"</AlgorithmParameters><Data>" PLAIN "</Data>"));
	assert_int_equal(in.err, CS_OK);
	assert_int_equal(in.rows[0].type, IMPORT_OCRA);
	assert_string_equal(in.rows[0].suite, "OCRA-1:HOTP-SHA1-6:QN08");
}

static void a_key_that_may_not_be_used_here_is_refused(void **state)
{
	(void)state;
#define DATA "<Data>" PLAIN "</Data>"
	refused_at(import_pskc, ONE("Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:pin\"", DATA), 3,
		   "algorithm");
	refused_at(import_pskc, ONE("", DATA), 3, "algorithm");
	refused_at(import_pskc, ONE(HOTP, DATA "<Policy><KeyUsage>Sign</KeyUsage></Policy>"), 3, "KeyUsage");
	refused_at(import_pskc, ONE(HOTP, DATA "<Policy><PINPolicy PINUsageMode=\"Append\"/></Policy>"), 3,
		   "PIN");
	refused_at(import_pskc,
		   ONE(HOTP, DATA "<Policy><NumberOfTransactions>3</NumberOfTransactions></Policy>"), 3,
		   "policy");
	refused_at(import_pskc, ONE(HOTP, DATA "<Policy><ExpiryDate>soon</ExpiryDate></Policy>"), 3,
		   "no time");
	refused_at(import_pskc,
		   ONE(HOTP, "<AlgorithmParameters><ResponseFormat Length=\"8\" Encoding=\"HEXADECIMAL\"/>"
			     "</AlgorithmParameters>" DATA),
		   3, "decimal");
	refused_at(import_pskc,
		   ONE(HOTP, "<AlgorithmParameters><ResponseFormat Length=\"8\" Encoding=\"DECIMAL\""
			     " CheckDigits=\"true\"/></AlgorithmParameters>" DATA),
		   3, "check digit");
	refused_at(import_pskc,
		   ONE(HOTP, "<AlgorithmParameters><Suite>MD5</Suite></AlgorithmParameters>" DATA), 3,
		   "Suite");
	refused_at(import_pskc, ONE(HOTP, ""), 3, "no Secret");
	refused_at(import_pskc, ONE(HOTP, "<Data><Secret/></Data>"), 4, "neither");
	refused_at(import_pskc,
		   ONE(HOTP, "<Data><Secret><PlainValue>MTIzNDU2Nzg5MA==</PlainValue></Secret></Data>"), 3,
		   "10 bytes");
	refused_at(import_pskc,
		   ONE(HOTP, "<Data>" PLAIN "<Counter><PlainValue>-1</PlainValue></Counter></Data>"), 5,
		   "Counter is no number");
	refused_at(import_pskc,
		   ONE(HOTP, "<Data><Secret><EncryptedValue>" CBC CIPHER(SECRET_6) "</EncryptedValue>" MAC_6
										   "</Secret></Data>"),
		   4, "no EncryptionKey");
	refused_at(import_pskc, CS_VIEW_TEXT(HEAD ROOT "<KeyPackage/></KeyContainer>"), 3, "no Key");
}

static void what_is_made_to_harm_is_refused_before_it_is_read(void **state)
{
	(void)state;
	refused_at(
	    import_pskc,
	    CS_VIEW_TEXT("<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]>"
			 "<KeyContainer xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">&lol2;</KeyContainer>"),
	    0, "document type");
	refused_at(import_pskc,
		   CS_VIEW_TEXT("<!DOCTYPE k SYSTEM \"file:///etc/passwd\">"
				"<KeyContainer xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"/>"),
		   0, "document type");
	refused_at(import_pskc, CS_VIEW_TEXT(HEAD "<html/>"), 1, "root");
	refused_at(import_pskc, CS_VIEW_TEXT(HEAD "<KeyContainer/>"), 1, "root");
	refused_at(import_pskc, CS_VIEW_TEXT(""), 0, "nothing");
	refused_at(import_pskc, CS_VIEW_TEXT(HEAD ROOT "<KeyPackage>\n<Key></KeyPackage></KeyContainer>"), 4,
		   "well-formed");
	refused_at(import_pskc,
		   CS_VIEW_TEXT(HEAD ROOT "<KeyPackage>&amp;&unknown;</KeyPackage></KeyContainer>"), 3,
		   "well-formed");
	refused_at(import_pskc, CS_VIEW_TEXT(HEAD ROOT "</KeyContainer>\n\n<more/>"), 5, "well-formed");
	refused_at(import_pskc, CS_VIEW_TEXT(HEAD ROOT "\xFF</KeyContainer>"), 3, "well-formed");
	/* UTF-16 would carry a document type past the search for it. */
	refused_at(import_pskc, CS_VIEW_TEXT("\xFF\xFE<\0?\0x\0m\0l\0 \0?\0>\0"), 1, "well-formed");
}

static void a_deep_tree_ends_the_parse_not_the_program(void **state)
{
	size_t depth = 20000, len = 0, cap = 3 * depth + 1024;
	char *text = malloc(cap);

	(void)state;
	assert_non_null(text);
	len = (size_t)snprintf(text, cap, "%s", HEAD ROOT "<KeyPackage>");
	for (size_t i = 0; i < depth; i++)
		len += (size_t)snprintf(text + len, cap - len, "<a>");
	refused_at(import_pskc, cs_view(text, len), 3, "well-formed");
	free(text);
}

static void behind_the_lines_that_are_counted_a_package_has_its_number(void **state)
{
	static char text[80000];
	size_t len = (size_t)snprintf(text, sizeof text, "%s", HEAD ROOT);

	(void)state;
	memset(text + len, '\n', 70000);
	len += 70000;
	len += (size_t)snprintf(text + len, sizeof text - len, "%s",
				"<KeyPackage><Key Id=\"1\" " HOTP "><Data>" PLAIN "</Data></Key></KeyPackage>"
				"<KeyPackage><Key Id=\"2\" " HOTP "/></KeyPackage></KeyContainer>");
	refused_at(import_pskc, cs_view(text, len), 0, "in package 2: the key has no Secret");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(figure_3_is_plain),
	    cmocka_unit_test(figure_6_is_encrypted_under_a_pre_shared_key),
	    cmocka_unit_test(figure_7_is_encrypted_under_a_passphrase),
	    cmocka_unit_test(a_changed_value_is_found_by_its_mac_and_never_decrypted),
	    cmocka_unit_test(a_mac_that_anyone_could_make_is_none),
	    cmocka_unit_test(a_wrong_key_is_said_to_be_one),
	    cmocka_unit_test(time_steps_algorithms_and_dates_come_along),
	    cmocka_unit_test(a_key_that_may_not_be_used_here_is_refused),
	    cmocka_unit_test(what_is_made_to_harm_is_refused_before_it_is_read),
	    cmocka_unit_test(behind_the_lines_that_are_counted_a_package_has_its_number),
	    cmocka_unit_test(a_deep_tree_ends_the_parse_not_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
