/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets from a file, the environment or a person (secrets.h).
 */
#include "tools/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "tools/prompt.h"

struct secret_row {
	const char *what; /* in sentences */
	const char *option, *env;
	bool twice;
};

static const struct secret_row secret_rows[SECRET_KIND_COUNT] = {
    [SECRET_PIN] = {"PIN", "pin-file", "COUNTERSIGN_PIN", false},
    [SECRET_NEW_PIN] = {"new PIN", "new-pin-file", "COUNTERSIGN_NEW_PIN", true},
    [SECRET_PUK] = {"PUK", "puk-file", "COUNTERSIGN_PUK", false},
    [SECRET_NEW_PUK] = {"new PUK", "new-puk-file", "COUNTERSIGN_NEW_PUK", true},
    [SECRET_SO_PIN] = {"SO PIN", "so-pin-file", "COUNTERSIGN_SO_PIN", false},
    [SECRET_NEW_SO_PIN] = {"new SO PIN", "new-so-pin-file", "COUNTERSIGN_NEW_SO_PIN", true},
    [SECRET_MANAGEMENT_KEY] = {"management key (hex)", "management-key-file", "COUNTERSIGN_MANAGEMENT_KEY",
			       false},
    [SECRET_SCP_KEY] = {"SCP03 key set", "scp-key-file", "COUNTERSIGN_SCP_KEY", false},
    [SECRET_NEW_SCP_KEY] = {"new SCP03 key set", "new-scp-key-file", "COUNTERSIGN_NEW_SCP_KEY", true},
    [SECRET_PASSWORD] = {"password of the OTP application", "password-file", "COUNTERSIGN_PASSWORD", false},
    [SECRET_NEW_PASSWORD] = {"new password of the OTP application", "new-password-file",
			     "COUNTERSIGN_NEW_PASSWORD", true},
    [SECRET_PASSPHRASE] = {"passphrase of the key file", "passphrase-file", "COUNTERSIGN_PASSPHRASE", false},
    [SECRET_TRANSPORT_KEY] = {"transport key of the file (hex)", "transport-key-file",
			      "COUNTERSIGN_TRANSPORT_KEY", false},
    [SECRET_TRANSPORT_PASSPHRASE] = {"passphrase of the file", "transport-passphrase-file",
				     "COUNTERSIGN_TRANSPORT_PASSPHRASE", false},
    [SECRET_OCRA_PIN] = {"PIN of the OCRA credential", "ocra-pin-file", "COUNTERSIGN_OCRA_PIN", false},
    [SECRET_TOKEN_PIN] = {"PIN of the token", "token-pin-file", "COUNTERSIGN_TOKEN_PIN", true},
    [SECRET_USER_PASSWORD] = {"password of the user", "user-password-file", "COUNTERSIGN_USER_PASSWORD",
			      true},
    [SECRET_LOGIN_PASSWORD] = {"password", "login-password-file", "COUNTERSIGN_LOGIN_PASSWORD", false},
    [SECRET_OTP_SEED] = {"secret of the OTP credential (base32)", "secret-file", "COUNTERSIGN_OTP_SECRET",
			 false},
};

struct cs_view secret_view(const struct secret *secret)
{
	return cs_view(secret->text, secret->len);
}

void secret_wipe(struct secret *secret)
{
	cs_wipe(secret, sizeof *secret);
}

static bool secret_take(const struct cli *cli, const char *what, const char *from, const char *text,
			size_t len, struct secret *out, enum cli_status *status)
{
	if (len == 0 || len > SECRET_MAX) {
		*status = cli_fail(cli, CLI_USAGE, "usage", "the %s in %s is %s", what, from,
				   len == 0 ? "empty" : "too long");
		return false;
	}
	memcpy(out->text, text, len);
	out->text[len] = '\0';
	out->len = len;
	return true;
}

bool secret_from_file(const struct cli *cli, const char *what, const char *path, struct secret *out,
		      enum cli_status *status)
{
	char buf[SECRET_MAX + 3];
	size_t len = 0;
	ssize_t n = 0;

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		*status = cli_fail(cli, CLI_USAGE, "usage", "the file %s with the %s cannot be read: %s",
				   path, what, strerror(errno));
		return false;
	}
	while (len < sizeof buf && (n = read(fd, buf + len, sizeof buf - len)) > 0)
		len += (size_t)n;
	close(fd);
	const char *end = memchr(buf, '\n', len);
	size_t line = end != NULL ? (size_t)(end - buf) : len;
	if (line > 0 && buf[line - 1] == '\r')
		line--;
	bool ok = secret_take(cli, what, path, buf, n < 0 ? 0 : line, out, status);
	cs_wipe(buf, sizeof buf);
	return ok;
}

static bool ask_once(const struct cli *cli, const char *again, const char *what, struct secret *out,
		     enum cli_status *status)
{
	char question[96];
	snprintf(question, sizeof question, "%s%s: ", what, again);
	enum cs_err err = prompt_secret(question, out->text, sizeof out->text);
	if (err == CS_ERR_CANCELLED)
		*status =
		    cli_fail(cli, CLI_USAGE, "usage", "no %s was given, and nobody is there to ask", what);
	else if (err)
		*status = cli_fail_err(cli, err, "read the answer");
	out->len = err ? 0 : strlen(out->text);
	if (!err && out->len == 0) {
		*status = cli_fail(cli, CLI_USAGE, "usage", "the %s may not be empty", what);
		return false;
	}
	return !err;
}

static bool secret_ask(const struct cli *cli, const struct secret_row *row, bool twice, struct secret *out,
		       enum cli_status *status)
{
	struct secret second;

	if (!ask_once(cli, "", row->what, out, status))
		return false;
	if (!twice)
		return true;
	bool ok = ask_once(cli, " again", row->what, &second, status);
	if (ok && (second.len != out->len || !cs_equal_ct(second.text, out->text, out->len))) {
		*status = cli_fail(cli, CLI_USAGE, "usage",
				   "the two answers for the %s differ; nothing was changed", row->what);
		ok = false;
	}
	secret_wipe(&second);
	return ok;
}

bool secret_given(const struct cli *cli, enum secret_kind kind)
{
	return cli_value(cli, secret_rows[kind].option) != NULL || getenv(secret_rows[kind].env) != NULL;
}

static bool secret_find(const struct cli *cli, enum secret_kind kind, bool twice, struct secret *out,
			enum cli_status *status)
{
	const struct secret_row *row = &secret_rows[kind];
	const char *path = cli_value(cli, row->option);
	const char *env = getenv(row->env);

	memset(out, 0, sizeof *out);
	if (path != NULL)
		return secret_from_file(cli, row->what, path, out, status);
	if (env != NULL)
		return secret_take(cli, row->what, row->env, env, strlen(env), out, status);
	return secret_ask(cli, row, twice, out, status);
}

bool secret_get(const struct cli *cli, enum secret_kind kind, struct secret *out, enum cli_status *status)
{
	return secret_find(cli, kind, secret_rows[kind].twice, out, status);
}

bool secret_choose(const struct cli *cli, enum secret_kind kind, struct secret *out, enum cli_status *status)
{
	return secret_find(cli, kind, true, out, status);
}
