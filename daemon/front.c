/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The front process: opens the ports while it may, gives up every privilege, then serves.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/daemon.h"
#include "daemon/front_http.h"
#include "daemon/front_sandbox.h"
#include "daemon/front_settings.h"
#include "daemon/log.h"

#define PEM_MAX 65536u
#define BACKLOG 1024
#define DOORS	3u   /* each of which may have connections_max */
#define BESIDE	256u /* descriptors: loops, and what else is open */

/* What is opened before privileges go. */
struct front_start {
	char client_ca[PEM_MAX]; /* empty: none */
	int api_fd;
	int metrics_fd; /* -1: none */
	int local_fd;	/* -1: none */
	struct front_local local;
	int stop_fd;
};

static bool pem_read(const char *path, char text[PEM_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = -1;

	if (fd >= 0) {
		while (len < PEM_MAX - 1 && (n = read(fd, text + len, PEM_MAX - 1 - len)) > 0) {
			len += (size_t)n;
		}
		(void)close(fd);
	}
	text[len] = '\0';
	if (n < 0) {
		log_line(LOG_LEVEL_ERROR, "%s: %s", path, strerror(errno));
	}
	return n >= 0;
}

static socklen_t address_make(const char *host, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (inet_pton(AF_INET, host, &four.sin_addr) == 1) {
		memcpy(out, &four, sizeof four);
		return sizeof four;
	}
	if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1) {
		memcpy(out, &six, sizeof six);
		return sizeof six;
	}
	return 0;
}

/* Says which port it became, for those who asked for a free one. */
static void listening_log(int fd, const char *host, const char *what)
{
	struct sockaddr_storage bound = {0};
	socklen_t len = sizeof bound;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	bool v6;

	if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0) {
		return;
	}
	v6 = bound.ss_family == AF_INET6;
	memcpy(&four, &bound, sizeof four);
	memcpy(&six, &bound, sizeof six);
	log_line(LOG_LEVEL_NOTICE, "%s on %s%s%s:%u", what, v6 ? "[" : "", host, v6 ? "]" : "",
		 (unsigned)ntohs(v6 ? six.sin6_port : four.sin_port));
}

/* A listening socket, or -1 after a line in the log. */
static int listen_open(const char *host, uint16_t port, const char *what)
{
	struct sockaddr_storage address;
	socklen_t len = address_make(host, port, &address);
	const int on = 1;
	int fd = -1;

	if (len > 0) {
		fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	}
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    bind(fd, (const struct sockaddr *)&address, len) != 0 || listen(fd, BACKLOG) != 0) {
		log_line(LOG_LEVEL_ERROR,
			 "cannot listen on %s port %u: %s; choose another in countersignd.conf", host,
			 (unsigned)port, strerror(errno));
		if (fd >= 0) {
			(void)close(fd);
		}
		return -1;
	}
	listening_log(fd, host, what);
	return fd;
}

/* SIGTERM and SIGINT become readable; every thread started later inherits that they interrupt nothing. */
static int stop_open(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
		return -1;
	}
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Where descriptors are used up nobody is let in any more, and no stream to a new keeper comes in either. */
static void descriptors_allow(const struct config *config)
{
	const rlim_t wanted = (rlim_t)config->connections_max * DOORS + BESIDE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
		return;
	}
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < config->connections_max + BESIDE) {
		log_line(LOG_LEVEL_WARNING,
			 "connections_max is more than the descriptors that this process may have (%lu); "
			 "raise their limit",
			 (unsigned long)limit.rlim_cur);
	}
}

static bool start_open(const struct config *config, struct front_start *start)
{
	start->metrics_fd = -1;
	start->local_fd = -1;
	start->api_fd = -1;
	descriptors_allow(config);
	start->stop_fd = stop_open();
	if (start->stop_fd < 0) {
		return false;
	}
	if (config->client_ca[0] != '\0' && !pem_read(config->client_ca, start->client_ca)) {
		return false;
	}
	start->api_fd = listen_open(config->listen_host, config->listen_port, "listening for HTTPS");
	if (start->api_fd < 0) {
		return false;
	}
	if (config->metrics_host[0] != '\0') {
		start->metrics_fd =
		    listen_open(config->metrics_host, config->metrics_port, "serving metrics by plain HTTP");
		if (start->metrics_fd < 0) {
			return false;
		}
	}
	if (config->socket[0] == '\0') {
		return true;
	}
	if (front_local_users(config, &start->local) != CS_OK) {
		return false;
	}
	start->local_fd = front_local_open(config);
	return start->local_fd >= 0;
}

static bool http_start(struct front_http *http, struct front_start *start, struct front_turn *turn)
{
	const struct front_listener api = {.fd = start->api_fd,
					   .scope = FRONT_SCOPE_API,
					   .client_ca = start->client_ca[0] != '\0' ? start->client_ca : NULL,
					   .tls = true};
	const struct front_listener metrics = {.fd = start->metrics_fd, .scope = FRONT_SCOPE_METRICS};
	const struct front_listener local = {
	    .fd = start->local_fd, .scope = FRONT_SCOPE_LOCAL, .local = &start->local};

	if (front_http_listen(http, &api) != CS_OK) {
		return false;
	}
	if (start->metrics_fd >= 0 && front_http_listen(http, &metrics) != CS_OK) {
		return false;
	}
	if (start->local_fd >= 0 && front_http_listen(http, &local) != CS_OK) {
		return false;
	}
	return front_http_serve(http, turn) == CS_OK;
}

static void sandbox_log(enum cs_err err, const char *what)
{
	if (err != CS_OK) {
		log_line(LOG_LEVEL_WARNING, "without %s: %s", what, cs_err_text(err));
	}
}

/* Everything after the ports are open. */
static int serve(int link_fd, const struct config *config, struct front_start *start)
{
	struct front_http *http;
	struct front_turn turn;
	int status = DAEMON_EXIT_CONFIG;

	if (privilege_drop(config) != CS_OK) {
		log_line(LOG_LEVEL_ERROR, "cannot become user %s; name an account that exists", config->user);
		return DAEMON_EXIT_CONFIG;
	}
	http = front_http_new(config);
	if (http == NULL) {
		return DAEMON_EXIT_FAILED;
	}
	sandbox_log(front_sandbox_files(), "Landlock");
	if (http_start(http, start, &turn)) {
		sandbox_log(front_sandbox_calls(), "the system call filter");
		status = front_exchange_run(front_http_exchange(http), link_fd, start->stop_fd,
					    front_http_tick, front_http_settings, http, &turn) == CS_OK
			     ? DAEMON_EXIT_DONE
			     : DAEMON_EXIT_FAILED;
	}
	front_http_free(http);
	return status;
}

/* Opens and serves, once the settings are in force. */
static int start_serve(int link_fd, const struct config *config)
{
	struct front_start start = {0};
	int status = start_open(config, &start) ? serve(link_fd, config, &start) : DAEMON_EXIT_CONFIG;

	if (start.stop_fd >= 0) {
		(void)close(start.stop_fd);
	}
	return status;
}

int front_main(int link_fd, struct settings *settings)
{
	enum cs_err err = front_settings_use(settings);
	int status = DAEMON_EXIT_CONFIG;

	log_name("front");
	cs_wipe(settings->key, sizeof settings->key);
	if (err == CS_OK) {
		status = start_serve(link_fd, &settings->config);
	} else {
		log_line(LOG_LEVEL_ERROR,
			 "the TLS certificate or key is refused; countersignd --init makes a new pair");
	}
	front_settings_end();
	return status;
}
