/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PSKC (RFC 6030): a MAC key of its own, encrypted under the file's key as every seed is; each seed with its
 * MAC.
 */
#include <openssl/rand.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/export.h"
#include "tools/import_pskc_crypto.h"

#define SALT_LEN    16u
#define MAC_KEY_LEN 32u

/* Text between tags, or in an attribute. */
static void xml_text(struct cs_writer *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		switch (*p) {
		case '<':
			export_text(out, "&lt;");
			break;
		case '&':
			export_text(out, "&amp;");
			break;
		case '"':
			export_text(out, "&quot;");
			break;
		case '>':
			export_text(out, "&gt;");
			break;
		default:
			cs_write_u8(out, (uint8_t)*p);
		}
	}
}

static void xml_base64(struct cs_writer *out, struct cs_view bytes)
{
	char text[CS_BASE64_SIZE(PSKC_VALUE_MAX)];

	if (bytes.len > PSKC_VALUE_MAX) {
		cs_writer_fail(out);
		return;
	}
	cs_base64_encode(bytes, text);
	cs_write_view(out, cs_view_string(text));
}

/* xenc:EncryptedDataType's content; value is what stands in it, for the MAC. */
static enum cs_err encrypted_write(const struct pskc_keys *keys, struct cs_view plain, struct cs_writer *out,
				   struct cs_writer *value)
{
	enum cs_err err = pskc_encrypt(keys, plain, value);

	export_text(out,
		    "<xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#aes%zu-cbc\"/>"
		    "<xenc:CipherData><xenc:CipherValue>",
		    8 * keys->key_len);
	xml_base64(out, cs_writer_view(value));
	export_text(out, "</xenc:CipherValue></xenc:CipherData>");
	return err;
}

/* EncryptionKey and the key itself. */
static enum cs_err key_write(const struct export_job *job, struct pskc_keys *keys, struct cs_writer *out)
{
	uint8_t salt[SALT_LEN];
	enum cs_err err;

	if (job->key.len == 16 || job->key.len == 24 || job->key.len == 32) {
		memcpy(keys->key, job->key.ptr, job->key.len);
		keys->key_len = job->key.len;
		export_text(out, "<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>\n");
		return CS_OK;
	}
	if (job->passphrase.len == 0)
		return CS_ERR_ARG;
	if (RAND_bytes(salt, sizeof salt) != 1)
		return CS_ERR_CRYPTO;
	err = pskc_derive(keys, job->passphrase, CS_VIEW_OF(salt), EXPORT_ITERATIONS, "SHA256", 32);
	export_text(out, "<EncryptionKey><xenc11:DerivedKey><xenc11:KeyDerivationMethod Algorithm="
			 "\"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2\">"
			 "<pkcs5:PBKDF2-params><Salt><Specified>");
	xml_base64(out, CS_VIEW_OF(salt));
	export_text(
	    out,
	    "</Specified></Salt><IterationCount>%u</IterationCount><KeyLength>32</KeyLength>"
	    "<PRF Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256\"/></pkcs5:PBKDF2-params>"
	    "</xenc11:KeyDerivationMethod></xenc11:DerivedKey></EncryptionKey>\n",
	    EXPORT_ITERATIONS);
	return err;
}

static enum cs_err mac_write(struct pskc_keys *keys, struct cs_writer *out)
{
	uint8_t value[PSKC_VALUE_MAX];
	struct cs_writer v = CS_WRITER_OF(value);
	enum cs_err err;

	keys->mac = "SHA256";
	keys->mac_key_len = MAC_KEY_LEN;
	if (RAND_bytes(keys->mac_key, MAC_KEY_LEN) != 1)
		return CS_ERR_CRYPTO;
	export_text(out,
		    "<MACMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256\"><MACKey>");
	err = encrypted_write(keys, cs_view(keys->mac_key, MAC_KEY_LEN), out, &v);
	export_text(out, "</MACKey></MACMethod>\n");
	return err;
}

static enum cs_err secret_write(const struct pskc_keys *keys, const struct import_record *record,
				struct cs_writer *out)
{
	uint8_t value[PSKC_VALUE_MAX], mac[64];
	struct cs_writer v = CS_WRITER_OF(value), m = CS_WRITER_OF(mac);
	enum cs_err err;

	export_text(out, "<Data><Secret><EncryptedValue>");
	err = encrypted_write(keys, cs_view(record->seed, record->seed_len), out, &v);
	if (err == CS_OK)
		err = pskc_mac(keys, cs_writer_view(&v), &m);
	export_text(out, "</EncryptedValue><ValueMAC>");
	xml_base64(out, cs_writer_view(&m));
	export_text(out, "</ValueMAC></Secret>");
	if (record->type != IMPORT_TOTP)
		export_text(out, "<Counter><PlainValue>%llu</PlainValue></Counter>",
			    (unsigned long long)record->counter);
	else
		export_text(out, "<TimeInterval><PlainValue>%u</PlainValue></TimeInterval>",
			    (unsigned)record->period);
	export_text(out, "</Data>");
	return err;
}

/* The user as the distinguished name that the schema wants, where his name is none that would need escapes
 * there. */
static void user_write(const struct import_record *record, struct cs_writer *out)
{
	if (record->user[0] == '\0')
		return;
	export_text(out, "<UserId>%s", strpbrk(record->user, ",+=\"\\<>;#") == NULL ? "UID=" : "");
	xml_text(out, record->user);
	export_text(out, "</UserId>");
}

static enum cs_err package_write(const struct pskc_keys *keys, const struct import_record *record,
				 size_t number, struct cs_writer *out)
{
	static const char *const algorithms[] = {
	    [IMPORT_HOTP] = "hotp", [IMPORT_TOTP] = "totp", [IMPORT_OCRA] = "ocra-1"};
	enum cs_err err;

	export_text(out, "<KeyPackage>");
	if (record->serial[0] != '\0') {
		export_text(out, "<DeviceInfo><SerialNo>");
		xml_text(out, record->serial);
		export_text(out, "</SerialNo></DeviceInfo>");
	}
	export_text(out, "<Key Id=\"%zu\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:%s\">", number,
		    algorithms[record->type]);
	export_text(out, "<AlgorithmParameters><Suite>");
	if (record->type == IMPORT_OCRA)
		xml_text(out, record->suite);
	else
		export_text(out, "HMAC-%s", export_hash(record->hash));
	export_text(out, "</Suite><ResponseFormat Length=\"%u\" Encoding=\"DECIMAL\"/></AlgorithmParameters>",
		    record->digits);
	if (record->label[0] != '\0') {
		export_text(out, "<FriendlyName>");
		xml_text(out, record->label);
		export_text(out, "</FriendlyName>");
	}
	err = secret_write(keys, record, out);
	user_write(record, out);
	if (record->expires > 0) {
		export_text(out, "<Policy><ExpiryDate>");
		export_time(out, record->expires);
		export_text(out, "</ExpiryDate></Policy>");
	}
	export_text(out, "</Key></KeyPackage>\n");
	return err;
}

/* What stands before the first token; makes the keys. */
static enum cs_err head_write(const struct export_job *job, struct pskc_keys *keys, struct cs_writer *out)
{
	export_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\""
			 " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"");
	export_text(out, " xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\""
			 " xmlns:xenc11=\"http://www.w3.org/2009/xmlenc11#\""
			 " xmlns:pkcs5=\"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#\">\n");
	enum cs_err err = key_write(job, keys, out);
	return err != CS_OK ? err : mac_write(keys, out);
}

enum cs_err export_pskc(const struct export_job *job, struct cs_writer *out)
{
	struct pskc_keys own = {.key_len = 0}, *keys = job->keys != NULL ? job->keys : &own;
	enum cs_err err = CS_OK;

	if (!job->begun)
		err = head_write(job, keys, out);
	for (size_t i = 0; err == CS_OK && i < job->count; i++)
		err = package_write(keys, &job->records[i], job->before + i + 1, out);
	if (!job->more)
		export_text(out, "</KeyContainer>\n");
	cs_wipe(&own, sizeof own);
	return err != CS_OK ? err : cs_writer_done(out);
}
