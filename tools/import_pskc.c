/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Portable Symmetric Key Container (RFC 6030), read package by package, so that a file of 100,000 keys takes
 * no more memory than one of ten. libxml2 reads; what it is never given is a document type or an entity: such
 * a file is refused before it sees it. A signature over the file is not looked at: what vouches for a key is
 * its MAC.
 *
 *   KeyContainer := EncryptionKey? MACMethod? KeyPackage+
 */
#include <libxml/xmlreader.h>
#include <limits.h>
#include <string.h>

#include "base/secret.h"
#include "tools/import_pskc_xml.h"

#define PSKC_NAMESPACE "urn:ietf:params:xml:ns:keyprov:pskc"

/* ---- keys of the file ---- */

/* xenc11:DerivedKey: the key is derived from the passphrase. */
static enum cs_err derived_read(struct pskc *pskc, xmlNode *derived)
{
	xmlNode *method = pskc_child(derived, "KeyDerivationMethod");
	xmlNode *params = pskc_child(method, "PBKDF2-params");
	char algorithm[PSKC_TEXT_MAX], text[PSKC_TEXT_MAX];
	uint8_t salt[128];
	struct cs_writer w = CS_WRITER_OF(salt);
	uint64_t iterations = 0, key_len = 0;
	const char *hash;

	pskc_attribute(method, "Algorithm", text);
	pskc_attribute(pskc_child(params, "PRF"), "Algorithm", algorithm);
	hash = algorithm[0] != '\0' ? pskc_hash(cs_view_string(algorithm)) : "SHA1";
	if (strstr(text, "#pbkdf2") == NULL || hash == NULL)
		return import_fail(
		    pskc->job, CS_ERR_UNSUPPORTED, pskc_line(derived),
		    "the key is derived by something else than PBKDF2 with HMAC-SHA-1, -256, -384 or "
		    "-512");
	if (pskc->job->passphrase.len == 0)
		return import_fail(pskc->job, CS_ERR_WRONG, pskc_line(derived),
				   "it is encrypted under a passphrase, and none was given");
	if (!pskc_bytes(pskc_child(pskc_child(params, "Salt"), "Specified"), &w) ||
	    !pskc_text(pskc_child(params, "IterationCount"), text) ||
	    !import_number(cs_view_string(text), PSKC_ITERATION_MAX, &iterations) ||
	    !pskc_text(pskc_child(params, "KeyLength"), text) ||
	    !import_number(cs_view_string(text), sizeof pskc->keys.key, &key_len))
		return import_fail(
		    pskc->job, CS_ERR_MALFORMED, pskc_line(derived),
		    "the parameters of PBKDF2 are not whole, or there are more than %u iterations",
		    PSKC_ITERATION_MAX);
	if (pskc_derive(&pskc->keys, pskc->job->passphrase, cs_writer_view(&w), iterations, hash, key_len) !=
	    CS_OK)
		return import_fail(pskc->job, CS_ERR_MALFORMED, pskc_line(derived),
				   "the parameters of PBKDF2 give no key");
	return CS_OK;
}

static enum cs_err encryption_key_read(struct pskc *pskc, xmlNode *node)
{
	xmlNode *derived = pskc_child(node, "DerivedKey");
	struct cs_view key = pskc->job->key;

	if (pskc->encrypted || pskc->keys.mac != NULL || pskc->packages > 0)
		return import_fail(pskc->job, CS_ERR_MALFORMED, pskc_line(node),
				   "EncryptionKey stands there twice, or behind what it is the key of");
	pskc->encrypted = true;
	if (derived != NULL)
		return derived_read(pskc, derived);
	if (pskc_child(node, "KeyName") == NULL)
		return import_fail(pskc->job, CS_ERR_UNSUPPORTED, pskc_line(node),
				   "it is encrypted neither under a pre-shared key nor under a passphrase");
	if (key.len == 0 || key.len > sizeof pskc->keys.key)
		return import_fail(pskc->job, CS_ERR_WRONG, pskc_line(node),
				   "it is encrypted under a pre-shared key, and none was given");
	memcpy(pskc->keys.key, key.ptr, key.len);
	pskc->keys.key_len = key.len;
	return CS_OK;
}

/* The MAC's own key, encrypted under the file's; where there is none, the file's. */
static enum cs_err mac_method_read(struct pskc *pskc, xmlNode *node)
{
	struct cs_writer w = CS_WRITER_OF(pskc->keys.mac_key);
	xmlNode *key = pskc_child(node, "MACKey");
	char algorithm[PSKC_TEXT_MAX];
	enum cs_err err = CS_OK;

	pskc_attribute(node, "Algorithm", algorithm);
	pskc->keys.mac = pskc_hash(cs_view_string(algorithm));
	if (pskc->keys.mac == NULL)
		return import_fail(pskc->job, CS_ERR_UNSUPPORTED, pskc_line(node),
				   "the MAC is none of HMAC-SHA-1, -256, -384 and -512");
	if (key != NULL)
		err = pskc_encrypted_read(pskc, key, NULL, false, &w);
	else
		cs_write_view(&w, cs_view(pskc->keys.key, pskc->keys.key_len));
	pskc->keys.mac_key_len = cs_writer_view(&w).len;
	return err;
}

/* ---- the file ---- */

static enum cs_err fail_xml(struct import_job *job)
{
	const xmlError *error = xmlGetLastError();

	return import_fail(job, CS_ERR_MALFORMED,
			   error != NULL && error->line > 0 ? (unsigned long)error->line : 0,
			   "it is no well-formed XML in UTF-8");
}

/* Where a fault lies that has no line. */
static enum cs_err fail_package(struct pskc *pskc, enum cs_err err)
{
	const struct import_fault fault = pskc->job->fault;

	return fault.what[0] == '\0'
		   ? err
		   : import_fail(pskc->job, err, 0, "in package %lu: %s", pskc->packages, fault.what);
}

/* An element right below the root, with all that is in it. */
static enum cs_err element_read(struct pskc *pskc, xmlNode *node)
{
	if (strcmp(pskc_name(node), "EncryptionKey") == 0)
		return encryption_key_read(pskc, node);
	if (strcmp(pskc_name(node), "MACMethod") == 0)
		return mac_method_read(pskc, node);
	if (strcmp(pskc_name(node), "KeyPackage") != 0)
		return CS_OK;
	pskc->packages++;
	enum cs_err err = pskc->encrypted ? CS_OK : import_plain(pskc->job, pskc_line(node));
	if (err == CS_OK)
		err = pskc_package_read(pskc, node);
	return err == CS_OK || pskc->job->fault.line > 0 ? err : fail_package(pskc, err);
}

static enum cs_err root_check(struct import_job *job, xmlTextReader *reader)
{
	const xmlChar *name = xmlTextReaderConstLocalName(reader),
		      *space = xmlTextReaderConstNamespaceUri(reader);

	if (name == NULL || space == NULL || strcmp((const char *)name, "KeyContainer") != 0 ||
	    strcmp((const char *)space, PSKC_NAMESPACE) != 0)
		return import_fail(job, CS_ERR_MALFORMED, 1, "its root is no KeyContainer of %s",
				   PSKC_NAMESPACE);
	return CS_OK;
}

static enum cs_err elements_read(struct pskc *pskc, xmlTextReader *reader)
{
	int more = xmlTextReaderRead(reader);
	enum cs_err err = CS_OK;

	while (err == CS_OK && more == 1) {
		bool element = xmlTextReaderNodeType(reader) == XML_READER_TYPE_ELEMENT;
		int depth = xmlTextReaderDepth(reader);
		if (element && depth == 0)
			err = root_check(pskc->job, reader);
		if (element && depth == 1) {
			xmlNode *node = xmlTextReaderExpand(reader);
			err = node != NULL ? element_read(pskc, node) : fail_xml(pskc->job);
			more = err == CS_OK ? xmlTextReaderNext(reader) : more;
		} else if (err == CS_OK) {
			more = xmlTextReaderRead(reader);
		}
	}
	return err == CS_OK && more != 0 ? fail_xml(pskc->job) : err;
}

enum cs_err import_pskc(struct import_job *job)
{
	struct cs_view file = import_content(job);
	struct pskc pskc = {.job = job};
	xmlTextReader *reader;
	enum cs_err err;

	if (file.len > INT_MAX || file.len == 0)
		return import_fail(job, CS_ERR_MALFORMED, 0, "there is nothing in it, or too much");
	if (memmem(file.ptr, file.len, "<!DOCTYPE", 9) != NULL ||
	    memmem(file.ptr, file.len, "<!ENTITY", 8) != NULL)
		return import_fail(job, CS_ERR_MALFORMED, 0,
				   "it declares a document type or an entity, which PSKC has no use for");
	xmlResetLastError();
	reader = xmlReaderForMemory((const char *)file.ptr, (int)file.len, NULL, "UTF-8",
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
					XML_PARSE_BIG_LINES);
	if (reader == NULL)
		return import_fail(job, CS_ERR_MEMORY, 0, "out of memory");
	err = elements_read(&pskc, reader);
	xmlFreeTextReader(reader);
	cs_wipe(&pskc, sizeof pskc);
	return err;
}
