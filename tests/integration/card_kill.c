/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Kills a card at random moments of its work, and looks at what is left of its memory:
 *
 *   card_kill CARD-PROGRAM IMAGE SOCKET ROUNDS
 *
 * In each round the card is started on the image as the last round left it, looked over, and put to work: PIN
 * tries, HOTP codes, PUT DATA, key generation, over its socket; SIGKILL comes from a process of its own after
 * a random time. A model keeps, beside each value, what else it may be where a command was under way. Prints
 * TAP. At the end the living card gets garbage on its socket.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "base/apdu.h"
#include "base/oath.h"
#include "base/piv.h"
#include "base/sw.h"
#include "base/tlv.h"
#include "base/ykoath.h"
#include "tests/unit/base_hmac.h"
#include "tests/unit/random.h"

#define TRIES	   3u
#define OBJECT_MAX 1500u
#define POINT_LEN  65u
#define KILL_US	   40000u /* the latest moment, after the work has begun */

static const char *card_program, *card_image, *card_socket;
static struct test_random rng;

static uint32_t random_below(uint32_t limit)
{
	return (uint32_t)test_random_below(&rng, limit);
}

/* ---- TAP ---- */

static unsigned tests, failures;

static void tap(bool ok, const char *what)
{
	printf("%s %u - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
	fflush(stdout);
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	fputs("# ", stdout);
	vprintf(format, ap);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the card as a process ---- */

static pid_t card_pid;

static void card_spawn(bool init)
{
	card_pid = fork();
	if (card_pid < 0)
		die("fork");
	if (card_pid == 0) {
		execl(card_program, card_program, "--image", card_image, "--socket", card_socket,
		      init ? "--init" : (char *)NULL, "countersign", (char *)NULL);
		_exit(127);
	}
}

static void pause_us(long us)
{
	struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	nanosleep(&ts, NULL);
}

/* Connects as soon as the card listens. */
static int card_connect(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	snprintf(addr.sun_path, sizeof addr.sun_path, "%s", card_socket);
	for (int i = 0; i < 120000; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			die("socket");
		if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
			return fd;
		close(fd);
		if (waitpid(card_pid, NULL, WNOHANG) == card_pid)
			break;
		pause_us(1000);
	}
	die("the card does not come up");
	return -1;
}

/* A process that kills the card later, and then ends. */
static pid_t killer_spawn(void)
{
	long us = (long)random_below(KILL_US);
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		pause_us(us);
		kill(card_pid, SIGKILL);
		_exit(0);
	}
	return pid;
}

/* ---- commands: false where the connection broke ---- */

static uint8_t response[65536];
static struct cs_view data; /* of the last answer */
static uint16_t sw;

static bool send_all(int fd, const uint8_t *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		buf += n;
		len -= (size_t)n;
	}
	return true;
}

static bool receive_all(int fd, uint8_t *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = recv(fd, buf, len, 0);
		if (n <= 0)
			return false;
		buf += n;
		len -= (size_t)n;
	}
	return true;
}

static bool exchange(int fd, const uint8_t *frame, size_t len)
{
	uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};
	struct cs_response parsed;
	if (!send_all(fd, head, sizeof head) || !send_all(fd, frame, len) ||
	    !receive_all(fd, head, sizeof head))
		return false;
	size_t got = (size_t)head[0] << 8 | head[1];
	if (!receive_all(fd, response, got) || cs_response_parse(cs_view(response, got), &parsed) != CS_OK)
		return false;
	data = parsed.data;
	sw = parsed.sw;
	return true;
}

static bool command(int fd, uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	static uint8_t raw[4096];
	struct cs_writer w = CS_WRITER_OF(raw);
	struct cs_apdu cmd = {
	    .ins = ins, .p1 = p1, .p2 = p2, .data = body, .ne = CS_APDU_NE_MAX, .extended = true};
	if (cs_apdu_build(&cmd, &w) != CS_OK)
		die("APDU");
	struct cs_view built = cs_writer_view(&w);
	return exchange(fd, built.ptr, built.len);
}

static bool select_piv(int fd)
{
	static const uint8_t aid[] = PIV_AID;
	return command(fd, ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

static bool select_oath(int fd)
{
	static const uint8_t aid[] = YKOATH_AID;
	return command(fd, ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

/* The value of a path of two tags in the answer. */
static struct cs_view inner(uint32_t outer_tag, uint32_t tag)
{
	struct cs_view value = data, found;
	if (outer_tag && cs_tlv_find(value, outer_tag, &value) != CS_OK)
		return CS_VIEW_EMPTY;
	return cs_tlv_find(value, tag, &found) == CS_OK ? found : CS_VIEW_EMPTY;
}

/* ---- the model: what the card's memory may hold ---- */

static struct {
	unsigned tries;	     /* that the PIN had at the last answer */
	unsigned tries_mask; /* bit n: it may have n now */
	uint64_t counter;    /* the next one of the HOTP credential */
	uint64_t counter_max;
	uint32_t version; /* of the object */
	uint32_t version_max;
	uint8_t point[POINT_LEN]; /* the public key */
	bool generating;	  /* or another one by now */
} model;

/* What was found to be wrong, one line each, counted for the report. */
static struct {
	unsigned tries, counter, object, key, work;
} wrong;

static void tries_may_be(unsigned a, unsigned b, unsigned c)
{
	model.tries_mask = 1u << a | 1u << b | 1u << c;
}

static void tries_are(unsigned n)
{
	model.tries = n;
	tries_may_be(n, n, n);
}

static const uint8_t pin_right[] = {'1', '3', '5', '7', '9', '2', 0xFF, 0xFF};
static const uint8_t pin_wrong[] = {'2', '4', '6', '8', '0', '1', 0xFF, 0xFF};

static bool pin_verify_right(int fd)
{
	unsigned t = model.tries;
	tries_may_be(t, t - 1, TRIES);
	if (!select_piv(fd) || !command(fd, ISO_INS_VERIFY, 0, PIV_REF_PIN, CS_VIEW_OF(pin_right)))
		return false;
	wrong.work += sw != CS_SW_OK;
	tries_are(TRIES);
	return true;
}

static bool pin_verify_wrong(int fd)
{
	unsigned t = model.tries;
	tries_may_be(t, t - 1, t);
	if (!select_piv(fd) || !command(fd, ISO_INS_VERIFY, 0, PIV_REF_PIN, CS_VIEW_OF(pin_wrong)))
		return false;
	if (sw != (CS_SW_TRIES_LEFT | (t - 1)))
		wrong.tries++, note("a wrong PIN with %u tries left was answered by %04X", t, sw);
	tries_are(t - 1);
	return true;
}

static bool pin_unblock(int fd)
{
	uint8_t body[16] = "12345678";
	memcpy(body + 8, pin_right, 8);
	tries_may_be(model.tries, model.tries, TRIES);
	if (!select_piv(fd) || !command(fd, ISO_INS_RESET_RETRY_COUNTER, 0, PIV_REF_PIN, CS_VIEW_OF(body)))
		return false;
	wrong.work += sw != CS_SW_OK;
	tries_are(TRIES);
	return true;
}

/* ---- HOTP ---- */

static const uint8_t seed[20] = "12345678901234567890";

static uint32_t hotp_number(uint64_t counter)
{
	struct cs_hmac fn = {libcrypto_hmac, NULL};
	uint32_t number = 0;
	if (cs_hotp(&fn, CS_SHA1, CS_VIEW_OF(seed), counter, &number) != CS_OK)
		die("HMAC");
	return number;
}

static bool hotp_code(int fd)
{
	static const uint8_t body[] = {YKOATH_TAG_NAME, 4, 'k', 'i', 'l', 'l'};
	model.counter_max = model.counter + 1;
	if (!select_oath(fd) || !command(fd, YKOATH_INS_CALCULATE, 0, 1, CS_VIEW_OF(body)))
		return false;
	struct cs_reader r = cs_reader_of(inner(0, YKOATH_TAG_TRUNCATED_RESPONSE));
	(void)cs_read_u8(&r);
	uint32_t number = cs_read_u32(&r);
	if (number != hotp_number(model.counter))
		wrong.counter++,
		    note("the code is not that of counter %llu", (unsigned long long)model.counter);
	model.counter++;
	model.counter_max = model.counter;
	return true;
}

/* ---- object ---- */

/* What version n of the object is: as long and as filled as n says. */
static struct cs_view object_value(uint32_t version)
{
	static uint8_t value[OBJECT_MAX];
	size_t len = 4 + version * 977u % (OBJECT_MAX - 4);
	memset(value, (int)(version & 0xFF), len);
	struct cs_writer w = CS_WRITER_OF(value);
	cs_write_u32(&w, version);
	return cs_view(value, len);
}

static const uint8_t object_name[] = {PIV_TAG_TAG_LIST, 3, 0x5F, 0xC1, 0x0D};

static bool object_put(int fd)
{
	static uint8_t body[OBJECT_MAX + 20];
	struct cs_writer w = CS_WRITER_OF(body);
	cs_write_view(&w, CS_VIEW_OF(object_name));
	cs_tlv_write(&w, PIV_TAG_DATA, object_value(model.version + 1));
	if (!pin_verify_right(fd))
		return false;
	model.version_max = model.version + 1;
	if (!command(fd, PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_writer_view(&w)))
		return false;
	wrong.work += sw != CS_SW_OK;
	model.version++;
	return true;
}

/* ---- key ---- */

static bool key_generate(int fd)
{
	static const uint8_t body[] = {PIV_TAG_GENERATE, 3, PIV_TAG_ALGORITHM, 1, PIV_ALG_P256};
	if (!pin_verify_right(fd))
		return false;
	model.generating = true;
	if (!command(fd, PIV_INS_GENERATE, 0, PIV_SLOT_AUTHENTICATION, CS_VIEW_OF(body)))
		return false;
	struct cs_view point = inner(PIV_TAG_PUBLIC_KEY, PIV_TAG_EC_POINT);
	wrong.work += point.len != POINT_LEN;
	if (point.len == POINT_LEN)
		memcpy(model.point, point.ptr, POINT_LEN);
	model.generating = false;
	return true;
}

static bool signature_is_good(const uint8_t point[POINT_LEN], const uint8_t digest[32],
			      struct cs_view signature)
{
	uint8_t der[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
			 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
			 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, [26 + POINT_LEN - 1] = 0};
	memcpy(der + 26, point, POINT_LEN);
	const uint8_t *p = der;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, sizeof der);
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	bool good = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
		    EVP_PKEY_verify(ctx, signature.ptr, signature.len, digest, 32) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}

/* ---- the looking over after each start: the card is not killed then ---- */

static void must(bool alive, const char *what)
{
	if (!alive)
		die(what);
}

static void check_tries(int fd)
{
	must(select_piv(fd) && command(fd, ISO_INS_VERIFY, 0, PIV_REF_PIN, CS_VIEW_EMPTY), "PIN status");
	unsigned left = sw == CS_SW_BLOCKED ? 0 : sw & 0x0Fu;
	if (!(model.tries_mask >> left & 1))
		wrong.tries++, note("the PIN has %u tries, and may have (bits) %x", left, model.tries_mask);
	tries_are(left);
	if (left == 0)
		must(pin_unblock(fd), "unblock");
}

static void check_counter(int fd)
{
	static const uint8_t body[] = {YKOATH_TAG_NAME, 4, 'k', 'i', 'l', 'l'};
	must(select_oath(fd) && command(fd, YKOATH_INS_CALCULATE, 0, 1, CS_VIEW_OF(body)), "code");
	struct cs_reader r = cs_reader_of(inner(0, YKOATH_TAG_TRUNCATED_RESPONSE));
	(void)cs_read_u8(&r);
	uint32_t number = cs_read_u32(&r);
	uint64_t counter = model.counter;
	while (counter < model.counter_max && number != hotp_number(counter))
		counter++;
	if (number != hotp_number(counter))
		wrong.counter++,
		    note("the code is none of counters %llu to %llu", (unsigned long long)model.counter,
			 (unsigned long long)model.counter_max);
	model.counter = model.counter_max = counter + 1;
}

static void check_object(int fd)
{
	must(select_piv(fd) && command(fd, PIV_INS_GET_DATA, 0x3F, 0xFF, CS_VIEW_OF(object_name)), "object");
	struct cs_view value = inner(0, PIV_TAG_DATA);
	uint32_t version = model.version;
	while (version < model.version_max && !cs_view_equal(value, object_value(version)))
		version++;
	if (!cs_view_equal(value, object_value(version)))
		wrong.object++,
		    note("the object is neither version %u nor %u", model.version, model.version_max);
	model.version = model.version_max = version;
}

static void check_key(int fd)
{
	uint8_t body[] = {
	    PIV_TAG_AUTH_TEMPLATE, 36, PIV_TAG_AUTH_RESPONSE, 0, PIV_TAG_AUTH_CHALLENGE, 32, [37] = 0};
	for (size_t i = 6; i < sizeof body; i++)
		body[i] = (uint8_t)random_below(256);
	must(pin_verify_right(fd), "PIN");
	must(command(fd, PIV_INS_GET_METADATA, 0, PIV_SLOT_AUTHENTICATION, CS_VIEW_EMPTY), "metadata");
	struct cs_view point = inner(PIV_META_PUBLIC_KEY, PIV_TAG_EC_POINT);
	bool known = point.len == POINT_LEN && memcmp(point.ptr, model.point, POINT_LEN) == 0;
	if (point.len != POINT_LEN || (!known && !model.generating)) {
		wrong.key++, note("the key is not the one that was generated");
		return;
	}
	memcpy(model.point, point.ptr, POINT_LEN);
	model.generating = false;
	must(command(fd, PIV_INS_AUTHENTICATE, PIV_ALG_P256, PIV_SLOT_AUTHENTICATION, CS_VIEW_OF(body)),
	     "signature");
	if (!signature_is_good(model.point, body + 6, inner(PIV_TAG_AUTH_TEMPLATE, PIV_TAG_AUTH_RESPONSE)))
		wrong.key++, note("the key does not sign for its public key");
}

static void check_all(void)
{
	int fd = card_connect();
	check_tries(fd);
	check_counter(fd);
	check_object(fd);
	check_key(fd);
	close(fd);
}

/* ---- work, until the card dies ---- */

typedef bool work_fn(int fd);
static work_fn *const works[] = {pin_verify_right, pin_verify_wrong, hotp_code, object_put, key_generate};
#define WORKS (sizeof works / sizeof works[0])

static unsigned done[WORKS], cut[WORKS];

static void work(void)
{
	int fd = card_connect();
	pid_t killer = killer_spawn();
	size_t i;
	do {
		i = random_below(WORKS);
		if (model.tries == 0 && !pin_unblock(fd))
			break;
	} while (works[i](fd) && ++done[i]);
	cut[i]++;
	close(fd);
	int status;
	waitpid(killer, NULL, 0);
	if (waitpid(card_pid, &status, 0) != card_pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		die("the card ended by itself");
}

/* A new card, with all that the work changes. */
static void prepare(void)
{
	static const uint8_t credential[] = {YKOATH_TAG_NAME,
					     4,
					     'k',
					     'i',
					     'l',
					     'l',
					     YKOATH_TAG_KEY,
					     22,
					     YKOATH_TYPE_HOTP | YKOATH_HASH_SHA1,
					     6};
	uint8_t body[sizeof credential + sizeof seed];
	memcpy(body, credential, sizeof credential);
	memcpy(body + sizeof credential, seed, sizeof seed);
	card_spawn(true);
	int fd = card_connect();
	model.tries = TRIES;
	must(pin_unblock(fd) && object_put(fd) && key_generate(fd), "the new card");
	must(select_oath(fd) && command(fd, YKOATH_INS_PUT, 0, 0, CS_VIEW_OF(body)) && sw == CS_SW_OK,
	     "credential");
	if (wrong.work)
		die("the new card refuses to work");
	close(fd);
	kill(card_pid, SIGKILL);
	waitpid(card_pid, NULL, 0);
}

/* ---- garbage ---- */

static void garbage_send(int fd)
{
	uint8_t buf[600];
	size_t len = random_below(sizeof buf);
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)random_below(256);
	if (len >= 2 && random_below(2)) { /* a frame that is well made, of nonsense */
		buf[0] = (uint8_t)((len - 2) >> 8);
		buf[1] = (uint8_t)(len - 2);
	}
	(void)send_all(fd, buf, len);
}

/* 1000 clients that send nonsense and leave, some of them later: the card serves on. */
static void garbage(void)
{
	int waiting[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
	bool alive = true;
	for (int i = 0; i < 1000 && alive; i++) {
		int *slot = &waiting[random_below(8)];
		if (*slot >= 0)
			close(*slot);
		*slot = card_connect();
		garbage_send(*slot);
		if (i % 50 == 0) {
			/* Nonsense may have held the card (control byte 10): its sender has to go first. */
			for (size_t k = 0; k < 8; k++) {
				if (waiting[k] >= 0)
					close(waiting[k]);
				waiting[k] = -1;
			}
			int fd = card_connect();
			alive = select_piv(fd) && sw == CS_SW_OK;
			close(fd);
		}
	}
	for (size_t k = 0; k < 8; k++)
		if (waiting[k] >= 0)
			close(waiting[k]);
	tap(alive && waitpid(card_pid, NULL, WNOHANG) == 0,
	    "garbage from 1000 clients leaves the card at work");
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	card_program = argv[1];
	card_image = argv[2];
	card_socket = argv[3];
	unsigned rounds = (unsigned)strtoul(argv[4], NULL, 10);
	rng = test_random_start();
	prepare();
	for (unsigned i = 0; i < rounds; i++) {
		card_spawn(false);
		check_all();
		work();
	}
	card_spawn(false);
	check_all();
	note("%u rounds; done/cut: PIN right %u/%u, PIN wrong %u/%u, HOTP %u/%u, PUT DATA %u/%u, GENERATE "
	     "%u/%u",
	     rounds, done[0], cut[0], done[1], cut[1], done[2], cut[2], done[3], cut[3], done[4], cut[4]);
	tap(wrong.tries == 0, "a try of the PIN that was spent never comes back");
	tap(wrong.counter == 0, "an HOTP counter never goes back");
	tap(wrong.object == 0, "an object is the old one or the new one");
	tap(wrong.key == 0, "a key is the old one or the new one, and signs for its public key");
	tap(wrong.work == 0, "no command was refused");
	garbage();
	kill(card_pid, SIGTERM);
	int status = -1;
	waitpid(card_pid, &status, 0);
	tap(WIFEXITED(status) && WEXITSTATUS(status) == 0, "SIGTERM ends the card with status 0");
	printf("1..%u\n", tests);
	return failures != 0;
}
