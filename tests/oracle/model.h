/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The oracle: what SP 800-73-5, the YKOATH protocol and docs/PROTOCOL say a card answers, as a program that
 * keeps only what a host can know. It shares no code with applet/ (nor base/'s readers): of base/ it takes
 * the numbers alone.
 *
 * For each command it gives the one status word that the card has to answer, and what the answer's data are:
 * exactly, or, where the card chooses (challenges, keys, identifiers), what they have to look like; the
 * choice is then learnt.
 */
#ifndef COUNTERSIGN_TESTS_ORACLE_MODEL_H
#define COUNTERSIGN_TESTS_ORACLE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/countersign.h"
#include "base/piv.h"
#include "base/sw.h"
#include "base/ykoath.h"

#define MODEL_CHANNELS	  4u
#define MODEL_KEYS	  25u /* 9A 9C 9D 9E F9 and the 20 retired ones */
#define MODEL_OBJECTS	  48u
#define MODEL_CREDENTIALS 16u
#define MODEL_SECRETS	  6u /* of the card's 32 */
#define MODEL_ATTRIBUTES  8u /* objects that have some */
#define MODEL_DATA_MAX	  8192u
#define MODEL_SERIAL	  0x00C0FFEEu

struct bytes {
	const uint8_t *p;
	size_t n;
};

enum model_app { MODEL_NONE, MODEL_PIV, MODEL_CSGN, MODEL_OATH };

enum model_ref { MODEL_PIN, MODEL_PUK, MODEL_SO, MODEL_REFS };

struct model_pin {
	bool set, factory, must_change;
	uint8_t block[PIV_PIN_LEN];
	uint8_t left, total;
};

struct model_key {
	bool there, generated;
	uint8_t algorithm, pin_policy, touch_policy;
	uint64_t pub; /* digest of the public key as the card gave it; 0: not seen yet */
};

/* A data object: the digest of its contents once they are known. What they must not be any more: was. */
struct model_object {
	uint32_t tag; /* 0: a free place */
	size_t len;
	bool known, renewable; /* renewable: a CHUID whose GUID the card may change */
	uint64_t digest, was;
};

struct model_credential {
	bool there;
	uint8_t type_hash, digits, properties, name_len, key_len;
	uint64_t counter;
	uint8_t name[YKOATH_NAME_MAX], key[YKOATH_KEY_MAX];
	uint8_t suite; /* OCRA: which of those the model knows; 0: none */
	bool unique_known;
	uint8_t unique[8]; /* drawn by the card: seen, from then on the same */
};

struct model_attributes {
	uint32_t object; /* 0: a free place */
	uint8_t len, bytes[27];
};

/* A secret key; its bytes are known where it was brought. */
struct model_secret {
	uint8_t number; /* 0: a free place */
	uint8_t algorithm, pin_policy, touch_policy, len;
	bool generated;
	uint16_t usage;
	uint8_t key[CSGN_SECRET_KEY_MAX];
};

enum model_certainty { MODEL_NO, MODEL_PERHAPS, MODEL_YES };

/* The change mark as a host saw it last, and what has to have become of it since. */
struct model_mark {
	bool known;
	uint8_t change; /* enum model_certainty: another one by now */
	uint8_t drawn;	/* likewise: with another tag */
	uint8_t draws;	/* likewise: the next change draws a tag, the first one since the start */
	uint8_t bytes[12];
};

/* The issuance profile: base kind and what may be otherwise (docs/PROTOCOL 2). */
struct model_profile {
	uint8_t base, management, rules, pin_min, tries[3], pin_policy, touch_policy;
};

struct model_header {
	uint8_t cla, ins, p1, p2;
};

enum model_pending { PENDING_NONE, PENDING_WITNESS, PENDING_CHALLENGE };

struct model_channel {
	enum model_app app;
	bool lost; /* a chain of this header had to yield to another channel's */
	struct model_header lost_header;
	bool pin, fresh, expired, management, so, unlocked;
	enum model_pending pending;	 /* management-key authentication begun */
	bool answer_known;		 /* the card's block was seen, and its key is known */
	uint8_t answer[16];		 /* then: what the host has to answer */
	bool challenge, challenge_known; /* OATH: a challenge is out; and was seen */
	uint8_t challenge_bytes[YKOATH_CHALLENGE_LEN];
	uint8_t scp_begun; /* INITIALIZE UPDATE was the last command, with a challenge of so many bytes */
};

struct model_chain {
	bool open;
	unsigned channel;
	struct model_header header;
	size_t len;
};

struct model {
	struct model_profile profile;
	uint8_t lifecycle;
	uint8_t label[CSGN_LABEL_MAX];
	size_t label_len;
	struct model_pin pins[MODEL_REFS];
	uint8_t management_algorithm, management_touch;
	bool management_factory, management_known;
	uint8_t management[32];
	struct model_key keys[MODEL_KEYS];
	struct model_object objects[MODEL_OBJECTS];
	bool attestation_sound; /* 5FFF01 is as the card made it */
	bool code_set;
	uint8_t code_hash, code[YKOATH_CODE_LEN], code_tries;
	uint64_t code_wait_from_ms;
	struct model_credential credentials[MODEL_CREDENTIALS];
	struct model_attributes attributes[MODEL_ATTRIBUTES];
	struct model_secret secrets[MODEL_SECRETS];
	uint8_t scp_version, scp_tries; /* version 0: no key set */
	uint8_t sm_suite;		/* 0: no key in slot 04 */
	struct model_mark mark;
	bool asks; /* the INVENTORY that is being answered named a mark: asked */
	uint8_t asked[13];
	uint64_t now_ms, touched_ms;
	bool touched;
	size_t stored;	   /* bytes that the card keeps for its host: above STORED_MAX it may be full */
	bool out_of_depth; /* the model has no room for what was done: what follows is not predicted */
	bool rest;	   /* the card owes the rest of a response */
	unsigned rest_channel;
	unsigned open; /* bit n: channel n is open */
	struct model_channel channel[MODEL_CHANNELS];
	struct model_chain chain;
	uint8_t chained[MODEL_DATA_MAX]; /* last: only chain.len bytes of it are of interest */
};

/* A command, as the model reads it. */
struct model_command {
	uint8_t cla, ins, p1, p2;
	struct bytes data;
	uint32_t ne;
	bool extended;
};

struct model_answer {
	uint16_t sw;
	uint16_t or_sw; /* another one that is allowed (0: none), by which nothing is changed */
	bool exact;	/* the data are these */
	uint8_t data[2048];
	size_t len;
	/* Or: true if data look as they have to; takes what the card chose into the model. NULL and not
	 * exact: no data. */
	bool (*learn)(struct model *m, struct model_channel *c, struct bytes data, uint32_t about);
	uint32_t about; /* slot or tag, for learn */
	unsigned channel;
	unsigned touches; /* that the card asks for */
	bool fetch;	  /* it is GET RESPONSE: the rest of the answer before */
	bool idle;	  /* it was done, but there was nothing to do */
	bool specified;	  /* false: the model does not say what this command does */
	uint32_t ne;	  /* as many bytes may come at once */
};

void model_profile_base(struct model_profile *p, uint8_t base);

/* A card as it comes, made as this profile. */
void model_init(struct model *m, enum csgn_profile profile);

/* What the card has to answer to the command; the model is then in the state after it. */
void model_command(struct model *m, struct bytes raw, struct model_answer *a);

/* A reset: what the channels knew is forgotten. Power off and on: the same, and waits begin anew. */
void model_reset(struct model *m);
void model_power(struct model *m);

/* ---- between the model's files ---- */

struct model_row {
	enum model_app app;
	uint8_t cla, ins;
	int p1, p2; /* -1: any */
	size_t min, max;
	unsigned needs; /* any of enum model_need */
	unsigned flags; /* enum model_flag */
	void (*run)(struct model *m, struct model_channel *c, const struct model_command *cmd,
		    struct model_answer *a);
};
enum model_flag {
	FLAG_READS = 1,	     /* may stand between VERIFY and an "always" key */
	FLAG_LOCKED = 2,     /* answered by a locked card too */
	FLAG_TERMINATED = 4, /* and by one that is terminated */
	FLAG_CHANGES = 8,    /* what INVENTORY tells changes with it */
};
enum model_need { NEED_NOTHING, NEED_MANAGEMENT = 1, NEED_PIN = 2, NEED_SO = 4, NEED_UNLOCKED = 8 };
#define MODEL_STORED_MAX 8000u /* from so many bytes of objects on a card may say that it is full */

extern const struct model_row model_piv_rows[], model_csgn_rows[], model_oath_rows[];
extern const size_t model_piv_row_count, model_csgn_row_count, model_oath_row_count;

typedef void model_run(struct model *m, struct model_channel *c, const struct model_command *cmd,
		       struct model_answer *a);
model_run model_piv_select, model_csgn_select, model_oath_select;
model_run model_verify, model_verify_so, model_change, model_change_so, model_unblock;
model_run model_csgn_info, model_csgn_contents, model_touch_mode, model_lock, model_unlock, model_terminate;

/* Something that INVENTORY tells has changed, or may have; all of it has. */
void model_changed(struct model *m, bool surely);
void model_erased(struct model *m);

/* What the protection of a command is worth: 9000 where it has none. */
uint16_t model_sm_open(struct model *m, struct model_channel *c, const struct model_command *cmd);
void model_scp_erase(struct model *m);

/* 9B, or a PIN that stands for it. */
bool model_manages(const struct model *m, const struct model_channel *c);

/* 6 to 8 bytes and padding, with the profile's rules. */
bool model_pin_allowed(const struct model_profile *profile, const uint8_t block[PIV_PIN_LEN]);
/* All of them, with the profile's tries; or one. */
void model_factory_pins(struct model *m);
void model_factory_pin(struct model *m, enum model_ref ref, uint8_t total);
/* As the card tells of them. */
uint8_t model_tries(const struct model *m, enum model_ref ref);
/* A new value, all tries. */
void model_set(struct model *m, enum model_ref ref, const uint8_t *block);
/* What the PIN, or the SO PIN, has opened is closed on all channels but this one (NULL: on all). */
void model_revoke(struct model *m, const struct model_channel *but, enum model_ref ref);
/* PIV as on a new card; the F9 key and its certificate stay where they are. */
void model_piv_erase(struct model *m);
void model_channels_clear(struct model *m);
/* Is a touch asked for? */
void model_touch(struct model *m, uint8_t policy, struct model_answer *a);

struct model_key *model_key(struct model *m, uint8_t slot);
uint8_t model_key_slot(size_t index);
struct model_object *model_object(struct model *m, uint32_t tag);
void model_object_put(struct model *m, uint32_t tag, struct bytes contents);
unsigned model_channel_number(const struct model *m, const struct model_channel *c);

/* BER-TLV, read anew. next: 1 an element, 0 the end, -1 not TLV. find: 1, 0 not there, -1. */
int model_tlv_next(struct bytes *in, uint32_t *tag, struct bytes *value);
int model_tlv_find(struct bytes in, uint32_t tag, struct bytes *value);
/* The next element, which has to have this tag. */
bool model_tlv_take(struct bytes *in, uint32_t tag, struct bytes *value);
void model_put(struct model_answer *a, const void *p, size_t n);
void model_put_tlv(struct model_answer *a, uint32_t tag, const void *p, size_t n);
uint64_t model_digest(struct bytes b);
bool model_same(struct bytes a, const void *p, size_t n);
/* HMAC under a hash of YKOATH; returns its length. One block of ECB. Both from libcrypto. */
size_t model_hmac(uint8_t hash, struct bytes key, struct bytes message, uint8_t out[64]);
void model_block(uint8_t algorithm, bool encrypt, const uint8_t *key, const uint8_t *in, uint8_t *out);
size_t model_block_len(uint8_t algorithm);
size_t model_cipher_key_len(uint8_t algorithm);

#endif
