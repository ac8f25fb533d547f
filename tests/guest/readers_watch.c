/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waits for changes of the readers on the transport that COUNTERSIGN_TRANSPORT names. Usage: readers_watch
 * CHANGES. Prints, first and at each change, its number and for each reader its name and whether a card is in
 * it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cardclient/transport.h"

static size_t look(struct cc_context *ctx, struct cc_reader *readers, unsigned number)
{
	size_t count = 0;

	if (cc_readers(ctx, readers, CC_READERS_MAX, &count) != CS_OK)
		exit(EXIT_FAILURE);
	printf("%u", number);
	for (size_t i = 0; i < count; i++)
		printf(" %s: %s", readers[i].name, readers[i].present ? "card" : "empty");
	putchar('\n');
	(void)fflush(stdout);
	return count;
}

int main(int argc, char **argv)
{
	struct cc_reader readers[CC_READERS_MAX];
	struct cc_context *ctx;

	if (argc != 2 || cc_context_new(NULL, &ctx) != CS_OK)
		return 2;
	unsigned changes = (unsigned)strtoul(argv[1], NULL, 10);
	size_t count = look(ctx, readers, 0);
	for (unsigned i = 1; i <= changes; i++) {
		if (cc_wait_change(ctx, readers, count) != CS_OK)
			return EXIT_FAILURE;
		count = look(ctx, readers, i);
	}
	cc_context_free(ctx);
	return EXIT_SUCCESS;
}
