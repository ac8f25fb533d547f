# SPDX-License-Identifier: BSD-2-Clause
# What the card core stands on in a microcontroller; tests/cortex-m builds it for one, here it is tested.

mcu_sources = \
	applet/port/crypto_bearssl.c applet/port/crypto_bearssl.h \
	applet/port/crypto_bearssl_ec.c \
	applet/port/crypto_bearssl_private.h \
	applet/port/crypto_bearssl_rsa.c
EXTRA_DIST += $(mcu_sources) tests/unit/applet_crypto_bearssl_test.c

if HAVE_CMOCKA
if HAVE_BEARSSL
check_PROGRAMS += tests/unit/applet_crypto_bearssl_test
TESTS += tests/unit/applet_crypto_bearssl_test
tests_unit_applet_crypto_bearssl_test_SOURCES = tests/unit/applet_crypto_bearssl_test.c $(mcu_sources)
tests_unit_applet_crypto_bearssl_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_crypto_bearssl_test_LDADD = applet/port/libport.la base/libbase.la $(CMOCKA_LIBS) $(CRYPTO_LIBS) -lbearssl
endif
endif

# A serial line's other end, for the token on a board that QEMU plays.
check_PROGRAMS += tests/cortex-m/relay
tests_cortex_m_relay_SOURCES = tests/cortex-m/relay.c
tests_cortex_m_relay_LDADD = applet/port/libprocess.la applet/port/libusbdevice.la base/libbase.la
