/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The configuration file, and the files that it names for front.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/courier.h"
#include "daemon/keeper_hook.h"
#include "daemon/settings.h"

#define SETTINGS_HOOK_SECRET_MIN 32u

__attribute__((format(printf, 3, 4))) static enum cs_err
settings_error(char error[CONFIG_ERROR_MAX], enum cs_err err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
	return err;
}

static enum cs_err settings_pem(const char *path, char text[SETTINGS_PEM_MAX], char error[CONFIG_ERROR_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? 0 : -1;
	size_t len = 0;

	if (fd >= 0) {
		while (len < SETTINGS_PEM_MAX - 1 &&
		       (got = read(fd, text + len, SETTINGS_PEM_MAX - 1 - len)) > 0)
			len += (size_t)got;
		(void)close(fd);
	}
	text[len] = '\0';
	if (got < 0)
		return settings_error(error, CS_ERR_IO, "%s: %s; countersignd --init makes it", path,
				      strerror(errno));
	return CS_OK;
}

/* The first line of a file; none where there is no file to read. */
static enum cs_err settings_credential(const char *path, char out[SETTINGS_CREDENTIAL_MAX],
				       char error[CONFIG_ERROR_MAX])
{
	ssize_t got = 0;

	if (!path[0])
		return CS_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (got = read(fd, out, SETTINGS_CREDENTIAL_MAX - 1)) < 0)
		(void)settings_error(error, CS_ERR_IO, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (fd < 0 || got < 0)
		return CS_ERR_IO;
	out[got] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return CS_OK;
}

enum cs_err settings_check(const struct config *config, char error[CONFIG_ERROR_MAX])
{
	const char *fault = courier_hook_urls_fault(config->hook_urls);

	if (!courier_allow_valid(config->courier_allow))
		fault = "`courier_allow` must be addresses, or networks as 10.1.0.0/16, parted by blanks";
	else if (!fault && !hook_list_valid(config->hook_events))
		fault = "`hook_events` must be events of countersignd.conf(5), or what stands before their "
			"dots, parted "
			"by blanks";
	return fault ? settings_error(error, CS_ERR_MALFORMED, "%s", fault) : CS_OK;
}

static enum cs_err settings_courier(struct settings *s, char error[CONFIG_ERROR_MAX])
{
	enum cs_err err = settings_check(&s->config, error);
	if (!err)
		err = settings_credential(s->config.sms_credential, s->sms_credential, error);
	if (!err)
		err = settings_credential(s->config.smtp_credential, s->smtp_credential, error);
	if (!err)
		err = settings_credential(s->config.hook_secret, s->hook_secret, error);
	if (!err && s->config.hook_urls[0] && strlen(s->hook_secret) < SETTINGS_HOOK_SECRET_MIN)
		err = settings_error(
		    error, CS_ERR_MALFORMED,
		    "`hook_secret` must name a file whose first line has at least 32 characters: what web "
		    "hooks are "
		    "signed with, and their receivers know, too");
	return err;
}

static uint64_t settings_expiry(const X509 *certificate)
{
	struct tm tm;
	time_t when;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1 || (when = timegm(&tm)) < 0)
		return 0;
	return (uint64_t)when;
}

/* The first certificate of the chain is front's own. */
static enum cs_err settings_check_pair(struct settings *s, char error[CONFIG_ERROR_MAX])
{
	BIO *certificate_text = BIO_new_mem_buf(s->certificate, -1), *key_text = BIO_new_mem_buf(s->key, -1);
	X509 *certificate = certificate_text ? PEM_read_bio_X509(certificate_text, NULL, NULL, NULL) : NULL;
	static char no_password[1];
	EVP_PKEY *key = key_text ? PEM_read_bio_PrivateKey(key_text, NULL, NULL, no_password) : NULL;
	enum cs_err err = CS_OK;

	if (!certificate)
		err = settings_error(error, CS_ERR_MALFORMED, "%s: not a certificate in PEM",
				     s->config.tls_certificate);
	else if (!key)
		err = settings_error(error, CS_ERR_MALFORMED,
				     "%s: not a private key in PEM, without a password", s->config.tls_key);
	else if (X509_check_private_key(certificate, key) != 1)
		err = settings_error(error, CS_ERR_MALFORMED, "%s: not the key of the certificate %s",
				     s->config.tls_key, s->config.tls_certificate);
	else
		s->tls_expires = settings_expiry(certificate);
	ERR_clear_error();
	EVP_PKEY_free(key);
	X509_free(certificate);
	BIO_free(key_text);
	BIO_free(certificate_text);
	return err;
}

enum cs_err settings_load(const char *path, struct settings *out, char error[CONFIG_ERROR_MAX])
{
	memset(out, 0, sizeof(*out));
	enum cs_err err = config_load(path, &out->config, error);
	if (!err)
		err = settings_pem(out->config.tls_certificate, out->certificate, error);
	if (!err)
		err = settings_pem(out->config.tls_key, out->key, error);
	if (!err)
		err = settings_check_pair(out, error);
	if (!err)
		err = front_open_read(&out->config, &out->open, error);
	if (!err)
		err = settings_courier(out, error);
	if (err)
		cs_wipe(out, sizeof(*out));
	return err;
}
