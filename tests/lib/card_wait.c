/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waits until PC/SC shows a reader with, or without, a card in it, and prints the reader's name:
 *
 *   card_wait present|absent NAME [SECONDS]
 *
 * NAME is a part of the reader's name; 120 seconds unless said otherwise. absent is also true where there is
 * no such reader. Ends with 1 where the time is up. pcscd need not be there yet.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <winscard.h>

#define NAMES_MAX 4096u
#define TICK_MS	  20L

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void tick(void)
{
	struct timespec ts = {.tv_nsec = TICK_MS * 1000000L};
	nanosleep(&ts, NULL);
}

static bool connect_to_service(SCARDCONTEXT *ctx, int64_t end)
{
	while (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, ctx) != SCARD_S_SUCCESS) {
		if (now_ms() >= end)
			return false;
		tick();
	}
	return true;
}

/* The first reader of that name in the wanted state. */
static bool look(SCARDCONTEXT ctx, const char *part, bool present, char *found, size_t size)
{
	char names[NAMES_MAX];
	DWORD len = sizeof names;
	LONG rv = SCardListReaders(ctx, NULL, names, &len);
	if (rv != SCARD_S_SUCCESS)
		len = 1, names[0] = '\0';
	bool with_card = false;
	for (const char *name = names; *name && !with_card; name += strlen(name) + 1) {
		SCARD_READERSTATE state = {.szReader = name, .dwCurrentState = SCARD_STATE_UNAWARE};
		if (!strstr(name, part) || SCardGetStatusChange(ctx, 0, &state, 1) != SCARD_S_SUCCESS)
			continue;
		with_card = state.dwEventState & SCARD_STATE_PRESENT;
		snprintf(found, size, "%.*s", (int)size - 1, name);
	}
	return with_card == present;
}

/* Until some reader changes, or a reader comes or goes; at most a second, in case an event was missed. */
static void wait_for_change(SCARDCONTEXT ctx, const char *reader)
{
	SCARD_READERSTATE states[2] = {{.szReader = "\\\\?PnP?\\Notification"}, {.szReader = reader}};
	DWORD count = *reader ? 2 : 1;
	if (count == 2)
		(void)SCardGetStatusChange(ctx, 0, &states[1], 1);
	states[1].dwCurrentState = states[1].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	if (SCardGetStatusChange(ctx, 1000, states, count) == SCARD_E_NO_SERVICE)
		tick();
}

int main(int argc, char **argv)
{
	if (argc < 3 || argc > 4 || (strcmp(argv[1], "present") != 0 && strcmp(argv[1], "absent") != 0)) {
		fprintf(stderr, "usage: card_wait present|absent NAME [SECONDS]\n");
		return 2;
	}
	bool present = strcmp(argv[1], "present") == 0;
	int64_t end = now_ms() + 1000 * (argc == 4 ? strtol(argv[3], NULL, 10) : 120);
	char found[MAX_READERNAME + 1] = "";
	SCARDCONTEXT ctx;
	if (!connect_to_service(&ctx, end)) {
		fprintf(stderr, "card_wait: no PC/SC service\n");
		return 1;
	}
	bool done;
	while (!(done = look(ctx, argv[2], present, found, sizeof found)) && now_ms() < end)
		wait_for_change(ctx, found);
	SCardReleaseContext(ctx);
	if (!done) {
		fprintf(stderr, "card_wait: no reader \"%s\" with card %s\n", argv[2], argv[1]);
		return 1;
	}
	printf("%s\n", found);
	return 0;
}
