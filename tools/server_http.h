/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How the server commands speak with countersignd: HTTPS with TLS 1.3, trusting the certificates of --ca
 * alone where it is given, no proxy, no redirect.
 */
#ifndef COUNTERSIGN_TOOLS_SERVER_HTTP_H
#define COUNTERSIGN_TOOLS_SERVER_HTTP_H

#include "tools/cli.h"

struct server;

/* From --server, --ca, --credential-file or their environment variables. NULL: an error was told, and *status
 * says which. Borrows cli. */
struct server *server_open(const struct cli *cli, enum cli_status *status);
void server_close(struct server *server); /* NULL is fine */

/* One call. path begins with /v1. body is taken over; NULL: none (or out of memory, where post is set). Where
 * the answer is a success, CLI_DONE, and *answer is the caller's. Else the error was told with the server's
 * own sentence: CLI_REFUSED for an answer, CLI_UNREACHABLE where there was none. A POST of which the server says that it has
 * done some is sent until all is done. */
enum cli_status server_get(struct server *server, const char *path, json_t **answer);
enum cli_status server_post(struct server *server, const char *path, json_t *body, json_t **answer);
/* A POST under /v1 that is done once, however often it must be sent until its answer comes (Idempotency-Key). unsure: none came,
 * for ten seconds at least; the server may have done it all the same. Then no error was told, and status is CLI_UNREACHABLE: the
 * caller says what there may be now. NULL: nobody could say more than that. */
enum cli_status server_post_once(struct server *server, const char *path, json_t *body, json_t **answer, bool *unsure);
/* Of what goes some at a time, until all is gone. */
enum cli_status server_delete(struct server *server, const char *path, json_t **answer);

/* From now on a call that reaches no server, or hears that it cannot answer now, says nothing but CLI_UNREACHABLE: the
 * caller tries again. false: as before. */
void server_patience(struct server *server, bool patient);

/* All pages of a list: calls path (which may have a query) until there is no next, and puts the members of
 * the array named name together into *all, the caller's. */
enum cli_status server_list(struct server *server, const char *path, const char *name, json_t **all);

/* One page: *next is the key to go on with, the caller's to free, or NULL at the end. after NULL: from the
 * start. */
enum cli_status server_page(struct server *server, const char *path, const char *after, json_t **answer,
			    char **next);

/* Percent-escapes text for a path segment or a query, appended to prefix: the caller's to free; NULL: out of
 * memory. */
char *server_path(const char *prefix, const char *text, const char *suffix);

/* A POST, or a DELETE, whose answer is printed. path and body are taken over; path NULL: out of memory. In server_user.c. */
enum cli_status server_print_post(struct cli *cli, char *path, json_t *body, void (*text)(const json_t *data));
enum cli_status server_print_delete(struct cli *cli, char *path, void (*text)(const json_t *data));
/* Lists, narrowed by those of the options that are given, under their names, and prints; in server_user.c. */
enum cli_status server_print_narrowed(struct cli *cli, const char *path, const char *const *options, const char *name,
				      void (*text)(const json_t *data));
/* Lists and prints; in server_user.c. */
enum cli_status server_print_list(struct cli *cli, const char *path, const char *name,
				  void (*text)(const json_t *data));

/* Posts what is answered with a credential (server_credential.c), and prints the answer. With --credential-out the
 * credential goes to that file and not into the answer. The file is made first: a credential that is told once must not
 * be lost for want of a place. body is taken over. */
enum cli_status server_credential_post(struct cli *cli, const char *path, json_t *body,
				       void (*text)(const json_t *answer));
void server_credential_text(const json_t *answer);
/* Prints what another administrator is to approve, where the server answered with that (server_staff.c): it is not done
 * yet, so CLI_REFUSED. answer is taken over. */
enum cli_status server_proposed(struct cli *cli, json_t *answer);

/* Prints a token that was made, and what is told of it once (server_issue.c). */
void server_issue_text(const json_t *answer);

#define SERVER_CODE_MAX 65u /* a one-time password with its NUL */

/* The one-time password from the option, or by asking; in server_user.c. False: an error was told. The caller
 * wipes. */
bool server_code_get(const struct cli *cli, const char *option, const char *question, char *code, size_t cap,
		     enum cli_status *status);

#endif
