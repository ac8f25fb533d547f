# SPDX-License-Identifier: BSD-2-Clause
# docs/: man pages are named by the folders of their programs.

dist_doc_DATA += \
	LICENSE NEWS README.md \
	docs/ARCHITECTURE \
	docs/CLIENTS \
	docs/HACKING \
	docs/PROTOCOL \
	docs/STORAGE \
	docs/THREATS
