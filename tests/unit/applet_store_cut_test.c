/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record store and power loss. A script of changes is walked through; at each of them the power is cut at
 * every flash operation there is, in every way an operation can tear, with the store just opened and with it
 * open for long. What is found afterwards must be the state before or the state after, the same however often
 * its recovery is cut too, and must go on from there.
 */
#include "tests/unit/random.h"
#include "tests/unit/store_fixture.h"

enum { STEP_PUT, STEP_DELETE, STEP_RANGE, STEP_APPLY, STEP_FORMAT, STEP_KINDS };

struct step {
	int kind;
	uint16_t id, last;
	struct model_value
	    value[STORE_APPLY_MAX]; /* PUT: the first; APPLY: for id, id + 1 and so on; absent: remove */
	size_t count;
};

static uint8_t step_bytes[STORE_APPLY_MAX][STORE_VALUE_MAX];
static size_t cuts; /* all that were tried */

static enum cs_err step_apply(struct store *st, const struct step *step)
{
	struct store_change changes[STORE_APPLY_MAX];

	for (size_t i = 0; i < step->count; i++) {
		const struct model_value *v = &step->value[i];

		changes[i] = (struct store_change){.id = (uint16_t)(step->id + i), .remove = !v->present};
		changes[i].value = fixture_value(step_bytes[i], v->len, v->seed);
	}
	return store_apply(st, changes, step->count);
}

static enum cs_err step_run(struct store *st, const struct step *step)
{
	switch (step->kind) {
	case STEP_PUT:
		return fixture_put(st, step->id, step->value[0].len, step->value[0].seed);
	case STEP_DELETE:
		return store_delete(st, step->id);
	case STEP_RANGE:
		return store_delete_range(st, step->id, step->last);
	case STEP_APPLY:
		return step_apply(st, step);
	default:
		return store_format(st, st->flash, &fixture_crypto, fixture_device_key);
	}
}

/* What the step makes of the model. */
static struct model step_model(const struct step *step, struct model m)
{
	if (step->kind == STEP_FORMAT)
		memset(&m, 0, sizeof(m));
	if (step->kind == STEP_DELETE)
		m.value[step->id].present = false;
	for (uint16_t id = step->id; step->kind == STEP_RANGE && id <= step->last; id++)
		m.value[id].present = false;
	for (size_t i = 0; (step->kind == STEP_PUT || step->kind == STEP_APPLY) && i < step->count; i++)
		m.value[step->id + i] = step->value[i];
	return m;
}

static struct model_value random_value(struct test_random *rng, size_t longest)
{
	size_t len =
	    test_random_below(rng, 8) == 0 ? test_random_below(rng, longest) : test_random_below(rng, 90);

	return (struct model_value){true, (uint16_t)len, (uint8_t)test_random_u64(rng)};
}

static struct step random_step(struct test_random *rng, size_t longest)
{
	static const int likely[] = {STEP_PUT,	 STEP_PUT,   STEP_PUT,	  STEP_PUT,
				     STEP_APPLY, STEP_APPLY, STEP_DELETE, STEP_RANGE};
	struct step s = {.kind = likely[test_random_below(rng, 8)], .count = 1};

	s.id = (uint16_t)(1 + test_random_below(rng, MODEL_IDS - STORE_APPLY_MAX - 1));
	if (s.kind == STEP_APPLY)
		s.count = 1 + test_random_below(rng, STORE_APPLY_MAX);
	for (size_t i = 0; i < s.count; i++) {
		s.value[i] = random_value(rng, longest);
		s.value[i].present = s.kind == STEP_PUT || test_random_below(rng, 4) != 0;
	}
	s.last = (uint16_t)(s.id + test_random_below(rng, 3));
	if (test_random_below(rng, 60) == 0)
		s.kind = STEP_FORMAT;
	return s;
}

/* ---- one cut ---- */

/* A few more changes, and open again: what was found is a store like any other. */
static void goes_on(struct flash_ram *ram, struct store *st, struct model m)
{
	for (uint8_t i = 0; i < 6; i++) {
		struct step s = {
		    .kind = STEP_PUT, .id = (uint16_t)(1 + i % 2), .count = 1, .value = {{true, 30, i}}};
		enum cs_err err = step_run(st, &s);

		assert_true(err == CS_OK || (err == CS_ERR_FULL && !m.value[s.id].present) ||
			    (err == CS_ERR_FULL && m.value[s.id].len < 30));
		if (err == CS_OK)
			m = step_model(&s, m);
	}
	assert_true(fixture_agrees(st, &m));
	assert_int_equal(fixture_open(st, ram), CS_OK);
	assert_true(fixture_agrees(st, &m));
	assert_int_equal(flash_ram_counted(ram).violations, 0);
}

/* Cuts the recovery of what ram holds at each of its operations, too; then opens it for good. */
static void recover(struct flash_ram **ram, struct store *st, enum flash_tear tear, uint64_t seed)
{
	for (uint64_t n = 1;; n++) {
		struct flash_ram *copy = flash_ram_clone(*ram);
		bool cut;

		flash_ram_cut_at(copy, n, tear, seed + n);
		(void)fixture_open(st, copy);
		cut = flash_ram_is_cut(copy);
		cuts += cut;
		flash_ram_power_on(copy);
		flash_ram_free(*ram);
		*ram = copy; /* each cut on top of the one before */
		if (!cut)
			break;
	}
	assert_int_equal(fixture_open(st, *ram), CS_OK);
}

/* The n-th operation of the step is its last with power. False where the step came to its end before. */
static bool cut_at(const struct flash_ram *base, const struct store *warm, const struct step *step,
		   const struct model *before, uint64_t n, enum flash_tear tear, uint64_t seed)
{
	struct model after = step_model(step, *before);
	struct flash_ram *ram = flash_ram_clone(base);
	static struct store st;
	bool cut, is_before, is_after;
	enum cs_err err;

	if (warm != NULL) {
		st = *warm;
		st.flash = flash_ram_flash(ram);
	} else {
		assert_int_equal(fixture_open(&st, ram), CS_OK);
	}
	flash_ram_cut_at(ram, n, tear, seed);
	err = step_run(&st, step);
	cut = flash_ram_is_cut(ram);
	assert_int_equal(flash_ram_counted(ram).violations, 0);
	if (!cut) {
		assert_true(err == CS_OK || err == CS_ERR_FULL);
		assert_true(fixture_agrees(&st, err == CS_OK ? &after : before));
	} else {
		assert_int_equal(err, CS_ERR_IO);
		cuts++;
		flash_ram_power_on(ram);
		recover(&ram, &st, tear, seed);
		is_before = fixture_agrees(&st, before);
		is_after = fixture_agrees(&st, &after);
		assert_true(is_before || is_after);
		goes_on(ram, &st, is_before ? *before : after);
	}
	flash_ram_free(ram);
	return cut;
}

static void cut_everywhere(const struct flash_ram *base, const struct store *warm, const struct step *step,
			   const struct model *before, uint64_t seed)
{
	for (enum flash_tear tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		uint64_t n = 1;

		while (cut_at(base, warm, step, before, n, tear, seed + n))
			n++;
	}
}

/* ---- scripts ---- */

struct shape {
	uint32_t page_size, page_count, write_size;
	size_t longest; /* value */
	size_t fill;	/* changes before the cuts begin */
	size_t steps;	/* changes that are cut */
	size_t opened;	/* the store is opened again each so many changes */
	bool counter;	/* there is one outside the flash, in whose raising power goes too */
};

static void run_script(const struct shape *shape, struct test_random *rng)
{
	struct flash_ram *ram = flash_ram_new(shape->page_size, shape->page_count, shape->write_size);
	static struct store st;
	struct model m = {0};
	size_t full = 0;

	assert_non_null(ram);
	if (shape->counter)
		flash_ram_counter_add(ram);
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	for (size_t i = 0; i < shape->fill + shape->steps; i++) {
		struct step step = random_step(rng, shape->longest);
		enum cs_err err;

		if (i >= shape->fill) {
			cut_everywhere(ram, &st, &step, &m, test_random_u64(rng));
			cut_everywhere(ram, NULL, &step, &m, test_random_u64(rng));
		}
		if (test_random_below(rng, shape->opened) == 0)
			assert_int_equal(fixture_open(&st, ram), CS_OK);
		err = step_run(&st, &step);
		assert_true(err == CS_OK || err == CS_ERR_FULL);
		full += err == CS_ERR_FULL;
		if (err == CS_OK)
			m = step_model(&step, m);
		assert_true(fixture_agrees(&st, &m));
	}
	assert_int_equal(flash_ram_counted(ram).violations, 0);
	print_message("# %u pages of %u, unit %u: %zu cuts so far, %zu times full\n",
		      (unsigned)shape->page_count, (unsigned)shape->page_size, (unsigned)shape->write_size,
		      cuts, full);
	flash_ram_free(ram);
}

static void run(const struct shape *shape)
{
	struct test_random rng = test_random_start();

	run_script(shape, &rng);
}

static void an_empty_store_survives_every_cut(void **state)
{
	(void)state;
	run(&(struct shape){2048, 8, 8, 1500, 0, 12, 5, false});
}

static void a_store_with_some_records_survives_every_cut(void **state)
{
	(void)state;
	run(&(struct shape){2048, 10, 4, 2500, 60, 25, 5, true});
}

static void a_nearly_full_store_survives_every_cut(void **state)
{
	(void)state;
	run(&(struct shape){2048, 8, 16, 2000, 150, 30, 4, true});
}

static void the_smallest_flash_survives_every_cut(void **state)
{
	(void)state;
	run(&(struct shape){2048, 4, 32, 300, 100, 25, 4, false});
	run(&(struct shape){2048, 5, 1, 300, 100, 25, 4, true});
}

/* ---- the first of all ---- */

static void a_cut_while_blank_flash_is_formatted_leaves_it_formattable(void **state)
{
	(void)state;
	for (enum flash_tear tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		bool cut = true;

		for (uint64_t n = 1; cut; n++) {
			struct flash_ram *ram = flash_ram_new(2048, 4, 8);
			struct store st;

			flash_ram_counter_add(ram);
			flash_ram_cut_at(ram, n, tear, n);
			(void)fixture_open(&st, ram);
			cut = flash_ram_is_cut(ram);
			flash_ram_power_on(ram);
			recover(&ram, &st, tear, n);
			assert_int_equal(st.count, 0);
			goes_on(ram, &st, (struct model){0});
			flash_ram_free(ram);
		}
	}
}

/* A PIN's tries and an HOTP counter: cut at random again and again, in its recovery too, a counter that was
 * once seen at a value is never seen below it. */
static void a_value_once_seen_never_goes_back(void **state)
{
	struct test_random rng = test_random_start();
	struct flash_ram *ram = flash_ram_new(2048, 6, 8);
	static struct store st;
	uint8_t seen = 0, at;

	(void)state;
	flash_ram_counter_add(ram);
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	assert_int_equal(store_put(&st, 1, cs_view(&seen, 1)), CS_OK);
	for (size_t round = 0; round < 4000; round++) {
		struct cs_writer w = cs_writer_of(&at, 1);
		uint8_t next = (uint8_t)(seen + 1);
		enum cs_err err = CS_OK;

		flash_ram_cut_at(ram, 1 + test_random_below(&rng, 9),
				 (enum flash_tear)test_random_below(&rng, FLASH_TEAR_COUNT),
				 test_random_u64(&rng));
		if (fixture_open(&st, ram) == CS_OK) {
			err = store_put(&st, 1, cs_view(&next, 1));
			if (err == CS_OK) /* answered for: durable */
				seen = next;
		}
		flash_ram_power_on(ram);
		if (test_random_below(&rng, 3) == 0)
			continue; /* look only after the next cut */
		assert_int_equal(fixture_open(&st, ram), CS_OK);
		assert_int_equal(store_get(&st, 1, &w), CS_OK);
		assert_true(at == seen || at == (uint8_t)(seen + 1));
		seen = at;
	}
	assert_int_equal(flash_ram_counted(ram).violations, 0);
	flash_ram_free(ram);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_cut_while_blank_flash_is_formatted_leaves_it_formattable),
	    cmocka_unit_test(an_empty_store_survives_every_cut),
	    cmocka_unit_test(a_store_with_some_records_survives_every_cut),
	    cmocka_unit_test(a_nearly_full_store_survives_every_cut),
	    cmocka_unit_test(the_smallest_flash_survives_every_cut),
	    cmocka_unit_test(a_value_once_seen_never_goes_back),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
