/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server token: enrolling, on the card too where asked, listing, disabling, enabling,
 * resynchronising.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "cardclient/oath.h"
#include "tools/open_card.h"
#include "tools/secrets.h"
#include "tools/server_http.h"
#include "tools/verbs.h"

#define SEED_MIN      16u /* bytes: RFC 4226, section 4, R6 */
#define SEED_MAX      64u
#define SEED_MADE_LEN 20u /* bytes of a seed made here: RFC 4226, section 4, recommends 160 bits */

/* What is to be enrolled. Holds the seed: enrolment_wipe. */
struct enrolment {
	const char *user;
	const char *type;
	const char *algorithm; /* NULL: the server's default, SHA1 */
	const char *label;     /* NULL: none */
	const char *on_card;   /* NULL: not */
	unsigned long digits, period, counter;
	bool hotp;
	uint8_t seed[SEED_MAX];
	size_t seed_len; /* 0: the server makes it */
};

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

/* ---- what was asked for ---- */

static bool seed_take(const struct cli *cli, struct enrolment *e, enum cli_status *status)
{
	const char *file = cli_value(cli, "secret-file");
	struct cs_writer w = CS_WRITER_OF(e->seed);
	struct secret text;
	bool good;

	if (file == NULL) {
		e->seed_len = e->on_card != NULL ? SEED_MADE_LEN : 0;
		if (getrandom(e->seed, e->seed_len, 0) == (ssize_t)e->seed_len) {
			return true;
		}
		*status = cli_fail_err(cli, CS_ERR_IO, "make a seed");
		return false;
	}
	good = secret_from_file(cli, "seed", file, &text, status);
	if (good) {
		good =
		    cs_base32_decode(secret_view(&text), &w) == CS_OK && cs_writer_view(&w).len >= SEED_MIN;
		if (!good) {
			*status = cli_fail(
			    cli, CLI_USAGE, "usage",
			    "%s does not begin with a line of base32 that holds 16 to 64 bytes", file);
		}
	}
	secret_wipe(&text);
	e->seed_len = cs_writer_view(&w).len;
	return good;
}

static bool type_take(const struct cli *cli, struct enrolment *e)
{
	e->type = cli_value(cli, "type");
	e->type = e->type != NULL ? e->type : "totp";
	e->hotp = strcmp(e->type, "hotp") == 0;
	if (!e->hotp && strcmp(e->type, "totp") != 0) {
		(void)cli_fail(cli, CLI_USAGE, "usage", "--type is hotp or totp, not \"%s\"", e->type);
		return false;
	}
	e->algorithm = cli_value(cli, "algorithm");
	if (e->algorithm != NULL && strcmp(e->algorithm, "SHA1") != 0 &&
	    strcmp(e->algorithm, "SHA256") != 0 && strcmp(e->algorithm, "SHA512") != 0) {
		(void)cli_fail(cli, CLI_USAGE, "usage", "--algorithm is SHA1, SHA256 or SHA512, not \"%s\"",
			       e->algorithm);
		return false;
	}
	return true;
}

static bool enrolment_take(const struct cli *cli, struct enrolment *e, enum cli_status *status)
{
	*status = CLI_USAGE;
	e->user = cli_value(cli, "user");
	e->label = cli_value(cli, "label");
	e->on_card = cli_value(cli, "on-card");
	if (e->user == NULL) {
		(void)cli_fail(cli, CLI_USAGE, "usage", "whose token? say it with --user");
		return false;
	}
	if (e->on_card != NULL && (e->on_card[0] == '\0' || strlen(e->on_card) > YKOATH_NAME_MAX - 4)) {
		(void)cli_fail(cli, CLI_USAGE, "usage", "a credential's name on the card has 1 to %u bytes",
			       YKOATH_NAME_MAX - 4);
		return false;
	}
	return type_take(cli, e) && cli_number(cli, "digits", 6, 8, 6, &e->digits) &&
	       cli_number(cli, "period", 10, 300, 30, &e->period) &&
	       cli_number(cli, "counter", 0, UINT32_MAX, 0, &e->counter) && seed_take(cli, e, status);
}

/* ---- the server's part ---- */

static json_t *enrolment_json(const struct enrolment *e)
{
	char secret[CS_BASE32_SIZE(SEED_MAX)];
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

static enum cs_err card_put(struct cc_card *card, const struct enrolment *e, const char *name)
{
	const char *algorithm = e->algorithm != NULL ? e->algorithm : "SHA1";
	struct cc_oath_credential credential = {
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

	return cc_oath_put(card, &credential);
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
	json_t *disabled = NULL;

	if (path != NULL) {
		(void)server_post(server, path, json_object(), &disabled);
	}
	free(path);
	json_decref(disabled);
	return cli_fail_err(cli, err, "put the seed on the card (the token was disabled again)");
}

static enum cli_status enrol_with_card(const struct cli *cli, struct server *server,
				       const struct enrolment *e, json_t **answer)
{
	char name[YKOATH_NAME_MAX + 1];
	enum cli_status status;
	struct open_card open;
	enum cs_err err;

	card_name(e, name);
	if (!card_open(cli, &open, &status)) {
		return status;
	}
	if (card_prepare(cli, open.card, name, &status)) {
		status = server_post(server, "/v1/tokens", enrolment_json(e), answer);
		err = status == CLI_DONE ? card_put(open.card, e, name) : CS_OK;
		if (err != CS_OK) {
			status = enrol_undo(cli, server, *answer, err);
		} else if (status == CLI_DONE) {
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
		status = e.on_card != NULL ? enrol_with_card(cli, server, &e, &answer)
					   : server_post(server, "/v1/tokens", enrolment_json(&e), &answer);
	}
	server_close(server);
	cs_wipe(&e, sizeof e);
	if (status != CLI_DONE) {
		json_decref(answer);
		return status;
	}
	return cli_print(cli, answer, enrol_text);
}

/* ---- the others ---- */

static void list_text(const json_t *data)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(data, "tokens"), i, row)
	{
		(void)printf("%s %s %s %s%s %s\n", text_of(row, "token"), text_of(row, "user"),
			     text_of(row, "type"), text_of(row, "state"),
			     json_is_true(json_object_get(row, "locked")) ? " (locked)" : "",
			     text_of(row, "label"));
	}
}

static enum cli_status token_list(struct cli *cli)
{
	const char *user = cli_value(cli, "user");
	char *path = user != NULL ? server_path("/v1/tokens?user=", user, "") : strdup("/v1/tokens");
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *rows = NULL;

	if (server != NULL) {
		status = path != NULL ? server_list(server, path, "tokens", &rows)
				      : cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	}
	server_close(server);
	free(path);
	return status != CLI_DONE ? status : cli_print(cli, json_pack("{s:o}", "tokens", rows), list_text);
}

static enum cli_status token_post(struct cli *cli, const char *what, json_t *body,
				  void (*text)(const json_t *data))
{
	char *path = server_path("/v1/tokens/", cli->args[0], what);
	enum cli_status status;
	struct server *server = server_open(cli, &status);
	json_t *answer = NULL;

	if (server != NULL && path != NULL) {
		status = server_post(server, path, json_incref(body), &answer);
	} else if (server != NULL) {
		status = cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	}
	json_decref(body);
	server_close(server);
	free(path);
	return status != CLI_DONE ? status : cli_print(cli, answer, text);
}

static void state_text(const json_t *data)
{
	(void)printf("token %s is %s\n", text_of(data, "token"), text_of(data, "state"));
}

static enum cli_status token_disable(struct cli *cli)
{
	return token_post(cli, "/disable", json_object(), state_text);
}

static enum cli_status token_enable(struct cli *cli)
{
	return token_post(cli, "/enable", json_object(), state_text);
}

static void resync_text(const json_t *data)
{
	(void)printf("token %s is in step with the server again\n", text_of(data, "token"));
}

static enum cli_status token_resync(struct cli *cli)
{
	char first[SERVER_CODE_MAX];
	char second[SERVER_CODE_MAX];
	enum cli_status status;

	if (server_code_get(cli, "otp", "One-time password: ", first, sizeof first, &status) &&
	    server_code_get(cli, "next-otp", "The one after it: ", second, sizeof second, &status)) {
		status = token_post(cli, "/resync", json_pack("{s:s,s:s}", "code1", first, "code2", second),
				    resync_text);
	}
	cs_wipe(first, sizeof first);
	cs_wipe(second, sizeof second);
	return status;
}

static const struct cli_option enrol_options[] = {
    {"user", "USER", "whose token it is"},
    {"type", "TYPE", "hotp or totp (the default)"},
    {"secret-file", "FILE", "the seed, in base32, on the first line of FILE; else one is made"},
    {"on-card", "NAME", "put the seed on the card too, as the credential NAME, and show it to nobody"},
    {"algorithm", "HASH", "SHA1 (the default), SHA256 or SHA512"},
    {"digits", "N", "6 (the default) to 8"},
    {"period", "SECONDS", "of a TOTP code, 10 to 300; 30 if not given"},
    {"counter", "N", "the first counter of HOTP; 0 if not given"},
    {"label", "TEXT", "a name for people to know it by"},
    {.name = NULL},
};

static const struct cli_option list_options[] = {
    {"user", "USER", "only this user's tokens"},
    {.name = NULL},
};

static const struct cli_option resync_options[] = {
    {"otp", "CODE", "a one-time password; asked for where it is not given"},
    {"next-otp", "CODE", "the one that the token makes after it"},
    {.name = NULL},
};

const struct cli_verb cli_server_token_verbs[] = {
    {"server", "token enrol", token_enrol, CLI_SHARED_SERVER | CLI_SHARED_CARD | CLI_SHARED_PASSWORD,
     enrol_options, "", 0, 0, "Enrol a token that makes one-time passwords"},
    {"server", "token list", token_list, CLI_SHARED_SERVER, list_options, "", 0, 0, "List the tokens"},
    {"server", "token disable", token_disable, CLI_SHARED_SERVER, NULL, "TOKEN", 1, 1,
     "Accept a token's codes no more"},
    {"server", "token enable", token_enable, CLI_SHARED_SERVER, NULL, "TOKEN", 1, 1,
     "Accept them again, and forget its failures"},
    {"server", "token resync", token_resync, CLI_SHARED_SERVER, resync_options, "TOKEN", 1, 1,
     "Bring a token in step again with two codes that follow each other"},
    {.noun = NULL},
};
