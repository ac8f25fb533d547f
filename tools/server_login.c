/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server login: a user logs in as his class wants it, with what is asked for: the key and
 * certificate of his card, his password, a code.
 *
 *   what is wanted? -> password and code are asked for, the card signs the nonce -> accepted, or refused
 */
#include <errno.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/encoding.h"
#include "base/login_text.h"
#include "base/secret.h"
#include "tools/card_key.h"
#include "tools/login.h"
#include "tools/open_card.h"
#include "tools/server_http.h"
#include "tools/slot_option.h"
#include "tools/touch.h"
#include "tools/verbs.h"

#define CHAIN_MAX     12288u
#define SIGNATURE_MAX 1024u

/* What goes to the server. It holds secrets: wipe it. */
struct attempt {
	const char *user;
	struct secret password;
	char code[SERVER_CODE_MAX];
	uint8_t slot;
	struct cs_login_text text; /* borrows from the server's answer */
	const char *algorithm;	   /* NULL: nothing is signed */
	uint8_t chain[CHAIN_MAX], signature[SIGNATURE_MAX];
	size_t chain_len, signature_len;
};

/* ---- what the server wants ---- */

static bool wants(const json_t *answer, const char *what)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(answer, "next"), i, row)
	{
		if (json_is_string(row) && strcmp(json_string_value(row), what) == 0) {
			return true;
		}
	}
	return false;
}

static struct cs_view member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? cs_view_string(text) : CS_VIEW_EMPTY;
}

static enum cli_status ask(struct server *server, const struct attempt *attempt, json_t **answer)
{
	static char chain[CS_BASE64_SIZE(CHAIN_MAX)], signature[CS_BASE64_SIZE(SIGNATURE_MAX)];
	const bool proof = attempt->algorithm != NULL;

	cs_base64_encode(cs_view(attempt->chain, attempt->chain_len), chain);
	cs_base64_encode(cs_view(attempt->signature, attempt->signature_len), signature);
	return server_post(server, "/v1/login",
			   json_pack("{s:s,s:s*,s:s*,s:s*,s:s*,s:s*,s:s*}", "user", attempt->user, "password",
				     attempt->password.len > 0 ? attempt->password.text : NULL, "code",
				     attempt->code[0] != '\0' ? attempt->code : NULL, "certificate",
				     proof ? chain : NULL, "nonce",
				     proof ? (const char *)attempt->text.nonce.ptr : NULL, "algorithm",
				     attempt->algorithm, "signature", proof ? signature : NULL),
			   answer);
}

/* ---- the card ---- */

static const char *algorithm_of(enum piv_alg alg)
{
	return cc_piv_alg_is_rsa(alg)	? "RS256"
	       : alg == PIV_ALG_P256	? "ES256"
	       : alg == PIV_ALG_P384	? "ES384"
	       : alg == PIV_ALG_ED25519 ? "EdDSA"
					: NULL;
}

/* r and s, each of full length, of what a card gives in DER. */
static bool ecdsa_plain(struct attempt *attempt, enum piv_alg alg)
{
	const unsigned char *at = attempt->signature;
	const int half = alg == PIV_ALG_P384 ? 48 : 32;
	ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &at, (long)attempt->signature_len);
	bool good = parts != NULL &&
		    BN_bn2binpad(ECDSA_SIG_get0_r(parts), attempt->signature, half) == half &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(parts), attempt->signature + half, half) == half;

	ECDSA_SIG_free(parts);
	attempt->signature_len = 2 * (size_t)half;
	return good;
}

/* The certificate of the slot, and what stands in the file of --chain. */
static bool chain_read(const struct cli *cli, struct cc_card *card, struct attempt *attempt,
		       enum cli_status *status)
{
	struct cs_writer w = CS_WRITER_OF(attempt->chain);
	bool compressed = false;
	enum cs_err err = cc_piv_get_certificate(card, attempt->slot, &w, &compressed);

	if (err != CS_OK || compressed) {
		*status =
		    err == CS_ERR_NOT_FOUND || compressed
			? cli_fail(cli, CLI_REFUSED, "not_found",
				   "slot %02x has no certificate%s; \"countersign cert import\" writes one",
				   attempt->slot, compressed ? " that is not compressed" : "")
			: cli_fail_err(cli, err, "read the certificate");
		return false;
	}
	attempt->chain_len = cs_writer_view(&w).len;
	return true;
}

static bool chain_extend(const struct cli *cli, struct attempt *attempt, enum cli_status *status)
{
	const char *path = cli_value(cli, "chain");
	FILE *file = path != NULL ? fopen(path, "re") : NULL;
	X509 *certificate;
	bool fits = true;

	if (path == NULL) {
		return true;
	}
	if (file == NULL) {
		*status = cli_fail(cli, CLI_USAGE, "usage", "%s cannot be read: %s", path, strerror(errno));
		return false;
	}
	while (fits && (certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
		const int len = i2d_X509(certificate, NULL);
		unsigned char *end = attempt->chain + attempt->chain_len;
		fits = len > 0 && (size_t)len <= CHAIN_MAX - attempt->chain_len;
		attempt->chain_len += fits ? (size_t)i2d_X509(certificate, &end) : 0;
		X509_free(certificate);
	}
	(void)fclose(file);
	if (!fits) {
		*status = cli_fail(cli, CLI_USAGE, "usage", "%s holds more than the 12 KiB that fit", path);
	}
	return fits;
}

static enum cs_err proof_sign(struct cc_card *card, struct attempt *attempt, const struct cc_piv_public *key)
{
	uint8_t bytes[CS_LOGIN_TEXT_MAX];
	struct cs_writer text = CS_WRITER_OF(bytes), w = CS_WRITER_OF(attempt->signature);

	enum cs_err err = cs_login_text_write(&attempt->text, &text);
	if (err == CS_OK) {
		err = card_key_sign(card, attempt->slot, key, cs_writer_view(&text), &w);
	}
	attempt->signature_len = cs_writer_view(&w).len;
	if (err == CS_OK && (key->alg == PIV_ALG_P256 || key->alg == PIV_ALG_P384) &&
	    !ecdsa_plain(attempt, key->alg)) {
		err = CS_ERR_CRYPTO;
	}
	return err;
}

/* The key of the slot signs. */
static bool proof_make(struct cli *cli, struct cc_card *card, struct attempt *attempt,
		       enum cli_status *status)
{
	struct cc_piv_metadata m;

	if (!login_none(cli, card, status) || !chain_read(cli, card, attempt, status) ||
	    !chain_extend(cli, attempt, status)) {
		return false;
	}
	enum cs_err err = cc_piv_metadata(card, attempt->slot, &m);
	if (err == CS_OK) {
		attempt->algorithm = m.has_public ? algorithm_of(m.public_key.alg) : NULL;
	}
	if (err != CS_OK || attempt->algorithm == NULL) {
		*status =
		    cli_fail_err(cli, err != CS_OK ? err : CS_ERR_UNSUPPORTED, "use the key of the card");
		return false;
	}
	if (m.policy.touch != PIV_TOUCH_NEVER && touch_prepare(card) != CS_OK) {
		cli_note(cli, "the card waits for a touch when it signs");
	}
	if (!login_pin(cli, card, status)) {
		return false;
	}
	err = proof_sign(card, attempt, &m.public_key);
	if (err != CS_OK) {
		*status = cli_fail_err(cli, err, "sign with the card's key");
	}
	return err == CS_OK;
}

/* As the server has names: without blanks at both ends, letter case aside. */
static bool same_user(const char *given, const char *told)
{
	size_t len;

	given += strspn(given, " ");
	len = strlen(given);
	while (len > 0 && given[len - 1] == ' ') {
		len--;
	}
	return strlen(told) == len && strncasecmp(given, told, len) == 0;
}

static bool certificate_take(struct cli *cli, struct attempt *attempt, const json_t *answer,
			     enum cli_status *status)
{
	const json_t *what = json_object_get(answer, "certificate");
	struct open_card open;

	attempt->text = (struct cs_login_text){member(what, "issuer"), member(what, "application"),
					       member(what, "user"), member(what, "nonce")};
	if (attempt->text.nonce.len == 0 || attempt->text.user.len == 0 || attempt->text.issuer.len == 0 ||
	    attempt->text.application.len == 0) {
		*status = cli_fail(cli, CLI_REFUSED, "bad_answer",
				   "the server's answer is none of countersignd's; is --server right?");
		return false;
	}
	if (!same_user(attempt->user, (const char *)attempt->text.user.ptr)) {
		*status =
		    cli_fail(cli, CLI_REFUSED, "other_user",
			     "the server wants a signature of \"%s\", and you are \"%s\": nothing was signed",
			     (const char *)attempt->text.user.ptr, attempt->user);
		return false;
	}
	cli_note(cli, "the card signs that %s logs in to %s of %s", (const char *)attempt->text.user.ptr,
		 (const char *)attempt->text.application.ptr, (const char *)attempt->text.issuer.ptr);
	if (!card_open(cli, &open, status)) {
		return false;
	}
	bool made = proof_make(cli, open.card, attempt, status);
	card_close(&open);
	return made;
}

/* ---- the verb ---- */

/* Gathers what the answer asks for. */
static bool factors_take(struct cli *cli, struct attempt *attempt, const json_t *answer,
			 enum cli_status *status)
{
	if (wants(answer, "password") &&
	    !secret_get(cli, SECRET_LOGIN_PASSWORD, &attempt->password, status)) {
		return false;
	}
	if (wants(answer, "code") && !server_code_get(cli, "otp", "One-time password: ", attempt->code,
						      sizeof attempt->code, status)) {
		return false;
	}
	return !wants(answer, "certificate") || certificate_take(cli, attempt, answer, status);
}

static void login_text(const json_t *data)
{
	if (json_is_true(json_object_get(data, "accepted"))) {
		(void)printf("%s\n", json_string_value(json_object_get(data, "assertion")));
	} else if (wants(data, "new_password")) {
		(void)printf("refused: the password has to be changed first\n");
	} else {
		const char *reason = json_string_value(json_object_get(data, "reason"));
		(void)printf("refused: %s\n", reason != NULL ? reason : "more is wanted");
	}
}

static enum cli_status login_run(struct cli *cli, struct server *server, struct attempt *attempt)
{
	json_t *first = NULL, *answer = NULL;
	enum cli_status status = ask(server, attempt, &first);

	if (status == CLI_DONE && factors_take(cli, attempt, first, &status)) {
		status = ask(server, attempt, &answer);
	}
	json_decref(first);
	if (answer == NULL) {
		return status;
	}
	bool accepted = json_is_true(json_object_get(answer, "accepted"));
	status = cli_print(cli, answer, login_text);
	return status == CLI_DONE && !accepted ? CLI_REFUSED : status;
}

static enum cli_status server_login(struct cli *cli)
{
	struct attempt *attempt = calloc(1, sizeof *attempt);
	struct server *server = NULL;
	enum cli_status status;

	if (attempt == NULL) {
		return cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	}
	attempt->user = cli->args[0];
	if (slot_read(cli, NULL, &attempt->slot, &status)) {
		server = server_open(cli, &status);
	}
	if (server != NULL) {
		status = login_run(cli, server, attempt);
	}
	server_close(server);
	cs_wipe(attempt, sizeof *attempt);
	free(attempt);
	return status;
}

static const struct cli_option login_options[] = {
    SLOT_OPTION,
    {"chain", "FILE", "certificates (PEM) between the card's and the server's CA"},
    {"login-password-file", "FILE", "the user's password"},
    {"otp", "CODE", "the one-time password"},
    {.name = NULL},
};

const struct cli_verb cli_server_login_verbs[] = {
    {"server", "login", server_login, CLI_SHARED_SERVER | CLI_SHARED_CARD | CLI_SHARED_PIN, login_options,
     "USER", 1, 1, "Log a user in as his class wants it, with his card where it wants a certificate"},
    {.noun = NULL},
};
