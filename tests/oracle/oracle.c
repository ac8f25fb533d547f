/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The searches. Each begins at a state of the card that a few commands lead to, and after each command
 * compares status word, data and all that is visible:
 *
 *   all sequences      of the theme's symbols, to a stated depth
 *   all states         every symbol in each state of the model that is reached within a depth; a state that
 * was met before with as much depth left is not gone into again random ones        long, of all symbols and
 * of commands with a byte or two changed; the seed is printed
 *
 *   oracle                 shortened: what make check runs
 *   oracle deep            what make oracle runs; COUNTERSIGN_ORACLE_DEPTH adds to the depths (may be
 * negative)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/oracle/alphabet.h"
#include "tests/unit/random.h"

#define DEPTH_MAX 16
#define SEEN_MAX  (1u << 21)

static struct lockstep levels[DEPTH_MAX + 2], probe;
static const struct symbol *path[DEPTH_MAX + 1];
static const struct symbol *letters[256];
static size_t letter_count;

static struct {
	uint64_t key;
	int depth;
} * seen;
static bool prune;
static uint64_t commands, sequences, states;
static bool done[256]; /* by place in the alphabet: the symbol was answered 9000 or 61xx */
static int test_number;

/* ---- one search ---- */

static void complain(size_t depth)
{
	printf("# %s\n# after:", lockstep_why());
	for (size_t i = 0; i < depth; i++)
		printf(" [%s]", path[i]->name);
	printf("\n");
}

/* What of the model decides the future, but for random bytes. */
static uint64_t state_key(const struct model *m)
{
	static struct model copy;

	memcpy(&copy, m, offsetof(struct model, chained));
	for (size_t i = 0; i < MODEL_KEYS; i++)
		copy.keys[i].pub = 0;
	for (size_t i = 0; i < MODEL_OBJECTS; i++) {
		copy.objects[i].was = 0;
		if (copy.objects[i].renewable || copy.objects[i].tag == PIV_OBJ_CCC)
			copy.objects[i] =
			    (struct model_object){.tag = copy.objects[i].tag, .renewable = true};
	}
	for (size_t i = 0; i < MODEL_CHANNELS; i++) {
		memset(copy.channel[i].answer, 0, sizeof(copy.channel[i].answer));
		memset(copy.channel[i].challenge_bytes, 0, sizeof(copy.channel[i].challenge_bytes));
	}
	memset(copy.mark.bytes, 0, sizeof(copy.mark.bytes));
	memset(copy.asked, 0, sizeof(copy.asked));
	return model_digest((struct bytes){(const uint8_t *)&copy, offsetof(struct model, chained)});
}

/* True if nothing new can come of this state. */
static bool seen_before(const struct model *m, int left)
{
	uint64_t key = state_key(m);
	size_t at = (size_t)(key & (SEEN_MAX - 1));

	for (size_t i = 0; i < 64; i++, at = (at + 1) & (SEEN_MAX - 1)) {
		if (seen[at].key == key) {
			if (seen[at].depth >= left)
				return true;
			seen[at].depth = left;
			return false;
		}
		if (seen[at].key == 0) {
			seen[at].key = key;
			seen[at].depth = left;
			states++;
			return false;
		}
	}
	return false;
}

static bool search(size_t depth, int left)
{
	for (size_t i = 0; i < letter_count; i++) {
		struct lockstep *next = &levels[depth + 1];

		path[depth] = letters[i];
		lockstep_copy(next, &levels[depth]);
		commands++;
		if (symbol_say(letters[i], next) == LOCKSTEP_DIFFER) {
			complain(depth + 1);
			return false;
		}
		lockstep_copy(&probe, next);
		if (lockstep_probe(&probe) == LOCKSTEP_DIFFER) {
			complain(depth + 1);
			return false;
		}
		if (left == 1)
			sequences++;
		else if (!prune || !seen_before(&next->model, left - 1))
			if (!search(depth + 1, left - 1))
				return false;
	}
	return true;
}

/* ---- where they begin ---- */

static bool begin(size_t number)
{
	if (start_begin(&starts[number], &levels[0]))
		return true;
	printf("# %s\n# on the way to %s\n", lockstep_why(), starts[number].name);
	return false;
}

static void letters_choose(unsigned themes)
{
	letter_count = 0;
	for (size_t i = 0; i < symbol_count; i++) {
		if ((symbols[i].themes & themes) || themes == THEME_ALL)
			letters[letter_count++] = &symbols[i];
	}
}

static const struct plan {
	const char *theme;
	unsigned themes;
	int start, depth, deep, state_depth, state_deep;
} plans[] = {
    {"access", THEME_ACCESS, 0, 2, 4, 5, 8},   {"access", THEME_ACCESS, 2, 3, 4, 4, 7},
    {"objects", THEME_OBJECTS, 2, 3, 4, 4, 7}, {"life", THEME_LIFE, 1, 3, 4, 4, 7},
    {"life", THEME_LIFE, 6, 3, 4, 4, 7},       {"oath", THEME_OATH, 3, 3, 4, 4, 7},
    {"wire", THEME_WIRE, 0, 3, 4, 4, 8},       {"channels", THEME_CHANNELS, 2, 2, 4, 4, 7},
    {"oath", THEME_OATH, 4, 3, 4, 3, 6},       {"life", THEME_LIFE, 5, 2, 4, 4, 6},
    {"secrets", THEME_SECRETS, 7, 2, 4, 4, 7}, {"all", THEME_ALL, 2, 1, 3, 2, 4},
    {"all", THEME_ALL, 6, 1, 3, 2, 4},
};

static bool verdict(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++test_number, what);
	fflush(stdout);
	return good;
}

static int at_least_one(int depth)
{
	return depth < 1 ? 1 : depth;
}

static bool plan_run(const struct plan *p, int depth, bool pruned)
{
	char what[256];
	bool good;

	commands = sequences = states = 0;
	prune = pruned;
	memset(seen, 0, SEEN_MAX * sizeof(*seen));
	letters_choose(p->themes);
	good = begin((size_t)p->start) && search(0, depth);
	if (pruned)
		snprintf(
		    what, sizeof(what),
		    "%s, from %s: card and oracle agree in every state that %d of %zu symbols reach (%" PRIu64
		    " states, %" PRIu64 " commands)",
		    p->theme, starts[p->start].name, depth, letter_count, states, commands);
	else
		snprintf(what, sizeof(what),
			 "%s, from %s: card and oracle agree on all sequences of %d of %zu symbols (%" PRIu64
			 " sequences, %" PRIu64 " commands)",
			 p->theme, starts[p->start].name, depth, letter_count, sequences, commands);
	return verdict(good, what);
}

/* ---- random ones ---- */

static enum lockstep_verdict say_changed(struct lockstep *l, struct test_random *rng, const struct symbol *s)
{
	uint8_t bytes[SYMBOL_MAX];
	size_t len = symbol_bytes(s, &l->model, bytes);

	for (size_t i = 1 + test_random_below(rng, 2); len && i; i--) {
		size_t at = test_random_below(rng, test_random_below(rng, 2) ? len : len < 12 ? len : 12);

		if (test_random_below(rng, 8) == 0)
			len = 1 + test_random_below(rng, len);
		else if (test_random_below(rng, 2))
			bytes[at] ^= (uint8_t)(1u << test_random_below(rng, 8));
		else
			bytes[at] = (uint8_t)test_random_u64(rng);
	}
	return len ? lockstep_send(l, bytes, len) : LOCKSTEP_AGREE;
}

/* One of a theme, most of the time: so that something comes of it. */
static const struct symbol *draw(struct test_random *rng, unsigned theme)
{
	const struct symbol *s = &symbols[test_random_below(rng, symbol_count)];

	while (!(s->themes & theme) && test_random_below(rng, 10))
		s = &symbols[test_random_below(rng, symbol_count)];
	return s;
}

static bool random_one(struct test_random *rng, size_t length)
{
	struct lockstep *l = &levels[0];
	unsigned theme = 1;

	if (!begin(test_random_below(rng, start_count)))
		return false;
	for (size_t i = 0; i < length && !l->model.out_of_depth; i++) {
		const struct symbol *s = draw(rng, theme);
		enum lockstep_verdict v =
		    test_random_below(rng, 5) ? symbol_say(s, l) : say_changed(l, rng, s);

		if (test_random_below(rng, 30) == 0)
			theme = 1u << test_random_below(rng, 7);
		commands++;
		path[0] = s;
		done[s - symbols] |=
		    v == LOCKSTEP_AGREE && (l->sw == CS_SW_OK || (l->sw & 0xFF00) == CS_SW_BYTES_LEFT);
		if (v == LOCKSTEP_AGREE && i % 4 == 0) {
			lockstep_copy(&probe, l);
			v = lockstep_probe(&probe);
		}
		if (v == LOCKSTEP_DIFFER) {
			printf("# in its command %zu:\n", i);
			complain(1);
			return false;
		}
	}
	return true;
}

static bool random_run(size_t count, size_t length)
{
	struct test_random rng = test_random_start();
	char what[128];
	bool good = true;

	commands = 0;
	for (size_t i = 0; good && i < count; i++)
		good = random_one(&rng, length);
	snprintf(what, sizeof(what),
		 "card and oracle agree on %zu random sequences of %zu commands (%" PRIu64 " commands)",
		 count, length, commands);
	return verdict(good, what);
}

static void print_undone(void)
{
	printf("# always refused:");
	for (size_t i = 0; i < symbol_count; i++) {
		if (!done[i])
			printf(" [%s]", symbols[i].name);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	bool deep = argc > 1 && strcmp(argv[1], "deep") == 0, good = true;
	const char *add = getenv("COUNTERSIGN_ORACLE_DEPTH");
	int more = deep && add ? (int)strtol(add, NULL, 10) : 0;
	size_t plan_count = sizeof(plans) / sizeof(plans[0]);

	seen = calloc(SEEN_MAX, sizeof(*seen));
	if (!seen)
		return 1;
	printf("1..%zu\n", 2 * plan_count + 1);
	for (size_t i = 0; i < plan_count; i++) {
		good &=
		    plan_run(&plans[i], at_least_one((deep ? plans[i].deep : plans[i].depth) + more), false);
		good &=
		    plan_run(&plans[i],
			     at_least_one((deep ? plans[i].state_deep : plans[i].state_depth) + more), true);
	}
	good &= deep ? random_run(1000, 2000) : random_run(60, 500);
	print_undone();
	free(seen);
	return good ? 0 : 1;
}
