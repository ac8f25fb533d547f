/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The alphabet.
 */
#include "tests/oracle/alphabet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'A' + 10);
}

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t n = 0;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		out[n++] = (uint8_t)(nibble(text[0]) << 4 | nibble(text[1]));
		text += 2;
	}
	return n;
}

static size_t command(uint8_t *out, const char *header, const uint8_t *data, size_t len)
{
	size_t n = from_hex(header, out);

	out[n++] = (uint8_t)len;
	memcpy(out + n, data, len);
	out[n + len] = 0;
	return n + len + 1;
}

/* ---- 9B: the host's side ---- */

static size_t management_answer(const struct model *m, uint8_t *out, uint8_t tag, bool right, bool challenge)
{
	size_t len = model_block_len(m->management_algorithm), n = 4 + len;
	uint8_t data[64] = {PIV_TAG_AUTH_TEMPLATE, 0, tag, (uint8_t)len}, header[16];

	memcpy(data + 4, m->channel[0].answer, len);
	data[4] ^= right ? 0 : 1;
	if (challenge) {
		data[n] = PIV_TAG_AUTH_CHALLENGE;
		data[n + 1] = (uint8_t)len;
		memset(data + n + 2, 0x5A, len);
		n += 2 + len;
	}
	data[1] = (uint8_t)(n - 2);
	snprintf((char *)header, sizeof(header), "0087%02X9B", (unsigned)m->management_algorithm);
	return command(out, (char *)header, data, n);
}

static size_t begin(const struct model *m, uint8_t *out, const char *data)
{
	char text[32];

	snprintf(text, sizeof(text), "0087%02X9B04%s00", (unsigned)m->management_algorithm, data);
	return from_hex(text, out);
}

static size_t ask_challenge(const struct model *m, uint8_t *out)
{
	return begin(m, out, "7C028100");
}

static size_t ask_witness(const struct model *m, uint8_t *out)
{
	return begin(m, out, "7C028000");
}

static size_t answer_challenge(const struct model *m, uint8_t *out)
{
	return management_answer(m, out, PIV_TAG_AUTH_RESPONSE, true, false);
}

static size_t answer_challenge_wrongly(const struct model *m, uint8_t *out)
{
	return management_answer(m, out, PIV_TAG_AUTH_RESPONSE, false, false);
}

static size_t answer_witness(const struct model *m, uint8_t *out)
{
	return management_answer(m, out, PIV_TAG_AUTH_WITNESS, true, true);
}

/* ---- OATH: the host's side ---- */

static size_t oath_answer(const struct model *m, uint8_t *out, bool right)
{
	static const uint8_t mine[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct model_answer a = {0};
	uint8_t mac[64];
	size_t len = model_hmac(m->code_set ? m->code_hash : 1, (struct bytes){m->code, sizeof(m->code)},
				(struct bytes){m->channel[0].challenge_bytes, 8}, mac);

	mac[0] ^= right ? 0 : 1;
	model_put_tlv(&a, YKOATH_TAG_FULL_RESPONSE, mac, len);
	model_put_tlv(&a, YKOATH_TAG_CHALLENGE, mine, sizeof(mine));
	return command(out, "00A30000", a.data, a.len);
}

static size_t validate(const struct model *m, uint8_t *out)
{
	return oath_answer(m, out, true);
}

static size_t validate_wrongly(const struct model *m, uint8_t *out)
{
	return oath_answer(m, out, false);
}

static size_t set_code(const struct model *m, uint8_t *out)
{
	static const uint8_t key[17] = {0x21, 'k', 'e', 'y'}, challenge[8] = {8, 7, 6, 5, 4, 3, 2, 1};
	struct model_answer a = {0};
	uint8_t mac[64];
	size_t len = model_hmac(1, (struct bytes){key + 1, 16}, (struct bytes){challenge, 8}, mac);

	(void)m;
	model_put_tlv(&a, YKOATH_TAG_KEY, key, sizeof(key));
	model_put_tlv(&a, YKOATH_TAG_CHALLENGE, challenge, sizeof(challenge));
	model_put_tlv(&a, YKOATH_TAG_FULL_RESPONSE, mac, len);
	return command(out, "00030000", a.data, a.len);
}

/* ---- INVENTORY ---- */

static size_t inventory_known(const struct model *m, uint8_t *out)
{
	uint8_t data[15] = {CSGN_TAG_MARK, 13};

	memcpy(data + 2, m->mark.bytes, sizeof(m->mark.bytes));
	data[14] = 1;
	return command(out, "80100000", data, sizeof(data));
}

static enum lockstep_verdict wait_long(struct lockstep *l)
{
	lockstep_wait(l, 16000);
	return LOCKSTEP_AGREE;
}

/* The waits that each wrong one begins are waited for. */
static enum lockstep_verdict ten_wrong_codes(struct lockstep *l)
{
	enum lockstep_verdict v = LOCKSTEP_AGREE;
	uint8_t bytes[SYMBOL_MAX];

	for (int i = 0; i < 10 && v == LOCKSTEP_AGREE; i++) {
		lockstep_wait(l, 640000);
		v = lockstep_send(l, bytes, validate_wrongly(&l->model, bytes));
	}
	return v;
}

#define PIN    "313233343536FFFF"
#define WRONG  "363534333231FFFF"
#define OTHER  "393133373537FFFF"
#define PUK    "3132333435363738"
#define BADPUK "3837363534333231"
#define DIGEST "81200102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20"
#define SCALAR "0620000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
#define POINT                                                                                                \
	"8541046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C2964FE342E2FE1A7F9B8EE7EB4A7C0F" \
	"9E162BCE33576B315ECE"                                                                               \
	"CBB6406837BF51F5"
#define SERVER                                                                                               \
	"046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C2964FE342E2FE1A7F9B8EE7EB4A7C0F9E16" \
	"2B"                                                                                                 \
	"CE33576B315ECECBB6406837BF51F5"
#define AES  "000102030405060708090A0B0C0D0E0F"
#define SEED "3132333435363738393031323334353637383930"

enum {
	A = THEME_ACCESS,
	B = THEME_OBJECTS,
	L = THEME_LIFE,
	O = THEME_OATH,
	W = THEME_WIRE,
	C = THEME_CHANNELS,
	S = THEME_SECRETS
};

/* The corpus of tests/fuzz/fuzz_sequence.c names symbols by their place: new ones go to the end. */
const struct symbol symbols[] = {
    /* selection */
    {"select PIV", A | B | L | O | W | C, "00A4040005A00000030800", NULL, NULL},
    {"select PIV, 9 bytes, no answer", W, "00A4040C09A00000030800001000", NULL, NULL},
    {"select another's application", A | W, "00A404000BA0000003974349445F010000", NULL, NULL},
    {"select Countersign", A | L, "00A4040007F0435349474E0100", NULL, NULL},
    {"select OATH", A | O | C, "00A4040007A000000527210100", NULL, NULL},
    {"reset", A | O | W | C, NULL, NULL, lockstep_reset},
    {"power off and on", L | O, NULL, NULL, lockstep_power},
    {"sixteen seconds", 0, NULL, NULL, wait_long},
    /* PIN and PUK */
    {"VERIFY state", A | L, "00200080", NULL, NULL},
    {"VERIFY right", A | B | L | O | C, "0020008008" PIN, NULL, NULL},
    {"VERIFY wrong", A | L | C, "0020008008" WRONG, NULL, NULL},
    {"VERIFY other", A | L, "0020008008" OTHER, NULL, NULL},
    {"VERIFY malformed", A, "002000800831FF333435363738", NULL, NULL},
    {"VERIFY padding", 0, "0020008008FFFFFFFFFFFFFFFF", NULL, NULL},
    {"log out", A, "0020FF80", NULL, NULL},
    {"VERIFY SO PIN right", A | L, "0020008308" PUK, NULL, NULL},
    {"VERIFY SO PIN wrong", L, "0020008308" BADPUK, NULL, NULL},
    {"VERIFY SO PIN log out", 0, "0020FF83", NULL, NULL},
    {"VERIFY PUK", 0, "0020008108" PUK, NULL, NULL},
    {"CHANGE PIN", A | L, "0024008010" PIN OTHER, NULL, NULL},
    {"CHANGE PIN back", 0, "0024008010" OTHER PIN, NULL, NULL},
    {"CHANGE PIN to a trivial one", L, "0024008010" PIN "313131313131FFFF", NULL, NULL},
    {"CHANGE PUK", 0, "0024008110" PUK BADPUK, NULL, NULL},
    {"CHANGE SO PIN", 0, "0024008310" PUK BADPUK, NULL, NULL},
    {"CHANGE SO PIN back", 0, "0024008310" BADPUK PUK, NULL, NULL},
    {"CHANGE PUK wrongly", A, "0024008110" BADPUK PUK, NULL, NULL},
    {"RESET RETRY COUNTER", A | L, "002C008010" PUK PIN, NULL, NULL},
    {"RESET RETRY COUNTER wrongly", A, "002C008010" BADPUK PIN, NULL, NULL},
    /* 9B */
    {"9B, ask for a challenge", A | B | C, NULL, ask_challenge, NULL},
    {"9B, answer it", A | B | C, NULL, answer_challenge, NULL},
    {"9B, answer it wrongly", A, NULL, answer_challenge_wrongly, NULL},
    {"9B, ask for a witness", A, NULL, ask_witness, NULL},
    {"9B, answer it with a challenge", A, NULL, answer_witness, NULL},
    {"SET MANAGEMENT KEY, AES-128", 0, "00FFFFFF13089B10000102030405060708090A0B0C0D0E0F", NULL, NULL},
    {"SET MANAGEMENT KEY, 3DES, touch", 0, "00FFFFFE1B039B18010203040506070801020304050607080102030405060708",
     NULL, NULL},
    {"SET RETRIES 2 1", A, "00FA0201", NULL, NULL},
    /* keys */
    {"GENERATE 9A", B, "0047009A05AC0380011100", NULL, NULL},
    {"GENERATE 9C", A | B, "0047009C05AC0380011100", NULL, NULL},
    {"GENERATE 9E, touch cached", B, "0047009E08AC06800111AB010300", NULL, NULL},
    {"GENERATE F9", 0, "004700F905AC0380011100", NULL, NULL},
    {"GENERATE 9A, an algorithm that is not there", 0, "0047009A05AC0380010700", NULL, NULL},
    {"IMPORT 9D", B, "00FE119D22" SCALAR, NULL, NULL},
    {"IMPORT 9A, PIN never", B, "00FE119A25" SCALAR "AA0101", NULL, NULL},
    {"sign 9A", A | B, "0087119A267C248200" DIGEST "00", NULL, NULL},
    {"sign 9C", A | B | C, "0087119C267C248200" DIGEST "00", NULL, NULL},
    {"sign 9E", B, "0087119E267C248200" DIGEST "00", NULL, NULL},
    {"sign F9", 0, "008711F9267C248200" DIGEST "00", NULL, NULL},
    {"sign 9C, malformed", A, "0087119C047C02820000", NULL, NULL},
    {"sign 9A as RSA", 0, "0087079A267C248200" DIGEST "00", NULL, NULL},
    {"agree 9D", B, "0087119D477C458200" POINT "00", NULL, NULL},
    {"MOVE 9A to 82", B, "00F6829A", NULL, NULL},
    {"MOVE 82 to 9C", B, "00F69C82", NULL, NULL},
    {"delete 9A", B, "00F6FF9A", NULL, NULL},
    {"delete F9", 0, "00F6FFF9", NULL, NULL},
    {"METADATA 9A", B, "00F7009A00", NULL, NULL},
    {"METADATA 82", B, "00F7008200", NULL, NULL},
    {"METADATA F9", 0, "00F700F900", NULL, NULL},
    {"METADATA 9F", 0, "00F7009F00", NULL, NULL},
    {"ATTEST 9A", B, "00F99A000000000000", NULL, NULL},
    {"ATTEST F9", 0, "00F9F900000000", NULL, NULL},
    {"VERSION", 0, "00FD000000", NULL, NULL},
    {"SERIAL", 0, "00F8000000", NULL, NULL},
    /* objects */
    {"GET DATA discovery", W, "00CB3FFF035C017E00", NULL, NULL},
    {"GET DATA CHUID", B, "00CB3FFF055C035FC10200", NULL, NULL},
    {"GET DATA CCC", 0, "00CB3FFF055C035FC10700", NULL, NULL},
    {"GET DATA certificate 9A", B, "00CB3FFF055C035FC10500", NULL, NULL},
    {"GET DATA printed information", A | B, "00CB3FFF055C035FC10900", NULL, NULL},
    {"GET DATA key history", 0, "00CB3FFF055C035FC10C00", NULL, NULL},
    {"GET DATA biometric group template", 0, "00CB3FFF045C027F6100", NULL, NULL},
    {"GET DATA malformed", 0, "00CB3FFF055C045FC10200", NULL, NULL},
    {"PUT DATA certificate 9A", B, "00DB3FFF0D5C035FC10553067004DEADBEEF", NULL, NULL},
    {"PUT DATA certificate 9A, empty", B, "00DB3FFF075C035FC1055300", NULL, NULL},
    {"PUT DATA printed information", A | B, "00DB3FFF0A5C035FC109530301AA55", NULL, NULL},
    {"PUT DATA CHUID with a GUID", 0, "00DB3FFF1B5C035FC10253143410000102030405060708090A0B0C0D0E0F3E00",
     NULL, NULL},
    {"PUT DATA CHUID, signed", 0, "00DB3FFF1C5C035FC10253153410000102030405060708090A0B0C0D0E0F3E01AA", NULL,
     NULL},
    {"PUT DATA attestation certificate", 0, "00DB3FFF0B5C035FFF0153047002AABB", NULL, NULL},
    {"PUT DATA discovery", 0, "00DB3FFF065C017E5301AA", NULL, NULL},
    {"RESET of PIV", A | L, "00FB0000", NULL, NULL},
    /* the Countersign application */
    {"INFO", L, "8001000000", NULL, NULL},
    {"CONTENTS", L, "8006000000", NULL, NULL},
    {"INITIALIZE", L, "800200000D 9006393133373537 8403434152", NULL, NULL},
    {"INITIALIZE with a profile of its own", L,
     "8002000024 9006393133373537 8403434152 820101 A012 80010A 810109 820106 8303020304 84020201", NULL,
     NULL},
    {"INITIALIZE as countersign", L, "80020000129008313233343536373984034341528201 02", NULL, NULL},
    {"INITIALIZE, with a PUK, PIN to be changed", 0,
     "800200001F 9006393133373537 8403434152 820102 B1083531383430393237"
     "A003810107",
     NULL, NULL},
    {"INIT PIN, to be changed", 0, "800300000B9106393133373537B30101", NULL, NULL},
    {"SET LIMITS 5 2 -", L, "8020000005B203050200", NULL, NULL},
    {"INIT PIN", L, "800300000891063933313735 37", NULL, NULL},
    {"SET LABEL", L, "8004000006840448657921", NULL, NULL},
    {"RESET of all", L, "8005DEAD", NULL, NULL},
    /* OATH */
    {"PUT HOTP a", O, "000100001B7101617316 1106" SEED, NULL, NULL},
    {"PUT TOTP b, SHA-256", O, "000100001B7101627316 2208" SEED, NULL, NULL},
    {"PUT HOTP c, touch, counter", O, "00010000237101637316 1306" SEED "78027A04FFFFFFFF", NULL, NULL},
    {"PUT malformed", O, "000100000D710161730821063132333435 36", NULL, NULL},
    {"PUT with increasing challenges", 0, "000100001D7101647316 2106" SEED "7801", NULL, NULL},
    {"DELETE a", O, "0002000003710161", NULL, NULL},
    {"RENAME a to b", O, "0005000006710161710162", NULL, NULL},
    {"RENAME b to d", O, "0005000006710162710164", NULL, NULL},
    {"LIST", O, "00A1000000", NULL, NULL},
    {"CALCULATE a", O, "00A200010371016100", NULL, NULL},
    {"CALCULATE a, whole", 0, "00A200000371016100", NULL, NULL},
    {"CALCULATE b", O, "00A20001067101627401AA00", NULL, NULL},
    {"CALCULATE c", 0, "00A200010571016374 0000", NULL, NULL},
    {"CALCULATE ALL", O, "00A40001037401AA00", NULL, NULL},
    {"CALCULATE ALL, whole", 0, "00A40000037401AA00", NULL, NULL},
    {"SET CODE", O | C, NULL, set_code, NULL},
    {"SET CODE, none", O, "00030000027300", NULL, NULL},
    {"VALIDATE", O, NULL, validate, NULL},
    {"VALIDATE wrongly", O, NULL, validate_wrongly, NULL},
    {"STATUS", O, "0006000000", NULL, NULL},
    {"UNBLOCK", 0, "000A0000", NULL, NULL},
    {"ten wrong codes and their waits", 0, NULL, NULL, ten_wrong_codes},
    {"RESET of OATH", O, "0004DEAD", NULL, NULL},
    /* forms */
    {"GET DATA CHUID, 8 bytes of it", W | C, "00CB3FFF055C035FC10208", NULL, NULL},
    {"GET RESPONSE", W | C, "00C0000000", NULL, NULL},
    {"GET RESPONSE, 8 bytes of it", W, "00C0000008", NULL, NULL},
    {"SEND REMAINING", 0, "00A5000000", NULL, NULL},
    {"VERIFY state, Lc 0", W, "0020008000", NULL, NULL},
    {"VERIFY right, extended", W, "00200080000008" PIN, NULL, NULL},
    {"chain: VERIFY begins", W | C, "1020008004 31323334", NULL, NULL},
    {"chain: VERIFY ends", W | C, "0020008004 3536FFFF", NULL, NULL},
    {"chain: VERIFY ends with another reference", W, "0020008104 3536FFFF", NULL, NULL},
    {"chain: of a command that is not there", W, "10EE000001AA", NULL, NULL},
    {"too short", W, "002000", NULL, NULL},
    {"lengths that do not add up", W, "002000800831", NULL, NULL},
    {"secure messaging", W, "0C20008000", NULL, NULL},
    {"class 20", 0, "2020008000", NULL, NULL},
    {"class A0", 0, "A020008000", NULL, NULL},
    {"an instruction that is not there", W, "00EE000000", NULL, NULL},
    {"SERIAL with P2", 0, "00F8000100", NULL, NULL},
    {"SERIAL with data", 0, "00F800000101", NULL, NULL},
    /* channels */
    {"open a channel", C, "0070000001", NULL, NULL},
    {"open channel 2 from channel 1", C, "01700002", NULL, NULL},
    {"close channel 1", C, "00708001", NULL, NULL},
    {"close this channel, 1", 0, "01708000", NULL, NULL},
    {"close the basic channel", 0, "00708000", NULL, NULL},
    {"open channel 4", 0, "00700004", NULL, NULL},
    {"1: select PIV", C, "01A4040005A00000030800", NULL, NULL},
    {"1: select OATH", C, "01A4040007A000000527210100", NULL, NULL},
    {"1: select Countersign", 0, "01A4040007F0435349474E0100", NULL, NULL},
    {"1: VERIFY right", C, "0120008008" PIN, NULL, NULL},
    {"1: VERIFY wrong", C, "0120008008" WRONG, NULL, NULL},
    {"1: VERIFY state", C, "01200080", NULL, NULL},
    {"1: VERIFY SO PIN right", 0, "0120008308" PUK, NULL, NULL},
    {"1: CHANGE PIN", C, "0124008010" PIN OTHER, NULL, NULL},
    {"1: sign 9C", C, "0187119C267C248200" DIGEST "00", NULL, NULL},
    {"1: sign 9A", C, "0187119A267C248200" DIGEST "00", NULL, NULL},
    {"1: PUT DATA printed information", C, "01DB3FFF0A5C035FC109530301AA55", NULL, NULL},
    {"1: GET DATA CHUID, 8 bytes of it", C, "01CB3FFF055C035FC10208", NULL, NULL},
    {"1: GET RESPONSE", C, "01C0000000", NULL, NULL},
    {"1: chain: VERIFY begins", C, "1120008004 31323334", NULL, NULL},
    {"1: chain: VERIFY ends", C, "0120008004 3536FFFF", NULL, NULL},
    {"1: LIST", C, "01A1000000", NULL, NULL},
    {"2: VERIFY state", C, "02200080", NULL, NULL},
    {"2: sign 9C", 0, "0287119C267C248200" DIGEST "00", NULL, NULL},
    {"3: VERIFY state", 0, "03200080", NULL, NULL},
    {"TOUCH MODE", 0, "80600100", NULL, NULL},
    {"SELECT by P1 00", W, "00A4000000", NULL, NULL},
    {"SELECT, 17 bytes", 0, "00A4040011A000000308000010000100FFFFFFFFFFFF", NULL, NULL},
    /* OATH, of our own */
    {"PUT TOTP p, with the PIN", O, "0001000021710170731621 06" SEED "C00140 C00102", NULL, NULL},
    {"PUT OCRA q", O,
     "00010000367101717316 3106" SEED "C1194F4352412D313A484F54502D534841312D363A432D514E3038", NULL, NULL},
    {"OCRA q", O, "000800010D710171C3083030313233343536", NULL, NULL},
    {"OCRA q, whole", 0, "0008000009710171C30431323334", NULL, NULL},
    {"CALCULATE p", O, "00A20001067101707401AA00", NULL, NULL},
    {"LIST ALL", O, "0007000000", NULL, NULL},
    {"LIST, 8 bytes of it", O, "00A1000008", NULL, NULL},
    {"SEND REMAINING, 8 bytes of it", 0, "00A5000008", NULL, NULL},
    {"LOCK", L, "80080000", NULL, NULL},
    {"UNLOCK", L, "80090000", NULL, NULL},
    {"TERMINATE", L, "800ADEAD", NULL, NULL},
    {"PERSONALISE", L, "800700000A8D083230333031323331", NULL, NULL},
    {"GET DATA attestation root", B, "00CB3FFF055C035FFF0200", NULL, NULL},
    {"PUT DATA attestation root", 0, "00DB3FFF0B5C035FFF0253047002AABB", NULL, NULL},
    /* INVENTORY, attributes */
    {"INVENTORY", L | S, "80100000000000", NULL, NULL},
    {"INVENTORY of what is known", L | S, NULL, inventory_known, NULL},
    {"INVENTORY, malformed", 0, "8010000003 890100 00", NULL, NULL},
    {"label 9A", B | S, "801100000A 92019A A105 8003616263", NULL, NULL},
    {"label 9A no more", 0, "8011000005 92019A A100", NULL, NULL},
    {"label F9", 0, "801100000A 9201F9 A105 8003616263", NULL, NULL},
    {"private object", S, "8011000011 92035FFF30 A104 82020001 5304 AABBCCDD", NULL, NULL},
    {"trusted object", S, "8011000011 92035FFF30 A104 82020004 5304 AABBCCEE", NULL, NULL},
    {"object that is not to be modified", S, "801100000B 92035FFF30 A104 82020002", NULL, NULL},
    {"object without attributes", S, "8011000007 92035FFF30 A100", NULL, NULL},
    {"GET DATA object", S, "00CB3FFF055C035FFF3000", NULL, NULL},
    {"PUT DATA object", S, "00DB3FFF0B5C035FFF30530411223344", NULL, NULL},
    {"PUT DATA object, empty", S, "00DB3FFF075C035FFF305300", NULL, NULL},
    /* secret keys */
    {"secret: make AES-256", S, "80120C0000", NULL, NULL},
    {"secret: bring AES-128, PIN never", S, "801208011E 9510" AES "9302000F AA0101 A103800161 00", NULL,
     NULL},
    {"secret: bring HMAC, PIN always", S, "8012F20219 9514" SEED "AA0103 00", NULL, NULL},
    {"secret: a length that is none", 0, "8012080003 940118 00", NULL, NULL},
    {"secret: usage that is none", 0, "8012F20004 93020001 00", NULL, NULL},
    {"secret: delete 1", S, "80130001", NULL, NULL},
    {"secret: delete 2", 0, "80130002", NULL, NULL},
    {"secret: ECB with 1", S, "8014010112 9810" AES "00", NULL, NULL},
    {"secret: ECB backwards with 1", 0, "8014810112 9810" AES "00", NULL, NULL},
    {"secret: CBC with 1, no IV", 0, "8014020112 9810" AES "00", NULL, NULL},
    {"secret: CTR with 1", 0, "8014030115 9610" AES "9801AA 00", NULL, NULL},
    {"secret: GCM with 1", S, "8014040103 9801AA 00", NULL, NULL},
    {"secret: GCM backwards with 1", 0, "8014840123 960C000102030405060708090A0B 9801AA 9910" AES "00", NULL,
     NULL},
    {"secret: CMAC with 1", S, "8014050103 9801AA 00", NULL, NULL},
    {"secret: check a CMAC with 1", 0, "801485010D 9801AA 99080102030405060708 00", NULL, NULL},
    {"secret: HMAC with 2", S, "8014060204 98021234 00", NULL, NULL},
    {"secret: check an HMAC with 2", 0, "801486020D 9801AA 99080102030405060708 00", NULL, NULL},
    {"label secret 1", S, "801100000A 920101 A105 8003616263", NULL, NULL},
    /* seeds that the card makes */
    {"GENERATE TOTP g", O, "0009000000004B C742 11 " SERVER " 710167 73022106 0000", NULL, NULL},
    {"GENERATE TOTP g, another curve", 0, "000900000A C70312AABB 7101677300", NULL, NULL},
    {"CALCULATE g", O, "00A20001067101677401AA00", NULL, NULL},
    {"CALCULATE g, whole", 0, "00A20000067101677401AA00", NULL, NULL},
    {"DELETE g", 0, "0002000003710167", NULL, NULL},
    /* secure messaging, for who has no keys */
    {"SET SCP KEYS", L, "8030000027 BC0130 BD10" AES "BE10 F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF", NULL, NULL},
    {"SET SCP KEYS, twice the same", 0, "8030000027 BC0130 BD10" AES "BE10" AES, NULL, NULL},
    {"INITIALIZE UPDATE", L, "80500000080102030405060708 00", NULL, NULL},
    {"INITIALIZE UPDATE of another set", 0, "80503100080102030405060708 00", NULL, NULL},
    {"EXTERNAL AUTHENTICATE, guessed", L, "8482330010" AES, NULL, NULL},
    {"EXTERNAL AUTHENTICATE, of another length", 0, "848233000101", NULL, NULL},
    {"EXTERNAL AUTHENTICATE, plain", 0, "8082330010" AES, NULL, NULL},
    {"a command that pretends to be protected", 0, "8401000000", NULL, NULL},
    {"GENERATE 04, CS2", S, "0047000405AC0380012700", NULL, NULL},
    {"GENERATE 04, a suite that is none", 0, "0047000405AC0380012800", NULL, NULL},
    {"GET DATA certificate of 04", 0, "00CB3FFF055C035FFF0400", NULL, NULL},
    {"PUT DATA pairing code", 0, "00DB3FFF115C035FC123530A99083132333435363738", NULL, NULL},
    /* old codes */
    {"CHECK a, counter 0", O, "000B0000157101617A080000000000000000C806373535323234", NULL, NULL},
    {"CHECK a, counter 1", 0, "000B0000157101617A080000000000000001C806323837303832", NULL, NULL},
    {"CHECK a, wrong", 0, "000B0000157101617A080000000000000000C806373535323235", NULL, NULL},
    {"CHECK b", 0, "000B0000157101627A080000000000000000C806373535323234", NULL, NULL},
    {"GENERATE 9A, labelled and closed", B, "0047009A0EAC0C800111A10780014B8202000200", NULL, NULL},
    {"GENERATE 9A, trusted", 0, "0047009A0BAC09800111A1048202000400", NULL, NULL},
    {"GENERATE F9, labelled", 0, "004700F90AAC08800111A10380014B00", NULL, NULL},
    {"IMPORT 9D, labelled", 0, "00FE119D27" SCALAR "A10380014C", NULL, NULL},
    {"IMPORT 9D, trusted", 0, "00FE119D28" SCALAR "A10482020004", NULL, NULL},
};
const size_t symbol_count = sizeof(symbols) / sizeof(symbols[0]);

size_t symbol_bytes(const struct symbol *s, const struct model *m, uint8_t out[SYMBOL_MAX])
{
	if (s->act)
		return 0;
	return s->build ? s->build(m, out) : from_hex(s->hex, out);
}

enum lockstep_verdict symbol_say(const struct symbol *s, struct lockstep *l)
{
	uint8_t bytes[SYMBOL_MAX];

	if (s->act)
		return s->act(l);
	return lockstep_send(l, bytes, symbol_bytes(s, &l->model, bytes));
}

const struct symbol *symbol_named(const char *name)
{
	for (size_t i = 0; i < symbol_count; i++) {
		if (strcmp(symbols[i].name, name) == 0)
			return &symbols[i];
	}
	fprintf(stderr, "no symbol is called \"%s\"\n", name);
	abort();
}

/* ---- where searches begin ---- */

const struct start starts[] = {
    {"a new card", CSGN_PROFILE_PIV, {NULL}},
    {"a new card with rules", CSGN_PROFILE_COUNTERSIGN, {"select Countersign"}},
    {"PIV in use",
     CSGN_PROFILE_PIV,
     {"select OATH", "select PIV", "9B, ask for a challenge", "9B, answer it", "GENERATE 9A", "GENERATE 9C",
      "GENERATE 9E, touch cached", "PUT DATA printed information", "VERIFY right"}},
    {"OATH locked, with credentials",
     CSGN_PROFILE_PIV,
     {"select OATH", "PUT HOTP a", "PUT TOTP b, SHA-256", "SET CODE", "select OATH"}},
    {"OATH with an officer, and more of our own",
     CSGN_PROFILE_PIV,
     {"select Countersign", "CHANGE SO PIN", "select OATH", "PUT HOTP a", "PUT TOTP p, with the PIN",
      "PUT OCRA q", "SET CODE", "VERIFY SO PIN wrong"}},
    {"an issued card",
     CSGN_PROFILE_PIV,
     {"select OATH", "PUT HOTP a", "select PIV", "9B, ask for a challenge", "9B, answer it",
      "GENERATE 9E, touch cached", "select Countersign", "VERIFY SO PIN right", "INIT PIN",
      "VERIFY SO PIN right"}},
    {"a card that was initialised",
     CSGN_PROFILE_COUNTERSIGN,
     {"select OATH", "PUT HOTP a", "select Countersign", "INITIALIZE as countersign"}},
    {"a user with secret keys and objects",
     CSGN_PROFILE_COUNTERSIGN,
     {"select PIV", "VERIFY right", "secret: bring AES-128, PIN never", "secret: bring HMAC, PIN always",
      "private object", "GENERATE 9A", "VERIFY right", "INVENTORY"}},
};
const size_t start_count = sizeof(starts) / sizeof(starts[0]);

bool start_begin(const struct start *s, struct lockstep *l)
{
	if (!lockstep_init(l, s->profile))
		return false;
	for (size_t i = 0; s->first[i]; i++) {
		if (symbol_say(symbol_named(s->first[i]), l) != LOCKSTEP_AGREE)
			return false;
	}
	return true;
}
