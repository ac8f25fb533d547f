/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The configuration file: one table row for each key says what its value is and where it goes.
 */
#include "daemon/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config_key.h"
#include "daemon/log.h"

#ifndef COUNTERSIGN_STATEDIR
#define COUNTERSIGN_STATEDIR "/var/lib/countersign"
#endif

#define PATH(key)                                                                                            \
	{                                                                                                    \
#key, CONFIG_PATH, offsetof(struct config, key), 0, 0, 0, 0                                  \
	}
#define SECRET(key)                                                                                          \
	{                                                                                                    \
#key, CONFIG_SECRET, offsetof(struct config, key), 0, 0, 0, 0                                \
	}
#define PLACE(key)                                                                                           \
	{                                                                                                    \
#key, CONFIG_PLACE, offsetof(struct config, key), 0, 0, 0, 0                                 \
	}
#define URI(key)                                                                                             \
	{                                                                                                    \
#key, CONFIG_URI, offsetof(struct config, key), 0, 0, 0, 0                                   \
	}
#define TEXT(key)                                                                                            \
	{                                                                                                    \
#key, CONFIG_TEXT, offsetof(struct config, key), 0, 0, 0, 0                                  \
	}
#define NUMBER(key, min, max, def)                                                                           \
	{                                                                                                    \
#key, CONFIG_NUMBER, offsetof(struct config, key), 0, min, max, def                          \
	}
#define FLAG(key, def)                                                                                       \
	{                                                                                                    \
#key, CONFIG_FLAG, offsetof(struct config, key), 0, 0, 1, def                                \
	}
#define LEVEL(key, def)                                                                                      \
	{                                                                                                    \
#key, CONFIG_LEVEL, offsetof(struct config, key), 0, LOG_LEVEL_ERROR, LOG_LEVEL_INFO, def    \
	}
#define ADDRESS(key)                                                                                         \
	{                                                                                                    \
#key, CONFIG_ADDRESS, offsetof(struct config, key##_host),                                   \
		    offsetof(struct config, key##_port), 0, 0, 0                                             \
	}

const struct config_key config_keys[] = {
    PATH(state_directory),
    PLACE(database),
    SECRET(sealing_key),
    URI(sealing_token),
    PATH(audit_key),
    URI(audit_token),
    PATH(checkpoint_directory),
    NUMBER(checkpoint_entries, 1, 1000000000, 10000),
    NUMBER(checkpoint_minutes, 1, 1440, 60),
    NUMBER(audit_decision_days, 0, 36500, 180),
    NUMBER(audit_administration_days, 0, 36500, 180),
    NUMBER(audit_security_days, 0, 36500, 180),
    NUMBER(audit_hour, 0, 23, 2),
    PATH(report_directory),
    PATH(break_glass),
    PATH(client_ca),
    SECRET(tls_certificate),
    SECRET(tls_key),
    PATH(admin_credential),
    LEVEL(log_level, LOG_LEVEL_INFO),
    TEXT(user),
    TEXT(tls_names),
    PATH(socket),
    TEXT(socket_users),
    SECRET(validate_credential),
    TEXT(validate_clients),
    TEXT(sms_url),
    TEXT(sms_body),
    SECRET(sms_credential),
    TEXT(smtp_url),
    TEXT(smtp_from),
    SECRET(smtp_credential),
    FLAG(smtp_tls, true),
    TEXT(hook_urls),
    TEXT(hook_events),
    SECRET(hook_secret),
    TEXT(courier_text),
    TEXT(courier_allow),
    ADDRESS(listen),
    ADDRESS(metrics),
    NUMBER(connections_max, 1, 65536, 1024),
    NUMBER(connections_address, 0, 65536, 0),
    NUMBER(request_timeout, 1, 600, 10),
    NUMBER(front_threads, 0, 64, 0),
    NUMBER(alarm_certificate_days, 0, 3650, 30),
    NUMBER(alarm_token_days, 0, 3650, 7),
    NUMBER(alarm_key_days, 0, 36500, 730),
    NUMBER(alarm_message_seconds, 0, 86400, 60),
    NUMBER(ready_disk_free, 0, 1048576, 64),
    NUMBER(hotp_window, 0, 100, 10),
    NUMBER(totp_window, 0, 10, 1),
    NUMBER(totp_drift_limit, 0, 1000, 20),
    NUMBER(resync_window, 1, 10000, 1000),
    NUMBER(list_window, 0, 20, 2),
    NUMBER(tries, 1, 1000, 5),
    NUMBER(tries_window, 60, 31536000, 86400),
    NUMBER(lock_first, 0, 86400, 60),
    NUMBER(lock_max, 0, 86400, 3600),
    NUMBER(address_tries, 1, 1000000, 5),
    NUMBER(address_window, 60, 31536000, 86400),
    NUMBER(address_lock, 0, 31536000, 86400),
    NUMBER(known_days, 0, 3650, 90),
    NUMBER(challenge_lifetime, 10, 86400, 180),
    NUMBER(challenges_hour, 1, 1000, 10),
    NUMBER(challenges_address, 1, 1000000, 30),
    NUMBER(password_memory, 8, 1048576, 19456),
    NUMBER(password_passes, 1, 100, 2),
    NUMBER(password_workers, 1, 64, 2),
    NUMBER(password_queue, 1, 4096, 64),
    NUMBER(password_min, 8, 64, 10),
    TEXT(issuer),
    NUMBER(assertion_lifetime, 60, 86400, 900),
    NUMBER(signing_key_days, 1, 3650, 30),
    PATH(card_ca),
    PATH(login_ca),
    PATH(login_crl),
    FLAG(login_upn, false),
    FLAG(login_email, false),
    FLAG(dual_control, true),
    FLAG(powers_apart, false),
    FLAG(staff_certificates, false),
    NUMBER(approval_lifetime, 60, 2592000, 86400),
};
#define CONFIG_KEY_COUNT (sizeof(config_keys) / sizeof(config_keys[0]))
const size_t config_key_count = CONFIG_KEY_COUNT;

/* Paths that follow the state directory where they are not given. */
static const struct {
	size_t offset;
	const char *name;
} config_files[] = {
    {offsetof(struct config, database), "countersign.db"},
    {offsetof(struct config, sealing_key), "sealing.key"},
    {offsetof(struct config, audit_key), "audit.key"},
    {offsetof(struct config, checkpoint_directory), "checkpoints"},
    {offsetof(struct config, report_directory), "reports"},
    {offsetof(struct config, break_glass), "break-glass.codes"},
    {offsetof(struct config, tls_certificate), "tls.crt"},
    {offsetof(struct config, tls_key), "tls.key"},
    {offsetof(struct config, admin_credential), "admin.credential"},
};

static char *config_text_at(struct config *config, size_t offset)
{
	return (char *)config + offset;
}

static void config_copy(char *to, size_t cap, const char *from)
{
	(void)snprintf(to, cap, "%s", from);
}

/* Puts the name of each file that was not given under the state directory. False where a path gets too long.
 */
static bool config_complete(struct config *config)
{
	for (size_t i = 0; i < sizeof(config_files) / sizeof(config_files[0]); i++) {
		char *path = config_text_at(config, config_files[i].offset);
		if (path[0])
			continue;
		char whole[PATH_MAX]; /* not written in place: the compiler cannot see that the two do not
					 overlap */
		int len =
		    snprintf(whole, sizeof(whole), "%s/%s", config->state_directory, config_files[i].name);
		if (len < 0 || (size_t)len >= sizeof(whole))
			return false;
		memcpy(path, whole, (size_t)len + 1);
	}
	return true;
}

static void config_flag(struct config *out, const struct config_key *key, bool flag)
{
	memcpy((uint8_t *)out + key->offset, &flag, sizeof(flag));
}

/* Defaults but for the paths that follow the state directory. */
static void config_start(struct config *out)
{
	memset(out, 0, sizeof(*out));
	config_copy(out->state_directory, sizeof(out->state_directory), COUNTERSIGN_STATEDIR);
	config_copy(out->listen_host, sizeof(out->listen_host), "127.0.0.1");
	out->listen_port = 8443;
	config_copy(out->issuer, sizeof(out->issuer), "countersign");
	config_copy(out->smtp_from, sizeof(out->smtp_from), "countersign@localhost");
	config_copy(out->courier_text, sizeof(out->courier_text), "Your code is {code}.");
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];
		if (key->type == CONFIG_NUMBER || key->type == CONFIG_LEVEL)
			memcpy((uint8_t *)out + key->offset, &key->fallback, sizeof(key->fallback));
		else if (key->type == CONFIG_FLAG)
			config_flag(out, key, key->fallback != 0);
	}
}

void config_defaults(struct config *out)
{
	config_start(out);
	(void)config_complete(out);
}

__attribute__((format(printf, 2, 3))) static enum cs_err config_error(char error[CONFIG_ERROR_MAX],
								      const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
	return CS_ERR_MALFORMED;
}

/* Decimal digits alone, at most max. */
static bool config_number(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t value = 0;

	if (!text[0])
		return false;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || value > max)
			return false;
		value = value * 10 + (uint64_t)(*p - '0');
	}
	if (value < min || value > max)
		return false;
	*out = (uint32_t)value;
	return true;
}

/* 127.0.0.1:8443 or [::1]:8443, into host and port. */
static bool config_address(const char *text, char host[CONFIG_TEXT_MAX], uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	bool six = text[0] == '[';
	unsigned char packed[16];
	char name[CONFIG_TEXT_MAX];
	uint32_t number;

	if (!colon || !config_number(colon + 1, 0, 65535, &number) ||
	    (six && (colon == text || colon[-1] != ']')))
		return false;
	size_t len = (size_t)(colon - text) - (six ? 2u : 0u);
	if (len >= sizeof(name))
		return false;
	memcpy(name, text + (six ? 1 : 0), len);
	name[len] = '\0';
	if (inet_pton(six ? AF_INET6 : AF_INET, name, packed) != 1)
		return false;
	memcpy(host, name, len + 1);
	*port = (uint16_t)number;
	return true;
}

static bool config_level(const char *word, uint32_t *out)
{
	static const char *const words[] = {[LOG_LEVEL_ERROR] = "error",
					    [LOG_LEVEL_WARNING] = "warning",
					    [LOG_LEVEL_NOTICE] = "notice",
					    [LOG_LEVEL_INFO] = "info"};

	for (uint32_t i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_INFO; i++)
		if (strcmp(word, words[i]) == 0) {
			*out = i;
			return true;
		}
	return false;
}

/* Where systemd has put a credential; false where it passed none, or the name is not one. */
static bool config_credential(const char *name, char path[PATH_MAX])
{
	const char *directory = secure_getenv("CREDENTIALS_DIRECTORY");

	if (!directory || directory[0] != '/' || !name[0] || strchr(name, '/'))
		return false;
	int len = snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return len > 0 && len < PATH_MAX;
}

static bool config_is_server(const char *value)
{
	return strncmp(value, "postgresql:", 11) == 0 && value[11];
}

/* What the value should have been; empty where it is right and has been stored. */
static void config_store(struct config *out, const struct config_key *key, const char *value,
			 char wanted[128])
{
	char *text = config_text_at(out, key->offset);
	uint16_t port;
	uint32_t number;

	wanted[0] = '\0';
	switch (key->type) {
	case CONFIG_PATH:
		if (value[0] != '/' || strlen(value) >= PATH_MAX)
			(void)snprintf(wanted, 128, "an absolute path");
		else
			config_copy(text, PATH_MAX, value);
		break;
	case CONFIG_SECRET:
		if (strncmp(value, "credential:", 11) == 0) {
			if (!config_credential(value + 11, text))
				(void)snprintf(wanted, 128, "the name of a credential that systemd passes");
		} else if (value[0] != '/' || strlen(value) >= PATH_MAX) {
			(void)snprintf(wanted, 128, "an absolute path, or credential:NAME");
		} else {
			config_copy(text, PATH_MAX, value);
		}
		break;
	case CONFIG_PLACE:
		if ((value[0] != '/' && !config_is_server(value)) || strlen(value) >= PATH_MAX)
			(void)snprintf(wanted, 128, "an absolute path, or postgresql:...");
		else
			config_copy(text, PATH_MAX, value);
		break;
	case CONFIG_URI:
		if (strncmp(value, "pkcs11:", 7) != 0 || strlen(value) >= PATH_MAX)
			(void)snprintf(wanted, 128, "a PKCS#11 URI (RFC 7512)");
		else
			config_copy(text, PATH_MAX, value);
		break;
	case CONFIG_TEXT:
		if (strlen(value) >= CONFIG_TEXT_MAX)
			(void)snprintf(wanted, 128, "at most %u bytes", CONFIG_TEXT_MAX - 1);
		else
			config_copy(text, CONFIG_TEXT_MAX, value);
		break;
	case CONFIG_ADDRESS:
		if (!config_address(value, text, &port))
			(void)snprintf(wanted, 128,
				       "a numeric address and a port, as 127.0.0.1:8443 or [::1]:8443");
		else
			memcpy((uint8_t *)out + key->offset2, &port, sizeof(port));
		break;
	case CONFIG_FLAG:
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			(void)snprintf(wanted, 128, "yes or no");
		else
			config_flag(out, key, value[0] == 'y');
		break;
	case CONFIG_LEVEL:
		if (!config_level(value, &number))
			(void)snprintf(wanted, 128, "error, warning, notice or info");
		else
			memcpy((uint8_t *)out + key->offset, &number, sizeof(number));
		break;
	case CONFIG_NUMBER:
		if (!config_number(value, key->min, key->max, &number))
			(void)snprintf(wanted, 128, "a number from %u to %u", (unsigned)key->min,
				       (unsigned)key->max);
		else
			memcpy((uint8_t *)out + key->offset, &number, sizeof(number));
		break;
	}
}

/* Cuts blanks off both ends, in place. */
static char *config_trim(char *text)
{
	char *end = text + strlen(text);

	while (*text == ' ' || *text == '\t')
		text++;
	while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		*--end = '\0';
	return text;
}

/* One line, without its newline. seen says which keys were met before. */
static enum cs_err config_line(char *line, const char *file, unsigned number, struct config *out,
			       bool seen[CONFIG_KEY_COUNT], char error[CONFIG_ERROR_MAX])
{
	char wanted[128];

	line = config_trim(line);
	if (!line[0] || line[0] == '#')
		return CS_OK;
	char *equals = strchr(line, '=');
	if (!equals)
		return config_error(error, "%s:%u: expected `key = value`", file, number);
	*equals = '\0';
	const char *name = config_trim(line), *value = config_trim(equals + 1);
	size_t i = 0;
	while (i < CONFIG_KEY_COUNT && strcmp(config_keys[i].name, name) != 0)
		i++;
	if (i == CONFIG_KEY_COUNT)
		return config_error(error, "%s:%u: unknown key `%s`; countersignd.conf(5) lists them", file,
				    number, name);
	if (seen[i])
		return config_error(error, "%s:%u: key `%s` is given a second time", file, number, name);
	seen[i] = true;
	config_store(out, &config_keys[i], value, wanted);
	if (wanted[0])
		return config_error(error, "%s:%u: `%s` must be %s", file, number, name, wanted);
	return CS_OK;
}

enum cs_err config_parse(struct cs_view text, const char *name, struct config *out,
			 char error[CONFIG_ERROR_MAX])
{
	struct config config;
	char line[PATH_MAX + 128];
	bool seen[CONFIG_KEY_COUNT] = {false};
	unsigned number = 0;

	config_start(&config);
	for (size_t at = 0; at < text.len;) {
		const uint8_t *newline = memchr(text.ptr + at, '\n', text.len - at);
		size_t len = newline ? (size_t)(newline - (text.ptr + at)) : text.len - at;
		number++;
		if (len >= sizeof(line))
			return config_error(error, "%s:%u: the line is too long", name, number);
		memcpy(line, text.ptr + at, len);
		line[len] = '\0';
		if (strlen(line) != len)
			return config_error(error, "%s:%u: the line has a NUL character", name, number);
		enum cs_err err = config_line(line, name, number, &config, seen, error);
		if (err)
			return err;
		at += len + 1;
	}
	if (config.staff_certificates && !config.client_ca[0])
		return config_error(error, "%s: `staff_certificates` wants a `client_ca`", name);
	if (!config_complete(&config))
		return config_error(error, "%s: `state_directory` is too long", name);
	*out = config;
	return CS_OK;
}

enum cs_err config_load(const char *path, struct config *out, char error[CONFIG_ERROR_MAX])
{
	static char text[CONFIG_FILE_MAX + 1];
	size_t len = 0;
	ssize_t got;

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		enum cs_err err = errno == ENOENT ? CS_ERR_NOT_FOUND : CS_ERR_IO;
		(void)config_error(error, "%s: %s", path, strerror(errno));
		return err;
	}
	while (len < sizeof(text) && (got = read(fd, text + len, sizeof(text) - len)) > 0)
		len += (size_t)got;
	(void)close(fd);
	if (len == sizeof(text))
		return config_error(error, "%s: longer than %u bytes: not a configuration file", path,
				    CONFIG_FILE_MAX);
	return config_parse(cs_view(text, len), path, out, error);
}
