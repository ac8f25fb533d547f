/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What usb_pull.c, which pulls a token, and usb_pull_model.c, usb_pull_more.c and usb_pull_issue.c, which know
 * what is left of it, have in common.
 */
#ifndef COUNTERSIGN_TESTS_INTEGRATION_USB_PULL_H
#define COUNTERSIGN_TESTS_INTEGRATION_USB_PULL_H

#include "tests/lib/ccid_line.h"
#include "tests/unit/random.h"

/* ---- of usb_pull.c ---- */

extern struct ccid_line pull_line;
extern struct test_random pull_rng;

_Noreturn void pull_die(const char *what);

void pull_touch(void);

/* Touches, of which each may make a code, now or later. */
unsigned pull_touches(void);

/* Touches the token, and reads what its keyboard types. False: it was pulled. */
bool pull_typed(uint32_t *number);

/* ---- of usb_pull_model.c ---- */

#define PULL_CREDENTIAL "kill" /* HOTP */

/* A kind of command: run once, to its end; false: the token was pulled. */
struct pull_row {
	const char *name;
	bool (*run)(void);
};

extern const struct pull_row pull_rows[];
extern const size_t pull_rows_count;
extern const struct pull_row pull_keyboard; /* needs a kernel that reads it */

/* What was found not to be as it should. */
extern struct pull_wrong {
	unsigned tries, counter, store, refused;
} pull_wrong;

/* A command, whose answer is in pull_data and pull_sw; false: the token was pulled. */
bool pull_command(uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body);
extern struct cs_view pull_data;
extern uint16_t pull_sw;

/* Another status word than this is noted. Returns whether it was answered. */
bool pull_expect(bool answered, unsigned want);

/* What the looking over does must be answered. */
void pull_must(bool answered, const char *what);

/* PIV is selected and the PIN verified. */
bool pull_verify(void);

/* Fills a new card, which is connected. */
void pull_prepare(void);

/* Looks all over, when nothing is pulled. */
void pull_check(void);

/* The same without data in a short APDU: what does not fit comes in pieces. */
bool pull_command_short(uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2);

/* ---- of usb_pull_more.c ---- */

extern const struct pull_row pull_more[];
extern const size_t pull_more_count;

/* The host proves that it has this management key: pull_sw. PIV is selected. */
bool pull_management_prove(uint8_t alg, struct cs_view key);

/* OATH's access code is set, or (0) removed. */
bool pull_code_set(unsigned which);

void pull_more_prepare(void);
void pull_more_check(void);

/* ---- of usb_pull_issue.c: for a card of its own ---- */

extern const struct pull_row pull_issue[];
extern const size_t pull_issue_count;
extern const struct pull_row pull_last; /* behind which there is nothing */

void pull_issue_prepare(void);
void pull_issue_check(void);

#endif
