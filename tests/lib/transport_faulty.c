/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card core as a transport, with faults on command (transport_faulty.h).
 */
#include "tests/lib/transport_faulty.h"

#include <stdlib.h>
#include <string.h>

static struct {
	struct fixture *card;
	uint32_t events; /* insertions and removals */
	uint32_t resets;
	unsigned fail_in; /* commands until the fault; 0: none is set */
	enum cs_err fail_with;
	bool fail_executed;
} slot;

struct link {
	uint32_t events; /* as they were at connect: another number means that our card has gone */
	uint32_t resets;
};

void transport_faulty_insert(struct fixture *card)
{
	slot.card = card;
	slot.events++;
	if (card != NULL)
		card_reset(&card->card);
}

void transport_faulty_fail_at(unsigned n, enum cs_err err, bool executed)
{
	slot.fail_in = n;
	slot.fail_with = err;
	slot.fail_executed = executed;
}

void transport_faulty_reset(void)
{
	card_reset(&slot.card->card);
	slot.resets++;
}

static enum cs_err card_open_transport(const char *arg, void **state)
{
	(void)arg;
	*state = &slot;
	return CS_OK;
}

static void card_close_transport(void *state)
{
	(void)state;
}

static enum cs_err card_readers(void *state, struct cc_reader *out, size_t max, size_t *count)
{
	(void)state;
	*count = 0;
	if (max == 0)
		return CS_ERR_NO_SPACE;
	memset(out, 0, sizeof *out);
	memcpy(out->name, TRANSPORT_FAULTY_READER, sizeof TRANSPORT_FAULTY_READER);
	out->present = slot.card != NULL;
	out->events = slot.events;
	*count = 1;
	return CS_OK;
}

/* Nothing changes while the one thread waits. */
static enum cs_err card_wait(void *state, const struct cc_reader *known, size_t count)
{
	(void)state;
	return count == 1 && known->events == slot.events ? CS_ERR_UNSUPPORTED : CS_OK;
}

static enum cs_err card_connect(void *state, const char *reader, void **out, struct cs_writer *atr)
{
	(void)state;
	if (strcmp(reader, TRANSPORT_FAULTY_READER) != 0)
		return CS_ERR_NO_READER;
	if (slot.card == NULL)
		return CS_ERR_NO_CARD;
	struct link *link = calloc(1, sizeof *link);
	if (link == NULL)
		return CS_ERR_MEMORY;
	*link = (struct link){.events = slot.events, .resets = slot.resets};
	cs_write_view(atr, card_atr());
	*out = link;
	return CS_OK;
}

static enum cs_err link_state(const struct link *link)
{
	if (link->events != slot.events)
		return CS_ERR_REMOVED;
	return link->resets != slot.resets ? CS_ERR_STATE : CS_OK;
}

static enum cs_err link_reconnect(void *ctx)
{
	struct link *link = ctx;
	link->resets = slot.resets;
	return link_state(link);
}

static enum cs_err link_begin(void *ctx)
{
	return link_state(ctx);
}

static void link_end(void *ctx)
{
	(void)ctx;
}

static enum cs_err link_reset(void *ctx)
{
	struct link *link = ctx;
	enum cs_err err = link_state(link);

	if (err)
		return err;
	transport_faulty_reset();
	link->resets = slot.resets;
	return CS_OK;
}

/* Whether the fault that was set is due, which uses it up. */
static bool fault_due(void)
{
	return slot.fail_in > 0 && --slot.fail_in == 0;
}

static enum cs_err link_transmit(void *ctx, struct cs_view command, struct cs_writer *response)
{
	uint8_t answer[CARD_RESPONSE_MAX];
	struct cs_writer w = CS_WRITER_OF(answer);
	bool fault = fault_due();

	if (fault && slot.fail_with == CS_ERR_STATE)
		transport_faulty_reset();
	enum cs_err err = link_state(ctx);
	if (!err && fault && !slot.fail_executed)
		err = slot.fail_with;
	if (!err)
		card_transmit(&slot.card->card, command, &w);
	if (!err && fault)
		err = slot.fail_with;
	if (fault && slot.fail_with == CS_ERR_REMOVED)
		transport_faulty_insert(NULL);
	if (!err)
		cs_write_view(response, cs_writer_view(&w));
	return err;
}

const struct cc_backend transport_faulty = {
    .name = "card",
    .open = card_open_transport,
    .close = card_close_transport,
    .forget = card_close_transport,
    .readers = card_readers,
    .wait = card_wait,
    .wake = card_close_transport,
    .connect = card_connect,
    .disconnect = free,
    .forget_link = free,
    .reconnect = link_reconnect,
    .begin = link_begin,
    .end = link_end,
    .reset = link_reset,
    .transmit = link_transmit,
};

/* ---- a card for each test ---- */

int faulty_card_setup(void **state, int (*card_setup)(void **state))
{
	struct faulty_card *t = calloc(1, sizeof *t);
	void *fixture;

	assert_non_null(t);
	card_setup(&fixture);
	t->fixture = fixture;
	transport_faulty_insert(t->fixture);
	transport_faulty_fail_at(0, CS_OK, false);
	assert_int_equal(cc_context_over(&transport_faulty, "", &t->ctx), CS_OK);
	assert_int_equal(cc_connect(t->ctx, TRANSPORT_FAULTY_READER, &t->card), CS_OK);
	*state = t;
	return 0;
}

int faulty_card_teardown(void **state)
{
	struct faulty_card *t = *state;
	void *fixture = t->fixture;

	cc_disconnect(t->card);
	cc_context_free(t->ctx);
	transport_faulty_insert(NULL);
	fixture_teardown(&fixture);
	free(t);
	return 0;
}
