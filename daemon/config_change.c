/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What differs between two configurations.
 */
#include <string.h>

#include "daemon/config_key.h"

/* Keys whose value is used when a process starts, to open, to size or to become something, and never again.
 */
static const char *const config_fixed[] = {
    "state_directory",
    "database",
    "sealing_key",
    "sealing_token",
    "admin_credential",
    "user",
    "tls_names",
    "socket",
    "socket_users",
    "listen",
    "metrics",
    "connections_max",
    "connections_address",
    "front_threads",
    "client_ca",
    "sms_url",
    "smtp_url",
    "hook_urls",
    "password_workers",
    "password_queue",
    "audit_key",
    "audit_token",
    "checkpoint_directory",
    "checkpoint_entries",
    "checkpoint_minutes",
    "audit_decision_days",
    "audit_administration_days",
    "audit_security_days",
    "audit_hour",
    "report_directory",
    "break_glass",
};

/* Bytes of a value at its offset; texts are compared as such, since what stands behind their ends is of no
 * matter. */
static size_t config_size(enum config_type type)
{
	switch (type) {
	case CONFIG_PATH:
	case CONFIG_SECRET:
	case CONFIG_PLACE:
	case CONFIG_URI:
		return PATH_MAX;
	case CONFIG_TEXT:
	case CONFIG_ADDRESS:
		return CONFIG_TEXT_MAX;
	case CONFIG_FLAG:
		return sizeof(bool);
	default:
		return sizeof(uint32_t);
	}
}

static bool config_same(const struct config *a, const struct config *b, const struct config_key *key)
{
	const uint8_t *left = (const uint8_t *)a, *right = (const uint8_t *)b;
	size_t size = config_size(key->type);

	if (size < CONFIG_TEXT_MAX)
		return memcmp(left + key->offset, right + key->offset, size) == 0;
	if (strncmp((const char *)left + key->offset, (const char *)right + key->offset, size) != 0)
		return false;
	return key->type != CONFIG_ADDRESS ||
	       memcmp(left + key->offset2, right + key->offset2, sizeof(uint16_t)) == 0;
}

static bool config_is_fixed(const char *name)
{
	for (size_t i = 0; i < sizeof(config_fixed) / sizeof(config_fixed[0]); i++)
		if (strcmp(config_fixed[i], name) == 0)
			return true;
	return false;
}

void config_settle(const struct config *running, struct config *next, config_change_fn *each, void *ctx)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		if (config_same(running, next, key))
			continue;
		bool fixed = config_is_fixed(key->name);
		if (fixed) {
			memcpy((uint8_t *)next + key->offset, (const uint8_t *)running + key->offset,
			       config_size(key->type));
			if (key->type == CONFIG_ADDRESS)
				memcpy((uint8_t *)next + key->offset2,
				       (const uint8_t *)running + key->offset2, sizeof(uint16_t));
		}
		each(ctx, key->name, fixed);
	}
}
