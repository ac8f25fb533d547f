/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card for tests: the core on RAM flash and libcrypto, spoken to in hexadecimal. Blanks in hex are skipped.
 */
#ifndef COUNTERSIGN_TESTS_CARD_FIXTURE_H
#define COUNTERSIGN_TESTS_CARD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "applet/card_private.h"
#include "applet/port/flash_ram.h"
#include "base/sw.h"

#define FIXTURE_SERIAL 0x00C0FFEEu

struct fixture {
	struct card card;
	struct flash_ram *flash;
	struct crypto crypto;
	struct platform platform;
	struct card_ports ports;
	uint64_t now_ms;
	unsigned touches;	/* how often the card asked for one */
	enum cs_err touch_says; /* what it is answered */
	bool touch_waited;	/* the last time it wanted to wait for it */
	unsigned touch_ends;	/* how often it stopped asking */
	uint8_t response[CARD_RESPONSE_MAX];
	struct cs_view data; /* of the last response, borrowed from response */
};

/* cmocka set-up of a blank card, opened as the profile; the state is a struct fixture. */
int fixture_setup_piv(void **state);
int fixture_setup_countersign(void **state);
/* The latter, and select (SELECT_PIV, SELECT_CSGN) is sent and the PIN verified. */
int fixture_setup_user(void **state, const char *select);
int fixture_teardown(void **state);

/* Power off and on, whether the flash had lost it or not: the flash alone stays. Returns what card_open does.
 */
enum cs_err fixture_power_cycle(struct fixture *f);

/* Sends raw bytes, or text such as "00 A4 04 00"; yields the status word, and the data in f->data. */
uint16_t fixture_send_view(struct fixture *f, struct cs_view command);
uint16_t fixture_send(struct fixture *f, const char *hex);
/* A command with data in extended form, all of the response in one. */
uint16_t fixture_command(struct fixture *f, uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view data);
uint16_t fixture_command_cla(struct fixture *f, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2,
			     struct cs_view data);

/* The same, and it has to answer this. */
void fixture_expect(struct fixture *f, const char *hex, uint16_t sw);
void fixture_expect_data(struct fixture *f, const char *hex, const char *data_hex);

/* Text as bytes; a view of out. */
struct cs_view fixture_hex(const char *hex, uint8_t *out, size_t cap);

/* True if data_hex occurs in what the card last answered. */
bool fixture_answer_has(const struct fixture *f, const char *data_hex);

#define SELECT_PIV  "00A4040005A000000308"
#define SELECT_CSGN "00A4040007F0435349474E01"
#define VERIFY_PIN  "00200080 08 313233343536FFFF"
#define WRONG_PIN   "00200080 08 363534333231FFFF"

/* Authenticates 9B with the factory's key (profile piv), PIV being selected. */
void fixture_authenticate_management(struct fixture *f);
/* The same where the key is of this cipher. */
void fixture_authenticate_with(struct fixture *f, enum piv_alg cipher);

#endif
