/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Power is cut at every flash operation of every command that changes the card (power.h lists them), in every
 * way that a flash can tear, from a card with some records and from a full one, with a counter outside the
 * flash, where the command has to collect garbage; and again at every operation of the recovery that follows,
 * which is opening the card and its next change. After it the card is wholly as before or wholly as after,
 * the same however often it is opened, and no try and no counter has come back.
 *
 * With COUNTERSIGN_POWER=all (make power) the recovery after every cut is cut in every way too; else after
 * one of the ways to cut each operation, and in one way each time, both by turns.
 */
#include <stdlib.h>
#include <string.h>

#include "applet/oath_credential.h"
#include "applet/oath_guard.h"
#include "tests/unit/power.h"
#include "tests/unit/random.h"
#include "tests/unit/share.h"

#define PAGE_SIZE    2048u
#define PAGES	     16u
#define WRITE_SIZE   8u
#define CUTS_MAX     2000u
#define PLACES_MAX   600u /* small changes after which the command must have met a collection */
#define ROOM	     500u
#define FILLER_FIRST 0xF000u
#define FILLER_LEN   200u
#define RECORD_PROBE 0xFFF0u /* that no command knows: the first change after a cut */
#define CREDENTIALS  4u
#define ROWS_MAX     400u

static const struct power_table *const tables[] = {&power_piv,	    &power_csgn,     &power_oath,
						   &power_pin_piv,  &power_pin_csgn, &power_scp03_csgn,
						   &power_scp03_piv};
static struct test_random rng;
static bool cut_all;

/* What an attacker would like to have back. */
struct secrets {
	uint8_t tries[PIN_COUNT + 1]; /* of each reference, and of OATH's access code */
	struct oath_credential credentials[CREDENTIALS];
	size_t count;
};

/* Where a command begins, to be returned to again and again. */
struct beginning {
	const struct power_row *row;
	struct fixture card; /* its flash is kept, the fixture in use works on copies */
	struct secrets before, after;
	enum flash_tear tear; /* of the first cut */
	unsigned cuts, second_cuts;
};

/* ---- tries and counters ---- */

static void secrets_read(struct fixture *f, struct secrets *s)
{
	struct oath_guard_info code;
	uint16_t id = 0;

	memset(s, 0, sizeof(*s));
	assert_int_equal(oath_guard_info(&f->card, &code), CS_OK);
	s->tries[PIN_COUNT] = code.tries_left;
	for (int pin = 0; pin < PIN_COUNT; pin++)
		s->tries[pin] = power_pin_info(f, (enum pin)pin).tries_left;
	while (s->count < CREDENTIALS && oath_next(&f->card.store, &id, &s->credentials[s->count]) == CS_OK)
		s->count++;
}

/* The same credential with a lower counter would give a code away twice. */
static void require_counters(const struct secrets *now, const struct secrets *then)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct oath_credential *n = &now->credentials[i];

		for (size_t j = 0; j < then->count; j++) {
			const struct oath_credential *t = &then->credentials[j];

			if (n->id == t->id && n->type_hash == t->type_hash &&
			    cs_view_equal(cs_view(n->key, n->key_len), cs_view(t->key, t->key_len)))
				assert_true(n->counter >= t->counter);
		}
	}
}

static void require_no_better(const struct beginning *b, const struct secrets *now,
			      enum power_outcome outcome)
{
	const struct secrets *most = outcome == POWER_OLD ? &b->before : &b->after;

	for (size_t i = 0; i <= PIN_COUNT; i++)
		assert_true(now->tries[i] <= most->tries[i]);
	require_counters(now, most);
}

/* ---- beginnings ---- */

static enum cs_err probe(struct fixture *f, uint8_t seed)
{
	uint8_t value[40];

	memset(value, seed, sizeof(value));
	return store_put(&f->card.store, RECORD_PROBE, cs_view(value, 1 + 7u * seed % sizeof(value)));
}

/* A new card, brought to where the row's command begins; with a counter outside the flash or without. */
static void begin(struct fixture *f, const struct power_row *row, bool counter)
{
	flash_ram_free(f->flash);
	f->flash = flash_ram_new(PAGE_SIZE, PAGES, WRITE_SIZE);
	assert_non_null(f->flash);
	if (counter)
		flash_ram_counter_add(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	card_close(&f->card);
	assert_int_equal(card_open(&f->card, &f->ports, row->profile), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	if (row->profile == CSGN_PROFILE_PIV)
		fixture_authenticate_management(f);
	for (size_t i = 0; i < POWER_PREPARE_MAX && row->prepare[i]; i++)
		(void)fixture_send(f, row->prepare[i]);
	if (row->prepare_more)
		row->prepare_more(f);
	assert_int_equal(probe(f, 0), CS_OK);
}

static void fill(struct fixture *f, size_t room)
{
	uint8_t filler[FILLER_LEN] = {0};

	for (uint16_t id = FILLER_FIRST; store_room(&f->card.store) > room; id++)
		assert_int_equal(store_put(&f->card.store, id, CS_VIEW_OF(filler)), CS_OK);
}

/* The beginning's card, in its session, on a flash of its own. */
static void take_copy(struct fixture *f, const struct beginning *b)
{
	flash_ram_free(f->flash);
	f->card = b->card.card;
	f->flash = flash_ram_clone(b->card.flash);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	f->card.ports = f->ports;
	f->card.store.flash = f->ports.flash;
}

static void keep(struct beginning *b, struct fixture *f)
{
	flash_ram_free(b->card.flash);
	b->card = *f;
	b->card.flash = flash_ram_clone(f->flash);
	assert_non_null(b->card.flash);
}

/* Runs the command with the power on: true where it collected garbage. */
static bool run_whole(struct fixture *f, struct beginning *b)
{
	uint64_t tail;
	uint16_t sw;

	take_copy(f, b);
	secrets_read(f, &b->before);
	tail = f->card.store.tail;
	sw = fixture_send(f, b->row->command);
	if (sw != b->row->sw)
		fail_msg("%s answered %04X, not %04X", b->row->command, sw, b->row->sw);
	secrets_read(f, &b->after);
	return f->card.store.tail != tail;
}

/* A full card, at a place of its log where the command has to collect. */
static void begin_full(struct fixture *f, struct beginning *b)
{
	unsigned place = 0;

	begin(f, b->row, true);
	fill(f, b->row->room ? b->row->room : ROOM);
	keep(b, f);
	while (!run_whole(f, b)) {
		assert_true(place++ < PLACES_MAX);
		take_copy(f, b);
		assert_int_equal(probe(f, (uint8_t)place), CS_OK);
		keep(b, f);
	}
}

/* ---- cuts ---- */

/* What the card has become; looked at on a copy, since looking may spend tries. */
static enum power_outcome look(struct fixture *f, const struct beginning *b)
{
	struct secrets now;
	enum power_outcome outcome;

	assert_int_equal(fixture_power_cycle(f), CS_OK);
	secrets_read(f, &now);
	outcome = b->row->look(f);
	require_no_better(b, &now, outcome);
	assert_int_equal(flash_ram_counted(f->flash).violations, 0);
	return outcome;
}

/* Opens the card that wreck holds, and changes it, with the power cut at the n-th operation of that. */
static bool cut_recovery(struct fixture *f, struct beginning *b, const struct flash_ram *wreck, uint64_t n,
			 enum flash_tear tear, enum power_outcome first)
{
	enum power_outcome outcome;
	enum cs_err err;
	bool cut;

	card_close(&f->card);
	flash_ram_free(f->flash);
	f->flash = flash_ram_clone(wreck);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	flash_ram_cut_at(f->flash, n, tear, test_random_u64(&rng));
	err = card_open(&f->card, &f->ports, CSGN_PROFILE_COUNTERSIGN);
	if (err == CS_OK)
		err = probe(f, 0xAA);
	cut = flash_ram_is_cut(f->flash);
	assert_int_equal(err == CS_OK, !cut);
	b->second_cuts += cut;
	outcome = look(f, b);
	/* What a killed process had not synced may be lost before the next one has synced, and was seen by
	 * nobody. */
	assert_true(outcome == first || (b->tear == FLASH_TEAR_KILL && n == 1 && cut));
	return cut;
}

static void cut_recovery_everywhere(struct fixture *f, struct beginning *b, const struct flash_ram *wreck,
				    enum power_outcome first)
{
	bool cut = true;

	for (uint64_t n = 1; cut; n++) {
		cut = false;
		for (int tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
			if (cut_all || (b->cuts + n) % FLASH_TEAR_COUNT == (uint64_t)tear)
				cut |= cut_recovery(f, b, wreck, n, (enum flash_tear)tear, first);
		}
		assert_true(n < CUTS_MAX);
	}
}

static bool cut_command(struct fixture *f, struct beginning *b, uint64_t n, enum flash_tear tear)
{
	struct flash_ram *wreck;
	enum power_outcome outcome;
	uint16_t sw;
	bool cut;

	take_copy(f, b);
	b->tear = tear;
	flash_ram_cut_at(f->flash, n, tear, test_random_u64(&rng));
	sw = fixture_send(f, b->row->command);
	cut = flash_ram_is_cut(f->flash);
	assert_int_equal(sw, cut ? CS_SW_MEMORY_FAILURE : b->row->sw);
	if (cut)
		assert_int_equal(f->data.len, 0);
	wreck = flash_ram_clone(f->flash);
	assert_non_null(wreck);
	outcome = look(f, b);
	if (cut) {
		b->cuts++;
		if (cut_all || n % (FLASH_TEAR_COUNT * test_share()) == (uint64_t)tear)
			cut_recovery_everywhere(f, b, wreck, outcome);
	} else {
		assert_int_equal(outcome, POWER_NEW);
	}
	flash_ram_free(wreck);
	return cut;
}

static void cut_everywhere(struct fixture *f, struct beginning *b)
{
	for (int tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		uint64_t n = 1;

		while (cut_command(f, b, n, (enum flash_tear)tear))
			assert_true(n++ < CUTS_MAX);
	}
	assert_true(b->cuts > 0);
}

static void require_no_write(struct fixture *f, struct beginning *b)
{
	uint64_t before;

	take_copy(f, b);
	before = flash_ram_counted(f->flash).operations;
	fixture_expect(f, b->row->command, b->row->sw);
	assert_int_equal(flash_ram_counted(f->flash).operations, before);
}

static void run_row(void **state)
{
	struct beginning *b = calloc(1, sizeof(*b));
	struct fixture *f = NULL;

	assert_non_null(b);
	b->row = *state;
	assert_int_equal(fixture_setup_piv((void **)&f), 0);
	begin(f, b->row, false);
	keep(b, f);
	if (b->row->look) {
		(void)run_whole(f, b);
		cut_everywhere(f, b);
		begin_full(f, b);
		cut_everywhere(f, b);
		print_message("# %u cuts, %u cuts of what follows\n", b->cuts, b->second_cuts);
	} else {
		require_no_write(f, b);
	}
	flash_ram_free(b->card.flash);
	free(b);
	(void)fixture_teardown((void **)&f);
}

/* ---- what no row says ---- */

static void a_card_that_loses_power_while_it_is_made_is_made_at_the_next_start(void **state)
{
	struct fixture *f = NULL;
	bool cut = true;

	(void)state;
	assert_int_equal(fixture_setup_piv((void **)&f), 0);
	for (int tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		for (uint64_t n = 1; cut; n++) {
			enum cs_err err;

			card_close(&f->card);
			flash_ram_free(f->flash);
			f->flash = flash_ram_new(PAGE_SIZE, PAGES, WRITE_SIZE);
			assert_non_null(f->flash);
			f->ports.flash = flash_ram_flash(f->flash);
			flash_ram_cut_at(f->flash, n, (enum flash_tear)tear, test_random_u64(&rng));
			err = card_open(&f->card, &f->ports, CSGN_PROFILE_COUNTERSIGN);
			cut = flash_ram_is_cut(f->flash);
			assert_int_equal(err == CS_OK, !cut);
			assert_int_equal(fixture_power_cycle(f), CS_OK);
			power_require_complete(f);
			fixture_expect(f, VERIFY_PIN, CS_SW_OK);
		}
		cut = true;
	}
	(void)fixture_teardown((void **)&f);
}

/* What the card lets be seen of a reference that power is taken from at the n-th operation. */
struct sight {
	uint16_t sw;
	bool cut;
	uint64_t operations;
	uint8_t tries; /* left afterwards */
};

static struct sight seen(struct fixture *f, const struct beginning *b, const char *command, uint64_t n)
{
	struct sight s;

	take_copy(f, b);
	flash_ram_cut_at(f->flash, n, FLASH_TEAR_NOTHING, 1);
	s.sw = fixture_send(f, command);
	s.cut = flash_ram_is_cut(f->flash);
	s.operations = flash_ram_counted(f->flash).operations;
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	s.tries = power_pin_info(f, PIN_USER).tries_left;
	return s;
}

/* An attacker who watches and cuts the power learns nothing until the try is gone for good. */
static void a_right_and_a_wrong_pin_look_alike_until_the_try_is_spent(void **state)
{
	static const struct power_row row = {.profile = CSGN_PROFILE_PIV, .prepare = {VERIFY_PIN}};
	static struct beginning b;
	struct fixture *f = NULL;
	struct sight right = {.cut = true}, wrong;
	unsigned alike = 0;

	(void)state;
	assert_int_equal(fixture_setup_piv((void **)&f), 0);
	begin(f, &row, true);
	keep(&b, f);
	for (uint64_t n = 1; right.cut; n++) {
		right = seen(f, &b, VERIFY_PIN, n);
		wrong = seen(f, &b, WRONG_PIN, n);
		if (right.sw == wrong.sw && right.cut == wrong.cut && right.operations == wrong.operations)
			alike++;
		else
			assert_int_equal(wrong.tries, 2);
	}
	assert_true(alike > 0);
	assert_int_equal(right.sw, CS_SW_OK);
	flash_ram_free(b.card.flash);
	(void)fixture_teardown((void **)&f);
}

/* ---- completeness ---- */

/* The row of the selected application's own table that the command belongs to; -1: none, as SELECT. */
static int command_index(const struct app *app, const char *hex)
{
	uint8_t head[4];
	uint8_t bytes[512];

	memcpy(head, fixture_hex(hex, bytes, sizeof(bytes)).ptr, sizeof(head));
	for (size_t i = 0; i < app->command_count; i++) {
		const struct app_command *c = &app->commands[i];

		if (c->ins == head[1] && c->cla == (head[0] & 0x80) && (c->p1 == APP_ANY || c->p1 == head[2]))
			return (int)i;
	}
	return -1;
}

static void count_row(struct fixture *f, const struct power_row *row, unsigned counts[][256])
{
	begin(f, row, false);
	for (size_t a = 0; a < card_app_count; a++) {
		int i = command_index(card_apps[a], row->command);

		if (card_apps[a] == f->card.channels[0].app && i >= 0)
			counts[a][i]++;
	}
}

static void every_command_of_every_application_is_cut_or_shown_to_write_nothing(void **state)
{
	static unsigned counts[8][256];
	struct fixture *f = NULL;
	unsigned missing = 0;

	(void)state;
	assert_true(card_app_count <= 8);
	assert_int_equal(fixture_setup_piv((void **)&f), 0);
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (size_t i = 0; i < tables[t]->count; i++)
			count_row(f, &tables[t]->rows[i], counts);
	}
	for (size_t a = 0; a < card_app_count; a++) {
		for (size_t i = 0; i < card_apps[a]->command_count; i++) {
			if (counts[a][i] > 0)
				continue;
			print_message("# application %zu has no row for CLA %02X INS %02X\n", a,
				      card_apps[a]->commands[i].cla, card_apps[a]->commands[i].ins);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
	(void)fixture_teardown((void **)&f);
}

int main(void)
{
	static struct CMUnitTest tests[ROWS_MAX] = {
	    cmocka_unit_test(every_command_of_every_application_is_cut_or_shown_to_write_nothing),
	    cmocka_unit_test(a_card_that_loses_power_while_it_is_made_is_made_at_the_next_start),
	    cmocka_unit_test(a_right_and_a_wrong_pin_look_alike_until_the_try_is_spent),
	};
	size_t count = 3;

	cut_all = getenv("COUNTERSIGN_POWER") && strcmp(getenv("COUNTERSIGN_POWER"), "all") == 0;
	rng = test_random_start();
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (size_t i = 0; i < tables[t]->count && count < ROWS_MAX; i++) {
			const struct power_row *row = &tables[t]->rows[i];

			tests[count++] = (struct CMUnitTest){
			    .name = row->name, .test_func = run_row, .initial_state = (void *)(uintptr_t)row};
		}
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
