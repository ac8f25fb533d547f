/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libcrypto's context of our own.
 */
#include "cardclient/library.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <pthread.h>

static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;
static OSSL_LIB_CTX *library;
static _Thread_local enum { ERRORS_STAY, ERRORS_OURS, ERRORS_MARKED } errors;

/* Asks for nothing: what libcrypto loads, its configuration too, it loads when the program wants it, as
 * without us. */
static bool is_alive(void)
{
	return OPENSSL_init_crypto(0, NULL) == 1;
}

bool cc_library_alive(void)
{
	if (!is_alive())
		return false;
	if (errors == ERRORS_OURS) {
		(void)ERR_set_mark();
		errors = ERRORS_MARKED;
	}
	return true;
}

void cc_library_errors_begin(void)
{
	errors = ERRORS_OURS;
}

void cc_library_errors_end(void)
{
	/* Where there was no error to mark all are ours. */
	if (errors == ERRORS_MARKED && is_alive())
		(void)ERR_pop_to_mark();
	errors = ERRORS_STAY;
}

OSSL_LIB_CTX *cc_library(void)
{
	OSSL_LIB_CTX *found;

	if (!cc_library_alive())
		return NULL;
	(void)pthread_mutex_lock(&library_lock);
	if (library == NULL)
		library = OSSL_LIB_CTX_new();
	found = library;
	(void)pthread_mutex_unlock(&library_lock);
	return found;
}

bool cc_library_random(uint8_t *out, size_t len)
{
	OSSL_LIB_CTX *lib = cc_library();

	return lib != NULL && RAND_bytes_ex(lib, out, len, 0) == 1;
}

void cc_library_free(void)
{
	(void)pthread_mutex_lock(&library_lock);
	if (cc_library_alive())
		OSSL_LIB_CTX_free(library);
	library = NULL;
	(void)pthread_mutex_unlock(&library_lock);
}

void cc_library_forked(void)
{
	(void)pthread_mutex_init(&library_lock, NULL);
	/* Its own locks may be held by threads that are not there any more: the child makes one of its own.
	 */
	library = NULL;
}
