/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pulls a USB token in the middle of each kind of command, and looks at what is left:
 *
 *   usb_pull CARD-PROGRAM IMAGE ROUNDS usbip          over USB/IP, on this computer
 *   usb_pull CARD-PROGRAM IMAGE ROUNDS gadget UDC     on a device port that countersign-gadget has set up
 *
 * In each round a command of the table runs once to its end, which says how long it takes, and then again and
 * again until the token is pulled, at a random time: the plug (the card goes on), the whole token (SIGKILL),
 * or the process that faces the host (SIGKILL, upon which the card ends by itself). A model keeps, beside
 * each value, what else it may be where a command was under way. Prints TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/apdu.h"
#include "base/oath.h"
#include "base/piv.h"
#include "base/sw.h"
#include "base/tlv.h"
#include "base/ykoath.h"
#include "tests/lib/ccid_line.h"
#include "tests/lib/process_child.h"
#include "tests/lib/usb_card.h"
#include "tests/unit/base_hmac.h"
#include "tests/unit/random.h"

#define TRIES	   3u
#define OBJECT_MAX 1500u
#define POINT_LEN  65u
#define PRODUCT	   "2702" /* the guest's */
#define PLUG_MS	   120000 /* for a token to be there */
#define GADGETS	   "/sys/kernel/config/usb_gadget/countersign-"

static const char *card_program, *card_image, *udc; /* udc NULL: USB/IP */
static unsigned port;
static pid_t card_pid;
static struct ccid_line line = {.fd = -1};
static struct test_random rng;

static unsigned tests, failures;

static void tap(bool ok, const char *what)
{
	printf("%s %u - %s\n", ok ? "ok" : "not ok", ++tests, what);
	failures += !ok;
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void pause_us(uint64_t us)
{
	struct timespec ts = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};

	nanosleep(&ts, NULL);
}

/* ---- the token ---- */

static void udc_write(const char *text)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), GADGETS "%s/UDC", udc);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, strlen(text)) < 0 && errno != EBUSY)
		die("UDC");
	close(fd);
}

static void card_start(bool init)
{
	card_pid = usb_card_start(card_program, card_image, udc, port, init);
	if (card_pid < 0)
		die("fork");
}

/* As soon as the token is there. */
static void connect_token(void)
{
	ccid_line_close(&line);
	for (int ms = 0; ms < PLUG_MS; ms += 2) {
		if ((udc ? ccid_line_usbfs(&line, PRODUCT) : ccid_line_usbip(&line, port)) &&
		    ccid_line_power_on(&line))
			return;
		ccid_line_close(
		    &line); /* none, or the one that was pulled, of which the host does not know */
		/* The process that faced the host ends with the card, a little later, and has its place until
		 * then. */
		if (ms % 100 == 0 && waitpid(card_pid, NULL, WNOHANG) == card_pid)
			card_start(false);
		pause_us(2000);
	}
	die("the token does not come up");
}

/* ---- commands ---- */

static uint8_t response[4000];
static struct cs_view data; /* of the last answer */
static uint16_t sw;
static uint8_t last_ins;

static bool command(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	static uint8_t raw[2500];
	struct cs_writer w = CS_WRITER_OF(raw), answer = CS_WRITER_OF(response);
	struct cs_apdu cmd = {
	    .ins = ins, .p1 = p1, .p2 = p2, .data = body, .ne = CS_APDU_NE_MAX, .extended = true};
	struct cs_response parsed;

	if (cs_apdu_build(&cmd, &w) != CS_OK)
		die("APDU");
	if (!ccid_line_exchange(&line, cs_writer_view(&w), &answer) ||
	    cs_response_parse(cs_writer_view(&answer), &parsed) != CS_OK)
		return false;
	data = parsed.data;
	sw = parsed.sw;
	last_ins = ins;
	return true;
}

static bool select_piv(void)
{
	static const uint8_t aid[] = PIV_AID;

	return command(ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

static bool select_oath(void)
{
	static const uint8_t aid[] = YKOATH_AID;

	return command(ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid));
}

/* The value of a path of tags in the answer. */
static struct cs_view inner(uint32_t outer_tag, uint32_t tag)
{
	struct cs_view value = data, found;

	if (outer_tag && cs_tlv_find(value, outer_tag, &value) != CS_OK)
		return CS_VIEW_EMPTY;
	return cs_tlv_find(value, tag, &found) == CS_OK ? found : CS_VIEW_EMPTY;
}

/* ---- the model: what the card may hold ---- */

/* A PIN: which of the two it is, and how many tries it has: at the last answer, and (bit n: n) now. */
struct secret {
	uint8_t reference;
	unsigned which, which_maybe, tries, tries_maybe;
};

static struct {
	struct secret pin, puk;
	uint64_t counter, counter_max; /* of the HOTP credential, the next one */
	uint32_t version, version_max; /* of the object */
	uint8_t point[POINT_LEN];      /* the public key */
	bool generating;	       /* or another one by now */
	unsigned name, name_maybe;     /* the second credential's: bit 0 none, bits 1 and 2 one of two */
} model = {.pin = {.reference = PIV_REF_PIN}, .puk = {.reference = PIV_REF_PUK}};

static struct {
	unsigned tries, counter, store, refused;
} wrong;

static bool expect(bool answered, unsigned want)
{
	if (answered && sw != want)
		printf("# %02X answered %04X, not %04X\n", last_ins, sw, want), wrong.refused++;
	return answered;
}

static const uint8_t pins[2][8] = {{'1', '3', '5', '7', '9', '2', 0xFF, 0xFF},
				   {'4', '0', '7', '1', '8', '2', '6', '3'}};
static const uint8_t puks[2][8] = {{'3', '1', '4', '1', '5', '9', '2', '6'},
				   {'5', '0', '2', '9', '3', '8', '4', '7'}};

static const uint8_t *value_of(const struct secret *s, unsigned which)
{
	return s->reference == PIV_REF_PIN ? pins[which] : puks[which];
}

/* A right one is being compared: its try is spent, and comes back. */
static void compared(struct secret *s)
{
	s->tries_maybe |= 1u << s->tries | 1u << (s->tries - 1) | 1u << TRIES;
}

static void settled(struct secret *s, unsigned tries)
{
	s->tries = tries;
	s->tries_maybe = 1u << tries;
	s->which_maybe = 1u << s->which;
}

static bool verify(void)
{
	compared(&model.pin);
	if (!select_piv() ||
	    !expect(command(ISO_INS_VERIFY, 0, PIV_REF_PIN, cs_view(pins[model.pin.which], 8)), CS_SW_OK))
		return false;
	settled(&model.pin, TRIES);
	return true;
}

static bool unblock_with(unsigned puk)
{
	uint8_t body[16];

	memcpy(body, puks[puk], 8);
	memcpy(body + 8, pins[model.pin.which], 8);
	return command(ISO_INS_RESET_RETRY_COUNTER, 0, PIV_REF_PIN, CS_VIEW_OF(body));
}

static bool unblock(void)
{
	compared(&model.puk);
	model.pin.tries_maybe |= 1u << TRIES;
	if (!select_piv() || !expect(unblock_with(model.puk.which), CS_SW_OK))
		return false;
	settled(&model.puk, TRIES);
	settled(&model.pin, TRIES);
	return true;
}

static bool verify_wrong(void)
{
	struct secret *s = &model.pin;

	if (s->tries == 1 && !unblock())
		return false;
	s->tries_maybe |= 1u << (s->tries - 1);
	if (!select_piv() || !expect(command(ISO_INS_VERIFY, 0, PIV_REF_PIN, cs_view(pins[!s->which], 8)),
				     CS_SW_TRIES_LEFT | (s->tries - 1)))
		return false;
	settled(s, s->tries - 1);
	return true;
}

/* With one try left the right PUK, pulled, would leave none. */
static bool puk_wrong(void)
{
	struct secret *s = &model.puk;

	if (s->tries == 2 && !unblock())
		return false;
	s->tries_maybe |= 1u << (s->tries - 1);
	if (!select_piv() || !expect(unblock_with(!s->which), CS_SW_TRIES_LEFT | (s->tries - 1)))
		return false;
	settled(s, s->tries - 1);
	return true;
}

static bool change(struct secret *s)
{
	uint8_t body[16];

	memcpy(body, value_of(s, s->which), 8);
	memcpy(body + 8, value_of(s, !s->which), 8);
	compared(s);
	s->which_maybe = 3;
	if (!select_piv() ||
	    !expect(command(ISO_INS_CHANGE_REFERENCE_DATA, 0, s->reference, CS_VIEW_OF(body)), CS_SW_OK))
		return false;
	s->which = !s->which;
	settled(s, TRIES);
	return true;
}

static bool change_pin(void)
{
	return change(&model.pin);
}

static bool change_puk(void)
{
	return change(&model.puk);
}

/* ---- objects and keys ---- */

static struct cs_view object_value(uint32_t version)
{
	static uint8_t value[OBJECT_MAX];
	size_t len = 4 + version * 977u % (OBJECT_MAX - 4);
	struct cs_writer w = CS_WRITER_OF(value);

	memset(value, (int)(version & 0xFF), len);
	cs_write_u32(&w, version);
	return cs_view(value, len);
}

static const uint8_t object_name[] = {PIV_TAG_TAG_LIST, 3, 0x5F, 0xC1, 0x0D};

static bool put_data(void)
{
	static uint8_t body[OBJECT_MAX + 20];
	struct cs_writer w = CS_WRITER_OF(body);

	cs_write_view(&w, CS_VIEW_OF(object_name));
	cs_tlv_write(&w, PIV_TAG_DATA, object_value(model.version + 1));
	if (!verify())
		return false;
	model.version_max = model.version + 1;
	if (!expect(command(PIV_INS_PUT_DATA, 0x3F, 0xFF, cs_writer_view(&w)), CS_SW_OK))
		return false;
	model.version = model.version_max;
	return true;
}

static bool get_data(void)
{
	return select_piv() &&
	       expect(command(PIV_INS_GET_DATA, 0x3F, 0xFF, CS_VIEW_OF(object_name)), CS_SW_OK);
}

static bool generate(void)
{
	static const uint8_t body[] = {PIV_TAG_GENERATE, 3, PIV_TAG_ALGORITHM, 1, PIV_ALG_P256};
	struct cs_view point;

	if (!verify())
		return false;
	model.generating = true;
	if (!expect(command(PIV_INS_GENERATE, 0, PIV_SLOT_AUTHENTICATION, CS_VIEW_OF(body)), CS_SW_OK))
		return false;
	point = inner(PIV_TAG_PUBLIC_KEY, PIV_TAG_EC_POINT);
	if (point.len == POINT_LEN)
		memcpy(model.point, point.ptr, POINT_LEN);
	model.generating = false;
	return true;
}

static bool sign(void)
{
	uint8_t body[38] = {PIV_TAG_AUTH_TEMPLATE, 36, PIV_TAG_AUTH_RESPONSE, 0, PIV_TAG_AUTH_CHALLENGE, 32};

	test_random_fill(&rng, body + 6, 32);
	return verify() &&
	       expect(command(PIV_INS_AUTHENTICATE, PIV_ALG_P256, PIV_SLOT_AUTHENTICATION, CS_VIEW_OF(body)),
		      CS_SW_OK);
}

static bool agree(void)
{
	static uint8_t body[4 + 2 + POINT_LEN] = {PIV_TAG_AUTH_TEMPLATE,       4 + POINT_LEN,
						  PIV_TAG_AUTH_RESPONSE,       0,
						  PIV_TAG_AUTH_EXPONENTIATION, POINT_LEN};

	memcpy(body + 6, model.point, POINT_LEN);
	return verify() &&
	       expect(command(PIV_INS_AUTHENTICATE, PIV_ALG_P256, PIV_SLOT_AUTHENTICATION, CS_VIEW_OF(body)),
		      CS_SW_OK);
}

static bool metadata(void)
{
	return select_piv() &&
	       expect(command(PIV_INS_GET_METADATA, 0, PIV_SLOT_AUTHENTICATION, CS_VIEW_EMPTY), CS_SW_OK);
}

static bool attest(void)
{
	return select_piv() &&
	       expect(command(PIV_INS_ATTEST, PIV_SLOT_AUTHENTICATION, 0, CS_VIEW_EMPTY), CS_SW_OK);
}

/* ---- OATH ---- */

static const uint8_t seed[20] = "12345678901234567890";
static const uint8_t hotp_name[] = {YKOATH_TAG_NAME, 4, 'k', 'i', 'l', 'l'};
static const uint8_t names[3][5] = {
    {0}, {YKOATH_TAG_NAME, 3, 'o', 'n', 'e'}, {YKOATH_TAG_NAME, 3, 't', 'w', 'o'}};

static uint32_t hotp_number(uint64_t counter)
{
	struct cs_hmac fn = {libcrypto_hmac, NULL};
	uint32_t number = 0;

	if (cs_hotp(&fn, CS_SHA1, CS_VIEW_OF(seed), counter, &number) != CS_OK)
		die("HMAC");
	return number;
}

static uint32_t code_number(void)
{
	struct cs_reader r = cs_reader_of(inner(0, YKOATH_TAG_TRUNCATED_RESPONSE));

	(void)cs_read_u8(&r);
	return cs_read_u32(&r);
}

static bool hotp(void)
{
	model.counter_max = model.counter + 1;
	if (!select_oath() || !expect(command(YKOATH_INS_CALCULATE, 0, 1, CS_VIEW_OF(hotp_name)), CS_SW_OK))
		return false;
	wrong.counter += code_number() != hotp_number(model.counter);
	model.counter = model.counter_max;
	return true;
}

static bool oath_put(struct cs_view name, uint8_t kind)
{
	uint8_t body[50];
	struct cs_writer w = CS_WRITER_OF(body);

	cs_write_view(&w, name);
	cs_write_u8(&w, YKOATH_TAG_KEY);
	cs_write_u8(&w, 22);
	cs_write_u8(&w, kind | YKOATH_HASH_SHA1);
	cs_write_u8(&w, 6);
	cs_write_view(&w, CS_VIEW_OF(seed));
	return command(YKOATH_INS_PUT, 0, 0, cs_writer_view(&w));
}

/* The second credential is made, renamed and deleted in turn. */
static bool named(unsigned next, bool (*call)(void))
{
	model.name_maybe = 1u << model.name | 1u << next;
	if (!select_oath() || !expect(call(), CS_SW_OK))
		return false;
	model.name = next;
	model.name_maybe = 1u << next;
	return true;
}

static bool put_call(void)
{
	return oath_put(CS_VIEW_OF(names[1]), YKOATH_TYPE_TOTP);
}

static bool rename_call(void)
{
	uint8_t body[10];

	memcpy(body, names[1], 5);
	memcpy(body + 5, names[2], 5);
	return command(YKOATH_INS_RENAME, 0, 0, CS_VIEW_OF(body));
}

static bool delete_call(void)
{
	return command(YKOATH_INS_DELETE, 0, 0, cs_view(names[model.name], 5));
}

static bool delete (void)
{
	return (model.name != 0 || named(1, put_call)) && named(0, delete_call);
}

static bool put(void)
{
	return (model.name == 0 || named(0, delete_call)) && named(1, put_call);
}

static bool rename_it(void)
{
	return (model.name == 1 || put()) && named(2, rename_call);
}

static bool calculate_all(void)
{
	static const uint8_t body[] = {YKOATH_TAG_CHALLENGE, 8, 0, 0, 0, 0, 0, 0, 0, 1};

	return select_oath() && expect(command(YKOATH_INS_CALCULATE_ALL, 0, 1, CS_VIEW_OF(body)), CS_SW_OK);
}

/* ---- the looking over: nothing is pulled then ---- */

static void must(bool answered, const char *what)
{
	if (!answered)
		die(what);
}

static unsigned tries_left(uint8_t reference)
{
	struct cs_view tries;

	must(command(PIV_INS_GET_METADATA, 0, reference, CS_VIEW_EMPTY), "metadata of a PIN");
	tries = inner(0, PIV_META_RETRIES);
	return tries.len == 2 ? tries.ptr[1] : 99;
}

static void check_secret(struct secret *s)
{
	unsigned left = tries_left(s->reference);

	if (left > TRIES || !(s->tries_maybe >> left & 1)) {
		printf("# %02X has %u tries, and may have (bits) %x\n", s->reference, left, s->tries_maybe);
		wrong.tries++;
	}
	s->tries = left;
	s->tries_maybe = 1u << left;
}

/* Which of the two it is: asked where both are possible. */
static void settle_pin(void)
{
	struct secret *s = &model.pin;

	must(command(ISO_INS_VERIFY, 0, PIV_REF_PIN, cs_view(pins[s->which], 8)), "VERIFY");
	if (sw != CS_SW_OK && s->which_maybe == 3) {
		s->which = !s->which;
		must(command(ISO_INS_VERIFY, 0, PIV_REF_PIN, cs_view(pins[s->which], 8)), "VERIFY");
	}
	wrong.store += sw != CS_SW_OK;
	settled(s, TRIES);
}

static void settle_puk(void)
{
	struct secret *s = &model.puk;

	must(unblock_with(s->which), "RESET RETRY COUNTER");
	if (sw != CS_SW_OK && s->which_maybe == 3) {
		s->which = !s->which;
		must(unblock_with(s->which), "RESET RETRY COUNTER");
	}
	wrong.store += sw != CS_SW_OK;
	settled(s, TRIES);
}

static void check_secrets(void)
{
	must(select_piv(), "SELECT");
	check_secret(&model.pin);
	check_secret(&model.puk);
	settle_pin();
	settle_puk();
}

static void check_counter(void)
{
	uint64_t counter = model.counter;
	uint32_t number;

	must(select_oath() && command(YKOATH_INS_CALCULATE, 0, 1, CS_VIEW_OF(hotp_name)), "code");
	number = code_number();
	while (counter < model.counter_max && number != hotp_number(counter))
		counter++;
	wrong.counter += number != hotp_number(counter);
	model.counter = model.counter_max = counter + 1;
}

/* Whether the second credential, of this name, is there: TOTP codes change nothing. */
static bool credential_is(unsigned name)
{
	uint8_t body[15];

	memcpy(body, names[name], 5);
	memcpy(body + 5, "\x74\x08\0\0\0\0\0\0\0\x01", 10);
	must(command(YKOATH_INS_CALCULATE, 0, 1, CS_VIEW_OF(body)), "code");
	return sw == CS_SW_OK;
}

static void check_credential(void)
{
	unsigned is = credential_is(1) ? 1 : 0;

	if (credential_is(2))
		is = is == 1 ? 3 : 2; /* 3: both, which is never */
	wrong.store += is == 3 || !(model.name_maybe >> is & 1);
	model.name = is == 3 ? 0 : is;
	model.name_maybe = 1u << model.name;
}

static void check_object(void)
{
	uint32_t version = model.version;

	must(get_data(), "object");
	struct cs_view value = inner(0, PIV_TAG_DATA);
	while (version < model.version_max && !cs_view_equal(value, object_value(version)))
		version++;
	wrong.store += !cs_view_equal(value, object_value(version));
	model.version = model.version_max = version;
}

static void check_key(void)
{
	must(metadata(), "metadata");
	struct cs_view point = inner(PIV_META_PUBLIC_KEY, PIV_TAG_EC_POINT);
	bool same = point.len == POINT_LEN && memcmp(point.ptr, model.point, POINT_LEN) == 0;

	wrong.store += point.len != POINT_LEN || (!same && !model.generating);
	if (point.len == POINT_LEN)
		memcpy(model.point, point.ptr, POINT_LEN);
	model.generating = false;
	must(sign(), "signature");
}

static void check_all(void)
{
	check_secrets();
	check_counter();
	check_credential();
	check_object();
	check_key();
}

/* ---- pulling ---- */

enum pull { PULL_PLUG, PULL_TOKEN, PULL_USB, PULLS };

static const struct {
	const char *name;
	bool (*run)(void);
} rows[] = {
    {"SELECT", select_piv},
    {"VERIFY", verify},
    {"VERIFY, wrong", verify_wrong},
    {"change PIN", change_pin},
    {"unblock PIN", unblock},
    {"PUK, wrong", puk_wrong},
    {"change PUK", change_puk},
    {"PUT DATA", put_data},
    {"GET DATA", get_data},
    {"GENERATE", generate},
    {"sign", sign},
    {"agree", agree},
    {"GET METADATA", metadata},
    {"ATTEST", attest},
    {"HOTP code", hotp},
    {"CALCULATE ALL", calculate_all},
    {"PUT credential", put},
    {"RENAME", rename_it},
    {"DELETE", delete},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void pull_now(enum pull what, pid_t usb)
{
	if (what != PULL_PLUG)
		kill(what == PULL_TOKEN ? card_pid : usb, SIGKILL);
	else if (udc)
		udc_write("\n");
	else
		shutdown(line.fd, SHUT_RDWR);
}

/* A process that pulls later. */
static pid_t puller_start(enum pull what, uint64_t us)
{
	pid_t usb = what == PULL_USB ? process_child(card_pid) : -1, pid;

	if (usb == 0)
		die("nobody faces the host");

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		pause_us(us);
		pull_now(what, usb);
		_exit(0);
	}
	return pid;
}

/* The card is there again, or still. */
static void put_back(enum pull what)
{
	int status;

	if (what == PULL_PLUG) {
		if (udc)
			udc_write(udc);
	} else {
		if (waitpid(card_pid, &status, 0) != card_pid)
			die("card");
		if (what == PULL_TOKEN ? !WIFSIGNALED(status) : !WIFEXITED(status))
			wrong.refused++;
		card_start(false);
	}
	connect_token();
}

static unsigned pulled[ROWS], ran[ROWS];

static void round_of(size_t row, enum pull what)
{
	uint64_t begin = now_us(), took;
	pid_t puller;

	must(rows[row].run(), rows[row].name);
	took = now_us() - begin;
	puller = puller_start(what, test_random_below(&rng, (size_t)(2 * took + 200)));
	while (rows[row].run())
		ran[row]++;
	pulled[row]++;
	waitpid(puller, NULL, 0);
	put_back(what);
	check_all();
}

static void prepare(void)
{
	static const uint8_t factory[] = "12345678";
	uint8_t body[16];

	card_start(true);
	connect_token();
	memcpy(body, factory, 8);
	memcpy(body + 8, puks[0], 8);
	must(select_piv() &&
		 expect(command(ISO_INS_CHANGE_REFERENCE_DATA, 0, PIV_REF_PUK, CS_VIEW_OF(body)), CS_SW_OK),
	     "the PUK");
	model.pin.tries = model.puk.tries = TRIES;
	must(unblock() && put_data() && generate() && select_oath() &&
		 expect(oath_put(CS_VIEW_OF(hotp_name), YKOATH_TYPE_HOTP), CS_SW_OK),
	     "the new card");
	model.name_maybe = 1;
	check_all();
	if (wrong.refused + wrong.store > 0)
		die("the new card refuses to work");
}

int main(int argc, char **argv)
{
	unsigned rounds, all = 0;
	int status = 0;

	if (argc < 5)
		return 2;
	card_program = argv[1];
	card_image = argv[2];
	rounds = (unsigned)strtoul(argv[3], NULL, 10);
	udc = argc > 5 ? argv[5] : NULL;
	port = udc ? 0 : usb_card_port();
	rng = test_random_start();
	prepare();
	for (unsigned i = 0; i < rounds; i++)
		round_of(i % ROWS, (enum pull)((i / ROWS + i) % PULLS));
	for (size_t i = 0; i < ROWS; i++) {
		if (pulled[i] == 0)
			continue;
		printf("# %s: pulled %u times, behind %u that came to their end\n", rows[i].name, pulled[i],
		       ran[i]);
		all++;
	}
	tap(wrong.tries == 0, "a try of PIN or PUK that was spent never comes back");
	tap(wrong.counter == 0, "an HOTP counter never goes back");
	tap(wrong.store == 0, "PIN, PUK, object, key and credential are the old ones or the new ones");
	tap(wrong.refused == 0, "no command was refused, and no card ended otherwise than it should");
	tap(all == (rounds < ROWS ? rounds : ROWS), "the token was pulled in each kind of command");
	ccid_line_close(&line);
	kill(card_pid, SIGTERM);
	waitpid(card_pid, &status, 0);
	tap(WIFEXITED(status) && WEXITSTATUS(status) == 0, "at last it ends when asked to");
	printf("1..%u\n", tests);
	return failures != 0;
}
