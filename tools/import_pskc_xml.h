/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files that read PSKC (RFC 6030) share: the tree of one element of the file, and the values in it. Elements are
 * known by their local names, as files in the wild mix their prefixes up (figure 7 of the RFC does). A node that is NULL
 * has no children and no text.
 */
#ifndef COUNTERSIGN_TOOLS_IMPORT_PSKC_XML_H
#define COUNTERSIGN_TOOLS_IMPORT_PSKC_XML_H

#include <libxml/tree.h>

#include "tools/import.h"
#include "tools/import_pskc_crypto.h"

#define PSKC_TEXT_MAX 1024u /* bytes of a text or an attribute, with its NUL */

struct pskc {
	struct import_job *job;
	struct pskc_keys keys;
	bool encrypted; /* there is an EncryptionKey */
	unsigned long packages; /* that have been begun */
};

const char *pskc_name(const xmlNode *node);
/* 0: not known, as it is 65535 or more. */
unsigned long pskc_line(xmlNode *node);
/* The first element within parent of that name; NULL where there is none. */
xmlNode *pskc_child(xmlNode *parent, const char *name);
/* The text of an element, trimmed, "" where there is none. False: it does not fit. Wipe out, where it may be a secret. */
CS_MUST_CHECK bool pskc_text(xmlNode *node, char out[PSKC_TEXT_MAX]);
/* An attribute's text, "" where it is not there. */
void pskc_attribute(xmlNode *node, const char *name, char out[PSKC_TEXT_MAX]);
/* An element's text into a record's field; a time in Unix seconds: what is not there changes nothing. */
CS_MUST_CHECK bool pskc_field(xmlNode *node, char *out, size_t cap);
CS_MUST_CHECK bool pskc_time(xmlNode *node, uint64_t *out);
/* An element's base64, which must be there. */
CS_MUST_CHECK bool pskc_bytes(xmlNode *node, struct cs_writer *out);

/* xenc:EncryptedDataType, decrypted; before that the MAC in mac is checked, where with_mac wants one. The errors are
 * the job's. */
CS_MUST_CHECK enum cs_err pskc_encrypted_read(struct pskc *pskc, xmlNode *node, xmlNode *mac, bool with_mac,
					      struct cs_writer *out);
/* The bytes of Secret, plain or encrypted. */
CS_MUST_CHECK enum cs_err pskc_secret_read(struct pskc *pskc, xmlNode *node, struct cs_writer *out);
/* A number of Data, plain or encrypted, which is big-endian then (RFC 6030, 4.2); what is not there changes nothing. */
CS_MUST_CHECK enum cs_err pskc_number_read(struct pskc *pskc, xmlNode *node, uint64_t *out);

/* One KeyPackage: its token goes to the job (import_pskc_key.c). */
CS_MUST_CHECK enum cs_err pskc_package_read(struct pskc *pskc, xmlNode *package);

#endif
