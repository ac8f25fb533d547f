/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Peers that are libraries: how many codes a second liboath's file of users takes, called directly, and
 * behind pam_oath, called as a login does. Lines of standard input are `USER CODE`; one after the other, as a
 * lock on the file lets no two in. What is accepted is on disk then: liboath writes the whole file anew for
 * it.
 *
 *   bench_oath usersfile FILE          oath_authenticate_usersfile of liboath.so.0
 *   bench_oath pam DIRECTORY SERVICE   pam_authenticate with DIRECTORY/SERVICE
 *
 * Prints one JSON object. Exit status 77: there is no such library.
 */
#include <dlfcn.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WINDOW	     10u /* codes looked ahead */
#define EXIT_MISSING 77

typedef int usersfile_fn(const char *file, const char *user, const char *code, size_t window,
			 const char *password, time_t *last);

struct peer {
	usersfile_fn *usersfile;
	const char *place, *service;
};

typedef bool accept_fn(const struct peer *peer, const char *user, const char *code);

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_oath: %s: %s\n", what, why);
	exit(2);
}

static void usersfile_load(struct peer *peer)
{
	void *library = dlopen("liboath.so.0", RTLD_NOW);
	void *found = library ? dlsym(library, "oath_authenticate_usersfile") : NULL;
	int (*init)(void) = NULL;
	void *found_init = library ? dlsym(library, "oath_init") : NULL;

	if (!found || !found_init)
		exit(EXIT_MISSING);
	memcpy(&peer->usersfile, &found, sizeof(found)); /* a function's, for C */
	memcpy(&init, &found_init, sizeof(found_init));
	if (init() != 0)
		die("liboath", "oath_init fails");
}

static bool usersfile_accept(const struct peer *peer, const char *user, const char *code)
{
	time_t last;

	return peer->usersfile(peer->place, user, code, WINDOW, NULL, &last) == 0;
}

/* What a user would type. */
static int pam_talk(int count, const struct pam_message **messages, struct pam_response **out, void *ctx)
{
	struct pam_response *answers = calloc((size_t)count, sizeof(*answers));

	if (!answers)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
		    messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
			answers[i].resp = strdup(ctx);
	}
	*out = answers;
	return PAM_SUCCESS;
}

static bool pam_accept(const struct peer *peer, const char *user, const char *code)
{
	char *typed = strdup(code);
	const struct pam_conv conv = {pam_talk, typed};
	pam_handle_t *handle = NULL;

	if (!typed)
		die("no memory", "a code");
	int result = pam_start_confdir(peer->service, user, &conv, peer->place, &handle);
	if (result == PAM_SUCCESS)
		result = pam_authenticate(handle, PAM_SILENT);
	if (handle)
		(void)pam_end(handle, result);
	free(typed);
	return result == PAM_SUCCESS;
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(const struct peer *peer, accept_fn *accept)
{
	char line[256];
	size_t count = 0, accepted = 0;
	double seconds = 0;

	while (fgets(line, sizeof(line), stdin)) {
		char *code = strchr(line, ' ');
		if (!code)
			die("not a user and a code", line);
		*code++ = '\0';
		code[strcspn(code, "\n")] = '\0';
		const double began = now();
		accepted += accept(peer, line, code) ? 1 : 0;
		seconds += now() - began;
		count++;
	}
	(void)printf("{\"count\":%zu,\"accepted\":%zu,\"seconds\":%.3f,\"per_second\":%.1f}\n", count,
		     accepted, seconds, (double)count / seconds);
}

int main(int argc, char **argv)
{
	struct peer peer = {.place = argc > 2 ? argv[2] : NULL, .service = argc > 3 ? argv[3] : NULL};

	if (argc == 3 && strcmp(argv[1], "usersfile") == 0) {
		usersfile_load(&peer);
		run(&peer, usersfile_accept);
	} else if (argc == 4 && strcmp(argv[1], "pam") == 0) {
		run(&peer, pam_accept);
	} else {
		die("usage", "bench_oath usersfile FILE | pam DIRECTORY SERVICE");
	}
	return 0;
}
