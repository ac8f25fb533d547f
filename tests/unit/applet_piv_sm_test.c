/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIV secure messaging against a host that is written apart from the card, with libcrypto: SP 800-73-5 part
 * 2, section 4.
 */
#include "tests/unit/card_fixture.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "applet/records.h"
#include "base/tlv.h"

struct suite {
	uint8_t id, algorithm;
	const char *group, *hash, *cbc, *ecb;
	size_t coordinate, key_len, nonce_len;
	const char *generate; /* GENERATE for slot 04 */
};

static const struct suite suites[] = {
    {0x27, 0x09, "P-256", "SHA256", "AES-128-CBC", "AES-128-ECB", 32, 16, 16, "00470004 05 AC03800127 00"},
    {0x2E, 0x0D, "P-384", "SHA384", "AES-256-CBC", "AES-256-ECB", 48, 32, 24, "00470004 05 AC0380012E 00"},
};
#define CS2 (&suites[0])
#define CS7 (&suites[1])

static const uint8_t host_id[8] = {'h', 'o', 's', 't', 1, 2, 3, 4};

struct host {
	const struct suite *suite;
	uint8_t keys[4][32]; /* confirmation, MAC, encryption, R-MAC */
	uint8_t mcv[16], r_mcv[16];
	uint8_t counter; /* of the next command */
	uint8_t data[4096];
	size_t len;
	uint16_t sw; /* what the card says inside */
};

/* ---- libcrypto ---- */

static void cmac(const struct host *h, int key, struct cs_view a, struct cs_view b, struct cs_view c,
		 uint8_t out[16])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	char name[16];
	size_t len = 0;

	memcpy(name, h->suite->cbc, strlen(h->suite->cbc) + 1);
	const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
				     OSSL_PARAM_construct_end()};
	assert_int_equal(EVP_MAC_init(ctx, h->keys[key], h->suite->key_len, params), 1);
	assert_int_equal(EVP_MAC_update(ctx, a.ptr, a.len), 1);
	assert_true(b.len == 0 || EVP_MAC_update(ctx, b.ptr, b.len) == 1);
	assert_true(c.len == 0 || EVP_MAC_update(ctx, c.ptr, c.len) == 1);
	assert_int_equal(EVP_MAC_final(ctx, out, &len, 16), 1);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

static void aes(const char *name, const uint8_t *key, const uint8_t *iv, bool encrypt, struct cs_view in,
		uint8_t *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;

	assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, key, iv, encrypt, NULL), 1);
	(void)EVP_CIPHER_CTX_set_padding(ctx, 0);
	assert_int_equal(EVP_CipherUpdate(ctx, out, &len, in.ptr, (int)in.len), 1);
	assert_int_equal(len, in.len);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

static void initial_vector(const struct host *h, uint8_t side, uint8_t iv[16])
{
	uint8_t block[16] = {side};

	block[15] = h->counter;
	aes(h->suite->ecb, h->keys[2], NULL, true, CS_VIEW_OF(block), iv);
}

static EVP_PKEY *point_key(const struct suite *suite, struct cs_view point)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	char group[8];
	uint8_t copy[97];

	memcpy(group, suite->group, strlen(suite->group) + 1);
	memcpy(copy, point.ptr, point.len);
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("group", group, 0),
			       OSSL_PARAM_construct_octet_string("pub", copy, point.len),
			       OSSL_PARAM_construct_end()};
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static size_t agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t z[48])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t len = 48;

	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, z, &len), 1);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

static void digest(const char *name, struct cs_view in, uint8_t *out)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);

	assert_int_equal(EVP_Digest(in.ptr, in.len, out, NULL, md, NULL), 1);
	EVP_MD_free(md);
}

/* ---- key establishment ---- */

static struct cs_view child(struct cs_view in, uint32_t tag)
{
	struct cs_view value = CS_VIEW_EMPTY;

	assert_int_equal(cs_tlv_find(in, tag, &value), CS_OK);
	return value;
}

/* Steps H10: the fields of OtherInfo one after the other. */
static void derive(struct host *h, struct cs_view z, struct cs_view point, const uint8_t card_id[8],
		   struct cs_view nonce)
{
	uint8_t in[256], out[4 * 48], *at = in + 3;
	size_t size = h->suite->hash[3] == '2' ? 32 : 48, n = h->suite->key_len;

	memset(in, 0, 4);
#define PUT(ptr, len) (memcpy(at, ptr, len), at += (len))
#define LENGTH(l)     (*at++ = (uint8_t)(l))
	at++;
	PUT(z.ptr, z.len);
	LENGTH(4);
	memset(at, h->suite->algorithm, 4);
	at += 4;
	LENGTH(8);
	PUT(host_id, 8);
	LENGTH(1);
	LENGTH(0);
	LENGTH(16);
	PUT(point.ptr + 1, 16);
	LENGTH(8);
	PUT(card_id, 8);
	LENGTH(nonce.len);
	PUT(nonce.ptr, nonce.len);
	LENGTH(1);
	LENGTH(0);
	for (size_t i = 0; i * size < 4 * n; i++) {
		in[3] = (uint8_t)(i + 1);
		digest(h->suite->hash, cs_view(in, (size_t)(at - in)), out + i * size);
	}
	for (size_t i = 0; i < 4; i++)
		memcpy(h->keys[i], out + i * n, n);
}

/* The signature of the card's certificate, by whom object 5FC122 names. */
static void require_signed(struct fixture *f, const struct suite *suite, struct cs_view cvc)
{
	uint8_t copy[600];
	struct cs_view body = child(cvc, 0x7F21), signature, sequence, bits;
	size_t signed_len;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_true(cvc.len <= sizeof(copy));
	memcpy(copy, cvc.ptr, cvc.len);
	cvc.ptr = copy;
	body = child(cvc, 0x7F21);
	signature = child(body, 0x5F37);
	sequence = child(signature, 0x30);
	bits = child(sequence, 0x03);
	assert_int_equal(bits.ptr[0], 0);
	/* all before 5F37 */
	signed_len = body.len - cs_tlv_size(0x5F37, signature.len);
	fixture_expect(f, "00CB3FFF 0000 05 5C035FC122 0000", CS_SW_OK);
	struct cs_view cert = child(child(f->data, 0x53), 0x70);
	const uint8_t *der = cert.ptr;
	X509 *x509 = d2i_X509(NULL, &der, (long)cert.len);
	assert_non_null(x509);
	EVP_MD *md = EVP_MD_fetch(NULL, suite->hash, NULL);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, md, NULL, X509_get0_pubkey(x509)), 1);
	assert_int_equal(EVP_DigestVerify(ctx, bits.ptr + 1, bits.len - 1, body.ptr, signed_len), 1);
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	X509_free(x509);
}

static EVP_PKEY *ephemeral(const struct suite *suite, uint8_t point[97], size_t *len)
{
	EVP_PKEY *key = EVP_EC_gen(suite->group);

	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", point, 97, len), 1);
	return key;
}

static uint16_t send_establish(struct fixture *f, const struct suite *suite, uint8_t control,
			       struct cs_view point)
{
	uint8_t data[160];
	struct cs_writer w = CS_WRITER_OF(data);
	size_t outer = cs_tlv_begin(&w, 0x7C), inner = cs_tlv_begin(&w, 0x81);

	cs_write_u8(&w, control);
	cs_write_view(&w, CS_VIEW_OF(host_id));
	cs_write_view(&w, point);
	cs_tlv_end(&w, inner);
	cs_tlv_write(&w, 0x82, CS_VIEW_EMPTY);
	cs_tlv_end(&w, outer);
	return fixture_command(f, PIV_INS_AUTHENTICATE, suite->id, PIV_SLOT_SM, cs_writer_view(&w));
}

static void establish(struct fixture *f, const struct suite *suite, struct host *h)
{
	uint8_t point[97], z[48], id[32], answer[1024], cryptogram[16];
	size_t len = 0, z_len;
	EVP_PKEY *own = ephemeral(suite, point, &len), *peer;
	struct cs_view got, nonce, confirmation, cvc, peer_point;

	memset(h, 0, sizeof(*h));
	h->suite = suite;
	h->counter = 1;
	assert_int_equal(send_establish(f, suite, 0, cs_view(point, len)), CS_SW_OK);
	assert_true(f->data.len <= sizeof(answer));
	memcpy(answer, f->data.ptr, f->data.len);
	got = child(child(cs_view(answer, f->data.len), 0x7C), 0x82);
	assert_int_equal(got.ptr[0], 0);
	nonce = cs_view(got.ptr + 1, suite->nonce_len);
	confirmation = cs_view(nonce.ptr + nonce.len, 16);
	cvc = cs_view(confirmation.ptr + 16, got.len - 17 - nonce.len);
	require_signed(f, suite, cvc);
	peer_point = child(child(child(cvc, 0x7F21), 0x7F49), 0x86);
	peer = point_key(suite, peer_point);
	z_len = agree(own, peer, z);
	digest("SHA256", cvc, id);
	derive(h, cs_view(z, z_len), cs_view(point, len), id, nonce);
	uint8_t message[6 + 8] = {'K', 'C', '_', '1', '_', 'V'};
	memcpy(message + 6, id, 8);
	cmac(h, 0, CS_VIEW_OF(message), CS_VIEW_OF(host_id), cs_view(point + 1, len - 1), cryptogram);
	assert_memory_equal(cryptogram, confirmation.ptr, 16);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
}

static void prepare(struct fixture *f, const struct suite *suite)
{
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	fixture_expect(f, suite->generate, CS_SW_OK);
	card_reset(&f->card);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
}

/* ---- commands in the session ---- */

static struct cs_view seal(struct host *h, const struct cs_apdu *cmd, uint8_t raw[5000])
{
	uint8_t header[16] = {0x0C, cmd->ins, cmd->p1, cmd->p2, 0x80}, iv[16], objects[4500], padded[4400],
		mac[16];
	struct cs_writer w = CS_WRITER_OF(objects), out = cs_writer_of(raw, 5000);
	struct cs_apdu sealed = *cmd;

	if (cmd->data.len) {
		size_t n = cmd->data.len + 16 - cmd->data.len % 16;

		memset(padded, 0, sizeof(padded));
		memcpy(padded, cmd->data.ptr, cmd->data.len);
		padded[cmd->data.len] = 0x80;
		initial_vector(h, 0, iv);
		aes(h->suite->cbc, h->keys[2], iv, true, cs_view(padded, n), padded);
		cs_tlv_write_header(&w, 0x87, n + 1);
		cs_write_u8(&w, 1);
		cs_write_view(&w, cs_view(padded, n));
	}
	if (cmd->ne)
		cs_tlv_write_u8(&w, 0x97, 0);
	cmac(h, 1, CS_VIEW_OF(h->mcv), CS_VIEW_OF(header), cs_writer_view(&w), mac);
	memcpy(h->mcv, mac, 16);
	cs_tlv_write(&w, 0x8E, cs_view(mac, 8));
	sealed.cla |= 0x0C;
	sealed.data = cs_writer_view(&w);
	sealed.extended = true;
	sealed.ne = CS_APDU_NE_MAX;
	assert_int_equal(cs_apdu_build(&sealed, &out), CS_OK);
	return cs_writer_view(&out);
}

static void open_answer(struct host *h, struct cs_view answer)
{
	struct cs_reader r = cs_reader_of(answer);
	struct cs_tlv e;
	uint8_t iv[16], mac[16];
	size_t before = 0;

	h->len = 0;
	h->sw = 0;
	while (cs_tlv_read(&r, &e) && e.tag != 0x8E) {
		before = (size_t)(e.value.ptr + e.value.len - answer.ptr);
		if (e.tag == 0x99) {
			assert_int_equal(e.value.len, 2);
			h->sw = (uint16_t)(e.value.ptr[0] << 8 | e.value.ptr[1]);
			continue;
		}
		assert_int_equal(e.tag, 0x87);
		assert_int_equal(e.value.ptr[0], 1);
		initial_vector(h, 0x80, iv);
		aes(h->suite->cbc, h->keys[2], iv, false, cs_view(e.value.ptr + 1, e.value.len - 1), h->data);
		h->len = e.value.len - 1;
		while (h->data[h->len - 1] == 0)
			h->len--;
		assert_int_equal(h->data[--h->len], 0x80);
	}
	cmac(h, 3, CS_VIEW_OF(h->r_mcv), cs_view(answer.ptr, before), CS_VIEW_EMPTY, mac);
	assert_int_equal(e.value.len, 8);
	assert_memory_equal(mac, e.value.ptr, 8);
	assert_int_equal(cs_reader_done(&r), CS_OK);
	memcpy(h->r_mcv, mac, 16);
	h->counter++;
}

static uint16_t command(struct fixture *f, struct host *h, uint8_t ins, uint16_t p1p2, struct cs_view data)
{
	static uint8_t raw[5000];
	const struct cs_apdu cmd = {
	    .ins = ins, .p1 = (uint8_t)(p1p2 >> 8), .p2 = (uint8_t)p1p2, .data = data, .ne = 256};

	assert_int_equal(fixture_send_view(f, seal(h, &cmd, raw)), CS_SW_OK);
	open_answer(h, f->data);
	return h->sw;
}

static uint16_t command_hex(struct fixture *f, struct host *h, uint8_t ins, uint16_t p1p2, const char *hex)
{
	uint8_t data[512];

	return command(f, h, ins, p1p2, fixture_hex(hex, data, sizeof(data)));
}

/* ---- tests ---- */

static void a_card_without_the_key_has_no_secure_messaging(void **state)
{
	struct fixture *f = *state;
	uint8_t point[97];
	size_t len = 0;
	EVP_PKEY *own = ephemeral(CS2, point, &len);

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_false(fixture_answer_has(f, "800127"));
	assert_int_equal(send_establish(f, CS2, 0, cs_view(point, len)), CS_SW_REFERENCE_NOT_FOUND);
	fixture_expect(f, "0CFD0000 0A 8E080000000000000000 00", CS_SW_SM_UNSUPPORTED);
	fixture_expect(f, "00CB3FFF 03 5C017E 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "5F2F02 4000"));
	fixture_expect(f, CS2->generate, CS_SW_SECURITY_STATUS);
	EVP_PKEY_free(own);
}

static void both_suites_read_verify_and_sign_in_a_session(void **state)
{
	struct fixture *f = *state;
	struct host h;

	for (size_t i = 0; i < 2; i++) {
		const struct suite *suite = &suites[i];

		prepare(f, suite);
		assert_true(fixture_answer_has(f, i ? "80012E" : "800127"));
		fixture_authenticate_management(f);
		fixture_expect(f, "0047009A 05 AC03800111 00", CS_SW_OK);
		card_reset(&f->card);
		fixture_expect(f, SELECT_PIV, CS_SW_OK);
		establish(f, suite, &h);
		assert_int_equal(command_hex(f, &h, PIV_INS_GET_DATA, 0x3FFF, "5C015E"), CS_SW_NOT_FOUND);
		assert_int_equal(command_hex(f, &h, PIV_INS_GET_DATA, 0x3FFF, "5C017E"), CS_SW_OK);
		assert_int_equal(h.len, 20);
		assert_int_equal(command_hex(f, &h, ISO_INS_VERIFY, 0x0080, "363534333231FFFF"), 0x63C2);
		assert_int_equal(command_hex(f, &h, ISO_INS_VERIFY, 0x0080, "313233343536FFFF"), CS_SW_OK);
		assert_int_equal(command(f, &h, ISO_INS_VERIFY, 0x0080, CS_VIEW_EMPTY), CS_SW_OK);
		assert_int_equal(command_hex(f, &h, PIV_INS_AUTHENTICATE, 0x119A, "7C08 8200 8104 01020304"),
				 CS_SW_OK);
		assert_int_equal(h.data[0], 0x7C);
		/* data of whole blocks */
		assert_int_equal(command_hex(f, &h, ISO_INS_CHANGE_REFERENCE_DATA, 0x0080,
					     "313233343536FFFF 313233343536FFFF"),
				 CS_SW_OK);
	}
}

static void long_objects_come_in_pieces(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[5000], whole[5000];
	const uint8_t tag[] = {0x5C, 0x03, 0x5F, 0xFF, 0x01};
	const struct cs_apdu cmd = {
	    .ins = PIV_INS_GET_DATA, .p1 = 0x3F, .p2 = 0xFF, .data = CS_VIEW_OF(tag), .ne = 256};
	struct cs_view sealed;
	struct host h;
	size_t len = 0;
	uint16_t sw;

	prepare(f, CS2);
	establish(f, CS2, &h);
	sealed = seal(&h, &cmd, raw);
	/* the same as a short command: chained in two pieces */
	uint8_t piece[64] = {0x1C, 0xCB, 0x3F, 0xFF, 10};
	memcpy(piece + 5, sealed.ptr + 7, 10);
	assert_int_equal(fixture_send_view(f, cs_view(piece, 15)), CS_SW_OK);
	size_t rest = sealed.len - 7 - 2 - 10;
	piece[0] = 0x0C;
	piece[4] = (uint8_t)rest;
	memcpy(piece + 5, sealed.ptr + 17, rest);
	piece[5 + rest] = 0;
	sw = fixture_send_view(f, cs_view(piece, 6 + rest));
	while (true) {
		memcpy(whole + len, f->data.ptr, f->data.len);
		len += f->data.len;
		if (sw >> 8 != 0x61)
			break;
		sw = fixture_send(f, len % 2 ? "00C00000 00" : "0CC00000 00");
	}
	assert_int_equal(sw, CS_SW_OK);
	open_answer(&h, cs_view(whole, len));
	assert_int_equal(h.sw, CS_SW_OK);
	assert_true(h.len > 300);
	for (size_t i = 0; i < sizeof(f->card.command); i++)
		assert_int_equal(f->card.command[i], 0);
}

static void what_is_not_a_beginning_is_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t point[97];
	size_t len = 0;
	EVP_PKEY *own = ephemeral(CS2, point, &len);
	struct host h;

	prepare(f, CS2);
	assert_int_equal(send_establish(f, CS2, 0x80, cs_view(point, len)), CS_SW_WRONG_DATA);
	assert_int_equal(send_establish(f, CS2, 0, cs_view(point, len - 1)), CS_SW_WRONG_DATA);
	assert_int_equal(send_establish(f, CS7, 0, cs_view(point, len)), CS_SW_WRONG_P1P2);
	point[40] ^= 1; /* not on the curve */
	assert_int_equal(send_establish(f, CS2, 0, cs_view(point, len)), CS_SW_WRONG_DATA);
	assert_int_equal(f->card.channels[0].sm.piv.key_len, 0);
	/* the key does nothing else */
	fixture_expect(f, "00871104 0A 7C08 8200 8104 01020304 00", CS_SW_WRONG_P1P2);
	fixture_expect(f, "00F70004 00", CS_SW_REFERENCE_NOT_FOUND);
	/* nor is it established within itself */
	establish(f, CS2, &h);
	assert_int_equal(command_hex(f, &h, PIV_INS_AUTHENTICATE, 0x2704, "7C028200"), CS_SW_CONDITIONS);
	EVP_PKEY_free(own);
}

static struct cs_view sealed_verify(struct host *h, uint8_t raw[5000])
{
	static const uint8_t pin[] = {'1', '2', '3', '4', '5', '6', 0xFF, 0xFF};
	const struct cs_apdu cmd = {.ins = ISO_INS_VERIFY, .p2 = 0x80, .data = CS_VIEW_OF(pin)};

	return seal(h, &cmd, raw);
}

static void no_bit_of_a_command_can_be_changed(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[5000];
	struct host h;

	prepare(f, CS2);
	for (size_t bit = 8; bit < 8u * (7 + 29); bit++) {
		struct cs_view a;
		uint16_t sw;

		if (bit / 8 >= 4 && bit / 8 < 7)
			continue; /* the length: see the next test */
		establish(f, CS2, &h);
		a = sealed_verify(&h, raw);
		raw[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		sw = fixture_send_view(f, a);
		assert_true(sw == CS_SW_SM_INCORRECT || sw == CS_SW_SM_MISSING);
		assert_int_equal(f->card.channels[0].sm.piv.key_len, 0);
		fixture_expect(f, "00200080", 0x63C3);
		fixture_expect(f, "0CFD0000 0A 8E080000000000000000 00", CS_SW_SM_INCORRECT);
	}
}

static void a_command_is_heard_once_whole_and_in_its_order(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[5000], second[5000];
	struct cs_view a, b;
	struct host h;

	prepare(f, CS2);
	for (size_t lc = 0; lc < 40; lc++) {
		establish(f, CS2, &h);
		memset(raw, 0, sizeof(raw));
		a = sealed_verify(&h, raw);
		if (lc == a.len - 9)
			continue;
		raw[6] = (uint8_t)lc;
		memset(raw + 7 + lc, 0, 2);
		assert_true(fixture_send_view(f, cs_view(raw, 9 + lc)) >> 8 == 0x69);
		assert_int_equal(f->card.channels[0].sm.piv.key_len, 0);
		fixture_expect(f, "00200080", 0x63C3);
	}
	establish(f, CS2, &h);
	a = sealed_verify(&h, raw);
	h.counter++;
	b = sealed_verify(&h, second);
	assert_int_equal(fixture_send_view(f, b), CS_SW_SM_INCORRECT);
	assert_int_equal(fixture_send_view(f, a), CS_SW_SM_INCORRECT);
	fixture_expect(f, "00200080", 0x63C3);
	establish(f, CS2, &h);
	a = sealed_verify(&h, raw);
	assert_int_equal(fixture_send_view(f, a), CS_SW_OK);
	open_answer(&h, f->data);
	fixture_expect(f, "0020FF80", CS_SW_OK); /* a plain command in between is none of its business */
	assert_int_equal(fixture_send_view(f, a), CS_SW_SM_INCORRECT);
	fixture_expect(f, "00200080", 0x63C3);
}

/* Both halves of it, from the wire. */
static void a_recorded_session_is_of_no_use(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[5000], first[400], again[400];
	uint8_t point[97];
	size_t len = 0, first_len;
	EVP_PKEY *own = ephemeral(CS2, point, &len);
	struct host h;
	struct cs_view verify;

	prepare(f, CS2);
	assert_int_equal(send_establish(f, CS2, 0, cs_view(point, len)), CS_SW_OK);
	first_len = f->data.len;
	memcpy(first, f->data.ptr, first_len);
	/* the same host, the same point: other keys */
	memcpy(again, f->card.channels[0].sm.piv.mac, 16);
	assert_int_equal(send_establish(f, CS2, 0, cs_view(point, len)), CS_SW_OK);
	assert_int_equal(f->data.len, first_len);
	assert_memory_not_equal(f->data.ptr, first, first_len);
	assert_memory_not_equal(f->card.channels[0].sm.piv.mac, again, 16);
	establish(f, CS2, &h);
	verify = sealed_verify(&h, raw);
	assert_int_equal(send_establish(f, CS2, 0, cs_view(point, len)), CS_SW_OK);
	assert_int_equal(fixture_send_view(f, verify), CS_SW_SM_INCORRECT);
	fixture_expect(f, "00200080", 0x63C3);
	EVP_PKEY_free(own);
}

static void a_session_ends_with_reset_selection_and_channel(void **state)
{
	struct fixture *f = *state;
	static uint8_t raw[5000];
	struct cs_view a;
	struct host h;

	prepare(f, CS2);
	establish(f, CS2, &h);
	a = sealed_verify(&h, raw);
	fixture_expect(f, "00700000 01", CS_SW_OK);
	fixture_expect(f, "01A40400 05 A000000308", CS_SW_OK);
	raw[0] = 0x0D;
	assert_int_equal(fixture_send_view(f, a), CS_SW_SM_INCORRECT);
	raw[0] = 0x0C;
	assert_int_equal(fixture_send_view(f, a), CS_SW_OK);
	establish(f, CS2, &h);
	a = sealed_verify(&h, raw);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_int_equal(fixture_send_view(f, a), CS_SW_SM_INCORRECT);
	establish(f, CS2, &h);
	a = sealed_verify(&h, raw);
	card_reset(&f->card);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	assert_int_equal(fixture_send_view(f, a), CS_SW_SM_INCORRECT);
	fixture_expect(f, "00200080", 0x63C3);
}

static void the_pairing_code_opens_the_virtual_contact_interface(void **state)
{
	struct fixture *f = *state;
	struct host h;

	prepare(f, CS2);
	fixture_expect(f, "00CB3FFF 03 5C017E 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "5F2F02 4C00"));
	establish(f, CS2, &h);
	assert_int_equal(f->card.channels[0].security, SECURITY_VCI);
	assert_int_equal(command_hex(f, &h, ISO_INS_VERIFY, 0x0098, "3132333435363738"),
			 CS_SW_REFERENCE_NOT_FOUND);
	fixture_authenticate_management(f);
	fixture_expect(f, "00DB3FFF 13 5C035FC123 530C 9908 3132333435363738 FE00", CS_SW_OK);
	fixture_expect(f, "00CB3FFF 03 5C017E 00", CS_SW_OK);
	assert_true(fixture_answer_has(f, "5F2F02 4800"));
	establish(f, CS2, &h);
	assert_int_equal(f->card.channels[0].security & SECURITY_VCI, 0);
	assert_int_equal(command_hex(f, &h, ISO_INS_VERIFY, 0x0098, "3132333435363739"),
			 CS_SW_SECURITY_STATUS);
	assert_int_equal(command(f, &h, ISO_INS_VERIFY, 0x0098, CS_VIEW_EMPTY), CS_SW_SECURITY_STATUS);
	assert_int_equal(command_hex(f, &h, ISO_INS_VERIFY, 0x0098, "3132333435363738"), CS_SW_OK);
	assert_int_equal(command(f, &h, ISO_INS_VERIFY, 0x0098, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(command_hex(f, &h, ISO_INS_VERIFY, 0x0098, "31323334353637"), CS_SW_WRONG_LENGTH);
	assert_int_equal(f->card.channels[0].security & SECURITY_VCI, SECURITY_VCI);
	/* not in the clear */
	fixture_expect(f, "00200098 08 3132333435363738", CS_SW_SECURITY_STATUS);
	fixture_expect(f, "0CFD0000 0A 8E080000000000000000 00", CS_SW_SM_INCORRECT);
	assert_int_equal(f->card.channels[0].security & SECURITY_VCI, 0);
}

static void the_key_goes_with_the_cards_content_and_no_command_reads_it(void **state)
{
	struct fixture *f = *state;
	struct host h;

	prepare(f, CS2);
	for (unsigned i = 0; i < 3; i++) {
		(void)fixture_send(f, WRONG_PIN);
		(void)fixture_send(f, "002C0080 10 3635343332313131 363534333231FFFF");
	}
	establish(f, CS2, &h);
	assert_int_equal(command(f, &h, PIV_INS_RESET, 0, CS_VIEW_EMPTY), CS_SW_OK);
	assert_int_equal(f->card.channels[0].sm.piv.key_len, 0);
	assert_false(store_has(&f->card.store, RECORD_PIV_SM_KEY));
	fixture_expect(f, "00CB3FFF 05 5C035FFF04 00", CS_SW_NOT_FOUND);
}

/* An administrator's session is a closer one: PIV's does not open it, and ends it. */
static void scp03_and_piv_sessions_do_not_mix(void **state)
{
	struct fixture *f = *state;
	struct host h;

	prepare(f, CS2);
	establish(f, CS2, &h);
	fixture_expect(f, "04FD0000 08 0000000000000000", CS_SW_SECURITY_STATUS);
	assert_int_equal(command_hex(f, &h, PIV_INS_PUT_DATA, 0x3FFF, "5C035FC1065301AA"),
			 CS_SW_SECURITY_STATUS);
	f->card.channels[0].sm.scp.level = SCP03_ALL;
	f->card.channels[0].security |= SECURITY_SCP;
	fixture_expect(f, "0CFD0000 0A 8E080000000000000000 00", CS_SW_SECURITY_STATUS);
	assert_int_equal(f->card.channels[0].security, 0);
	assert_int_equal(f->card.channels[0].sm.scp.level, 0);
	assert_int_equal(f->card.channels[0].sm.piv.key_len, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup_piv, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_card_without_the_key_has_no_secure_messaging),
	    CASE(both_suites_read_verify_and_sign_in_a_session),
	    CASE(long_objects_come_in_pieces),
	    CASE(what_is_not_a_beginning_is_refused),
	    CASE(no_bit_of_a_command_can_be_changed),
	    CASE(a_command_is_heard_once_whole_and_in_its_order),
	    CASE(a_recorded_session_is_of_no_use),
	    CASE(a_session_ends_with_reset_selection_and_channel),
	    CASE(the_pairing_code_opens_the_virtual_contact_interface),
	    CASE(the_key_goes_with_the_cards_content_and_no_command_reads_it),
	    CASE(scp03_and_piv_sessions_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
