/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A hostile card under the whole module: what it answers to each command of a session, from the first SELECT
 * to the last.
 *
 * Input: two bytes with a bit for each step of the session, then answers, each two bytes of length and that
 * many bytes (of the first, the ATR, one byte of length); where they end, the card is gone. The corpus has
 * true sessions, which COUNTERSIGN_FUZZ_RECORD=FILE writes: FILE from a Countersign card, FILE.piv from the
 * same as if it were any PIV card.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "pkcs11/slot.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

#define OBJECTS_MAX 64u
#define VALUE_MAX   9000u

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

/* ---- the session ---- */

static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE objects[OBJECTS_MAX];
static CK_ULONG object_count;

/* Nothing that a card says is the host's fault. */
static CK_RV checked(CK_RV rv)
{
	FUZZ_REQUIRE(rv != CKR_GENERAL_ERROR && rv != CKR_ARGUMENTS_BAD && rv != CKR_HOST_MEMORY);
	return rv;
}

static void look_at_token(void)
{
	CK_MECHANISM_TYPE mechanisms[256];
	CK_MECHANISM_INFO mechanism;
	CK_TOKEN_INFO info;
	CK_ULONG n = 256;

	(void)checked(C_GetTokenInfo(0, &info));
	if (checked(C_GetMechanismList(0, mechanisms, &n)) != CKR_OK)
		return;
	FUZZ_REQUIRE(n <= 256);
	for (CK_ULONG i = 0; i < n; i++)
		(void)checked(C_GetMechanismInfo(0, mechanisms[i], &mechanism));
}

static void find_objects(void)
{
	object_count = 0;
	if (checked(C_FindObjectsInit(session, NULL, 0)) != CKR_OK)
		return;
	(void)checked(C_FindObjects(session, objects, OBJECTS_MAX, &object_count));
	FUZZ_REQUIRE(object_count <= OBJECTS_MAX);
	(void)checked(C_FindObjectsFinal(session));
}

static void find_certificates(void)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BYTE subject[] = {0x30, 0x00};
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_SUBJECT, subject, sizeof(subject)}};

	if (checked(C_FindObjectsInit(session, template, 2)) == CKR_OK)
		(void)checked(C_FindObjectsFinal(session));
}

static void read_objects(void)
{
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_CLASS,
						  CKA_LABEL,
						  CKA_ID,
						  CKA_VALUE,
						  CKA_SUBJECT,
						  CKA_ISSUER,
						  CKA_SERIAL_NUMBER,
						  CKA_START_DATE,
						  CKA_MODULUS,
						  CKA_EC_PARAMS,
						  CKA_EC_POINT,
						  CKA_PUBLIC_KEY_INFO,
						  CKA_KEY_TYPE,
						  CKA_UNIQUE_ID,
						  CKA_APPLICATION,
						  CKA_ALLOWED_MECHANISMS};
	static CK_BYTE value[VALUE_MAX];

	for (CK_ULONG i = 0; i < object_count; i++) {
		for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
			CK_ATTRIBUTE a = {types[k], value, sizeof(value)};
			CK_RV rv = checked(C_GetAttributeValue(session, objects[i], &a, 1));

			FUZZ_REQUIRE(rv != CKR_OK || a.ulValueLen <= sizeof(value));
		}
	}
}

static void log_in(void)
{
	(void)checked(p11_login(session, CKU_USER, P11_USER_PIN));
}

static void log_out(void)
{
	(void)checked(C_Logout(session));
}

static void sign_with(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM m = {type, NULL, 0};
	CK_BYTE data[32] = {1}, *out = malloc(1024);
	CK_ULONG len = 1024;

	FUZZ_REQUIRE(out != NULL);
	if (checked(C_SignInit(session, &m, key)) == CKR_OK &&
	    checked(C_Sign(session, data, sizeof(data), out, &len)) == CKR_OK)
		FUZZ_REQUIRE(len <= 1024);
	free(out);
}

static void decrypt_with(CK_OBJECT_HANDLE key)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_BYTE data[256] = {1}, out[512];
	CK_ULONG len = sizeof(out);

	if (checked(C_DecryptInit(session, &m, key)) == CKR_OK &&
	    checked(C_Decrypt(session, data, sizeof(data), out, &len)) == CKR_OK)
		FUZZ_REQUIRE(len <= sizeof(out));
}

static void derive_with(CK_OBJECT_HANDLE key)
{
	CK_BYTE point[65] = {0x04};
	CK_ECDH1_DERIVE_PARAMS params = {CKD_NULL, 0, NULL, sizeof(point), point};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_MECHANISM m = {CKM_ECDH1_DERIVE, &params, sizeof(params)};
	CK_OBJECT_HANDLE made;

	(void)checked(C_DeriveKey(session, &m, key, a, 2, &made));
}

static void use_keys(void)
{
	for (CK_ULONG i = 0; i < object_count && i < 12; i++) {
		CK_OBJECT_CLASS class = CKO_DATA;
		CK_ATTRIBUTE a = {CKA_CLASS, &class, sizeof(class)};

		if (C_GetAttributeValue(session, objects[i], &a, 1) != CKR_OK || class != CKO_PRIVATE_KEY)
			continue;
		sign_with(objects[i], CKM_ECDSA_SHA256);
		sign_with(objects[i], CKM_SHA256_RSA_PKCS);
		sign_with(objects[i], CKM_EDDSA);
		decrypt_with(objects[i]);
		derive_with(objects[i]);
	}
}

static void write_objects(void)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE value[300] = {1};
	CK_ATTRIBUTE a[] = {
	    {CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_VALUE, value, sizeof(value)}};
	CK_OBJECT_HANDLE made;

	if (checked(C_CreateObject(session, a, 3, &made)) == CKR_OK)
		(void)checked(C_DestroyObject(session, made));
	(void)checked(p11_generate(session, 7, &made));
}

static void destroy_objects(void)
{
	for (CK_ULONG i = 0; i < object_count && i < 3; i++)
		(void)checked(C_DestroyObject(session, objects[i]));
}

static void change_pin(void)
{
	CK_UTF8CHAR was[] = P11_USER_PIN, pin[] = P11_USER_PIN;

	(void)checked(C_SetPIN(session, was, 6, pin, 6));
}

static void be_officer(void)
{
	CK_UTF8CHAR pin[] = P11_USER_PIN, key[] = "010203040506070801020304050607080102030405060708";

	(void)C_Logout(session);
	if (checked(p11_login(session, CKU_SO, P11_SO_PIN)) == CKR_OK)
		(void)checked(C_InitPIN(session, pin, 6));
	(void)C_Logout(session);
	(void)checked(C_Login(session, CKU_SO, key, sizeof(key) - 1));
	(void)C_Logout(session);
}

static void init_token(void)
{
	CK_UTF8CHAR label[32], pin[] = P11_SO_PIN;

	memset(label, ' ', sizeof(label));
	(void)C_CloseAllSessions(0);
	(void)checked(C_InitToken(0, pin, sizeof(pin) - 1, label));
	(void)p11_open(&session);
}

static void run_session(uint16_t steps)
{
	static void (*const all[])(void) = {look_at_token, find_objects, read_objects, find_certificates,
					    log_in,	   find_objects, read_objects, use_keys,
					    write_objects, change_pin,	 log_out,      destroy_objects,
					    be_officer,	   init_token};

	FUZZ_REQUIRE(C_Initialize(NULL) == CKR_OK);
	if (checked(p11_open(&session)) == CKR_OK) {
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			if ((steps & 1u << i) != 0)
				all[i]();
		}
	}
	FUZZ_REQUIRE(C_Finalize(NULL) == CKR_OK);
}

/* ---- true sessions ---- */

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

static void record_one(const char *path, bool any_piv, uint16_t steps)
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
	FUZZ_REQUIRE(record != NULL && fputc(steps >> 8, record) >= 0 && fputc(steps & 0xFF, record) >= 0);
	slots_set_backend(&recorder);
	run_session(steps);
	FUZZ_REQUIRE(fclose(record) == 0);
	p11_token_free();
}

static void begin(void)
{
	const char *path = getenv("COUNTERSIGN_FUZZ_RECORD");
	char piv[4096];

	/* Nothing of the person who runs this, and nothing of one input for the next. */
	(void)setenv("COUNTERSIGN_PKCS11_CONF", "", 1);
	(void)unsetenv("XDG_CACHE_HOME");
	(void)unsetenv("HOME");
	if (path == NULL)
		return;
	(void)snprintf(piv, sizeof(piv), "%s.piv", path);
	record_one(path, false, 0x3FFF);
	record_one(piv, true, 0x0FFF);
	(void)snprintf(piv, sizeof(piv), "%s.login", path);
	record_one(piv, false, 0x01B0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	uint16_t steps;

	if (!begun)
		begin();
	begun = true;
	answers = cs_reader_of(cs_view(data, size));
	gone = false;
	steps = cs_read_u16(&answers);
	slots_set_backend(&fuzz_card);
	run_session(steps);
	return 0;
}
