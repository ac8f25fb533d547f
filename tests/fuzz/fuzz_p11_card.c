/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A hostile card under the whole module: what it answers to each command of a session, from the first SELECT
 * to the last.
 *
 * Input: four bytes with a bit for each step of the session (p11_session.c), then answers, each two bytes of
 * length and that many bytes (of the first, the ATR, one byte of length); where they end, the card is gone.
 * The corpus has true sessions, which COUNTERSIGN_FUZZ_RECORD=FILE writes: FILE from a Countersign card,
 * FILE.piv from the same as if it were any PIV card, FILE.alone as if it had OATH alone, the others of a part
 * of the steps. Where the steps are P11_SESSION_PAD's, the reader has a PIN pad, which is as hostile: its
 * answers stand among the card's.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "pkcs11/slot.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/p11_session.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/pinpad_mock.h"
#include "tests/lib/transport_card.h"

/* ---- the card that is the input ---- */

static struct cs_reader answers;
static bool gone;

static enum cs_err fuzz_open(const char *arg, void **state)
{
	(void)arg;
	*state = &answers;
	return CS_OK;
}

static void fuzz_nothing(void *state)
{
	(void)state;
}

static enum cs_err fuzz_readers(void *state, struct cc_reader *out, size_t max, size_t *count)
{
	(void)state;
	FUZZ_REQUIRE(max > 0);
	memset(out, 0, sizeof(*out));
	memcpy(out->name, "Hostile", sizeof("Hostile"));
	out->present = true;
	out->events = 1;
	*count = 1;
	return CS_OK;
}

static enum cs_err fuzz_wait(void *state, const struct cc_reader *known, size_t count)
{
	(void)state;
	(void)known;
	(void)count;
	return CS_ERR_CANCELLED;
}

static enum cs_err fuzz_connect(void *state, const char *reader, void **link, struct cs_writer *atr)
{
	(void)state;
	(void)reader;
	cs_write_view(atr, cs_read_view(&answers, cs_read_u8(&answers) % (CC_ATR_MAX + 1)));
	*link = &answers;
	return CS_OK;
}

static enum cs_err fuzz_state(void *link)
{
	(void)link;
	return gone ? CS_ERR_REMOVED : CS_OK;
}

static enum cs_err fuzz_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	struct cs_view answer = cs_read_view(&answers, cs_read_u16(&answers));

	(void)link;
	FUZZ_REQUIRE(command.len >= 4);
	if (!cs_reader_more(&answers) && answer.len == 0)
		gone = true;
	if (gone)
		return CS_ERR_REMOVED;
	cs_write_view(response, answer);
	return CS_OK;
}

/* What the reader has, or what it answers in place of the card. */
static enum cs_err fuzz_control(void *link, uint32_t code, struct cs_view in, struct cs_writer *out)
{
	struct cs_view answer = cs_read_view(&answers, cs_read_u16(&answers));

	(void)link;
	(void)code;
	(void)in;
	cs_write_view(out, answer);
	return cs_writer_done(out);
}

static const struct cc_backend fuzz_card = {
    .name = "fuzz",
    .open = fuzz_open,
    .close = fuzz_nothing,
    .forget = fuzz_nothing,
    .readers = fuzz_readers,
    .wait = fuzz_wait,
    .wake = fuzz_nothing,
    .connect = fuzz_connect,
    .disconnect = fuzz_nothing,
    .forget_link = fuzz_nothing,
    .reconnect = fuzz_state,
    .begin = fuzz_state,
    .end = fuzz_nothing,
    .transmit = fuzz_transmit,
};

/* ---- true sessions ---- */

/* Bits of p11_session.c. */
static const struct {
	const char *name;
	enum plain plain;
	uint32_t steps;
	bool locked; /* the OATH application has a password */
} true_sessions[] = {
    {"", PLAIN_NOT, P11_SESSION_STEPS, false},
    {".piv", PLAIN_PIV_AND_OATH, 0x3FFFFFu, false},
    {".login", PLAIN_NOT, 0x0400B0u, false},
    {".secrets", PLAIN_NOT, 0x000D30u, false},
    {".passwords", PLAIN_NOT, 0x001530u, false},
    {".generate", PLAIN_NOT, 0x000210u, false},
    {".encrypted", PLAIN_NOT, 0x006530u, false},
    {".change", PLAIN_NOT, 0x008130u, false},
    {".recover", PLAIN_NOT, 0x01000030u, false},
    {".recover.piv", PLAIN_PIV_AND_OATH, 0x01000030u, false},
    {".sealed", PLAIN_NOT, 0x06000510u, false},
    {".oath", PLAIN_NOT, P11_SESSION_OATH | 0x10u, true},
    {".alone", PLAIN_OATH, P11_SESSION_OATH | 0x17u, false},
    {".alone.locked", PLAIN_OATH, P11_SESSION_OATH | 0x37u, true},
    {".pad", PLAIN_NOT, P11_SESSION_PAD, false},
    {".parts", PLAIN_NOT, P11_SESSION_PARTS | 0x530u, false},
    {".parts.piv", PLAIN_PIV_AND_OATH, P11_SESSION_PARTS | 0x30u, false},
    {".messages", PLAIN_NOT, P11_SESSION_MESSAGES | 0x530u, false},
    {".messages.piv", PLAIN_PIV_AND_OATH, P11_SESSION_MESSAGES | 0x30u, false},
    {".slots", PLAIN_NOT, P11_SESSION_SLOTS | 0x01u, false},
    {".officer", PLAIN_NOT, 0x400001u, false},
    {".officer.piv", PLAIN_PIV_AND_OATH, 0x400001u, false},
    {".reset", PLAIN_NOT, 0x800003u, false},
};

static CK_SESSION_HANDLE session;
static FILE *record;

static enum cs_err record_answer(enum cs_err err, const struct cs_writer *response, size_t from)
{
	size_t len = response->len - from;

	FUZZ_REQUIRE(err == CS_OK && fputc((int)(len >> 8), record) >= 0 &&
		     fputc((int)(len & 0xFF), record) >= 0);
	FUZZ_REQUIRE(fwrite(response->buf + from, 1, len, record) == len);
	return err;
}

static enum cs_err record_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	size_t from = response->len;

	return record_answer(transport_card.transmit(link, command, response), response, from);
}

static enum cs_err record_control(void *link, uint32_t code, struct cs_view in, struct cs_writer *out)
{
	static const struct pinpad_mock_typing typing = {
	    .old_pin = P11_USER_PIN, .new_pin = P11_USER_PIN, .again = P11_USER_PIN};
	struct pinpad_mock_result result;
	uint8_t features[24];
	size_t from = out->len;

	if (code == PINPAD_MOCK_FEATURES) {
		cs_write_view(out, cs_view(features, pinpad_mock_features(features)));
		return record_answer(CS_OK, out, from);
	}
	pinpad_mock_run(code == PINPAD_MOCK_MODIFY, in.ptr, in.len, &typing, &result);
	if (result.sw == 0)
		return record_transmit(link, cs_view(result.command, result.len), out);
	cs_write_u16(out, result.sw);
	return record_answer(CS_OK, out, from);
}

static enum cs_err record_connect(void *state, const char *reader, void **link, struct cs_writer *atr)
{
	size_t from = atr->len;
	enum cs_err err = transport_card.connect(state, reader, link, atr);

	FUZZ_REQUIRE(fputc((int)(atr->len - from), record) >= 0);
	FUZZ_REQUIRE(fwrite(atr->buf + from, 1, atr->len - from, record) == atr->len - from);
	return err;
}

static bool put_certificate(void)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE der[1024], *out = der, id = P11_KEY_ONCE;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	bool ok = x != NULL && X509_set_version(x, 2) == 1 &&
		  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
					     (const unsigned char *)"Alice", -1, -1, 0) == 1 &&
		  ASN1_TIME_set_string(X509_getm_notBefore(x), "240229000000Z") == 1 &&
		  ASN1_TIME_set_string(X509_getm_notAfter(x), "20511231235959Z") == 1 &&
		  X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256()) > 0 &&
		  i2d_X509(x, NULL) < (int)sizeof(der);
	int len = ok ? i2d_X509(x, &out) : 0;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_VALUE, der, (CK_ULONG)len},
			    {CKA_ID, &id, 1}};
	CK_OBJECT_HANDLE object;

	X509_free(x);
	EVP_PKEY_free(key);
	return len > 0 && C_CreateObject(session, a, 4, &object) == CKR_OK;
}

static void record_one(const char *path, enum plain plain, uint32_t steps, bool locked)
{
	static struct cc_backend recorder;
	CK_ULONG bits = 2048;
	CK_BYTE id = 3;
	CK_ATTRIBUTE public_template = {CKA_MODULUS_BITS, &bits, sizeof(bits)},
		     private_template = {CKA_ID, &id, 1};
	CK_MECHANISM rsa = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE a, b;

	FUZZ_REQUIRE(p11_token_make(&transport_card, &session));
	FUZZ_REQUIRE(C_GenerateKeyPair(session, &rsa, &public_template, 1, &private_template, 1, &a, &b) ==
		     CKR_OK);
	FUZZ_REQUIRE(put_certificate() && C_Finalize(NULL) == CKR_OK);
	FUZZ_REQUIRE(!locked || p11_oath_password(P11_USER_PIN));
	transport_card_be(plain);
	recorder = transport_card;
	recorder.transmit = record_transmit;
	recorder.connect = record_connect;
	recorder.reader_control = (steps & P11_SESSION_PAD) != 0 ? record_control : NULL;
	record = fopen(path, "wb");
	FUZZ_REQUIRE(record != NULL);
	for (int shift = 24; shift >= 0; shift -= 8)
		FUZZ_REQUIRE(fputc((int)(steps >> shift & 0xFF), record) >= 0);
	slots_set_backend(&recorder);
	p11_session_run(steps);
	FUZZ_REQUIRE(fclose(record) == 0);
	p11_token_free();
}

static void begin(void)
{
	const char *path = getenv("COUNTERSIGN_FUZZ_RECORD");
	char file[4096];

	/* Nothing of the person who runs this, and nothing of one input for the next. */
	(void)setenv("COUNTERSIGN_PKCS11_CONF", "", 1);
	(void)unsetenv("XDG_CACHE_HOME");
	(void)unsetenv("HOME");
	if (path == NULL)
		return;
	for (size_t i = 0; i < sizeof(true_sessions) / sizeof(true_sessions[0]); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", path, true_sessions[i].name);
		record_one(file, true_sessions[i].plain, true_sessions[i].steps, true_sessions[i].locked);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	static struct cc_backend hostile;
	uint32_t steps;

	if (!begun)
		begin();
	begun = true;
	answers = cs_reader_of(cs_view(data, size));
	gone = false;
	steps = cs_read_u32(&answers);
	hostile = fuzz_card;
	hostile.reader_control = (steps & P11_SESSION_PAD) != 0 ? fuzz_control : NULL;
	slots_set_backend(&hostile);
	p11_session_run(steps);
	return 0;
}
