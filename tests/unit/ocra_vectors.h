/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The test vectors of RFC 6287, appendix C. The key is RFC 4226's digits, as many bytes of them as the hash of the suite
 * has; the PIN 1234; the time 25 March 2008, 12:06, in minutes.
 */
#ifndef COUNTERSIGN_TESTS_OCRA_VECTORS_H
#define COUNTERSIGN_TESTS_OCRA_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#define OCRA_RFC_KEY  "1234567890123456789012345678901234567890123456789012345678901234"
#define OCRA_RFC_PIN  "1234"
#define OCRA_RFC_TIME 0x132d0b6

struct ocra_vector {
	uint64_t counter;
	const char *question;
	const char *answer;
};

static const struct ocra_vector ocra_one_way_with_sha1[] = {
    {0, "00000000", "237653"}, {0, "11111111", "243178"}, {0, "22222222", "653583"},
    {0, "33333333", "740991"}, {0, "44444444", "608993"}, {0, "55555555", "388898"},
    {0, "66666666", "816933"}, {0, "77777777", "224598"}, {0, "88888888", "750600"},
    {0, "99999999", "294470"},
};

static const struct ocra_vector ocra_one_way_with_counter_and_pin[] = {
    {0, "12345678", "65347737"}, {1, "12345678", "86775851"}, {2, "12345678", "78192410"},
    {3, "12345678", "71565254"}, {4, "12345678", "10104329"}, {5, "12345678", "65983500"},
    {6, "12345678", "70069104"}, {7, "12345678", "91771096"}, {8, "12345678", "75011558"},
    {9, "12345678", "08522129"},
};

static const struct ocra_vector ocra_one_way_with_pin[] = {
    {0, "00000000", "83238735"}, {0, "11111111", "01501458"}, {0, "22222222", "17957585"},
    {0, "33333333", "86776967"}, {0, "44444444", "86807031"},
};

static const struct ocra_vector ocra_one_way_with_counter[] = {
    {0, "00000000", "07016083"}, {1, "11111111", "63947962"}, {2, "22222222", "70123924"},
    {3, "33333333", "25341727"}, {4, "44444444", "33203315"}, {5, "55555555", "34205738"},
    {6, "66666666", "44343969"}, {7, "77777777", "51946085"}, {8, "88888888", "20403879"},
    {9, "99999999", "31409299"},
};

static const struct ocra_vector ocra_one_way_with_time[] = {
    {0, "00000000", "95209754"}, {0, "11111111", "55907591"}, {0, "22222222", "22048402"},
    {0, "33333333", "24218844"}, {0, "44444444", "36209546"},
};

static const struct ocra_vector ocra_mutual_with_sha256_server[] = {
    {0, "CLI22220SRV11110", "28247970"}, {0, "CLI22221SRV11111", "01984843"},
    {0, "CLI22222SRV11112", "65387857"}, {0, "CLI22223SRV11113", "03351211"},
    {0, "CLI22224SRV11114", "83412541"},
};

static const struct ocra_vector ocra_mutual_with_sha256_client[] = {
    {0, "SRV11110CLI22220", "15510767"}, {0, "SRV11111CLI22221", "90175646"},
    {0, "SRV11112CLI22222", "33777207"}, {0, "SRV11113CLI22223", "95285278"},
    {0, "SRV11114CLI22224", "28934924"},
};

static const struct ocra_vector ocra_mutual_with_sha512_and_pin_server[] = {
    {0, "CLI22220SRV11110", "79496648"}, {0, "CLI22221SRV11111", "76831980"},
    {0, "CLI22222SRV11112", "12250499"}, {0, "CLI22223SRV11113", "90856481"},
    {0, "CLI22224SRV11114", "12761449"},
};

static const struct ocra_vector ocra_mutual_with_sha512_and_pin_client[] = {
    {0, "SRV11110CLI22220", "18806276"}, {0, "SRV11111CLI22221", "70020315"},
    {0, "SRV11112CLI22222", "01600026"}, {0, "SRV11113CLI22223", "18951020"},
    {0, "SRV11114CLI22224", "32528969"},
};

static const struct ocra_vector ocra_plain_signature_plain[] = {
    {0, "SIG10000", "53095496"}, {0, "SIG11000", "04110475"}, {0, "SIG12000", "31331128"},
    {0, "SIG13000", "76028668"}, {0, "SIG14000", "46554205"},
};

static const struct ocra_vector ocra_plain_signature_timed[] = {
    {0, "SIG1000000", "77537423"}, {0, "SIG1100000", "31970405"}, {0, "SIG1200000", "10235557"},
    {0, "SIG1300000", "95213541"}, {0, "SIG1400000", "65360607"},
};

struct ocra_group {
	const char *suite;
	const struct ocra_vector *vectors;
	size_t count;
};

#define OCRA_GROUP(suite, vectors) {suite, vectors, sizeof(vectors) / sizeof((vectors)[0])}
static const struct ocra_group ocra_groups[] = {
    OCRA_GROUP("OCRA-1:HOTP-SHA1-6:QN08", ocra_one_way_with_sha1),
    OCRA_GROUP("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", ocra_one_way_with_counter_and_pin),
    OCRA_GROUP("OCRA-1:HOTP-SHA256-8:QN08-PSHA1", ocra_one_way_with_pin),
    OCRA_GROUP("OCRA-1:HOTP-SHA512-8:C-QN08", ocra_one_way_with_counter),
    OCRA_GROUP("OCRA-1:HOTP-SHA512-8:QN08-T1M", ocra_one_way_with_time),
    OCRA_GROUP("OCRA-1:HOTP-SHA256-8:QA08", ocra_mutual_with_sha256_server),
    OCRA_GROUP("OCRA-1:HOTP-SHA256-8:QA08", ocra_mutual_with_sha256_client),
    OCRA_GROUP("OCRA-1:HOTP-SHA512-8:QA08", ocra_mutual_with_sha512_and_pin_server),
    OCRA_GROUP("OCRA-1:HOTP-SHA512-8:QA08-PSHA1", ocra_mutual_with_sha512_and_pin_client),
    OCRA_GROUP("OCRA-1:HOTP-SHA256-8:QA08", ocra_plain_signature_plain),
    OCRA_GROUP("OCRA-1:HOTP-SHA512-8:QA10-T1M", ocra_plain_signature_timed),
};
#define OCRA_GROUPS (sizeof(ocra_groups) / sizeof(ocra_groups[0]))

#endif
