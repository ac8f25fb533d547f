/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One operation with a fault at one command, what may come of it, and all of the operations with all of the
 * faults.
 */
#include "tests/unit/pkcs11_removal.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/piv.h"
#include "base/ykoath.h"
#include "tests/lib/p11_foreign.h"
#include "tests/lib/pinpad_mock.h"
#include "tests/lib/short_card.h"
#include "tests/unit/pkcs11_token.h"
#include "tests/unit/share.h"

#define COMMANDS_MAX 400u /* of one operation; one with more is in a loop */
#define INS_CHANGE   0x24u
#define INS_UNBLOCK  0x2Cu

/* ---- faults ---- */

static const char *const fault_names[] = {"pulled before",
					  "pulled after",
					  "pulled and put back before",
					  "pulled and put back after",
					  "another card before",
					  "another card after",
					  "reset before",
					  "reset after",
					  "reader fails before",
					  "reader fails after",
					  "another program selects OATH",
					  "another program selects our application",
					  "no answer",
					  "an answer of one byte",
					  "6F00",
					  "9000 without data"};

static struct {
	bool armed, met;
	enum removal_fault fault;
	bool within;	       /* a transaction, in which something had been said: nobody comes in between */
	unsigned at, count;    /* commands since it was armed */
	unsigned pins;	       /* commands with a PIN that the card may have seen */
	unsigned strange_pins; /* that another card may have seen */
} faults;

static bool is_exchange(enum removal_fault fault)
{
	return fault == EXCHANGED_BEFORE || fault == EXCHANGED_AFTER;
}

static bool is_return(enum removal_fault fault)
{
	return fault == BACK_BEFORE || fault == BACK_AFTER || is_exchange(fault);
}

/* The card is out, or was. */
static bool is_pull(enum removal_fault fault)
{
	return fault == PULLED_BEFORE || fault == PULLED_AFTER || is_return(fault);
}

static bool is_reset(enum removal_fault fault)
{
	return fault == RESET_BEFORE || fault == RESET_AFTER;
}

static bool is_select(enum removal_fault fault)
{
	return fault == OTHER_SELECTS_OATH || fault == OTHER_SELECTS_OURS;
}

/* What was to be fetched is lost. */
static bool is_disturbance(enum removal_fault fault)
{
	return is_pull(fault) || is_reset(fault) || is_select(fault);
}

static enum cs_err pull_and(enum removal_fault fault)
{
	if (is_exchange(fault)) {
		assert_true(transport_card_exchange());
		return CS_ERR_REMOVED;
	}
	transport_card_pull();
	if (is_return(fault))
		transport_card_insert();
	return CS_ERR_REMOVED;
}

/* A password's proof, too. */
static bool carries_pin(struct cs_view command)
{
	return command.len > 5 && (command.ptr[1] == ISO_INS_VERIFY || command.ptr[1] == INS_CHANGE ||
				   command.ptr[1] == INS_UNBLOCK || command.ptr[1] == YKOATH_INS_VALIDATE);
}

/* What happens before the command; CS_OK: it goes on to the card. */
static enum cs_err fault_before(void)
{
	static const uint8_t oath[] = {0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0,
				       0x00, 0x00, 0x05, 0x27, 0x21, 0x01};
	static const uint8_t ours[] = {0x00, 0xA4, 0x04, 0x00, 0x09, 0xF0,
				       0x43, 0x53, 0x49, 0x47, 0x4E, 0x01};

	switch (faults.fault) {
	case PULLED_BEFORE:
	case BACK_BEFORE:
	case EXCHANGED_BEFORE:
		return pull_and(faults.fault);
	case RESET_BEFORE:
		transport_card_other_resets();
		return CS_OK;
	case READER_FAILS_BEFORE:
		return CS_ERR_IO;
	case OTHER_SELECTS_OATH:
		(void)transport_card_other(CS_VIEW_OF(oath));
		return CS_OK;
	case OTHER_SELECTS_OURS:
		(void)transport_card_other(CS_VIEW_OF(ours));
		return CS_OK;
	default:
		return CS_OK;
	}
}

static void answer(struct cs_writer *response, size_t len, struct cs_view text)
{
	cs_writer_cut(response, len);
	cs_write_view(response, text);
}

static enum cs_err fault_after(struct cs_writer *response, size_t len)
{
	switch (faults.fault) {
	case PULLED_AFTER:
	case BACK_AFTER:
	case EXCHANGED_AFTER:
		return pull_and(faults.fault);
	case RESET_AFTER:
		transport_card_other_resets();
		return CS_ERR_STATE;
	case READER_FAILS_AFTER:
		return CS_ERR_IO;
	case ANSWER_IS_NOTHING:
		answer(response, len, CS_VIEW_EMPTY);
		return CS_OK;
	case ANSWER_IS_ONE_BYTE:
		answer(response, len, cs_view("\x90", 1));
		return CS_OK;
	case ANSWER_IS_FAILURE:
		answer(response, len, cs_view("\x6F\x00", 2));
		return CS_OK;
	case ANSWER_IS_NO_DATA:
		answer(response, len, cs_view("\x90\x00", 2));
		return CS_OK;
	default:
		return CS_OK;
	}
}

static enum removal_form form;
static struct short_card piecemeal;

/* Over T=0 without Le beside data, as the transport of PC/SC sends it. */
static enum cs_err transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	bool le_beside_data = command.len > SHORT_CARD_HEADER + 1 &&
			      command.len == SHORT_CARD_HEADER + 2u + command.ptr[SHORT_CARD_HEADER];

	if (form == REMOVAL_LONG)
		return transport_card.transmit(link, command, response);
	if (form == REMOVAL_T0 && le_beside_data)
		command.len--;
	return short_card_transmit(&piecemeal, transport_card.transmit, link, command, response);
}

/* What goes or comes in pieces: those of the run that nothing happened to. */
static bool pieces[COMMANDS_MAX + 1];

static void note_piece(struct cs_view command)
{
	static bool in_chain;
	bool chained = (command.ptr[0] & ISO_CLA_CHAIN) != 0;

	pieces[faults.count] = chained || in_chain || command.ptr[1] == ISO_INS_GET_RESPONSE ||
			       command.ptr[1] == YKOATH_INS_SEND_REMAINING;
	in_chain = chained;
}

/* Of PC/SC: one is open, and something was said in it. */
static bool in_transaction, held;

static enum cs_err faulty_begin(void *link)
{
	enum cs_err err = transport_card.begin(link);

	in_transaction = err == CS_OK;
	held = false;
	return err;
}

static void faulty_end(void *link)
{
	in_transaction = held = false;
	transport_card.end(link);
}

static enum cs_err faulty_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	size_t len = response->len;
	bool due = faults.armed && ++faults.count == faults.at;
	enum cs_err err = CS_OK;

	assert_true(!faults.armed || faults.count < COMMANDS_MAX);
	if (faults.armed && faults.fault == FAULTS)
		note_piece(command);
	if (due) {
		faults.met = true;
		faults.within = held;
		err = fault_before();
		if (is_disturbance(faults.fault))
			short_card_forget(&piecemeal);
	}
	held = in_transaction;
	if (err == CS_OK && carries_pin(command)) {
		faults.pins++;
		faults.strange_pins += faults.met && !due && is_exchange(faults.fault);
	}
	if (err == CS_OK)
		err = transmit(link, command, response);
	if (err == CS_OK && due) {
		err = fault_after(response, len);
		if (err != CS_OK)
			short_card_forget(&piecemeal);
	}
	return err;
}

/* What is typed goes to the card as any command does. */
static enum cs_err pad_control(void *link, uint32_t code, struct cs_view in, struct cs_writer *out)
{
	struct pinpad_mock_result result;
	uint8_t features[24];

	if (code == PINPAD_MOCK_FEATURES) {
		cs_write_view(out, cs_view(features, pinpad_mock_features(features)));
		return CS_OK;
	}
	if (code != PINPAD_MOCK_VERIFY && code != PINPAD_MOCK_MODIFY)
		return CS_ERR_UNSUPPORTED;
	pinpad_mock_run(code == PINPAD_MOCK_MODIFY, in.ptr, in.len, &removal_typing, &result);
	if (result.sw == 0)
		return faulty_transmit(link, cs_view(result.command, result.len), out);
	cs_write_u16(out, result.sw);
	return CS_OK;
}

static bool never_long(void *link)
{
	(void)link;
	return true;
}

struct cc_backend removal_faulty;

void removal_form(enum removal_form how)
{
	form = how;
	memset(&piecemeal, 0, sizeof(piecemeal));
	piecemeal.t0 = form == REMOVAL_T0;
	removal_faulty = transport_card;
	removal_faulty.transmit = faulty_transmit;
	removal_faulty.begin = faulty_begin;
	removal_faulty.end = faulty_end;
	if (form != REMOVAL_LONG)
		removal_faulty.short_only = never_long;
}

/* ---- the cards ---- */

#define OTHER_PIN "604172"

/* The card that is exchanged for ours, with a PIN of its own. */
static bool change_pin(void)
{
	CK_UTF8CHAR was[] = P11_USER_PIN, pin[] = OTHER_PIN;

	return C_SetPIN(session, was, sizeof(was) - 1, pin, sizeof(pin) - 1) == CKR_OK;
}

static bool keep_other(void)
{
	return C_Finalize(NULL) == CKR_OK && transport_card_keep_other();
}

static bool keep(void)
{
	return C_Finalize(NULL) == CKR_OK && transport_card_keep();
}

int removal_setup(void **state)
{
	(void)state;
	/* What is on disk from an earlier run would spare commands. */
	(void)unsetenv("XDG_CACHE_HOME");
	(void)unsetenv("HOME");
	removal_form(REMOVAL_LONG);
	return p11_token_make(&transport_card, &session) && change_pin() && keep_other() &&
		       p11_token_make(&removal_faulty, &session) && removal_objects() && removal_secrets() &&
		       removal_keys() && removal_otps() && keep()
		   ? 0
		   : -1;
}

int removal_teardown(void **state)
{
	(void)state;
	p11_token_free();
	return 0;
}

bool removal_make_foreign(void)
{
	removal_form(REMOVAL_LONG);
	p11_token_free();
	return p11_foreign_token_make(&transport_card, &session) && change_pin() && keep_other() &&
	       removal_foreign_make(&removal_faulty) && keep();
}

bool removal_make_oath(void)
{
	removal_form(REMOVAL_LONG);
	p11_token_free();
	return removal_oath_make(&transport_card, OTHER_PIN) && keep_other() &&
	       removal_oath_make(&removal_faulty, P11_USER_PIN) && keep();
}

/* ---- one run ---- */

static enum removal_kind kind; /* of the card */
static const struct removal_table *tables;
static size_t table_count;

void removal_of(enum removal_kind card, const struct removal_table *rows, size_t count)
{
	kind = card;
	tables = rows;
	table_count = count;
}

/* NULL: there is none of this number. */
static const struct operation_row *row_at(size_t i)
{
	for (size_t k = 0; k < table_count; k++) {
		if (i < *tables[k].count)
			return &tables[k].rows[i];
		i -= *tables[k].count;
	}
	return NULL;
}

static bool can_run(const struct operation_row *row)
{
	return row->needs == NULL || row->needs();
}

/* The module where the operation begins, on the card that is there. */
static void begin_here(const struct operation_row *row)
{
	if (row->start != START_FRESH)
		assert_int_equal(p11_open(&session), CKR_OK);
	if (row->start == START_USER)
		assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	if (row->start == START_OFFICER)
		assert_int_equal(p11_login(session, CKU_SO, P11_SO_PIN), CKR_OK);
	if (row->start == START_ADMIN)
		assert_int_equal(p11_login(session, CKU_SO, P11_MANAGEMENT_KEY), CKR_OK);
	if (row->start == START_PUK)
		assert_int_equal(p11_login(session, CKU_SO, P11_PIV_PUK), CKR_OK);
	if (row->prepare != NULL)
		assert_int_equal(row->prepare(), CKR_OK);
}

/* And the card as it was kept. */
static void begin(const struct operation_row *row)
{
	(void)C_Finalize(NULL);
	faults.armed = false;
	assert_true(transport_card_put_back());
	short_card_forget(&piecemeal);
	removal_faulty.reader_control = row->by_pad ? pad_control : transport_card.reader_control;
	slots_set_backend(&removal_faulty);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	begin_here(row);
}

static CK_RV run(const struct operation_row *row, enum removal_fault fault, unsigned at)
{
	CK_RV rv;

	begin(row);
	memset(&faults, 0, sizeof(faults));
	faults.fault = fault;
	faults.at = at;
	faults.armed = true;
	rv = row->operation();
	faults.armed = false;
	return rv;
}

/* Tries left of PIV's PIN, as any program could ask, where there is PIV. */
static unsigned tries_left(void)
{
	static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
	static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x80};
	uint16_t sw;

	if (kind == REMOVAL_OATH_ALONE)
		return 0;
	transport_card_other_resets();
	assert_int_equal(transport_card_other(CS_VIEW_OF(select)), 0x9000);
	sw = transport_card_other(CS_VIEW_OF(verify));
	return (sw & 0xFFF0u) == 0x63C0u ? sw & 0xFu : 0;
}

static bool one_of(CK_RV rv, const CK_RV *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (values[i] == rv)
			return true;
	}
	return false;
}

#define ONE_OF(rv, values) one_of(rv, values, sizeof(values) / sizeof((values)[0]))

static const CK_RV gone[] = {CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT, CKR_SESSION_HANDLE_INVALID};

/* Where nobody holds the card another program's select is not noticed, but by a PIN that was typed on a PIN
 * pad, and is to be typed again. In a transaction, in which there is none in truth, the other application
 * refuses what it does not know, and the answer to a challenge of before; and does not tell what is in a
 * slot, or of its keys without the password. */
static bool sensible_after_select(const struct operation_row *row, enum removal_fault fault, CK_RV rv)
{
	static const CK_RV refused[] = {CKR_FUNCTION_NOT_SUPPORTED, CKR_USER_NOT_LOGGED_IN};

	if (!faults.within)
		return row->by_pad && rv == CKR_USER_NOT_LOGGED_IN;
	if (fault == OTHER_SELECTS_OURS)
		return false;
	switch (rv) {
	case CKR_PIN_INCORRECT:
		return row->by_challenge;
	case CKR_TEMPLATE_INCONSISTENT:
		return kind == REMOVAL_FOREIGN && row->makes;
	case CKR_FUNCTION_FAILED:
		return row->makes && row->done != NULL;
	case CKR_OBJECT_HANDLE_INVALID:
		return kind == REMOVAL_OATH_ALONE && strcmp(row->function, "C_FindObjectsInit") == 0;
	default:
		return ONE_OF(rv, refused);
	}
}

static bool sensible(const struct operation_row *row, enum removal_fault fault, CK_RV rv)
{
	static const CK_RV reset[] = {CKR_DEVICE_ERROR, CKR_USER_NOT_LOGGED_IN};
	/* In a slot of which another vendor's card says nonsense there is something that we do not know. */
	static const CK_RV nonsense[] = {CKR_DEVICE_ERROR,	   CKR_USER_NOT_LOGGED_IN,
					 CKR_KEY_HANDLE_INVALID,   CKR_OBJECT_HANDLE_INVALID,
					 CKR_TOKEN_NOT_RECOGNIZED, CKR_FUNCTION_NOT_SUPPORTED};

	if (rv == CKR_OK && row->refuses)
		return fault == ANSWER_IS_NO_DATA;
	if (rv == CKR_OK || rv == row->rv)
		return true;
	if (is_pull(fault))
		return ONE_OF(rv, gone);
	if (is_select(fault))
		return sensible_after_select(row, fault, rv);
	if (is_reset(fault))
		return ONE_OF(rv, reset) || (row->start == START_FRESH && rv == CKR_TOKEN_NOT_PRESENT);
	if (fault == READER_FAILS_BEFORE || fault == READER_FAILS_AFTER)
		return rv == CKR_DEVICE_ERROR;
	if (kind == REMOVAL_FOREIGN && rv == CKR_TEMPLATE_INCONSISTENT)
		return row->makes;
	return ONE_OF(rv, nonsense);
}

static void recover(const struct operation_row *row, enum removal_fault fault, unsigned tries_before)
{
	CK_RV rv;

	if (!is_return(fault))
		transport_card_insert();
	if (!row->changes_pins)
		assert_true(tries_left() + row->wrong_pins >= tries_before);
	if (row->ends_module) {
		rv = C_Initialize(NULL);
		assert_true(rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED);
	}
	if (row->recover != NULL) {
		row->recover();
		return;
	}
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(p11_open(&session), CKR_OK);
	assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	assert_int_equal(p11_sign_by(session, row->loses_key ? P11_KEY_ALWAYS : P11_KEY_ONCE), CKR_OK);
}

static void fail_of(const struct operation_row *row, enum removal_fault fault, unsigned at, CK_RV rv,
		    const char *what)
{
	fail_msg("%s (%s), command %u, %s: %#lx: %s", row->function, row->what, at, fault_names[fault], rv,
		 what);
}

static CK_RV operate_anew(const struct operation_row *row)
{
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	begin_here(row);
	return row->operation();
}

/* What another program's select broke off is done in other sessions: unless it had been made. What its
 * application would not tell of a slot of another vendor's card is believed as long as the module has the
 * card. */
static void done_anew(const struct operation_row *row, enum removal_fault fault, unsigned at, CK_RV rv)
{
	CK_RV again = operate_anew(row);

	if (again == CKR_TEMPLATE_INCONSISTENT && row->makes && row->done != NULL && row->done())
		return;
	if (again == CKR_TEMPLATE_INCONSISTENT && rv == again && kind == REMOVAL_FOREIGN) {
		assert_int_equal(C_Finalize(NULL), CKR_OK);
		assert_int_equal(C_Initialize(NULL), CKR_OK);
		begin_here(row);
		again = row->operation();
	}
	if (again != row->rv)
		fail_of(row, fault, at, again, "it is not done afterwards");
}

/* Nothing of who was at work with the card that was pulled is good for the one that is there now. */
static void all_is_over(const struct operation_row *row, enum removal_fault fault, unsigned at, CK_RV rv)
{
	CK_SESSION_HANDLE anew;
	CK_SESSION_INFO info;
	CK_RV again;

	if (rv == CKR_OK && !row->lets_go)
		fail_of(row, fault, at, rv, "it is said to be done");
	if (row->start != START_FRESH && C_GetSessionInfo(session, &info) != CKR_SESSION_HANDLE_INVALID)
		fail_of(row, fault, at, rv, "its session goes on");
	again = row->start != START_FRESH ? row->operation() : CKR_OK;
	if (again != CKR_OK && !ONE_OF(again, gone))
		fail_of(row, fault, at, again, "the next one does not say so");
	again = p11_open(&anew);
	if (again != CKR_OK || C_GetSessionInfo(anew, &info) != CKR_OK)
		fail_of(row, fault, at, again, "there is no other session");
	if (info.state != CKS_RW_PUBLIC_SESSION)
		fail_of(row, fault, at, rv, "the login goes on");
}

/* The card that was put back, or another one, has heard nothing of it. */
static void met_again(const struct operation_row *row, enum removal_fault fault, unsigned at, CK_RV rv)
{
	if (!is_return(fault))
		return;
	if (!row->ends_module)
		all_is_over(row, fault, at, rv);
	if (faults.strange_pins > 0)
		fail_of(row, fault, at, rv, "a PIN went to another card");
	if (is_exchange(fault) && !transport_card_exchange_back())
		fail_of(row, fault, at, rv, "another card was written to");
}

static unsigned runs;

static CK_RV run_without_fault(const struct operation_row *row)
{
	memset(pieces, 0, sizeof(pieces));
	return run(row, FAULTS, 0);
}

/* The command after this one that a fault is for: each, or each that is a piece; each n-th of them, where
 * COUNTERSIGN_TEST_SHARE is n, beginning at another with each operation and fault. */
static unsigned command_after(unsigned at)
{
	static unsigned begun;
	unsigned share = test_share(), left = at > 0 ? share : 1 + begun++ % share;

	do {
		at++;
		left -= (form == REMOVAL_LONG || at >= COMMANDS_MAX || pieces[at]);
	} while (left > 0 && at < COMMANDS_MAX);
	return at;
}

/* The fault at each command, until the operation ends before it. */
static void at_every_command(const struct operation_row *row, enum removal_fault fault)
{
	if (form != REMOVAL_LONG)
		(void)run_without_fault(row);
	for (unsigned at = command_after(0); at < COMMANDS_MAX; at = command_after(at)) {
		unsigned tries;
		CK_RV rv;

		begin(row);
		tries = tries_left();
		rv = run(row, fault, at);
		if (!faults.met)
			return;
		runs++;
		if (!sensible(row, fault, rv))
			fail_of(row, fault, at, rv, "not a sensible answer");
		if (faults.pins > row->pins)
			fail_of(row, fault, at, rv, "a PIN was sent again");
		met_again(row, fault, at, rv);
		if (is_select(fault) && rv != row->rv && !row->changes_pins)
			done_anew(row, fault, at, rv);
		recover(row, fault, tries);
		if (fault < ANSWER_IS_NOTHING && rv == CKR_OK && row->done != NULL && !row->done())
			fail_of(row, fault, at, rv, "what was said to be done was not");
	}
}

/* ---- what was being made ---- */

/* As the user sees it; a token that may have been initialised anew has none. */
static struct removal_survey look(const struct operation_row *row, enum removal_fault fault, unsigned at,
				  CK_RV rv)
{
	struct removal_survey seen;

	assert_int_equal(p11_open(&session), CKR_OK);
	if (row->start != START_FRESH)
		assert_int_equal(p11_login(session, CKU_USER, P11_USER_PIN), CKR_OK);
	if (!removal_survey(&seen))
		fail_of(row, fault, at, rv, "half an object is left");
	return seen;
}

/* In this program, and in one that knows nothing of the card yet. */
static struct removal_survey survey(const struct operation_row *row, enum removal_fault fault, unsigned at,
				    CK_RV rv)
{
	struct removal_survey seen, anew;

	if (!is_return(fault))
		transport_card_insert();
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	seen = look(row, fault, at, rv);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	anew = look(row, fault, at, rv);
	if (!removal_same(&seen, &anew))
		fail_of(row, fault, at, rv, "it shows something else than there is");
	return seen;
}

/* It is on the token, or it is not, and can be made then. */
static void made_or_not(const struct operation_row *row, enum removal_fault fault, unsigned at, CK_RV rv,
			const struct removal_survey *without, const struct removal_survey *with)
{
	struct removal_survey seen;
	bool made;
	CK_RV again;

	met_again(row, fault, at, rv);
	seen = survey(row, fault, at, rv);
	made = removal_same(&seen, with);
	if (made && row->done != NULL && !row->done())
		fail_of(row, fault, at, rv, "something else is there");
	if (!made && !removal_same(&seen, without))
		fail_of(row, fault, at, rv, "more or less is left than one object");
	if (!made && rv == CKR_OK)
		fail_of(row, fault, at, rv, "what was said to be made is not there");
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	begin_here(row);
	again = row->operation();
	if (again != CKR_OK && !(made && again == CKR_TEMPLATE_INCONSISTENT))
		fail_of(row, fault, at, again, "it is not made again");
	(void)survey(row, fault, at, rv);
}

static void made_at_every_command(const struct operation_row *row, enum removal_fault fault)
{
	struct removal_survey without, with;

	begin(row);
	without = survey(row, fault, 0, CKR_OK);
	assert_int_equal(run_without_fault(row), CKR_OK);
	with = survey(row, fault, 0, CKR_OK);
	if (removal_same(&without, &with))
		fail_of(row, fault, 0, CKR_OK, "what it makes does not show");
	for (unsigned at = command_after(0); at < COMMANDS_MAX; at = command_after(at)) {
		CK_RV rv = run(row, fault, at);

		if (!faults.met)
			return;
		runs++;
		/* Before the module has met the card there is none. */
		if (rv != CKR_OK && is_pull(fault) && rv != CKR_DEVICE_REMOVED &&
		    !(row->start == START_FRESH && rv == CKR_TOKEN_NOT_PRESENT))
			fail_of(row, fault, at, rv, "it is not told that the card was pulled");
		made_or_not(row, fault, at, rv, &without, &with);
	}
}

void removal_whole(enum removal_fault last)
{
	runs = 0;
	for (size_t i = 0; row_at(i) != NULL; i++) {
		for (int fault = PULLED_BEFORE; row_at(i)->makes && can_run(row_at(i)) && fault <= (int)last;
		     fault++)
			made_at_every_command(row_at(i), (enum removal_fault)fault);
	}
	print_message("# %u runs\n", runs);
	assert_in_range(runs, 1, UINT32_MAX);
}

/* ---- all of them ---- */

void removal_right(void)
{
	for (size_t i = 0; row_at(i) != NULL; i++) {
		const struct operation_row *row = row_at(i);
		CK_RV rv;

		if (!can_run(row))
			continue;
		rv = run(row, FAULTS, 0);
		if (rv != row->rv)
			fail_msg("%s (%s): %#lx", row->function, row->what, rv);
		if (faults.count == 0)
			fail_msg("%s (%s) says nothing to the card", row->function, row->what);
		/* Where it sends two when a fault comes between, one may be its own. */
		if (faults.pins > 0 && row->pins == 1 && strstr(row->function, "PIN") == NULL &&
		    strstr(row->function, "Login") == NULL && row->start == START_USER)
			fail_msg("%s (%s) sends a PIN that the card has had", row->function, row->what);
		if (row->done != NULL && !row->done())
			fail_msg("%s (%s) did something else", row->function, row->what);
	}
}

void removal_every_fault(enum removal_fault first, enum removal_fault last)
{
	runs = 0;
	for (size_t i = 0; row_at(i) != NULL; i++) {
		for (int fault = (int)first; can_run(row_at(i)) && fault <= (int)last; fault++)
			at_every_command(row_at(i), (enum removal_fault)fault);
	}
	print_message("# %u runs\n", runs);
	assert_in_range(runs, 1, UINT32_MAX);
}

/* Between two calls, where no transaction of ours is open, which is where it happens: nobody notices. */
void removal_between_calls(void)
{
	static const enum removal_fault between[] = {RESET_BEFORE, OTHER_SELECTS_OATH, OTHER_SELECTS_OURS};

	for (size_t i = 0; row_at(i) != NULL; i++) {
		const struct operation_row *row = row_at(i);

		if (row->start != START_USER || !can_run(row))
			continue;
		for (size_t k = 0; k < 3; k++) {
			CK_RV rv;

			begin(row);
			faults.fault = between[k];
			(void)fault_before();
			rv = row->operation();
			if (rv != row->rv)
				fail_of(row, between[k], 0, rv, "it was noticed");
		}
	}
}

bool removal_has_row(const char *function)
{
	for (size_t i = 0; row_at(i) != NULL; i++) {
		if (strcmp(row_at(i)->function, function) == 0)
			return true;
	}
	return false;
}
