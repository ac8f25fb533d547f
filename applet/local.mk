# SPDX-License-Identifier: BSD-2-Clause
# applet/: the freestanding card core. What is built is said in the *.mk beside it: the store, the core, the ports.

include applet/store.mk
include applet/core.mk
include applet/csgn.mk
include applet/oath.mk
include applet/port/local.mk
