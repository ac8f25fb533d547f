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

/* What was seen once stays: power goes before anything else is done. */
static void stays(struct flash_ram *ram, struct store *st, const struct model *m, uint64_t seed)
{
	flash_ram_pull(ram, seed);
	flash_ram_power_on(ram);
	assert_int_equal(fixture_open(st, ram), CS_OK);
	assert_true(fixture_agrees(st, m));
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
		stays(ram, &st, is_before ? before : &after, seed);
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

/* ---- a store full of small records ---- */

#define SMALL_LEN 40u
#define SMALL_MAX 200u

static uint16_t small_count;
static uint8_t small_seed[SMALL_MAX + 1];

static bool small_agrees(struct store *st, uint16_t but, uint8_t or_seed)
{
	for (uint16_t id = 1; id <= small_count; id++) {
		struct model_value v = {true, SMALL_LEN, small_seed[id]}, other = {true, SMALL_LEN, or_seed};

		if (!fixture_holds(st, id, &v) && (id != but || !fixture_holds(st, id, &other)))
			return false;
	}
	return st->count == small_count;
}

static bool small_cut(const struct flash_ram *base, const struct store *warm, uint16_t id, uint8_t seed,
		      uint64_t n, enum flash_tear tear)
{
	struct flash_ram *ram = flash_ram_clone(base);
	static struct store st;
	bool cut;

	st = *warm;
	st.flash = flash_ram_flash(ram);
	flash_ram_cut_at(ram, n, tear, n * 31 + seed);
	(void)fixture_put(&st, id, SMALL_LEN, seed);
	cut = flash_ram_is_cut(ram);
	cuts += cut;
	flash_ram_power_on(ram);
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	assert_true(small_agrees(&st, id, seed));
	assert_int_equal(flash_ram_counted(ram).violations, 0);
	flash_ram_free(ram);
	return cut;
}

/* Pages without garbage: one change moves several of them, one after the other, with no more than one page to
 * spare. So a page is erased for reuse that a commit of the same change has freed. */
static void a_store_full_of_small_records_survives_every_cut(void **state)
{
	struct test_random rng = test_random_start();
	struct flash_ram *ram = flash_ram_new(2048, 6, 8);
	static struct store st;
	size_t collected = 0;

	(void)state;
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	for (small_count = 0; small_count < SMALL_MAX; small_count++) {
		if (fixture_put(&st, (uint16_t)(small_count + 1), SMALL_LEN, 0) != CS_OK)
			break;
		small_seed[small_count + 1] = 0;
	}
	assert_true(small_count > 40 && small_count < SMALL_MAX);
	for (unsigned round = 0; round < 400; round++) {
		const uint16_t id = 1; /* a counter beside records that never change */
		uint8_t seed = (uint8_t)test_random_u64(&rng);
		uint64_t before = flash_ram_counted(ram).erases, n;
		struct flash_ram *base = flash_ram_clone(ram);
		static struct store warm;

		warm = st;
		assert_int_equal(fixture_put(&st, id, SMALL_LEN, seed), CS_OK);
		if (flash_ram_counted(ram).erases - before > 1) {
			collected++;
			for (enum flash_tear tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
				n = 1;
				while (small_cut(base, &warm, id, seed, n, tear))
					n++;
			}
		}
		small_seed[id] = seed;
		flash_ram_free(base);
	}
	assert_true(collected > 3);
	print_message("# %u records, %zu changes of 400 that moved more than one page: %zu cuts so far\n",
		      (unsigned)small_count, collected, cuts);
	flash_ram_free(ram);
}

/* ---- long values behind garbage ---- */

/* The change is cut at its n-th operation, and then the one after it at each of its own. */
static bool cut_with_the_next(const struct flash_ram *base, const struct store *warm, const struct step *step,
			      const struct model *before, uint64_t n, enum flash_tear tear)
{
	const struct step next = {.kind = STEP_PUT, .id = 1, .count = 1, .value = {{true, 30, 77}}};
	struct model after = step_model(step, *before);
	struct flash_ram *wreck = flash_ram_clone(base);
	static struct store st;
	bool first, second = true;

	st = *warm;
	st.flash = flash_ram_flash(wreck);
	flash_ram_cut_at(wreck, n, tear, n);
	(void)step_run(&st, step);
	first = flash_ram_is_cut(wreck);
	flash_ram_power_on(wreck);
	for (uint64_t m = 1; second; m++) {
		struct flash_ram *ram = flash_ram_clone(wreck);
		struct model old, new;

		assert_int_equal(fixture_open(&st, ram), CS_OK);
		old = fixture_agrees(&st, before) ? *before : after;
		new = step_model(&next, old);
		assert_true(fixture_agrees(&st, &old));
		flash_ram_cut_at(ram, m, tear, n + m);
		assert_true(step_run(&st, &next) == (flash_ram_is_cut(ram) ? CS_ERR_IO : CS_OK));
		second = flash_ram_is_cut(ram);
		cuts += second;
		flash_ram_power_on(ram);
		assert_int_equal(fixture_open(&st, ram), CS_OK);
		assert_true(fixture_agrees(&st, &new) || (second && fixture_agrees(&st, &old)));
		flash_ram_free(ram);
	}
	flash_ram_free(wreck);
	return first;
}

/* The ring is full of a counter's old values, all but one page of it: a change of several pages takes them
 * without a copy, and where it is cut leaves several void ones. */
static void a_long_value_that_takes_pages_of_garbage_survives_every_cut(void **state)
{
	const struct step counter = {.kind = STEP_PUT, .id = 1, .count = 1, .value = {{true, 8, 1}}};
	const struct step longest = {.kind = STEP_PUT, .id = 2, .count = 1, .value = {{true, 7000, 2}}};
	struct flash_ram *ram = flash_ram_new(2048, 24, 8);
	static struct store st;
	struct model m = step_model(&counter, (struct model){0});

	(void)state;
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	do {
		assert_int_equal(step_run(&st, &counter), CS_OK);
	} while (st.tail + 24 - 1 - st.head.page > 1);
	for (enum flash_tear tear = 0; tear < FLASH_TEAR_COUNT; tear++) {
		uint64_t n = 1;

		while (cut_with_the_next(ram, &st, &longest, &m, n, tear))
			n++;
	}
	print_message("# %zu cuts so far\n", cuts);
	flash_ram_free(ram);
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
	    cmocka_unit_test(a_long_value_that_takes_pages_of_garbage_survives_every_cut),
	    cmocka_unit_test(a_store_full_of_small_records_survives_every_cut),
	    cmocka_unit_test(a_value_once_seen_never_goes_back),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
