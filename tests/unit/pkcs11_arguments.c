/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A token for the rows of pkcs11_arguments_table.c, and right arguments for each.
 */
#include "tests/unit/pkcs11_arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

#define BYTES_LEN     32u
#define BLOCKS_MAX    64u
#define RSA_KEY_ID    3u
#define PIN_TOO_SHORT "123" /* wrong, and costs no try */

CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE ec_private, ec_public, rsa_private, rsa_public, aes;
static CK_OBJECT_HANDLE kem_public, kem_private;
static CK_OBJECT_HANDLE card_aes, card_mac; /* 0: the token's secret keys are not asked for */

/* ---- memory of a call ---- */

static void *blocks[BLOCKS_MAX];
static size_t block_count;

void *block(size_t len)
{
	void *p = calloc(1, len == 0 ? 1 : len);

	assert_non_null(p);
	assert_true(block_count < BLOCKS_MAX);
	blocks[block_count++] = p;
	return p;
}

void *block_of(const void *bytes, size_t len)
{
	return memcpy(block(len), bytes, len);
}

size_t blocks_used(void)
{
	return block_count;
}

void blocks_free(size_t but)
{
	while (block_count > but)
		free(blocks[--block_count]);
}

/* ---- a session with an operation under way ---- */

CK_MECHANISM *mechanism_of(CK_MECHANISM_TYPE type, const void *parameter, CK_ULONG len)
{
	CK_MECHANISM m = {type, len > 0 ? block_of(parameter, len) : NULL, len};

	return block_of(&m, sizeof(m));
}

static CK_MECHANISM *mechanism_on_card(enum prepare what)
{
	static const CK_BYTE iv[16];

	switch (what) {
	case ENCRYPTING:
	case DECRYPTING:
		return mechanism_of(CKM_AES_CBC_PAD, iv, sizeof(iv));
	case ENCRYPTING_MESSAGES:
	case DECRYPTING_MESSAGES:
		return mechanism_of(CKM_AES_GCM, NULL, 0);
	case SIGNING:
	case VERIFYING:
	case VERIFYING_A_SIGNATURE:
	case SIGNING_MESSAGES:
	case VERIFYING_MESSAGES:
		return mechanism_of(CKM_SHA256_HMAC, NULL, 0);
	default:
		return NULL;
	}
}

static CK_MECHANISM *mechanism_for(enum prepare what)
{
	CK_MECHANISM *on_card = card_aes != 0 ? mechanism_on_card(what) : NULL;
	CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};

	if (on_card != NULL)
		return on_card;
	switch (what) {
	case ENCRYPTING:
		return mechanism_of(CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep));
	case DECRYPTING:
	case SIGNING_TO_RECOVER:
	case VERIFYING_TO_RECOVER:
		return mechanism_of(CKM_RSA_PKCS, NULL, 0);
	case DIGESTING:
		return mechanism_of(CKM_SHA256, NULL, 0);
	case ENCRYPTING_MESSAGES:
	case DECRYPTING_MESSAGES:
		return mechanism_of(CKM_AES_GCM, NULL, 0);
	default:
		return mechanism_of(CKM_ECDSA_SHA256, NULL, 0);
	}
}

static CK_OBJECT_HANDLE key_on_card(enum prepare what)
{
	switch (what) {
	case ENCRYPTING:
	case DECRYPTING:
	case ENCRYPTING_MESSAGES:
	case DECRYPTING_MESSAGES:
		return card_aes;
	case SIGNING:
	case VERIFYING:
	case VERIFYING_A_SIGNATURE:
	case SIGNING_MESSAGES:
	case VERIFYING_MESSAGES:
		return card_mac;
	default:
		return 0;
	}
}

CK_OBJECT_HANDLE key_for(enum prepare what)
{
	if (key_on_card(what) != 0)
		return key_on_card(what);
	switch (what) {
	case NOTHING: /* where a right key would be lost */
		return 0;
	case ENCRYPTING:
	case VERIFYING_TO_RECOVER:
		return rsa_public;
	case DECRYPTING:
	case SIGNING_TO_RECOVER:
		return rsa_private;
	case VERIFYING:
	case VERIFYING_A_SIGNATURE:
	case VERIFYING_MESSAGES:
		return ec_public;
	case ENCRYPTING_MESSAGES:
	case DECRYPTING_MESSAGES:
		return aes;
	default:
		return ec_private;
	}
}

CK_OBJECT_HANDLE key_for_kem(bool public)
{
	return public ? kem_public : kem_private;
}

CK_RV prepare(enum prepare what)
{
	CK_BYTE signature[64] = {1};

	switch (what) {
	case FINDING:
		return C_FindObjectsInit(session, NULL, 0);
	case ENCRYPTING:
		return C_EncryptInit(session, mechanism_for(what), key_for(what));
	case DECRYPTING:
		return C_DecryptInit(session, mechanism_for(what), key_for(what));
	case DIGESTING:
		return C_DigestInit(session, mechanism_for(what));
	case SIGNING:
		return C_SignInit(session, mechanism_for(what), key_for(what));
	case SIGNING_TO_RECOVER:
		return C_SignRecoverInit(session, mechanism_for(what), key_for(what));
	case VERIFYING:
		return C_VerifyInit(session, mechanism_for(what), key_for(what));
	case VERIFYING_TO_RECOVER:
		return C_VerifyRecoverInit(session, mechanism_for(what), key_for(what));
	case VERIFYING_A_SIGNATURE:
		return C_VerifySignatureInit(session, mechanism_for(what), key_for(what), signature,
					     sizeof(signature));
	case ENCRYPTING_MESSAGES:
		return C_MessageEncryptInit(session, mechanism_for(what), key_for(what));
	case DECRYPTING_MESSAGES:
		return C_MessageDecryptInit(session, mechanism_for(what), key_for(what));
	case SIGNING_MESSAGES:
		return C_MessageSignInit(session, mechanism_for(what), key_for(what));
	case VERIFYING_MESSAGES:
		return C_MessageVerifyInit(session, mechanism_for(what), key_for(what));
	default:
		return CKR_OK;
	}
}

/* A session object, so that it is made anew with each session. */
static CK_RV make_aes(void)
{
	CK_ULONG len = 16;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {{CKA_VALUE_LEN, &len, sizeof(len)},
				   {CKA_ENCRYPT, &yes, 1},
				   {CKA_DECRYPT, &yes, 1},
				   {CKA_WRAP, &yes, 1},
				   {CKA_UNWRAP, &yes, 1}};
	CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};

	return C_GenerateKey(session, &mechanism, template, 5, &aes);
}

void arguments_of_card(bool on)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ULONG len = 16;
	CK_ATTRIBUTE template[] = {{CKA_TOKEN, &yes, 1}, {CKA_VALUE_LEN, &len, sizeof(len)}};
	CK_MECHANISM aes_gen = {CKM_AES_KEY_GEN, NULL, 0}, mac_gen = {CKM_SHA256_KEY_GEN, NULL, 0};

	if (on) {
		assert_int_equal(C_GenerateKey(session, &mac_gen, template, 1, &card_mac), CKR_OK);
		assert_int_equal(C_GenerateKey(session, &aes_gen, template, 2, &card_aes), CKR_OK);
		return;
	}
	assert_int_equal(C_DestroyObject(session, card_aes), CKR_OK);
	assert_int_equal(C_DestroyObject(session, card_mac), CKR_OK);
	card_aes = card_mac = 0;
}

static void find_keys(void)
{
	CK_ULONG n = 0;

	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &ec_private), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, P11_KEY_ONCE, &n, &ec_public), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PRIVATE_KEY, RSA_KEY_ID, &n, &rsa_private), CKR_OK);
	assert_int_equal(p11_find(session, CKO_PUBLIC_KEY, RSA_KEY_ID, &n, &rsa_public), CKR_OK);
	assert_int_equal(n, 1);
}

/* The session as it was, whatever the last call did: open, logged in, no operation under way. */
void revive(void)
{
	CK_SESSION_INFO info;
	CK_RV rv = C_Initialize(NULL);

	assert_true(rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED);
	if (C_GetSessionInfo(session, &info) != CKR_OK) {
		assert_int_equal(p11_open(&session), CKR_OK);
		info.state = CKS_RW_PUBLIC_SESSION;
	}
	rv = p11_login(session, CKU_USER, P11_USER_PIN);
	assert_true(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN);
	if (info.state == CKS_RW_PUBLIC_SESSION)
		assert_int_equal(make_aes(), CKR_OK);
	assert_int_equal(C_SessionCancel(session, ~0UL), CKR_OK);
}

static CK_RV make_kem(void)
{
	CK_ULONG set = CKP_ML_KEM_512;
	CK_ATTRIBUTE template = {CKA_PARAMETER_SET, &set, sizeof(set)};
	CK_MECHANISM mechanism = {CKM_ML_KEM_KEY_PAIR_GEN, NULL, 0};
	CK_MECHANISM_INFO info;

	if (C_GetMechanismInfo(0, mechanism.mechanism, &info) != CKR_OK)
		return CKR_OK;
	return C_GenerateKeyPair(session, &mechanism, &template, 1, NULL, 0, &kem_public, &kem_private);
}

int arguments_setup(void **state)
{
	CK_ULONG bits = 2048;
	CK_BYTE id = RSA_KEY_ID;
	CK_ATTRIBUTE public_template = {CKA_MODULUS_BITS, &bits, sizeof(bits)};
	CK_ATTRIBUTE private_template = {CKA_ID, &id, 1};
	CK_MECHANISM mechanism = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};

	(void)state;
	if (!p11_token_make(&transport_card, &session) ||
	    C_GenerateKeyPair(session, &mechanism, &public_template, 1, &private_template, 1, &rsa_public,
			      &rsa_private) != CKR_OK ||
	    make_kem() != CKR_OK)
		return -1;
	find_keys();
	return make_aes() == CKR_OK ? 0 : -1;
}

int arguments_teardown(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

void assert_works(void)
{
	revive();
	assert_int_equal(p11_sign_by(session, P11_KEY_ONCE), CKR_OK);
}

/* ---- right arguments ---- */

static CK_ATTRIBUTE *template_right(void)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE attributes[] = {{CKA_CLASS, block_of(&class, sizeof(class)), sizeof(class)},
				     {CKA_LABEL, block_of("label", 5), 5}};

	return block_of(attributes, sizeof(attributes));
}

static union argument right(const struct function *f, char kind)
{
	CK_ULONG out_len = OUT_LEN;

	switch (kind) {
	case 's':
		return (union argument){.number = session};
	case 'k':
		return (union argument){.number = key_for(f->with)};
	case 'b':
		return (union argument){.pointer = block(BYTES_LEN)};
	case 'n':
		return (union argument){.number = BYTES_LEN};
	case 'p':
		return (union argument){.pointer = block_of(PIN_TOO_SHORT, 3)};
	case 'o':
	case 'x':
		return (union argument){.pointer = block(OUT_LEN)};
	case 'l':
		return (union argument){.pointer = block_of(&out_len, sizeof(out_len))};
	case 't':
		return (union argument){.pointer = template_right()};
	case 'c':
		return (union argument){.number = 2};
	case 'm':
		return (union argument){.pointer = mechanism_for(f->with)};
	case 'h':
		return (union argument){.pointer = block(sizeof(CK_OBJECT_HANDLE))};
	case 'f':
		return (union argument){.number = CKF_SERIAL_SESSION};
	case 'u':
		return (union argument){.number = CKU_USER};
	case 'w':
		return (union argument){.number = CKF_DONT_BLOCK};
	case 'd':
	case 'g':
		return (union argument){.number = 0};
	case 'q':
	case 'v':
	case 'y':
	case 'z':
	case 'i':
		return (union argument){.pointer = NULL};
	default:
		fail_msg("%s: no such kind: %c", f->name, kind);
		return (union argument){.number = 0};
	}
}

void all_right(const struct function *f, union argument *a)
{
	for (size_t i = 0; f->kinds[i] != '\0'; i++) {
		a[i] = right(f, f->kinds[i]);
		if (f->kinds[i] == 'n' && i > 0 && f->kinds[i - 1] == 'p')
			a[i].number = 3;
		if (f->kinds[i] == 'n' && i > 0 && f->kinds[i - 1] == 'q')
			a[i].number = 0;
	}
}
