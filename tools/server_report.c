/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server report: the daily report of a day, shown or put into files.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/utc.h"
#include "tools/server_http.h"
#include "tools/verbs.h"

/* Yesterday, in UTC. */
static void day_default(char day[CS_UTC_LEN + 1])
{
	struct cs_writer w = cs_writer_of(day, CS_UTC_LEN);
	const time_t now = time(NULL);

	day[cs_utc_write((uint64_t)(now > 86400 ? now - 86400 : 0) * 1000, &w) == CS_OK ? CS_UTC_DAY_LEN
											: 0] = '\0';
}

static void report_text(const json_t *data)
{
	(void)fputs(json_string_value(json_object_get(data, "text")), stdout);
}

static void written_text(const json_t *data)
{
	(void)printf("%s, .html, and the signature of each\n",
		     json_string_value(json_object_get(data, "file")));
}

/* Into a new file; false: errno says why. */
static bool report_put(const char *directory, const char *day, const char *end, struct cs_view contents)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/report-%s.%s", directory, day, end) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return false;
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool done = fd >= 0 && write(fd, contents.ptr, contents.len) == (ssize_t)contents.len;

	return (fd < 0 || close(fd) == 0) && done;
}

static bool signature_put(const char *directory, const char *day, const char *end, const char *base64)
{
	unsigned char signature[256];
	const size_t length = base64 != NULL ? strlen(base64) : 0;

	errno = EBADMSG;
	if (length == 0 || length > 4 * (sizeof signature / 4)) {
		return false;
	}
	int len = EVP_DecodeBlock(signature, (const unsigned char *)base64, (int)length);
	for (size_t i = length; len > 0 && i > 0 && base64[i - 1] == '='; i--) {
		len--; /* what the padding stands for */
	}
	return len > 0 && report_put(directory, day, end, cs_view(signature, (size_t)len));
}

static enum cli_status report_files(struct cli *cli, const char *directory, const char *day,
				    const json_t *report)
{
	const char *text = json_string_value(json_object_get(report, "text"));
	const char *html = json_string_value(json_object_get(report, "html"));
	char path[PATH_MAX];

	if (!signature_put(directory, day, "txt.sig",
			   json_string_value(json_object_get(report, "text_signature"))) ||
	    !signature_put(directory, day, "html.sig",
			   json_string_value(json_object_get(report, "html_signature"))) ||
	    !report_put(directory, day, "txt", cs_view_string(text)) ||
	    !report_put(directory, day, "html", cs_view_string(html))) {
		return cli_fail(cli, CLI_USAGE, "not_written", "%s: the report's files: %s", directory,
				errno == EBADMSG ? "the server sent no signature" : strerror(errno));
	}
	(void)snprintf(path, sizeof path, "%s/report-%s.txt", directory, day);
	return cli_print(cli, json_pack("{s:s}", "file", path), written_text);
}

static enum cli_status server_report(struct cli *cli)
{
	const char *wanted = cli_value(cli, "day"), *directory = cli_value(cli, "out");
	char day[CS_UTC_LEN + 1];
	uint64_t ms;
	json_t *report = NULL;
	enum cli_status status;

	day_default(day);
	if (wanted != NULL) {
		if (cs_utc_read_day(cs_view_string(wanted), &ms) != CS_OK) {
			return cli_fail(cli, CLI_USAGE, "bad_day", "--day %s: write it as %s", wanted, day);
		}
		(void)snprintf(day, sizeof day, "%s", wanted);
	}
	struct server *server = server_open(cli, &status);
	if (server == NULL) {
		return status;
	}
	char *path = server_path("/v1/reports/", day, "");
	status = path != NULL ? server_get(server, path, &report) : CLI_USAGE;
	free(path);
	server_close(server);
	if (status == CLI_DONE && (!json_is_string(json_object_get(report, "text")) ||
				   !json_is_string(json_object_get(report, "html")))) {
		status = cli_fail(cli, CLI_REFUSED, "bad_answer", "the server sent what is no report");
	}
	if (status == CLI_DONE && directory != NULL) {
		status = report_files(cli, directory, day, report);
	} else if (status == CLI_DONE) {
		return cli_print(cli, report, report_text);
	}
	json_decref(report);
	return status;
}

static const struct cli_option report_options[] = {
    {"day", "YYYY-MM-DD", "of which day (UTC); yesterday, where it is not given"},
    {"out", "DIRECTORY", "put text, HTML and their signatures there as files"},
    {.name = NULL},
};

const struct cli_verb cli_report_verbs[] = {
    {"server", "report", server_report, CLI_SHARED_SERVER, report_options, "", 0, 0,
     "Show the signed daily report"},
    {.noun = NULL},
};
