/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIV's secure messaging as a host does it: SP 800-73-5 part 2, section 4, with libcrypto.
 */
#include "tests/unit/piv_sm_host.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/x509.h>

#include "base/tlv.h"

const struct host_suite host_suites[2] = {
    {0x27, 0x09, "P-256", "SHA256", "AES-128-CBC", "AES-128-ECB", 32, 16, 16, "00470004 05 AC03800127 00"},
    {0x2E, 0x0D, "P-384", "SHA384", "AES-256-CBC", "AES-256-ECB", 48, 32, 24, "00470004 05 AC0380012E 00"},
};

static const uint8_t host_id[8] = {'h', 'o', 's', 't', 1, 2, 3, 4};

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

static EVP_PKEY *point_key(const struct host_suite *suite, struct cs_view point)
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
static void require_signed(struct fixture *f, const struct host_suite *suite, struct cs_view cvc)
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

EVP_PKEY *host_ephemeral(const struct host_suite *suite, uint8_t point[97], size_t *len)
{
	EVP_PKEY *key = EVP_EC_gen(suite->group);

	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", point, 97, len), 1);
	return key;
}

uint16_t host_send_establish(struct fixture *f, const struct host_suite *suite, uint8_t control,
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

void host_establish(struct fixture *f, const struct host_suite *suite, struct host *h)
{
	uint8_t point[97], z[48], id[32], answer[1024], cryptogram[16];
	size_t len = 0, z_len;
	EVP_PKEY *own = host_ephemeral(suite, point, &len), *peer;
	struct cs_view got, nonce, confirmation, cvc, peer_point;

	memset(h, 0, sizeof(*h));
	h->suite = suite;
	h->counter = 1;
	assert_int_equal(host_send_establish(f, suite, 0, cs_view(point, len)), CS_SW_OK);
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

void host_prepare(struct fixture *f, const struct host_suite *suite)
{
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	fixture_expect(f, suite->generate, CS_SW_OK);
	card_reset(&f->card);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
}

/* ---- commands in the session ---- */

struct cs_view host_protect(struct host *h, const struct cs_apdu *cmd, struct cs_view objects,
			    uint8_t raw[5000])
{
	uint8_t header[16] = {0x0C, cmd->ins, cmd->p1, cmd->p2, 0x80}, mac[16];
	static uint8_t data[4600];
	struct cs_writer w = CS_WRITER_OF(data), out = cs_writer_of(raw, 5000);
	struct cs_apdu sealed = *cmd;

	cmac(h, 1, CS_VIEW_OF(h->mcv), CS_VIEW_OF(header), objects, mac);
	memcpy(h->mcv, mac, 16);
	cs_write_view(&w, objects);
	cs_tlv_write(&w, 0x8E, cs_view(mac, 8));
	sealed.cla |= 0x0C;
	sealed.data = cs_writer_view(&w);
	sealed.extended = true;
	sealed.ne = CS_APDU_NE_MAX;
	assert_int_equal(cs_apdu_build(&sealed, &out), CS_OK);
	return cs_writer_view(&out);
}

void host_encrypt(const struct host *h, uint8_t indicator, struct cs_view padded, struct cs_writer *objects)
{
	uint8_t iv[16], bytes[4400];

	initial_vector(h, 0, iv);
	aes(h->suite->cbc, h->keys[2], iv, true, padded, bytes);
	cs_tlv_write_header(objects, 0x87, padded.len + 1);
	cs_write_u8(objects, indicator);
	cs_write_view(objects, cs_view(bytes, padded.len));
}

struct cs_view host_seal(struct host *h, const struct cs_apdu *cmd, uint8_t raw[5000])
{
	uint8_t objects[4500], padded[4400] = {0};
	struct cs_writer w = CS_WRITER_OF(objects);

	if (cmd->data.len) {
		memcpy(padded, cmd->data.ptr, cmd->data.len);
		padded[cmd->data.len] = 0x80;
		host_encrypt(h, 1, cs_view(padded, cmd->data.len + 16 - cmd->data.len % 16), &w);
	}
	if (cmd->ne)
		cs_tlv_write_u8(&w, 0x97, 0);
	return host_protect(h, cmd, cs_writer_view(&w), raw);
}

void host_open_answer(struct host *h, struct cs_view answer)
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

uint16_t host_command(struct fixture *f, struct host *h, uint8_t ins, uint16_t p1p2, struct cs_view data)
{
	static uint8_t raw[5000];
	const struct cs_apdu cmd = {
	    .ins = ins, .p1 = (uint8_t)(p1p2 >> 8), .p2 = (uint8_t)p1p2, .data = data, .ne = 256};

	assert_int_equal(fixture_send_view(f, host_seal(h, &cmd, raw)), CS_SW_OK);
	host_open_answer(h, f->data);
	return h->sw;
}

uint16_t host_command_hex(struct fixture *f, struct host *h, uint8_t ins, uint16_t p1p2, const char *hex)
{
	uint8_t data[512];

	return host_command(f, h, ins, p1p2, fixture_hex(hex, data, sizeof(data)));
}
