/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sequences of whole commands, with the oracle (tests/oracle) as the judge: after each, status word and data,
 * and now and then all that is visible, have to be what the model says. Input: one byte that chooses where to
 * begin, then steps:
 *
 *   00 to EF                  the symbol of the oracle's alphabet with this number, or nothing
 *   F0 symbol n (at byte)*n   the same with bytes of its command changed; n is taken modulo 4
 *   F1 n                      n * 500 ms pass
 *   F2 len byte*len           a command as it is; from F3 on with two bytes of length
 *
 * A mutator of its own puts in, takes out, doubles and exchanges whole steps, so that sequences stay
 * sequences.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/oracle/alphabet.h"

#define STEPS_MAX   200u
#define STARTS_MAX  16u
#define COMMAND_MAX 9000u

enum step_kind { STEP_CHANGED = 0xF0, STEP_WAIT = 0xF1, STEP_RAW = 0xF2, STEP_RAW_LONG = 0xF3 };

static struct lockstep *begun[STARTS_MAX], now, probe;

/* How many bytes the step at data has, at most size; never 0. */
static size_t step_len(const uint8_t *data, size_t size)
{
	size_t len = 1;

	if (data[0] == STEP_CHANGED)
		len = size < 3 ? size : 3 + 2u * (data[2] % 4u);
	else if (data[0] == STEP_WAIT)
		len = 2;
	else if (data[0] == STEP_RAW)
		len = size < 2 ? size : 2u + data[1];
	else if (data[0] >= STEP_RAW_LONG)
		len = size < 3 ? size : 3u + (size_t)(data[1] << 8 | data[2]);
	return len < size ? len : size;
}

static enum lockstep_verdict say_changed(const uint8_t *step, size_t len)
{
	static uint8_t bytes[SYMBOL_MAX];
	const struct symbol *s = &symbols[step[1] % symbol_count];
	size_t n = symbol_bytes(s, &now.model, bytes);

	for (size_t i = 3; n && i + 1 < len; i += 2)
		bytes[step[i] % n] = step[i + 1];
	return n ? lockstep_send(&now, bytes, n) : LOCKSTEP_AGREE;
}

static enum lockstep_verdict step_do(const uint8_t *step, size_t len)
{
	if (step[0] < STEP_CHANGED)
		return step[0] < symbol_count ? symbol_say(&symbols[step[0]], &now) : LOCKSTEP_AGREE;
	if (step[0] == STEP_CHANGED)
		return len >= 3 ? say_changed(step, len) : LOCKSTEP_AGREE;
	if (step[0] == STEP_WAIT) {
		lockstep_wait(&now, len > 1 ? step[1] * 500u : 0);
		return LOCKSTEP_AGREE;
	}
	size_t header = step[0] == STEP_RAW ? 2 : 3;
	return len > header && len - header <= COMMAND_MAX ? lockstep_send(&now, step + header, len - header)
							   : LOCKSTEP_AGREE;
}

static void require(enum lockstep_verdict v, size_t step)
{
	if (v == LOCKSTEP_DIFFER)
		fprintf(stderr, "step %zu: %s\n", step, lockstep_why());
	FUZZ_REQUIRE(v != LOCKSTEP_DIFFER);
}

static void look(size_t step)
{
	lockstep_copy(&probe, &now);
	require(lockstep_probe(&probe), step);
}

static void begin(uint8_t where)
{
	size_t i = where % start_count % STARTS_MAX;

	if (begun[i] == NULL) {
		begun[i] = calloc(1, sizeof(*begun[i]));
		FUZZ_REQUIRE(begun[i] != NULL && start_begin(&starts[i], begun[i]));
	}
	lockstep_copy(&now, begun[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 1, steps = 0;

	if (size == 0)
		return 0;
	begin(data[0]);
	while (at < size && steps < STEPS_MAX && !now.model.out_of_depth) {
		size_t len = step_len(data + at, size - at);

		require(step_do(data + at, len), steps);
		at += len;
		if (++steps % 4 == 0)
			look(steps);
	}
	look(steps);
	require(lockstep_power(&now), steps);
	look(steps);
	return 0;
}

/* ---- whole steps, mutated ---- */

/* libFuzzer's own mutations of bytes; not there in a replay. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
    __attribute__((visibility("default")));

static unsigned draw(unsigned *seed, size_t below)
{
	*seed = *seed * 1103515245u + 12345u;
	return (unsigned)((*seed >> 8) % (below ? below : 1));
}

/* The beginning of some step, or the end. */
static size_t step_at(const uint8_t *data, size_t size, unsigned *seed)
{
	size_t at[STEPS_MAX + 1], n = 0;

	for (size_t i = 1; i < size && n < STEPS_MAX; i += step_len(data + i, size - i))
		at[n++] = i;
	at[n++] = size;
	return at[draw(seed, n)];
}

static size_t put_in(uint8_t *data, size_t size, size_t max_size, size_t at, const uint8_t *step, size_t len)
{
	if (size + len > max_size || at > size)
		return size;
	memmove(data + at + len, data + at, size - at);
	memcpy(data + at, step, len);
	return size + len;
}

static size_t take_out(uint8_t *data, size_t size, size_t at)
{
	size_t len = at < size ? step_len(data + at, size - at) : 0;

	memmove(data + at, data + at + len, size - at - len);
	return size - len;
}

static size_t put_new(uint8_t *data, size_t size, size_t max_size, unsigned *seed)
{
	uint8_t step[9] = {(uint8_t)draw(seed, symbol_count)};
	size_t len = 1;

	if (draw(seed, 3) == 0) {
		step[1] = step[0];
		step[0] = STEP_CHANGED;
		step[2] = (uint8_t)(1 + draw(seed, 2));
		len = 3 + 2u * step[2];
		for (size_t i = 3; i < len; i++)
			step[i] = (uint8_t)draw(seed, i % 2 ? 16 : 256);
	}
	return put_in(data, size, max_size, step_at(data, size, seed), step, len);
}

static size_t put_again(uint8_t *data, size_t size, size_t max_size, unsigned *seed)
{
	uint8_t step[64];
	size_t from = step_at(data, size, seed), len = from < size ? step_len(data + from, size - from) : 0;

	if (len == 0 || len > sizeof(step))
		return size;
	memcpy(step, data + from, len);
	return put_in(data, size, max_size, step_at(data, size, seed), step, len);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	if (size == 0 || (LLVMFuzzerMutate && draw(&seed, 8) == 0))
		return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, max_size) : size;
	for (unsigned rounds = 1 + draw(&seed, 3); rounds; rounds--) {
		switch (draw(&seed, 4)) {
		case 0:
			size = take_out(data, size, step_at(data, size, &seed));
			break;
		case 1:
			size = put_again(data, size, max_size, &seed);
			break;
		default:
			size = put_new(data, size, max_size, &seed);
			break;
		}
	}
	return size;
}
