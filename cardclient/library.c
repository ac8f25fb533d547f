/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libcrypto's context of our own.
 */
#include "cardclient/library.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>

static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;
static OSSL_LIB_CTX *library;

/* Asks for nothing: what libcrypto loads, its configuration too, it loads when the program wants it, as
 * without us. */
bool cc_library_alive(void)
{
	return OPENSSL_init_crypto(0, NULL) == 1;
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
