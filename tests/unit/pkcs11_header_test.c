/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Our PKCS #11 header against those of other projects, and, where there is none yet (v3.2), against the order
 * of the standard.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pkcs11/pkcs11.h"
#include "tests/unit/pkcs11_header.h"

static const struct named *find(const struct named *table, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

/* Where the other header is not the standard's: p11-kit 0.24 misnumbers return values, NSS has its own trust
 * attributes. */
static bool theirs_is_no_standard(const struct named *theirs)
{
	static const struct named misnumbered[] = {
	    {"CKR_EXCEEDED_MAX_ITERATIONS", 0x1C0}, {"CKR_FIPS_SELF_TEST_FAILED", 0x1C1},
	    {"CKR_LIBRARY_LOAD_FAILED", 0x1C2},	    {"CKR_PIN_TOO_WEAK", 0x1C3},
	    {"CKR_PUBLIC_KEY_INVALID", 0x1C4},
	};
	const struct named *found =
	    find(misnumbered, sizeof(misnumbered) / sizeof(misnumbered[0]), theirs->name);

	return (found != NULL && found->value == theirs->value) || theirs->value > CKA_VENDOR_DEFINED;
}

/* What both have must be the same; returns how many that were. */
static size_t compare(const struct named *ours, size_t our_count, const struct named *theirs,
		      size_t their_count)
{
	size_t same = 0;

	for (size_t i = 0; i < their_count; i++) {
		const struct named *own = find(ours, our_count, theirs[i].name);

		if (own == NULL || theirs_is_no_standard(&theirs[i]))
			continue;
		if (own->value != theirs[i].value)
			fail_msg("%s is %#lx here and %#lx there", own->name, own->value, theirs[i].value);
		same++;
	}
	return same;
}

static void need(const struct header *theirs, const char *whose)
{
	if (theirs != NULL)
		return;
	print_message("# the header of %s is not installed\n", whose);
	skip();
}

static void compare_header(const struct header *theirs, const char *whose, size_t least)
{
	const struct header *ours = header_ours();

	need(theirs, whose);
	assert_true(compare(ours->constants, ours->constant_count, theirs->constants,
			    theirs->constant_count) >= least);
	assert_int_equal(compare(ours->layouts, ours->layout_count, theirs->layouts, theirs->layout_count),
			 ours->layout_count);
	assert_int_equal(
	    compare(ours->functions, ours->function_count, theirs->functions, theirs->function_count), 68);
}

static void constants_layouts_and_functions_are_those_of_p11_kit(void **state)
{
	(void)state;
	compare_header(header_p11kit(), "p11-kit", 300);
}

static void constants_layouts_and_functions_are_those_of_nss(void **state)
{
	(void)state;
	compare_header(header_nss(), "NSS", 450);
}

static void functions_of_version_3_0_are_in_the_places_that_nss_has(void **state)
{
	const struct header *ours = header_ours(), *nss = header_nss();

	(void)state;
	need(nss, "NSS");
	assert_int_equal(compare(ours->functions_3_0, ours->function_3_0_count, nss->functions_3_0,
				 nss->function_3_0_count),
			 92);
}

#define AT(index, name) assert_int_equal(offsetof(CK_FUNCTION_LIST_3_2, name), sizeof(void *) * (1 + (index)))

static void functions_of_version_3_2_follow_in_the_order_of_the_standard(void **state)
{
	(void)state;
	AT(91, C_MessageVerifyFinal);
	AT(92, C_EncapsulateKey);
	AT(93, C_DecapsulateKey);
	AT(94, C_VerifySignatureInit);
	AT(95, C_VerifySignature);
	AT(96, C_VerifySignatureUpdate);
	AT(97, C_VerifySignatureFinal);
	AT(98, C_GetSessionValidationFlags);
	AT(99, C_AsyncComplete);
	AT(100, C_AsyncGetID);
	AT(101, C_AsyncJoin);
	AT(102, C_WrapKeyAuthenticated);
	AT(103, C_UnwrapKeyAuthenticated);
	assert_int_equal(sizeof(CK_FUNCTION_LIST_3_2), sizeof(void *) * 105);
}

static void numbers_of_version_3_2_are_those_of_the_standard(void **state)
{
	(void)state;
	assert_int_equal(CKO_VALIDATION, 0x0A);
	assert_int_equal(CKO_TRUST, 0x0B);
	assert_int_equal(CKK_ML_KEM, 0x49);
	assert_int_equal(CKK_ML_DSA, 0x4A);
	assert_int_equal(CKM_ML_DSA_KEY_PAIR_GEN, 0x1C);
	assert_int_equal(CKM_ML_DSA, 0x1D);
	assert_int_equal(CKM_ML_KEM_KEY_PAIR_GEN, 0x0F);
	assert_int_equal(CKM_ML_KEM, 0x17);
	assert_int_equal(CKA_PARAMETER_SET, 0x61D);
	assert_int_equal(CKA_ENCAPSULATE, 0x633);
	assert_int_equal(CKA_DECAPSULATE, 0x634);
	assert_int_equal(CKF_ENCAPSULATE, 0x10000000);
	assert_int_equal(CKR_PARAMETER_SET_NOT_SUPPORTED, 0x209);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(constants_layouts_and_functions_are_those_of_p11_kit),
	    cmocka_unit_test(constants_layouts_and_functions_are_those_of_nss),
	    cmocka_unit_test(functions_of_version_3_0_are_in_the_places_that_nss_has),
	    cmocka_unit_test(functions_of_version_3_2_follow_in_the_order_of_the_standard),
	    cmocka_unit_test(numbers_of_version_3_2_are_those_of_the_standard),
	};

	return cmocka_run_group_tests_name("pkcs11_header", tests, NULL, NULL);
}
