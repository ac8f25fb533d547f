/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Wrong arguments to every function of PKCS #11 3.2, one at a time and several: missing pointers, lengths and
 * counts that cannot be, handles of nothing, templates in templates. No call crashes, none that must be
 * refused is not, and the session works on. What is passed stands in memory of just its size, for sanitizers
 * to see one byte more being used. COUNTERSIGN_TEST_SEED repeats a run.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"
#include "tests/unit/pkcs11_arguments.h"
#include "tests/unit/random.h"

#define HUGE_LEN 16384u /* what is behind a length without end: more than the module ever writes */
#define TOO_LONG ((CK_ULONG)LONG_MAX + 1)

/* ---- wrong ones ---- */

enum refusal { MAY_BE_TAKEN, REFUSED, NO_SESSION, NO_SLOT };

struct wrong {
	char kind;
	enum refusal refusal;
	CK_ULONG number; /* of a pointer to a length: what is behind it */
	bool null;
};

static const struct wrong wrongs[] = {
    {'s', NO_SESSION, 0, false},
    {'s', NO_SESSION, ~0UL, false},
    {'s', NO_SESSION, 0x01FFFFFFUL, false},
    {'s', NO_SESSION, 0x7F000001UL, false},
    {'d', NO_SLOT, 1, false},
    {'d', NO_SLOT, 33, false},
    {'d', NO_SLOT, ~0UL, false},
    {'k', REFUSED, 0, false},
    {'k', REFUSED, ~0UL, false},
    {'k', REFUSED, 0x01FFFFFFUL, false},
    {'k', REFUSED, 0x7F000001UL, false},
    {'k', MAY_BE_TAKEN, 0x04000001UL, false},
    {'b', REFUSED, 0, true},
    {'p', REFUSED, 0, true},
    {'n', REFUSED, ~0UL, false},
    {'n', REFUSED, TOO_LONG, false},
    {'n', MAY_BE_TAKEN, 0, false},
    {'n', MAY_BE_TAKEN, 1, false},
    {'o', MAY_BE_TAKEN, 0, true},
    {'l', REFUSED, 0, true},
    {'l', MAY_BE_TAKEN, 0, false},
    {'l', MAY_BE_TAKEN, 1, false},
    {'t', REFUSED, 0, true},
    {'c', REFUSED, ~0UL, false},
    {'c', REFUSED, (CK_ULONG)LONG_MAX, false},
    {'c', REFUSED, ~0UL / sizeof(CK_ATTRIBUTE) + 2, false},
    {'c', REFUSED, 1UL << 60, false},
    {'c', MAY_BE_TAKEN, 0, false},
    {'m', MAY_BE_TAKEN, 0, true},
    {'h', REFUSED, 0, true},
    {'x', REFUSED, 0, true},
    {'v', REFUSED, 1, false},
    {'f', MAY_BE_TAKEN, ~0UL, false},
    {'f', MAY_BE_TAKEN, 0, false},
    {'u', REFUSED, ~0UL, false},
    {'u', REFUSED, 4, false},
    {'w', MAY_BE_TAKEN, ~0UL, false},
    {'g', MAY_BE_TAKEN, ~0UL, false},
    {'q', MAY_BE_TAKEN, 1, false},
};

#define WRONGS (sizeof(wrongs) / sizeof(wrongs[0]))

static void make_wrong(union argument *a, const struct wrong *wrong)
{
	switch (wrong->kind) {
	case 's':
	case 'd':
	case 'k':
	case 'n':
	case 'c':
	case 'f':
	case 'u':
	case 'w':
	case 'g':
		a->number = wrong->number;
		break;
	case 'l':
		a->pointer = wrong->null ? NULL : block_of(&wrong->number, sizeof(wrong->number));
		break;
	default:
		a->pointer = wrong->null ? NULL : block(OUT_LEN);
	}
}

/* A buffer is as long as its length says; where that is without end, long enough. */
static void fit_outputs(const struct function *f, union argument *a)
{
	for (size_t i = 0; f->kinds[i] != '\0'; i++) {
		CK_ULONG len;

		if (f->kinds[i] != 'o' || f->kinds[i + 1] != 'l' || a[i].pointer == NULL ||
		    a[i + 1].pointer == NULL)
			continue;
		memcpy(&len, a[i + 1].pointer, sizeof(len));
		a[i].pointer = block(len < HUGE_LEN ? len : HUGE_LEN);
	}
}

static bool answers(CK_RV rv, enum refusal refusal)
{
	if (rv == CKR_GENERAL_ERROR || rv == CKR_HOST_MEMORY || rv >= CKR_VENDOR_DEFINED)
		return false;
	/* These two know of no sessions at all. */
	if (rv == CKR_FUNCTION_NOT_PARALLEL)
		return true;
	switch (refusal) {
	case REFUSED:
		return rv != CKR_OK;
	case NO_SESSION:
		return rv == CKR_SESSION_HANDLE_INVALID;
	case NO_SLOT:
		return rv == CKR_SLOT_ID_INVALID;
	default:
		return true;
	}
}

/* ---- the tests ---- */

#define NAME_OF(name, args) #name,

static void every_function_has_a_row(void **state)
{
	static const char *const names[] = {CK_FUNCTIONS_2_40(NAME_OF) CK_FUNCTIONS_3_0(NAME_OF)
						CK_FUNCTIONS_3_2(NAME_OF)};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t k = 0;

		while (k < function_count && strcmp(functions[k].name, names[i]) != 0)
			k++;
		if (k == function_count)
			fail_msg("%s has no row in pkcs11_arguments_table.c", names[i]);
	}
	assert_int_equal(function_count, sizeof(names) / sizeof(names[0]));
}

static bool works_without_initialize(const char *name)
{
	static const char *const names[] = {"C_Initialize",   "C_GetFunctionList",   "C_GetInterfaceList",
					    "C_GetInterface", "C_GetFunctionStatus", "C_CancelFunction"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static void no_function_works_before_initialize(void **state)
{
	union argument a[ARGUMENTS_MAX];

	(void)state;
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	for (size_t i = 0; i < function_count; i++) {
		CK_RV rv;

		if (works_without_initialize(functions[i].name))
			continue;
		all_right(&functions[i], a);
		rv = functions[i].call(a);
		if (rv != CKR_CRYPTOKI_NOT_INITIALIZED)
			fail_msg("%s: %#lx", functions[i].name, rv);
		memset(a, 0, sizeof(a));
		rv = functions[i].call(a);
		if (rv != CKR_CRYPTOKI_NOT_INITIALIZED)
			fail_msg("%s with zeros: %#lx", functions[i].name, rv);
		blocks_free(0);
	}
	assert_int_equal(C_Initialize(NULL), CKR_OK);
}

static void try_wrong(const struct function *f, size_t at, const struct wrong *wrong)
{
	union argument a[ARGUMENTS_MAX];
	unsigned commands;
	CK_RV rv;

	revive();
	rv = prepare(f->prepare);
	if (rv != CKR_OK)
		fail_msg("%s: its operation does not begin: %#lx", f->name, rv);
	all_right(f, a);
	make_wrong(&a[at], wrong);
	fit_outputs(f, a);
	commands = transport_card_commands();
	rv = f->call(a);
	if (f->talks == FREE && transport_card_commands() != commands)
		fail_msg("%s talks to the card: it needs a row in pkcs11_removal_table.c", f->name);
	if (!answers(rv, wrong->refusal))
		fail_msg("%s, argument %zu of kind %c, number %#lx%s: %#lx", f->name, at, wrong->kind,
			 wrong->number, wrong->null ? ", NULL" : "", rv);
	blocks_free(0);
}

static void each_argument_that_is_wrong_alone_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < function_count; i++) {
		for (size_t at = 0; functions[i].kinds[at] != '\0'; at++) {
			for (size_t w = 0; w < WRONGS; w++) {
				if (wrongs[w].kind == functions[i].kinds[at])
					try_wrong(&functions[i], at, &wrongs[w]);
			}
		}
		assert_works();
	}
}

/* Where the key is one that works in the card, and nothing is wrong. */
static void what_is_free_says_nothing_to_the_card_whoever_holds_the_key(void **state)
{
	union argument a[ARGUMENTS_MAX];
	unsigned commands;

	(void)state;
	revive();
	arguments_of_card(true);
	for (size_t i = 0; i < function_count; i++) {
		const struct function *f = &functions[i];

		if (f->talks != FREE)
			continue;
		revive();
		commands = transport_card_commands();
		assert_int_equal(prepare(f->prepare), CKR_OK);
		all_right(f, a);
		(void)f->call(a);
		if (transport_card_commands() != commands)
			fail_msg("%s talks to the card: it needs a row in pkcs11_removal_*.c", f->name);
		blocks_free(0);
	}
	revive();
	arguments_of_card(false);
}

static void several_wrong_arguments_at_once_crash_nothing(void **state)
{
	struct test_random rng = test_random_start();
	union argument a[ARGUMENTS_MAX];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		const struct function *f = &functions[test_random_below(&rng, function_count)];
		enum refusal refusal = MAY_BE_TAKEN;
		CK_RV rv;

		revive();
		if (test_random_below(&rng, 8) > 0)
			assert_int_equal(prepare(f->prepare), CKR_OK);
		all_right(f, a);
		for (size_t n = 2 + test_random_below(&rng, 3); n > 0; n--) {
			const struct wrong *wrong = &wrongs[test_random_below(&rng, WRONGS)];
			const char *at = strchr(f->kinds, wrong->kind);

			if (at != NULL)
				make_wrong(&a[at - f->kinds], wrong);
		}
		fit_outputs(f, a);
		rv = f->call(a);
		if (!answers(rv, refusal))
			fail_msg("%s: %#lx", f->name, rv);
		blocks_free(0);
	}
	assert_works();
}

/* ---- mechanisms ---- */

static void try_mechanism(CK_MECHANISM *mechanism)
{
	for (size_t i = 0; i < function_count; i++) {
		const struct function *f = &functions[i];
		const char *at = strchr(f->kinds, 'm');
		union argument a[ARGUMENTS_MAX];
		size_t kept = blocks_used();
		CK_RV rv;

		/* RSA keys take long to make, and there is nothing in the parameter of it. */
		if (at == NULL || strcmp(f->name, "C_GenerateKeyPair") == 0)
			continue;
		revive();
		all_right(f, a);
		a[at - f->kinds].pointer = mechanism;
		rv = f->call(a);
		if (!answers(rv, MAY_BE_TAKEN))
			fail_msg("%s, mechanism %#lx, parameter of %#lx bytes: %#lx", f->name,
				 mechanism->mechanism, mechanism->ulParameterLen, rv);
		blocks_free(kept);
	}
}

static void a_mechanism_s_parameter_may_be_missing_or_of_any_length(void **state)
{
	static const CK_ULONG lens[] = {1, 7, 8, 16, 17, 24, 32, 40, 48, 56, 64};
	CK_MECHANISM_TYPE types[300];
	CK_ULONG n = 300;

	(void)state;
	assert_int_equal(C_GetMechanismList(0, types, &n), CKR_OK);
	for (CK_ULONG i = 0; i <= n; i++) {
		CK_MECHANISM m = {i < n ? types[i] : ~0UL, NULL, 0};

		try_mechanism(&m);
		m.ulParameterLen = 8;
		try_mechanism(&m);
		m.ulParameterLen = ~0UL;
		try_mechanism(&m);
		for (size_t k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
			m.pParameter = block(lens[k]);
			m.ulParameterLen = lens[k];
			try_mechanism(&m);
			blocks_free(0);
		}
	}
	assert_works();
}

static void lengths_inside_a_parameter_that_cannot_be_are_refused(void **state)
{
	CK_BYTE byte = 0;
	CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
	CK_ECDH1_DERIVE_PARAMS ecdh = {CKD_NULL, 0, NULL, 0, NULL};
	CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, ~0UL};
	CK_MECHANISM m;

	(void)state;
	for (int i = 0; i < 4; i++) {
		oaep.pSourceData = (i & 1) != 0 ? &byte : NULL;
		oaep.ulSourceDataLen = (i & 2) != 0 ? ~0UL : TOO_LONG;
		m = (CK_MECHANISM){CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep)};
		try_mechanism(&m);
		ecdh.pPublicData = (i & 1) != 0 ? &byte : NULL;
		ecdh.ulPublicDataLen = (i & 2) != 0 ? ~0UL : TOO_LONG;
		m = (CK_MECHANISM){CKM_ECDH1_DERIVE, &ecdh, sizeof(ecdh)};
		try_mechanism(&m);
		ecdh = (CK_ECDH1_DERIVE_PARAMS){CKD_NULL, ~0UL, (i & 1) != 0 ? &byte : NULL, 0, NULL};
		try_mechanism(&m);
	}
	m = (CK_MECHANISM){CKM_RSA_PKCS_PSS, &pss, sizeof(pss)};
	try_mechanism(&m);
	assert_works();
}

/* ---- templates ---- */

static const struct constant {
	const char *name;
	unsigned long value;
} constants[] = {
#include "tests/unit/pkcs11_names.inc"
};

enum shape {
	SHAPE_MISSING,	    /* a length with nowhere to put it */
	SHAPE_MISSING_LONG, /* the same without end */
	SHAPE_LONG,	    /* a length without end */
	SHAPE_TOO_LONG,
	SHAPE_EMPTY,
	SHAPE_BYTE,
	SHAPE_ODD, /* a length that no number and no list of them has */
	SHAPE_ZEROS,
	SHAPE_MISALIGNED,
	SHAPE_NESTED,	     /* a template: of one attribute that says it has more bytes than there are */
	SHAPE_NESTED_ITSELF, /* a template that is in itself */
	SHAPES,
	SHAPE_NESTED_WHOLE, /* the last ones are for attributes that are templates: one that could be */
	SHAPE_NESTED_NULL,
	SHAPE_NESTED_MANY, /* which says it has more attributes than there are */
	SHAPE_NESTED_ENDLESS
};

/* *inner is for a template in the attribute. */
static CK_ATTRIBUTE shaped(CK_ATTRIBUTE_TYPE type, enum shape shape, CK_ATTRIBUTE *inner)
{
	uint8_t *bytes = block(HUGE_LEN);

	*inner = (CK_ATTRIBUTE){CKA_WRAP_TEMPLATE, NULL, ~0UL};
	switch (shape) {
	case SHAPE_MISSING:
		return (CK_ATTRIBUTE){type, NULL, 8};
	case SHAPE_MISSING_LONG:
		return (CK_ATTRIBUTE){type, NULL, ~0UL};
	case SHAPE_LONG:
		return (CK_ATTRIBUTE){type, bytes, ~0UL};
	case SHAPE_TOO_LONG:
		return (CK_ATTRIBUTE){type, bytes, TOO_LONG};
	case SHAPE_EMPTY:
		return (CK_ATTRIBUTE){type, block(1), 0};
	case SHAPE_BYTE:
		return (CK_ATTRIBUTE){type, block_of("\x02", 1), 1};
	case SHAPE_ODD:
		return (CK_ATTRIBUTE){type, block(11), 11};
	case SHAPE_ZEROS:
		return (CK_ATTRIBUTE){type, block(8), 8};
	case SHAPE_MISALIGNED:
		return (CK_ATTRIBUTE){type, (uint8_t *)block(25) + 1, 24};
	case SHAPE_NESTED_WHOLE:
		*inner = (CK_ATTRIBUTE){CKA_LABEL, bytes, 5};
		return (CK_ATTRIBUTE){type, inner, sizeof(*inner)};
	case SHAPE_NESTED_NULL:
		return (CK_ATTRIBUTE){type, NULL, sizeof(*inner)};
	case SHAPE_NESTED_MANY:
		return (CK_ATTRIBUTE){type, inner, sizeof(*inner) << 20};
	case SHAPE_NESTED_ENDLESS:
		return (CK_ATTRIBUTE){type, inner, ~0UL / sizeof(*inner) * sizeof(*inner)};
	case SHAPE_NESTED_ITSELF:
		*inner = (CK_ATTRIBUTE){CKA_WRAP_TEMPLATE, inner, sizeof(*inner)};
		return (CK_ATTRIBUTE){type, inner, sizeof(*inner)};
	default:
		return (CK_ATTRIBUTE){type, inner, sizeof(*inner)};
	}
}

static void every_function_with_a_template_does_its_work_with_a_whole_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < function_count; i++) {
		size_t k = 0;

		while (k < whole_count && strcmp(wholes[k].name, functions[i].name) != 0)
			k++;
		if (strchr(functions[i].kinds, 't') != NULL && k == whole_count)
			fail_msg("%s has no row in pkcs11_arguments_template.c", functions[i].name);
	}
	for (size_t i = 0; i < whole_count; i++) {
		union argument a[ARGUMENTS_MAX];
		const struct function *f;
		CK_RV rv;

		revive();
		f = whole_right(&wholes[i], a);
		if (f == NULL) {
			print_message("# no %s: this libcrypto does not have it\n", wholes[i].what);
			continue;
		}
		rv = f->call(a);
		if (rv != CKR_OK)
			fail_msg("%s, %s: %#lx", wholes[i].name, wholes[i].what, rv);
		whole_undo(f, a);
		blocks_free(0);
	}
}

static const CK_ATTRIBUTE_TYPE nested[] = {CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE,
					   CKA_ENCAPSULATE_TEMPLATE, CKA_DECAPSULATE_TEMPLATE};

#define NESTED (sizeof(nested) / sizeof(nested[0]))

static bool is_nested(CK_ATTRIBUTE_TYPE type)
{
	size_t i = 0;

	while (i < NESTED && nested[i] != type)
		i++;
	return i < NESTED;
}

static bool reads(const struct whole *w)
{
	return strcmp(w->name, "C_GetAttributeValue") == 0;
}

/* What the call answers; a search that finds nothing is a refusal. */
static CK_RV try_template(const struct whole *w, CK_ATTRIBUTE_TYPE type, enum shape shape)
{
	CK_ATTRIBUTE *inner = block(sizeof(*inner)), was, added = shaped(type, shape, inner);
	union argument a[ARGUMENTS_MAX];
	const struct function *f = whole_right(w, a);
	CK_RV rv;

	was = *inner;
	if (f == NULL) {
		blocks_free(0);
		return CKR_TEMPLATE_INCONSISTENT;
	}
	whole_add(w, f, a, added);
	rv = f->call(a);
	if (!reads(w) || is_nested(type))
		assert_memory_equal(inner, &was, sizeof(was));
	if (strcmp(w->name, "C_FindObjectsInit") == 0 && rv == CKR_OK) {
		CK_OBJECT_HANDLE found;
		CK_ULONG n = 0;

		assert_int_equal(C_FindObjects(session, &found, 1, &n), CKR_OK);
		rv = n == 0 ? CKR_TEMPLATE_INCONSISTENT : CKR_OK;
	}
	if (rv == CKR_OK)
		whole_undo(f, a);
	(void)C_SessionCancel(session, ~0UL);
	blocks_free(0);
	return rv;
}

static void an_attribute_of_any_shape_in_any_template_is_borne(void **state)
{
	(void)state;
	for (size_t i = 0; i < whole_count; i++) {
		const struct whole *w = &wholes[i];

		for (size_t n = 0; n < sizeof(constants) / sizeof(constants[0]); n++) {
			if (strncmp(constants[n].name, "CKA_", 4) != 0)
				continue;
			revive();
			for (int shape = 0; shape < SHAPES; shape++) {
				CK_RV rv = try_template(w, constants[n].value, (enum shape)shape);

				if (!answers(rv,
					     !reads(w) && shape <= SHAPE_TOO_LONG ? REFUSED : MAY_BE_TAKEN))
					fail_msg("%s, %s, %s in shape %d: %#lx", w->name, w->what,
						 constants[n].name, shape, rv);
			}
		}
		/* What was made in it goes with the session. */
		assert_int_equal(C_CloseSession(session), CKR_OK);
		assert_works();
	}
}

static bool of_template(CK_RV rv)
{
	return rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_ATTRIBUTE_VALUE_INVALID ||
	       rv == CKR_ATTRIBUTE_TYPE_INVALID;
}

/* Without it the call does its work, as was shown; so it is the template inside that is refused, or finds
 * nothing. */
static void a_template_in_a_template_is_refused_by_each_function(void **state)
{
	static const enum shape shapes[] = {SHAPE_MISSING,	 SHAPE_MISSING_LONG, SHAPE_LONG,
					    SHAPE_TOO_LONG,	 SHAPE_BYTE,	     SHAPE_ODD,
					    SHAPE_MISALIGNED,	 SHAPE_NESTED,	     SHAPE_NESTED_ITSELF,
					    SHAPE_NESTED_WHOLE,	 SHAPE_NESTED_NULL,  SHAPE_NESTED_MANY,
					    SHAPE_NESTED_ENDLESS};

	(void)state;
	for (size_t i = 0; i < whole_count; i++) {
		for (size_t k = 0; k < NESTED * sizeof(shapes) / sizeof(shapes[0]); k++) {
			CK_ATTRIBUTE_TYPE type = nested[k % NESTED];
			enum shape shape = shapes[k / NESTED];
			CK_RV rv;

			revive();
			rv = try_template(&wholes[i], type, shape);
			if (reads(&wholes[i]) ? !answers(rv, MAY_BE_TAKEN) : !of_template(rv))
				fail_msg("%s, %s, %#lx in shape %d: %#lx", wholes[i].name, wholes[i].what,
					 type, (int)shape, rv);
		}
	}
	assert_works();
}

/* Nobody's pointers are kept, to be handed to someone else later. */
static void a_template_in_a_template_is_not_kept(void **state)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE key_type = CKK_GENERIC_SECRET;
	CK_BYTE value[16] = {1};
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE inner = {CKA_LABEL, value, sizeof(value)};
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
				   {CKA_KEY_TYPE, &key_type, sizeof(key_type)},
				   {CKA_TOKEN, &no, 1},
				   {CKA_VALUE, value, sizeof(value)},
				   {0, &inner, sizeof(inner)}};
	CK_OBJECT_HANDLE object;

	(void)state;
	for (size_t i = 0; i < NESTED; i++) {
		template[4].type = nested[i];
		assert_int_not_equal(C_CreateObject(session, template, 5, &object), CKR_OK);
		template[4].ulValueLen = 0;
		(void)C_CreateObject(session, template, 5, &object);
		template[4].ulValueLen = sizeof(inner);
	}
	assert_works();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_function_has_a_row),
	    cmocka_unit_test(no_function_works_before_initialize),
	    cmocka_unit_test(each_argument_that_is_wrong_alone_is_refused),
	    cmocka_unit_test(what_is_free_says_nothing_to_the_card_whoever_holds_the_key),
	    cmocka_unit_test(several_wrong_arguments_at_once_crash_nothing),
	    cmocka_unit_test(a_mechanism_s_parameter_may_be_missing_or_of_any_length),
	    cmocka_unit_test(lengths_inside_a_parameter_that_cannot_be_are_refused),
	    cmocka_unit_test(every_function_with_a_template_does_its_work_with_a_whole_one),
	    cmocka_unit_test(an_attribute_of_any_shape_in_any_template_is_borne),
	    cmocka_unit_test(a_template_in_a_template_is_refused_by_each_function),
	    cmocka_unit_test(a_template_in_a_template_is_not_kept),
	};

	return cmocka_run_group_tests(tests, arguments_setup, arguments_teardown);
}
