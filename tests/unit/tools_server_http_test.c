/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the server commands leave in memory of an answer, which may have been a seed or a credential. libcurl
 * is the test's own: it hands out what is scripted, and looks into the buffer when a call begins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "tools/secrets.h"
#include "tools/server_http.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

#define SEED   "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define LOOKED 4096u

static struct {
	curl_write_callback write;
	void *place; /* of the answer: a pointer to its bytes stands first */
	const char *text;
	long status;
	CURLcode code;
	bool clean; /* when the last call began there was nothing in the buffer */
	unsigned calls, told;
} fake;

/* ---- libcurl ---- */

CURL *curl_easy_init(void)
{
	return &fake;
}

void curl_easy_cleanup(CURL *curl)
{
	(void)curl;
}

CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	va_list arguments;

	(void)curl;
	va_start(arguments, option);
	if (option == CURLOPT_WRITEFUNCTION)
		fake.write = va_arg(arguments, curl_write_callback);
	else if (option == CURLOPT_WRITEDATA)
		fake.place = va_arg(arguments, void *);
	va_end(arguments);
	return CURLE_OK;
}

static const char *buffer(void)
{
	return *(char *const *)fake.place;
}

static bool buffer_has(const char *text)
{
	return memmem(buffer(), LOOKED, text, strlen(text)) != NULL;
}

CURLcode curl_easy_perform(CURL *curl)
{
	char text[256];

	(void)curl;
	if (fake.calls++ == 0) {
		memset(*(char **)fake.place, 0, LOOKED); /* as malloc leaves it need not be so */
	} else {
		fake.clean = !buffer_has(SEED);
	}
	(void)snprintf(text, sizeof(text), "%s", fake.text);
	if (text[0] && fake.write(text, 1, strlen(text), fake.place) != strlen(text))
		return CURLE_WRITE_ERROR;
	return fake.code;
}

CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
	va_list arguments;

	(void)curl;
	va_start(arguments, info);
	*va_arg(arguments, long *) = info == CURLINFO_RESPONSE_CODE ? fake.status : 100;
	va_end(arguments);
	return CURLE_OK;
}

const char *curl_easy_strerror(CURLcode code)
{
	(void)code;
	return "fault";
}

char *curl_easy_escape(CURL *curl, const char *text, int len)
{
	(void)curl;
	(void)len;
	return strdup(text);
}

void curl_free(void *text)
{
	free(text);
}

static struct curl_slist header = {(char[]){"Authorization: Bearer x"}, NULL};

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
	(void)list;
	(void)text;
	return &header;
}

void curl_slist_free_all(struct curl_slist *list)
{
	(void)list;
}

/* ---- the tool ---- */

const char *cli_value(const struct cli *cli, const char *name)
{
	(void)cli;
	return strcmp(name, "server") == 0	      ? "https://server.example"
	       : strcmp(name, "credential-file") == 0 ? "credential"
						      : NULL;
}

enum cli_status cli_fail(const struct cli *cli, enum cli_status status, const char *code, const char *format,
			 ...)
{
	(void)cli;
	(void)code;
	(void)format;
	fake.told++;
	return status;
}

enum cli_status cli_fail_err(const struct cli *cli, enum cs_err err, const char *doing)
{
	return cli_fail(cli, CLI_REFUSED, "", "%d %s", (int)err, doing);
}

void cli_note(const struct cli *cli, const char *format, ...)
{
	(void)cli;
	(void)format;
}

bool secret_from_file(const struct cli *cli, const char *what, const char *path, struct secret *out,
		      enum cli_status *status)
{
	(void)cli;
	(void)what;
	(void)path;
	(void)status;
	*out = (struct secret){.text = "x", .len = 1};
	return true;
}

void secret_wipe(struct secret *secret)
{
	memset(secret, 0, sizeof(*secret));
}

/* ---- the tests ---- */

static enum cli_status get(struct server *server, const char *text, long status, CURLcode code)
{
	json_t *answer = NULL;

	fake.text = text;
	fake.status = status;
	fake.code = code;
	enum cli_status result = server_get(server, "/v1/users", &answer);
	json_decref(answer);
	return result;
}

/* A shorter one would leave its end, and none at all the whole. */
static void an_answer_is_gone_before_the_next_call_whatever_comes_of_that(void **state)
{
	static const struct {
		const char *text;
		long status;
		CURLcode code;
		enum cli_status result;
	} rows[] = {
	    {"{}", 200, CURLE_OK, CLI_DONE},
	    {"{\"error\":{\"code\":\"no_user\",\"message\":\"x\"}}", 404, CURLE_OK, CLI_REFUSED},
	    {"", 503, CURLE_OK, CLI_UNREACHABLE},
	    {"", 0, CURLE_COULDNT_CONNECT, CLI_UNREACHABLE},
	    {"{\"half\":", 200, CURLE_RECV_ERROR, CLI_UNREACHABLE},
	};
	enum cli_status status;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&fake, 0, sizeof(fake));
		struct server *server = server_open(NULL, &status);
		assert_non_null(server);
		assert_int_equal(
		    get(server, "{\"a\":\"something before it\",\"secret\":\"" SEED "\"}", 201, CURLE_OK),
		    CLI_DONE);
		assert_true(buffer_has(SEED)); /* it would be found */
		assert_int_equal(get(server, rows[i].text, rows[i].status, rows[i].code), rows[i].result);
		assert_int_equal(fake.calls, 2);
		assert_true(fake.clean);
		assert_false(buffer_has("GEZDGNBV"));
		assert_int_equal(fake.told, rows[i].result != CLI_DONE);
		server_close(server);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_answer_is_gone_before_the_next_call_whatever_comes_of_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
