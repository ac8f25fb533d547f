/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the card makes of libcrypto's speed:
 *
 *	bench_card SOCKET
 *
 * Each private operation of each algorithm is done by libcrypto alone, by the card core in this process, over
 * the Unix socket of a countersign-card by one client, and by CLIENTS at once; in turns, so that a busy
 * machine is busy for all. The best of the passes counts: what disturbs only ever slows. Prints one JSON
 * object of figures.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "applet/card_private.h"
#include "applet/port/crypto_openssl.h"
#include "applet/port/flash_ram.h"
#include "base/sw.h"
#include "base/tlv.h"

#define CLIENTS	     4u
#define PASSES	     5u
#define PASS_SECONDS 0.12
#define SLOT	     PIV_SLOT_AUTHENTICATION
#define INPUT_MAX    1600u

enum use { SIGN, DECRYPT, MESSAGE, AGREE, DECAPSULATE };

static const struct row {
	const char *figure;
	enum piv_alg alg;
	enum use use;
	const char *type, *group; /* libcrypto's */
	size_t input_len;	  /* of what the card is given */
} rows[] = {
    {"p256_sign", PIV_ALG_P256, SIGN, "EC", "P-256", 32},
    {"p384_sign", PIV_ALG_P384, SIGN, "EC", "P-384", 48},
    {"p521_sign", PIV_ALG_P521, SIGN, "EC", "P-521", 64},
    {"sm2_sign", PIV_ALG_SM2, SIGN, "SM2", "SM2", 32},
    {"rsa2048_sign", PIV_ALG_RSA2048, DECRYPT, "RSA", NULL, 256},
    {"rsa3072_sign", PIV_ALG_RSA3072, DECRYPT, "RSA", NULL, 384},
    {"rsa4096_sign", PIV_ALG_RSA4096, DECRYPT, "RSA", NULL, 512},
    {"ed25519_sign", PIV_ALG_ED25519, MESSAGE, "ED25519", NULL, 100},
    {"mldsa44_sign", PIV_ALG_MLDSA44, MESSAGE, "ML-DSA-44", NULL, 100},
    {"mldsa65_sign", PIV_ALG_MLDSA65, MESSAGE, "ML-DSA-65", NULL, 100},
    {"mldsa87_sign", PIV_ALG_MLDSA87, MESSAGE, "ML-DSA-87", NULL, 100},
    {"p256_agree", PIV_ALG_P256, AGREE, "EC", "P-256", 65},
    {"p384_agree", PIV_ALG_P384, AGREE, "EC", "P-384", 97},
    {"p521_agree", PIV_ALG_P521, AGREE, "EC", "P-521", 133},
    {"x25519_agree", PIV_ALG_X25519, AGREE, "X25519", NULL, 32},
    {"mlkem512_decapsulate", PIV_ALG_MLKEM512, DECAPSULATE, "ML-KEM-512", NULL, 768},
    {"mlkem768_decapsulate", PIV_ALG_MLKEM768, DECAPSULATE, "ML-KEM-768", NULL, 1088},
    {"mlkem1024_decapsulate", PIV_ALG_MLKEM1024, DECAPSULATE, "ML-KEM-1024", NULL, 1568},
};

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "bench_card: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- who does it ---- */

/* The same command for whoever is given it. */
struct runner {
	void (*once)(struct runner *r);
	struct cs_view command; /* card */
	struct card *card;	/* core */
	int fd;			/* socket */
	EVP_PKEY *key, *peer;	/* libcrypto */
	EVP_PKEY_CTX *ctx;
	const struct row *row;
	uint8_t input[INPUT_MAX];
	size_t input_len;
};

static uint8_t reply[CARD_RESPONSE_MAX];

/* The answer's status word has to be 9000. */
static void check_answer(const uint8_t *answer, size_t len)
{
	if (len < 2 || answer[len - 2] != 0x90 || answer[len - 1] != 0x00) {
		(void)fprintf(stderr, "bench_card: the card answers %02X%02X\n", answer[len - 2],
			      answer[len - 1]);
		exit(1);
	}
}

static void once_core(struct runner *r)
{
	struct cs_writer w = CS_WRITER_OF(reply);

	card_transmit(r->card, r->command, &w);
	check_answer(reply, cs_writer_view(&w).len);
}

static void receive(int fd, uint8_t *to, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = recv(fd, to + got, len - got, 0);

		if (n <= 0)
			fail("the card's socket was closed");
		got += (size_t)n;
	}
}

/* PROTOCOL, section 8: two bytes of length, and the APDU. */
static size_t exchange(int fd, struct cs_view command, uint8_t *answer)
{
	uint8_t frame[2 + CARD_COMMAND_MAX], head[2];
	size_t len;

	frame[0] = (uint8_t)(command.len >> 8);
	frame[1] = (uint8_t)command.len;
	memcpy(frame + 2, command.ptr, command.len);
	if (send(fd, frame, 2 + command.len, MSG_NOSIGNAL) != (ssize_t)(2 + command.len))
		fail("the card's socket takes no command");
	receive(fd, head, sizeof(head));
	len = (size_t)head[0] << 8 | head[1];
	receive(fd, answer, len);
	return len;
}

static void once_socket(struct runner *r)
{
	uint8_t answer[8192];

	check_answer(answer, exchange(r->fd, r->command, answer));
}

static void once_libcrypto(struct runner *r)
{
	uint8_t out[8192];
	size_t len = sizeof(out);
	EVP_MD_CTX *md;
	bool ok = false;

	switch (r->row->use) {
	case SIGN:
	case DECRYPT:
		ok = EVP_PKEY_sign(r->ctx, out, &len, r->input, r->input_len) == 1;
		break;
	case MESSAGE:
		md = EVP_MD_CTX_new();
		ok = EVP_DigestSignInit_ex(md, NULL, NULL, NULL, NULL, r->key, NULL) == 1 &&
		     EVP_DigestSign(md, out, &len, r->input, r->input_len) == 1;
		EVP_MD_CTX_free(md);
		break;
	case AGREE:
		ok =
		    EVP_PKEY_derive_set_peer(r->ctx, r->peer) == 1 && EVP_PKEY_derive(r->ctx, out, &len) == 1;
		break;
	case DECAPSULATE:
		ok = EVP_PKEY_decapsulate(r->ctx, out, &len, r->input, r->input_len) == 1;
		break;
	}
	if (!ok)
		fail("libcrypto refuses");
}

static double seconds_of(clockid_t clock)
{
	struct timespec t = {0};

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The operations of one pass, and its seconds by the wall's clock. */
static unsigned pass(struct runner *r, double *seconds)
{
	double start = now(), end = start;
	unsigned done = 0;

	for (; end - start < PASS_SECONDS; end = now()) {
		for (unsigned i = 0; i < 8; i++)
			r->once(r);
		done += 8;
	}
	*seconds = end - start;
	return done;
}

static double measure(struct runner *r, clockid_t clock, double *wait)
{
	double start = seconds_of(clock), seconds;
	unsigned done = pass(r, &seconds);

	if (wait)
		*wait = *wait == 0 || seconds / done < *wait ? seconds / done : *wait;
	return done / (seconds_of(clock) - start);
}

struct job {
	pthread_t thread;
	struct runner *runner;
	unsigned done;
};

static void *job_run(void *arg)
{
	struct job *job = arg;
	double seconds;

	job->done = pass(job->runner, &seconds);
	return NULL;
}

static double measure_all(struct runner *runners, clockid_t clock)
{
	struct job jobs[CLIENTS];
	double start = seconds_of(clock);
	unsigned done = 0;

	for (unsigned i = 0; i < CLIENTS; i++) {
		jobs[i].runner = &runners[i];
		if (pthread_create(&jobs[i].thread, NULL, job_run, &jobs[i]) != 0)
			fail("no thread");
	}
	for (unsigned i = 0; i < CLIENTS; i++) {
		(void)pthread_join(jobs[i].thread, NULL);
		done += jobs[i].done;
	}
	return done / (seconds_of(clock) - start);
}

/* ---- the cards ---- */

typedef size_t card_send(void *to, struct cs_view command, uint8_t *answer);

static size_t send_core(void *to, struct cs_view command, uint8_t *answer)
{
	struct cs_writer w = cs_writer_of(answer, CARD_RESPONSE_MAX);

	card_transmit(to, command, &w);
	return cs_writer_view(&w).len;
}

static size_t send_socket(void *to, struct cs_view command, uint8_t *answer)
{
	return exchange(*(int *)to, command, answer);
}

static struct cs_view command_of(struct cs_apdu apdu, uint8_t *buf, size_t cap)
{
	struct cs_writer w = cs_writer_of(buf, cap);

	apdu.ne = CS_APDU_NE_MAX;
	apdu.extended = true;
	if (cs_apdu_build(&apdu, &w) != CS_OK)
		fail("a command cannot be built");
	return cs_writer_view(&w);
}

/* Selects PIV and proves the factory's management key. */
static void prepare(card_send *sender, void *to, const struct crypto *crypto)
{
	static const uint8_t aid[] = {0xA0, 0x00, 0x00, 0x03, 0x08}, ask[] = {0x7C, 0x02, 0x81, 0x00};
	static const uint8_t key[24] = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
					5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t buf[64], answer[12] = {0x7C, 0x0A, 0x82, 0x08};
	struct cs_apdu apdu = {.ins = ISO_INS_SELECT, .p1 = 4, .data = CS_VIEW_OF(aid)};

	check_answer(reply, sender(to, command_of(apdu, buf, sizeof(buf)), reply));
	apdu = (struct cs_apdu){.ins = PIV_INS_AUTHENTICATE,
				.p1 = PIV_ALG_3DES,
				.p2 = PIV_SLOT_MANAGEMENT,
				.data = CS_VIEW_OF(ask)};
	check_answer(reply, sender(to, command_of(apdu, buf, sizeof(buf)), reply));
	if (crypto->block(crypto->ctx, PIV_ALG_3DES, true, CS_VIEW_OF(key), reply + 4, answer + 4) != CS_OK)
		fail("no 3DES");
	apdu.data = CS_VIEW_OF(answer);
	check_answer(reply, sender(to, command_of(apdu, buf, sizeof(buf)), reply));
}

static void generate(card_send *sender, void *to, enum piv_alg alg)
{
	const uint8_t data[] = {PIV_TAG_GENERATE,   6, PIV_TAG_ALGORITHM, 1, (uint8_t)alg,
				PIV_TAG_PIN_POLICY, 1, PIV_PIN_NEVER};
	const struct cs_apdu apdu = {.ins = PIV_INS_GENERATE, .p2 = SLOT, .data = CS_VIEW_OF(data)};
	uint8_t buf[64];

	check_answer(reply, sender(to, command_of(apdu, buf, sizeof(buf)), reply));
}

/* The operation as a command with this input. */
static struct cs_view operation(const struct row *row, struct cs_view input, uint8_t *buf, size_t cap)
{
	uint8_t data[INPUT_MAX + 16];
	struct cs_writer w = CS_WRITER_OF(data);
	size_t mark = cs_tlv_begin(&w, PIV_TAG_AUTH_TEMPLATE);
	struct cs_apdu apdu = {.ins = PIV_INS_AUTHENTICATE, .p1 = (uint8_t)row->alg, .p2 = SLOT};

	cs_tlv_write(&w, PIV_TAG_AUTH_RESPONSE, CS_VIEW_EMPTY);
	cs_tlv_write(&w, row->use == AGREE ? PIV_TAG_AUTH_EXPONENTIATION : PIV_TAG_AUTH_CHALLENGE, input);
	cs_tlv_end(&w, mark);
	apdu.data = cs_writer_view(&w);
	return command_of(apdu, buf, cap);
}

/* ---- libcrypto ---- */

static void public_of(EVP_PKEY *key, uint8_t *out, size_t len)
{
	size_t got = 0;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out, len, &got) != 1 || got != len)
		fail("a public key of another length");
}

static void libcrypto_prepare(struct runner *r)
{
	const struct row *row = r->row;
	size_t bits = 8 * row->input_len;

	r->key = row->use == DECRYPT ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits)
				     : EVP_PKEY_Q_keygen(NULL, NULL, row->type, row->group);
	r->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, r->key, NULL);
	if (row->use == SIGN || row->use == DECRYPT)
		(void)EVP_PKEY_sign_init(r->ctx);
	if (row->use == DECRYPT)
		(void)EVP_PKEY_CTX_set_rsa_padding(r->ctx, RSA_NO_PADDING);
	if (row->use == DECAPSULATE)
		(void)EVP_PKEY_decapsulate_init(r->ctx, NULL);
	memset(r->input, 0x01, row->input_len);
	r->input_len = row->input_len;
	if (row->use != AGREE)
		return;
	(void)EVP_PKEY_derive_init(r->ctx);
	r->peer = EVP_PKEY_Q_keygen(NULL, NULL, row->type, row->group);
	public_of(r->peer, r->input, row->input_len);
}

static bool known(const struct row *row)
{
	EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(NULL, row->type, NULL);

	EVP_KEYMGMT_free(keys);
	ERR_clear_error();
	return keys != NULL;
}

/* ---- one figure ---- */

static int dial(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(addr.sun_path))
		fail("the socket's path is too long");
	memcpy(addr.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0)
		fail("nobody listens on the socket");
	return fd;
}

static double better(double a, double b)
{
	return a > b ? a : b;
}

struct rates {
	double libcrypto, core, one, all;
	double wait; /* seconds */
};

/* The processor's clock of the process at the other end. */
static clockid_t clock_of(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	clockid_t clock;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 ||
	    clock_getcpuclockid(peer.pid, &clock) != 0)
		fail("the card's processor time cannot be read");
	return clock;
}

static struct rates measure_row(const struct row *row, struct card *card, const int fds[CLIENTS])
{
	uint8_t buf[INPUT_MAX + 32];
	struct runner alone = {.once = once_libcrypto, .row = row}, core = {.once = once_core, .card = card},
		      clients[CLIENTS];
	struct rates best = {0};

	libcrypto_prepare(&alone);
	core.command = operation(row, cs_view(alone.input, alone.input_len), buf, sizeof(buf));
	for (unsigned i = 0; i < CLIENTS; i++)
		clients[i] = (struct runner){.once = once_socket, .command = core.command, .fd = fds[i]};
	for (unsigned i = 0; i < PASSES; i++) {
		best.libcrypto = better(best.libcrypto, measure(&alone, CLOCK_THREAD_CPUTIME_ID, NULL));
		best.core = better(best.core, measure(&core, CLOCK_THREAD_CPUTIME_ID, NULL));
		best.one = better(best.one, measure(&clients[0], clock_of(fds[0]), &best.wait));
		best.all = better(best.all, measure_all(clients, clock_of(fds[0])));
	}
	EVP_PKEY_CTX_free(alone.ctx);
	EVP_PKEY_free(alone.key);
	EVP_PKEY_free(alone.peer);
	return best;
}

static void print_row(const struct row *row, struct rates r, bool first)
{
	printf("%s\"card_%s\":{\"value\":%.0f,\"unit\":\"1/s\",\"beside\":{\"libcrypto\":%.0f,"
	       "\"percent\":%.0f,\"core\":%.0f,\"one client\":%.0f,\"its wait, us\":%.0f}}",
	       first ? "{" : ",", row->figure, r.all, r.libcrypto, 100 * r.all / r.libcrypto, r.core, r.one,
	       1e6 * r.wait);
	(void)fprintf(stderr,
		      "%-21s libcrypto %7.0f/s; core %3.0f %%; socket %3.0f %%, of one client %3.0f %%, who "
		      "waits %5.0f us\n",
		      row->figure, r.libcrypto, 100 * r.core / r.libcrypto, 100 * r.all / r.libcrypto,
		      100 * r.one / r.libcrypto, 1e6 * r.wait);
}

static uint64_t clock_ms(void *ctx)
{
	(void)ctx;
	return (uint64_t)(1000 * now());
}

int main(int argc, char **argv)
{
	static struct card card;
	struct crypto crypto;
	struct platform platform = {.monotonic_ms = clock_ms, .serial = 1};
	struct flash_ram *flash = flash_ram_new(4096, 256, 8);
	const struct card_ports ports = {
	    .platform = &platform, .crypto = &crypto, .flash = flash_ram_flash(flash)};
	int fds[CLIENTS];
	bool first = true;

	if (argc != 2)
		fail("usage: bench_card SOCKET");
	if (crypto_openssl_init(&crypto) != CS_OK || card_open(&card, &ports, CSGN_PROFILE_PIV) != CS_OK)
		fail("no card");
	for (unsigned i = 0; i < CLIENTS; i++)
		fds[i] = dial(argv[1]);
	prepare(send_core, &card, &crypto);
	prepare(send_socket, &fds[0], &crypto);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!known(&rows[i]))
			continue;
		generate(send_core, &card, rows[i].alg);
		generate(send_socket, &fds[0], rows[i].alg);
		print_row(&rows[i], measure_row(&rows[i], &card, fds), first);
		first = false;
	}
	puts("}");
	card_close(&card);
	flash_ram_free(flash);
	crypto_openssl_free(&crypto);
	return 0;
}
