/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The settings in force, and those that somebody may still look at.
 *
 * 1. current is read by any thread, and written by one: that of front_exchange_run, or the one that starts
 * it.
 * 2. The list behind current, by former, belongs to that one thread.
 */
#include "daemon/front_settings.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "daemon/log.h"

#define CHAIN_MAX 16u
#define KEPT_S	  1300 /* two of the longest request_timeout, and the minute that a connection may idle */

static _Atomic(struct front_settings *) current;

static int64_t now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec;
}

static void settings_free(struct front_settings *s)
{
	for (unsigned i = 0; i < s->chain_len; i++) {
		gnutls_pcert_deinit(&s->chain[i]);
	}
	if (s->key != NULL) {
		gnutls_privkey_deinit(s->key);
	}
	free(s->chain);
	cs_wipe(s, sizeof *s);
	free(s);
}

/* A text of PEM as GnuTLS takes it; it does not write there. */
static gnutls_datum_t datum_of(const char *text)
{
	struct cs_view view = cs_view_string(text);
	gnutls_datum_t datum = {.size = (unsigned)view.len};

	memcpy(&datum.data, &view.ptr, sizeof datum.data);
	return datum;
}

static bool certificate_read(struct front_settings *s, const struct settings *settings)
{
	gnutls_datum_t chain = datum_of(settings->certificate);
	gnutls_datum_t key = datum_of(settings->key);
	unsigned len = CHAIN_MAX;

	s->chain = calloc(CHAIN_MAX, sizeof *s->chain);
	if (s->chain == NULL ||
	    gnutls_pcert_list_import_x509_raw(s->chain, &len, &chain, GNUTLS_X509_FMT_PEM, 0) < 0) {
		return false;
	}
	s->chain_len = len;
	return gnutls_privkey_init(&s->key) == 0 &&
	       gnutls_privkey_import_x509_raw(s->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0) == 0;
}

enum cs_err front_settings_use(const struct settings *settings)
{
	struct front_settings *s = calloc(1, sizeof *s);
	struct front_settings *former = atomic_load(&current);

	if (s == NULL) {
		return CS_ERR_MEMORY;
	}
	if (!certificate_read(s, settings)) {
		settings_free(s);
		return CS_ERR_MALFORMED;
	}
	s->request_timeout = settings->config.request_timeout;
	s->open = settings->open;
	s->former = former;
	if (former != NULL) {
		former->due = now_s() + KEPT_S;
	}
	atomic_store(&current, s);
	return CS_OK;
}

enum cs_err front_settings_take(int fd)
{
	struct settings *settings = calloc(1, sizeof *settings);
	enum cs_err err = settings != NULL ? settings_take(fd, settings) : CS_ERR_MEMORY;

	if (err == CS_OK) {
		err = front_settings_use(settings);
	}
	if (err == CS_OK) {
		log_level_set(settings->config.log_level);
	}
	if (settings != NULL) {
		cs_wipe(settings, sizeof *settings);
	}
	free(settings);
	return err;
}

const struct front_settings *front_settings_now(void)
{
	return atomic_load(&current);
}

int front_settings_certificate(gnutls_session_t session, const gnutls_datum_t *authorities, int count,
			       const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
			       gnutls_pcert_st **chain, unsigned int *chain_len, gnutls_privkey_t *key)
{
	const struct front_settings *s = front_settings_now();

	(void)session;
	(void)authorities;
	(void)count;
	(void)algorithms;
	(void)algorithm_count;
	*chain = s->chain;
	*chain_len = s->chain_len;
	*key = s->key;
	return 0;
}

/* The list is in order of time, the newest first: where one is due, all behind it are. */
static void list_free(struct front_settings **link)
{
	struct front_settings *next = *link;

	*link = NULL;
	while (next != NULL) {
		struct front_settings *s = next;

		next = s->former;
		settings_free(s);
	}
}

void front_settings_tick(void)
{
	struct front_settings *s = atomic_load(&current);

	for (; s != NULL; s = s->former) {
		if (s->former != NULL && s->former->due <= now_s()) {
			list_free(&s->former);
		}
	}
}

void front_settings_end(void)
{
	struct front_settings *s = atomic_exchange(&current, NULL);

	list_free(&s);
}
