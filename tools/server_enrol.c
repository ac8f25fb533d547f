/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server token enrol, server enrolment-key. A token's seed is made by the card, which seals it
 * for the server (--on-card; --sealed, with the file that a card made elsewhere); by the server, which tells
 * it once; or it is here: read from a file, or made for card and server (--unsealed).
 */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/host/sealed_seed.h"
#include "base/secret.h"
#include "cardclient/oath.h"
#include "tools/open_card.h"
#include "tools/secrets.h"
#include "tools/server_enrol.h"
#include "tools/server_http.h"
#include "tools/verbs.h"
#include "tools/whole_file.h"

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

/* ---- the server's part ---- */

/* Nobody knows whether the server has the token; the card does not. */
static enum cli_status plain_unsure(const struct cli *cli, const struct enrolment *e)
{
	bool filed = cli_value(cli, "secret-file") != NULL;

	return cli_fail(cli, CLI_UNREACHABLE, "no_answer",
			"the server has not answered, and may have enrolled the token: where countersign "
			"server token list --user %s shows a new one, %s",
			e->user,
			filed && e->on_card == NULL ? "all is done; else enrol it again"
			: filed ? "disable it, as the card has no seed; then enrol it again"
				: "disable it, as nobody has its seed; then enrol another one");
}

/* What a card has sealed goes to the server as it is. */
static enum cli_status sealed_post(const struct enrolment *e, struct server *server, struct cs_view sealed,
				   json_t **answer, bool *unsure)
{
	char text[CS_BASE64_SIZE(CS_SEALED_SEED_MAX)];

	cs_base64_encode(sealed, text);
	return server_post_once(server, "/v1/tokens",
				json_pack("{s:s,s:s,s:s*}", "user", e->user, "sealed", text, "label",
					  e->label != NULL ? e->label : e->on_card),
				answer, unsure);
}

static enum cli_status enrol_file(const struct cli *cli, const struct enrolment *e, struct server *server,
				  json_t **answer)
{
	uint8_t bytes[CS_SEALED_SEED_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);
	enum cli_status status;
	bool unsure;

	if (!bytes_from_file(cli, e->sealed, &w, &status)) {
		return status;
	}
	status = sealed_post(e, server, cs_writer_view(&w), answer, &unsure);
	return !unsure ? status
		       : cli_fail(cli, CLI_UNREACHABLE, "no_answer",
				  "the server has not answered, and may have enrolled the token: enrol %s "
				  "again; where it was enrolled before, all is done",
				  e->sealed);
}

/* The key that cards seal seeds to. */
static bool key_take(const struct cli *cli, struct server *server, enum cs_sealed_seed_curve *curve,
		     struct cs_writer *point, enum cli_status *status)
{
	json_t *answer = NULL;

	*status = server_get(server, "/v1/enrolment-key", &answer);
	if (*status != CLI_DONE) {
		return false;
	}
	BIO *bio = BIO_new_mem_buf(text_of(answer, "pem"), -1);
	EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	enum cs_err err = key == NULL ? CS_ERR_MALFORMED : cs_sealed_seed_server(key, curve, point);
	EVP_PKEY_free(key);
	BIO_free(bio);
	json_decref(answer);
	if (err != CS_OK) {
		*status = cli_fail(cli, CLI_REFUSED, "malformed",
				   "the server has answered with no key that a card could seal to");
	}
	return err == CS_OK;
}

static json_t *enrolment_json(const struct enrolment *e)
{
	char secret[CS_BASE32_SIZE(ENROL_SEED_MAX)];
	json_t *body = json_pack("{s:s,s:s,s:I,s:s*,s:s*}", "user", e->user, "type", e->type, "digits",
				 (json_int_t)e->digits, "algorithm", e->algorithm, "label",
				 e->label != NULL ? e->label : e->on_card);

	if (e->seed_len > 0) {
		cs_base32_encode(cs_view(e->seed, e->seed_len), secret);
		(void)json_object_set_new(body, "secret", json_string(secret));
		cs_wipe(secret, sizeof secret);
	}
	if (e->hotp) {
		(void)json_object_set_new(body, "counter", json_integer((json_int_t)e->counter));
	} else {
		(void)json_object_set_new(body, "period", json_integer((json_int_t)e->period));
	}
	return body;
}

/* The seed is here, or is to be the server's. */
static enum cli_status plain_post(const struct cli *cli, const struct enrolment *e, struct server *server,
				  json_t **answer)
{
	bool unsure;
	enum cli_status status = server_post_once(server, "/v1/tokens", enrolment_json(e), answer, &unsure);

	return unsure ? plain_unsure(cli, e) : status;
}

/* ---- the card's part ---- */

static void card_name(const struct enrolment *e, char name[YKOATH_NAME_MAX + 1])
{
	/* Hosts read the time step from the name, where it is not 30 seconds. */
	if (!e->hotp && e->period != 30) {
		(void)snprintf(name, YKOATH_NAME_MAX + 1, "%lu/%s", e->period, e->on_card);
	} else {
		(void)snprintf(name, YKOATH_NAME_MAX + 1, "%s", e->on_card);
	}
}

static enum cs_err name_is_free(void *ctx, const struct cc_oath_entry *entry)
{
	return strcmp(entry->name.text, ctx) == 0 ? CS_ERR_EXISTS : CS_OK;
}

static enum cs_err oath_unlock(const struct cli *cli, struct cc_card *card, const struct cc_oath_info *info,
			       enum cli_status *status)
{
	uint8_t code[YKOATH_CODE_LEN];
	struct secret password;
	enum cs_err err = CS_ERR_CANCELLED;

	if (secret_get(cli, SECRET_PASSWORD, &password, status)) {
		err = cc_oath_derive(secret_view(&password), cs_view(info->salt, info->salt_len), code);
		if (err == CS_OK) {
			err = cc_oath_validate(card, info, code);
		}
		if (err != CS_OK) {
			*status = cli_fail_err(cli, err, "unlock the card's one-time passwords");
		}
	}
	secret_wipe(&password);
	cs_wipe(code, sizeof code);
	return err;
}

/* Everything about the card that can fail before the server is told: it is there, unlocked, and has the name
 * free. */
static bool card_prepare(const struct cli *cli, struct cc_card *card, const char *name,
			 enum cli_status *status)
{
	struct cc_oath_info info;
	enum cs_err err = cc_oath_select(card, &info);
	char wanted[YKOATH_NAME_MAX + 1];

	if (err == CS_OK && info.locked && oath_unlock(cli, card, &info, status) != CS_OK) {
		return false;
	}
	(void)snprintf(wanted, sizeof wanted, "%s", name);
	if (err == CS_OK) {
		err = cc_oath_list(card, name_is_free, wanted);
	}
	if (err == CS_ERR_EXISTS) {
		*status = cli_fail(
		    cli, CLI_REFUSED, "exists",
		    "the card has a credential \"%s\" already; delete it first, or choose another name",
		    name);
	} else if (err != CS_OK) {
		*status = cli_fail_err(cli, err, "prepare the card");
	}
	return err == CS_OK;
}

static struct cc_oath_credential credential_of(const struct enrolment *e, const char *name)
{
	const char *algorithm = e->algorithm != NULL ? e->algorithm : "SHA1";

	return (struct cc_oath_credential){
	    .name = cs_view_string(name),
	    .type = e->hotp ? YKOATH_TYPE_HOTP : YKOATH_TYPE_TOTP,
	    .hash = strcmp(algorithm, "SHA512") == 0   ? YKOATH_HASH_SHA512
		    : strcmp(algorithm, "SHA256") == 0 ? YKOATH_HASH_SHA256
						       : YKOATH_HASH_SHA1,
	    .digits = (unsigned)e->digits,
	    .key = cs_view(e->seed, e->seed_len),
	    .touch = false,
	    .counter = (uint32_t)e->counter,
	};
}

static enum cs_err card_put(struct cc_card *card, const struct enrolment *e, const char *name)
{
	const struct cc_oath_credential credential = credential_of(e, name);

	return cc_oath_put(card, &credential);
}

static enum cli_status generate_fail(const struct cli *cli, enum cs_err err)
{
	if (err == CS_ERR_UNSUPPORTED) {
		return cli_fail(
		    cli, CLI_REFUSED, "unsupported",
		    "this card makes no seed that it seals; --unsealed makes one here, and puts it "
		    "on card and server");
	}
	if (err == CS_ERR_STATE) {
		return cli_fail(cli, CLI_REFUSED, "no_attestation",
				"this card has no attestation key (F9) that could sign for the seed; "
				"--unsealed makes one here, and puts it on card and server");
	}
	return cli_fail_err(cli, err, "have the card make a seed");
}

/* ---- enrol ---- */

static void enrol_text(const json_t *data)
{
	const char *uri = json_string_value(json_object_get(data, "otpauth"));
	const char *name = json_string_value(json_object_get(data, "on_card"));

	(void)printf("token %s of user %s\n", text_of(data, "token"), text_of(data, "user"));
	if (uri != NULL) {
		(void)printf("its seed, told this once: %s\n", uri);
	}
	if (name != NULL) {
		(void)printf("the card makes its codes: countersign otp code %s\n", name);
	}
}

/* A token whose seed did not reach the card is of no use to anyone: it is disabled again. */
static enum cli_status enrol_undo(const struct cli *cli, struct server *server, const json_t *answer,
				  enum cs_err err)
{
	char *path = server_path("/v1/tokens/", text_of(answer, "token"), "/disable");
	enum cli_status undone = CLI_REFUSED;
	json_t *disabled = NULL;

	if (path != NULL) {
		undone = server_post(server, path, json_object(), &disabled);
	}
	free(path);
	json_decref(disabled);
	if (undone != CLI_DONE) {
		cli_note(cli, "the server still has the token: countersign server token disable %s",
			 text_of(answer, "token"));
	}
	return cli_fail_err(cli, err,
			    undone == CLI_DONE
				? "put the seed on the card (the token was disabled again)"
				: "put the seed on the card (the token could not be disabled again)");
}

/* A credential that the server does not know is of no use to anyone. */
static void sealed_undo(const struct cli *cli, struct cc_card *card, const char *name)
{
	enum cs_err err = cc_oath_delete(card, cs_view_string(name));

	if (err != CS_OK) {
		cli_note(cli,
			 "\"%s\" could not be removed from the card (%s): countersign otp delete does it",
			 name, cs_err_text(err));
	}
}

/* The card keeps what the server may have. */
static enum cli_status sealed_unsure(const struct cli *cli, struct cs_view sealed, const char *name)
{
	char number[CS_SEALED_SEED_NUMBER_SIZE];
	struct cs_sealed_seed seed;

	enum cs_err err = cs_sealed_seed_parse(sealed, &seed);
	if (err != CS_OK) {
		return cli_fail_err(cli, err, "read what the card has sealed");
	}
	cs_sealed_seed_number(&seed, number);
	return cli_fail(cli, CLI_UNREACHABLE, "no_answer",
			"the server has not answered, and may have enrolled the token, so the card keeps "
			"\"%s\": where countersign server token list --serial %s shows it, "
			"all is done; where not, countersign otp delete %s, and enrol anew",
			name, number, name);
}

/* The card makes the seed and seals it: here it is bytes that go through. */
static enum cli_status enrol_by_card(const struct cli *cli, struct server *server, const struct enrolment *e,
				     struct cc_card *card, const char *name, json_t **answer)
{
	uint8_t point_bytes[CS_SEALED_SEED_POINT_MAX], bytes[CS_SEALED_SEED_MAX];
	struct cs_writer point = CS_WRITER_OF(point_bytes), sealed = CS_WRITER_OF(bytes);
	const struct cc_oath_credential credential = credential_of(e, name);
	enum cs_sealed_seed_curve curve;
	enum cli_status status;

	if (!key_take(cli, server, &curve, &point, &status)) {
		return status;
	}
	enum cs_err err = cc_oath_generate(card, &credential, curve, cs_writer_view(&point), &sealed);
	if (err != CS_OK) {
		return generate_fail(cli, err);
	}
	bool unsure;
	status = sealed_post(e, server, cs_writer_view(&sealed), answer, &unsure);
	if (unsure) {
		return sealed_unsure(cli, cs_writer_view(&sealed), name);
	}
	if (status != CLI_DONE) {
		sealed_undo(cli, card, name);
	}
	return status;
}

/* The seed is here, and goes to both. */
static enum cli_status enrol_on_both(const struct cli *cli, struct server *server, const struct enrolment *e,
				     struct cc_card *card, const char *name, json_t **answer)
{
	enum cli_status status = plain_post(cli, e, server, answer);
	enum cs_err err = status == CLI_DONE ? card_put(card, e, name) : CS_OK;

	return err != CS_OK ? enrol_undo(cli, server, *answer, err) : status;
}

static enum cli_status enrol_with_card(const struct cli *cli, struct server *server,
				       const struct enrolment *e, json_t **answer)
{
	char name[YKOATH_NAME_MAX + 1];
	enum cli_status status;
	struct open_card open;

	card_name(e, name);
	if (!card_open(cli, &open, &status)) {
		return status;
	}
	if (card_prepare(cli, open.card, name, &status)) {
		status = e->by_card ? enrol_by_card(cli, server, e, open.card, name, answer)
				    : enrol_on_both(cli, server, e, open.card, name, answer);
		if (status == CLI_DONE) {
			(void)json_object_set_new(*answer, "on_card", json_string(name));
		}
	}
	card_close(&open);
	return status;
}

static enum cli_status token_enrol(struct cli *cli)
{
	struct enrolment e = {.seed_len = 0};
	struct server *server = NULL;
	enum cli_status status;
	json_t *answer = NULL;

	if (enrolment_take(cli, &e, &status)) {
		server = server_open(cli, &status);
	}
	if (server != NULL) {
		status = e.sealed != NULL    ? enrol_file(cli, &e, server, &answer)
			 : e.on_card != NULL ? enrol_with_card(cli, server, &e, &answer)
					     : plain_post(cli, &e, server, &answer);
	}
	server_close(server);
	cs_wipe(&e, sizeof e);
	if (status != CLI_DONE) {
		json_decref(answer);
		return status;
	}
	return cli_print(cli, answer, enrol_text);
}

/* ---- the key ---- */

static void key_text(const json_t *data)
{
	(void)printf("%s", text_of(data, "pem"));
}

static enum cli_status enrolment_key(struct cli *cli)
{
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server != NULL) {
		status = server_get(server, "/v1/enrolment-key", &answer);
	}
	server_close(server);
	return status != CLI_DONE ? status : cli_print(cli, answer, key_text);
}

static const struct cli_option enrol_options[] = {
    {"user", "USER", "whose token it is"},
    {"type", "TYPE", "hotp or totp (the default)"},
    {"on-card", "NAME", "have the card make the seed, as the credential NAME, and seal it for the server"},
    {"sealed", "FILE", "the seed is in FILE, sealed by a card (otp add --seal-to); -: standard input"},
    {"secret-file", "FILE",
     "the seed, in base32, on the first line of FILE; with --on-card it goes to the card too"},
    {"unsealed", NULL,
     "with --on-card: make the seed here, for a card that seals none or a server without card_ca"},
    {"algorithm", "HASH", "SHA1 (the default), SHA256 or SHA512"},
    {"digits", "N", "6 (the default) to 8"},
    {"period", "SECONDS", "of a TOTP code, 10 to 300; 30 if not given"},
    {"counter", "N", "the first counter of HOTP; 0 if not given"},
    {"label", "TEXT", "a name for people to know it by"},
    {.name = NULL},
};

const struct cli_verb cli_server_enrol_verbs[] = {
    {"server", "token enrol", token_enrol, CLI_SHARED_SERVER | CLI_SHARED_CARD | CLI_SHARED_PASSWORD,
     enrol_options, "", 0, 0, "Enrol a token that makes one-time passwords"},
    {"server", "enrolment-key", enrolment_key, CLI_SHARED_SERVER, NULL, "", 0, 0,
     "Print the key that cards seal seeds to for this server"},
    {.noun = NULL},
};
