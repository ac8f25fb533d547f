/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HTTPS by libcurl, JSON by jansson. Answers may hold a seed or a credential: the buffer they came in is
 * wiped.
 */
#include "tools/server_http.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/encoding.h"
#include "base/secret.h"
#include "tools/secrets.h"

#define ANSWER_MAX	((size_t)4 << 20)
#define PAGE_ROWS	"500"
#define CONNECT_SECONDS 10L
#define CALL_SECONDS	60L
#define AGAIN_SECONDS	10 /* that a lost answer is asked for, a second apart; once at least */
#define KEY_LEN		16u

struct answer_buffer {
	char *text; /* ANSWER_MAX bytes: never moved, for what it may hold */
	size_t len;
	bool overflow;
};

struct server {
	const struct cli *cli;
	CURL *curl;
	struct curl_slist *headers;
	char base[512]; /* without a slash at its end */
	struct answer_buffer answer;
	char error[CURL_ERROR_SIZE];
	CURLcode code; /* what became of the last call, on the way */
	bool patient;
	bool again;  /* the call has gone out before, and its answer was lost */
	bool partly; /* some of it was done: it is to be sent again until all is */
	bool unsure; /* the last call has gone out, and no answer says what became of it */
};

static size_t on_data(char *data, size_t size, size_t count, void *ctx)
{
	struct answer_buffer *answer = ctx;
	size_t len = size * count;

	if (len > ANSWER_MAX - answer->len) {
		answer->overflow = true;
		return 0;
	}
	memcpy(answer->text + answer->len, data, len);
	answer->len += len;
	return len;
}

/* The option's value, or the environment's. */
static const char *setting(const struct cli *cli, const char *option, const char *variable)
{
	const char *value = cli_value(cli, option);

	return value != NULL ? value : getenv(variable);
}

static enum cli_status headers_make(struct server *server)
{
	const char *file = setting(server->cli, "credential-file", "COUNTERSIGN_CREDENTIAL_FILE");
	char line[SECRET_MAX + 32];
	enum cli_status status;
	struct secret credential;
	struct curl_slist *longer;

	if (file == NULL) {
		return cli_fail(
		    server->cli, CLI_USAGE, "usage",
		    "which credential? name its file with --credential-file or COUNTERSIGN_CREDENTIAL_FILE");
	}
	if (!secret_from_file(server->cli, "credential", file, &credential, &status)) {
		secret_wipe(&credential);
		return status;
	}
	(void)snprintf(line, sizeof line, "Authorization: Bearer %s", credential.text);
	secret_wipe(&credential);
	server->headers = curl_slist_append(NULL, line);
	cs_wipe(line, sizeof line);
	longer = server->headers != NULL
		     ? curl_slist_append(server->headers, "Content-Type: application/json")
		     : NULL;
	if (longer == NULL) {
		return cli_fail_err(server->cli, CS_ERR_MEMORY, "prepare the call");
	}
	server->headers = longer;
	return CLI_DONE;
}

static enum cli_status base_make(struct server *server)
{
	const char *url = setting(server->cli, "server", "COUNTERSIGN_SERVER");
	size_t len;

	if (url == NULL) {
		return cli_fail(
		    server->cli, CLI_USAGE, "usage",
		    "which server? name it with --server https://HOST:PORT or COUNTERSIGN_SERVER");
	}
	len = strlen(url);
	while (len > 0 && url[len - 1] == '/') {
		len--;
	}
	if (strncmp(url, "https://", 8) != 0 || len >= sizeof server->base || strpbrk(url, "?#@") != NULL) {
		return cli_fail(server->cli, CLI_USAGE, "usage",
				"\"%s\" is no server's address; it has the form https://HOST:PORT", url);
	}
	memcpy(server->base, url, len);
	server->base[len] = '\0';
	return CLI_DONE;
}

static void curl_prepare(struct server *server)
{
	const char *ca = setting(server->cli, "ca", "COUNTERSIGN_CA");
	const char *certificate = setting(server->cli, "client-cert", "COUNTERSIGN_CLIENT_CERT");
	const char *key = setting(server->cli, "client-key", "COUNTERSIGN_CLIENT_KEY");
	CURL *curl = server->curl;

	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	(void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, CALL_SECONDS);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, server->error);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &server->answer);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, server->headers);
	if (certificate != NULL) {
		(void)curl_easy_setopt(curl, CURLOPT_SSLCERT, certificate);
		(void)curl_easy_setopt(curl, CURLOPT_SSLKEY, key != NULL ? key : certificate);
	}
	if (ca != NULL) {
		(void)curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
		(void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

struct server *server_open(const struct cli *cli, enum cli_status *status)
{
	struct server *server = calloc(1, sizeof *server);

	*status = CLI_REFUSED;
	if (server != NULL) {
		server->cli = cli;
		server->answer.text = malloc(ANSWER_MAX);
		server->curl = curl_easy_init();
	}
	if (server == NULL || server->answer.text == NULL || server->curl == NULL) {
		*status = cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
		server_close(server);
		return NULL;
	}
	*status = base_make(server);
	if (*status == CLI_DONE) {
		*status = headers_make(server);
	}
	if (*status != CLI_DONE) {
		server_close(server);
		return NULL;
	}
	curl_prepare(server);
	return server;
}

void server_close(struct server *server)
{
	if (server == NULL) {
		return;
	}
	curl_easy_cleanup(server->curl);
	if (server->headers != NULL) {
		cs_wipe(server->headers->data, strlen(server->headers->data));
	}
	curl_slist_free_all(server->headers);
	if (server->answer.text != NULL) {
		cs_wipe(server->answer.text, server->answer.len);
	}
	free(server->answer.text);
	free(server);
}

/* ---- one call ---- */

static const char *transport_fault(const struct server *server)
{
	return server->error[0] != '\0' ? server->error : curl_easy_strerror(server->code);
}

static enum cli_status fail_transport(struct server *server)
{
	if (server->patient)
		return CLI_UNREACHABLE;
	const CURLcode code = server->code;
	const char *why = transport_fault(server);

	if (server->answer.overflow) {
		return cli_fail(server->cli, CLI_REFUSED, "bad_answer",
				"%s answered more than fits; is it countersignd?", server->base);
	}
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
		return cli_fail(server->cli, CLI_UNREACHABLE, "untrusted_server",
				"the certificate of %s is not trusted: %s; name the right file with --ca",
				server->base, why);
	}
	return cli_fail(server->cli, CLI_UNREACHABLE, "no_server",
			"%s was not reached: %s; does it run, is --server right?", server->base, why);
}

/* Tells the error that the server's JSON holds, or its status alone. */
static enum cli_status fail_status(struct server *server, long status, const json_t *answer)
{
	if (server->patient && server->unsure)
		return CLI_UNREACHABLE;
	const json_t *error = json_object_get(answer, "error");
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *message = json_string_value(json_object_get(error, "message"));

	server->partly = code != NULL && strcmp(code, "import_discarding") == 0;
	if (server->partly)
		return CLI_REFUSED;
	return cli_fail(server->cli, status == 503 ? CLI_UNREACHABLE : CLI_REFUSED,
			code != NULL ? code : "bad_answer", "%s (%s answered with status %ld)",
			message != NULL ? message : "this is no answer of countersignd; is --server right?",
			server->base, status);
}

/* What the call before this one may have done is not undone by these: who asks, or how often, is what they
 * refuse. */
static bool is_no_verdict(long status)
{
	return status == 401 || status == 403 || status == 404 || status == 408 || status == 429;
}

static enum cli_status call(struct server *server, const char *path, json_t **answer)
{
	char url[2048];
	long status = 0, sent = 0;
	json_t *json;

	server->unsure = server->partly = false;
	if ((size_t)snprintf(url, sizeof url, "%s%s", server->base, path) >= sizeof url) {
		return cli_fail(server->cli, CLI_USAGE, "usage", "an argument is too long");
	}
	(void)curl_easy_setopt(server->curl, CURLOPT_URL, url);
	cs_wipe(server->answer.text, server->answer.len);
	server->answer.len = 0;
	server->error[0] = '\0';
	server->code = curl_easy_perform(server->curl);
	if (server->code != CURLE_OK) {
		(void)curl_easy_getinfo(server->curl, CURLINFO_REQUEST_SIZE, &sent);
		server->unsure = sent > 0;
		return fail_transport(server);
	}
	(void)curl_easy_getinfo(server->curl, CURLINFO_RESPONSE_CODE, &status);
	json = json_loadb(server->answer.text, server->answer.len, JSON_REJECT_DUPLICATES, NULL);
	server->unsure = status >= 500 || (status >= 200 && status <= 299 && !json_is_object(json)) ||
			 (server->again && is_no_verdict(status));
	if (status < 200 || status > 299 || !json_is_object(json)) {
		enum cli_status result = fail_status(server, status, json);

		json_decref(json);
		return result;
	}
	*answer = json;
	return CLI_DONE;
}

enum cli_status server_get(struct server *server, const char *path, json_t **answer)
{
	(void)curl_easy_setopt(server->curl, CURLOPT_HTTPGET, 1L);
	return call(server, path, answer);
}

static enum cli_status delete_once(struct server *server, const char *path, json_t **answer)
{
	enum cli_status status;

	(void)curl_easy_setopt(server->curl, CURLOPT_HTTPGET, 1L);
	(void)curl_easy_setopt(server->curl, CURLOPT_CUSTOMREQUEST, "DELETE");
	status = call(server, path, answer);
	(void)curl_easy_setopt(server->curl, CURLOPT_CUSTOMREQUEST, NULL);
	return status;
}

enum cli_status server_delete(struct server *server, const char *path, json_t **answer)
{
	enum cli_status status = delete_once(server, path, answer);

	while (status == CLI_DONE && json_is_false(json_object_get(*answer, "discarded"))) {
		json_decref(*answer);
		*answer = NULL;
		status = delete_once(server, path, answer);
	}
	return status;
}

enum cli_status server_post(struct server *server, const char *path, json_t *body, json_t **answer)
{
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	enum cli_status status;

	json_decref(body);
	if (text == NULL) {
		return cli_fail_err(server->cli, CS_ERR_MEMORY, "prepare the call");
	}
	(void)curl_easy_setopt(server->curl, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(server->curl, CURLOPT_POSTFIELDS, text);
	(void)curl_easy_setopt(server->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(text));
	do {
		status = call(server, path, answer);
	} while (server->partly);
	(void)curl_easy_setopt(server->curl, CURLOPT_POSTFIELDS, NULL);
	cs_wipe(text, strlen(text));
	free(text);
	return status;
}

void server_patience(struct server *server, bool patient)
{
	server->patient = patient;
}

/* ---- a call that is done once ---- */

/* Puts Idempotency-Key and a new key before the headers. */
static bool key_make(const struct server *server, char line[64], struct curl_slist *out)
{
	static const char name[] = "Idempotency-Key: ";
	uint8_t key[KEY_LEN];

	if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key) {
		return false;
	}
	memcpy(line, name, sizeof name);
	cs_hex_encode(CS_VIEW_OF(key), line + sizeof name - 1);
	*out = (struct curl_slist){.data = line, .next = server->headers};
	return true;
}

/* Else it waits for a second. */
static bool is_over(const struct timespec *begun)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - begun->tv_sec >= AGAIN_SECONDS || poll(NULL, 0, 1000) != 0;
}

/* Once and, where nobody knows what became of it, again. */
static enum cli_status post_again(struct server *server, const char *path, json_t *body, json_t **answer)
{
	enum cli_status status = server_post(server, path, json_incref(body), answer);
	bool unsure = server->unsure;
	struct timespec begun;

	if (status == CLI_UNREACHABLE && unsure) {
		cli_note(server->cli, "%s has not answered (%s); it is asked again", server->base,
			 server->code != CURLE_OK ? transport_fault(server) : "it cannot, now");
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &begun);
	server->again = unsure;
	while (status == CLI_UNREACHABLE && unsure) {
		status = server_post(server, path, json_incref(body), answer);
		if (status == CLI_UNREACHABLE && is_over(&begun)) {
			break;
		}
	}
	server->again = false;
	server->unsure = status == CLI_UNREACHABLE && unsure;
	return status;
}

enum cli_status server_post_once(struct server *server, const char *path, json_t *body, json_t **answer,
				 bool *unsure)
{
	struct curl_slist headers;
	char line[64];

	if (unsure != NULL) {
		*unsure = false;
	}
	if (!key_make(server, line, &headers)) {
		json_decref(body);
		return cli_fail_err(server->cli, CS_ERR_IO, "make the call's key");
	}
	(void)curl_easy_setopt(server->curl, CURLOPT_HTTPHEADER, &headers);
	server->patient = true;
	enum cli_status status = post_again(server, path, body, answer);
	server->patient = false;
	(void)curl_easy_setopt(server->curl, CURLOPT_HTTPHEADER, server->headers);
	json_decref(body);
	if (status != CLI_UNREACHABLE) {
		return status;
	}
	if (!server->unsure) {
		return fail_transport(server);
	}
	if (unsure != NULL) {
		*unsure = true;
		return status;
	}
	return cli_fail(
	    server->cli, status, "no_answer",
	    "%s has not answered, and may have done it: look there what there is, before you do it again",
	    server->base);
}

/* ---- lists ---- */

char *server_path(const char *prefix, const char *text, const char *suffix)
{
	char *escaped = curl_easy_escape(NULL, text, 0);
	char *path = NULL;

	if (escaped != NULL && asprintf(&path, "%s%s%s", prefix, escaped, suffix) < 0) {
		path = NULL;
	}
	curl_free(escaped);
	return path;
}

enum cli_status server_page(struct server *server, const char *path, const char *after, json_t **answer,
			    char **next)
{
	const char *joint = strchr(path, '?') != NULL ? "&" : "?";
	enum cli_status status;
	const char *key;
	char *start;
	char *whole;

	if (asprintf(&start, "%s%slimit=" PAGE_ROWS "%s", path, joint, after != NULL ? "&after=" : "") < 0) {
		return cli_fail_err(server->cli, CS_ERR_MEMORY, "prepare the call");
	}
	whole = server_path(start, after != NULL ? after : "", "");
	free(start);
	if (whole == NULL) {
		return cli_fail_err(server->cli, CS_ERR_MEMORY, "prepare the call");
	}
	status = server_get(server, whole, answer);
	free(whole);
	if (status != CLI_DONE) {
		return status;
	}
	key = json_string_value(json_object_get(*answer, "next"));
	*next = key != NULL ? strdup(key) : NULL;
	return CLI_DONE;
}

enum cli_status server_list(struct server *server, const char *path, const char *name, json_t **all)
{
	json_t *rows = json_array();
	enum cli_status status = CLI_DONE;
	char *after = NULL;

	do {
		json_t *page = NULL;
		char *next = NULL;

		status = server_page(server, path, after, &page, &next);
		free(after);
		after = next;
		if (status == CLI_DONE && json_array_extend(rows, json_object_get(page, name)) != 0) {
			status =
			    cli_fail(server->cli, CLI_REFUSED, "bad_answer",
				     "%s answered without \"%s\"; is it countersignd?", server->base, name);
		}
		json_decref(page);
	} while (status == CLI_DONE && after != NULL);
	free(after);
	if (status != CLI_DONE) {
		json_decref(rows);
		return status;
	}
	*all = rows;
	return CLI_DONE;
}
