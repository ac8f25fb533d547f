/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A key in a PKCS#11 token: looking for token and key, logging in, sealing and opening, signing.
 */
#include "daemon/hsm.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "daemon/seal.h"

#define HSM_SLOTS_MAX 64u
#define HSM_PIN_MAX   256u
#define HSM_NONCE_LEN 12u
#define HSM_TAG_LEN   16u
#define HSM_DATA_MAX  512u

struct hsm {
	P11KitUri *uri;
	CK_FUNCTION_LIST *module;
	bool initialised;
	bool own_try;
	volatile bool *pin_tried;  /* own_try, or hsm_watch's: the PIN is being tried, or was refused */
	bool signs;		   /* key is a private one of P-256; else it seals */
	CK_SESSION_HANDLE session; /* CK_INVALID_HANDLE: closed */
	CK_OBJECT_HANDLE key;
};

__attribute__((format(printf, 3, 4))) static enum cs_err hsm_error(char error[CONFIG_ERROR_MAX],
								   enum cs_err err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
	return err;
}

/* ---- the URI and the module ---- */

static enum cs_err hsm_uri_parse(struct hsm *hsm, const char *text, char error[CONFIG_ERROR_MAX])
{
	hsm->uri = p11_kit_uri_new();
	if (!hsm->uri)
		return hsm_error(error, CS_ERR_MEMORY, "out of memory");
	int result = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, hsm->uri);
	if (result != P11_KIT_URI_OK)
		return hsm_error(error, CS_ERR_MALFORMED, "the key's PKCS#11 URI: %s",
				 p11_kit_uri_message(result));
	if (p11_kit_uri_any_unrecognized(hsm->uri))
		return hsm_error(error, CS_ERR_MALFORMED,
				 "the key's PKCS#11 URI has an attribute that is not known");
	if (p11_kit_uri_get_pin_value(hsm->uri))
		return hsm_error(
		    error, CS_ERR_MALFORMED,
		    "the key's PKCS#11 URI holds a PIN: put it into a file of mode 0600 and name that by "
		    "pin-source=file:PATH");
	if (!p11_kit_uri_get_module_path(hsm->uri))
		return hsm_error(error, CS_ERR_MALFORMED,
				 "the key's PKCS#11 URI names no module: add ?module-path=PATH");
	if (!p11_kit_uri_get_attribute(hsm->uri, CKA_LABEL) && !p11_kit_uri_get_attribute(hsm->uri, CKA_ID))
		return hsm_error(error, CS_ERR_MALFORMED,
				 "the key's PKCS#11 URI names no key: add object=LABEL or id=ID");
	return CS_OK;
}

static enum cs_err hsm_module_load(struct hsm *hsm, char error[CONFIG_ERROR_MAX])
{
	const char *path = p11_kit_uri_get_module_path(hsm->uri);

	hsm->module = p11_kit_module_load(path, P11_KIT_MODULE_UNMANAGED);
	if (!hsm->module)
		return hsm_error(error, CS_ERR_NOT_FOUND, "PKCS#11 module %s cannot be loaded: %s", path,
				 p11_kit_message());
	CK_RV rv = p11_kit_module_initialize(hsm->module);
	if (rv != CKR_OK)
		return hsm_error(error, CS_ERR_IO, "PKCS#11 module %s does not initialise: %s", path,
				 p11_kit_strerror(rv));
	hsm->initialised = true;
	return CS_OK;
}

enum cs_err hsm_new(const char *uri, struct hsm **out, char error[CONFIG_ERROR_MAX])
{
	struct hsm *hsm = calloc(1, sizeof(*hsm));

	if (!hsm)
		return hsm_error(error, CS_ERR_MEMORY, "out of memory");
	hsm->pin_tried = &hsm->own_try;
	enum cs_err err = hsm_uri_parse(hsm, uri, error);
	if (!err)
		err = hsm_module_load(hsm, error);
	if (err)
		hsm_free(hsm);
	else
		*out = hsm;
	return err;
}

void hsm_watch(struct hsm *hsm, volatile bool *pin_tried)
{
	hsm->pin_tried = pin_tried;
}

static void hsm_drop(struct hsm *hsm)
{
	if (hsm->session != CK_INVALID_HANDLE)
		(void)hsm->module->C_CloseSession(hsm->session);
	hsm->session = CK_INVALID_HANDLE;
}

void hsm_free(struct hsm *hsm)
{
	if (!hsm)
		return;
	hsm_drop(hsm);
	if (hsm->initialised)
		(void)p11_kit_module_finalize(hsm->module);
	if (hsm->module)
		p11_kit_module_release(hsm->module);
	p11_kit_uri_free(hsm->uri);
	free(hsm);
}

/* ---- the session ---- */

static enum cs_err hsm_failed(const char *function, CK_RV rv, enum cs_err err)
{
	log_line(LOG_LEVEL_ERROR, "PKCS#11 key: %s: %s (0x%lx)", function, p11_kit_strerror(rv), rv);
	return err;
}

/* The first slot whose token is the URI's. */
static enum cs_err hsm_find_slot(struct hsm *hsm, CK_SLOT_ID *out)
{
	CK_SLOT_ID slots[HSM_SLOTS_MAX];
	CK_ULONG count = HSM_SLOTS_MAX;
	CK_TOKEN_INFO info;

	CK_RV rv = hsm->module->C_GetSlotList(CK_TRUE, slots, &count);
	if (rv != CKR_OK)
		return hsm_failed("C_GetSlotList", rv, CS_ERR_NO_READER);
	for (CK_ULONG i = 0; i < count; i++)
		if (hsm->module->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    p11_kit_uri_match_token_info(hsm->uri, &info)) {
			*out = slots[i];
			return CS_OK;
		}
	log_line(LOG_LEVEL_ERROR, "PKCS#11 key: none of the %lu tokens present is the one that the URI names",
		 (unsigned long)count);
	return CS_ERR_NO_READER;
}

/* The PIN, without the newline that an editor leaves. */
static enum cs_err hsm_read_pin(const struct hsm *hsm, struct cs_writer *out)
{
	const char *source = p11_kit_uri_get_pin_source(hsm->uri);
	const char *directory = secure_getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	int len;

	if (strncmp(source, "credential:", 11) == 0)
		len = snprintf(path, sizeof(path), "%s/%s", directory ? directory : "/nonexistent",
			       source + 11);
	else
		len = snprintf(path, sizeof(path), "%s",
			       strncmp(source, "file:", 5) == 0 ? source + 5 : source);
	if (len < 0 || (size_t)len >= sizeof(path))
		return CS_ERR_NO_SPACE;
	enum cs_err err = file_read_private(path, out);
	if (err) {
		log_line(LOG_LEVEL_ERROR, "PKCS#11 key: the PIN's file %s: %s", path,
			 err == CS_ERR_DENIED ? "must be a file of mode 0600 or less" : cs_err_text(err));
		return err;
	}
	struct cs_view pin = cs_writer_view(out);
	if (pin.len > 0 && pin.ptr[pin.len - 1] == '\n')
		cs_writer_cut(out, pin.len - 1);
	return CS_OK;
}

/* Whether a login failed so for another reason than the PIN: a token may count whatever is none of these. */
static bool hsm_is_no_refusal(CK_RV rv)
{
	switch (rv) {
	case CKR_HOST_MEMORY:
	case CKR_FUNCTION_CANCELED:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
	case CKR_DEVICE_ERROR:
	case CKR_DEVICE_MEMORY:
	case CKR_DEVICE_REMOVED:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_TOKEN_NOT_RECOGNIZED:
	case CKR_SESSION_CLOSED:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_READ_ONLY_EXISTS:
	case CKR_OPERATION_ACTIVE:
	case CKR_USER_ANOTHER_ALREADY_LOGGED_IN:
	case CKR_USER_TOO_MANY_TYPES:
		return true;
	default:
		return false;
	}
}

/* Whether the PIN may be tried: not after a refusal; a token's last try is a person's. */
static bool hsm_may_try(struct hsm *hsm, CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	if (*hsm->pin_tried) {
		log_line(LOG_LEVEL_ERROR,
			 "PKCS#11 key: the token refused the PIN before; it is not tried again until "
			 "countersignd starts anew");
		return false;
	}
	if (hsm->module->C_GetTokenInfo(slot, &info) != CKR_OK ||
	    !(info.flags & (CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED)))
		return true;
	log_line(LOG_LEVEL_ERROR,
		 "PKCS#11 key: the token's PIN is blocked, or has one try left, which is not spent here: see "
		 "that its file holds the right one, and log in with it once by other means");
	return false;
}

static enum cs_err hsm_log_in(struct hsm *hsm, CK_SLOT_ID slot)
{
	char text[HSM_PIN_MAX];
	struct cs_writer pin = cs_writer_of(text, sizeof(text));

	if (!p11_kit_uri_get_pin_source(hsm->uri))
		return CS_OK; /* a token that wants none */
	if (!hsm_may_try(hsm, slot))
		return CS_ERR_WRONG;
	enum cs_err err = hsm_read_pin(hsm, &pin);
	if (!err) {
		*hsm->pin_tried = true;
		CK_RV rv = hsm->module->C_Login(hsm->session, CKU_USER, (CK_UTF8CHAR *)text,
						cs_writer_view(&pin).len);
		const bool in = rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN;
		*hsm->pin_tried = !in && !hsm_is_no_refusal(rv);
		if (!in)
			err = hsm_failed("C_Login", rv, *hsm->pin_tried ? CS_ERR_WRONG : CS_ERR_NO_READER);
	}
	cs_wipe(text, sizeof(text));
	return err;
}

/* The one object of this class and type that has the URI's name. */
static enum cs_err hsm_find(struct hsm *hsm, CK_OBJECT_CLASS class, CK_KEY_TYPE type, const char *kind,
			    CK_OBJECT_HANDLE *out)
{
	CK_ATTRIBUTE want[4] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &type, sizeof(type)}};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG count = 0, wanted = 2;

	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(hsm->uri, CKA_LABEL);
	const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(hsm->uri, CKA_ID);
	if (label)
		want[wanted++] = *label;
	if (id)
		want[wanted++] = *id;
	CK_RV rv = hsm->module->C_FindObjectsInit(hsm->session, want, wanted);
	if (rv == CKR_OK) {
		rv = hsm->module->C_FindObjects(hsm->session, found, 2, &count);
		(void)hsm->module->C_FindObjectsFinal(hsm->session);
	}
	if (rv != CKR_OK)
		return hsm_failed("C_FindObjects", rv, CS_ERR_NO_READER);
	if (count != 1) {
		log_line(LOG_LEVEL_ERROR, "PKCS#11 key: the token has %s %s key of the URI's name",
			 count ? "more than one" : "no", kind);
		return CS_ERR_NOT_FOUND;
	}
	*out = found[0];
	return CS_OK;
}

static enum cs_err hsm_find_key(struct hsm *hsm)
{
	return hsm->signs ? hsm_find(hsm, CKO_PRIVATE_KEY, CKK_EC, "private EC", &hsm->key)
			  : hsm_find(hsm, CKO_SECRET_KEY, CKK_AES, "AES", &hsm->key);
}

static enum cs_err hsm_ready(struct hsm *hsm)
{
	CK_SLOT_ID slot = 0;

	if (hsm->session != CK_INVALID_HANDLE)
		return CS_OK;
	enum cs_err err = hsm_find_slot(hsm, &slot);
	if (err)
		return err;
	CK_RV rv = hsm->module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &hsm->session);
	if (rv != CKR_OK) {
		hsm->session = CK_INVALID_HANDLE;
		return hsm_failed("C_OpenSession", rv, CS_ERR_NO_READER);
	}
	err = hsm_log_in(hsm, slot);
	if (!err)
		err = hsm_find_key(hsm);
	if (err)
		hsm_drop(hsm);
	return err;
}

/* ---- the key ---- */

/* One operation of the token. len: room at out, then what it wrote. */
static CK_RV hsm_run(struct hsm *hsm, bool sealing, CK_MECHANISM *mechanism, struct cs_view in, uint8_t *out,
		     CK_ULONG *len)
{
	CK_BYTE *from = (CK_BYTE *)(uintptr_t)in.ptr; /* PKCS#11 has no const */
	CK_RV rv = sealing ? hsm->module->C_EncryptInit(hsm->session, mechanism, hsm->key)
			   : hsm->module->C_DecryptInit(hsm->session, mechanism, hsm->key);

	if (rv != CKR_OK)
		return rv;
	return sealing ? hsm->module->C_Encrypt(hsm->session, from, in.len, out, len)
		       : hsm->module->C_Decrypt(hsm->session, from, in.len, out, len);
}

/* What a token says that does not know this ciphertext; it differs between makers. */
static bool hsm_says_forged(CK_RV rv)
{
	return rv == CKR_ENCRYPTED_DATA_INVALID || rv == CKR_ENCRYPTED_DATA_LEN_RANGE;
}

/* in under the key to want bytes at out, twice where the session is no more. Some tokens want more room. */
static enum cs_err hsm_use(struct hsm *hsm, bool sealing, CK_GCM_PARAMS *params, struct cs_view in,
			   uint8_t *out, size_t want)
{
	CK_MECHANISM mechanism = {CKM_AES_GCM, params, sizeof(*params)};
	uint8_t room[HSM_DATA_MAX + HSM_TAG_LEN];
	CK_RV rv = CKR_DATA_LEN_RANGE;
	enum cs_err err = CS_OK;

	for (int attempt = 0; attempt < 2 && !err && in.len <= sizeof(room) && want <= sizeof(room);
	     attempt++) {
		CK_ULONG len = sizeof(room);
		err = hsm_ready(hsm);
		rv = err ? CKR_OK : hsm_run(hsm, sealing, &mechanism, in, room, &len);
		if (err || (rv == CKR_OK && len == want))
			break;
		hsm_drop(hsm);
		if (rv == CKR_OK)
			rv = CKR_FUNCTION_FAILED;
		if (hsm_says_forged(rv))
			break;
	}
	if (!err && rv == CKR_OK)
		memcpy(out, room, want);
	cs_wipe(room, sizeof(room));
	/* SoftHSM and others say CKR_GENERAL_ERROR of a tag that does not fit: the token answered twice. */
	bool forged = !sealing && (hsm_says_forged(rv) || rv == CKR_GENERAL_ERROR);
	if (!err && rv != CKR_OK)
		err = hsm_failed(sealing ? "C_Encrypt" : "C_Decrypt", rv,
				 forged ? CS_ERR_CORRUPT : CS_ERR_CRYPTO);
	return err;
}

static CK_GCM_PARAMS hsm_params(const uint8_t *nonce, struct cs_view identity)
{
	/* In their order: p11-kit's header calls them iv_ptr and so on in Debian 12, pIv and so on in 13. */
	return (CK_GCM_PARAMS){(CK_BYTE *)(uintptr_t)nonce,	   HSM_NONCE_LEN, HSM_NONCE_LEN * 8,
			       (CK_BYTE *)(uintptr_t)identity.ptr, identity.len,  HSM_TAG_LEN * 8};
}

enum cs_err hsm_close(struct hsm *hsm, struct cs_view identity, struct cs_view plain, struct cs_writer *out)
{
	uint8_t nonce[HSM_NONCE_LEN];
	CK_GCM_PARAMS params = hsm_params(nonce, identity);

	enum cs_err err = seal_random(nonce, sizeof(nonce));
	if (err)
		return err;
	cs_write_u8(out, SEAL_VERSION);
	uint8_t *used = cs_write_space(out, HSM_NONCE_LEN);
	uint8_t *cipher = cs_write_space(out, plain.len + HSM_TAG_LEN);
	if (!used || !cipher)
		return CS_ERR_NO_SPACE;
	err = hsm_use(hsm, true, &params, plain, cipher, plain.len + HSM_TAG_LEN);
	/* After the fact: some tokens take a nonce of their own, and tell it there. */
	memcpy(used, nonce, sizeof(nonce));
	return err;
}

enum cs_err hsm_open(struct hsm *hsm, struct cs_view identity, struct cs_view sealed, struct cs_writer *out)
{
	struct cs_reader r = cs_reader_of(sealed);

	if (sealed.len < SEAL_OVERHEAD || cs_read_u8(&r) != SEAL_VERSION)
		return CS_ERR_CORRUPT;
	struct cs_view nonce = cs_read_view(&r, HSM_NONCE_LEN);
	struct cs_view cipher = cs_read_rest(&r);
	CK_GCM_PARAMS params = hsm_params(nonce.ptr, identity);
	uint8_t *plain = cs_write_space(out, sealed.len - SEAL_OVERHEAD);
	if (!plain)
		return CS_ERR_NO_SPACE;
	enum cs_err err = hsm_use(hsm, false, &params, cipher, plain, sealed.len - SEAL_OVERHEAD);
	if (err)
		cs_wipe(plain, sealed.len - SEAL_OVERHEAD);
	return err;
}

/* ---- a key pair ---- */

static void hsm_for_signing(struct hsm *hsm)
{
	if (!hsm->signs)
		hsm_drop(hsm);
	hsm->signs = true;
}

static CK_RV hsm_run_signature(struct hsm *hsm, const uint8_t digest[HSM_DIGEST_LEN], uint8_t *out,
			       CK_ULONG *len)
{
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	CK_BYTE from[HSM_DIGEST_LEN];

	memcpy(from, digest, sizeof(from));
	CK_RV rv = hsm->module->C_SignInit(hsm->session, &mechanism, hsm->key);
	return rv != CKR_OK ? rv : hsm->module->C_Sign(hsm->session, from, sizeof(from), out, len);
}

enum cs_err hsm_sign(struct hsm *hsm, const uint8_t digest[HSM_DIGEST_LEN],
		     uint8_t signature[HSM_SIGNATURE_LEN])
{
	uint8_t room[HSM_DATA_MAX];
	CK_RV rv = CKR_OK;
	CK_ULONG len = 0;

	hsm_for_signing(hsm);
	for (int attempt = 0; attempt < 2; attempt++) {
		enum cs_err err = hsm_ready(hsm);
		if (err)
			return err;
		len = sizeof(room);
		rv = hsm_run_signature(hsm, digest, room, &len);
		if (rv == CKR_OK)
			break;
		hsm_drop(hsm);
	}
	if (rv != CKR_OK)
		return hsm_failed("C_Sign", rv, CS_ERR_CRYPTO);
	if (len != HSM_SIGNATURE_LEN)
		return CS_ERR_UNSUPPORTED;
	memcpy(signature, room, HSM_SIGNATURE_LEN);
	return CS_OK;
}

/* The value of the public key's CKA_EC_POINT, in the session that is open. */
static enum cs_err hsm_read_point(struct hsm *hsm, CK_ATTRIBUTE *want)
{
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;

	enum cs_err err = hsm_find(hsm, CKO_PUBLIC_KEY, CKK_EC, "public EC", &key);
	if (err)
		return err;
	CK_RV rv = hsm->module->C_GetAttributeValue(hsm->session, key, want, 1);
	return rv == CKR_OK ? CS_OK : hsm_failed("C_GetAttributeValue", rv, CS_ERR_CRYPTO);
}

enum cs_err hsm_public(struct hsm *hsm, uint8_t point[HSM_POINT_LEN])
{
	uint8_t value[HSM_DATA_MAX];
	CK_ATTRIBUTE want = {CKA_EC_POINT, value, 0};
	enum cs_err err = CS_OK;

	hsm_for_signing(hsm);
	for (int attempt = 0; attempt < 2; attempt++) {
		err = hsm_ready(hsm);
		if (err)
			return err;
		want.ulValueLen = sizeof(value);
		err = hsm_read_point(hsm, &want);
		if (!err)
			break;
		hsm_drop(hsm);
		if (err == CS_ERR_NOT_FOUND)
			break;
	}
	if (err)
		return err;
	/* An OCTET STRING (PKCS#11 3.2, 6.3.3), which some tokens leave out. */
	const size_t skip =
	    want.ulValueLen == HSM_POINT_LEN + 2 && value[0] == 4 && value[1] == HSM_POINT_LEN ? 2 : 0;
	if (want.ulValueLen != HSM_POINT_LEN + skip || value[skip] != 4)
		return CS_ERR_UNSUPPORTED;
	memcpy(point, value + skip, HSM_POINT_LEN);
	return CS_OK;
}
