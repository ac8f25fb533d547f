/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Elements, attributes and values of PSKC.
 */
#include "tools/import_pskc_xml.h"

#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/secret.h"

/* libxml2 keeps 16 bits of an element's line. */
#define LINE_MAX_KNOWN 65535

const char *pskc_name(const xmlNode *node)
{
	return (const char *)node->name;
}

unsigned long pskc_line(xmlNode *node)
{
	long line = xmlGetLineNo(node);

	return line > 0 && line < LINE_MAX_KNOWN ? (unsigned long)line : 0;
}

/* The first element within parent of that name; NULL where there is none, or no parent. */
xmlNode *pskc_child(xmlNode *parent, const char *name)
{
	xmlNode *node = parent != NULL ? xmlFirstElementChild(parent) : NULL;

	while (node != NULL && strcmp(pskc_name(node), name) != 0)
		node = xmlNextElementSibling(node);
	return node;
}

/* The text of an element, trimmed; empty where node is NULL. False: it does not fit. Wipe out. */
bool pskc_text(xmlNode *node, char out[PSKC_TEXT_MAX])
{
	xmlChar *content = node != NULL ? xmlNodeGetContent(node) : NULL;
	size_t len = content != NULL ? strlen((const char *)content) : 0;
	struct cs_view text = import_trim(cs_view(content, len));
	bool good = text.len < PSKC_TEXT_MAX;

	out[0] = '\0';
	if (good && text.len > 0) {
		memcpy(out, text.ptr, text.len);
		out[text.len] = '\0';
	}
	if (content != NULL)
		cs_wipe(content, len);
	xmlFree(content);
	return good;
}

/* An attribute's text, "" where it is not there. */
void pskc_attribute(xmlNode *node, const char *name, char out[PSKC_TEXT_MAX])
{
	xmlChar *value = node != NULL ? xmlGetProp(node, (const xmlChar *)name) : NULL;

	(void)snprintf(out, PSKC_TEXT_MAX, "%s", value != NULL ? (const char *)value : "");
	xmlFree(value);
}

/* An element's text into a record's field; what is not there changes nothing. */
bool pskc_field(xmlNode *node, char *out, size_t cap)
{
	char text[PSKC_TEXT_MAX];

	return node == NULL || (pskc_text(node, text) && import_text(cs_view_string(text), out, cap));
}

/* Its base64. */
bool pskc_bytes(xmlNode *node, struct cs_writer *out)
{
	char text[PSKC_TEXT_MAX];
	bool good =
	    pskc_text(node, text) && text[0] != '\0' && cs_base64_decode(cs_view_string(text), out) == CS_OK;

	cs_wipe(text, sizeof text);
	return good;
}

bool pskc_time(xmlNode *node, uint64_t *out)
{
	char text[PSKC_TEXT_MAX];

	return node == NULL || (pskc_text(node, text) && import_time(cs_view_string(text), out));
}

/* ---- encrypted values ---- */

static enum cs_err fail_decrypt(struct pskc *pskc, enum cs_err err, unsigned long line, const char *algorithm)
{
	switch (err) {
	case CS_ERR_UNSUPPORTED:
		return import_fail(
		    pskc->job, err, line,
		    "it is encrypted by an algorithm that is none of AES-CBC, Triple-DES-CBC and "
		    "AES key wrap");
	case CS_ERR_LENGTH:
		return import_fail(pskc->job, CS_ERR_WRONG, line,
				   "the key that was given has %zu bytes, which "
				   "is not the length for %.40s",
				   pskc->keys.key_len,
				   strrchr(algorithm, '#') != NULL ? strrchr(algorithm, '#') + 1 : "it");
	default:
		return import_fail(
		    pskc->job, err, line,
		    "what is encrypted does not decrypt: it was changed, or the key or passphrase "
		    "is another one");
	}
}

/* xenc:EncryptedDataType: its bytes decrypted, after its MAC, where it is to have one, has been checked. */
enum cs_err pskc_encrypted_read(struct pskc *pskc, xmlNode *node, xmlNode *mac, bool with_mac,
				struct cs_writer *out)
{
	uint8_t value[PSKC_VALUE_MAX], mac_bytes[64];
	struct cs_writer v = CS_WRITER_OF(value), m = CS_WRITER_OF(mac_bytes);
	char algorithm[PSKC_TEXT_MAX];
	unsigned long line = pskc_line(node);
	enum cs_err err = CS_OK;

	if (!pskc->encrypted)
		return import_fail(pskc->job, CS_ERR_MALFORMED, line,
				   "a value is encrypted, but the file names no EncryptionKey");
	pskc_attribute(pskc_child(node, "EncryptionMethod"), "Algorithm", algorithm);
	if (!pskc_bytes(pskc_child(pskc_child(node, "CipherData"), "CipherValue"), &v))
		return import_fail(pskc->job, CS_ERR_MALFORMED, line,
				   "CipherValue is no base64 of at most %u bytes", PSKC_VALUE_MAX);
	if (with_mac && !pskc_authenticates(cs_view_string(algorithm))) {
		if (pskc->keys.mac == NULL || !pskc_bytes(mac, &m))
			return import_fail(
			    pskc->job, CS_ERR_MALFORMED, line,
			    "an encrypted value has no MAC (RFC 6030, 6.1.1): it could have been "
			    "changed by anyone");
		err = pskc_mac_check(&pskc->keys, cs_writer_view(&v), cs_writer_view(&m));
		if (err != CS_OK)
			return import_fail(
			    pskc->job, err, line,
			    "the MAC is not that of the encrypted value: it was changed, or the key "
			    "or passphrase is another one");
	}
	err = pskc_decrypt(&pskc->keys, cs_view_string(algorithm), cs_writer_view(&v), out);
	return err != CS_OK ? fail_decrypt(pskc, err, line, algorithm) : CS_OK;
}

/* The bytes of Secret, whichever way they stand there. */
enum cs_err pskc_secret_read(struct pskc *pskc, xmlNode *node, struct cs_writer *out)
{
	xmlNode *plain = pskc_child(node, "PlainValue"), *encrypted = pskc_child(node, "EncryptedValue");

	if (encrypted != NULL)
		return pskc_encrypted_read(pskc, encrypted, pskc_child(node, "ValueMAC"), true, out);
	if (plain != NULL && pskc->encrypted)
		return import_fail(
		    pskc->job, CS_ERR_MALFORMED, pskc_line(node),
		    "its Secret is plain in an encrypted file: it could have been put there by "
		    "anyone");
	if (plain == NULL || !pskc_bytes(plain, out))
		return import_fail(pskc->job, CS_ERR_MALFORMED, pskc_line(node),
				   "Secret has neither a PlainValue of at most %u bytes in base64 nor an "
				   "EncryptedValue",
				   IMPORT_SEED_MAX);
	return CS_OK;
}

/* A number of Data, whichever way; what is not there changes nothing. Encrypted ones are big-endian (RFC
 * 6030, 4.2).
 */
enum cs_err pskc_number_read(struct pskc *pskc, xmlNode *node, uint64_t *out)
{
	xmlNode *plain = pskc_child(node, "PlainValue"), *encrypted = pskc_child(node, "EncryptedValue");
	uint8_t bytes[8];
	struct cs_writer w = CS_WRITER_OF(bytes);
	char text[PSKC_TEXT_MAX];
	uint64_t value = 0;
	enum cs_err err = CS_OK;

	if (node == NULL)
		return CS_OK;
	if (encrypted != NULL) {
		err = pskc_encrypted_read(pskc, encrypted, pskc_child(node, "ValueMAC"), true, &w);
		for (size_t i = 0; err == CS_OK && i < cs_writer_view(&w).len; i++)
			value = value << 8 | bytes[i];
	} else if (plain == NULL || !pskc_text(plain, text) ||
		   !import_number(cs_view_string(text), INT64_MAX, &value)) {
		err = import_fail(pskc->job, CS_ERR_MALFORMED, pskc_line(node), "%s is no number",
				  pskc_name(node));
	}
	if (err == CS_OK)
		*out = value;
	return err;
}
