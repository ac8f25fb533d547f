/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Cards that take no lengths of two bytes, and cards of T=0, under the whole module over the PC/SC transport:
 * libpcsclite is a mock with one reader in it, which keeps to the rules of ISO/IEC 7816-3, 12.2 and passes
 * nothing on that T=0 does not have.
 */
#include <openssl/x509.h>
#include <winscard.h>

#include "applet/card.h"
#include "base/piv.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/short_card.h"
#include "tests/unit/pkcs11_token.h"

#define READER	    "Mock"
#define HANDLE	    7
#define SHORT_MAX   255u
#define CHAIN	    0x10u
#define HEADER	    SHORT_CARD_HEADER
#define T0_DATA_MAX (HEADER + 1 + SHORT_MAX)

static struct {
	DWORD protocol;
	struct cs_view atr;
	void *link; /* to the card */
	unsigned pieces, fetches, le_beside_data;
	struct short_card card;
} mock;

/* ---- libpcsclite ---- */

LONG SCardEstablishContext(DWORD scope, LPCVOID a, LPCVOID b, LPSCARDCONTEXT context)
{
	(void)scope;
	(void)a;
	(void)b;
	*context = 1;
	return SCARD_S_SUCCESS;
}

LONG SCardReleaseContext(SCARDCONTEXT context)
{
	(void)context;
	return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD len)
{
	(void)context;
	(void)groups;
	assert_true(*len > sizeof(READER));
	memcpy(readers, READER "\0", sizeof(READER) + 1);
	*len = sizeof(READER) + 1;
	return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD count)
{
	(void)context;
	assert_int_equal(timeout, 0);
	assert_int_equal(count, 1);
	states->dwEventState = SCARD_STATE_PRESENT | SCARD_STATE_CHANGED;
	states->cbAtr = mock.atr.len;
	memcpy(states->rgbAtr, mock.atr.ptr, mock.atr.len);
	return SCARD_S_SUCCESS;
}

LONG SCardCancel(SCARDCONTEXT context)
{
	(void)context;
	return SCARD_S_SUCCESS;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD mode, DWORD protocols, LPSCARDHANDLE handle,
		  LPDWORD active)
{
	uint8_t own[CC_ATR_MAX];
	struct cs_writer atr = CS_WRITER_OF(own);
	void *state;

	(void)context;
	(void)mode;
	assert_string_equal(reader, READER);
	assert_null(mock.link);
	if ((protocols & mock.protocol) == 0)
		return SCARD_E_PROTO_MISMATCH;
	if (transport_card.open("", &state) != CS_OK ||
	    transport_card.connect(state, reader, &mock.link, &atr) != CS_OK)
		return SCARD_W_REMOVED_CARD;
	*handle = HANDLE;
	*active = mock.protocol;
	return SCARD_S_SUCCESS;
}

LONG SCardStatus(SCARDHANDLE handle, LPSTR reader, LPDWORD reader_len, LPDWORD state, LPDWORD protocol,
		 LPBYTE atr, LPDWORD atr_len)
{
	(void)reader;
	(void)reader_len;
	assert_int_equal(handle, HANDLE);
	assert_true(*atr_len >= mock.atr.len);
	memcpy(atr, mock.atr.ptr, mock.atr.len);
	*atr_len = mock.atr.len;
	*state = SCARD_PRESENT;
	*protocol = mock.protocol;
	return SCARD_S_SUCCESS;
}

LONG SCardDisconnect(SCARDHANDLE handle, DWORD disposition)
{
	(void)disposition;
	assert_int_equal(handle, HANDLE);
	transport_card.disconnect(mock.link);
	mock.link = NULL;
	return SCARD_S_SUCCESS;
}

LONG SCardReconnect(SCARDHANDLE handle, DWORD mode, DWORD protocols, DWORD initialization, LPDWORD active)
{
	(void)handle;
	(void)mode;
	(void)protocols;
	(void)initialization;
	*active = mock.protocol;
	return transport_card.reconnect(mock.link) == CS_OK ? SCARD_S_SUCCESS : SCARD_W_REMOVED_CARD;
}

LONG SCardBeginTransaction(SCARDHANDLE handle)
{
	assert_int_equal(handle, HANDLE);
	return transport_card.begin(mock.link) == CS_OK ? SCARD_S_SUCCESS : SCARD_W_RESET_CARD;
}

LONG SCardEndTransaction(SCARDHANDLE handle, DWORD disposition)
{
	(void)disposition;
	assert_int_equal(handle, HANDLE);
	return SCARD_S_SUCCESS;
}

LONG SCardControl(SCARDHANDLE handle, DWORD code, LPCVOID in, DWORD in_len, LPVOID out, DWORD out_len,
		  LPDWORD returned)
{
	(void)handle;
	(void)code;
	(void)in;
	(void)in_len;
	(void)out;
	(void)out_len;
	(void)returned;
	return SCARD_E_UNSUPPORTED_FEATURE;
}

LONG SCardTransmit(SCARDHANDLE handle, const SCARD_IO_REQUEST *pci, LPCBYTE bytes, DWORD len,
		   SCARD_IO_REQUEST *received, LPBYTE answer, LPDWORD answer_len)
{
	struct cs_view command = cs_view(bytes, len);
	struct cs_writer response = cs_writer_of(answer, *answer_len);
	bool t0 = mock.protocol == SCARD_PROTOCOL_T0,
	     data = len > HEADER + 1 && !short_card_extended(command);

	(void)received;
	assert_int_equal(handle, HANDLE);
	if (pci != (t0 ? SCARD_PCI_T0 : SCARD_PCI_T1))
		return SCARD_E_PROTO_MISMATCH;
	if (t0 && (len > T0_DATA_MAX || (len > HEADER + 1 && len != HEADER + 1 + (size_t)bytes[HEADER])))
		return SCARD_E_INVALID_PARAMETER;
	mock.pieces += (bytes[0] & CHAIN) != 0;
	mock.fetches += bytes[1] == ISO_INS_GET_RESPONSE;
	mock.le_beside_data += data && len == HEADER + 2 + (size_t)bytes[HEADER];
	if (short_card_transmit(&mock.card, transport_card.transmit, mock.link, command, &response) != CS_OK)
		return SCARD_W_REMOVED_CARD;
	*answer_len = response.len;
	return cs_writer_done(&response) == CS_OK ? SCARD_S_SUCCESS : SCARD_E_INSUFFICIENT_BUFFER;
}

/* ---- the cards ---- */

static int with_card(DWORD protocol, struct cs_view atr)
{
	if (setenv("XDG_CACHE_HOME", "/dev/null/none", 1) != 0 || !transport_card_make(CSGN_PROFILE_PIV))
		return -1;
	transport_card_make_plain();
	memset(&mock, 0, sizeof(mock));
	mock.protocol = protocol;
	mock.card.t0 = protocol == SCARD_PROTOCOL_T0;
	mock.atr = atr;
	return p11_begin(&cc_backend_pcsc, &session) == CKR_OK ? 0 : -1;
}

static int t1_short(void **state)
{
	static const uint8_t atr[] = {0x3B, 0x80, 0x01, 0x81};

	(void)state;
	return with_card(SCARD_PROTOCOL_T1, CS_VIEW_OF(atr));
}

static int t0_short(void **state)
{
	static const uint8_t atr[] = {0x3B, 0x00};

	(void)state;
	return with_card(SCARD_PROTOCOL_T0, CS_VIEW_OF(atr));
}

/* A card of both protocols, which says that it takes lengths of two bytes: by T=1. */
static int t0_of_both(void **state)
{
	(void)state;
	return with_card(SCARD_PROTOCOL_T0, card_atr());
}

static void again(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_null(mock.link);
	assert_int_equal(p11_begin(&cc_backend_pcsc, &session), CKR_OK);
}

static void forget_counts(void)
{
	mock.pieces = mock.fetches = 0;
}

/* ---- what is done ---- */

static CK_OBJECT_HANDLE make_rsa(CK_BYTE id)
{
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE public = {CKA_MODULUS_BITS, &bits, sizeof(bits)}, private = {CKA_ID, &id, 1};
	CK_OBJECT_HANDLE keys[2];

	assert_int_equal(log_in(CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(generate(CKM_RSA_PKCS_KEY_PAIR_GEN, &public, 1, &private, 1, &keys[0], &keys[1]),
			 CKR_OK);
	assert_int_equal(C_Logout(session), CKR_OK);
	return keys[0];
}

static CK_OBJECT_HANDLE only(CK_OBJECT_CLASS class)
{
	CK_OBJECT_HANDLE found[32];

	assert_int_equal(find_class(class, found), 1);
	return found[0];
}

static EVP_PKEY *public_half(void)
{
	struct cs_view spki = attribute(only(CKO_PUBLIC_KEY), CKA_PUBLIC_KEY_INFO);
	const unsigned char *in = spki.ptr;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &in, (long)spki.len);

	assert_non_null(key);
	return key;
}

static void sign(CK_BYTE signature[256])
{
	CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
	CK_BYTE text[] = "signed in pieces";
	CK_ULONG len = 256;

	assert_int_equal(C_SignInit(session, &mechanism, only(CKO_PRIVATE_KEY)), CKR_OK);
	assert_int_equal(C_Sign(session, text, sizeof(text), signature, &len), CKR_OK);
	assert_int_equal(len, 256);
	EVP_PKEY *key = public_half();
	EVP_MD_CTX *verify = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(verify, signature, 256, text, sizeof(text)), 1);
	EVP_MD_CTX_free(verify);
	EVP_PKEY_free(key);
}

static void decrypt(void)
{
	static const unsigned char secret[] = "read in pieces";
	CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
	unsigned char sealed[256];
	CK_BYTE out[256];
	CK_ULONG len = sizeof(out);
	size_t sealed_len = sizeof(sealed);
	EVP_PKEY *key = public_half();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_encrypt(ctx, sealed, &sealed_len, secret, sizeof(secret)), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	assert_int_equal(C_DecryptInit(session, &mechanism, only(CKO_PRIVATE_KEY)), CKR_OK);
	assert_int_equal(C_Decrypt(session, sealed, sealed_len, out, &len), CKR_OK);
	assert_true(cs_view_equal(cs_view(out, len), CS_VIEW_OF(secret)));
}

/* In how many commands beside the first: so many pieces of what goes there, so many fetches of what comes. */
static void use_rsa(unsigned fetches)
{
	CK_BYTE signature[256];

	(void)make_rsa(1);
	again();
	assert_int_equal(log_in(CKU_USER, P11_PIV_PIN), CKR_OK);
	sign(signature);
	forget_counts();
	sign(signature);
	assert_int_equal(mock.pieces, 1);
	assert_int_equal(mock.fetches, fetches);
	decrypt();
}

static void write_and_read_a_large_certificate(void)
{
	static CK_BYTE der[LARGE_CERTIFICATE_MAX], back[sizeof(der)];
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE id = 1;
	struct cs_view large = make_large_certificate(
	    "Large", attribute(only(CKO_PUBLIC_KEY), CKA_PUBLIC_KEY_INFO), der, sizeof(der));
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_ID, &id, 1},
			    {CKA_VALUE, der, large.len}};
	CK_ATTRIBUTE value = {CKA_VALUE, back, sizeof(back)};
	CK_OBJECT_HANDLE object;

	assert_int_equal(log_in(CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	forget_counts();
	assert_int_equal(C_CreateObject(session, a, 4, &object), CKR_OK);
	assert_true(mock.pieces >= LARGE_CERTIFICATE_MIN / SHORT_MAX);
	again();
	forget_counts();
	assert_int_equal(C_GetAttributeValue(session, only(CKO_CERTIFICATE), &value, 1), CKR_OK);
	assert_true(cs_view_equal(cs_view(back, value.ulValueLen), large));
	assert_true(mock.fetches >= LARGE_CERTIFICATE_MIN / 256);
}

/* Key, certificate and what they are found by; who has a key and its certificate finds three objects of the
 * PIV application. */
static void list_it(void)
{
	CK_OBJECT_HANDLE found[32];

	again();
	assert_int_equal(find_class(CKO_CERTIFICATE, found), 1);
	assert_int_equal(find_class(CKO_PUBLIC_KEY, found), 1);
	assert_int_equal(find_class(CKO_PRIVATE_KEY, found), 0); /* until somebody is logged in */
	assert_int_equal(log_in(CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(find_class(CKO_PRIVATE_KEY, found), 1);
	assert_int_equal(attribute_ulong(found[0], CKA_KEY_TYPE), CKK_RSA);
	assert_int_equal(C_Logout(session), CKR_OK);
}

static void do_all(unsigned fetches)
{
	use_rsa(fetches);
	assert_int_equal(C_Logout(session), CKR_OK);
	write_and_read_a_large_certificate();
	list_it();
	assert_int_equal(mock.card.long_lengths, 0);
}

/* 264 bytes come of a signature. */
static void a_card_without_lengths_of_two_bytes_does_all_in_pieces(void **state)
{
	(void)state;
	do_all(1);
	assert_true(mock.le_beside_data > 0);
}

static void over_t0_a_command_with_data_has_no_le_and_what_comes_is_fetched(void **state)
{
	(void)state;
	do_all(2);
	assert_int_equal(mock.le_beside_data, 0);
}

static void over_t0_what_a_card_says_of_its_lengths_is_of_no_use(void **state)
{
	(void)state;
	do_all(2);
	assert_int_equal(mock.le_beside_data, 0);
}

/* It is known by what it says of itself, lengths too; the reader is asked first. */
static void our_card_over_t0_is_spoken_to_in_pieces(void **state)
{
	CK_OBJECT_HANDLE found[32], key;

	(void)state;
	transport_card_be(PLAIN_NOT);
	again();
	assert_int_equal(log_in(CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	assert_int_equal(p11_generate(session, 1, &key), CKR_OK);
	again();
	assert_int_equal(find_class(CKO_PUBLIC_KEY, found), 1);
	assert_int_equal(log_in(CKU_USER, P11_PIV_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, 1), CKR_OK);
	assert_true(mock.fetches > 0);
}

/* Its own way to fetch is that of long answers. */
static void one_time_passwords_are_made_over_t0(void **state)
{
	static _Alignas(16) CK_BYTE out[512];
	CK_OTP_PARAMS params = {NULL, 0};
	CK_MECHANISM signs = {CKM_HOTP, &params, sizeof(params)};
	CK_OBJECT_CLASS class = CKO_OTP_KEY;
	CK_KEY_TYPE type = CKK_HOTP;
	CK_BBOOL yes = CK_TRUE;
	CK_UTF8CHAR label[] = "mail 00", seed[] = "12345678901234567890";
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, label, sizeof(label) - 1},
			    {CKA_VALUE, seed, sizeof(seed) - 1}};
	CK_OBJECT_HANDLE found[32], object;
	CK_ULONG len = sizeof(out);

	(void)state;
	assert_int_equal(log_in(CKU_USER, P11_PIV_PIN), CKR_OK);
	/* As many as no single answer holds. */
	for (CK_ULONG i = 0; i < 30; i++) {
		label[5] = (CK_UTF8CHAR)('0' + i / 10);
		label[6] = (CK_UTF8CHAR)('0' + i % 10);
		assert_int_equal(C_CreateObject(session, a, 5, &object), CKR_OK);
	}
	again();
	assert_int_equal(find_class(CKO_OTP_KEY, found), 30);
	assert_int_equal(C_SignInit(session, &signs, found[29]), CKR_OK);
	assert_int_equal(C_Sign(session, NULL, 0, out, &len), CKR_OK);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, token_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_card_without_lengths_of_two_bytes_does_all_in_pieces, t1_short),
	    TEST(over_t0_a_command_with_data_has_no_le_and_what_comes_is_fetched, t0_short),
	    TEST(over_t0_what_a_card_says_of_its_lengths_is_of_no_use, t0_of_both),
	    TEST(our_card_over_t0_is_spoken_to_in_pieces, t0_of_both),
	    TEST(one_time_passwords_are_made_over_t0, t0_short),
	};

	return cmocka_run_group_tests_name("pkcs11_short_mock", tests, NULL, NULL);
}
