/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The issuance profile: what the standards leave to the issuer, decided when the card is made
 * (countersign-card
 * --init) or initialised (INITIALIZE) and fixed until then. It begins as one of the two base kinds; a
 * template on the wire, all of whose elements are optional, says what is otherwise (docs/PROTOCOL, section
 * 2).
 */
#ifndef COUNTERSIGN_APPLET_PROFILE_H
#define COUNTERSIGN_APPLET_PROFILE_H

#include "base/bytes.h"
#include "base/countersign.h"

/* Bytes of a profile as a record; the last of them are zeros, for what is to come. */
#define PROFILE_RECORD_LEN 16u

struct profile {
	uint8_t base;	    /* enum csgn_profile */
	uint8_t management; /* enum piv_alg: with which family and algorithm key 9B starts */
	uint8_t rules;	    /* bits of enum csgn_rule */
	uint8_t pin_min;    /* bytes of the shortest PIN, PUK and SO PIN, PIV_PIN_LEN_MIN to PIV_PIN_LEN */
	uint8_t pin_tries, puk_tries, so_tries; /* 1 to 15, of a new card */
	uint8_t pin_policy, touch_policy;	/* of new keys; 0: the slot's own default */
};

/* As the base kind has it when nothing is said. */
void profile_default(enum csgn_profile base, struct profile *profile);

static inline bool profile_has(const struct profile *profile, enum csgn_rule rule)
{
	return (profile->rules & rule) != 0;
}

/* Changes what the elements of a template say (the contents of CSGN_TAG_PROFILE_TEMPLATE). CS_ERR_MALFORMED
 * for a value that is not allowed, or an element that is not known: an issuer must not believe in a rule that
 * the card does not keep. */
CS_MUST_CHECK enum cs_err profile_read(struct cs_view template, struct profile *profile);

/* The template that says all of it. */
void profile_write(const struct profile *profile, struct cs_writer *out);

/* As PROFILE_RECORD_LEN bytes and back. CS_ERR_CORRUPT for what profile_save did not write. */
void profile_save(const struct profile *profile, struct cs_writer *out);
CS_MUST_CHECK enum cs_err profile_load(struct cs_reader *r, struct profile *profile);

#endif
