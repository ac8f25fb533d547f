/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Invariants:
 *  1. A list whose number is lower than that of a list of its CA and scope that counted does not count.
 *  2. No list is remembered that libcrypto has not found to be signed by its CA, and valid: whoever writes
 * the file keeps no list of the CA's from counting by a number of his own.
 */
#include "daemon/login_list.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "daemon/log.h"

struct login_lists {
	STACK_OF(X509_CRL) * newest; /* of each CA and scope */
	X509_CRL *told; /* that the log says another one goes back behind; borrowed from newest */
};

/* libcrypto's own check of a list: signature, times, scope. The same in every store. */
static X509_STORE_CTX_check_crl_fn list_check;

struct login_lists *login_lists_new(void)
{
	struct login_lists *lists = calloc(1, sizeof(*lists));

	if (lists && !(lists->newest = sk_X509_CRL_new_null())) {
		free(lists);
		return NULL;
	}
	return lists;
}

void login_lists_free(struct login_lists *lists)
{
	if (lists)
		sk_X509_CRL_pop_free(lists->newest, X509_CRL_free);
	free(lists);
}

static bool extension_same(const X509_CRL *a, const X509_CRL *b, int nid)
{
	X509_EXTENSION *in_a = X509_CRL_get_ext(a, X509_CRL_get_ext_by_NID(a, nid, -1)),
		       *in_b = X509_CRL_get_ext(b, X509_CRL_get_ext_by_NID(b, nid, -1));

	return in_a && in_b
		   ? ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(in_a), X509_EXTENSION_get_data(in_b)) == 0
		   : in_a == in_b;
}

static bool scope_same(const X509_CRL *a, const X509_CRL *b)
{
	return X509_NAME_cmp(X509_CRL_get_issuer(a), X509_CRL_get_issuer(b)) == 0 &&
	       extension_same(a, b, NID_authority_key_identifier) &&
	       extension_same(a, b, NID_issuing_distribution_point);
}

static bool goes_back(const X509_CRL *list, const X509_CRL *before)
{
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL),
		     *last = X509_CRL_get_ext_d2i(before, NID_crl_number, NULL, NULL);
	const bool back = last && (!number || ASN1_INTEGER_cmp(number, last) < 0);

	ASN1_INTEGER_free(number);
	ASN1_INTEGER_free(last);
	return back;
}

static void back_tell(struct login_lists *lists, X509_CRL *before)
{
	char issuer[256];

	if (lists->told == before)
		return;
	lists->told = before;
	log_line(
	    LOG_LEVEL_ERROR,
	    "login_crl: the list of %s is older, by its number, than one that counted before: it counts as "
	    "none; put the newest one there",
	    X509_NAME_oneline(X509_CRL_get_issuer(before), issuer, sizeof(issuer)));
}

/* Remembers one that counts. */
static bool list_keep(struct login_lists *lists, int at, X509_CRL *list)
{
	if (X509_CRL_up_ref(list) != 1)
		return false;
	if (at < sk_X509_CRL_num(lists->newest)) {
		X509_CRL *before = sk_X509_CRL_value(lists->newest, at);
		if (lists->told == before)
			lists->told = NULL;
		X509_CRL_free(before);
		(void)sk_X509_CRL_set(lists->newest, at, list);
		return true;
	}
	if (sk_X509_CRL_push(lists->newest, list) > 0)
		return true;
	X509_CRL_free(list);
	return false;
}

static int list_watched(X509_STORE_CTX *ctx, X509_CRL *list)
{
	struct login_lists *lists = X509_STORE_CTX_get_app_data(ctx);
	int at = 0, good = list_check(ctx, list);

	if (good != 1 || !lists)
		return good;
	while (at < sk_X509_CRL_num(lists->newest) && !scope_same(sk_X509_CRL_value(lists->newest, at), list))
		at++;
	X509_CRL *before = sk_X509_CRL_value(lists->newest, at); /* NULL: none */
	if (before == list)
		return 1;
	if (before && goes_back(list, before))
		back_tell(lists, before);
	else if (list_keep(lists, at, list))
		return 1;
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

bool login_lists_watch(X509_STORE *store)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	const bool ready = ctx && X509_STORE_CTX_init(ctx, store, NULL, NULL) == 1;

	if (ready) {
		list_check = X509_STORE_CTX_get_check_crl(ctx);
		X509_STORE_set_check_crl(store, list_watched);
	}
	X509_STORE_CTX_free(ctx);
	return ready;
}

bool login_lists_attend(struct login_lists *lists, X509_STORE_CTX *ctx)
{
	return X509_STORE_CTX_set_app_data(ctx, lists) == 1;
}
