/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What takes long, and what is long, over USB: usb_long CARD-PROGRAM IMAGE LOG. A card over USB/IP, the
 * process that faces the host included, makes an RSA-4096 key for which the host waits (the card is stopped
 * meanwhile, until time has been asked for three times: how fast this computer is does not matter), and signs
 * with it; the longest response and the longest command cross in chains. LOG is where its stderr goes. Prints
 * TAP.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <openssl/bn.h>

#include "base/apdu.h"
#include "base/piv.h"
#include "base/sw.h"
#include "base/tlv.h"
#include "tests/lib/ccid_line.h"
#include "tests/lib/longest.h"
#include "tests/lib/usb_card.h"

#define MODULUS	      512u /* bytes of RSA-4096 */
#define TIMES	      3u
#define TEST_IDENTITY 0x12090001u
#define START_MS      120000

static struct ccid_line line = {.fd = -1};
static pid_t card_pid;
static unsigned tests, failures;

static bool tap(bool ok, const char *what)
{
	printf("%s %u - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
	return ok;
}

static bool connected(unsigned port)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	for (int ms = 0; ms < START_MS; ms += 10) {
		if (ccid_line_usbip(&line, port))
			return ccid_line_power_on(&line);
		if (waitpid(card_pid, NULL, WNOHANG) != 0)
			return false;
		nanosleep(&pause, NULL);
	}
	return false;
}

static bool transmit(void *ctx, struct cs_view command, struct cs_writer *response)
{
	(void)ctx;
	return ccid_line_exchange(&line, command, response);
}

/* ---- the key ---- */

static uint8_t raw[700], answer[1000];

static struct cs_view build(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	struct cs_writer w = CS_WRITER_OF(raw);
	struct cs_apdu cmd = {
	    .ins = ins, .p1 = p1, .p2 = p2, .data = body, .ne = CS_APDU_NE_MAX, .extended = true};

	return cs_apdu_build(&cmd, &w) == CS_OK ? cs_writer_view(&w) : CS_VIEW_EMPTY;
}

static struct cs_view good_data(const struct cs_writer *w)
{
	struct cs_response parsed;

	if (cs_response_parse(cs_writer_view(w), &parsed) != CS_OK || parsed.sw != CS_SW_OK)
		return CS_VIEW_EMPTY;
	return parsed.data;
}

static bool done(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body, struct cs_view *data)
{
	struct cs_writer w = CS_WRITER_OF(answer);
	bool came = ccid_line_exchange(&line, build(ins, p1, p2, body), &w);

	*data = came ? good_data(&w) : CS_VIEW_EMPTY;
	return came && w.len >= 2 && answer[w.len - 2] == 0x90 && answer[w.len - 1] == 0;
}

static bool logged_in(void)
{
	static const uint8_t aid[] = PIV_AID, pin[8] = {'1', '2', '3', '4', '5', '6', 0xFF, 0xFF};
	struct cs_view data;

	return done(ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid), &data) &&
	       done(ISO_INS_VERIFY, 0, PIV_REF_PIN, CS_VIEW_OF(pin), &data);
}

/* The card's process stands still, so that it is the one that faces the host that asks for time. */
static bool asked_for_time(void)
{
	bool asked = true;

	if (kill(card_pid, SIGSTOP) != 0)
		return false;
	while (asked && line.extensions < TIMES)
		asked = ccid_line_extended(&line);
	return kill(card_pid, SIGCONT) == 0 && asked;
}

/* The modulus, which stays; NULL: no key of that length was made. */
static const uint8_t *key_made(void)
{
	static const uint8_t body[] = {PIV_TAG_GENERATE, 3, PIV_TAG_ALGORITHM, 1, PIV_ALG_RSA4096};
	static uint8_t modulus[MODULUS];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_view key, n;

	if (!tap(ccid_line_send(&line,
				build(PIV_INS_GENERATE, 0, PIV_SLOT_AUTHENTICATION, CS_VIEW_OF(body))) &&
		     asked_for_time(),
		 "while an RSA-4096 key is made the host is asked for time, again and again"))
		return NULL;
	if (!ccid_line_receive(&line, &w) || cs_tlv_find(good_data(&w), PIV_TAG_PUBLIC_KEY, &key) != CS_OK ||
	    cs_tlv_find(key, PIV_TAG_RSA_MODULUS, &n) != CS_OK || n.len != MODULUS)
		return NULL;
	memcpy(modulus, n.ptr, MODULUS);
	return modulus;
}

/* signature^65537 mod n */
static bool opened(const uint8_t *modulus, const uint8_t *signature, uint8_t *block)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = BN_bin2bn(modulus, MODULUS, NULL), *s = BN_bin2bn(signature, MODULUS, NULL),
	       *e = BN_new(), *m = BN_new();
	bool ok = ctx && n && s && e && m && BN_set_word(e, 65537) && BN_mod_exp(m, s, e, n, ctx) &&
		  BN_bn2binpad(m, block, MODULUS) == MODULUS;

	BN_free(n);
	BN_free(s);
	BN_free(e);
	BN_free(m);
	BN_CTX_free(ctx);
	return ok;
}

static bool signature_good(const uint8_t *modulus)
{
	static uint8_t block[MODULUS] = {0, 1}, back[MODULUS];
	uint8_t body[2 + 4 + 2 + 4 + MODULUS];
	const uint8_t head[] = {PIV_TAG_AUTH_TEMPLATE,	0x82,
				(2 + 4 + MODULUS) >> 8, (2 + 4 + MODULUS) & 0xFF,
				PIV_TAG_AUTH_RESPONSE,	0,
				PIV_TAG_AUTH_CHALLENGE, 0x82,
				MODULUS >> 8,		MODULUS & 0xFF};
	struct cs_writer w = CS_WRITER_OF(body);
	struct cs_view data, found, signature;

	memset(block + 2, 0xFF, MODULUS - 2 - 33);
	block[MODULUS - 33] = 0;
	memset(block + MODULUS - 32, 0x5A, 32);
	cs_write_view(&w, CS_VIEW_OF(head));
	cs_write_view(&w, CS_VIEW_OF(block));
	return done(PIV_INS_AUTHENTICATE, PIV_ALG_RSA4096, PIV_SLOT_AUTHENTICATION, cs_writer_view(&w),
		    &data) &&
	       cs_tlv_find(data, PIV_TAG_AUTH_TEMPLATE, &found) == CS_OK &&
	       cs_tlv_find(found, PIV_TAG_AUTH_RESPONSE, &signature) == CS_OK && signature.len == MODULUS &&
	       opened(modulus, signature.ptr, back) && memcmp(back, block, MODULUS) == 0;
}

static void right(const char *wrong, const char *what)
{
	if (!tap(wrong == NULL, what))
		printf("# %s\n", wrong);
}

static void try_all(void)
{
	const uint8_t *modulus;

	if (!tap(logged_in(), "the PIN is verified"))
		return;
	modulus = key_made();
	printf("# asked for time %u times\n", line.extensions);
	if (tap(modulus != NULL, "and then told the public key"))
		tap(signature_good(modulus), "with which the card signs");
	right(longest_response(transmit, NULL), "the longest response, 33915 bytes, comes whole in a chain");
	right(longest_command(transmit, NULL),
	      "the longest command, 65542 bytes in a chain, is refused, and the card goes on");
}

static bool said(const char *log, const char *what)
{
	char line_read[256];
	bool found = false;
	FILE *f = fopen(log, "re");

	while (f && fgets(line_read, sizeof(line_read), f))
		found |= strstr(line_read, what) != NULL;
	if (f)
		(void)fclose(f);
	return found;
}

int main(int argc, char **argv)
{
	unsigned port = usb_card_port();
	int status = 0;

	if (argc != 4 || port == 0)
		return 2;
	card_pid = usb_card_start(
	    &(const struct usb_card){.program = argv[1], .image = argv[2], .port = port, .init = true});
	if (card_pid < 0)
		return 2;
	if (tap(connected(port),
		"a token is there over USB/IP, of this computer alone where no address is said")) {
		tap(line.identity == TEST_IDENTITY, "which is called 1209:0001 where no --usb-id is said");
		tap(said(argv[3], "USB 1209:0001 is for tests at one's own desk"),
		    "and warns that this is for tests");
		try_all();
	}
	ccid_line_close(&line);
	kill(card_pid, SIGTERM);
	waitpid(card_pid, &status, 0);
	tap(WIFEXITED(status) && WEXITSTATUS(status) == 0, "at last it ends when asked to");
	printf("1..%u\n", tests);
	return failures != 0;
}
