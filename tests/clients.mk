# SPDX-License-Identifier: BSD-2-Clause
# Other people's programs with the module, one script for each program or family.

module_clients = \
	tests/clients/browsers.sh \
	tests/clients/disk.sh \
	tests/clients/discovery.sh \
	tests/clients/eap.sh \
	tests/clients/gnutls.sh \
	tests/clients/java.sh \
	tests/clients/nss.sh \
	tests/clients/openssh.sh \
	tests/clients/openssl.sh \
	tests/clients/openssl_backports.sh \
	tests/clients/p11_kit.sh \
	tests/clients/pam_p11.sh \
	tests/clients/pykcs11.sh \
	tests/clients/vpn.sh
# What the browsers showed.
CLEANFILES += tests/clients/chromium-*.png tests/clients/firefox-*.png
INTEGRATION_TESTS += $(module_clients)
EXTRA_DIST += $(module_clients) tests/clients/display.sh tests/clients/installed.sh tests/clients/openssl_rows.sh \
	tests/clients/pykcs11.py tests/clients/tls.sh
