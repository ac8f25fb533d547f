# SPDX-License-Identifier: BSD-2-Clause
# Other people's programs with the module, one script for each program or family.

module_clients = \
	tests/clients/gnutls.sh \
	tests/clients/nss.sh \
	tests/clients/openssh.sh \
	tests/clients/openssl.sh
INTEGRATION_TESTS += $(module_clients)
EXTRA_DIST += $(module_clients) tests/clients/tls.sh
