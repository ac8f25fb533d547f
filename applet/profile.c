/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Issuance profiles: the two base kinds, and the template that says what is otherwise.
 */
#include "applet/profile.h"

#include "applet/piv_algorithm.h"
#include "base/piv.h"
#include "base/tlv.h"

#define TRIES_MAX     15u /* 63Cx can say no more */
#define TRIES_DEFAULT 3u
#define RECORD_USED   9u /* bytes of the record; zeros follow */
#define RULES_ALL                                                                                            \
	(CSGN_RULE_NO_TRIVIAL_PIN | CSGN_RULE_MUST_CHANGE | CSGN_RULE_PIN_MANAGES |                          \
	 CSGN_RULE_MANAGEMENT_FACTORY)

static const struct profile base_piv = {
    .base = CSGN_PROFILE_PIV,
    .management = PIV_ALG_3DES,
    .rules = CSGN_RULE_MANAGEMENT_FACTORY,
    .pin_min = PIV_PIN_LEN_MIN,
    .pin_tries = TRIES_DEFAULT,
    .puk_tries = TRIES_DEFAULT,
    .so_tries = TRIES_DEFAULT,
};

static const struct profile base_countersign = {
    .base = CSGN_PROFILE_COUNTERSIGN,
    .management = PIV_ALG_AES192,
    .rules = CSGN_RULE_NO_TRIVIAL_PIN | CSGN_RULE_PIN_MANAGES,
    .pin_min = PIV_PIN_LEN_MIN,
    .pin_tries = TRIES_DEFAULT,
    .puk_tries = TRIES_DEFAULT,
    .so_tries = TRIES_DEFAULT,
};

void profile_default(enum csgn_profile base, struct profile *profile)
{
	*profile = base == CSGN_PROFILE_PIV ? base_piv : base_countersign;
}

static bool tries_allowed(uint8_t tries)
{
	return tries >= 1 && tries <= TRIES_MAX;
}

static bool profile_allowed(const struct profile *p)
{
	const struct piv_cipher *cipher = p->management ? piv_cipher_find(p->management) : NULL;

	return (p->base == CSGN_PROFILE_PIV || p->base == CSGN_PROFILE_COUNTERSIGN) && cipher &&
	       (p->rules & ~RULES_ALL) == 0 && p->pin_min >= PIV_PIN_LEN_MIN && p->pin_min <= PIV_PIN_LEN &&
	       tries_allowed(p->pin_tries) && tries_allowed(p->puk_tries) && tries_allowed(p->so_tries) &&
	       p->pin_policy <= PIV_PIN_ALWAYS && p->touch_policy <= PIV_TOUCH_CACHED;
}

static void element_read(const struct cs_tlv *t, struct profile *p, struct cs_reader *outer)
{
	struct cs_reader r = cs_reader_of(t->value);

	switch (t->tag) {
	case CSGN_PROFILE_MANAGEMENT:
		p->management = cs_read_u8(&r);
		break;
	case CSGN_PROFILE_RULES:
		p->rules = cs_read_u8(&r);
		break;
	case CSGN_PROFILE_PIN_MIN:
		p->pin_min = cs_read_u8(&r);
		break;
	case CSGN_PROFILE_TRIES:
		p->pin_tries = cs_read_u8(&r);
		p->puk_tries = cs_read_u8(&r);
		p->so_tries = cs_read_u8(&r);
		break;
	case CSGN_PROFILE_POLICIES:
		p->pin_policy = cs_read_u8(&r);
		p->touch_policy = cs_read_u8(&r);
		break;
	default:
		cs_reader_fail(outer);
	}
	if (cs_reader_done(&r) != CS_OK)
		cs_reader_fail(outer);
}

enum cs_err profile_read(struct cs_view template, struct profile *profile)
{
	struct cs_reader r = cs_reader_of(template);
	struct profile p = *profile;
	struct cs_tlv t;

	while (cs_tlv_read(&r, &t))
		element_read(&t, &p, &r);
	if (cs_reader_done(&r) != CS_OK || !profile_allowed(&p))
		return CS_ERR_MALFORMED;
	*profile = p;
	return CS_OK;
}

void profile_write(const struct profile *p, struct cs_writer *out)
{
	const uint8_t tries[] = {p->pin_tries, p->puk_tries, p->so_tries};
	const uint8_t policies[] = {p->pin_policy, p->touch_policy};

	cs_tlv_write_u8(out, CSGN_PROFILE_MANAGEMENT, p->management);
	cs_tlv_write_u8(out, CSGN_PROFILE_RULES, p->rules);
	cs_tlv_write_u8(out, CSGN_PROFILE_PIN_MIN, p->pin_min);
	cs_tlv_write(out, CSGN_PROFILE_TRIES, CS_VIEW_OF(tries));
	cs_tlv_write(out, CSGN_PROFILE_POLICIES, CS_VIEW_OF(policies));
}

void profile_save(const struct profile *p, struct cs_writer *out)
{
	cs_write_u8(out, p->base);
	cs_write_u8(out, p->management);
	cs_write_u8(out, p->rules);
	cs_write_u8(out, p->pin_min);
	cs_write_u8(out, p->pin_tries);
	cs_write_u8(out, p->puk_tries);
	cs_write_u8(out, p->so_tries);
	cs_write_u8(out, p->pin_policy);
	cs_write_u8(out, p->touch_policy);
	cs_write_fill(out, 0, PROFILE_RECORD_LEN - RECORD_USED);
}

enum cs_err profile_load(struct cs_reader *r, struct profile *profile)
{
	struct profile p;

	p.base = cs_read_u8(r);
	p.management = cs_read_u8(r);
	p.rules = cs_read_u8(r);
	p.pin_min = cs_read_u8(r);
	p.pin_tries = cs_read_u8(r);
	p.puk_tries = cs_read_u8(r);
	p.so_tries = cs_read_u8(r);
	p.pin_policy = cs_read_u8(r);
	p.touch_policy = cs_read_u8(r);
	(void)cs_read_view(r, PROFILE_RECORD_LEN - RECORD_USED);
	if (!profile_allowed(&p))
		return CS_ERR_CORRUPT;
	*profile = p;
	return CS_OK;
}
