/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The main of a fuzz harness where there is no libFuzzer. Without arguments it feeds the harness every file
 * of its corpus (tests/fuzz/corpus/NAME for the program fuzz_NAME), then mutations of them, and prints TAP.
 * With arguments it feeds it these files: so a crash that libFuzzer found is looked at. COUNTERSIGN_TEST_SEED
 * repeats a run's mutations, COUNTERSIGN_FUZZ_MUTATIONS says how many, COUNTERSIGN_FUZZ_VERBOSE prints each
 * before it is tried.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/random.h"

#define INPUT_MAX	  65536u
#define CORPUS_MAX	  1024u
#define MUTATIONS_DEFAULT 2000u

struct input {
	uint8_t *bytes;
	size_t len;
};

static struct input inputs[CORPUS_MAX];
static size_t input_count;

static bool input_load(const char *path, struct input *in)
{
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return false;
	in->bytes = malloc(INPUT_MAX);
	in->len = in->bytes == NULL ? 0 : fread(in->bytes, 1, INPUT_MAX, f);
	bool ok = in->bytes != NULL && !ferror(f);
	fclose(f);
	return ok;
}

/* Gives the harness a copy of exactly len bytes, so that a sanitizer sees one byte more being read. */
static void run(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len == 0 ? 1 : len);

	if (copy == NULL)
		abort();
	if (len > 0)
		memcpy(copy, bytes, len);
	(void)LLVMFuzzerTestOneInput(len == 0 ? NULL : copy, len);
	free(copy);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool corpus_load(const char *name)
{
	const char *top = getenv("top_srcdir");
	struct dirent **entries;
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", top == NULL ? "." : top, name);
	int count = scandir(path, &entries, is_visible, by_name);
	if (count <= 0) {
		printf("# no corpus in %s: %s\n", path, count < 0 ? strerror(errno) : "it is empty");
		return false;
	}
	bool ok = true;
	for (int i = 0; i < count; i++) {
		char file[sizeof(path) + 256];
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		if (input_count < CORPUS_MAX && input_load(file, &inputs[input_count]))
			input_count++;
		else
			ok = false;
		free(entries[i]);
	}
	free(entries);
	return ok;
}

/* Cuts, overwrites, inserts or removes, a few times over. */
static size_t mutate(struct test_random *rng, const struct input *in, uint8_t *out)
{
	static const uint8_t edges[] = {0x00, 0x01, 0x7F, 0x80, 0x81, 0x82, 0x83, 0x84, 0xFE, 0xFF};
	size_t len = in->len;

	memcpy(out, in->bytes, len);
	for (size_t rounds = 1 + test_random_below(rng, 4); rounds > 0; rounds--) {
		size_t at = test_random_below(rng, len + 1);
		uint8_t byte = test_random_below(rng, 2) == 0 ? edges[test_random_below(rng, sizeof(edges))]
							      : (uint8_t)test_random_u64(rng);
		switch (test_random_below(rng, 4)) {
		case 0:
			len = at;
			break;
		case 1:
			if (at < len)
				out[at] = byte;
			break;
		case 2:
			if (len < INPUT_MAX) {
				memmove(out + at + 1, out + at, len - at);
				out[at] = byte;
				len++;
			}
			break;
		default:
			if (at < len) {
				memmove(out + at, out + at + 1, len - at - 1);
				len--;
			}
			break;
		}
	}
	return len;
}

static void run_mutations(unsigned long count)
{
	struct test_random rng = test_random_start();
	uint8_t *bytes = malloc(INPUT_MAX);

	(void)fflush(stdout); /* the seed: a harness ends by abort() */
	if (bytes == NULL)
		abort();
	for (unsigned long i = 0; i < count; i++) {
		size_t len = mutate(&rng, &inputs[test_random_below(&rng, input_count)], bytes);
		if (getenv("COUNTERSIGN_FUZZ_VERBOSE") != NULL) {
			printf("# %lu:", i);
			for (size_t j = 0; j < len; j++)
				printf(" %02x", (unsigned)bytes[j]);
			printf("\n");
			fflush(stdout);
		}
		run(bytes, len);
	}
	free(bytes);
}

static const char *harness_name(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = strstr(slash == NULL ? program : slash, "fuzz_");

	return name == NULL ? program : name + strlen("fuzz_");
}

static int replay_files(int count, char **paths)
{
	for (int i = 0; i < count; i++) {
		struct input in = {0};
		if (!input_load(paths[i], &in)) {
			fprintf(stderr, "%s: %s\n", paths[i], strerror(errno));
			return 1;
		}
		run(in.bytes, in.len);
		free(in.bytes);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *wanted = getenv("COUNTERSIGN_FUZZ_MUTATIONS");
	unsigned long mutations = wanted == NULL ? MUTATIONS_DEFAULT : strtoul(wanted, NULL, 10);

	if (argc > 1)
		return replay_files(argc - 1, argv + 1);
	const char *name = harness_name(argv[0]);
	printf("1..2\n");
	if (!corpus_load(name)) {
		printf("not ok 1 - the corpus of %s is read\n", name);
		return 1;
	}
	run(NULL, 0);
	for (size_t i = 0; i < input_count; i++)
		run(inputs[i].bytes, inputs[i].len);
	printf("ok 1 - %s holds for the %zu inputs of its corpus\n", name, input_count);
	fflush(stdout);
	run_mutations(mutations);
	printf("ok 2 - %s holds for %lu mutations of them\n", name, mutations);
	for (size_t i = 0; i < input_count; i++)
		free(inputs[i].bytes);
	return 0;
}
