/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a session object has that neither its maker nor the function that made it said: an object always has
 * all attributes of its class (PKCS #11 v3.2, 4).
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/secret.h"
#include "pkcs11/attribute.h"
#include "pkcs11/hash.h"
#include "pkcs11/key_usage.h"
#include "pkcs11/secret.h"
#include "pkcs11/x509.h"

#define UNIQUE_ID_BYTES 16u

#define BIT(class) (1u << (class))
#define DATA	   BIT(CKO_DATA)
#define CERT	   BIT(CKO_CERTIFICATE)
#define PUB	   BIT(CKO_PUBLIC_KEY)
#define SECRET	   BIT(CKO_SECRET_KEY)
#define KEYS	   (PUB | SECRET)
#define ALL	   (DATA | CERT | KEYS)

enum value { VALUE_EMPTY, VALUE_BOOL, VALUE_ULONG };

static const struct row {
	CK_ATTRIBUTE_TYPE type;
	unsigned classes;
	enum value kind;
	CK_ULONG value;
} rows[] = {
    {CKA_TOKEN, ALL, VALUE_BOOL, CK_FALSE},
    {CKA_PRIVATE, ALL, VALUE_BOOL, CK_FALSE},
    {CKA_MODIFIABLE, ALL, VALUE_BOOL, CK_TRUE},
    {CKA_COPYABLE, ALL, VALUE_BOOL, CK_TRUE},
    {CKA_DESTROYABLE, ALL, VALUE_BOOL, CK_TRUE},
    {CKA_LABEL, ALL, VALUE_EMPTY, 0},
    {CKA_APPLICATION, DATA, VALUE_EMPTY, 0},
    {CKA_OBJECT_ID, DATA, VALUE_EMPTY, 0},
    {CKA_VALUE, DATA, VALUE_EMPTY, 0},
    {CKA_ID, CERT | KEYS, VALUE_EMPTY, 0},
    {CKA_START_DATE, CERT | KEYS, VALUE_EMPTY, 0},
    {CKA_END_DATE, CERT | KEYS, VALUE_EMPTY, 0},
    {CKA_SUBJECT, CERT | PUB, VALUE_EMPTY, 0},
    {CKA_TRUSTED, CERT | KEYS, VALUE_BOOL, CK_FALSE},
    {CKA_CERTIFICATE_TYPE, CERT, VALUE_ULONG, CKC_X_509},
    {CKA_CERTIFICATE_CATEGORY, CERT, VALUE_ULONG, CK_CERTIFICATE_CATEGORY_UNSPECIFIED},
    {CKA_JAVA_MIDP_SECURITY_DOMAIN, CERT, VALUE_ULONG, CK_SECURITY_DOMAIN_UNSPECIFIED},
    {CKA_NAME_HASH_ALGORITHM, CERT, VALUE_ULONG, CKM_SHA_1},
    {CKA_ISSUER, CERT, VALUE_EMPTY, 0},
    {CKA_SERIAL_NUMBER, CERT, VALUE_EMPTY, 0},
    {CKA_URL, CERT, VALUE_EMPTY, 0},
    {CKA_HASH_OF_SUBJECT_PUBLIC_KEY, CERT, VALUE_EMPTY, 0},
    {CKA_HASH_OF_ISSUER_PUBLIC_KEY, CERT, VALUE_EMPTY, 0},
    {CKA_PUBLIC_KEY_INFO, CERT | PUB, VALUE_EMPTY, 0},
    {CKA_KEY_TYPE, SECRET, VALUE_ULONG, CKK_GENERIC_SECRET},
    {CKA_LOCAL, KEYS, VALUE_BOOL, CK_FALSE},
    {CKA_KEY_GEN_MECHANISM, KEYS, VALUE_ULONG, CK_UNAVAILABLE_INFORMATION},
    {CKA_OBJECT_VALIDATION_FLAGS, KEYS, VALUE_ULONG, 0},
    {CKA_DERIVE, KEYS, VALUE_BOOL, CK_FALSE},
    {CKA_WRAP, KEYS, VALUE_BOOL, CK_FALSE},
    {CKA_WRAP_TEMPLATE, KEYS, VALUE_EMPTY, 0},
    {CKA_VERIFY, PUB, VALUE_BOOL, CK_TRUE},
    {CKA_VERIFY_RECOVER, PUB, VALUE_BOOL, CK_TRUE},
    {CKA_ENCRYPT, PUB, VALUE_BOOL, CK_TRUE},
    {CKA_ENCAPSULATE, PUB, VALUE_BOOL, CK_FALSE},
    {CKA_ENCAPSULATE_TEMPLATE, PUB, VALUE_EMPTY, 0},
    {CKA_ENCRYPT, SECRET, VALUE_BOOL, CK_FALSE},
    {CKA_DECRYPT, SECRET, VALUE_BOOL, CK_FALSE},
    {CKA_SIGN, SECRET, VALUE_BOOL, CK_FALSE},
    {CKA_VERIFY, SECRET, VALUE_BOOL, CK_FALSE},
    {CKA_UNWRAP, SECRET, VALUE_BOOL, CK_FALSE},
    {CKA_SENSITIVE, SECRET, VALUE_BOOL, CK_FALSE},
    {CKA_EXTRACTABLE, SECRET, VALUE_BOOL, CK_TRUE},
    {CKA_ALWAYS_SENSITIVE, SECRET, VALUE_BOOL, CK_FALSE},
    {CKA_NEVER_EXTRACTABLE, SECRET, VALUE_BOOL, CK_FALSE},
    {CKA_WRAP_WITH_TRUSTED, SECRET, VALUE_BOOL, CK_FALSE},
    {CKA_UNWRAP_TEMPLATE, SECRET, VALUE_EMPTY, 0},
    {CKA_DERIVE_TEMPLATE, SECRET, VALUE_EMPTY, 0},
};

static CK_RV set_missing(struct memory_object *object, CK_ATTRIBUTE_TYPE type, void *value, CK_ULONG len)
{
	CK_ATTRIBUTE attribute = {type, value, len};

	if (memory_object_attribute(object, type) != NULL)
		return CKR_OK;
	return memory_object_set(object, &attribute);
}

static CK_RV set_view(struct memory_object *object, CK_ATTRIBUTE_TYPE type, struct cs_view value)
{
	uint8_t copy[ATTRIBUTE_MAX];
	struct cs_writer w = CS_WRITER_OF(copy);

	cs_write_view(&w, value);
	return cs_writer_done(&w) == CS_OK ? set_missing(object, type, copy, w.len)
					   : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV set_row(struct memory_object *object, const struct row *row)
{
	CK_BBOOL yes_or_no = row->value != 0 ? CK_TRUE : CK_FALSE;
	CK_ULONG number = row->value;

	switch (row->kind) {
	case VALUE_BOOL:
		return set_missing(object, row->type, &yes_or_no, sizeof(yes_or_no));
	case VALUE_ULONG:
		return set_missing(object, row->type, &number, sizeof(number));
	default:
		return set_missing(object, row->type, NULL, 0);
	}
}

/* Numbers in a session are drawn, so that they are not those of another session, or of an object that is
 * gone. */
static CK_RV set_unique_id(struct memory_object *object)
{
	uint8_t bytes[UNIQUE_ID_BYTES];
	char text[2 * UNIQUE_ID_BYTES + 1];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return CKR_FUNCTION_FAILED;
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return set_missing(object, CKA_UNIQUE_ID, text, sizeof(text) - 1);
}

/* What can be read in the certificate; one that cannot be parsed has what its maker said. */
static CK_RV set_certificate(struct memory_object *object)
{
	struct cs_view der = template_view(object->attributes, object->count, CKA_VALUE);
	uint8_t digest[HASH_MAX];
	struct x509 parsed;
	CK_DATE start, end;
	CK_RV rv = CKR_OK;

	if (hash_digest(hash_by_mechanism(CKM_SHA_1), &der, 1, digest) == CS_OK)
		rv = set_missing(object, CKA_CHECK_VALUE, digest, 3);
	if (rv != CKR_OK || x509_parse(der, &parsed) != CS_OK)
		return rv;
	rv = set_view(object, CKA_SUBJECT, parsed.subject);
	if (rv == CKR_OK)
		rv = set_view(object, CKA_ISSUER, parsed.issuer);
	if (rv == CKR_OK)
		rv = set_view(object, CKA_SERIAL_NUMBER, parsed.serial);
	if (rv == CKR_OK)
		rv = set_view(object, CKA_PUBLIC_KEY_INFO, parsed.spki);
	if (rv == CKR_OK && x509_dates(&parsed, &start, &end) == CS_OK) {
		rv = set_missing(object, CKA_START_DATE, &start, sizeof(start));
		if (rv == CKR_OK)
			rv = set_missing(object, CKA_END_DATE, &end, sizeof(end));
	}
	return rv;
}

/* What such a key can do. */
static CK_RV set_uses(struct memory_object *object, enum piv_alg alg)
{
	static const CK_ATTRIBUTE_TYPE uses[] = {CKA_ENCRYPT, CKA_VERIFY, CKA_VERIFY_RECOVER, CKA_WRAP,
						 CKA_ENCAPSULATE};
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < sizeof(uses) / sizeof(uses[0]); i++) {
		CK_BBOOL can =
		    key_usage_can(key_usage_find(OBJECT_PUBLIC, uses[i]), alg) ? CK_TRUE : CK_FALSE;

		rv = set_missing(object, uses[i], &can, sizeof(can));
	}
	return rv;
}

/* What follows from the numbers of the key; a key that makes no sense has what its maker said. */
static CK_RV set_public(struct memory_object *object)
{
	uint8_t spki[PUBKEY_SPKI_MAX];
	struct cs_writer w = CS_WRITER_OF(spki);
	struct pubkey key;
	CK_ULONG bits;
	CK_RV rv;

	if (template_public_key(object->attributes, object->count, &w) != CKR_OK ||
	    pubkey_parse(cs_writer_view(&w), &key) != CS_OK)
		return CKR_OK;
	bits = key.bits;
	rv = set_missing(object, CKA_PUBLIC_KEY_INFO, spki, w.len);
	if (rv == CKR_OK)
		rv = set_uses(object, key.alg);
	if (rv == CKR_OK && key.type == CKK_RSA)
		rv = set_missing(object, CKA_MODULUS_BITS, &bits, sizeof(bits));
	return rv;
}

#define BLOCK 16u

/* The first bytes of a block of zeros that the key encrypts. */
static enum cs_err encrypt_zeros(struct cs_view key, uint8_t out[BLOCK])
{
	static const uint8_t zeros[BLOCK] = {0};
	const char *name = key.len == 16 ? "AES-128-ECB" : key.len == 24 ? "AES-192-ECB" : "AES-256-ECB";
	OSSL_LIB_CTX *lib = cc_library();
	EVP_CIPHER *cipher = lib != NULL ? EVP_CIPHER_fetch(lib, name, NULL) : NULL;
	EVP_CIPHER_CTX *ctx = cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
	int len = 0;
	bool done = ctx != NULL && EVP_EncryptInit_ex2(ctx, cipher, key.ptr, NULL, NULL) == 1 &&
		    EVP_EncryptUpdate(ctx, out, &len, zeros, sizeof(zeros)) == 1 && len == (int)BLOCK;

	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return done ? CS_OK : CS_ERR_CRYPTO;
}

CK_RV secret_check_value(CK_KEY_TYPE type, struct cs_view key, uint8_t out[CHECK_VALUE_LEN])
{
	uint8_t value[HASH_MAX];
	enum cs_err err = type == CKK_AES ? encrypt_zeros(key, value)
					  : hash_digest(hash_by_mechanism(CKM_SHA_1), &key, 1, value);

	if (err == CS_OK)
		memcpy(out, value, CHECK_VALUE_LEN);
	/* Of a guessable secret all of the hash would tell. */
	cs_wipe(value, sizeof(value));
	return err == CS_OK ? CKR_OK : CKR_FUNCTION_FAILED;
}

/* One that is said has to be right; an empty one says that there is to be none. */
static CK_RV set_check_value(struct memory_object *object, struct cs_view key)
{
	CK_KEY_TYPE type =
	    template_ulong(object->attributes, object->count, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	const CK_ATTRIBUTE *said = memory_object_attribute(object, CKA_CHECK_VALUE);
	uint8_t value[CHECK_VALUE_LEN];
	CK_RV rv;

	if (said != NULL && said->ulValueLen == 0)
		return CKR_OK;
	rv = secret_check_value(type, key, value);
	if (rv != CKR_OK)
		return rv;
	if (said == NULL)
		return set_missing(object, CKA_CHECK_VALUE, value, CHECK_VALUE_LEN);
	return cs_view_equal(cs_view(said->pValue, said->ulValueLen), cs_view(value, CHECK_VALUE_LEN))
		   ? CKR_OK
		   : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV set_secret(struct memory_object *object)
{
	struct cs_view value = template_view(object->attributes, object->count, CKA_VALUE);
	CK_ULONG len = value.len;
	CK_RV rv = set_missing(object, CKA_VALUE_LEN, &len, sizeof(len));

	return rv == CKR_OK ? set_check_value(object, value) : rv;
}

CK_RV memory_object_complete(struct memory_object *object)
{
	CK_ULONG class = template_ulong(object->attributes, object->count, CKA_CLASS, CKO_VENDOR_DEFINED);
	CK_RV rv = set_unique_id(object);

	if (rv == CKR_OK && class == CKO_CERTIFICATE)
		rv = set_certificate(object);
	else if (rv == CKR_OK && class == CKO_PUBLIC_KEY)
		rv = set_public(object);
	else if (rv == CKR_OK && class == CKO_SECRET_KEY)
		rv = set_secret(object);
	for (size_t i = 0; rv == CKR_OK && class <= CKO_SECRET_KEY && i < sizeof(rows) / sizeof(rows[0]);
	     i++) {
		if ((rows[i].classes & BIT(class)) != 0)
			rv = set_row(object, &rows[i]);
	}
	return rv;
}
