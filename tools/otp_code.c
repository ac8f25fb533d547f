/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign otp code: HOTP, TOTP, and OCRA's answers.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/login.h"
#include "tools/open_card.h"
#include "tools/otp.h"
#include "tools/otpauth.h"
#include "tools/secrets.h"
#include "tools/touch.h"

static void code_text(const json_t *data)
{
	puts(json_string_value(json_object_get(data, "code")));
}

static enum cli_status code_print(struct cli *cli, const struct cc_oath_entry *entry, char *code,
				  unsigned long valid_until)
{
	json_t *data = json_pack("{s:s,s:s,s:s}", "name", entry->name.text, "type",
				 otp_type_name(entry->type), "code", code);

	if (data != NULL && valid_until != 0)
		json_object_set_new(data, "valid_until", json_integer((json_int_t)valid_until));
	return cli_print(cli, data, code_text);
}

/* ---- HOTP, TOTP ---- */

static enum cli_status otp_make(struct cli *cli, struct cc_card *card, const struct cc_oath_entry *entry,
				unsigned long now)
{
	uint32_t period = otpauth_period(entry->name.text), truncated;
	char code[CS_OATH_CODE_MAX];
	unsigned digits;

	enum cs_err err = cc_oath_calculate(card, cs_view(entry->name.text, entry->name.len),
					    cs_totp_step(now, 0, period), &truncated, &digits);
	if (entry->touch && err == CS_ERR_DENIED)
		err = CS_ERR_TIMEOUT; /* how other makers' cards say so: unlocked as we are, nothing else was
					 missing */
	if (err)
		return cli_fail_err(cli, err, "make a code");
	cs_oath_format(truncated, digits, code);
	enum cli_status status =
	    code_print(cli, entry, code, entry->type == YKOATH_TYPE_TOTP ? (now / period + 1) * period : 0);
	cs_wipe(code, sizeof code);
	return status;
}

/* ---- OCRA ---- */

/* What goes in, and where it lies. */
struct ocra {
	struct cs_ocra_suite suite;
	struct cs_ocra_input in;
	uint8_t pin_digest[CS_HASH_MAX], session[CS_OCRA_SESSION_MAX];
};

static bool take_pin(const struct cli *cli, struct ocra *o, enum cli_status *status)
{
	const EVP_MD *md = o->suite.pin_hash == CS_SHA512   ? EVP_sha512()
			   : o->suite.pin_hash == CS_SHA256 ? EVP_sha256()
							    : EVP_sha1();
	struct secret pin;

	if (o->suite.pin_hash == 0)
		return true;
	bool ok = secret_get(cli, SECRET_OCRA_PIN, &pin, status);
	if (ok && EVP_Digest(pin.text, pin.len, o->pin_digest, NULL, md, NULL) != 1) {
		*status = cli_fail_err(cli, CS_ERR_CRYPTO, "digest the PIN");
		ok = false;
	}
	secret_wipe(&pin);
	o->in.pin_hash = cs_view(o->pin_digest, cs_hash_size(o->suite.pin_hash));
	return ok;
}

static bool take_session(const struct cli *cli, struct ocra *o, enum cli_status *status)
{
	const char *hex = cli_value(cli, "session");
	struct cs_writer w = CS_WRITER_OF(o->session);

	if (o->suite.session_len == 0)
		return true;
	if (hex == NULL || cs_hex_decode(cs_view_string(hex), &w) != CS_OK ||
	    cs_writer_view(&w).len > o->suite.session_len) {
		*status = cli_fail(cli, CLI_USAGE, "usage",
				   "this credential wants --session, at most %u bytes in hexadecimal",
				   o->suite.session_len);
		return false;
	}
	o->in.session = cs_writer_view(&w);
	return true;
}

static const char *question_form(const struct cs_ocra_suite *suite)
{
	return suite->format == CS_OCRA_NUMERIC ? "digits"
	       : suite->format == CS_OCRA_HEX	? "hexadecimal digits"
						: "letters and digits";
}

static bool take_question(const struct cli *cli, struct ocra *o, enum cli_status *status)
{
	const char *challenge = cli_value(cli, "challenge");

	if (challenge != NULL) {
		o->in.question = cs_view_string(challenge);
		if (cs_ocra_check(&o->suite, &o->in) == CS_OK)
			return true;
	}
	*status =
	    cli_fail(cli, CLI_USAGE, "usage",
		     "this credential wants --challenge, up to %u %s (of both sides together, twice as many)",
		     o->suite.question_max, question_form(&o->suite));
	return false;
}

static enum cli_status ocra_answer(struct cli *cli, struct cc_card *card, const struct cc_oath_entry *entry,
				   const struct ocra *o)
{
	char answer[2 * CS_HASH_MAX + 1];
	enum cs_err err =
	    cc_oath_ocra(card, cs_view(entry->name.text, entry->name.len), &o->suite, &o->in, answer);

	if (err)
		return cli_fail_err(cli, err, "answer the challenge");
	enum cli_status status = code_print(cli, entry, answer, 0);
	cs_wipe(answer, sizeof answer);
	return status;
}

static enum cli_status ocra_make(struct cli *cli, struct cc_card *card, const struct cc_oath_entry *entry,
				 unsigned long now)
{
	struct ocra o = {.in = {.counter = 0}};
	enum cli_status status = CLI_REFUSED;

	if (cs_ocra_suite_parse(cs_view_string(entry->suite), &o.suite) != CS_OK)
		return cli_fail(cli, CLI_REFUSED, "unsupported", "\"%s\" is no suite that is known here",
				entry->suite);
	if (o.suite.time_step > 0)
		o.in.time = now / o.suite.time_step;
	if (take_pin(cli, &o, &status) && take_session(cli, &o, &status) && take_question(cli, &o, &status))
		status = ocra_answer(cli, card, entry, &o);
	cs_wipe(&o, sizeof o);
	return status;
}

/* ---- the command ---- */

static enum cli_status code_with(struct cli *cli, struct cc_card *card)
{
	struct otp_list list;
	enum cli_status status;
	unsigned long now;

	if (!cli_number(cli, "time", 0, (unsigned long)INT64_MAX, (unsigned long)time(NULL), &now))
		return CLI_USAGE;
	if (!otp_open(cli, card, &status))
		return status;
	enum cs_err err = otp_list_read(card, &list);
	if (err)
		return cli_fail_err(cli, err, "list the credentials");
	const struct cc_oath_entry *entry = otp_find(cli, &list, cli->args[0], true, &status);
	if (entry == NULL || (entry->pin && !login_pin(cli, card, &status)))
		return status;
	if (entry->touch && (err = touch_prepare(card)) != CS_OK)
		return cli_fail_err(cli, err, "ask for a touch");
	return entry->type == YKOATH_TYPE_OCRA ? ocra_make(cli, card, entry, now)
					       : otp_make(cli, card, entry, now);
}

enum cli_status otp_code(struct cli *cli)
{
	return card_run(cli, code_with);
}

const struct cli_option otp_code_options[] = {
    {"time", "SECONDS", "make the code for this Unix time, not for now"},
    {"challenge", "TEXT", "OCRA: the challenge; two-way: both, one after the other"},
    {"session", "HEX", "OCRA: the session's bytes, in hexadecimal"},
    {"ocra-pin-file", "FILE", "OCRA: read the PIN that goes in from FILE (or COUNTERSIGN_OCRA_PIN)"},
    {.name = NULL},
};
