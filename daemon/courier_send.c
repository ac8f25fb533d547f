/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One message at a time, by libcurl: to an SMS gateway over HTTP, or to a mail server.
 *
 * 1. A socket is opened only for an address that courier_may_connect: that of a name as it was resolved for
 * this very connection.
 * 2. No redirect is followed, and no proxy of the environment asked.
 * 3. Without TLS nothing goes to an address that the configuration does not name.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/courier.h"

#define SEND_TEXT_MAX	2048u
#define SEND_SECONDS	20L
#define SEND_ANSWER_MAX 65536u

struct courier_send {
	const struct settings *settings;
	CURLM *multi;
	CURL *easy; /* NULL: nothing is under way */
	struct curl_slist *lines;
	char id[DB_TOKEN_ID_SIZE];
	char text[SEND_TEXT_MAX]; /* the body, or the mail */
	size_t text_len, text_sent, answered;
	bool mail;
	bool plain;   /* without TLS, or perhaps so */
	bool refused; /* an address that may not be */
};

struct courier_send *courier_send_new(const struct settings *settings)
{
	struct courier_send *send = calloc(1, sizeof(*send));

	if (!send || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    !(send->multi = curl_multi_init())) {
		free(send);
		return NULL;
	}
	send->settings = settings;
	return send;
}

/* Whatever is under way is over; what it was is wiped. */
static void send_end(struct courier_send *send)
{
	if (send->easy) {
		(void)curl_multi_remove_handle(send->multi, send->easy);
		curl_easy_cleanup(send->easy);
	}
	curl_slist_free_all(send->lines);
	send->easy = NULL;
	send->lines = NULL;
	cs_wipe(send->text, sizeof(send->text));
}

void courier_send_free(struct courier_send *send)
{
	if (!send)
		return;
	send_end(send);
	(void)curl_multi_cleanup(send->multi);
	free(send);
}

/* ---- templates ---- */

enum send_form { SEND_PLAIN, SEND_URL, SEND_JSON };

static void send_write(struct cs_writer *w, const char *value, enum send_form form)
{
	char escaped[8];

	for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
		bool plain = (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
			     (*p >= 'A' && *p <= 'Z') || strchr("-._~", *p);
		if (form == SEND_URL && !plain)
			(void)snprintf(escaped, sizeof(escaped), "%%%02X", *p);
		else if (form == SEND_JSON && (*p < 0x20 || *p == '"' || *p == '\\'))
			(void)snprintf(escaped, sizeof(escaped), "\\u%04X", *p);
		else
			(void)snprintf(escaped, sizeof(escaped), "%c", *p);
		cs_write_view(w, cs_view_string(escaped));
	}
}

/* Puts values in the place of {destination}, {text}, {code} and {id}. False: too long. */
static bool send_fill(const char *template, const struct courier_message *message, const char *text,
		      enum send_form form, char *out, size_t cap)
{
	const struct {
		const char *name, *value;
	} fields[] = {{"{destination}", message->destination},
		      {"{text}", text},
		      {"{code}", message->code},
		      {"{id}", message->id}};
	struct cs_writer w = cs_writer_of(out, cap - 1);

	while (*template) {
		size_t i = 0, count = sizeof(fields) / sizeof(fields[0]);
		while (i < count && strncmp(template, fields[i].name, strlen(fields[i].name)) != 0)
			i++;
		if (i < count)
			send_write(&w, fields[i].value, form);
		else
			cs_write_view(&w, cs_view(template, 1));
		template += i < count ? strlen(fields[i].name) : 1;
	}
	if (cs_writer_done(&w))
		return false;
	out[cs_writer_view(&w).len] = '\0';
	return true;
}

/* ---- what curl asks ---- */

static curl_socket_t send_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct courier_send *send = ctx;

	const char *allow = send->settings->config.courier_allow;

	if (!(send->plain ? courier_is_named(&address->addr, allow)
			  : courier_may_connect(&address->addr, allow))) {
		send->refused = true;
		return CURL_SOCKET_BAD;
	}
	(void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t send_read(char *to, size_t size, size_t count, void *ctx)
{
	struct courier_send *send = ctx;
	size_t len = send->text_len - send->text_sent;

	len = len < size * count ? len : size * count;
	memcpy(to, send->text + send->text_sent, len);
	send->text_sent += len;
	return len;
}

/* What a gateway answers is counted and dropped. */
static size_t send_answer(char *from, size_t size, size_t count, void *ctx)
{
	struct courier_send *send = ctx;

	(void)from;
	send->answered += size * count;
	return send->answered <= SEND_ANSWER_MAX ? size * count : 0;
}

static bool send_line(struct courier_send *send, const char *line)
{
	struct curl_slist *lines = curl_slist_append(send->lines, line);

	if (lines)
		send->lines = lines;
	return lines != NULL;
}

static bool send_common(struct courier_send *send, const char *protocols)
{
	CURL *c = send->easy;

	return curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, send_open) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, send) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT, SEND_SECONDS) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, send_answer) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, send) == CURLE_OK;
}

static bool send_sms(struct courier_send *send, const struct courier_message *message, const char *text)
{
	const struct config *config = &send->settings->config;
	char url[SEND_TEXT_MAX], line[SEND_TEXT_MAX];

	send->mail = false;
	send->plain = strncmp(config->sms_url, "https://", 8) != 0;
	bool done = send_fill(config->sms_url, message, text, SEND_URL, url, sizeof(url)) &&
		    send_common(send, "https,http") &&
		    curl_easy_setopt(send->easy, CURLOPT_URL, url) == CURLE_OK;
	if (done && send->settings->sms_credential[0]) {
		(void)snprintf(line, sizeof(line), "Authorization: %s", send->settings->sms_credential);
		done = send_line(send, line);
	}
	(void)snprintf(line, sizeof(line), "Idempotency-Key: %s", message->id);
	done = done && send_line(send, line);
	if (done && config->sms_body[0])
		done =
		    send_fill(config->sms_body, message, text, SEND_JSON, send->text, sizeof(send->text)) &&
		    send_line(send, "Content-Type: application/json") &&
		    curl_easy_setopt(send->easy, CURLOPT_POSTFIELDS, send->text) == CURLE_OK;
	done = done && curl_easy_setopt(send->easy, CURLOPT_HTTPHEADER, send->lines) == CURLE_OK;
	cs_wipe(url, sizeof(url));
	cs_wipe(line, sizeof(line));
	return done;
}

static bool send_mail_text(struct courier_send *send, const struct courier_message *message, const char *text)
{
	char date[64];
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm) || !strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm))
		return false;
	int len = snprintf(
	    send->text, sizeof(send->text),
	    "Date: %s\r\nFrom: <%s>\r\nTo: <%s>\r\nMessage-ID: <%s@countersign>\r\n"
	    "Subject: Your code\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\nAuto-Submitted: auto-generated\r\n\r\n%s\r\n",
	    date, send->settings->config.smtp_from, message->destination, message->id, text);
	send->text_len = len > 0 ? (size_t)len : 0;
	send->text_sent = 0;
	return len > 0 && send->text_len < sizeof(send->text);
}

static bool send_mail(struct courier_send *send, const struct courier_message *message, const char *text)
{
	const struct config *config = &send->settings->config;
	const char *credential = send->settings->smtp_credential;
	long tls = config->smtp_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY;

	send->mail = true;
	send->plain = !config->smtp_tls && strncmp(config->smtp_url, "smtps://", 8) != 0;
	return send_mail_text(send, message, text) && send_line(send, message->destination) &&
	       send_common(send, "smtp,smtps") &&
	       curl_easy_setopt(send->easy, CURLOPT_URL, config->smtp_url) == CURLE_OK &&
	       curl_easy_setopt(send->easy, CURLOPT_USE_SSL, tls) == CURLE_OK &&
	       (!credential[0] || curl_easy_setopt(send->easy, CURLOPT_USERPWD, credential) == CURLE_OK) &&
	       curl_easy_setopt(send->easy, CURLOPT_MAIL_FROM, config->smtp_from) == CURLE_OK &&
	       curl_easy_setopt(send->easy, CURLOPT_MAIL_RCPT, send->lines) == CURLE_OK &&
	       curl_easy_setopt(send->easy, CURLOPT_READFUNCTION, send_read) == CURLE_OK &&
	       curl_easy_setopt(send->easy, CURLOPT_READDATA, send) == CURLE_OK &&
	       curl_easy_setopt(send->easy, CURLOPT_UPLOAD, 1L) == CURLE_OK;
}

/* ---- beginning and end ---- */

static void send_failed(const struct courier_send *send, bool final, const char *reason,
			struct courier_ask *ask)
{
	*ask = (struct courier_ask){.word = COURIER_FAILED, .final = final};
	memcpy(ask->id, send->id, sizeof(ask->id));
	(void)snprintf(ask->reason, sizeof(ask->reason), "%s", reason);
}

bool courier_send_begin(struct courier_send *send, const struct courier_message *message,
			struct courier_ask *ask)
{
	const struct config *config = &send->settings->config;
	const bool mail = strcmp(message->kind, "email") == 0;
	char text[SEND_TEXT_MAX];

	memcpy(send->id, message->id, sizeof(send->id));
	send->refused = false;
	send->answered = 0;
	if (!(mail ? config->smtp_url : config->sms_url)[0]) {
		send_failed(send, true, "not_configured", ask);
		return false;
	}
	/* A destination is one: no second recipient, no further header. */
	if (message->destination[strcspn(message->destination, " ,;<>\r\n\t")]) {
		send_failed(send, true, "bad_destination", ask);
		return false;
	}
	send->easy = curl_easy_init();
	bool begun = send->easy &&
		     send_fill(config->courier_text, message, "", SEND_PLAIN, text, sizeof(text)) &&
		     (mail ? send_mail(send, message, text) : send_sms(send, message, text)) &&
		     curl_multi_add_handle(send->multi, send->easy) == CURLM_OK;
	cs_wipe(text, sizeof(text));
	if (!begun) {
		send_failed(send, false, "not_begun", ask);
		send_end(send);
	}
	return begun;
}

/* What a finished transfer means. */
static void send_judge(const struct courier_send *send, CURLcode result, struct courier_ask *ask)
{
	char reason[COURIER_REASON_MAX];
	long status = 0;

	(void)curl_easy_getinfo(send->easy, CURLINFO_RESPONSE_CODE, &status);
	if (send->refused) {
		send_failed(send, true, "address_refused", ask);
	} else if (result == CURLE_OK && (send->mail || (status >= 200 && status < 300))) {
		*ask = (struct courier_ask){.word = COURIER_SENT};
		memcpy(ask->id, send->id, sizeof(ask->id));
	} else if (result == CURLE_OK || (send->mail && status >= 400)) {
		bool later = status >= 500 ? !send->mail : send->mail || status == 408 || status == 429;
		(void)snprintf(reason, sizeof(reason), "status_%ld", status);
		send_failed(send, !later, reason, ask);
	} else {
		(void)snprintf(reason, sizeof(reason), "curl_%d", (int)result);
		send_failed(send, result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_URL_MALFORMAT,
			    reason, ask);
	}
}

bool courier_send_go_on(struct courier_send *send, int fd, struct courier_ask *ask)
{
	struct curl_waitfd also = {.fd = fd, .events = CURL_WAIT_POLLIN};
	const CURLMsg *message;
	int running = 0, left;

	if (curl_multi_perform(send->multi, &running) == CURLM_OK && running)
		(void)curl_multi_poll(send->multi, &also, 1, 1000, NULL);
	message = running ? NULL : curl_multi_info_read(send->multi, &left);
	if (running)
		return false;
	send_judge(send, message ? message->data.result : CURLE_FAILED_INIT, ask);
	send_end(send);
	return true;
}
