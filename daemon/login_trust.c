/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Users' certificates: the CAs that are trusted for them, and a chain held to these.
 *
 * Invariants:
 *  1. No certificate is good but one whose chain libcrypto has found to lead to login_ca, at the time that
 * keeper says.
 *  2. Where login_crl is set, a CA without a list that is valid now is as good as one that has revoked
 * everything (login_list.c says which lists count).
 *  3. Files that cannot be read never widen whom is trusted: what was read before stays.
 *  4. What a CA's certificate says that it is for holds for all below it.
 *  5. No certificate is good whose key, or that of one above it, verifies what anybody signs.
 */
#include "daemon/login_trust.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/host/public_key.h"
#include "daemon/log.h"
#include "daemon/login_list.h"
#include "daemon/name.h"

#define SECURITY_LEVEL 2 /* libcrypto's: 112 bits */

/* What tells a file that was changed. */
struct file_mark {
	struct timespec changed;
	off_t size;
	ino_t inode;
};

struct login_trust {
	const char *whose; /* certificates they are */
	char ca[PATH_MAX], crl[PATH_MAX];
	struct file_mark ca_mark, crl_mark;
	X509_STORE *store;	   /* NULL: nobody is trusted */
	struct login_lists *lists; /* that counted */
	bool failing;		   /* the log says that a file cannot be read */
};

const char *login_fault_text(enum login_fault fault)
{
	static const char *const texts[LOGIN_FAULT_COUNT] = {
	    [LOGIN_FAULT_NONE] = "",
	    [LOGIN_FAULT_NO_CA] = "no_login_ca",
	    [LOGIN_FAULT_MALFORMED] = "certificate_malformed",
	    [LOGIN_FAULT_UNTRUSTED] = "certificate_untrusted",
	    [LOGIN_FAULT_EXPIRED] = "certificate_expired",
	    [LOGIN_FAULT_REVOKED] = "certificate_revoked",
	    [LOGIN_FAULT_NO_CRL] = "no_valid_crl",
	    [LOGIN_FAULT_WEAK] = "certificate_weak",
	    [LOGIN_FAULT_PURPOSE] = "certificate_purpose",
	    [LOGIN_FAULT_SIGNATURE] = "wrong_signature",
	};

	return texts[fault];
}

struct login_trust *login_trust_new(const char *whose)
{
	struct login_trust *trust = calloc(1, sizeof(*trust));

	if (!trust)
		return NULL;
	trust->whose = whose;
	trust->lists = login_lists_new();
	if (trust->lists)
		return trust;
	free(trust);
	return NULL;
}

void login_trust_free(struct login_trust *trust)
{
	if (trust) {
		X509_STORE_free(trust->store);
		login_lists_free(trust->lists);
	}
	free(trust);
}

bool login_trust_any(const struct login_trust *trust)
{
	return trust->store != NULL;
}

struct login_lists *login_trust_lists(const struct login_trust *trust)
{
	return trust->lists;
}

/* ---- the files ---- */

static struct file_mark file_mark(const char *path)
{
	struct file_mark mark = {.size = -1};
	struct stat st;

	if (path[0] && stat(path, &st) == 0)
		mark = (struct file_mark){st.st_ctim, st.st_size, st.st_ino};
	return mark;
}

static bool mark_same(const struct file_mark *a, const struct file_mark *b)
{
	return a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec &&
	       a->size == b->size && a->inode == b->inode;
}

/* Without those that never count. */
static bool store_add_list(X509_STORE *store, X509_CRL *list, const char *path)
{
	const char *unfit = login_list_unfit(list);
	char issuer[256];

	if (!unfit)
		return X509_STORE_add_crl(store, list) == 1;
	log_line(LOG_LEVEL_ERROR, "%.200s: the list of %s %s: it counts as none", path,
		 X509_NAME_oneline(X509_CRL_get_issuer(list), issuer, sizeof(issuer)), unfit);
	return true;
}

/* Puts all of a file into the store: certificates, or lists. False, and a sentence, where there is none, or
 * where one does not parse. */
static bool store_read(X509_STORE *store, const char *path, bool lists, char error[CONFIG_ERROR_MAX])
{
	FILE *file = fopen(path, "re");
	unsigned count = 0;
	bool good = file != NULL;

	if (!file) {
		(void)snprintf(error, CONFIG_ERROR_MAX, "%.200s: %s", path, strerror(errno));
		return false;
	}
	ERR_clear_error();
	for (; good; count++) {
		X509 *certificate = lists ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
		X509_CRL *list = lists ? PEM_read_X509_CRL(file, NULL, NULL, NULL) : NULL;
		if (!certificate && !list)
			break;
		good = certificate ? X509_STORE_add_cert(store, certificate) == 1
				   : store_add_list(store, list, path);
		X509_free(certificate);
		X509_CRL_free(list);
	}
	/* The file's end is the one good reason to have found no further one. */
	const unsigned long last = ERR_peek_last_error();
	good =
	    good && count && ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	(void)fclose(file);
	if (!good)
		(void)snprintf(error, CONFIG_ERROR_MAX, "%.200s: not %s in PEM", path,
			       lists ? "certificate revocation lists" : "certificates of CAs");
	return good;
}

static X509_STORE *store_make(const struct login_trust *trust, char error[CONFIG_ERROR_MAX])
{
	X509_STORE *store = X509_STORE_new();

	(void)snprintf(error, CONFIG_ERROR_MAX, "out of memory");
	if (store && login_lists_watch(store) && store_read(store, trust->ca, false, error) &&
	    (!trust->crl[0] || store_read(store, trust->crl, true, error)))
		return store;
	X509_STORE_free(store);
	return NULL;
}

/* Reads the files where they are others than before. */
static enum cs_err trust_read(struct login_trust *trust, char error[CONFIG_ERROR_MAX])
{
	const struct file_mark ca = file_mark(trust->ca), crl = file_mark(trust->crl);

	if (!trust->ca[0]) {
		X509_STORE_free(trust->store);
		trust->store = NULL;
		login_lists_forget(trust->lists);
		return CS_OK;
	}
	if (trust->store && mark_same(&ca, &trust->ca_mark) && mark_same(&crl, &trust->crl_mark))
		return CS_OK;
	X509_STORE *store = store_make(trust, error);
	if (!store)
		return CS_ERR_MALFORMED;
	X509_STORE_free(trust->store);
	trust->store = store;
	login_lists_forget(trust->lists);
	trust->ca_mark = ca;
	trust->crl_mark = crl;
	trust->failing = false;
	return CS_OK;
}

/* The same while serving. */
static void trust_refresh(struct login_trust *trust)
{
	char error[CONFIG_ERROR_MAX];

	if (!trust_read(trust, error) || trust->failing)
		return;
	trust->failing = true;
	if (trust->store)
		log_line(LOG_LEVEL_ERROR, "%s; %ss' certificates are held to what was read before", error,
			 trust->whose);
	else
		log_line(LOG_LEVEL_ERROR, "%s; no %s's certificate is trusted", error, trust->whose);
}

enum cs_err login_trust_set(struct login_trust *trust, const char *ca, const char *crl,
			    char error[CONFIG_ERROR_MAX])
{
	const bool changed = strcmp(trust->ca, ca) != 0 || strcmp(trust->crl, crl) != 0;
	const bool first = !trust->store;

	if (!changed && !first)
		return CS_OK;
	(void)snprintf(trust->ca, sizeof(trust->ca), "%s", ca);
	(void)snprintf(trust->crl, sizeof(trust->crl), "%s", crl);
	trust->ca_mark.size = trust->crl_mark.size = -2; /* no file has it: they are read */
	if (first)
		return trust_read(trust, error);
	trust_refresh(trust);
	return CS_OK;
}

/* ---- a chain ---- */

void login_certificate_wipe(struct login_certificate *certificate)
{
	X509_free(certificate->leaf);
	certificate->leaf = NULL;
}

/* Takes the certificates apart. */
static bool chain_parse(struct cs_view chain, X509 **leaf, STACK_OF(X509) * others)
{
	const unsigned char *at = chain.ptr, *end = at + chain.len;
	unsigned count = 0;

	while (at < end && count < LOGIN_CHAIN_DEPTH) {
		X509 *certificate = d2i_X509(NULL, &at, end - at);
		if (!certificate)
			return false;
		if (!count++)
			*leaf = certificate;
		else if (!sk_X509_push(others, certificate)) {
			X509_free(certificate);
			return false;
		}
	}
	return count && at == end;
}

static enum login_fault fault_of(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return LOGIN_FAULT_EXPIRED;
	case X509_V_ERR_CERT_REVOKED:
		return LOGIN_FAULT_REVOKED;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_APPLICATION_VERIFICATION: /* login_list.h */
		return LOGIN_FAULT_NO_CRL;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return LOGIN_FAULT_WEAK;
	case X509_V_ERR_INVALID_PURPOSE:
		return LOGIN_FAULT_PURPOSE;
	default:
		return LOGIN_FAULT_UNTRUSTED;
	}
}

#define PURPOSE_CLIENT	  1u /* TLS clients */
#define PURPOSE_SMARTCARD 2u /* smart card logon */

/* What a certificate's extended key usage has of these; without one, or with that for anything, any. */
static unsigned purposes_of(const X509 *certificate, unsigned any)
{
	int critical = 0;
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, NULL);
	unsigned found = !usages && critical == -1 ? any : 0; /* -1: it has none */

	for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
		const int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i));
		found |= nid == NID_client_auth		  ? PURPOSE_CLIENT
			 : nid == NID_ms_smartcard_login  ? PURPOSE_SMARTCARD
			 : nid == NID_anyExtendedKeyUsage ? any
							  : 0;
	}
	sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
	return found;
}

/* A client's certificate, and says so, as each CA above it may say. */
static bool purpose_good(X509 *leaf, STACK_OF(X509) * chain)
{
	unsigned purposes = purposes_of(leaf, 0);

	for (int i = 1; i < sk_X509_num(chain); i++)
		purposes &= purposes_of(sk_X509_value(chain, i), PURPOSE_CLIENT | PURPOSE_SMARTCARD);
	return purposes && X509_check_ca(leaf) == 0 && (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE);
}

/* Of all that a chain was verified by, and of what its first key will be asked. */
static bool keys_verify(STACK_OF(X509) * chain)
{
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (!cs_public_key_verifies(X509_get0_pubkey(sk_X509_value(chain, i))))
			return false;
	return true;
}

/* A path to one of the certificates that are trusted: flags say what else is asked of it. */
static enum login_fault path_verify(X509_STORE_CTX *ctx, unsigned long flags, uint64_t now)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_depth(param, (int)LOGIN_CHAIN_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	if (X509_VERIFY_PARAM_set_flags(param, flags | X509_V_FLAG_TRUSTED_FIRST) != 1)
		return LOGIN_FAULT_UNTRUSTED;
	if (X509_verify_cert(ctx) != 1)
		return fault_of(X509_STORE_CTX_get_error(ctx));
	return keys_verify(X509_STORE_CTX_get0_chain(ctx)) ? LOGIN_FAULT_NONE : LOGIN_FAULT_WEAK;
}

static enum cs_err chain_verify(const struct login_trust *trust, struct db *db, X509 *leaf,
				STACK_OF(X509) * others, uint64_t now, enum login_fault *fault)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum cs_err err = CS_OK;

	*fault = LOGIN_FAULT_UNTRUSTED;
	if (ctx && X509_STORE_CTX_init(ctx, trust->store, leaf, others) == 1 &&
	    login_lists_attend(trust->lists, db, ctx)) {
		*fault = path_verify(
		    ctx, trust->crl[0] ? X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL : 0, now);
		err = login_lists_asked(trust->lists);
		if (!*fault && !purpose_good(leaf, X509_STORE_CTX_get0_chain(ctx)))
			*fault = LOGIN_FAULT_PURPOSE;
	}
	X509_STORE_CTX_free(ctx);
	return err;
}

static bool fingerprint_of(const X509 *leaf, uint8_t out[LOGIN_FINGERPRINT_LEN])
{
	unsigned char *der = NULL;
	size_t len = 0;
	int der_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
	bool made = der_len > 0 && EVP_Q_digest(NULL, "SHA256", NULL, der, (size_t)der_len, out, &len) == 1 &&
		    len == LOGIN_FINGERPRINT_LEN;

	OPENSSL_free(der);
	return made;
}

enum cs_err login_trust_check(struct login_trust *trust, struct db *db, struct cs_view chain, uint64_t now,
			      struct login_certificate *out, enum login_fault *fault)
{
	STACK_OF(X509) *others = sk_X509_new_null();
	enum cs_err err = CS_OK;
	X509 *leaf = NULL;

	trust_refresh(trust);
	*fault = LOGIN_FAULT_MALFORMED;
	if (!trust->store)
		*fault = LOGIN_FAULT_NO_CA;
	else if (others && chain_parse(chain, &leaf, others))
		err = chain_verify(trust, db, leaf, others, now, fault);
	if (!err && !*fault && !fingerprint_of(leaf, out->fingerprint))
		*fault = LOGIN_FAULT_MALFORMED;
	if (!err && !*fault) {
		out->leaf = leaf;
		leaf = NULL;
	}
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
	ERR_clear_error();
	return err;
}

enum login_fault login_trust_issued(struct login_trust *trust, struct cs_view certificate, uint64_t now)
{
	const unsigned char *at = certificate.ptr;
	X509 *leaf = certificate.len ? d2i_X509(NULL, &at, (long)certificate.len) : NULL;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum login_fault fault = LOGIN_FAULT_UNTRUSTED;

	trust_refresh(trust);
	if (!trust->store)
		fault = LOGIN_FAULT_NO_CA;
	else if (!leaf)
		fault = LOGIN_FAULT_MALFORMED;
	else if (ctx && X509_STORE_CTX_init(ctx, trust->store, leaf, NULL) == 1)
		fault = path_verify(ctx, X509_V_FLAG_PARTIAL_CHAIN, now);
	X509_STORE_CTX_free(ctx);
	X509_free(leaf);
	ERR_clear_error();
	return fault;
}

/* ---- names ---- */

static bool name_is(const ASN1_STRING *text, const char *user)
{
	char name[NAME_MAX_LEN + 1];

	return !name_canonical(cs_view(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)),
			       NAME_MAX_LEN, name) &&
	       strcmp(name, user) == 0;
}

static bool general_name_is(const GENERAL_NAME *name, const char *user, bool upn, bool email)
{
	if (name->type == GEN_EMAIL)
		return email && name_is(name->d.rfc822Name, user);
	if (name->type != GEN_OTHERNAME || !upn)
		return false;
	const ASN1_TYPE *value = name->d.otherName->value;
	return OBJ_obj2nid(name->d.otherName->type_id) == NID_ms_upn && value &&
	       value->type == V_ASN1_UTF8STRING && name_is(value->value.utf8string, user);
}

bool login_certificate_names(const struct login_certificate *certificate, const char *user, bool upn,
			     bool email)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate->leaf, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		found = found || general_name_is(sk_GENERAL_NAME_value(names, i), user, upn, email);
	GENERAL_NAMES_free(names);
	return found;
}
