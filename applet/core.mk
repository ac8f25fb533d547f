# SPDX-License-Identifier: BSD-2-Clause
# The card core: dispatch, PINs, the PIV and Countersign applications. No OS, no malloc, no crypto library.
# It becomes a library together with the store that it stands on.

EXTRA_DIST += \
	applet/app.h \
	applet/card.c \
	applet/card.h \
	applet/card_private.h \
	applet/card_apps.c \
	applet/card_apps.h \
	applet/crypto.h \
	applet/csgn.c \
	applet/device.c \
	applet/device.h \
	applet/dispatch.c \
	applet/dispatch.h \
	applet/pin.c \
	applet/pin.h \
	applet/pin_commands.c \
	applet/pin_commands.h \
	applet/piv.c \
	applet/piv.h \
	applet/piv_algorithm.c \
	applet/piv_algorithm.h \
	applet/piv_attestation.c \
	applet/piv_attestation.h \
	applet/piv_authenticate.c \
	applet/piv_commands.h \
	applet/piv_generate.c \
	applet/piv_key.c \
	applet/piv_key.h \
	applet/piv_make.c \
	applet/piv_management.c \
	applet/piv_management.h \
	applet/piv_metadata.c \
	applet/piv_object.c \
	applet/piv_object.h \
	applet/platform.h \
	applet/records.h \
	applet/x509.c \
	applet/x509.h
