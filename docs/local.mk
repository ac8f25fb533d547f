# SPDX-License-Identifier: BSD-2-Clause
# docs/: man pages are named by the folders of their programs.

dist_doc_DATA += \
	LICENSE NEWS README.md \
	docs/ARCHITECTURE \
	docs/CLIENTS \
	docs/COMPATIBILITY \
	docs/FIGURES \
	docs/HACKING \
	docs/PROTOCOL \
	docs/HARDWARE \
	docs/STORAGE \
	docs/THREATS

# Programs to learn from. The test of each runs what is built here; what is installed is the source, and the header with our own names.
exampledir = $(docdir)/examples
dist_example_DATA = docs/examples/otp.c
countersignincludedir = $(includedir)/countersign
countersigninclude_HEADERS = pkcs11/pkcs11_countersign.h

noinst_PROGRAMS += docs/examples/otp
docs_examples_otp_SOURCES = docs/examples/otp.c
docs_examples_otp_LDADD = -ldl
