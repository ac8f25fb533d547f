/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The operations that talk to a card, for pkcs11_removal_test.c and pkcs11_removal_short_test.c: one row or more for each function that does;
 * and what runs them with each fault.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_PKCS11_REMOVAL_H
#define COUNTERSIGN_TESTS_UNIT_PKCS11_REMOVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "cardclient/backend.h"
#include "pkcs11/pkcs11.h"

enum start {
	START_FRESH, /* initialised */
	START_OPEN,  /* and a session */
	START_USER,  /* and the user logged in */
	START_OFFICER,
	START_ADMIN, /* the officer with the management key */
	START_PUK,   /* and with the PUK */
};

struct operation_row {
	const char *function, *what;
	enum start start;
	CK_RV (*prepare)(void); /* to where it begins; NULL: nothing */
	CK_RV (*operation)(void);
	CK_RV rv;		/* where nothing goes wrong */
	unsigned pins;		/* commands with a PIN that it may send */
	unsigned wrong_pins;	/* of them, tries that are meant to be lost */
	bool loses_key;		/* the key P11_KEY_ONCE may be gone after it */
	bool changes_pins;
	bool lets_go; /* its last commands do no more than that: it is done although the card went then */
	bool ends_module;
	bool refuses; /* rv is not CKR_OK, and nothing but an answer that says so makes it CKR_OK */
	bool by_challenge; /* it proves something by the answer to a challenge */
	bool by_pad;  /* the reader has a PIN pad, on which removal_typing is typed */
	bool makes; /* something on the token, which is made again by the same operation after its preparation */
	bool (*done)(void);    /* NULL, or: whether the token is as CKR_OK says; the user is logged in */
	void (*recover)(void); /* NULL: a login and a signature */
	bool (*needs)(void);   /* NULL, or: whether this libcrypto has it */
};

#define ROW(function_name, text, where, before, call, ...)                                                   \
	{                                                                                                    \
		.function = function_name, .what = text, .start = where, .prepare = before,                  \
		.operation = call, ##__VA_ARGS__                                                             \
	}

/* Slots, sessions and PINs. */
extern const struct operation_row removal_session_rows[];
extern const size_t removal_session_row_count;
/* Objects and key pairs. */
extern const struct operation_row removal_rows[];
extern const size_t removal_row_count;
/* Secret keys of the card at work. */
extern const struct operation_row removal_secret_rows[];
extern const size_t removal_secret_row_count;
/* Keys that are made, brought, changed and destroyed; what is signed with those of other kinds than P-256; ML-KEM. */
extern const struct operation_row removal_key_rows[];
extern const size_t removal_key_row_count;
/* Secret keys and certificates that come to the token by another way than their making. */
extern const struct operation_row removal_brought_rows[];
extern const size_t removal_brought_row_count;
/* One-time passwords. */
extern const struct operation_row removal_otp_rows[];
extern const size_t removal_otp_row_count;
/* With a reader that has a PIN pad. */
extern const struct operation_row removal_pad_rows[];
extern const size_t removal_pad_row_count;
extern struct pinpad_mock_typing removal_typing;

/* Of what any vendor's card does, beside whose management key the module is an administrator: with PIV's keys, and the rest. */
extern const struct operation_row removal_foreign_session_rows[];
extern const size_t removal_foreign_session_row_count;
extern const struct operation_row removal_foreign_rows[];
extern const size_t removal_foreign_row_count;
extern const struct operation_row removal_foreign_key_rows[];
extern const size_t removal_foreign_key_row_count;
extern const struct operation_row removal_foreign_otp_rows[];
extern const size_t removal_foreign_otp_row_count;

/* Of a card that has OATH alone, whose password is the user's PIN. The key may be gone after it, or called something else. */
#define ALONE(function_name, text, where, before, call, ...)                                                 \
	ROW(function_name, text, where, before, call, .recover = removal_otps_again, ##__VA_ARGS__)
extern const struct operation_row removal_oath_session_rows[];
extern const size_t removal_oath_session_row_count;
extern const struct operation_row removal_oath_rows[];
extern const size_t removal_oath_row_count;

#define REMOVAL_RSA_ID 3u
#define REMOVAL_KEM_ID 5u

/* Whether this libcrypto has ML-KEM, and the token such a key. */
bool removal_has_kem(void);

/* How many objects of each class the token shows to the user. */
#define REMOVAL_CLASSES 16u
struct removal_survey {
	unsigned count[REMOVAL_CLASSES];
};

/* The user is logged in. False where an object is not whole: a value that cannot be read, a key without its other half. */
bool removal_survey(struct removal_survey *out);
bool removal_same(const struct removal_survey *a, const struct removal_survey *b);

/* ---- pkcs11_removal_run.c ---- */

enum removal_fault {
	PULLED_BEFORE,
	PULLED_AFTER,
	BACK_BEFORE, /* pulled, and put in again at once */
	BACK_AFTER,
	EXCHANGED_BEFORE, /* for another card */
	EXCHANGED_AFTER,
	RESET_BEFORE,
	RESET_AFTER,
	READER_FAILS_BEFORE,
	READER_FAILS_AFTER,
	OTHER_SELECTS_OATH,
	OTHER_SELECTS_OURS,
	ANSWER_IS_NOTHING,
	ANSWER_IS_ONE_BYTE,
	ANSWER_IS_FAILURE,
	ANSWER_IS_NO_DATA,
	FAULTS
};

enum removal_kind { REMOVAL_OURS, REMOVAL_FOREIGN, REMOVAL_OATH_ALONE }; /* the latter two are another vendor's */
/* How the card is spoken to: as it can be, or with short commands alone, by T=1 or T=0; faults are then for those that are pieces, of a
 * command or of an answer. */
enum removal_form { REMOVAL_LONG, REMOVAL_SHORT, REMOVAL_T0 };

struct removal_table {
	const struct operation_row *rows;
	const size_t *count;
};

/* The card with the faults, over transport_card. */
extern struct cc_backend removal_faulty;
void removal_form(enum removal_form how);

/* cmocka: our card with all that the rows need, and another one for exchange. And others in its place. */
int removal_setup(void **state);
int removal_teardown(void **state);
bool removal_make_foreign(void);
bool removal_make_oath(void);

/* The rows that are run from now on, on what card. */
void removal_of(enum removal_kind card, const struct removal_table *rows, size_t count);
bool removal_has_row(const char *function);
/* Each operation works where nothing goes wrong. */
void removal_right(void);
/* Each of these faults, at each command of each operation. */
void removal_every_fault(enum removal_fault first, enum removal_fault last);
/* What makes something has made it whole or not at all where the card or the reader fails at any command, by a fault up to last
 * (READER_FAILS_AFTER: all of these), and it is made again. */
void removal_whole(enum removal_fault last);
/* Another program's select or reset between two calls, where no transaction of ours is open, which is where it happens: nobody notices. */
void removal_between_calls(void);

/* ---- what they need ---- */

/* Puts what the rows of each table need on the token of session, beside p11_token_make's keys. */
bool removal_objects(void);
bool removal_secrets(void);
bool removal_keys(void);
bool removal_foreign_keys(void);
bool removal_otps(void);

/* The one object of the class and label, or CKA_ID. */
CK_RV removal_find(CK_OBJECT_CLASS class, const char *name, CK_OBJECT_HANDLE *found);
CK_RV removal_find_id(CK_OBJECT_CLASS class, CK_BYTE id, CK_OBJECT_HANDLE *found);
/* A login of the user's on it, and a password. */
void removal_otps_again(void);
/* A signature by the P-256 key that wants the PIN once, or each time, is begun; and by the first, made and checked. */
CK_RV removal_have_sign(void);
CK_RV removal_have_sign_always(void);
CK_RV removal_sign(void);
/* A secret key of the session or of the token. */
CK_RV removal_secret(CK_KEY_TYPE type, const char *name, CK_BBOOL token, CK_BYTE *value, CK_ULONG len, CK_OBJECT_HANDLE *key);
/* The card of profile piv as another vendor's, with the keys and the user PIN of p11_token_make, an RSA key, a certificate, data, the keys
 * of removal_foreign_keys and the one-time passwords of removal_otps; ends with a session. */
bool removal_foreign_make(const struct cc_backend *backend);
/* The same of one with OATH alone, with this password. */
bool removal_oath_make(const struct cc_backend *backend, const char *password);

#endif
