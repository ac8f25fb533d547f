# SPDX-License-Identifier: BSD-2-Clause
# Lints: rules about the source tree, and about what was built from it, that compilers do not check.

# Those that read what was built: each build has its own answer.
lint_built = \
	tests/lint/exports.sh \
	tests/lint/freestanding.sh \
	tests/lint/manpages.sh
lint_tests = \
	$(lint_built) \
	tests/lint/clients.sh \
	tests/lint/compatibility.sh \
	tests/lint/form.sh \
	tests/lint/format.sh \
	tests/lint/fuzz.sh \
	tests/lint/includes.sh \
	tests/lint/mutants.sh \
	tests/lint/packages.sh \
	tests/lint/roles.sh \
	tests/lint/shell.sh
# make check LINTS=... takes others: some runs of the same tree have no use for all of them again.
LINTS = $(lint_tests)
TESTS += $(LINTS)
EXTRA_DIST += $(lint_tests) tests/lint/lint.sh .clang-format
