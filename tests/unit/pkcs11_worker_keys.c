/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What threads do with keys of every kind, at once. Whoever logs out for all ends operations of others, and
 * what is destroyed is gone for others: both are answers that worker.h expects. What is done is right, or it
 * is not done.
 */
#include "tests/unit/pkcs11_worker.h"

#include <limits.h>
#include <stdatomic.h>
#include <string.h>

#include "pkcs11/pkcs11_countersign.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/p11_token.h"

#define RSA_ID	      3u
#define FIRST_FREE_ID 9u
#define DERIVE_ID     5u
#define TEXT_LEN      48u
#define POINT_LEN     67u /* an uncompressed point of P-256 in its OCTET STRING */
#define NAME_LEN      8u
#define KEY_LEN	      16u
#define RSA_BYTES     256u

static CK_BBOOL yes = CK_TRUE;
static CK_BYTE p256[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static CK_OBJECT_CLASS class_data = CKO_DATA, class_secret = CKO_SECRET_KEY;
static CK_KEY_TYPE type_aes = CKK_AES, type_generic = CKK_GENERIC_SECRET;
static CK_ULONG key_len = KEY_LEN;
static CK_BYTE names[2][NAME_LEN + 1] = {"the one ", "another "};

static CK_OBJECT_HANDLE shared_aes, shared_otp, shared_data;

enum action { RSA, DERIVE, CBC, GCM, HMAC, OTP, PAIR, SECRET, MESSAGE, SEARCH, NAME, ACTIONS };
static atomic_uint done[ACTIONS];

static void note(enum action action)
{
	(void)atomic_fetch_add(&done[action], 1);
}

static void text_of(const struct worker *w, CK_BYTE text[TEXT_LEN])
{
	memset(text, (int)('A' + w->number), TEXT_LEN);
}

/* Of the pair with this CKA_ID; false while nobody is logged in. */
static bool pair(struct worker *w, CK_SESSION_HANDLE s, CK_BYTE id, CK_OBJECT_HANDLE *private_key,
		 CK_OBJECT_HANDLE *public_key)
{
	CK_ULONG n = 0, m = 0;

	return went(w, "find private", p11_find(s, CKO_PRIVATE_KEY, id, &n, private_key)) && n == 1 &&
	       went(w, "find public", p11_find(s, CKO_PUBLIC_KEY, id, &m, public_key)) && m == 1;
}

/* ---- RSA ---- */

static bool rsa_signs(struct worker *w, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE private_key,
		      CK_OBJECT_HANDLE public_key)
{
	CK_MECHANISM m = {CKM_SHA256_RSA_PKCS, NULL, 0};
	CK_BYTE text[TEXT_LEN], signature[RSA_BYTES];
	CK_ULONG len = sizeof(signature);

	text_of(w, text);
	return went(w, "rsa sign init", C_SignInit(s, &m, private_key)) &&
	       went(w, "rsa sign", C_Sign(s, text, sizeof(text), signature, &len)) &&
	       went(w, "rsa verify init", C_VerifyInit(s, &m, public_key)) &&
	       went(w, "rsa verify", C_Verify(s, text, sizeof(text), signature, len));
}

static void act_rsa(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_MECHANISM m = {CKM_RSA_PKCS, NULL, 0};
	CK_BYTE text[TEXT_LEN], hidden[RSA_BYTES], back[RSA_BYTES];
	CK_ULONG len = sizeof(hidden), back_len = sizeof(back);
	CK_OBJECT_HANDLE private_key, public_key;

	text_of(w, text);
	if (!pair(w, s, RSA_ID, &private_key, &public_key) || !rsa_signs(w, s, private_key, public_key) ||
	    !went(w, "rsa encrypt init", C_EncryptInit(s, &m, public_key)) ||
	    !went(w, "rsa encrypt", C_Encrypt(s, text, sizeof(text), hidden, &len)) ||
	    !went(w, "rsa decrypt init", C_DecryptInit(s, &m, private_key)) ||
	    !went(w, "rsa decrypt", C_Decrypt(s, hidden, len, back, &back_len)))
		return;
	if (back_len != sizeof(text) || memcmp(back, text, sizeof(text)) != 0)
		wrong(w, "rsa");
	note(RSA);
}

/* ---- key agreement ---- */

static bool derive(struct worker *w, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, CK_BYTE point[POINT_LEN],
		   CK_BYTE secret[KEY_LEN])
{
	CK_ECDH1_DERIVE_PARAMS params = {CKD_SHA256_KDF, 0, NULL, POINT_LEN, point};
	CK_MECHANISM m = {CKM_ECDH1_DERIVE, &params, sizeof(params)};
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE made[] = {{CKA_CLASS, &class_secret, sizeof(class_secret)},
			       {CKA_KEY_TYPE, &type_generic, sizeof(type_generic)},
			       {CKA_VALUE_LEN, &key_len, sizeof(key_len)},
			       {CKA_SENSITIVE, &no, 1},
			       {CKA_EXTRACTABLE, &yes, 1}};
	CK_ATTRIBUTE value = {CKA_VALUE, secret, KEY_LEN};
	CK_OBJECT_HANDLE derived;
	bool well;

	if (!went(w, "derive", C_DeriveKey(s, &m, key, made, 5, &derived)))
		return false;
	well = went(w, "derived value", C_GetAttributeValue(s, derived, &value, 1));
	return went(w, "derived destroy", C_DestroyObject(s, derived)) && well;
}

static void act_derive(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_BYTE point[POINT_LEN], one[KEY_LEN], other[KEY_LEN];
	CK_ATTRIBUTE ask = {CKA_EC_POINT, point, sizeof(point)};
	CK_OBJECT_HANDLE private_key, public_key;

	if (!pair(w, s, DERIVE_ID, &private_key, &public_key) ||
	    !went(w, "point", C_GetAttributeValue(s, public_key, &ask, 1)) ||
	    !derive(w, s, private_key, point, one) || !derive(w, s, private_key, point, other))
		return;
	if (memcmp(one, other, KEY_LEN) != 0)
		wrong(w, "derive");
	note(DERIVE);
}

/* ---- AES ---- */

static void act_cbc(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_BYTE iv[16] = {(CK_BYTE)w->number}, text[TEXT_LEN], hidden[TEXT_LEN + 16], back[TEXT_LEN + 16];
	CK_MECHANISM m = {CKM_AES_CBC_PAD, iv, sizeof(iv)};
	CK_ULONG len = sizeof(hidden), rest, back_len = sizeof(back);

	text_of(w, text);
	if (!went(w, "cbc init", C_EncryptInit(s, &m, shared_aes)) ||
	    !went(w, "cbc update", C_EncryptUpdate(s, text, sizeof(text), hidden, &len)))
		return;
	rest = sizeof(hidden) - len;
	if (!went(w, "cbc final", C_EncryptFinal(s, hidden + len, &rest)) ||
	    !went(w, "cbc back init", C_DecryptInit(s, &m, shared_aes)) ||
	    !went(w, "cbc back", C_Decrypt(s, hidden, len + rest, back, &back_len)))
		return;
	if (back_len != sizeof(text) || memcmp(back, text, sizeof(text)) != 0)
		wrong(w, "cbc");
	note(CBC);
}

static void act_gcm(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_BYTE iv[12], tag[16], text[TEXT_LEN], hidden[TEXT_LEN], back[TEXT_LEN];
	CK_GCM_MESSAGE_PARAMS p = {iv, sizeof(iv), 0, CKG_GENERATE_RANDOM, tag, 128};
	CK_MECHANISM m = {CKM_AES_GCM, NULL, 0};
	CK_ULONG len = sizeof(hidden), back_len = sizeof(back);
	bool well;

	text_of(w, text);
	if (!went(w, "gcm init", C_MessageEncryptInit(s, &m, shared_aes)))
		return;
	well = went(w, "gcm", C_EncryptMessage(s, &p, sizeof(p), NULL, 0, text, sizeof(text), hidden, &len));
	if (!went(w, "gcm final", C_MessageEncryptFinal(s)) || !well ||
	    !went(w, "gcm back init", C_MessageDecryptInit(s, &m, shared_aes)))
		return;
	well = went(w, "gcm back", C_DecryptMessage(s, &p, sizeof(p), NULL, 0, hidden, len, back, &back_len));
	if (!went(w, "gcm back final", C_MessageDecryptFinal(s)) || !well)
		return;
	if (back_len != sizeof(text) || memcmp(back, text, sizeof(text)) != 0)
		wrong(w, "gcm");
	note(GCM);
}

/* ---- HMAC ---- */

static void act_hmac(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_BYTE value[32] = {(CK_BYTE)w->number}, text[TEXT_LEN], mac[32];
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class_secret, sizeof(class_secret)},
			    {CKA_KEY_TYPE, &type_generic, sizeof(type_generic)},
			    {CKA_SIGN, &yes, 1},
			    {CKA_VERIFY, &yes, 1},
			    {CKA_VALUE, value, sizeof(value)}};
	CK_MECHANISM m = {CKM_SHA256_HMAC, NULL, 0};
	CK_ULONG len = sizeof(mac);
	CK_OBJECT_HANDLE key;

	text_of(w, text);
	if (!went(w, "hmac key", C_CreateObject(s, a, 5, &key)))
		return;
	if (went(w, "hmac init", C_SignInit(s, &m, key)) &&
	    went(w, "hmac", C_Sign(s, text, sizeof(text), mac, &len)) &&
	    went(w, "hmac verify init", C_VerifyInit(s, &m, key)) &&
	    went(w, "hmac verify update", C_VerifyUpdate(s, text, sizeof(text))) &&
	    went(w, "hmac verify", C_VerifyFinal(s, mac, len)))
		note(HMAC);
	(void)went(w, "hmac destroy", C_DestroyObject(s, key));
}

/* ---- one-time passwords ---- */

static bool password(struct worker *w, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key)
{
	CK_OTP_PARAMS none = {NULL, 0};
	CK_MECHANISM m = {CKM_HOTP, &none, sizeof(none)};
	CK_BYTE block[512];
	CK_ULONG len = sizeof(block);

	return went(w, "otp init", C_SignInit(s, &m, key)) && went(w, "otp", C_Sign(s, NULL, 0, block, &len));
}

static void act_otp(struct worker *w, CK_SESSION_HANDLE s)
{
	if (password(w, s, shared_otp))
		note(OTP);
}

void worker_logs_in_for_password(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	(void)went(w, "login", p11_login(s, CKU_USER, P11_USER_PIN));
	if (went(w, "find otp", p11_find(s, CKO_OTP_KEY, 0, &n, &key)) && n == 1 && password(w, s, key))
		note(OTP);
	if (w->number % 4 == 0)
		(void)went(w, "logout", C_Logout(s));
}

/* ---- keys that each thread makes ---- */

static bool renamed(struct worker *w, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object)
{
	CK_BYTE got[NAME_LEN];
	CK_ATTRIBUTE name = {CKA_LABEL, names[w->number % 2], NAME_LEN}, ask = {CKA_LABEL, got, NAME_LEN};

	if (!went(w, "rename", C_SetAttributeValue(s, object, &name, 1)) ||
	    !went(w, "renamed", C_GetAttributeValue(s, object, &ask, 1)))
		return false;
	if (memcmp(got, names[w->number % 2], NAME_LEN) != 0)
		wrong(w, "renamed");
	return true;
}

/* Nobody else destroys it: where it is not there, somebody has logged out for all, and it does not stay on
 * the token for that. */
static void destroy_of_token(struct worker *w, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object)
{
	CK_RV rv;

	do {
		(void)went(w, "login", p11_login(s, CKU_USER, P11_USER_PIN));
		rv = C_DestroyObject(s, object);
	} while (rv == CKR_USER_NOT_LOGGED_IN || rv == CKR_OBJECT_HANDLE_INVALID);
	(void)went(w, "destroy", rv);
}

static void act_pair(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_ATTRIBUTE public_template[] = {{CKA_EC_PARAMS, p256, sizeof(p256)}, {CKA_TOKEN, &yes, 1}};
	CK_ATTRIBUTE private_template[] = {{CKA_TOKEN, &yes, 1}};
	CK_MECHANISM m = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE public_key, private_key;
	CK_BYTE signature[64];

	if (!went(
		w, "pair",
		C_GenerateKeyPair(s, &m, public_template, 2, private_template, 1, &public_key, &private_key)))
		return;
	if (renamed(w, s, private_key) && went(w, "pair sign", p11_sign(s, private_key, signature)) &&
	    went(w, "pair verify", p11_verify(s, public_key, signature)))
		note(PAIR);
	destroy_of_token(w, s, private_key);
}

static void act_secret(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_ATTRIBUTE a[] = {{CKA_TOKEN, w->number % 2 == 0 ? &yes : &(CK_BBOOL){CK_FALSE}, 1},
			    {CKA_VALUE_LEN, &key_len, sizeof(key_len)}};
	CK_MECHANISM m = {CKM_AES_KEY_GEN, NULL, 0};
	CK_OBJECT_HANDLE key;

	if (!went(w, "secret", C_GenerateKey(s, &m, a, 2, &key)))
		return;
	if (renamed(w, s, key))
		note(SECRET);
	if (w->number % 2 == 0)
		destroy_of_token(w, s, key);
	else
		(void)went(w, "secret destroy", C_DestroyObject(s, key));
}

/* ---- messages ---- */

static void act_message(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_MECHANISM m = {CKM_ECDSA, NULL, 0};
	CK_BYTE text[TEXT_LEN], signature[64];
	CK_OBJECT_HANDLE private_key, public_key;
	CK_ULONG len = sizeof(signature);
	bool well;

	text_of(w, text);
	if (!pair(w, s, P11_KEY_ONCE, &private_key, &public_key) ||
	    !went(w, "message init", C_MessageSignInit(s, &m, private_key)))
		return;
	well = went(w, "message sign", C_SignMessage(s, NULL, 0, text, 32, signature, &len));
	if (!went(w, "message final", C_MessageSignFinal(s)) || !well ||
	    !went(w, "message verify init", C_MessageVerifyInit(s, &m, public_key)))
		return;
	well = went(w, "message verify", C_VerifyMessage(s, NULL, 0, text, 32, signature, len));
	if (went(w, "message verify final", C_MessageVerifyFinal(s)) && well)
		note(MESSAGE);
}

/* ---- searches, while others make and destroy ---- */

static void act_search(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_OBJECT_HANDLE object;
	CK_ULONG n = 1;
	bool well = went(w, "search init", C_FindObjectsInit(s, NULL, 0));

	if (!well)
		return;
	while (well && n == 1) {
		CK_BYTE label[64];
		CK_OBJECT_CLASS class;
		CK_ATTRIBUTE ask[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_LABEL, label, sizeof(label)}};

		well = went(w, "search", C_FindObjects(s, &object, 1, &n));
		if (well && n == 1)
			(void)went(w, "found", C_GetAttributeValue(s, object, ask, 2));
	}
	if (went(w, "search final", C_FindObjectsFinal(s)) && well)
		note(SEARCH);
}

/* One object that all name: it has one of the names, whole. */
static void act_name(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_BYTE got[NAME_LEN];
	CK_ATTRIBUTE name = {CKA_LABEL, names[w->number % 2], NAME_LEN}, ask = {CKA_LABEL, got, NAME_LEN};

	if (!went(w, "name", C_SetAttributeValue(s, shared_data, &name, 1)) ||
	    !went(w, "named", C_GetAttributeValue(s, shared_data, &ask, 1)))
		return;
	if (memcmp(got, names[0], NAME_LEN) != 0 && memcmp(got, names[1], NAME_LEN) != 0)
		wrong(w, "name");
	note(NAME);
}

worker_action *const worker_key_actions[] = {act_rsa,  act_derive, act_cbc,	act_gcm,    act_hmac, act_otp,
					     act_pair, act_secret, act_message, act_search, act_name};
const size_t worker_key_action_count = sizeof(worker_key_actions) / sizeof(worker_key_actions[0]);

/* Each in a slot of its own. */
void worker_administers(struct worker *w, CK_SESSION_HANDLE s)
{
	CK_BYTE id = (CK_BYTE)(FIRST_FREE_ID + w->number);
	CK_OBJECT_HANDLE key;
	CK_ULONG n = 0;

	if (!went(w, "generate", p11_generate(s, id, &key)) ||
	    !went(w, "find made", p11_find(s, CKO_PUBLIC_KEY, id, &n, &key)))
		return;
	if (n != 1)
		wrong(w, "made");
	else if (went(w, "destroy made", C_DestroyObject(s, key)))
		note(PAIR);
}

worker_action *const worker_foreign_actions[] = {act_rsa, act_derive,  act_cbc,	   act_gcm, act_hmac,
						 act_otp, act_message, act_search, act_name};
const size_t worker_foreign_action_count = sizeof(worker_foreign_actions) / sizeof(worker_foreign_actions[0]);

/* ---- the keys ---- */

static bool make_pairs(CK_SESSION_HANDLE s)
{
	static CK_ULONG bits = RSA_BYTES * 8u;
	static CK_BYTE id = RSA_ID;
	CK_ATTRIBUTE size[] = {{CKA_MODULUS_BITS, &bits, sizeof(bits)}, {CKA_TOKEN, &yes, 1}};
	CK_ATTRIBUTE named[] = {{CKA_TOKEN, &yes, 1}, {CKA_ID, &id, 1}};
	CK_MECHANISM m = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_OBJECT_HANDLE public_key, private_key;

	return C_GenerateKeyPair(s, &m, size, 2, named, 2, &public_key, &private_key) == CKR_OK &&
	       p11_generate(s, DERIVE_ID, &private_key) == CKR_OK;
}

static bool make_otp(CK_SESSION_HANDLE s)
{
	static CK_OBJECT_CLASS class = CKO_OTP_KEY;
	static CK_KEY_TYPE type = CKK_HOTP;
	CK_BYTE label[] = "Bank:alice", seed[] = "12345678901234567890";
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)},
			    {CKA_KEY_TYPE, &type, sizeof(type)},
			    {CKA_TOKEN, &yes, 1},
			    {CKA_LABEL, label, sizeof(label) - 1},
			    {CKA_VALUE, seed, sizeof(seed) - 1}};

	return C_CreateObject(s, a, 5, &shared_otp) == CKR_OK;
}

/* Public, so that they stay when somebody logs out; of the card, or of the session. */
static bool make_shared(CK_SESSION_HANDLE s, CK_BBOOL token)
{
	CK_BYTE value[KEY_LEN] = {1, 2, 3};
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE secret[] = {{CKA_CLASS, &class_secret, sizeof(class_secret)},
				 {CKA_KEY_TYPE, &type_aes, sizeof(type_aes)},
				 {CKA_TOKEN, &token, 1},
				 {CKA_ENCRYPT, &yes, 1},
				 {CKA_DECRYPT, &yes, 1},
				 {CKA_VALUE, value, sizeof(value)}};
	CK_ATTRIBUTE data[] = {{CKA_CLASS, &class_data, sizeof(class_data)},
			       {CKA_TOKEN, &token, 1},
			       {CKA_PRIVATE, &no, 1},
			       {CKA_LABEL, names[0], NAME_LEN},
			       {CKA_VALUE, value, sizeof(value)}};

	return C_CreateObject(s, secret, 6, &shared_aes) == CKR_OK &&
	       C_CreateObject(s, data, 5, &shared_data) == CKR_OK;
}

static void begin(void)
{
	for (size_t i = 0; i < ACTIONS; i++)
		atomic_store(&done[i], 0);
}

bool worker_keys_make(CK_SESSION_HANDLE s)
{
	begin();
	return make_pairs(s) && make_otp(s) && make_shared(s, CK_TRUE);
}

bool worker_foreign_keys_make(CK_SESSION_HANDLE s)
{
	begin();
	/* Nobody does these. */
	atomic_store(&done[PAIR], UINT_MAX);
	atomic_store(&done[SECRET], UINT_MAX);
	return C_Logout(s) == CKR_OK && p11_login(s, CKU_SO, P11_MANAGEMENT_KEY) == CKR_OK && make_pairs(s) &&
	       make_otp(s) && C_Logout(s) == CKR_OK && p11_login(s, CKU_USER, P11_USER_PIN) == CKR_OK &&
	       make_shared(s, CK_FALSE);
}

unsigned worker_keys_done(void)
{
	unsigned least = atomic_load(&done[0]);

	for (size_t i = 1; i < ACTIONS; i++) {
		unsigned n = atomic_load(&done[i]);

		least = n < least ? n : least;
	}
	return least;
}

void worker_pairs_begin(void)
{
	begin();
}

unsigned worker_pairs_done(void)
{
	return atomic_load(&done[PAIR]);
}

/* ---- a card with nothing else ---- */

worker_action *const worker_oath_actions[] = {act_otp, act_search};
const size_t worker_oath_action_count = sizeof(worker_oath_actions) / sizeof(worker_oath_actions[0]);

bool worker_oath_make(CK_SESSION_HANDLE s)
{
	for (size_t i = 0; i < ACTIONS; i++)
		atomic_store(&done[i], i == OTP || i == SEARCH ? 0 : UINT_MAX);
	return make_otp(s);
}

unsigned worker_passwords_done(void)
{
	return atomic_load(&done[OTP]);
}

CK_RV worker_next_password(CK_SESSION_HANDLE s, char code[7])
{
	CK_OTP_PARAMS none = {NULL, 0};
	CK_MECHANISM m = {CKM_HOTP, &none, sizeof(none)};
	_Alignas(16) CK_BYTE block[512];
	const CK_OTP_SIGNATURE_INFO *info = (const void *)block;
	CK_ULONG len = sizeof(block), n = 0;
	CK_OBJECT_HANDLE key;
	CK_RV rv = p11_find(s, CKO_OTP_KEY, 0, &n, &key);

	if (rv == CKR_OK)
		rv = C_SignInit(s, &m, key);
	if (rv == CKR_OK)
		rv = C_Sign(s, NULL, 0, block, &len);
	if (rv == CKR_OK)
		memcpy(code, info->pParams[0].pValue, 7 - 1);
	return rv;
}
