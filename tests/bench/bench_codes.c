/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the benchmarks of OTP servers are fed: users with a seed each, and their codes, as lines of text.
 *
 *   bench_codes FORM USERS [FIRST COUNT]
 *
 * Forms of one line for each user have no FIRST and COUNT. The others have a line for each of the HOTP codes
 * FIRST to FIRST + COUNT - 1 of all users, code by code: line i is user i mod USERS', so that who sends them
 * over a number of connections that divides USERS sends each user's codes in their order. Of the TOTP codes
 * (packet) it is this moment's, COUNT times.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/encoding.h"
#include "daemon/hmac.h"

#define SEED_LEN  20u
#define USERS_MAX 10000000u
#define CODES_MAX 100000u

struct line {
	unsigned user;
	uint8_t seed[SEED_LEN];
	char base32[CS_BASE32_SIZE(SEED_LEN)];
	char hex[2 * SEED_LEN + 1];
	char code[CS_OATH_CODE_MAX];
};

typedef void form_fn(const struct line *line);

static void form_user(const struct line *line)
{
	(void)printf("{\"user\":\"user%u\"}\n", line->user);
}

static void form_token(const struct line *line)
{
	(void)printf("{\"user\":\"user%u\",\"type\":\"hotp\",\"secret\":\"%s\"}\n", line->user, line->base32);
}

static void form_verify(const struct line *line)
{
	(void)printf("{\"user\":\"user%u\",\"code\":\"%s\"}\n", line->user, line->code);
}

/* liboath's file of users. */
static void form_usersfile(const struct line *line)
{
	(void)printf("HOTP\tuser%u\t-\t%s\n", line->user, line->hex);
}

static void form_plain(const struct line *line)
{
	(void)printf("user%u %s\n", line->user, line->code);
}

/* FreeRADIUS's. */
static void form_radius(const struct line *line)
{
	(void)printf("user%u TOTP-Secret := \"%s\", Auth-Type := totp\n", line->user, line->base32);
}

/* radclient's requests. */
static void form_packet(const struct line *line)
{
	(void)printf("User-Name = \"user%u\"\nUser-Password = \"%s\"\nMessage-Authenticator = 0x00\n\n",
		     line->user, line->code);
}

static const struct form {
	const char *name;
	form_fn *print;
	bool codes, now;
} forms[] = {
    {"user", form_user, false, false},		 {"token", form_token, false, false},
    {"usersfile", form_usersfile, false, false}, {"radius", form_radius, false, false},
    {"verify", form_verify, true, false},	 {"plain", form_plain, true, false},
    {"packet", form_packet, true, true},
};

static void die(const char *what)
{
	(void)fprintf(stderr, "bench_codes: %s\n", what);
	exit(2);
}

static unsigned number(const char *text, unsigned max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || value > max)
		die("not a number in range");
	return (unsigned)value;
}

static void line_seed(struct line *line, unsigned user)
{
	memcpy(line->seed, "countersignbench", 16);
	for (unsigned i = 0; i < 4; i++)
		line->seed[16 + i] = (uint8_t)(user >> (24 - 8 * i));
	line->user = user;
	cs_base32_encode(cs_view(line->seed, SEED_LEN), line->base32);
	for (unsigned i = 0; i < SEED_LEN; i++)
		(void)snprintf(line->hex + 2 * (size_t)i, 3, "%02x", line->seed[i]);
}

static void line_code(struct line *line, const struct cs_hmac *hmac, uint64_t counter)
{
	uint32_t truncated;

	if (cs_hotp(hmac, CS_SHA1, cs_view(line->seed, SEED_LEN), counter, &truncated))
		die("libcrypto computes no HMAC");
	cs_oath_format(truncated, 6, line->code);
}

int main(int argc, char **argv)
{
	const struct form *form = NULL;
	struct hmac *context = hmac_new();
	struct line line;

	for (size_t i = 0; argc > 1 && i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(argv[1], forms[i].name) == 0)
			form = &forms[i];
	}
	if (!form || !context || argc != (form->codes ? 5 : 3))
		die("usage: bench_codes user|token|usersfile|radius USERS, or verify|plain|packet USERS "
		    "FIRST COUNT");
	const struct cs_hmac hmac = hmac_port(context);
	const uint64_t step = cs_totp_step((uint64_t)time(NULL), 0, 30);
	const unsigned users = number(argv[2], USERS_MAX);
	const unsigned first = form->codes ? number(argv[3], CODES_MAX) : 0;
	const unsigned count = form->codes ? number(argv[4], CODES_MAX) : 1;
	for (unsigned i = first; i < first + count; i++) {
		for (unsigned user = 0; user < users; user++) {
			line_seed(&line, user);
			if (form->codes)
				line_code(&line, &hmac, form->now ? step : i);
			form->print(&line);
		}
	}
	hmac_free(context);
	return fflush(stdout) == 0 ? 0 : 1;
}
