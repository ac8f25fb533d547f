/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pam_countersign.so: asks the user for a one-time password, and countersignd whether it is his.
 *
 * Fails closed: PAM_SUCCESS is returned in one place, after an answer of status 200 that says accepted. A
 * daemon that is not there, a credential that it does not take, an option that is misspelt, lets nobody in;
 * the log says what is wrong. A user learns only that he was refused: that he is unknown, or locked, stands
 * in the log.
 */
#define PAM_SM_AUTH

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "base/json.h"
#include "base/secret.h"
#include "pam/exchange.h"
#include "pam/options.h"

#define PAM_ENTRY	__attribute__((visibility("default")))
#define CREDENTIAL_SIZE 160u
#define CODE_MAX	64u
#define USER_MAX	128u
#define FAIL_DELAY	2000000u /* microseconds, more or less, as PAM has it */
#define BODY_SIZE	1024u

struct login {
	pam_handle_t *pamh;
	struct pam_options options;
	const char *user;
	const char *client;	  /* the address that the user comes from; NULL where it is none */
	char shown[USER_MAX + 1]; /* the user's name for the log: no control characters */
	char credential[CREDENTIAL_SIZE];
};

/* ---- what is needed before anyone is asked ---- */

/* Reads the one line of the file. False after a line in the log. */
static bool credential_read(struct login *login)
{
	const char *path = login->options.credential;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		pam_syslog(login->pamh, LOG_ERR, "credential %s: %m", path);
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	ssize_t len = -1;
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
		pam_syslog(login->pamh, LOG_ERR,
			   "credential %s: only its owner may have rights on it: chmod 600", path);
	else
		len = read(fd, login->credential, sizeof(login->credential) - 1);
	(void)close(fd);
	if (len < 0)
		return false;
	login->credential[len] = '\0';
	login->credential[strcspn(login->credential, "\r\n")] = '\0';
	for (const char *p = login->credential; *p; p++)
		if (*p <= ' ' || *p > '~')
			len = 0;
	if (len == 0 || !login->credential[0] || strlen(login->credential) > 128) {
		pam_syslog(login->pamh, LOG_ERR,
			   "credential %s: it has no credential in it; countersign server app add makes one",
			   path);
		return false;
	}
	return true;
}

static void shown_make(struct login *login)
{
	size_t i = 0;

	for (; login->user[i] && i < USER_MAX; i++) {
		unsigned char c = (unsigned char)login->user[i];
		login->shown[i] = c < 0x20 || c == 0x7f ? '?' : login->user[i];
	}
	login->shown[i] = '\0';
}

/* Where the user comes from, if that is told, and as an address. */
static const char *client_of(pam_handle_t *pamh)
{
	const void *host = NULL;
	unsigned char packed[16];

	if (pam_get_item(pamh, PAM_RHOST, &host) != PAM_SUCCESS || !host)
		return NULL;
	return inet_pton(AF_INET, host, packed) == 1 || inet_pton(AF_INET6, host, packed) == 1 ? host : NULL;
}

static int login_prepare(struct login *login, pam_handle_t *pamh, int argc, const char **argv)
{
	const char *wrong = "";

	memset(login, 0, sizeof(*login));
	login->pamh = pamh;
	if (pam_options_parse(argc, argv, &login->options, &wrong)) {
		pam_syslog(pamh, LOG_ERR, "option %s is not understood; pam_countersign(8) lists them",
			   wrong);
		return PAM_SERVICE_ERR;
	}
	int rc = pam_get_user(pamh, &login->user, NULL);
	if (rc != PAM_SUCCESS)
		return rc;
	if (!login->user || !login->user[0])
		return PAM_USER_UNKNOWN;
	shown_make(login);
	login->client = client_of(pamh);
	return credential_read(login) ? PAM_SUCCESS : PAM_AUTHINFO_UNAVAIL;
}

/* ---- the daemon ---- */

/* Its answer as PAM has it. */
static int reply_judge(const struct login *login, const struct reply *reply)
{
	if (reply->status == 200 && reply->told) {
		if (reply->accepted)
			return PAM_SUCCESS;
		pam_syslog(login->pamh, LOG_NOTICE, "user %s: refused (%s)", login->shown,
			   reply->reason[0] ? reply->reason : "no reason told");
		return PAM_AUTH_ERR;
	}
	/* What was typed cannot be a code, or the name none of a user. */
	if (reply->status == 400) {
		pam_syslog(login->pamh, LOG_NOTICE, "user %s: refused (%s)", login->shown, reply->message);
		return PAM_AUTH_ERR;
	}
	pam_syslog(login->pamh, LOG_ERR, "user %s: the daemon cannot say (%u %s): %s%s", login->shown,
		   reply->status, reply->code, reply->message,
		   reply->status == 401 || reply->status == 403 ? " (option credential)" : "");
	return PAM_AUTHINFO_UNAVAIL;
}

static void exchange_failed(const struct login *login, enum cs_err err)
{
	const char *path = login->options.socket;

	if (err == CS_ERR_IO && errno == 0)
		pam_syslog(
		    login->pamh, LOG_ERR,
		    "%s: the daemon ended the connection; does socket_users name the account of this program "
		    "(uid %u)?",
		    path, (unsigned)geteuid());
	else if (err == CS_ERR_IO)
		pam_syslog(login->pamh, LOG_ERR,
			   "%s: %m; is countersignd running, with this path as its socket?", path);
	else if (err == CS_ERR_TIMEOUT)
		pam_syslog(login->pamh, LOG_ERR, "%s: no answer within %u seconds", path,
			   login->options.timeout);
	else
		pam_syslog(login->pamh, LOG_ERR, "%s: %s", path, cs_err_text(err));
}

/* A member of the question's body; none where text is NULL. */
static void member_write(struct cs_writer *w, const char *name, const char *text)
{
	if (!text || !text[0])
		return;
	cs_write_u8(w, cs_writer_view(w).len > 0 ? ',' : '{');
	cs_json_write_text(w, cs_view_string(name));
	cs_write_u8(w, ':');
	cs_json_write_text(w, cs_view_string(text));
}

/* Asks, with the body that w has but for its end. False after a line in the log. */
static bool ask(const struct login *login, const char *path, struct cs_writer *w, struct reply *out)
{
	cs_write_u8(w, '}');
	struct question question = {.socket = login->options.socket,
				    .path = path,
				    .credential = cs_view_string(login->credential),
				    .body = cs_writer_view(w),
				    .timeout = login->options.timeout};
	enum cs_err err = cs_writer_done(w) ? CS_ERR_LENGTH : exchange(&question, out);

	if (err)
		exchange_failed(login, err);
	return !err;
}

/* Whether code is the user's, as an answer to challenge where that is not empty. */
static int code_check(const struct login *login, const char *code, const char *challenge)
{
	char body[BODY_SIZE];
	struct cs_writer w = CS_WRITER_OF(body);
	struct reply reply;

	if (!code[0] || strlen(code) > CODE_MAX || strlen(login->user) > USER_MAX) {
		pam_syslog(login->pamh, LOG_NOTICE, "user %s: refused (%s)", login->shown,
			   code[0] ? "too long" : "nothing was typed");
		return PAM_AUTH_ERR;
	}
	member_write(&w, "user", login->user);
	member_write(&w, "code", code);
	member_write(&w, "challenge", challenge);
	member_write(&w, "client", login->client);
	int rc = ask(login, "/v1/otp/verify", &w, &reply) ? reply_judge(login, &reply) : PAM_AUTHINFO_UNAVAIL;
	cs_wipe(body, sizeof(body));
	return rc;
}

/* Has the user challenged. PAM_SUCCESS: out is the challenge, or has none where no token of his takes one. */
static int challenge_get(const struct login *login, struct reply *out)
{
	char body[BODY_SIZE];
	struct cs_writer w = CS_WRITER_OF(body);

	memset(out, 0, sizeof(*out));
	if (!login->options.challenge || strlen(login->user) > USER_MAX)
		return PAM_SUCCESS;
	member_write(&w, "user", login->user);
	member_write(&w, "type", login->options.challenge);
	member_write(&w, "client", login->client);
	if (!ask(login, "/v1/challenges", &w, out))
		return PAM_AUTHINFO_UNAVAIL;
	if (out->status == 201 && out->challenge[0])
		return PAM_SUCCESS;
	out->challenge[0] = '\0';
	/* Who cannot be challenged is asked all the same, so that he does not learn it. */
	return out->status == 404 || out->status == 409 || out->status == 429 ? PAM_SUCCESS
									      : reply_judge(login, out);
}

/* ---- the user ---- */

static int user_ask(const struct login *login)
{
	struct reply challenge;
	char *code = NULL;

	int rc = challenge_get(login, &challenge);
	if (rc != PAM_SUCCESS)
		return rc;
	rc =
	    !challenge.challenge[0]
		? pam_prompt(login->pamh, PAM_PROMPT_ECHO_OFF, &code, "%s", login->options.prompt)
	    : challenge.question[0]
		? pam_prompt(login->pamh, PAM_PROMPT_ECHO_OFF, &code, "Challenge %s: ", challenge.question)
		: pam_prompt(login->pamh, PAM_PROMPT_ECHO_OFF, &code, "Code sent to %s: ", challenge.sent_to);
	if (rc != PAM_SUCCESS)
		return rc;
	if (!code)
		return PAM_CONV_ERR;
	rc = code_check(login, code, challenge.challenge);
	cs_wipe(code, strlen(code));
	free(code);
	return rc;
}

/* Tries the password that an earlier module got, or asks, as the options have it. */
static int login_run(const struct login *login)
{
	const void *earlier = NULL;
	int rc;

	if (login->options.source == PAM_ASK)
		return user_ask(login);
	rc = pam_get_item(login->pamh, PAM_AUTHTOK, &earlier);
	if (rc == PAM_SUCCESS && earlier)
		rc = code_check(login, earlier, "");
	else
		rc = PAM_AUTH_ERR;
	return rc == PAM_AUTH_ERR && login->options.source == PAM_TRY_FIRST ? user_ask(login) : rc;
}

PAM_ENTRY int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct login login;

	(void)flags;
	int rc = login_prepare(&login, pamh, argc, argv);
	if (rc == PAM_SUCCESS) {
		if (!login.options.nodelay)
			(void)pam_fail_delay(pamh, FAIL_DELAY);
		rc = login_run(&login);
	}
	cs_wipe(&login, sizeof(login));
	return rc;
}

/* There is no credential of the user's to set. */
PAM_ENTRY int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
