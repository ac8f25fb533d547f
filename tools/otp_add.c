/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign otp add: a credential from a URI or a secret, or one whose seed the card makes for a server.
 */
#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/host/sealed_seed.h"
#include "tools/confirm.h"
#include "tools/open_card.h"
#include "tools/otp.h"
#include "tools/otpauth.h"
#include "tools/secrets.h"

static bool add_number(const struct cli *cli, const char *name, unsigned long min, unsigned long max,
		       uint32_t *value)
{
	unsigned long number;
	if (!cli_number(cli, name, min, max, *value, &number))
		return false;
	*value = (uint32_t)number;
	return true;
}

static bool add_options(const struct cli *cli, struct otpauth *otp, enum cli_status *status)
{
	const char *type = cli_value(cli, "type"), *hash = cli_value(cli, "algorithm"),
		   *issuer = cli_value(cli, "issuer");
	uint32_t digits = otp->digits;

	*status = CLI_USAGE;
	if (type != NULL && strcmp(type, "totp") != 0 && strcmp(type, "hotp") != 0)
		*status = cli_fail(cli, CLI_USAGE, "usage", "--type is totp or hotp, not \"%s\"", type);
	else if (hash != NULL && !otpauth_hash(hash, &otp->hash))
		*status = cli_fail(cli, CLI_USAGE, "usage",
				   "--algorithm is SHA1, SHA256 or SHA512, not \"%s\"", hash);
	else if (issuer != NULL && strlen(issuer) >= sizeof otp->issuer)
		*status =
		    cli_fail(cli, CLI_USAGE, "usage", "--issuer is longer than %u bytes", YKOATH_NAME_MAX);
	else if (add_number(cli, "digits", 6, 8, &digits) &&
		 add_number(cli, "period", 1, 86400, &otp->period) &&
		 add_number(cli, "counter", 0, UINT32_MAX, &otp->counter)) {
		if (type != NULL)
			otp->type = type[0] == 't' ? YKOATH_TYPE_TOTP : YKOATH_TYPE_HOTP;
		if (issuer != NULL)
			memcpy(otp->issuer, issuer, strlen(issuer) + 1);
		otp->digits = digits;
		return true;
	}
	return false;
}

static bool add_uri(const struct cli *cli, const char *uri, struct otpauth *otp, enum cli_status *status)
{
	const char *why;
	if (otpauth_parse(uri, otp, &why) == CS_OK)
		return true;
	*status = cli_fail(cli, CLI_USAGE, "usage", "the otpauth: URI is not understood at %s", why);
	return false;
}

/* A URI from the command line or --uri-file; else an account name, and its seed from elsewhere, or from the
 * card. */
static bool add_source(const struct cli *cli, struct otpauth *otp, enum cli_status *status)
{
	const char *path = cli_value(cli, "uri-file"), *name = cli->arg_count > 0 ? cli->args[0] : NULL;
	struct secret text;
	bool ok = false;

	if (path != NULL && secret_from_file(cli, "otpauth: URI", path, &text, status)) {
		ok = add_uri(cli, text.text, otp, status);
		secret_wipe(&text);
		return ok;
	}
	if (path != NULL)
		return false;
	if (name != NULL && strncmp(name, "otpauth:", 8) == 0)
		return add_uri(cli, name, otp, status);
	if (name == NULL || name[0] == '\0' || strlen(name) >= sizeof otp->account) {
		*status = cli_fail(
		    cli, CLI_USAGE, "usage",
		    "name the credential in at most %u bytes, or give an otpauth: URI (--uri-file FILE)",
		    YKOATH_NAME_MAX);
		return false;
	}
	memcpy(otp->account, name, strlen(name) + 1);
	if (cli_value(cli, "seal-to") != NULL) /* the card makes it */
		return true;
	if (secret_get(cli, SECRET_OTP_SEED, &text, status)) {
		ok = otpauth_seed(otp, secret_view(&text)) == CS_OK;
		if (!ok)
			*status = cli_fail(cli, CLI_USAGE, "usage",
					   "the secret is not base32 (letters A to Z, digits 2 to 7)");
	}
	secret_wipe(&text);
	return ok;
}

/* --ocra: type, hash and digits are the suite's. */
static bool add_suite(const struct cli *cli, struct otpauth *otp, struct cs_ocra_suite *suite,
		      enum cli_status *status)
{
	const char *text = cli_value(cli, "ocra");

	memset(suite, 0, sizeof *suite);
	if (text == NULL)
		return true;
	if (cs_ocra_suite_parse(cs_view_string(text), suite) != CS_OK) {
		*status = cli_fail(cli, CLI_USAGE, "usage",
				   "--ocra is a suite such as OCRA-1:HOTP-SHA1-6:QN08 (RFC 6287), not \"%s\"",
				   text);
		return false;
	}
	otp->type = YKOATH_TYPE_OCRA;
	otp->digits = suite->digits;
	otp->hash = suite->hash == CS_SHA256   ? YKOATH_HASH_SHA256
		    : suite->hash == CS_SHA512 ? YKOATH_HASH_SHA512
					       : YKOATH_HASH_SHA1;
	return true;
}

/* ---- a seed that the card makes ---- */

/* The server's public key from --seal-to. */
static bool server_key(const struct cli *cli, enum cs_sealed_seed_curve *curve, struct cs_writer *point,
		       enum cli_status *status)
{
	const char *path = cli_value(cli, "seal-to");
	FILE *file = fopen(path, "re");
	EVP_PKEY *key = file == NULL ? NULL : PEM_read_PUBKEY(file, NULL, NULL, NULL);

	if (file != NULL)
		fclose(file);
	enum cs_err err = key == NULL ? CS_ERR_MALFORMED : cs_sealed_seed_server(key, curve, point);
	EVP_PKEY_free(key);
	if (err)
		*status = cli_fail(cli, CLI_USAGE, "usage",
				   "%s is not the public key of a server (PEM; P-256 or X25519)", path);
	return !err;
}

/* Made before the card makes a seed, so that none is lost for a file that cannot be written. */
static FILE *output_open(const struct cli *cli, enum cli_status *status)
{
	const char *path = cli_value(cli, "output");
	FILE *file = path == NULL ? NULL : fopen(path, "wxe");

	if (path == NULL)
		*status =
		    cli_fail(cli, CLI_USAGE, "usage", "--seal-to needs --output: the file for the server");
	else if (file == NULL)
		*status = cli_fail(cli, CLI_USAGE, "output", "%s cannot be made: %s", path, strerror(errno));
	return file;
}

static enum cli_status output_write(const struct cli *cli, FILE *file, struct cs_view sealed)
{
	bool ok = fwrite(sealed.ptr, 1, sealed.len, file) == sealed.len;

	ok = fclose(file) == 0 && ok;
	return ok ? CLI_DONE
		  : cli_fail(cli, CLI_USAGE, "output",
			     "%s cannot be written: %s; the seed is lost, make the credential again",
			     cli_value(cli, "output"), strerror(errno));
}

static enum cli_status add_generated(struct cli *cli, struct cc_card *card,
				     const struct cc_oath_credential *credential)
{
	uint8_t point_bytes[CS_SEALED_SEED_POINT_MAX], file_bytes[CS_SEALED_SEED_MAX];
	struct cs_writer point = CS_WRITER_OF(point_bytes), sealed = CS_WRITER_OF(file_bytes);
	enum cs_sealed_seed_curve curve;
	enum cli_status status;

	if (!server_key(cli, &curve, &point, &status))
		return status;
	FILE *file = output_open(cli, &status);
	if (file == NULL)
		return status;
	enum cs_err err = cc_oath_generate(card, credential, curve, cs_writer_view(&point), &sealed);
	if (!err)
		return output_write(cli, file, cs_writer_view(&sealed));
	fclose(file);
	remove(cli_value(cli, "output"));
	return cli_fail_err(cli, err, "have the card make a seed");
}

/* ---- the command ---- */

/* False: nobody wants the credential of this name replaced, or an error was told. */
static bool add_confirm(const struct cli *cli, struct cc_card *card, const char *name,
			enum cli_status *status)
{
	struct otp_list list;
	char what[160];
	enum cs_err err = otp_list_read(card, &list);

	if (err) {
		*status = cli_fail_err(cli, err, "list the credentials");
		return false;
	}
	snprintf(what, sizeof what, "There is a credential \"%s\". Its secret will be replaced, for good.",
		 name);
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.entries[i].name.text, name) == 0)
			return confirm(cli, what, status);
	return true;
}

static enum cli_status add_put(struct cli *cli, struct cc_card *card, const struct otpauth *otp,
			       struct cs_view suite)
{
	char name[YKOATH_NAME_MAX + 1];
	enum cli_status status;

	if (otpauth_name(otp, name) != CS_OK)
		return cli_fail(cli, CLI_USAGE, "usage", "issuer and name together are longer than %u bytes",
				YKOATH_NAME_MAX);
	if (!otp_open(cli, card, &status) || !add_confirm(cli, card, name, &status))
		return status;
	struct cc_oath_credential credential = {.name = cs_view_string(name),
						.type = otp->type,
						.hash = otp->hash,
						.digits = otp->digits,
						.key = cs_view(otp->seed, otp->seed_len),
						.touch = cli_flag(cli, "touch"),
						.pin = cli_flag(cli, "pin-bound"),
						.suite = suite,
						.counter = otp->counter};
	if (cli_value(cli, "seal-to") != NULL) {
		status = add_generated(cli, card, &credential);
		if (status != CLI_DONE)
			return status;
	} else {
		enum cs_err err = cc_oath_put(card, &credential);
		if (err)
			return cli_fail_err(cli, err, "write the credential to the card");
	}
	cli_note(cli, "credential \"%s\" added", name);
	return cli->json ? cli_print(cli, json_pack("{s:s}", "name", name), NULL) : CLI_DONE;
}

static enum cli_status add_with(struct cli *cli, struct cc_card *card)
{
	struct cs_ocra_suite suite;
	struct otpauth otp;
	enum cli_status status;

	otpauth_init(&otp);
	/* What the options say outranks what the URI says. */
	bool ok = add_source(cli, &otp, &status) && add_options(cli, &otp, &status) &&
		  add_suite(cli, &otp, &suite, &status);
	if (ok)
		status = add_put(cli, card, &otp, suite.text);
	cs_wipe(&otp, sizeof otp);
	return status;
}

enum cli_status otp_add(struct cli *cli)
{
	return card_run(cli, add_with);
}

const struct cli_option otp_add_options[] = {
    {"uri-file", "FILE", "read an otpauth: URI from FILE"},
    {"secret-file", "FILE", "read the secret (base32) from FILE (or COUNTERSIGN_OTP_SECRET)"},
    {"issuer", "TEXT", "who asks for the codes"},
    {"type", "TYPE", "totp (default) or hotp"},
    {"algorithm", "HASH", "SHA1 (default), SHA256 or SHA512"},
    {"digits", "N", "6 (default), 7 or 8"},
    {"period", "SECONDS", "how long a code of a totp credential lives (default 30)"},
    {"counter", "N", "the first counter of a hotp or OCRA credential (default 0)"},
    {"touch", NULL, "ask for a touch before each code"},
    {"pin-bound", NULL, "ask for the card's PIN before each code"},
    {"ocra", "SUITE", "answer challenges, as this OCRASuite (RFC 6287) says"},
    {"seal-to", "FILE", "have the card make the secret, for the server whose public key (PEM) is in FILE"},
    {"output", "FILE",
     "with --seal-to: write the sealed secret, which only that server opens, to the new FILE"},
    CONFIRM_OPTION,
    {.name = NULL},
};
