/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Load on an HTTPS server, at little cost to the machine that it shares with the server: one thread, one
 * epoll set, OpenSSL, and of HTTP no more than answers with a Content-Length. Each connection is made, and
 * has had one answer, before the clock starts; from then on it always has one request on its way.
 *
 *   bench_load [-w PID]... [-o FILE] ADDRESS PORT CONNECTIONS REQUESTS CA_FILE PATH [CREDENTIAL_FILE
 * BODIES_FILE]
 *
 * Without BODIES_FILE each request is a GET. With it each is a POST of one line of it; connection c sends the
 * lines c, c + CONNECTIONS, c + 2 * CONNECTIONS ..., so that who writes the file decides what stays in order.
 * FILE gets what each line's request took, in microseconds, in the order of the lines. Prints one JSON
 * object. Anything but answers, each with status 200, ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 8192u
#define REQUESTS_MAX	10000000u
#define TEXT_MAX	4096u
#define EVENTS		256
#define WATCHED_MAX	4

struct connection {
	SSL *ssl;
	size_t next; /* the line it sends next */
	double began;
	size_t len; /* of what has come of the answer */
	char answer[TEXT_MAX];
};

struct load {
	struct sockaddr_in address;
	const char *host, *path;
	SSL_CTX *tls;
	char credential[256];
	char head[TEXT_MAX];
	size_t head_len;
	char **lines; /* NULL: GET */
	size_t requests, connections, done, accepted;
	struct connection *all;
	uint32_t *latencies; /* microseconds, by line */
	const char *written; /* where to; NULL: nowhere */
	int epoll;
	const char *watched[WATCHED_MAX];
	unsigned long ticks[WATCHED_MAX]; /* that it had taken when the clock started */
	size_t watched_count;
	double busy; /* processor time of this process when the clock started */
};

static void die(const char *what, const char *which)
{
	(void)fprintf(stderr, "bench_load: %s: %s\n", what, which);
	exit(2);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Processor time of this process. */
static double busy(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
	       (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
}

/* ---- one request, one answer ---- */

/* What all requests of a run begin with: head, up to the body's length. */
static void head_make(struct load *load)
{
	int len = load->lines
		      ? snprintf(load->head, sizeof(load->head),
				 "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: "
				 "application/json\r\nContent-Length: ",
				 load->path, load->host, load->credential)
		      : snprintf(load->head, sizeof(load->head), "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
				 load->path, load->host);

	if (len <= 0 || (size_t)len >= sizeof(load->head))
		die("too long", load->path);
	load->head_len = (size_t)len;
}

static void text_send(struct connection *c, const char *text, size_t len)
{
	c->len = 0;
	c->began = now();
	/* The socket is empty, as the answer to the last request has come: it takes all of it. */
	if (SSL_write(c->ssl, text, (int)len) != (int)len)
		die("cannot send", text);
}

static void request_send(const struct load *load, struct connection *c, const char *body)
{
	char text[2 * TEXT_MAX];
	size_t len = load->head_len;

	memcpy(text, load->head, len);
	if (body) {
		const size_t body_len = strlen(body);
		if (body_len >= TEXT_MAX - 32)
			die("too long", body);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%zu\r\n\r\n", body_len);
		memcpy(text + len, body, body_len + 1);
		len += body_len;
	}
	text_send(c, text, len);
}

/* Whether all of an answer is there. Ends the program for one that is not 200. */
static bool answer_whole(const struct connection *c)
{
	const char *end = strstr(c->answer, "\r\n\r\n");
	const char *length =
	    end ? strstr(c->answer, "\r\nContent-Length:") : NULL; /* as countersignd spells it */

	if (!end)
		return false;
	if (strncmp(c->answer, "HTTP/1.1 200 ", 13) != 0)
		die("refused", c->answer);
	if (!length || length > end)
		die("no length in", c->answer);
	return c->len >= (size_t)(end + 4 - c->answer) + strtoul(length + 17, NULL, 10);
}

/* Takes what has come; true with the end of the answer. */
static bool answer_read(struct connection *c)
{
	for (;;) {
		int got = SSL_read(c->ssl, c->answer + c->len, (int)(sizeof(c->answer) - 1 - c->len));
		if (got <= 0) {
			int why = SSL_get_error(c->ssl, got);
			if (why != SSL_ERROR_WANT_READ)
				die("the server has ended a connection",
				    c->len ? "within an answer" : "that waited for an answer");
			return false;
		}
		c->len += (size_t)got;
		c->answer[c->len] = '\0';
		if (answer_whole(c))
			return true;
	}
}

/* ---- connections ---- */

static void connection_make(const struct load *load, struct connection *c, size_t index)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static const char first[] = "GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n";
	int one = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&load->address, sizeof(load->address)) != 0)
		die("cannot connect to", load->host);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->ssl = SSL_new(load->tls);
	if (!c->ssl || SSL_set_fd(c->ssl, fd) != 1 ||
	    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl), load->host) != 1 ||
	    SSL_connect(c->ssl) != 1)
		die("no TLS with", load->host);
	c->next = index;
	text_send(c, first, sizeof(first) - 1);
	while (!answer_read(c))
		continue;
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		die("epoll takes no", "connection");
}

/* Sends the connection's next request, where it has one. */
static void connection_go(const struct load *load, struct connection *c)
{
	if (c->next >= load->requests)
		return;
	request_send(load, c, load->lines ? load->lines[c->next] : NULL);
	c->next += load->connections;
}

static void load_run(struct load *load)
{
	struct epoll_event events[EVENTS];

	for (size_t i = 0; i < load->connections; i++)
		connection_go(load, &load->all[i]);
	while (load->done < load->requests) {
		int count = epoll_wait(load->epoll, events, EVENTS, 60000);
		if (count == 0)
			die("no answer in a minute from", load->host);
		for (int i = 0; i < count; i++) {
			struct connection *c = events[i].data.ptr;
			if (!answer_read(c))
				continue;
			load->latencies[c->next - load->connections] = (uint32_t)((now() - c->began) * 1e6);
			load->done++;
			load->accepted += strstr(c->answer, "\"accepted\":true") ? 1 : 0;
			connection_go(load, c);
		}
	}
}

/* ---- what it is told ---- */

static char *file_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0;

	if (!file || getdelim(&text, &cap, '\0', file) <= 0)
		die("cannot read", path);
	(void)fclose(file);
	return text;
}

static void lines_read(struct load *load, const char *path)
{
	char *at = file_read(path);

	load->lines = calloc(load->requests, sizeof(*load->lines));
	if (!load->lines)
		die("no memory for", path);
	for (size_t i = 0; i < load->requests; i++) {
		char *end = strchr(at, '\n');
		if (!end)
			die("fewer lines than requests in", path);
		*end = '\0';
		load->lines[i] = at;
		at = end + 1;
	}
}

static void credential_read(struct load *load, const char *path)
{
	char *text = file_read(path);

	(void)snprintf(load->credential, sizeof(load->credential), "%.*s", (int)strcspn(text, "\r\n"), text);
	free(text);
}

static size_t number(const char *text, size_t max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end != '\0' || value == 0 || value > max)
		die("not a number in range", text);
	return value;
}

/* Processor time that a process has taken (proc(5)). */
static unsigned long ticks_of(const char *pid)
{
	char path[64];
	unsigned long user = 0, system = 0;

	(void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	char *text = file_read(path), *name_end = strrchr(text, ')');
	if (!name_end ||
	    sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
		die("cannot read", path);
	free(text);
	return user + system;
}

static void load_prepare(struct load *load, const char *ca)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	load->tls = SSL_CTX_new(TLS_client_method());
	load->all = calloc(load->connections, sizeof(*load->all));
	load->latencies = calloc(load->requests, sizeof(*load->latencies));
	load->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!load->tls || !load->all || !load->latencies || load->epoll < 0)
		die("no memory for", "the load");
	/* A record is read at once, and what holds one is every connection's, not each one's: a thousand stay
	 * cheap. */
	SSL_CTX_set_read_ahead(load->tls, 1);
	(void)SSL_CTX_set_mode(load->tls, SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_load_verify_locations(load->tls, ca, NULL) != 1)
		die("no certificate in", ca);
	SSL_CTX_set_verify(load->tls, SSL_VERIFY_PEER, NULL);
	for (size_t i = 0; i < load->connections; i++)
		connection_make(load, &load->all[i], i);
}

static void latencies_write(const struct load *load)
{
	FILE *file = load->written ? fopen(load->written, "we") : NULL;

	if (load->written && !file)
		die("cannot write", load->written);
	for (size_t i = 0; file && i < load->requests; i++)
		(void)fprintf(file, "%u\n", load->latencies[i]);
	if (file && fclose(file) != 0)
		die("cannot write", load->written);
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void load_report(struct load *load, double seconds)
{
	size_t n = load->requests;

	latencies_write(load);
	qsort(load->latencies, n, sizeof(*load->latencies), by_value);
	(void)printf("{\"requests\":%zu,\"connections\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,", n,
		     load->connections, seconds, (double)n / seconds);
	(void)printf("\"accepted\":%zu,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,\"processor_us\":[",
		     load->accepted, load->latencies[n / 2], load->latencies[n * 99 / 100],
		     load->latencies[n - 1]);
	for (size_t i = 0; i < load->watched_count; i++) {
		const double ticks = (double)(ticks_of(load->watched[i]) - load->ticks[i]);
		(void)printf("%s%.1f", i ? "," : "", ticks * 1e6 / (double)sysconf(_SC_CLK_TCK) / (double)n);
	}
	(void)printf("],\"load_us\":%.1f}\n", (busy() - load->busy) * 1e6 / (double)n);
}

static void load_told(struct load *load, char **argv, int count)
{
	if (count != 6 && count != 8)
		die("usage",
		    "bench_load [-w PID]... [-o FILE] ADDRESS PORT CONNECTIONS REQUESTS CA_FILE PATH "
		    "[CREDENTIAL_FILE BODIES_FILE]");
	load->host = argv[0];
	load->address.sin_family = AF_INET;
	load->address.sin_port = htons((uint16_t)number(argv[1], UINT16_MAX));
	if (inet_pton(AF_INET, argv[0], &load->address.sin_addr) != 1)
		die("not an address", argv[0]);
	load->connections = number(argv[2], CONNECTIONS_MAX);
	load->requests = number(argv[3], REQUESTS_MAX);
	load->path = argv[5];
	if (count == 8) {
		credential_read(load, argv[6]);
		lines_read(load, argv[7]);
	}
	head_make(load);
}

int main(int argc, char **argv)
{
	static struct load load;
	int option;

	while ((option = getopt(argc, argv, "w:o:")) != -1) {
		if (option == 'o') {
			load.written = optarg;
			continue;
		}
		if (option != 'w' || load.watched_count == WATCHED_MAX)
			die("not an option", argv[optind - 1]);
		load.watched[load.watched_count++] = optarg;
	}
	load_told(&load, argv + optind, argc - optind);
	load_prepare(&load, argv[optind + 4]);
	for (size_t i = 0; i < load.watched_count; i++)
		load.ticks[i] = ticks_of(load.watched[i]);
	load.busy = busy();
	double began = now();
	load_run(&load);
	load_report(&load, now() - began);
	return 0;
}
