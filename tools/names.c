/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Words for the card's numbers, and back (names.h).
 */
#include "tools/names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct name_row {
	unsigned value;
	const char *name;
};

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

static const struct name_row algs[] = {
    {PIV_ALG_RSA1024, "rsa1024"},     {PIV_ALG_RSA2048, "rsa2048"},   {PIV_ALG_RSA3072, "rsa3072"},
    {PIV_ALG_RSA4096, "rsa4096"},     {PIV_ALG_P256, "p256"},	      {PIV_ALG_P384, "p384"},
    {PIV_ALG_P521, "p521"},	      {PIV_ALG_SM2, "sm2"},	      {PIV_ALG_ED25519, "ed25519"},
    {PIV_ALG_X25519, "x25519"},	      {PIV_ALG_MLDSA44, "mldsa44"},   {PIV_ALG_MLDSA65, "mldsa65"},
    {PIV_ALG_MLDSA87, "mldsa87"},     {PIV_ALG_MLKEM512, "mlkem512"}, {PIV_ALG_MLKEM768, "mlkem768"},
    {PIV_ALG_MLKEM1024, "mlkem1024"},
};
static const struct name_row profiles[] = {{CSGN_PROFILE_PIV, "piv"},
					   {CSGN_PROFILE_COUNTERSIGN, "countersign"}};
static const struct name_row lifecycles[] = {
    {CSGN_BLANK, "blank"},   {CSGN_INITIALISED, "initialised"}, {CSGN_ISSUED, "issued"},
    {CSGN_LOCKED, "locked"}, {CSGN_TERMINATED, "terminated"},
};
static const struct name_row pin_policies[] = {
    {PIV_PIN_DEFAULT, "default"},
    {PIV_PIN_NEVER, "never"},
    {PIV_PIN_ONCE, "once"},
    {PIV_PIN_ALWAYS, "always"},
};
static const struct name_row touch_policies[] = {
    {PIV_TOUCH_DEFAULT, "default"},
    {PIV_TOUCH_NEVER, "never"},
    {PIV_TOUCH_ALWAYS, "always"},
    {PIV_TOUCH_CACHED, "cached"},
};
static const struct name_row slots[] = {
    {PIV_SLOT_AUTHENTICATION, "authentication"}, {PIV_SLOT_SIGNATURE, "signature"},
    {PIV_SLOT_KEY_MANAGEMENT, "key-management"}, {PIV_SLOT_CARD_AUTHENTICATION, "card-authentication"},
    {PIV_SLOT_ATTESTATION, "attestation"},
};

static const struct name_row secret_algorithms[] = {
    {CSGN_SECRET_AES128, "aes128"},	      {CSGN_SECRET_AES192, "aes192"},
    {CSGN_SECRET_AES256, "aes256"},	      {CSGN_SECRET_HMAC_SHA1, "hmac-sha1"},
    {CSGN_SECRET_HMAC_SHA256, "hmac-sha256"}, {CSGN_SECRET_HMAC_SHA384, "hmac-sha384"},
    {CSGN_SECRET_HMAC_SHA512, "hmac-sha512"},
};

static const struct name_row usages[] = {
    {CSGN_USAGE_ENCRYPT, "encrypt"},
    {CSGN_USAGE_DECRYPT, "decrypt"},
    {CSGN_USAGE_SIGN, "sign"},
    {CSGN_USAGE_VERIFY, "verify"},
};

static const char *name_find(const struct name_row *rows, size_t count, unsigned value, const char *otherwise)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].value == value)
			return rows[i].name;
	}
	return otherwise;
}

static bool value_find(const struct name_row *rows, size_t count, const char *name, unsigned *value)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(rows[i].name, name) == 0) {
			*value = rows[i].value;
			return true;
		}
	}
	return false;
}

const char *name_of_alg(enum piv_alg alg)
{
	return name_find(ROWS(algs), alg, NULL);
}

const char *name_of_profile(uint8_t profile)
{
	return name_find(ROWS(profiles), profile, "unknown");
}

const char *name_of_lifecycle(uint8_t lifecycle)
{
	return name_find(ROWS(lifecycles), lifecycle, "unknown");
}

const char *name_of_pin_policy(enum piv_pin_policy policy)
{
	return name_find(ROWS(pin_policies), policy, "unknown");
}

const char *name_of_touch_policy(enum piv_touch_policy policy)
{
	return name_find(ROWS(touch_policies), policy, "unknown");
}

const char *name_of_secret_algorithm(uint8_t algorithm)
{
	return name_find(ROWS(secret_algorithms), algorithm, "unknown");
}

const char *name_of_usage(unsigned bit)
{
	return name_find(ROWS(usages), bit, NULL);
}

const char *name_of_slot(uint8_t slot)
{
	return name_find(ROWS(slots), slot, "retired");
}

bool alg_named(const char *name, enum piv_alg *out)
{
	unsigned value;
	bool found = value_find(ROWS(algs), name, &value);
	if (found)
		*out = (enum piv_alg)value;
	return found;
}

bool pin_policy_named(const char *name, enum piv_pin_policy *out)
{
	unsigned value;
	bool found = value_find(ROWS(pin_policies), name, &value);
	if (found)
		*out = (enum piv_pin_policy)value;
	return found;
}

bool touch_policy_named(const char *name, enum piv_touch_policy *out)
{
	unsigned value;
	bool found = value_find(ROWS(touch_policies), name, &value);
	if (found)
		*out = (enum piv_touch_policy)value;
	return found;
}

bool secret_algorithm_named(const char *name, enum csgn_secret_algorithm *out)
{
	unsigned value;
	bool found = value_find(ROWS(secret_algorithms), name, &value);
	if (found)
		*out = (enum csgn_secret_algorithm)value;
	return found;
}

bool usages_named(const char *names, uint16_t *out)
{
	unsigned all = 0, value;
	char name[16];

	for (bool more = true; more; names++) {
		size_t len = strcspn(names, ",");
		if (len >= sizeof name)
			return false;
		memcpy(name, names, len);
		name[len] = '\0';
		if (!value_find(ROWS(usages), name, &value))
			return false;
		all |= value;
		names += len;
		more = *names == ',';
	}
	*out = (uint16_t)all;
	return true;
}

bool slot_named(const char *name, uint8_t *out)
{
	unsigned value;
	char *end;

	if (value_find(ROWS(slots), name, &value)) {
		*out = (uint8_t)value;
		return true;
	}
	unsigned long number = strtoul(name, &end, 16);
	if (strlen(name) != 2 || *end != '\0')
		return false;
	bool retired = number >= PIV_SLOT_RETIRED_FIRST && number <= PIV_SLOT_RETIRED_LAST;
	if (!retired && name_find(ROWS(slots), (unsigned)number, NULL) == NULL)
		return false;
	*out = (uint8_t)number;
	return true;
}
