/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Peers that are libraries: how many codes a second liboath's file of users takes, called directly, and
 * behind pam_oath, called as a login does. Lines of standard input are `USER CODE`; one after the other, as a
 * lock on the file lets no two write. What is accepted is on disk then: liboath writes the whole file anew
 * for it.
 *
 *   bench_oath usersfile FILE          oath_authenticate_usersfile of liboath.so.0
 *   bench_oath pam DIRECTORY SERVICE   pam_authenticate with DIRECTORY/SERVICE
 *   bench_oath race FILE TIMES         as usersfile, but each code by as many processes at once
 *   bench_oath evaluate                no file: a code that is the last one of the window, for 64 seeds in
 * turn, by what the daemon decides with, and by oath_hotp_validate of liboath.so.0, in alternating rounds;
 * per second of a processor
 *
 * Prints one JSON object. Exit status 77: there is no such library.
 */
#include <dlfcn.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon/hmac.h"
#include "daemon/verify.h"

#define WINDOW	     10u /* codes looked ahead */
#define EXIT_MISSING 77
#define LINE_MAX_LEN 256
#define TIMES_MAX    500u /* processes of a race */

typedef int usersfile_fn(const char *file, const char *user, const char *code, size_t window,
			 const char *password, time_t *last);
typedef int validate_fn(const char *secret, size_t secret_len, uint64_t first, size_t window,
			const char *code);

struct peer {
	usersfile_fn *usersfile;
	validate_fn *validate;
	const char *place, *service;
};

typedef bool accept_fn(const struct peer *peer, const char *user, const char *code);

static void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_oath: %s: %s\n", what, why);
	exit(2);
}

static void liboath_load(struct peer *peer)
{
	void *library = dlopen("liboath.so.0", RTLD_NOW);
	void *found = library ? dlsym(library, "oath_authenticate_usersfile") : NULL;
	void *found_validate = library ? dlsym(library, "oath_hotp_validate") : NULL;
	int (*init)(void) = NULL;
	void *found_init = library ? dlsym(library, "oath_init") : NULL;

	if (!found || !found_validate || !found_init)
		exit(EXIT_MISSING);
	memcpy(&peer->usersfile, &found, sizeof(found)); /* a function's, for C */
	memcpy(&peer->validate, &found_validate, sizeof(found_validate));
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

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The line's code, behind its user. */
static char *line_split(char *line)
{
	char *code = strchr(line, ' ');

	if (!code)
		die("not a user and a code", line);
	*code++ = '\0';
	code[strcspn(code, "\n")] = '\0';
	return code;
}

static void run(const struct peer *peer, accept_fn *accept)
{
	char line[LINE_MAX_LEN];
	size_t count = 0, accepted = 0;
	double seconds = 0;

	while (fgets(line, sizeof(line), stdin)) {
		const char *code = line_split(line);
		const double began = seconds_of(CLOCK_MONOTONIC);
		accepted += accept(peer, line, code) ? 1 : 0;
		seconds += seconds_of(CLOCK_MONOTONIC) - began;
		count++;
	}
	(void)printf("{\"count\":%zu,\"accepted\":%zu,\"seconds\":%.3f,\"per_second\":%.1f}\n", count,
		     accepted, seconds, (double)count / seconds);
}

/* ---- the same code at once ---- */

/* A process that tries what it is told, until nothing more comes. */
static void race_runner(const struct peer *peer, int told)
{
	char line[LINE_MAX_LEN];

	while (recv(told, line, sizeof(line), 0) > 0) {
		const char *code = line_split(line);
		const char accepted = usersfile_accept(peer, line, code) ? 1 : 0;
		if (send(told, &accepted, 1, 0) != 1)
			break;
	}
	_exit(0);
}

static void race_start(const struct peer *peer, unsigned times, int *runners)
{
	for (unsigned i = 0; i < times; i++) {
		int ends[2];
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
			die("socketpair", "fails");
		const pid_t child = fork();
		if (child < 0)
			die("fork", "fails");
		if (child == 0) {
			for (unsigned n = 0; n < i; n++) /* the others', so that they hear of the end */
				(void)close(runners[n]);
			(void)close(ends[0]);
			race_runner(peer, ends[1]);
		}
		(void)close(ends[1]);
		runners[i] = ends[0];
	}
}

static unsigned race_line(const char *line, const int *runners, unsigned times)
{
	unsigned accepted = 0;
	char said;

	for (unsigned i = 0; i < times; i++)
		if (send(runners[i], line, strlen(line) + 1, 0) < 0)
			die("a process", "is gone");
	for (unsigned i = 0; i < times; i++) {
		if (recv(runners[i], &said, 1, 0) != 1)
			die("a process", "does not answer");
		accepted += said == 1;
	}
	return accepted;
}

static void race(const struct peer *peer, unsigned times)
{
	static int runners[TIMES_MAX];
	char line[LINE_MAX_LEN];
	unsigned codes = 0, accepted = 0, more = 0;

	race_start(peer, times, runners);
	while (fgets(line, sizeof(line), stdin)) {
		const unsigned often = race_line(line, runners, times);
		codes++;
		accepted += often;
		more += often > 1;
	}
	(void)printf("{\"codes\":%u,\"times\":%u,\"accepted\":%u,\"more_than_once\":%u}\n", codes, times,
		     accepted, more);
}

/* ---- evaluations ---- */

#define SEEDS	 64u
#define SEED_LEN 20u
#define FIRST	 1000u
#define ROUNDS	 10u
#define TURNS	 100u /* of all seeds, in a round */

struct evaluation {
	struct cs_hmac hmac;
	uint8_t seeds[SEEDS][SEED_LEN];
	char codes[SEEDS][CS_OATH_CODE_MAX];
};

static void evaluation_fill(struct evaluation *out)
{
	for (unsigned i = 0; i < SEEDS; i++) {
		uint32_t number;
		memcpy(out->seeds[i], "countersignevaluate", SEED_LEN - 1);
		out->seeds[i][SEED_LEN - 1] = (uint8_t)i;
		if (cs_hotp(&out->hmac, CS_SHA1, CS_VIEW_OF(out->seeds[i]), FIRST + WINDOW, &number))
			die("libcrypto", "computes no HMAC");
		cs_oath_format(number, 6, out->codes[i]);
	}
}

typedef bool evaluate_fn(const struct peer *peer, const struct evaluation *of, unsigned i);

static bool evaluate_ours(const struct peer *peer, const struct evaluation *of, unsigned i)
{
	static const struct verify_limits limits = {.hotp_window = WINDOW};
	const struct verify_token token = {.type = VERIFY_HOTP,
					   .hash = CS_SHA1,
					   .digits = 6,
					   .seed = CS_VIEW_OF(of->seeds[i]),
					   .next = FIRST};
	struct verify_decision decision;

	(void)peer;
	return !verify_code(&of->hmac, &token, &limits, cs_view_string(of->codes[i]), 0, &decision) &&
	       decision.outcome == VERIFY_ACCEPTED && decision.at == FIRST + WINDOW;
}

static bool evaluate_liboath(const struct peer *peer, const struct evaluation *of, unsigned i)
{
	return peer->validate((const char *)of->seeds[i], SEED_LEN, FIRST, WINDOW, of->codes[i]) == WINDOW;
}

/* Seconds of the processor that a round takes. */
static double evaluate_round(const struct peer *peer, const struct evaluation *of, evaluate_fn *evaluate)
{
	const double began = seconds_of(CLOCK_PROCESS_CPUTIME_ID);

	for (unsigned n = 0; n < TURNS * SEEDS; n++)
		if (!evaluate(peer, of, n % SEEDS))
			die("a code", "is not found where it is");
	return seconds_of(CLOCK_PROCESS_CPUTIME_ID) - began;
}

static void evaluate(const struct peer *peer)
{
	static struct evaluation of;
	struct hmac *hmac = hmac_new();
	const double checks = (double)ROUNDS * TURNS * SEEDS;
	double ours = 0, theirs = 0;

	if (!hmac)
		die("libcrypto", "has no HMAC");
	of.hmac = hmac_port(hmac);
	evaluation_fill(&of);
	for (unsigned i = 0; i < ROUNDS; i++) {
		ours += evaluate_round(peer, &of, evaluate_ours);
		theirs += evaluate_round(peer, &of, evaluate_liboath);
	}
	hmac_free(hmac);
	(void)printf("{\"checks\":%.0f,\"codes\":%.0f,\"liboath_checks\":%.0f,\"times_liboath\":%.2f}\n",
		     checks / ours, (WINDOW + 1) * checks / ours, checks / theirs, theirs / ours);
}

int main(int argc, char **argv)
{
	struct peer peer = {.place = argc > 2 ? argv[2] : NULL, .service = argc > 3 ? argv[3] : NULL};

	if (argc == 3 && strcmp(argv[1], "usersfile") == 0) {
		liboath_load(&peer);
		run(&peer, usersfile_accept);
	} else if (argc == 4 && strcmp(argv[1], "race") == 0) {
		const unsigned long times = strtoul(argv[3], NULL, 10);
		if (!times || times > TIMES_MAX)
			die("not a number of processes", argv[3]);
		liboath_load(&peer);
		race(&peer, (unsigned)times);
	} else if (argc == 2 && strcmp(argv[1], "evaluate") == 0) {
		liboath_load(&peer);
		evaluate(&peer);
	} else if (argc == 4 && strcmp(argv[1], "pam") == 0) {
		run(&peer, pam_accept);
	} else {
		die("usage",
		    "bench_oath usersfile FILE | pam DIRECTORY SERVICE | race FILE TIMES | evaluate");
	}
	return 0;
}
