/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A hostile card under the whole module: what it answers to each command of a session, from the first SELECT
 * to the last.
 *
 * Input: four bytes with a bit for each step of the session (p11_session.c), then answers, each two bytes of
 * length and that many bytes (of the first, the ATR, one byte of length); where they end, the card is gone.
 * The corpus has true sessions, which COUNTERSIGN_FUZZ_RECORD=FILE writes: FILE from a Countersign card,
 * FILE.piv from the same as if it were any PIV card, FILE.login and FILE.keys of a part of the steps.
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
	bool any_piv;
	uint32_t steps;
} true_sessions[] = {
    {"", false, P11_SESSION_STEPS},   {".piv", true, 0x3FFFFFu},	{".login", false, 0x0400B0u},
    {".secrets", false, 0x000D30u},   {".passwords", false, 0x001530u}, {".generate", false, 0x000210u},
    {".encrypted", false, 0x006530u}, {".change", false, 0x008130u},
};

static CK_SESSION_HANDLE session;
static FILE *record;
static bool as_any_piv;

static bool ours_alone(struct cs_view command)
{
	static const uint8_t aid[] = {0xF0, 0x43, 0x53, 0x49, 0x47, 0x4E};

	return command.len > 4 &&
	       ((command.ptr[0] & 0x80u) != 0 ||
		(command.ptr[1] == 0xA4 && command.len > 10 && memcmp(command.ptr + 5, aid, 6) == 0));
}

static enum cs_err record_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	size_t from = response->len, len;
	enum cs_err err = CS_OK;

	if (as_any_piv && ours_alone(command))
		cs_write_view(response, cs_view("\x6D\x00", 2));
	else
		err = transport_card.transmit(link, command, response);
	len = response->len - from;
	FUZZ_REQUIRE(err == CS_OK && fputc((int)(len >> 8), record) >= 0 &&
		     fputc((int)(len & 0xFF), record) >= 0);
	FUZZ_REQUIRE(fwrite(response->buf + from, 1, len, record) == len);
	return err;
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

static void record_one(const char *path, bool any_piv, uint32_t steps)
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
	recorder = transport_card;
	recorder.transmit = record_transmit;
	recorder.connect = record_connect;
	as_any_piv = any_piv;
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
		record_one(file, true_sessions[i].any_piv, true_sessions[i].steps);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	uint32_t steps;

	if (!begun)
		begin();
	begun = true;
	answers = cs_reader_of(cs_view(data, size));
	gone = false;
	steps = cs_read_u32(&answers);
	slots_set_backend(&fuzz_card);
	p11_session_run(steps);
	return 0;
}
