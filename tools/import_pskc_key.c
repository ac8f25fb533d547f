/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One key of PSKC: what it makes, for whom, from when until when, and whether it may be used here at all.
 *
 *   KeyPackage := DeviceInfo? Key
 *   Key        := AlgorithmParameters? Data (Secret, Counter, Time, TimeInterval ...) UserId? Policy?
 */
#include <string.h>

#include "base/secret.h"
#include "tools/import_pskc_xml.h"

static enum cs_err key_type(struct pskc *pskc, xmlNode *key, struct import_record *record)
{
	char algorithm[PSKC_TEXT_MAX];
	size_t at;

	pskc_attribute(key, "Algorithm", algorithm);
	at = strlen(algorithm);
	while (at > 0 && algorithm[at - 1] != ':' && algorithm[at - 1] != '#')
		at--;
	if (import_same(cs_view_string(algorithm + at), "ocra-1"))
		record->type = IMPORT_OCRA;
	else if (!import_type(cs_view_string(algorithm + at), &record->type))
		return import_fail(pskc->job, CS_ERR_UNSUPPORTED, record->line,
				   "the key is for an algorithm that is none of HOTP, TOTP and OCRA");
	return CS_OK;
}

/* Suite: of OCRA its suite, of the others a hash. */
static bool key_suite(const char *text, struct import_record *record)
{
	struct cs_ocra_suite suite;

	if (text[0] == '\0')
		return true;
	if (record->type != IMPORT_OCRA)
		return import_hash(cs_view_string(text), &record->hash);
	if (!import_text(cs_view_string(text), record->suite, sizeof record->suite) ||
	    cs_ocra_suite_parse(cs_view_string(record->suite), &suite) != CS_OK)
		return false;
	record->hash = suite.hash;
	return true;
}

static enum cs_err key_parameters(struct pskc *pskc, xmlNode *key, struct import_record *record)
{
	xmlNode *parameters = pskc_child(key, "AlgorithmParameters");
	xmlNode *format = pskc_child(parameters, "ResponseFormat");
	char text[PSKC_TEXT_MAX];
	uint64_t digits = record->digits;

	pskc_attribute(format, "Encoding", text);
	if (format != NULL && strcmp(text, "DECIMAL") != 0)
		return import_fail(pskc->job, CS_ERR_UNSUPPORTED, record->line,
				   "its codes are not made of decimal digits");
	pskc_attribute(format, "CheckDigits", text);
	if (strcmp(text, "true") == 0 || strcmp(text, "1") == 0)
		return import_fail(pskc->job, CS_ERR_UNSUPPORTED, record->line,
				   "its codes have a check digit");
	pskc_attribute(format, "Length", text);
	if (text[0] != '\0' && !import_number(cs_view_string(text), 99, &digits))
		return import_fail(pskc->job, CS_ERR_MALFORMED, record->line,
				   "the length of its codes is no number");
	record->digits = (unsigned)digits;
	if (!pskc_text(pskc_child(parameters, "Suite"), text) || !key_suite(text, record))
		return import_fail(
		    pskc->job, CS_ERR_UNSUPPORTED, record->line,
		    "its Suite is none of ours: HMAC-SHA1, -256, -512, or for OCRA an OCRA-1 suite");
	return CS_OK;
}

/* RFC 6030, 5: who does not know a policy may not use the key. */
static enum cs_err key_policy(struct pskc *pskc, xmlNode *key, struct import_record *record)
{
	const char *use = record->type == IMPORT_OCRA ? "CR" : "OTP";
	bool uses = false, usable = false;
	char text[PSKC_TEXT_MAX];
	xmlNode *policy = pskc_child(key, "Policy");

	for (xmlNode *node = policy != NULL ? xmlFirstElementChild(policy) : NULL; node != NULL;
	     node = xmlNextElementSibling(node)) {
		const char *name = pskc_name(node);
		if (strcmp(name, "KeyUsage") == 0) {
			uses = true;
			usable = usable || (pskc_text(node, text) && strcmp(text, use) == 0);
		} else if (strcmp(name, "PINPolicy") == 0) {
			pskc_attribute(node, "PINUsageMode", text);
			if (text[0] != '\0' && strcmp(text, "Local") != 0)
				return import_fail(
				    pskc->job, CS_ERR_UNSUPPORTED, record->line,
				    "its policy wants a PIN that the server checks: set one after "
				    "the import, and take PINPolicy out");
		} else if (strcmp(name, "StartDate") != 0 && strcmp(name, "ExpiryDate") != 0) {
			return import_fail(
			    pskc->job, CS_ERR_UNSUPPORTED, record->line,
			    "its policy has an element that is none of ours (RFC 6030, 5: then the "
			    "key may not be used)");
		}
	}
	if (uses && !usable)
		return import_fail(pskc->job, CS_ERR_UNSUPPORTED, record->line,
				   "its policy does not allow KeyUsage %s", use);
	if (!pskc_time(pskc_child(policy, "StartDate"), &record->starts) ||
	    !pskc_time(pskc_child(policy, "ExpiryDate"), &record->expires))
		return import_fail(pskc->job, CS_ERR_MALFORMED, record->line,
				   "StartDate or ExpiryDate of its policy is no time");
	return CS_OK;
}

/* A distinguished name whose first part is UID= or CN= names the user by it; what is none, by itself. */
static bool key_user(xmlNode *node, struct import_record *record)
{
	char text[PSKC_TEXT_MAX];
	struct cs_view user;

	if (node == NULL)
		return true;
	if (!pskc_text(node, text))
		return false;
	user = cs_view_string(text);
	for (const char *const *prefix = (const char *const[]){"UID=", "CN=", NULL}; *prefix != NULL;
	     prefix++) {
		size_t len = strlen(*prefix);
		if (user.len > len && import_same(cs_view(user.ptr, len), *prefix)) {
			user = cs_view(user.ptr + len, user.len - len);
			user.len = strcspn((const char *)user.ptr, ",+");
			break;
		}
	}
	return import_text(user, record->user, sizeof record->user);
}

/* What is known of the token beside its key. */
static enum cs_err key_device(struct pskc *pskc, xmlNode *package, xmlNode *key, struct import_record *record)
{
	xmlNode *device = pskc_child(package, "DeviceInfo"), *label = pskc_child(key, "FriendlyName"),
		*user = pskc_child(key, "UserId");
	uint64_t starts = 0, expires = 0;
	char id[PSKC_TEXT_MAX];

	pskc_attribute(key, "Id", id);
	label = label != NULL ? label : pskc_child(key, "Issuer");
	label = label != NULL ? label : pskc_child(device, "Manufacturer");
	user = user != NULL ? user : pskc_child(device, "UserId");
	if (!import_text(cs_view_string(id), record->serial, sizeof record->serial) ||
	    !pskc_field(pskc_child(device, "SerialNo"), record->serial, sizeof record->serial) ||
	    !pskc_field(label, record->label, sizeof record->label) || !key_user(user, record))
		return import_fail(pskc->job, CS_ERR_MALFORMED, record->line,
				   "its serial number, name or user is too long, or no clean text");
	if (!pskc_time(pskc_child(device, "StartDate"), &starts) ||
	    !pskc_time(pskc_child(device, "ExpiryDate"), &expires))
		return import_fail(pskc->job, CS_ERR_MALFORMED, record->line,
				   "StartDate or ExpiryDate of its device is no time");
	record->starts = starts > record->starts ? starts : record->starts;
	if (expires != 0 && (record->expires == 0 || expires < record->expires))
		record->expires = expires;
	return CS_OK;
}

static enum cs_err key_data(struct pskc *pskc, xmlNode *key, struct import_record *record)
{
	xmlNode *data = pskc_child(key, "Data");
	struct cs_writer seed = CS_WRITER_OF(record->seed);
	uint64_t period = record->period;

	if (pskc_child(data, "Secret") == NULL)
		return import_fail(pskc->job, CS_ERR_MALFORMED, record->line, "the key has no Secret");
	enum cs_err err = pskc_secret_read(pskc, pskc_child(data, "Secret"), &seed);
	record->seed_len = cs_writer_view(&seed).len;
	if (err == CS_OK && record->type != IMPORT_TOTP)
		err = pskc_number_read(pskc, pskc_child(data, "Counter"), &record->counter);
	if (err == CS_OK && record->type == IMPORT_TOTP)
		err = pskc_number_read(pskc, pskc_child(data, "TimeInterval"), &period);
	record->period = period <= UINT32_MAX ? (uint32_t)period : 0;
	return err;
}

enum cs_err pskc_package_read(struct pskc *pskc, xmlNode *package)
{
	xmlNode *key = pskc_child(package, "Key");
	struct import_record record;
	enum cs_err err;

	if (key == NULL)
		return import_fail(pskc->job, CS_ERR_MALFORMED, pskc_line(package), "the package has no Key");
	import_record_init(&record, IMPORT_HOTP, pskc_line(key));
	err = key_type(pskc, key, &record);
	if (err == CS_OK)
		err = key_parameters(pskc, key, &record);
	if (err == CS_OK)
		err = key_policy(pskc, key, &record);
	if (err == CS_OK)
		err = key_device(pskc, package, key, &record);
	if (err == CS_OK)
		err = key_data(pskc, key, &record);
	if (err == CS_OK)
		err = import_emit(pskc->job, &record);
	cs_wipe(&record, sizeof record);
	return err;
}
