/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A load client: many HTTPS calls over a number of kept-alive connections at once, and one line of JSON about
 * them.
 *
 *   http_load URL[,URL...] CONNECTIONS REQUESTS CA_FILE [CREDENTIAL_FILE BODIES_FILE [ROUND]]
 *
 * Of several URLs each connection has one, in turn. With ROUND the requests go in rounds of so many, each
 * after the last of the one before was answered, and the line tells the fewest and the most that one of them
 * accepted. Without BODIES_FILE each request is a GET. With it each is a POST of one line of it; connection c
 * sends the lines c, c + CONNECTIONS, c + 2 * CONNECTIONS ... in this order, so that who writes the file
 * decides what stays in order. A request that fails below HTTP is counted as status 0 and not repeated.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECTIONS_MAX 1024u
#define REPLY_MAX	2048u
#define LATENCY_MAX	1000000u

struct channel {
	CURL *easy;
	size_t next; /* the line it sends next */
	char reply[REPLY_MAX];
	size_t reply_len;
};

struct load {
	CURLM *multi;
	struct curl_slist *headers;
	char **lines; /* NULL: GET */
	size_t requests, connections;
	size_t round, round_end; /* requests before round_end may go out */
	size_t round_accepted, least, most;
	struct channel channels[CONNECTIONS_MAX];
	size_t done, accepted, refused;
	size_t statuses[600];
	uint32_t *latencies; /* microseconds */
};

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, const char *which)
{
	(void)fprintf(stderr, "http_load: %s: %s\n", what, which);
	exit(2);
}

static size_t on_data(char *data, size_t size, size_t count, void *ctx)
{
	struct channel *channel = ctx;
	size_t len = size * count;
	size_t room = REPLY_MAX - 1 - channel->reply_len;

	memcpy(channel->reply + channel->reply_len, data, len < room ? len : room);
	channel->reply_len += len < room ? len : room;
	channel->reply[channel->reply_len] = '\0';
	return len;
}

/* Starts the channel's next request; false where it has none left, or none in this round. */
static bool channel_start(struct load *load, struct channel *channel)
{
	if (channel->next >= load->round_end) {
		return false;
	}
	if (load->lines != NULL) {
		(void)curl_easy_setopt(channel->easy, CURLOPT_POSTFIELDS, load->lines[channel->next]);
	}
	channel->next += load->connections;
	channel->reply_len = 0;
	channel->reply[0] = '\0';
	if (curl_multi_add_handle(load->multi, channel->easy) != CURLM_OK) {
		die("cannot start", "a request");
	}
	return true;
}

static void channel_finish(struct load *load, struct channel *channel, CURLcode result)
{
	long status = 0;
	curl_off_t microseconds = 0;

	if (result == CURLE_OK) {
		(void)curl_easy_getinfo(channel->easy, CURLINFO_RESPONSE_CODE, &status);
	}
	(void)curl_easy_getinfo(channel->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
	load->latencies[load->done++] = (uint32_t)microseconds;
	load->statuses[status >= 0 && status < 600 ? status : 0]++;
	if (strstr(channel->reply, "\"accepted\":true") != NULL ||
	    strstr(channel->reply, "\"accepted\": true") != NULL) {
		load->accepted++;
	} else if (strstr(channel->reply, "\"accepted\"") != NULL) {
		load->refused++;
	}
	(void)curl_multi_remove_handle(load->multi, channel->easy);
}

/* Lets everyone go on into the next round, where this one has been answered. */
static void round_next(struct load *load)
{
	size_t accepted = load->accepted - load->round_accepted;

	if (load->done < load->round_end) {
		return;
	}
	if (load->done > 0) {
		load->least = accepted < load->least ? accepted : load->least;
		load->most = accepted > load->most ? accepted : load->most;
	}
	load->round_accepted = load->accepted;
	load->round_end += load->round;
	for (size_t i = 0; load->done < load->requests && i < load->connections; i++) {
		(void)channel_start(load, &load->channels[i]);
	}
}

static void load_run(struct load *load)
{
	int running = 0;
	int left;
	CURLMsg *message;

	load->least = SIZE_MAX;
	round_next(load);
	while (load->done < load->requests) {
		if (curl_multi_perform(load->multi, &running) != CURLM_OK) {
			die("cannot go on", "libcurl");
		}
		while ((message = curl_multi_info_read(load->multi, &left)) != NULL) {
			struct channel *channel = NULL;

			if (message->msg != CURLMSG_DONE) {
				continue;
			}
			(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&channel);
			channel_finish(load, channel, message->data.result);
			(void)channel_start(load, channel);
		}
		round_next(load);
		(void)curl_multi_poll(load->multi, NULL, 0, running > 0 ? 1000 : 0, NULL);
	}
}

static char *file_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0;
	ssize_t len;

	if (file == NULL) {
		die("cannot open", path);
	}
	len = getdelim(&text, &cap, '\0', file);
	(void)fclose(file);
	if (len <= 0) {
		die("nothing in", path);
	}
	return text;
}

static void lines_read(struct load *load, const char *path)
{
	char *at = file_read(path);

	load->lines = calloc(load->requests, sizeof *load->lines);
	if (load->lines == NULL) {
		die("no memory for", path);
	}
	for (size_t i = 0; i < load->requests; i++) {
		char *end = strchr(at, '\n');

		if (end == NULL) {
			die("fewer lines than requests in", path);
		}
		*end = '\0';
		load->lines[i] = at;
		at = end + 1;
	}
}

static void headers_make(struct load *load, const char *credential_file)
{
	char line[256];
	char *credential = file_read(credential_file);

	credential[strcspn(credential, "\r\n")] = '\0';
	(void)snprintf(line, sizeof line, "Authorization: Bearer %s", credential);
	load->headers = curl_slist_append(NULL, line);
	load->headers = curl_slist_append(load->headers, "Content-Type: application/json");
	free(credential);
}

/* The URL of the connection with this index, of those parted by commas. */
static const char *url_of(const char *urls, size_t index, char url[256])
{
	size_t count = 1;

	for (const char *at = urls; (at = strchr(at, ',')) != NULL; at++) {
		count++;
	}
	for (size_t i = 0; i < index % count; i++) {
		urls = strchr(urls, ',') + 1;
	}
	(void)snprintf(url, 256, "%.*s", (int)strcspn(urls, ","), urls);
	return url;
}

static void channel_make(struct load *load, size_t index, const char *urls, const char *ca)
{
	struct channel *channel = &load->channels[index];
	CURL *easy = curl_easy_init();
	char url[256];

	if (easy == NULL) {
		die("cannot make", "a channel");
	}
	channel->easy = easy;
	channel->next = index;
	(void)curl_easy_setopt(easy, CURLOPT_URL, url_of(urls, index, url));
	(void)curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, channel);
	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, channel);
	if (load->headers != NULL) {
		(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, load->headers);
	}
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void load_report(struct load *load, double seconds)
{
	bool first = true;
	size_t n = load->requests;

	qsort(load->latencies, n, sizeof *load->latencies, by_value);
	(void)printf(
	    "{\"requests\":%zu,\"connections\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,\"accepted\":%zu,"
	    "\"refused\":%zu,\"round_least\":%zu,\"round_most\":%zu,\"p50_us\":%u,\"p99_us\":%u,\"statuses\":"
	    "{",
	    n, load->connections, seconds, (double)n / seconds, load->accepted, load->refused, load->least,
	    load->most, load->latencies[n / 2], load->latencies[n * 99 / 100]);
	for (size_t i = 0; i < sizeof load->statuses / sizeof load->statuses[0]; i++) {
		if (load->statuses[i] > 0) {
			(void)printf("%s\"%zu\":%zu", first ? "" : ",", i, load->statuses[i]);
			first = false;
		}
	}
	(void)printf("}}\n");
}

static size_t number(const char *text, size_t max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end != '\0' || value == 0 || value > max) {
		die("not a number in range", text);
	}
	return value;
}

int main(int argc, char **argv)
{
	static struct load load;
	double began;

	if (argc != 5 && argc != 7 && argc != 8) {
		die("usage", "http_load URL[,URL...] CONNECTIONS REQUESTS CA_FILE [CREDENTIAL_FILE "
			     "BODIES_FILE [ROUND]]");
	}
	load.connections = number(argv[2], CONNECTIONS_MAX);
	load.requests = number(argv[3], LATENCY_MAX);
	load.round = argc == 8 ? number(argv[7], load.requests) : load.requests;
	load.latencies = calloc(load.requests, sizeof *load.latencies);
	load.multi = curl_multi_init();
	if (load.latencies == NULL || load.multi == NULL) {
		die("no memory for", argv[3]);
	}
	if (argc >= 7) {
		headers_make(&load, argv[5]);
		lines_read(&load, argv[6]);
	}
	(void)curl_multi_setopt(load.multi, CURLMOPT_MAXCONNECTS, (long)load.connections);
	for (size_t i = 0; i < load.connections; i++) {
		channel_make(&load, i, argv[1], argv[4]);
	}
	began = now();
	load_run(&load);
	load_report(&load, now() - began);
	return 0;
}
