/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Invariants:
 *  1. A list whose number is lower than that of a list of its CA and scope that counted does not count.
 *  2. No number is remembered but that of a list that libcrypto has found to be signed by its CA, and valid,
 * where that CA's own certificate is signed, up to one that is trusted: whoever writes the file, or sends a
 * chain, keeps no list of the CA's from counting by a number of his own.
 *  3. A list that does not say until when it counts is none, nor is a delta list, nor one whose number is
 * none that RFC 5280 allows.
 */
#include "daemon/login_list.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "daemon/log.h"

#define REFUSED_LISTS                                                                                        \
	8u /* of which it is known that the log has told of them: more than a file that is wrong has */

struct refused_list {
	struct db_crl row; /* the one that it goes back behind, or, where there is no room, itself; without an
			      issuer: none */
	bool no_room;
	bool refused;	/* and none of its CA and scope has counted since, nor were the files read anew */
	uint64_t quiet; /* until then no alarm tells of it */
};

struct login_lists {
	struct db *db; /* borrowed for a verification */
	enum cs_err err;
	struct refused_list told[REFUSED_LISTS];
	size_t next; /* whose place another one gets where all are taken */
};

#define NUMBER_TEXT (2 * DB_CRL_NUMBER_LEN + 1)

/* libcrypto's own check of a list: signature, times, scope. The same in every store. */
static X509_STORE_CTX_check_crl_fn list_check;

struct login_lists *login_lists_new(void)
{
	return calloc(1, sizeof(struct login_lists));
}

void login_lists_free(struct login_lists *lists)
{
	free(lists);
}

void login_lists_forget(struct login_lists *lists)
{
	for (size_t i = 0; i < REFUSED_LISTS; i++)
		lists->told[i].refused = false;
}

const char *login_lists_due(const struct login_lists *lists, uint64_t now, size_t *at, bool *no_room)
{
	while (*at < REFUSED_LISTS) {
		const struct refused_list *list = &lists->told[(*at)++];
		if (!list->refused || now < list->quiet)
			continue;
		*no_room = list->no_room;
		return list->row.issuer;
	}
	return NULL;
}

void login_lists_quiet(struct login_lists *lists, uint64_t now, uint64_t until)
{
	for (size_t i = 0; i < REFUSED_LISTS; i++)
		if (lists->told[i].refused && now >= lists->told[i].quiet)
			lists->told[i].quiet = until;
}

/* ---- what a list says ---- */

/* The certificate of the CA that libcrypto has found a list to be of: its own choice, else the next of the
 * chain. */
static X509 *list_issuer(X509_STORE_CTX *ctx)
{
	X509 *issuer = X509_STORE_CTX_get0_current_issuer(ctx);
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	const int at = X509_STORE_CTX_get_error_depth(ctx) + 1, last = sk_X509_num(chain) - 1;

	return issuer ? issuer : sk_X509_value(chain, at < last ? at : last);
}

/* The CA's key and name, and what the list says that it covers. */
static bool scope_of(X509 *issuer, const X509_CRL *list, uint8_t out[DB_CRL_SCOPE_LEN])
{
	X509_EXTENSION *point =
	    X509_CRL_get_ext(list, X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1));
	const ASN1_OCTET_STRING *covers = point ? X509_EXTENSION_get_data(point) : NULL;
	uint8_t key[EVP_MAX_MD_SIZE];
	const unsigned char *name;
	unsigned key_len = 0, len = 0;
	size_t name_len;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	const bool made =
	    md && X509_pubkey_digest(issuer, EVP_sha256(), key, &key_len) == 1 &&
	    X509_NAME_get0_der(X509_get_subject_name(issuer), &name, &name_len) == 1 &&
	    EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(md, key, key_len) == 1 &&
	    EVP_DigestUpdate(md, name, name_len) == 1 &&
	    (!covers ||
	     EVP_DigestUpdate(md, ASN1_STRING_get0_data(covers), (size_t)ASN1_STRING_length(covers)) == 1) &&
	    EVP_DigestFinal_ex(md, out, &len) == 1 && len == DB_CRL_SCOPE_LEN;
	EVP_MD_CTX_free(md);
	return made;
}

/* False: it is none that RFC 5280 allows. */
static bool number_of(const X509_CRL *list, bool *numbered, uint8_t out[DB_CRL_NUMBER_LEN])
{
	int critical = 0;
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(list, NID_crl_number, &critical, NULL);
	const int len = number ? ASN1_STRING_length(number) : 0;
	const bool good =
	    number ? ASN1_STRING_type(number) == V_ASN1_INTEGER && len >= 0 && len <= (int)DB_CRL_NUMBER_LEN
		   : critical == -1; /* there is none */

	*numbered = number != NULL;
	memset(out, 0, DB_CRL_NUMBER_LEN);
	if (good && len)
		memcpy(out + DB_CRL_NUMBER_LEN - (size_t)len, ASN1_STRING_get0_data(number), (size_t)len);
	ASN1_INTEGER_free(number);
	return good;
}

const char *login_list_unfit(const X509_CRL *list)
{
	uint8_t number[DB_CRL_NUMBER_LEN];
	bool numbered;

	if (!X509_CRL_get0_nextUpdate(list))
		return "does not say when the next one is due";
	if (X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0)
		return "is a delta list (RFC 5280, 5.2.4), which has only what changed since a full one";
	if (!number_of(list, &numbered, number))
		return "has a number that is negative, or longer than 20 octets (RFC 5280, 5.2.3)";
	return NULL;
}

/* Whether each certificate is signed by the next; the last one is trusted. libcrypto looks at that behind the
 * lists. */
static bool chain_is_signed(X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	const int count = sk_X509_num(chain);

	for (int i = 0; i + 1 < count; i++) {
		EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(chain, i + 1));
		if (!key || X509_verify(sk_X509_value(chain, i), key) != 1)
			return false;
	}
	return count > 0;
}

/* ---- what the log says ---- */

static const char *number_text(const uint8_t number[DB_CRL_NUMBER_LEN], char out[NUMBER_TEXT])
{
	cs_hex_encode(cs_view(number, DB_CRL_NUMBER_LEN), out);
	const char *at = out + strspn(out, "0");
	return *at ? at : at - 1;
}

/* The place of a scope; NULL: it has none. */
static struct refused_list *told_of(struct login_lists *lists, const uint8_t scope[DB_CRL_SCOPE_LEN])
{
	for (size_t i = 0; i < REFUSED_LISTS; i++)
		if (lists->told[i].row.issuer[0] &&
		    memcmp(lists->told[i].row.scope, scope, DB_CRL_SCOPE_LEN) == 0)
			return &lists->told[i];
	return NULL;
}

/* One for a scope that has none: of a list that is not refused any more, where there is one. Else another's,
 * whose pause in its alarms it keeps: more lists than there are places bring no more alarms a day. */
static struct refused_list *told_place(struct login_lists *lists)
{
	for (size_t i = 0; i < REFUSED_LISTS && lists->told[lists->next].refused; i++)
		lists->next = (lists->next + 1) % REFUSED_LISTS;
	struct refused_list *place = &lists->told[lists->next];
	lists->next = (lists->next + 1) % REFUSED_LISTS;
	*place = (struct refused_list){.quiet = place->refused ? place->quiet : 0};
	return place;
}

/* Of a list that goes back behind row, or is row and finds no room, once. */
static void list_tell(struct login_lists *lists, const struct db_crl *row, bool no_room)
{
	struct refused_list *told = told_of(lists, row->scope);
	char text[NUMBER_TEXT];

	if (told && told->refused && told->no_room == no_room && memcmp(&told->row, row, sizeof(*row)) == 0)
		return;
	if (!told)
		told = told_place(lists);
	else if (told->no_room != no_room)
		told->quiet = 0;
	told->row = *row;
	told->no_room = no_room;
	told->refused = true;
	if (no_room)
		log_line(
		    LOG_LEVEL_ERROR,
		    "login_crl: a list of %s, number 0x%s, counts as none: no room for its number is left, "
		    "as those of %u others are kept. Have those of a CA that is not in use any more "
		    "forgotten: countersignd --crl-anew NAME, with that CA's name",
		    row->issuer, number_text(row->number, text), DB_CRLS_MAX);
	else
		log_line(
		    LOG_LEVEL_ERROR,
		    "login_crl: a list of %s is older, by its number, than one that counted, of number 0x%s: "
		    "it counts as none; put the CA's newest list there. If that CA has begun to number its "
		    "lists anew, say so: countersignd --crl-anew NAME, with this name",
		    row->issuer, number_text(row->number, text));
}

/* ---- a list held to those that counted ---- */

/* Remembers one that has a higher number, or the first. */
static enum cs_err list_keep(struct login_lists *lists, X509_STORE_CTX *ctx, const struct db_crl *row,
			     bool *counts)
{
	*counts = true;
	if (!chain_is_signed(ctx)) /* libcrypto refuses it by and by */
		return CS_OK;
	enum cs_err err = db_crl_set(lists->db, row);
	if (err == CS_ERR_STATE) /* another daemon was faster: look again */
		return CS_ERR_BUSY;
	if (err != CS_ERR_EXISTS)
		return err;
	*counts = false;
	list_tell(lists, row, true);
	return CS_OK;
}

static enum cs_err list_counts(struct login_lists *lists, X509_STORE_CTX *ctx, X509_CRL *list, bool *counts)
{
	struct db_crl row = {0}, before;
	X509 *issuer = list_issuer(ctx);
	bool numbered;

	*counts = false;
	if (!issuer || !number_of(list, &numbered, row.number) || !scope_of(issuer, list, row.scope))
		return CS_OK;
	(void)X509_NAME_oneline(X509_get_subject_name(issuer), row.issuer, sizeof(row.issuer));
	before = row;
	enum cs_err err = db_crl_find(lists->db, row.scope, before.number);
	const bool known = !err;
	if (err && err != CS_ERR_NOT_FOUND)
		return err;
	const int order = known && numbered ? memcmp(row.number, before.number, sizeof(row.number))
					    : (int)numbered - (int)known;
	if (order > 0) {
		err = list_keep(lists, ctx, &row, counts);
	} else {
		err = CS_OK;
		*counts = order == 0;
		if (order < 0)
			list_tell(lists, &before, false);
	}
	struct refused_list *told = *counts ? told_of(lists, row.scope) : NULL;
	if (told)
		told->refused = false;
	return err;
}

static int list_watched(X509_STORE_CTX *ctx, X509_CRL *list)
{
	struct login_lists *lists = X509_STORE_CTX_get_app_data(ctx);
	const int good = list_check(ctx, list);
	bool counts = false;

	if (good != 1 || !lists)
		return good;
	if (!lists->err)
		lists->err = list_counts(lists, ctx, list, &counts);
	if (!lists->err && counts)
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

bool login_lists_attend(struct login_lists *lists, struct db *db, X509_STORE_CTX *ctx)
{
	lists->db = db;
	lists->err = CS_OK;
	return X509_STORE_CTX_set_app_data(ctx, lists) == 1;
}

enum cs_err login_lists_asked(const struct login_lists *lists)
{
	return lists->err;
}
