/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages, several at once, by libcurl: to an SMS gateway over HTTP, to a mail server, or to
 * who hears of events.
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

struct send_lane {
	struct courier_send *owner;
	CURL *easy; /* NULL: nothing is under way */
	struct curl_slist *lines;
	char text[SEND_TEXT_MAX]; /* the body, or the mail */
	size_t text_len, text_sent, answered;
	bool mail, hook;
	bool plain;   /* without TLS, or perhaps so */
	bool refused; /* an address that may not be */
	bool over;    /* ask is what keeper is to be told */
	char id[DB_TOKEN_ID_SIZE];
	struct courier_ask ask;
};

struct courier_send {
	const struct settings *settings;
	CURLM *multi;
	struct send_lane lanes[OUTBOX_LANES];
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
	for (size_t i = 0; i < OUTBOX_LANES; i++)
		send->lanes[i].owner = send;
	return send;
}

/* Whatever is under way there is over; what it was is wiped. */
static void send_end(struct send_lane *lane)
{
	if (lane->easy) {
		(void)curl_multi_remove_handle(lane->owner->multi, lane->easy);
		curl_easy_cleanup(lane->easy);
	}
	curl_slist_free_all(lane->lines);
	lane->easy = NULL;
	lane->lines = NULL;
	cs_wipe(lane->text, sizeof(lane->text));
}

void courier_send_free(struct courier_send *send)
{
	if (!send)
		return;
	for (size_t i = 0; i < OUTBOX_LANES; i++)
		send_end(&send->lanes[i]);
	(void)curl_multi_cleanup(send->multi);
	free(send);
}

/* ---- what curl asks ---- */

static curl_socket_t send_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct send_lane *lane = ctx;

	const char *allow = lane->owner->settings->config.courier_allow;

	if (!(lane->plain ? courier_is_named(&address->addr, allow)
			  : courier_may_connect(&address->addr, allow))) {
		lane->refused = true;
		return CURL_SOCKET_BAD;
	}
	(void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t send_read(char *to, size_t size, size_t count, void *ctx)
{
	struct send_lane *lane = ctx;
	size_t len = lane->text_len - lane->text_sent;

	len = len < size * count ? len : size * count;
	memcpy(to, lane->text + lane->text_sent, len);
	lane->text_sent += len;
	return len;
}

/* What a gateway answers is counted and dropped. */
static size_t send_answer(char *from, size_t size, size_t count, void *ctx)
{
	struct send_lane *lane = ctx;

	(void)from;
	lane->answered += size * count;
	return lane->answered <= SEND_ANSWER_MAX ? size * count : 0;
}

static bool send_line(struct send_lane *lane, const char *line)
{
	struct curl_slist *lines = curl_slist_append(lane->lines, line);

	if (lines)
		lane->lines = lines;
	return lines != NULL;
}

static bool send_common(struct send_lane *lane, const char *protocols)
{
	CURL *c = lane->easy;

	return curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, send_open) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, lane) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_DNS_CACHE_TIMEOUT, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT, SEND_SECONDS) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, send_answer) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, lane) == CURLE_OK;
}

static bool send_sms(struct send_lane *lane, const struct courier_message *message, const char *text)
{
	const struct config *config = &lane->owner->settings->config;
	char url[SEND_TEXT_MAX], line[SEND_TEXT_MAX];

	lane->mail = false;
	lane->plain = strncmp(config->sms_url, "https://", 8) != 0;
	bool done = courier_fill(config->sms_url, message, text, COURIER_URL, url, sizeof(url)) &&
		    send_common(lane, "https,http") &&
		    curl_easy_setopt(lane->easy, CURLOPT_URL, url) == CURLE_OK;
	if (done && lane->owner->settings->sms_credential[0]) {
		(void)snprintf(line, sizeof(line), "Authorization: %s",
			       lane->owner->settings->sms_credential);
		done = send_line(lane, line);
	}
	(void)snprintf(line, sizeof(line), "Idempotency-Key: %s", message->id);
	done = done && send_line(lane, line);
	if (done && config->sms_body[0])
		done = courier_fill(config->sms_body, message, text, COURIER_JSON, lane->text,
				    sizeof(lane->text)) &&
		       send_line(lane, "Content-Type: application/json") &&
		       curl_easy_setopt(lane->easy, CURLOPT_POSTFIELDS, lane->text) == CURLE_OK;
	done = done && curl_easy_setopt(lane->easy, CURLOPT_HTTPHEADER, lane->lines) == CURLE_OK;
	cs_wipe(url, sizeof(url));
	cs_wipe(line, sizeof(line));
	return done;
}

static bool send_mail_text(struct send_lane *lane, const struct courier_message *message, const char *text)
{
	char date[64];
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm) || !strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm))
		return false;
	int len = snprintf(
	    lane->text, sizeof(lane->text),
	    "Date: %s\r\nFrom: <%s>\r\nTo: <%s>\r\nMessage-ID: <%s@countersign>\r\n"
	    "Subject: Your code\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\nAuto-Submitted: auto-generated\r\n\r\n%s\r\n",
	    date, lane->owner->settings->config.smtp_from, message->destination, message->id, text);
	lane->text_len = len > 0 ? (size_t)len : 0;
	lane->text_sent = 0;
	return len > 0 && lane->text_len < sizeof(lane->text);
}

static bool send_mail(struct send_lane *lane, const struct courier_message *message, const char *text)
{
	const struct config *config = &lane->owner->settings->config;
	const char *credential = lane->owner->settings->smtp_credential;
	long tls = config->smtp_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY;

	lane->mail = true;
	lane->plain = !config->smtp_tls && strncmp(config->smtp_url, "smtps://", 8) != 0;
	return send_mail_text(lane, message, text) && send_line(lane, message->destination) &&
	       send_common(lane, "smtp,smtps") &&
	       curl_easy_setopt(lane->easy, CURLOPT_URL, config->smtp_url) == CURLE_OK &&
	       curl_easy_setopt(lane->easy, CURLOPT_USE_SSL, tls) == CURLE_OK &&
	       (!credential[0] || curl_easy_setopt(lane->easy, CURLOPT_USERPWD, credential) == CURLE_OK) &&
	       curl_easy_setopt(lane->easy, CURLOPT_MAIL_FROM, config->smtp_from) == CURLE_OK &&
	       curl_easy_setopt(lane->easy, CURLOPT_MAIL_RCPT, lane->lines) == CURLE_OK &&
	       curl_easy_setopt(lane->easy, CURLOPT_READFUNCTION, send_read) == CURLE_OK &&
	       curl_easy_setopt(lane->easy, CURLOPT_READDATA, lane) == CURLE_OK &&
	       curl_easy_setopt(lane->easy, CURLOPT_UPLOAD, 1L) == CURLE_OK;
}

static bool send_hook(struct send_lane *lane, const struct courier_message *message)
{
	static const char header[] = "Countersign-Signature: ";
	char line[sizeof(header) + COURIER_SIGNATURE_MAX], signature[COURIER_SIGNATURE_MAX];

	lane->plain = strncmp(message->destination, "https://", 8) != 0;
	(void)snprintf(lane->text, sizeof(lane->text), "%s", message->body);
	bool done = courier_hook_sign(lane->owner->settings->hook_secret, (uint64_t)time(NULL), lane->text,
				      signature) &&
		    send_common(lane, "https,http") &&
		    curl_easy_setopt(lane->easy, CURLOPT_URL, message->destination) == CURLE_OK &&
		    curl_easy_setopt(lane->easy, CURLOPT_POSTFIELDS, lane->text) == CURLE_OK;
	(void)snprintf(line, sizeof(line), "%s%s", header, signature);
	done = done && send_line(lane, line) && send_line(lane, "Content-Type: application/json");
	(void)snprintf(line, sizeof(line), "Idempotency-Key: %s", message->id);
	return done && send_line(lane, line) &&
	       curl_easy_setopt(lane->easy, CURLOPT_HTTPHEADER, lane->lines) == CURLE_OK;
}

/* ---- beginning and end ---- */

static void send_failed(struct send_lane *lane, bool final, const char *reason)
{
	lane->ask = (struct courier_ask){.word = COURIER_FAILED, .final = final};
	memcpy(lane->ask.id, lane->id, sizeof(lane->ask.id));
	(void)snprintf(lane->ask.reason, sizeof(lane->ask.reason), "%s", reason);
	lane->over = true;
}

static struct send_lane *send_free_lane(struct courier_send *send)
{
	for (size_t i = 0; i < OUTBOX_LANES; i++)
		if (!send->lanes[i].easy && !send->lanes[i].over)
			return &send->lanes[i];
	return NULL;
}

bool courier_send_may_begin(struct courier_send *send, bool *hooks)
{
	size_t count = 0;

	for (size_t i = 0; i < OUTBOX_LANES; i++)
		count += send->lanes[i].hook && (send->lanes[i].easy || send->lanes[i].over);
	*hooks = count < OUTBOX_LANES / 2;
	return send_free_lane(send) != NULL;
}

static bool send_code(struct send_lane *lane, const struct courier_message *message)
{
	char text[SEND_TEXT_MAX];

	bool begun = courier_fill(lane->owner->settings->config.courier_text, message, "", COURIER_PLAIN,
				  text, sizeof(text)) &&
		     (lane->mail ? send_mail(lane, message, text) : send_sms(lane, message, text));
	cs_wipe(text, sizeof(text));
	return begun;
}

static bool send_begin(struct send_lane *lane, const struct courier_message *message)
{
	lane->easy = curl_easy_init();
	return lane->easy && curl_easy_setopt(lane->easy, CURLOPT_PRIVATE, lane) == CURLE_OK &&
	       (lane->hook ? send_hook(lane, message) : send_code(lane, message)) &&
	       curl_multi_add_handle(lane->owner->multi, lane->easy) == CURLM_OK;
}

/* Why a message cannot be sent at all; NULL: it can. */
static const char *send_fault(const struct send_lane *lane, const struct courier_message *message)
{
	const struct config *config = &lane->owner->settings->config;

	if (lane->hook)
		return courier_hook_known(config->hook_urls, message->destination) ? NULL : "not_configured";
	if (!(lane->mail ? config->smtp_url : config->sms_url)[0])
		return "not_configured";
	/* A destination is one: no second recipient, no further header. */
	return message->destination[strcspn(message->destination, " ,;<>\r\n\t")] ? "bad_destination" : NULL;
}

void courier_send_begin(struct courier_send *send, const struct courier_message *message)
{
	struct send_lane *lane = send_free_lane(send);

	if (!lane)
		return; /* it comes again */
	memcpy(lane->id, message->id, sizeof(lane->id));
	lane->refused = false;
	lane->answered = 0;
	lane->mail = strcmp(message->kind, "email") == 0;
	lane->hook = strcmp(message->kind, "hook") == 0;
	const char *fault = send_fault(lane, message);
	if (fault) {
		send_failed(lane, true, fault);
	} else if (!send_begin(lane, message)) {
		send_end(lane);
		send_failed(lane, false, "not_begun");
	}
}

/* What a finished transfer means. */
static void send_judge(struct send_lane *lane, CURLcode result)
{
	char reason[COURIER_REASON_MAX];
	long status = 0;

	(void)curl_easy_getinfo(lane->easy, CURLINFO_RESPONSE_CODE, &status);
	if (result == CURLE_OK && (lane->mail || (status >= 200 && status < 300))) {
		lane->ask = (struct courier_ask){.word = COURIER_SENT};
		memcpy(lane->ask.id, lane->id, sizeof(lane->ask.id));
		lane->over = true;
	} else if (lane->refused) { /* one of the name's addresses, and no other one could be reached */
		send_failed(lane, true, "address_refused");
	} else if (result == CURLE_OK || (lane->mail && status >= 400)) {
		/* Whoever hears of events may have been set up wrong for a while. */
		bool later = lane->hook	     ? true
			     : status >= 500 ? !lane->mail
					     : lane->mail || status == 408 || status == 429;
		(void)snprintf(reason, sizeof(reason), "status_%ld", status);
		send_failed(lane, !later, reason);
	} else {
		(void)snprintf(reason, sizeof(reason), "curl_%d", (int)result);
		send_failed(lane, result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_URL_MALFORMAT,
			    reason);
	}
}

void courier_send_go_on(struct courier_send *send, struct pollfd *fds, unsigned count, int milliseconds)
{
	struct curl_waitfd also[2] = {{0}};
	CURLMsg *message;
	int running = 0, left;
	char *lane;

	for (unsigned i = 0; i < count && i < 2; i++)
		also[i] = (struct curl_waitfd){.fd = fds[i].fd, .events = CURL_WAIT_POLLIN};
	(void)curl_multi_perform(send->multi, &running);
	while ((message = curl_multi_info_read(send->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &lane) != CURLE_OK)
			continue;
		send_judge((struct send_lane *)(void *)lane, message->data.result);
		send_end((struct send_lane *)(void *)lane);
		milliseconds = 0;
	}
	(void)curl_multi_poll(send->multi, also, count, milliseconds, NULL);
	for (unsigned i = 0; i < count && i < 2; i++)
		fds[i].revents = also[i].revents ? POLLIN : 0;
}

int courier_send_over(const struct courier_send *send, struct courier_ask *ask)
{
	for (size_t i = 0; i < OUTBOX_LANES; i++)
		if (send->lanes[i].over) {
			*ask = send->lanes[i].ask;
			return (int)i;
		}
	return -1;
}

bool courier_send_idle(const struct courier_send *send)
{
	for (size_t i = 0; i < OUTBOX_LANES; i++)
		if (send->lanes[i].easy || send->lanes[i].over)
			return false;
	return true;
}

void courier_send_told(struct courier_send *send, int lane)
{
	send->lanes[lane].over = false;
}
