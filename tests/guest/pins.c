/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two programs on one USB token, without pcscd, both connected before the first of them proves a PIN; the
 * first leaves, and is followed by a third. Usage: pins PIN. Prints for whom the PIN is proved, in turn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cardclient/card.h"
#include "cardclient/piv.h"
#include "cardclient/transport.h"

static struct cc_card *program_new(void)
{
	struct cc_reader readers[CC_READERS_MAX];
	struct cc_context *ctx;
	struct cc_card *card;
	size_t count;

	if (cc_context_new("usb", &ctx) != CS_OK ||
	    cc_readers(ctx, readers, CC_READERS_MAX, &count) != CS_OK || count == 0 ||
	    cc_connect(ctx, readers[0].name, &card) != CS_OK) {
		puts("no card");
		exit(EXIT_FAILURE);
	}
	return card;
}

/* pin: NULL, none is sent. */
static void ask(const char *who, struct cc_card *card, const char *pin)
{
	bool verified = false;
	unsigned tries;
	enum cs_err err = cc_begin(card);

	if (err == CS_OK)
		err = cc_piv_select(card, NULL);
	if (err == CS_OK && pin != NULL)
		err = cc_piv_verify(card, cs_view((const uint8_t *)pin, strlen(pin)), &tries);
	if (err == CS_OK)
		err = cc_piv_verify_status(card, PIV_REF_PIN, &verified, &tries);
	if (err == CS_OK)
		cc_end(card);
	printf("%s:%s ", who, err != CS_OK ? cs_err_text(err) : verified ? "yes" : "no");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	struct cc_card *first = program_new(), *second = program_new();
	ask("first", first, argv[1]);
	ask("first", first, NULL);
	ask("second", second, NULL);
	ask("first", first, NULL);
	ask("second", second, argv[1]);
	cc_disconnect(first);
	ask("second", second, NULL);
	cc_disconnect(second);
	putchar('\n');
	return EXIT_SUCCESS;
}
