# SPDX-License-Identifier: BSD-2-Clause
# Lints: rules about the source tree, and about what was built from it, that compilers do not check.

lint_tests = \
	tests/lint/clients.sh \
	tests/lint/compatibility.sh \
	tests/lint/exports.sh \
	tests/lint/form.sh \
	tests/lint/format.sh \
	tests/lint/freestanding.sh \
	tests/lint/includes.sh \
	tests/lint/manpages.sh \
	tests/lint/mutants.sh \
	tests/lint/packages.sh \
	tests/lint/roles.sh \
	tests/lint/shell.sh
TESTS += $(lint_tests)
EXTRA_DIST += $(lint_tests) tests/lint/lint.sh .clang-format
