/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Linked between the tests and the card core (ld --wrap): how deep the stack goes below card_open and
 * card_transmit, the crypto port included. The deepest is told at the end.
 */
#include <stdio.h>
#include <stdlib.h>

#include "applet/card.h"
#include "tests/cortex-m/board.h"

enum cs_err __real_card_open(struct card *card, const struct card_ports *ports, enum csgn_profile profile);
enum cs_err __wrap_card_open(struct card *card, const struct card_ports *ports, enum csgn_profile profile);
void __real_card_transmit(struct card *card, struct cs_view command, struct cs_writer *out);
void __wrap_card_transmit(struct card *card, struct cs_view command, struct cs_writer *out);

static size_t deepest;

static void tell(void)
{
	printf("# stack %u\n", (unsigned)deepest);
}

static void measure(void)
{
	size_t used = stack_used();

	if (deepest == 0)
		(void)atexit(tell);
	if (used > deepest)
		deepest = used;
}

enum cs_err __wrap_card_open(struct card *card, const struct card_ports *ports, enum csgn_profile profile)
{
	enum cs_err err;

	stack_paint();
	err = __real_card_open(card, ports, profile);
	measure();
	return err;
}

void __wrap_card_transmit(struct card *card, struct cs_view command, struct cs_writer *out)
{
	stack_paint();
	__real_card_transmit(card, command, out);
	measure();
}
