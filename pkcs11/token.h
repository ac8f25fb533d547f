/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card that is in a slot: its connection, what it can do, who is logged in, and running commands on it.
 *
 * Commands are optimistic: what the card holds (PIV selected, PIN verified) is remembered, and nothing is
 * sent to make sure. Where a command is then refused, because another program selected something else or
 * reset the card, token_run selects PIV, verifies the PIN if a login is under way, and runs the command once
 * more, all in one transaction. Where a key is to be used it asks before that whether it is the one that was meant.
 *
 *   no login --token_login--> user: its PIN is kept in pin.h
 *                         --> so:   the SO PIN (our card), the PUK (others'), or the management key
 *   any      --token_logout, last session closed, card pulled--> no login: the PIN is wiped
 *
 * A card without PIV is a token of its OATH application alone: nothing is run in PIV then, its user is whoever knows
 * the password of that application, and otp_card.h does what there is to do.
 */
#ifndef COUNTERSIGN_PKCS11_TOKEN_H
#define COUNTERSIGN_PKCS11_TOKEN_H

#include "base/countersign.h"
#include "cardclient/card.h"
#include "cardclient/csgn.h"
#include "cardclient/inventory.h"
#include "cardclient/piv.h"
#include "pkcs11/datastore.h"
#include "pkcs11/keystore.h"
#include "pkcs11/object.h"
#include "pkcs11/otps.h"
#include "pkcs11/place.h"
#include "pkcs11/secrets.h"

struct slot;

enum login { LOGIN_NONE, LOGIN_USER, LOGIN_SO_PIN, LOGIN_SO_PUK, LOGIN_SO_KEY };

enum token_app { TOKEN_APP_UNKNOWN, TOKEN_APP_PIV, TOKEN_APP_CSGN };

#define NONCE_COUNTER_LEN 12u

struct token {
	struct cc_card *card;
	size_t slot_index; /* of the PIN that is kept */
	uint32_t events;   /* of its reader when it was opened */

	bool oath_alone;	  /* it has no PIV, but the OATH application */
	bool ours;		  /* it has the Countersign application, which said: */
	bool learnt;		  /* what follows */
	struct cc_inventory csgn; /* its mark is of what we know, where it is no longer the card's */
	bool used;		  /* a session was opened */
	bool stale;		  /* the card may hold something else by now: token_current */
	unsigned disturbances;	  /* how often another program was seen to have used the card */
	struct cc_piv_info piv;
	/* Of another vendor's card after token_named; of one with OATH alone, its version, and the beginning of its salt: */
	bool named;
	uint8_t version[3]; /* 0.0.0 where the card has no such command */
	uint8_t guid[8];    /* the beginning of its CHUID's, where it tells no serial number; else zero */
	uint32_t serial;    /* of our card too; 0: not known */
	struct cc_reference puk; /* as another vendor's card told of it last; total 0: all its tries, or not known */
	bool puk_untold;	 /* it does not tell unasked */

	/* Of another vendor's card: the most tries of the user PIN that were seen, and whether that was with none lost. */
	unsigned pin_tries;
	bool pin_tries_all;
	bool pin_blocked; /* it has none left, as was seen last */
	bool pin_untold;  /* its metadata does not tell of them */
	bool pin_told;	  /* it does */

	/* What we believe of the card's state; lost when its generation moves. */
	uint32_t generation;
	enum token_app selected;
	bool verified;	     /* for the login that is under way */
	bool verified_fresh; /* and no key was used since; where by_pad, none of the policy "always" */
	bool sure;	     /* in the transaction that is open, the above was seen to be true */
	bool trusting;	     /* in it, what was proved of the login before is taken to be so */
	bool at_stake;	     /* in it, a PIN was sent and not found right: a try may be gone */
	const struct meant *meant; /* of the work that is run: a key to be used, or NULL */
	bool held;	     /* hold.h */
	uint32_t held_generation;
	bool changing;	     /* in one of otp_run, a command was sent that does something else the second time */

	enum login login;
	bool by_pad;  /* the PIN was typed on the reader: there is none to send again */
	bool one_use; /* the login's PIN counts for the next use of a key of the policy "always", by any session */
	unsigned logins; /* of the user and the security officer so far */
	struct session *caller; /* of the call that goes on, where it is one of a session; borrowed */

	struct keystore keys;
	struct datastore data;
	struct secrets secrets;
	struct otps otps;
	struct places places;
	struct memory_object *memory;
	size_t memory_serial;

	bool nonce_drawn;
	uint8_t nonce[NONCE_COUNTER_LEN]; /* of GCM, the last that was counted */
};

/* Connects to the card in the reader and finds out what it is. CS_ERR_NOT_FOUND: it has neither PIV nor OATH. */
CS_MUST_CHECK enum cs_err token_open(struct cc_context *context, const char *reader, size_t slot_index,
				     struct token **out);
/* Wipes, disconnects, frees. token may be NULL. */
void token_close(struct token *token);
/* The same in a forked child: nothing is said to the card. */
void token_forget(struct token *token);

/* False once the card is known to be gone. */
bool token_present(const struct token *token);
/* True where the card says that it can do this algorithm, or does not say what keys it can have and all of its kind can. A card without
 * such a list is asked for its version once. */
bool token_has_alg(struct token *token, enum piv_alg alg);

/* What a command needs of the card beside PIV being selected. */
enum token_need {
	NEED_NOTHING,
	NEED_LOGIN, /* the PIN (or management key) of the login that is under way, if one is */
	NEED_FRESH, /* and the PIN right before */
};

typedef enum cs_err token_work(struct token *token, void *arg);

/* Runs work in a transaction. It may run twice; a first run that failed must not have changed arg. CS_ERR_UNSUPPORTED: the card has
 * no PIV. */
CS_MUST_CHECK enum cs_err token_run(struct token *token, enum token_need need, token_work *work, void *arg);
/* The same for work of one command that may be repeated (nothing is spent or changed by it): where nothing speaks for it that
 * another one has to go before, it is sent without a transaction: each of a transaction's ends is a call to the PC/SC service. */
CS_MUST_CHECK enum cs_err token_run_lone(struct token *token, enum token_need need, token_work *work, void *arg);
/* The same with the Countersign application selected, and the SO PIN verified where he is logged in. */
CS_MUST_CHECK enum cs_err token_run_csgn(struct token *token, token_work *work, void *arg);
/* Asks our card whether what we know is still so, and learns what changed: one command (learn.h). For another's: CS_OK. */
CS_MUST_CHECK enum cs_err token_refresh(struct token *token, enum token_need need);
/* The same where there is a reason to doubt it: another program used the card, or the first session of a program begins; and
 * where the PIN now brings to light what it hid. */
CS_MUST_CHECK enum cs_err token_current(struct token *token);
/* In a transaction of token_run: a command of PIV succeeded, so what we believed is true. */
void token_sure(struct token *token);
/* In a transaction of token_run: resets the card, which ends all that is proved to it, and selects PIV again. CS_ERR_UNSUPPORTED: the
 * transport has no reset. */
CS_MUST_CHECK enum cs_err token_reset(struct token *token);
/* In the same, on our card: selects the Countersign application, which ends what is proved to PIV. */
CS_MUST_CHECK enum cs_err token_leave_piv(struct token *token);
/* Another application was selected on the basic channel by ourselves. */
void token_state_lost(struct token *token);

/* As our card was heard of last: another program has ended its life. */
bool token_terminated(const struct token *token);
/* In a transaction: what a command failed for; CS_ERR_CARD where our card refused it because another program has ended its life, of which it
 * is asked then. */
CS_MUST_CHECK enum cs_err token_refusal(struct token *token, enum cs_err err);

/* After a command that changes something: whether the card may have done it, and nobody knows. */
bool token_answer_lost(enum cs_err err);

/* The border to PKCS #11. token may be NULL. */
CK_RV token_rv(const struct token *token, enum cs_err err);

/* ---- login.c ---- */

/* A pin that is nowhere (NULL) is typed on the reader's PIN pad, where there is one. */
CK_RV token_login(struct token *token, CK_USER_TYPE user, struct cs_view pin);
/* Ends the login if there is one, on the card too. */
void token_logout(struct token *token);
/* In a transaction, with PIV selected: has the card count the user's PIN as verified no longer. */
void token_pin_unprove(struct token *token);
/* The security officer is logged in, by whatever he has. */
bool token_officer(const struct token *token);
/* Proves the login to the card again; PIV (user, management key) or Countersign (SO PIN) is selected. */
CS_MUST_CHECK enum cs_err token_reverify(struct token *token);
/* Proves the user's PIN to whatever application is selected, from the PIN pad where he typed it there. CS_ERR_DENIED: he is not logged
 * in, or the PIN that was kept was called wrong, and forgotten. CS_ERR_WRONG, CS_ERR_BLOCKED: what he typed was. */
CS_MUST_CHECK enum cs_err token_prove_user(struct token *token);
/* The password of OATH was called wrong: where that is the user's, his login ends. */
void token_password_lost(struct token *token);
/* The option pin_reuse, where there is a PIN to be sent again. */
bool token_reuses_pin(const struct token *token);
/* CKR_OK where who is logged in may generate keys and write objects of PIV on this card; CKR_TEMPLATE_INCONSISTENT: it has none. */
CK_RV token_may_write(const struct token *token);

/* ---- token_info.c ---- */

CK_RV token_info(struct slot *slot, CK_TOKEN_INFO_PTR out);
/* Asks another vendor's card for what names it, once. */
CS_MUST_CHECK enum cs_err token_named(struct token *token);
/* PIV_REF_PIN, PIV_REF_PUK or CSGN_REF_SO as our card told of it last; total 0 where it did not. Of another's the officer's is the PUK. */
struct cc_reference token_reference(const struct token *token, uint8_t reference);
/* The card has shown that its user PIN is set, or we have set it: none of its tries is lost. */
void token_has_pin(struct token *token);
/* It has shown that none of its tries is left. */
void token_pin_blocked(struct token *token);
/* Another vendor's card has told how many tries its user PIN has left; all: of which none was lost since it was last right. */
void token_tries_seen(struct token *token, unsigned left, bool all);
/* Has the card tell them, and ours whatever else has changed. */
CS_MUST_CHECK enum cs_err token_tries_ask(struct token *token);

#endif
